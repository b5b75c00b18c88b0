"""How much likelier a colour is a gown's than its background's: two histograms of Lab colours, compared."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tryon.images import F32, U8

Mask = npt.NDArray[np.bool_]
BINS, SHIFTS = (16, 32, 32), (4, 3, 3)  # of light, red and yellow; and the bits of a colour that those leave out
RARE = 1e-5  # share that a colour has which was not seen: so seldom, neither is likelier
MOST = 4.0  # a colour tells no more than this


def of_gown(picture: U8, gown: Mask, background: Mask) -> F32:
    """The logarithm of the odds that each pixel of an HxWx3 picture is gown, HxW, -MOST..MOST. gown, background: HxW,
    where those are surely seen."""
    bins = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB) >> np.array(SHIFTS, np.uint8)
    ratio = np.log((_histogram(bins[gown]) + RARE) / (_histogram(bins[background]) + RARE))
    return np.asarray(ratio.clip(-MOST, MOST)[tuple(np.moveaxis(bins, 2, 0))], np.float32)


def _histogram(bins: U8) -> F32:
    """Shares of Nx3 colours, smoothed."""
    counts = np.zeros(BINS, np.float32)
    np.add.at(counts, tuple(bins.T), 1)
    for axis in range(3):
        counts = 0.25 * np.roll(counts, 1, axis) + 0.5 * counts + 0.25 * np.roll(counts, -1, axis)
    return np.asarray(counts / max(1, len(bins)), np.float32)
