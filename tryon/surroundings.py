"""What is around a hole runs on into it, from all four sides.

Each pixel is the mean of the nearest that is seen in each direction, by how near that is (inverse distance weighting:
Shepard 1968). Walls, skirting boards, kerbs and horizons run across a photo, so what is to the sides counts as nearer
than what is above or below. Where a white wall is on one side and a black door on the other, their mean is a fog that
neither has: there the nearest decides. What was drawn out so is evened, the more the farther it is from what is seen,
and made as rough as that: a streak betrays a filling, where a little gravel or blur is taken for the background's own.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tryon import grain
from tryon.images import F32, U8, Mask, grown, touched

POWER = 1.5  # of a distance: so fast does what is farther off count less
ALIKE, UNLIKE, SHARPER = 25.0, 75.0, 2.5  # levels: what differs so little is averaged, what so much is not; its power
UPRIGHT = 2.0  # how much farther what is above or below counts
SOFT = 1.5  # pixels over which what is seen is evened: one pixel's noise would be drawn out to a streak
CALM = 0.2  # of the distance to what is seen: over about so many pixels a filling is evened
AROUND, APART = 2.0, 8.0  # times that distance, and pixels: what is seen so far around tells how rough a filling is
SMOOTH, ROUGH = 0.3, 8.0  # grey values: what differs by the first is smooth; a filling is no rougher than the second
NORMAL = 1.89  # a normal distribution's standard deviation over its geometric mean deviation
EDGE = 3  # pixels across that must all be seen: at edges colours mix
NOWHERE = 1e9  # pixels: how far is what is not seen

Pixels = tuple[npt.NDArray[np.intp], ...]  # rows and columns of N


def run_on(photo: U8, wall: U8, hole: U8, unknown: Mask) -> U8:
    """A picture HxWx3, right inside `hole` (HxW, 255 where it is asked for) only. unknown: what the photo does not show
    of what runs on; wall: what is taken where it shows nothing in any direction."""
    out, inside = wall.copy(), hole > 0
    part = grown(touched((unknown | inside).astype(np.uint8)), 2 * EDGE)
    known = cv2.erode((~unknown[part]).astype(np.uint8), np.ones((EDGE, EDGE), np.uint8)) > 0
    seen, at = evened(photo[part], known, SOFT), np.nonzero(inside[part])
    colours, distances = _nearest(seen, known, at)
    found = distances.min(0) < NOWHERE
    drawn = _mean(colours[:, found], distances[:, found])
    at = tuple(pixels[found] for pixels in at)
    out[part][at] = _settled(photo[part], known, at, drawn).round().clip(0, 255)
    return out


def _mean(colours: F32, distances: F32) -> F32:
    """What four colours, 4xNx3, so far away, 4xN, run on to, Nx3: each by how near it is; what is unlike the nearest
    counts less."""
    nearest = distances.argmin(0)
    apart = np.sqrt(((colours - colours[nearest, np.arange(len(nearest))]) ** 2).mean(2))
    sharper = SHARPER * ((apart - ALIKE) / (UNLIKE - ALIKE)).clip(0, 1)
    weights = (distances.min(0) / distances) ** (POWER + sharper)
    return np.asarray((weights[..., None] * colours).sum(0) / weights.sum(0)[:, None], np.float32)


def _settled(photo: U8, known: Mask, at: Pixels, drawn: F32) -> F32:
    """Colours Nx3, `drawn` out to N places of a photo, evened and as rough as what is known around them."""
    picture, shown = np.where(known[..., None], photo, np.float32(0)), known.copy()
    picture[at], shown[at] = drawn, True
    away = cv2.distanceTransform((~known).astype(np.uint8), cv2.DIST_L2, 3)
    far = np.asarray(away.clip(0, max(known.shape)), np.float32)
    return np.asarray(_calmed(picture, shown, CALM * far)[at] + _gravel(photo, known, far)[at][:, None], np.float32)


def _gravel(photo: U8, known: Mask, far: F32) -> F32:
    """Noise HxW as strong as that of what is known of a photo around each pixel. far: pixels to what is known, HxW."""
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32)
    finest = np.log(np.abs(grey - cv2.blur(grey, (EDGE, EDGE))) + SMOOTH)  # a geometric mean: a few edges count little
    strength = NORMAL * (np.exp(_calmed(finest[..., None], known, AROUND * far + APART)[..., 0]) - SMOOTH)
    return np.asarray(grain.noise(far.shape) * strength.clip(0, ROUGH) * np.minimum(1, far / APART), np.float32)


def _calmed(picture: F32, shown: Mask, reach: F32) -> F32:
    """A picture HxWxC, each pixel a mean of what is `shown` about as far around it as `reach` says, HxW pixels, mixed
    of the levels of a pyramid (mipmaps: Williams 1983)."""
    levels: list[F32] = [np.dstack([picture * shown[..., None], shown.astype(np.float32)])]
    wanted = [np.log2(np.maximum(reach, 1))]
    while len(levels) <= wanted[0].max() and min(levels[-1].shape[:2]) > 1:
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), np.float32))
        smaller = cv2.resize(wanted[-1], levels[-1].shape[1::-1], interpolation=cv2.INTER_AREA)
        wanted.append(np.asarray(smaller, np.float32))
    mixed = levels[-1]
    for number in range(len(levels) - 2, -1, -1):
        coarse = cv2.resize(mixed, levels[number].shape[1::-1], interpolation=cv2.INTER_LINEAR)
        mixed = levels[number] + (wanted[number] - number).clip(0, 1)[..., None] * (coarse - levels[number])
    return np.asarray(mixed[..., :-1] / np.maximum(mixed[..., -1:], 1e-6), np.float32)


def evened(photo: U8, known: Mask, reach: float) -> F32:
    """What is known of a photo, HxWx3, each pixel a mean of what is known within some pixels of it."""
    share = cv2.GaussianBlur(known.astype(np.float32), (0, 0), reach)[..., None]
    total = cv2.GaussianBlur(np.where(known[..., None], photo, np.float32(0)), (0, 0), reach)
    return np.asarray(total / np.maximum(share, 1e-6), np.float32)


def _nearest(seen: F32, known: Mask, at: Pixels) -> tuple[F32, F32]:
    """For N pixels what is `seen`, HxWx3, at the nearest known one to the left, right, above and below, 4xNx3; and how
    far that is, 4xN: NOWHERE if there is none."""
    colours, distances = [], []
    for axis, dear in ((1, 1.0), (0, UPRIGHT)):
        index = np.arange(known.shape[axis]).reshape((1, -1) if axis else (-1, 1))
        before = np.maximum.accumulate(np.where(known, index, -1), axis)
        after = np.flip(np.minimum.accumulate(np.flip(np.where(known, index, index.size), axis), axis), axis)
        for ends in (before[at], after[at]):
            distance = np.maximum(dear * np.abs(ends - at[axis]), 1).astype(np.float32)
            distance[(ends < 0) | (ends == index.size)] = NOWHERE
            place = ends.clip(0, index.size - 1)
            colours.append(seen[(at[0], place) if axis else (place, at[1])])
            distances.append(distance)
    return np.stack(colours), np.stack(distances)
