"""Train the U-Net: CCP's label maps as user and gown, cross entropy, one cycle, averaged weights."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset
from torchvision.transforms import v2
from torchvision.utils import make_grid
from tqdm import tqdm

from training.augment import Chances, Scenes, generator, place_and_light, tensors
from training.ccp import CCP
from training.config import SegmentationRun
from training.fit import Fit
from training.run import Run, pretrained_trunk
from tryon import checkpoint
from tryon.images import U8, Letterbox
from tryon.segmentation import Region, UNet, UNetConfig, with_background

CACHE = (720, 480)  # photos are kept in memory at this height and width, so that zooming in stays sharp
WINDOW = (320, 256)  # of the canvas: what a cheap step sees


class Photos(Dataset[tuple[Tensor, Tensor]]):
    """Letterboxed photos and label maps, in memory; `scenes` rebuilds them, `change` moves and lights both."""

    def __init__(self, data: CCP, ids: list[str], change: v2.Transform, chances: Chances | None = None) -> None:
        self.change = change
        self.items = [_load(data, i) for i in tqdm(ids, "loading photos", mininterval=10)]
        self.scenes = Scenes([p for p, _ in self.items], [m for _, m in self.items], chances) if chances else None

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        photo, labels = self.items[index]
        if self.scenes:
            photo, labels = self.scenes(photo, labels, generator())
        out: tuple[Tensor, Tensor] = self.change(*tensors(photo, labels))
        return out


def _load(data: CCP, photo_id: str) -> tuple[U8, U8]:
    photo, labels = data.photo(photo_id), data.labels(photo_id)
    box = Letterbox.fit((photo.shape[0], photo.shape[1]), CACHE)
    return box.image(photo), box.image(labels, fill=Region.BACKGROUND, nearest=True)


def plain(config: UNetConfig) -> v2.Transform:
    return v2.Resize((config.height, config.width), antialias=True)


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


@torch.inference_mode()
def validate(net: nn.Module, photos: Photos, run: Run, step: int) -> dict[str, float]:
    """Mean per-photo IoU at the net's own size, and a sheet of photo, truth and prediction."""
    net.eval()
    scores: list[list[float]] = []
    rows: list[Tensor] = []
    for photo, labels in photos:  # type: ignore[attr-defined]
        guess = with_background(net(photo[None].to(run.device))).argmax(1)[0].cpu()
        truth = labels[0]
        pairs = [(guess == c, truth == c) for c in (Region.USER, Region.GOWN)] + [(guess > 0, truth > 0)]
        scores.append([float((a & b).sum() / max(1, int((a | b).sum()))) for a, b in pairs])
        if len(rows) < 24:
            rows += [photo, _coloured(truth), _coloured(guess)]
    run.sheet("val/photo-truth-prediction", step, make_grid(rows, nrow=12))
    return dict(zip(("user", "gown", "person"), np.mean(scores, 0).tolist(), strict=True))


def _coloured(labels: Tensor) -> Tensor:
    palette = torch.tensor([[0, 0, 0], [255, 170, 120], [120, 170, 255]], dtype=torch.uint8)
    return palette[labels.long()].permute(2, 0, 1)


def train(config: SegmentationRun) -> None:
    """Train, and leave segmentation.safetensors in the run's folder."""
    run = Run(config)
    data, shape = CCP(config.data), UNetConfig(height=config.height, width=config.height * 2 // 3)
    canvas = (shape.height, shape.width)
    photos = Photos(data, data.split("train", labelled=True)[: config.limit or None], plain(shape), Chances())
    held_out = Photos(data, data.split("val", labelled=True)[: config.limit or None], plain(shape))
    net = UNet(shape)
    if config.start:
        net.load_state_dict(checkpoint.load(config.start)[1]["unet"])
    else:
        pretrained_trunk(net.trunk)
    fit = Fit(run, net, run.batches(photos))

    def batch_loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        pictures, labels = batch[0].to(run.device), batch[1].to(run.device)
        return loss_of(model(pictures).float(), labels[:, 0].long())

    for epoch in fit.epochs():
        window = WINDOW if epoch < config.windows * config.epochs else canvas
        photos.change = place_and_light(canvas, (min(window[0], canvas[0]), min(window[1], canvas[1])))
        loss = fit.epoch(run.bar(run.loader(photos, epoch), epoch), batch_loss)
        figures = validate(fit.average, held_out, run, epoch) if run.rank == 0 else {"user": 0.0, "gown": 0.0}
        notes = {"epoch": epoch + 1, "val_iou": figures}
        keep = partial(
            checkpoint.save, config.out / "segmentation.safetensors", {"unet": fit.average.module}, shape, notes
        )
        fit.finish(epoch, loss, figures, sum(figures.values()), keep)
