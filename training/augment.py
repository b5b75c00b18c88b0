"""Changes of a photo and its label map for training segmentation: the scene by the masks, then place, light and loss.

Masks are known in training, so a scene can be rebuilt: another place behind the bride, a white gown instead of a
coloured one, a garment that nobody wears, as it lies on a floor or hangs on a hanger.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from training import backdrops, hangers
from training.kinds import REGIONS, Kind
from tryon import blending, images
from tryon.images import F32, U8, Mask
from tryon.segmentation import Region

FILL = {tv_tensors.Image: 127, tv_tensors.Mask: 0}
LEAST = 0.003  # of the photo: a bag that others may carry
UNDYED = (Kind.BACKGROUND, Kind.USER, Kind.SKIN, Kind.HAIR, Kind.JEWELLERY)
STRIP = 0.12  # of the width: the narrowest empty side of a photo that serves as another's background


@dataclass(frozen=True)
class Chances:
    """How often a photo's scene is rebuilt, each way."""

    elsewhere: float = 0.25
    white: float = 0.15
    laid: float = 0.10
    dyed: float = 0.25  # a garment, bag, shoe or hat in another colour
    carried: float = 0.2  # another's bag somewhere before her
    surface: float = 0.6  # for what nobody wears: another floor or wall
    hanger: float = 0.5  # for the same: one more behind it


class Scenes:
    """Rebuilds scenes of a set of photos: HxWx3 pictures and HxW label maps of one size."""

    def __init__(self, photos: list[U8], labels: list[U8], chances: Chances) -> None:
        self.chances = chances
        self.sides = [side for pair in zip(photos, labels, strict=True) if (side := empty_side(*pair)) is not None]
        self.bags = [bag for pair in zip(photos, labels, strict=True) if (bag := cut_out(*pair, Kind.BAG)) is not None]

    def __call__(self, photo: U8, kinds: U8, random: np.random.Generator) -> tuple[U8, U8]:
        """The photo as it is, or rebuilt."""
        gown = REGIONS[kinds] == Region.GOWN
        if random.random() < self.chances.white:
            photo = whitened(photo, gown, random)
        for kind in np.setdiff1d(kinds, UNDYED):
            if random.random() < self.chances.dyed:
                photo = dyed(photo, kinds == kind, random)
        if self.bags and random.random() < self.chances.carried:
            photo, kinds = carried(photo, kinds, self.bags[int(random.integers(len(self.bags)))], random)
        if not (REGIONS[kinds] == Region.USER).any():
            return self.laid(photo, kinds, self.chances.surface, random), kinds
        if random.random() < self.chances.laid and gown.mean() > 0.05:
            kinds = np.where(gown, kinds, np.uint8(Kind.BACKGROUND))
            return self.laid(photo, kinds, 1.0, random), kinds
        if random.random() < self.chances.elsewhere:
            photo = pasted(photo, kinds, self.backdrop(kinds.shape, random))
        return photo, kinds

    def laid(self, photo: U8, kinds: U8, surface: float, random: np.random.Generator) -> U8:
        """The photo of a garment that nobody wears, on another surface as often as `surface` says, or on a hanger."""
        gown = kinds != Kind.BACKGROUND
        behind = self.surface(photo, gown, random) if random.random() < surface else photo
        if random.random() < self.chances.hanger and gown.any():
            own = random.choice(photo[gown]).astype(np.float32) if random.random() < 0.3 else None
            behind = hangers.hung(behind, gown, random, own)
        return photo if behind is photo else pasted(photo, kinds, hangers.shadowed(behind, gown, random))

    def backdrop(self, size: tuple[int, ...], random: np.random.Generator) -> U8:
        """HxWx3: the empty side of another photo, or a wall or floor."""
        height, width = size
        if self.sides and random.random() < 0.6:
            side = self.sides[int(random.integers(len(self.sides)))]
            return np.asarray(cv2.resize(side[:, :: int(random.choice([-1, 1]))], (width, height)), np.uint8)
        return backdrops.drawn((height, width), random)

    def surface(self, photo: U8, gown: Mask, random: np.random.Generator) -> U8:
        """HxWx3: what a garment that nobody wears lies on or hangs before, often of its own colour."""
        if random.random() < 0.2 or not gown.any():
            return self.backdrop(gown.shape, random)
        near = np.median(photo[gown], 0).astype(np.float32) if random.random() < 0.25 else None
        return backdrops.drawn((gown.shape[0], gown.shape[1]), random, near)


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


def whitened(photo: U8, mask: Mask, random: np.random.Generator) -> U8:
    """The photo with its gown, HxW, in white, ivory, champagne or blush; folds and shadows stay."""
    gown = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.0)
    if gown.sum() < 1:
        return photo
    light = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32)
    middle, spread = _weighted(light, gown)
    relief = ((light - middle) / max(spread, 12)).clip(-3, 2)
    tint = np.array([1.0, *(1 - random.uniform(0, (0.08, 0.2)))]) * random.uniform(205, 240)
    white = tint + relief[:, :, None] * random.uniform(10, 22)
    share = gown[:, :, None]
    return np.asarray((photo * (1 - share) + white.clip(0, 255) * share).round(), np.uint8)


def dyed(photo: U8, mask: Mask, random: np.random.Generator) -> U8:
    """The photo with what a mask shows in another hue, paler or stronger, darker or lighter."""
    matte = np.asarray(cv2.GaussianBlur(mask.astype(np.uint8) * 255, (0, 0), 1.0), np.uint8)
    part = images.touched(matte)
    hsv = cv2.cvtColor(photo[part], cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[:, :, 0] = (hsv[:, :, 0] + random.uniform(0, 180)) % 180
    hsv[:, :, 1:] *= random.uniform((0.3, 0.6), (1.6, 1.4))
    other = cv2.cvtColor(hsv.clip(0, 255).astype(np.uint8), cv2.COLOR_HSV2RGB) * random.uniform(0.7, 1.0, 3)
    out = photo.copy()
    out[part] = blending.mix(other.astype(np.uint8), photo[part], matte[part])
    return out


def cut_out(photo: U8, kinds: U8, kind: Kind) -> tuple[U8, U8] | None:
    """What of a photo is of one kind, HxWx3 and its matte HxW, 255 inside, if it is large enough to be told."""
    mask = (kinds == kind).astype(np.uint8)
    if mask.mean() < LEAST:
        return None
    x, y, width, height = cv2.boundingRect(mask)
    return photo[y : y + height, x : x + width].copy(), mask[y : y + height, x : x + width] * np.uint8(255)


def carried(photo: U8, kinds: U8, thing: tuple[U8, U8], random: np.random.Generator) -> tuple[U8, U8]:
    """The photo with another's bag before somebody, turned and scaled, between her shoulders and her knees."""
    rows, columns = np.nonzero(kinds)
    if not len(rows):
        return photo, kinds
    top, tall = rows.min(), np.ptp(rows)
    among = np.flatnonzero((rows > top + 0.25 * tall) & (rows < top + 0.8 * tall))
    if not len(among):
        return photo, kinds
    place = int(random.choice(among))
    height, width = thing[1].shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), random.normal(0, 15), random.uniform(0.7, 1.4))
    turn[:, 2] += (columns[place] - width / 2, rows[place] - height / 2)
    if random.random() < 0.5:
        turn = turn @ np.array([[-1, 0, width], [0, 1, 0], [0, 0, 1]])
    size = kinds.shape[::-1]
    picture = cv2.warpAffine(thing[0], turn, size, borderMode=cv2.BORDER_REPLICATE)
    matte = np.asarray(cv2.warpAffine(thing[1], turn, size), np.uint8)
    soft = np.asarray(cv2.GaussianBlur(matte, (0, 0), 0.7), np.uint8)
    return blending.mix(np.asarray(picture, np.uint8), photo, soft), np.where(matte > 127, np.uint8(Kind.BAG), kinds)


def _weighted(values: F32, weights: F32) -> tuple[float, float]:
    """Mean and standard deviation."""
    mean = float((values * weights).sum() / weights.sum())
    return mean, float(np.sqrt(((values - mean) ** 2 * weights).sum() / weights.sum()))


def place(canvas: tuple[int, int], window: tuple[int, int]) -> v2.Transform:
    """Mirror, turn, shift and zoom (down to the upper body), a window of the canvas; JPEG.

    canvas, window: height and width; the window is cut at the canvas's own scale, so that a small one is a cheap
    step that still shows the net what it will see.
    """
    return v2.Compose(
        [
            v2.RandomHorizontalFlip(),
            v2.RandomAffine(12, (0.12, 0.4), (0.8, 1.8), interpolation=v2.InterpolationMode.BILINEAR, fill=FILL),
            v2.Resize(canvas, antialias=True),
            v2.RandomCrop(window) if window != canvas else v2.Identity(),
            v2.RandomApply([v2.JPEG((35, 95))], 0.25),
        ]
    )


def lit(pictures: Tensor) -> Tensor:
    """Pictures Nx3xHxW, uint8, each in another light, colour and focus; on their device: beside a GPU the loaders set
    the pace, and this was two fifths of their work."""
    light = v2.Compose(
        [
            v2.RandomApply([v2.ColorJitter((0.35, 1.4), 0.35, 0.35, 0.04)], 0.8),
            v2.RandomGrayscale(0.05),
            v2.RandomApply([v2.GaussianBlur(9, (0.3, 2.5))], 0.2),
        ]
    )
    return torch.stack([light(picture) for picture in pictures])


def tensors(photo: U8, labels: U8) -> tuple[tv_tensors.Image, tv_tensors.Mask]:
    """HxWx3 and HxW as 3xHxW and 1xHxW, in torchvision's own types."""
    return tv_tensors.Image(torch.from_numpy(photo).permute(2, 0, 1)), tv_tensors.Mask(torch.from_numpy(labels)[None])


def generator() -> np.random.Generator:
    """NumPy's random numbers, drawn from torch's state, so that one seed rules all and a resumed run repeats."""
    return np.random.default_rng(int(torch.randint(2**31, ())))
