"""Train the U-Net: label maps of user and gown, cross entropy, one cycle, averaged weights."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.transforms import v2
from torchvision.utils import make_grid

from training import ranges
from training.augment import Chances, lit, place
from training.config import SegmentationRun
from training.fit import Fit
from training.folder import Folder
from training.kinds import REGIONS, UNKNOWN, Kind
from training.photos import Photos, Stream
from training.readers import READERS
from training.run import Run, pretrained_trunk
from training.sa1b import SA1B
from tryon import checkpoint
from tryon.segmentation import Region, UNet, UNetConfig, double, with_background
from tryon.trunk import separable

WINDOW = (480, 320)  # of the canvas: what a cheap step sees
HELD_OUT = 500  # photos that are validated on at most
KINDS_WEIGHT = 0.5
IGNORED = -100


def plain(config: UNetConfig) -> v2.Transform:
    return v2.Resize((config.height, config.width), antialias=True)


def regions_of(kinds: Tensor) -> Tensor:
    """Kinds of any shape as regions."""
    return torch.from_numpy(REGIONS).to(kinds.device)[kinds.long()]


def loss_of(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy plus soft Dice of the two channels in each photo: the first is smooth, the second near the mean
    IoU that is reported. A channel that a photo lacks is left to the first."""
    full = with_background(logits)
    entropy = nn.functional.cross_entropy(full, labels)
    chances = full.softmax(1)[:, 1:]
    truth = torch.stack([labels == Region.USER, labels == Region.GOWN], 1).float()
    overlap, sizes = (chances * truth).sum((2, 3)), truth.sum((2, 3))
    dice = 1 - 2 * overlap / (chances.sum((2, 3)) + sizes + 1)
    present = (sizes > 0).float()
    return entropy + 0.5 * (dice * present).sum() / present.sum().clamp(min=1)


class Lessons(nn.Module):
    """The U-Net with a second head that names kinds, where maps are small and rich: of use in training alone.

    In: pictures Nx3xHxW. Out: logits Nx2xHxW, and of the kinds NxKxH/8xW/8.
    """

    def __init__(self, net: UNet) -> None:
        super().__init__()
        self.net = net
        deepest, next_one = net.config.widths[:2]
        self.kinds = nn.Sequential(separable(deepest + next_one, 64), nn.Conv2d(64, len(Kind), 1))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        x0, sixteenth, eighth, _, half = self.net.features(pictures)
        return self.net.logits(x0, half), self.kinds(torch.cat([double(sixteenth), eighth], 1))


def kinds_loss(logits: Tensor, kinds: Tensor) -> Tensor:
    """Cross entropy of NxKxhxw logits and NxHxW kinds, where the kind is known; 0 where it is nowhere."""
    target = kinds[:, :: kinds.shape[1] // logits.shape[2], :: kinds.shape[2] // logits.shape[3]].clone()
    known = torch.isin(target, target.new_tensor(UNKNOWN), invert=True)
    target[~known] = IGNORED
    total = nn.functional.cross_entropy(logits, target, ignore_index=IGNORED, reduction="sum")
    return total / known.sum().clamp(min=1)


def data_sets(config: SegmentationRun, run: Run, shape: UNetConfig) -> tuple[Photos | Stream, Photos]:
    """What is trained on, and what is held out. SA-1B is streamed; the others are held in memory."""
    reader = READERS[config.reader](config.data)
    judge = READERS["ccp"](config.held_out) if config.held_out else reader
    held_out = Photos(islice(judge.samples("val"), config.limit or HELD_OUT), plain(shape))
    if isinstance(reader, SA1B):
        if not config.steps:
            raise ValueError("SA-1B is streamed: say with --steps how many steps an epoch has")
        return Stream(reader, config.steps * config.batch, plain(shape), run.rank, run.world), held_out
    extra = Folder(config.extra).samples("train") if config.extra else ()
    samples = chain(islice(reader.samples("train"), config.limit or None), extra)
    return Photos(samples, plain(shape), Chances()), held_out


@torch.inference_mode()
def validate(net: nn.Module, photos: Photos, run: Run, step: int) -> dict[str, float]:
    """Mean per-photo IoU at the net's own size, and a sheet of photo, truth and prediction."""
    net.eval()
    scores: list[list[float]] = []
    rows: list[Tensor] = []
    for photo, kinds in photos:  # type: ignore[attr-defined]
        guess = with_background(net(photo[None].to(run.device))).argmax(1)[0].cpu()
        truth = regions_of(kinds[0])
        pairs = [(guess == c, truth == c) for c in (Region.USER, Region.GOWN)] + [(guess > 0, truth > 0)]
        scores.append([float((a & b).sum() / max(1, int((a | b).sum()))) for a, b in pairs])
        if len(rows) < 24:
            rows += [photo, _coloured(truth), _coloured(guess)]
    run.sheet("val/photo-truth-prediction", step, make_grid(rows, nrow=12))
    return dict(zip(("user", "gown", "person"), np.mean(scores, 0).tolist(), strict=True))


def _coloured(labels: Tensor) -> Tensor:
    palette = torch.tensor([[0, 0, 0], [255, 170, 120], [120, 170, 255]], dtype=torch.uint8)
    return palette[labels.long()].permute(2, 0, 1)


def begun(config: SegmentationRun) -> UNet:
    """The net to train: a checkpoint's, on the run's canvas, or a new one on ImageNet weights."""
    height, width = config.height, config.height * 2 // 3
    if config.start:
        saved, states = checkpoint.load(config.start)
        net = UNet(replace(checkpoint.rebuild(UNetConfig, saved), height=height, width=width))
        net.load_state_dict(states["unet"])
        return net
    net = UNet(UNetConfig(height=height, width=width, trunk=config.trunk.value))
    pretrained_trunk(net.trunk)
    return net


def train(config: SegmentationRun) -> None:
    """Train, and leave segmentation.safetensors in the run's folder."""
    run = Run(config)
    net = begun(config)
    shape = net.config
    canvas = (shape.height, shape.width)
    photos, held_out = data_sets(config, run, shape)
    fit = Fit(run, Lessons(net), run.batches(photos), fresh="kinds")

    def batch_loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        pictures, kinds = batch[0].to(run.device), batch[1][:, 0].to(run.device).long()
        logits, finer = model(lit(pictures))
        return loss_of(logits.float(), regions_of(kinds).long()) + KINDS_WEIGHT * kinds_loss(finer.float(), kinds)

    def keep(epoch: int, notes: dict[str, Any], path: Path) -> None:
        average = fit.average.module.net
        found = ranges.of(average, ((lit(pictures),) for pictures, _ in run.loader(photos, epoch)), run.device)
        checkpoint.save(path, {"unet": average}, shape, notes, found)

    for epoch in fit.epochs():
        window = WINDOW if epoch < config.windows * config.epochs else canvas
        photos.change = place(canvas, (min(window[0], canvas[0]), min(window[1], canvas[1])))
        loss = fit.epoch(run.bar(run.loader(photos, epoch), epoch), batch_loss)
        if not run.rests(epoch):
            continue
        average = fit.average.module.net
        figures = validate(average, held_out, run, epoch) if run.rank == 0 else {"user": 0.0, "gown": 0.0}
        notes = {"epoch": epoch + 1, "val_iou": figures}
        fit.finish(epoch, loss, figures, sum(figures.values()), "segmentation.safetensors", partial(keep, epoch, notes))
