"""How much likelier a colour, or a texture, is a gown's than its background's: two histograms, compared."""

from __future__ import annotations

import cv2
import numpy as np

from tryon.images import F32, U8, Mask

BINS, SHIFTS = (16, 32, 32), (4, 3, 3)  # of light, red and yellow; and the bits of a colour that those leave out
RARE = 1e-5  # share that a colour has which was not seen: so seldom, neither is likelier
MOST = 4.0  # a colour, or a texture, tells no more than this
ROUGH, FINEST, RARELY = 24, 0.25, 1e-3  # bins of roughness, their size in octaves, and RARE for textures


def of_gown(picture: U8, gown: Mask | F32, background: Mask | F32) -> F32:
    """The logarithm of the odds that each pixel of an HxWx3 picture is gown by its colour, HxW, -MOST..MOST. gown,
    background: HxW, where those are surely seen, or how surely, 0..1."""
    return _ratio(share(picture, gown), share(picture, background), RARE)


def share(picture: U8, part: Mask | F32) -> F32:
    """How large a share of a part's pixels have each pixel's colour, or nearly, HxW. picture: HxWx3; part: HxW."""
    bins = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB) >> np.array(SHIFTS, np.uint8)
    counts = _counted(bins, part, BINS)
    for axis in range(3):
        counts = 0.25 * np.roll(counts, 1, axis) + 0.5 * counts + 0.25 * np.roll(counts, -1, axis)
    return np.asarray((counts / max(1, float(part.sum())))[tuple(np.moveaxis(bins, 2, 0))], np.float32)


def of_texture(picture: U8, gown: Mask | F32, background: Mask | F32, radii: tuple[int, int]) -> F32:
    """As `of_gown`, by texture: how rough the light is within two radii, in pixels, of each pixel."""
    light = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    rough = np.dstack([np.log2(_deviation(light, radius) + 1) for radius in radii])
    bins = np.asarray((rough / FINEST).clip(0, ROUGH - 1), np.uint8)
    at = (bins[:, :, 0], bins[:, :, 1])
    counts = [cv2.GaussianBlur(_counted(bins, part, (ROUGH, ROUGH)), (0, 0), 1) for part in (gown, background)]
    one, other = (
        np.asarray(count[at] / max(1, float(part.sum())), np.float32)
        for count, part in zip(counts, (gown, background), strict=True)
    )
    return _ratio(one, other, RARELY)


def _counted(bins: U8, part: Mask | F32, size: tuple[int, ...]) -> F32:
    """How many of a part's pixels are in each bin. bins: HxWxN; size: N numbers."""
    index = np.ravel_multi_index(tuple(np.moveaxis(bins.astype(np.intp), 2, 0)), size)
    counts = np.bincount(index.ravel(), part.ravel().astype(np.float32), int(np.prod(size)))
    return np.asarray(counts.reshape(size), np.float32)


def _ratio(one: F32, other: F32, rare: float) -> F32:
    return np.asarray(np.log((one + rare) / (other + rare)).clip(-MOST, MOST), np.float32)


def _deviation(light: F32, radius: int) -> F32:
    """The standard deviation of the light in a square about each pixel."""
    box = (2 * radius + 1, 2 * radius + 1)
    mean = cv2.blur(light, box)
    return np.asarray(np.sqrt((cv2.blur(light * light, box) - mean * mean).clip(0)), np.float32)
