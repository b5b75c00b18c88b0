"""Changes of a photo and its label map for training segmentation: the scene by the masks, then place, light and loss.

Masks are known in training, so a scene can be rebuilt: another place behind the bride, a white gown instead of a
coloured one, a garment that nobody wears, as it lies on a floor or hangs on a hanger.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torchvision import tv_tensors
from torchvision.transforms import v2

from tryon.images import F32, U8
from tryon.segmentation import Region

FILL = {tv_tensors.Image: 127, tv_tensors.Mask: 0}
STRIP = 0.12  # of the width: the narrowest empty side of a photo that serves as another's background


@dataclass(frozen=True)
class Chances:
    """How often a photo's scene is rebuilt, each way."""

    elsewhere: float = 0.25
    white: float = 0.15
    laid: float = 0.10


class Scenes:
    """Rebuilds scenes of a set of photos: HxWx3 pictures and HxW label maps of one size."""

    def __init__(self, photos: list[U8], labels: list[U8], chances: Chances) -> None:
        self.chances = chances
        self.sides = [side for pair in zip(photos, labels, strict=True) if (side := empty_side(*pair)) is not None]

    def __call__(self, photo: U8, labels: U8, random: np.random.Generator) -> tuple[U8, U8]:
        """The photo as it is, or rebuilt."""
        if random.random() < self.chances.white:
            photo = whitened(photo, labels, random)
        if random.random() < self.chances.laid and (labels == Region.GOWN).mean() > 0.05:
            labels = np.where(labels == Region.GOWN, labels, np.uint8(Region.BACKGROUND))
            return pasted(photo, labels, self.backdrop(labels.shape, random)), labels
        if random.random() < self.chances.elsewhere:
            photo = pasted(photo, labels, self.backdrop(labels.shape, random))
        return photo, labels

    def backdrop(self, size: tuple[int, ...], random: np.random.Generator) -> U8:
        """HxWx3: the empty side of another photo, or a wall or floor of one colour with a shadow across it."""
        height, width = size
        if self.sides and random.random() < 0.6:
            side = self.sides[int(random.integers(len(self.sides)))]
            return np.asarray(cv2.resize(side[:, :: int(random.choice([-1, 1]))], (width, height)), np.uint8)
        colour = random.uniform(40, 250) + random.normal(0, 14, 3)
        y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        shade = random.normal(0, 22) * x + random.normal(0, 22) * y
        grain = random.normal(0, random.uniform(0, 8), size)
        return np.asarray((colour + (shade + grain)[:, :, None]).clip(0, 255), np.uint8)


def empty_side(photo: U8, labels: U8) -> U8 | None:
    """What of a photo lies left or right of the person, the wider of the two, if it is wide enough."""
    columns = np.flatnonzero((labels != Region.BACKGROUND).any(0))
    if not len(columns):
        return None
    left, right = photo[:, : columns[0]], photo[:, columns[-1] + 1 :]
    side = max(left, right, key=lambda part: part.shape[1])
    return side if side.shape[1] >= STRIP * photo.shape[1] else None


def pasted(photo: U8, labels: U8, behind: U8) -> U8:
    """The labelled part of a photo before another background, with an edge as soft as a lens makes it."""
    matte = cv2.erode((labels != Region.BACKGROUND).astype(np.float32), np.ones((3, 3)))
    share = cv2.GaussianBlur(matte, (0, 0), 1.0)[:, :, None]
    return np.asarray((photo * share + behind * (1 - share)).round(), np.uint8)


def whitened(photo: U8, labels: U8, random: np.random.Generator) -> U8:
    """The photo with its gown in white, ivory, champagne or blush; folds and shadows stay."""
    gown = cv2.GaussianBlur((labels == Region.GOWN).astype(np.float32), (0, 0), 1.0)
    if gown.sum() < 1:
        return photo
    light = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32)
    middle, spread = _weighted(light, gown)
    relief = ((light - middle) / max(spread, 12)).clip(-3, 2)
    tint = np.array([1.0, *(1 - random.uniform(0, (0.08, 0.2)))]) * random.uniform(205, 240)
    white = tint + relief[:, :, None] * random.uniform(10, 22)
    share = gown[:, :, None]
    return np.asarray((photo * (1 - share) + white.clip(0, 255) * share).round(), np.uint8)


def _weighted(values: F32, weights: F32) -> tuple[float, float]:
    """Mean and standard deviation."""
    mean = float((values * weights).sum() / weights.sum())
    return mean, float(np.sqrt(((values - mean) ** 2 * weights).sum() / weights.sum()))


def place_and_light(canvas: tuple[int, int], window: tuple[int, int]) -> v2.Transform:
    """Mirror, turn, shift and zoom (down to the upper body), a window of the canvas; light, colour, blur, JPEG.

    canvas, window: height and width; the window is cut at the canvas's own scale, so that a small one is a cheap
    step that still shows the net what it will see.
    """
    return v2.Compose(
        [
            v2.RandomHorizontalFlip(),
            v2.RandomAffine(12, (0.12, 0.2), (0.8, 1.8), interpolation=v2.InterpolationMode.BILINEAR, fill=FILL),
            v2.Resize(canvas, antialias=True),
            v2.RandomCrop(window) if window != canvas else v2.Identity(),
            v2.RandomApply([v2.ColorJitter((0.35, 1.4), 0.35, 0.35, 0.04)], 0.8),
            v2.RandomGrayscale(0.05),
            v2.RandomApply([v2.GaussianBlur(9, (0.3, 2.5))], 0.2),
            v2.RandomApply([v2.JPEG((35, 95))], 0.25),
        ]
    )


def tensors(photo: U8, labels: U8) -> tuple[tv_tensors.Image, tv_tensors.Mask]:
    """HxWx3 and HxW as 3xHxW and 1xHxW, in torchvision's own types."""
    return tv_tensors.Image(torch.from_numpy(photo).permute(2, 0, 1)), tv_tensors.Mask(torch.from_numpy(labels)[None])


def generator() -> np.random.Generator:
    """NumPy's random numbers, drawn from torch's state, so that one seed rules all and a resumed run repeats."""
    return np.random.default_rng(int(torch.randint(2**31, ())))
