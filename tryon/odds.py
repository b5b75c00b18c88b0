"""How much likelier a colour is a gown's than its background's: two histograms of Lab colours, compared."""

from __future__ import annotations

import cv2
import numpy as np

from tryon.images import F32, U8, Mask

BINS, SHIFTS = (16, 32, 32), (4, 3, 3)  # of light, red and yellow; and the bits of a colour that those leave out
RARE = 1e-5  # share that a colour has which was not seen: so seldom, neither is likelier
MOST = 4.0  # a colour tells no more than this


def of_gown(picture: U8, gown: Mask, background: Mask) -> F32:
    """The logarithm of the odds that each pixel of an HxWx3 picture is gown, HxW, -MOST..MOST. gown, background: HxW,
    where those are surely seen."""
    ratio = np.log((share(picture, gown) + RARE) / (share(picture, background) + RARE))
    return np.asarray(ratio.clip(-MOST, MOST), np.float32)


def share(picture: U8, part: Mask) -> F32:
    """How large a share of a part's pixels have each pixel's colour, or nearly, HxW. picture: HxWx3; part: HxW."""
    bins = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB) >> np.array(SHIFTS, np.uint8)
    counts = np.zeros(BINS, np.float32)
    np.add.at(counts, tuple(bins[part].T), 1)
    for axis in range(3):
        counts = 0.25 * np.roll(counts, 1, axis) + 0.5 * counts + 0.25 * np.roll(counts, -1, axis)
    return np.asarray((counts / max(1, int(part.sum())))[tuple(np.moveaxis(bins, 2, 0))], np.float32)
