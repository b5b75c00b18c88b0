"""What goes into a net's convolutions, measured for serving in eight bits (`tryon.int8`).

Training does it with each checkpoint that it keeps; `python -m training.ranges CHECKPOINT --data CCP` does it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from torch import Tensor, nn
from tqdm import tqdm

from training.ccp import CCP
from tryon import checkpoint, int8, pose, segmentation
from tryon.pose import PoseConfig
from tryon.segmentation import UNetConfig
from tryon.trunk import on_canvas

PICTURES = 64


def of(net: nn.Module, batches: Iterable[tuple[Tensor, ...]], device: torch.device) -> int8.Ranges:
    """The ranges over the first batches of a loader, whose first part is the pictures."""
    singly = (one for batch in batches for one in batch[0].to(device).split(1))
    return {name: values.cpu() for name, values in int8.measure(net, islice(singly, PICTURES)).items()}


def name_of(net: nn.Module) -> str:
    """What a net is called in its checkpoint."""
    return "unet" if isinstance(net, segmentation.UNet) else "openpose"


def plain(net: nn.Module) -> nn.Module:
    """The net whose weights are saved, of one that is served."""
    return net.net if isinstance(net, pose.BothWays) else net


def save(path: Path, config: UNetConfig | PoseConfig, net: nn.Module, figures: Mapping[str, Any], data: Path) -> None:
    """Save a served net with ranges measured on `train` photos of a folder in CCP's layout."""
    photos = CCP(data)
    ids = photos.split("train")
    chosen = tqdm(ids[:: max(1, len(ids) // PICTURES)], "measuring")
    found = int8.measure(net, (on_canvas([photos.photo(i)], (config.height, config.width))[0] for i in chosen))
    checkpoint.save(path, {name_of(net): plain(net)}, config, figures, found)
    print(f"{path}: ranges of {len(found)} convolutions")


def restore(path: Path) -> tuple[UNetConfig | PoseConfig, nn.Module]:
    """Configuration and net, as it is served, of a checkpoint of segmentation or pose. Raises CheckpointError."""
    _, states = checkpoint.load(path)
    config, net, _ = segmentation.restore(path) if "unet" in states else pose.restore(path)
    return config, net


def main(
    weights: Annotated[Path, typer.Argument(help="segmentation's or pose's checkpoint: written anew, with ranges")],
    data: Annotated[Path, typer.Option(help="a folder in CCP's layout; photos of `train` are used")],
) -> None:
    """Measure the ranges of a checkpoint's net and save them in it."""
    config, net = restore(weights)
    save(weights, config, net, checkpoint.figures(weights), data)


if __name__ == "__main__":
    typer.run(main)
