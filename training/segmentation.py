"""Train the U-Net: CCP's label maps as user and gown, cross entropy, one cycle, averaged weights."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset
from torchvision import tv_tensors
from torchvision.transforms import v2
from torchvision.utils import make_grid
from tqdm import tqdm

from training.ccp import CCP
from training.config import SegmentationRun
from training.fit import Fit
from training.run import Run, pretrained_trunk
from tryon import checkpoint
from tryon.images import Letterbox
from tryon.segmentation import Region, UNet, UNetConfig, with_background

CACHE = (480, 320)  # photos are kept in memory at this height and width, so that zooming in stays sharp


class Photos(Dataset[tuple[Tensor, Tensor]]):
    """Letterboxed photos and label maps, in memory; `transform` is applied to both."""

    def __init__(self, data: CCP, ids: list[str], transform: v2.Transform) -> None:
        self.transform = transform
        self.items = [_load(data, i) for i in tqdm(ids, "loading photos", mininterval=10)]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        photo, labels = self.items[index]
        out: tuple[Tensor, Tensor] = self.transform(tv_tensors.Image(photo), tv_tensors.Mask(labels))
        return out


def _load(data: CCP, photo_id: str) -> tuple[Tensor, Tensor]:
    photo, labels = data.photo(photo_id), data.labels(photo_id)
    box = Letterbox.fit((photo.shape[0], photo.shape[1]), CACHE)
    picture = torch.from_numpy(box.image(photo)).permute(2, 0, 1).contiguous()
    return picture, torch.from_numpy(box.image(labels, fill=Region.BACKGROUND, nearest=True))[None]


def augmentation(config: UNetConfig) -> v2.Transform:
    """Mirror, turn, shift, zoom (down to the upper body), light, colour, blur, JPEG."""
    return v2.Compose(
        [
            v2.RandomHorizontalFlip(),
            v2.RandomAffine(12, (0.12, 0.2), (0.7, 1.8), fill={tv_tensors.Image: 127, tv_tensors.Mask: 0}),
            v2.Resize((config.height, config.width), antialias=True),
            v2.ColorJitter(0.35, 0.35, 0.35, 0.04),
            v2.RandomGrayscale(0.05),
            v2.RandomApply([v2.GaussianBlur(5, (0.3, 1.5))], 0.2),
            v2.RandomApply([v2.JPEG((35, 95))], 0.3),
        ]
    )


def plain(config: UNetConfig) -> v2.Transform:
    return v2.Resize((config.height, config.width), antialias=True)


def loss_of(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy plus soft Dice over the two channels: the first is smooth, the second is what IoU sees."""
    full = with_background(logits)
    entropy = nn.functional.cross_entropy(full, labels, weight=full.new_tensor([1.0, 2.0, 1.0]))
    chances = full.softmax(1)[:, 1:]
    truth = torch.stack([labels == Region.USER, labels == Region.GOWN], 1).float()
    overlap = (chances * truth).sum((0, 2, 3))
    dice = 1 - 2 * overlap / (chances.sum((0, 2, 3)) + truth.sum((0, 2, 3)) + 1)
    return entropy + 0.5 * dice.mean()


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
    data, shape = CCP(config.data), UNetConfig()
    ids = data.split("train", labelled=True)[: config.limit or None]
    photos = Photos(data, ids, augmentation(shape))
    held_out = Photos(data, data.split("val", labelled=True)[: config.limit or None], plain(shape))
    net = UNet(shape)
    pretrained_trunk(net.trunk)
    fit = Fit(run, net, run.batches(photos))

    def batch_loss(model: nn.Module, batch: tuple[Tensor, Tensor], scale: float) -> Tensor:
        pictures, labels = batch[0].to(run.device).float(), batch[1].to(run.device).float()
        if scale < 1:
            pictures = nn.functional.interpolate(pictures, scale_factor=scale, mode="bilinear")
            labels = nn.functional.interpolate(labels, scale_factor=scale, mode="nearest")
        return loss_of(model(pictures).float(), labels[:, 0].long())

    for epoch in fit.epochs():
        scale = 0.75 if epoch < config.warm_up * config.epochs else 1.0
        loss = fit.epoch(run.bar(run.loader(photos, epoch), epoch), partial(batch_loss, scale=scale))
        figures = validate(fit.average, held_out, run, epoch) if run.rank == 0 else {"user": 0.0, "gown": 0.0}
        notes = {"epoch": epoch + 1, "val_iou": figures}
        keep = partial(
            checkpoint.save, config.out / "segmentation.safetensors", {"unet": fit.average.module}, shape, notes
        )
        fit.finish(epoch, loss, figures, figures["user"] + figures["gown"], keep)
