"""Our U-Net beside the paper's and torchvision's DeepLabv3: same photos, same steps, same input size, same loss.

`python -m benchmarks.unets --data CCP [--height 192 --width 128 --steps 300 --batch 4] [--out unets]` trains each from
the same seed and prints IoU on `val`, parameters, multiply-adds and milliseconds on one thread (OpenVINO); it writes
unets.json and unets.png. Ours runs twice: from scratch like the others, and from ImageNet weights as it is trained.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models.segmentation import deeplabv3_mobilenet_v3_large
from torchvision.transforms import v2
from tqdm import tqdm

from training.augment import Chances, lit, place
from training.ccp import CCP
from training.metrics import region_ious
from training.photos import Photos
from training.run import pretrained_trunk
from training.segmentation import loss_of
from tryon import runtime, threads
from tryon.segmentation import UNet, UNetConfig, with_background
from tryon.trunk import normalise

MOMENTUM = 0.1  # of batch norm's running means; MobileNet's own, 0.01, has not met them after a few hundred steps


def _double_conv(inputs: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (inputs, outputs):
        layers += [nn.Conv2d(channels, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class PlainUNet(nn.Module):
    """Figure 1 of Ronneberger et al. (arXiv 1505.04597), 64 to 1024 channels, with same padding and batch norm."""

    def __init__(self) -> None:
        super().__init__()
        widths = (64, 128, 256, 512, 1024)
        self.down = nn.ModuleList(_double_conv(i, o) for i, o in zip((3, *widths), widths, strict=False))
        pairs = list(zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.up = nn.ModuleList(nn.ConvTranspose2d(i, o, 2, 2) for i, o in pairs)
        self.mix = nn.ModuleList(_double_conv(i, o) for i, o in pairs)
        self.head = nn.Conv2d(64, 2, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        x, skips = normalise(pictures), []
        for down in self.down:
            skips.append(x := down(x if not skips else nn.functional.max_pool2d(x, 2)))
        for up, mix, skip in zip(self.up, self.mix, skips[-2::-1], strict=True):
            x = mix(torch.cat([skip, up(x)], 1))
        out: Tensor = self.head(x)
        return out


class DeepLab(nn.Module):
    """torchvision's DeepLabv3 on MobileNetV3-Large, its output at the input's size."""

    def __init__(self) -> None:
        super().__init__()
        self.net = deeplabv3_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=2)

    def forward(self, pictures: Tensor) -> Tensor:
        out: Tensor = self.net(normalise(pictures))["out"]
        return out


@dataclass(frozen=True)
class Setting:
    """Alike for all nets."""

    size: tuple[int, int]
    steps: int
    batch: int


def pretrained(size: tuple[int, int]) -> nn.Module:
    """Our net on ImageNet weights."""
    net = UNet(UNetConfig(*size))
    pretrained_trunk(net.trunk)
    return net


NETS: dict[str, Callable[[tuple[int, int]], nn.Module]] = {
    "ours, ImageNet trunk": pretrained,
    "ours, from scratch": lambda size: UNet(UNetConfig(*size)),
    "DeepLabv3 MobileNetV3": lambda size: DeepLab(),
    "plain U-Net": lambda size: PlainUNet(),
}


def train(net: nn.Module, photos: Photos, setting: Setting, title: str) -> None:
    """One cycle of AdamW over `steps` batches; the order and the augmentation are the same for every net."""
    torch.manual_seed(0)
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = MOMENTUM
    optimiser = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-3, setting.steps + 1, pct_start=0.1)
    net.train()
    done, bar = 0, tqdm(total=setting.steps, desc=title, mininterval=10)
    while done < setting.steps:
        for pictures, labels in DataLoader(photos, setting.batch, shuffle=True, drop_last=True):
            loss = loss_of(net(lit(pictures).float()), labels[:, 0].long())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            done += 1
            bar.update()
            if done == setting.steps:
                break
    bar.close()


@torch.inference_mode()
def judged(net: nn.Module, held_out: Photos, size: tuple[int, int]) -> dict[str, Any]:
    """IoU at the net's size, parameters, multiply-adds, milliseconds on one thread."""
    net.eval()
    pairs = [held_out[i] for i in range(len(held_out))]
    guesses = [with_background(net(photo[None])).argmax(1)[0].byte().numpy() for photo, _ in pairs]
    scores = [region_ious(g, truth[0].numpy()) for g, (_, truth) in zip(guesses, pairs, strict=True)]
    sample = runtime.pictures(*size)
    with FlopCounterMode(display=False) as counter:
        net(sample)
    ready, times = runtime.Ready(net, None, sample), []
    for _ in range(15):
        start = time.process_time()
        ready(sample)
        times.append(1000 * (time.process_time() - start))
    iou = {name: float(np.nanmean([s[name] for s in scores])) for name in scores[0]}
    return {
        "iou": iou,
        "parameters": sum(p.numel() for p in net.parameters()),
        "gmacs": counter.get_total_flops() / 2e9,
        "ms": min(times),
        "iou_per_ms": float(np.mean(list(iou.values()))) / min(times),
    }


def report(results: dict[str, dict[str, Any]], out: Path) -> None:
    """The table, unets.json and a plot of IoU over milliseconds."""
    from matplotlib import pyplot

    table = Table("net", "gown", "user", "person", "parameters", "GMAC", "ms", "mean IoU per ms", box=None)
    figure, axes = pyplot.subplots(figsize=(6, 4))
    for name, one in results.items():
        iou = one["iou"]
        cells = [f"{iou[c]:.3f}" for c in ("gown", "user", "person")]
        table.add_row(
            name, *cells, f"{one['parameters'] / 1e6:.1f} M", f"{one['gmacs']:.2f}", f"{one['ms']:.1f}",
            f"{one['iou_per_ms']:.3f}",
        )  # fmt: skip
        axes.scatter(one["ms"], np.mean(list(iou.values())))
        axes.annotate(name, (one["ms"], np.mean(list(iou.values()))))
    axes.set(xscale="log", xlabel="milliseconds on one thread", ylabel="mean IoU of gown, user, person")
    out.mkdir(parents=True, exist_ok=True)
    figure.savefig(out / "unets.png", dpi=120, bbox_inches="tight")
    (out / "unets.json").write_text(json.dumps(results, indent=2))
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder in the layout of Clothing Co-Parsing")
    parser.add_argument("--out", type=Path, default=Path("runs/unets"))
    for name, default in (("height", 192), ("width", 128), ("steps", 300), ("batch", 4), ("limit", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    values = parser.parse_args()
    threads.use(1)
    data, setting = CCP(values.data), Setting((values.height, values.width), values.steps, values.batch)
    samples = list(data.samples("train"))[: values.limit or None]
    photos = Photos(samples, place(setting.size, setting.size), Chances())
    held_out = Photos(list(data.samples("val"))[: values.limit or None], v2.Resize(setting.size, antialias=True))
    results = {}
    for name, build in NETS.items():
        torch.manual_seed(0)
        net = build(setting.size)
        train(net, photos, setting, name)
        results[name] = judged(net, held_out, setting.size)
        report(results, values.out)


if __name__ == "__main__":
    main()
