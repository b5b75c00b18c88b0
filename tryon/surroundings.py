"""What is around a hole runs on into it, from all four sides.

Each pixel is the mean of the nearest that is seen in each direction, by how near that is (inverse distance weighting:
Shepard 1968). Walls, skirting boards, kerbs and horizons run across a photo, so what is to the sides counts as nearer
than what is above or below.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tryon.images import F32, U8, Mask, grown, touched

POWER = 1.5  # of a distance: so fast does what is farther off count less
UPRIGHT = 2.0  # how much farther what is above or below counts
SOFT = 1.5  # pixels over which what is seen is evened: one pixel's noise would be drawn out to a streak
EDGE = 3  # pixels across that must all be seen: at edges colours mix
LEAST = 1e-9  # weight below which nothing is seen in any direction

Pixels = tuple[npt.NDArray[np.intp], ...]  # rows and columns of N


def run_on(photo: U8, wall: U8, hole: U8, unknown: Mask) -> U8:
    """A picture HxWx3, right inside `hole` (HxW, 255 where it is asked for) only. unknown: what the photo does not show
    of what runs on; wall: what is taken where it shows nothing in any direction."""
    out, inside = wall.copy(), hole > 0
    part = grown(touched((unknown | inside).astype(np.uint8)), 2 * EDGE)
    known = cv2.erode((~unknown[part]).astype(np.uint8), np.ones((EDGE, EDGE), np.uint8)) > 0
    seen, at = evened(photo[part], known, SOFT), np.nonzero(inside[part])
    total, weights = np.zeros((len(at[0]), 3), np.float32), np.full(len(at[0]), LEAST, np.float32)
    for source, distance in _nearest(known, at):
        weight = distance**-POWER
        total += seen[source] * weight[:, None]
        weights += weight
    found = weights > 2 * LEAST
    rows, columns = (pixels[found] for pixels in at)
    out[part][rows, columns] = (total[found] / weights[found, None]).round()
    return out


def evened(photo: U8, known: Mask, reach: float) -> F32:
    """What is known of a photo, HxWx3, each pixel a mean of what is known within some pixels of it."""
    share = cv2.GaussianBlur(known.astype(np.float32), (0, 0), reach)[..., None]
    total = cv2.GaussianBlur(np.where(known[..., None], photo, np.float32(0)), (0, 0), reach)
    return np.asarray(total / np.maximum(share, 1e-6), np.float32)


def _nearest(known: Mask, at: Pixels) -> list[tuple[Pixels, F32]]:
    """For N pixels the nearest known one to the left, right, above and below, and how far that is, N each: infinitely
    where there is none."""
    found: list[tuple[Pixels, F32]] = []
    for axis, dear in ((1, 1.0), (0, UPRIGHT)):
        index = np.arange(known.shape[axis]).reshape((1, -1) if axis else (-1, 1))
        before = np.maximum.accumulate(np.where(known, index, -1), axis)
        after = np.flip(np.minimum.accumulate(np.flip(np.where(known, index, index.size), axis), axis), axis)
        for ends in (before[at], after[at]):
            distance = np.maximum(dear * np.abs(ends - at[axis]), 1).astype(np.float32)
            distance[(ends < 0) | (ends == index.size)] = np.inf
            place = ends.clip(0, index.size - 1)
            found.append(((at[0], place) if axis else (place, at[1]), distance))
    return found
