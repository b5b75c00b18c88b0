"""A hanger's bar, seen in the neckline of a gown that nobody wears: by its colours, or as a stroke of light or dark."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tryon import odds
from tryon.images import F32, U8, Mask, around, spans

# shares of a gown's height
UPPER, LOWER = 0.25, 0.3  # where bars are, down to; and from where on the gown's own colours and strokes are
THIN, THICK = 0.006, 0.035  # a bar is thicker, and thinner: where two colours meet they mix to others
BENT = 0.005  # how far, on average, a bar's pixels may be from a straight line
# shares of a gown's width
LONG, GAP = 0.18, 0.06  # a bar is longer, and is seen with such gaps
ACROSS = 0.26  # so long is a bar that only light or dark tells
SIDE = 0.05  # what comes so near to the gown's sides is a stripe or a belt
# others
RARE = 4e-4  # share of a gown's pixels: rarer colours are not its own
TILT = 0.3  # of its length, that a bar may rise
TALL = 400  # pixels of a gown's height at which strokes are looked for
CROSS = (4, 7, 11)  # such pixels across a stroke
FAINT, CLEAR, DIM, STRONG = 23.0, 42.0, -20.0, 80.0  # levels between a stroke, a bar, and what is above and below;
# what one point of a stroke counts for at least and at most
MORE = 1.7  # how much stronger a bar must be than any stroke below


def found(picture: U8, gown: U8) -> U8:
    """What of a gown's upper part is a hanger's bar, HxW 0 or 255. picture: HxWx3; gown: its mask HxW."""
    inside = gown > 127
    rows, columns = (np.flatnonzero(inside.any(axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros_like(gown)
    top, height, width = int(rows[0]), float(np.ptp(rows)), float(np.ptp(columns))
    seen = _strokes(picture, inside, top, height, width)
    wide = cv2.dilate((seen & inside).astype(np.uint8), np.ones((5, 5), np.uint8))
    return np.asarray(wide * np.uint8(255), np.uint8)


def _strokes(picture: U8, inside: Mask, top: int, height: float, width: float) -> Mask:
    """Strokes across the upper part that end within the gown, far stronger than any below: what the gown's own pattern
    may have the colours of."""
    scale = TALL / max(1.0, height)
    size = (round(inside.shape[1] * scale), round(inside.shape[0] * scale))
    light = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[:, :, 0], size, interpolation=cv2.INTER_AREA)
    gown = cv2.resize(inside.astype(np.uint8), size) > 0
    strength = _strength(light.astype(np.float32), gown, LONG * width * scale)
    _, parts, stats, _ = cv2.connectedComponentsWithStats((strength > FAINT).astype(np.uint8))
    most = np.zeros(len(stats), np.float32)
    np.maximum.at(most, parts.ravel(), strength.ravel())
    most[parts[_at_sides(gown, SIDE * width * scale)]] = 0
    most[0] = 0
    low = most[parts[round(top * scale + LOWER * TALL) :]].max(initial=0)
    upper = np.unique(parts[: round(top * scale + UPPER * TALL)])
    bars = [n for n in upper if most[n] > max(CLEAR, MORE * low)
            and stats[n, cv2.CC_STAT_WIDTH] > ACROSS * width * scale]  # fmt: skip
    core = np.isin(parts, bars) & (strength > 0.5 * most[parts])
    return cv2.resize(core.astype(np.uint8), inside.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0


def _at_sides(gown: Mask, reach: float) -> Mask:
    """Where a gown is left or right of itself by less than `reach`, and beyond."""
    first, beyond = spans(gown)
    x = np.arange(gown.shape[1])
    return (x < first[:, None] + reach) | (x >= beyond[:, None] - reach)


def _strength(light: F32, gown: Mask, length: float) -> F32:
    """How much lighter or darker than what is above and below each point is, in levels, HxW: the mean along the line
    through it, of whichever thickness and tilt tell most. length: of that line, in pixels."""
    best, within = np.zeros_like(light), gown.astype(np.float32)
    shape = (max(3, round(length)), 1)
    for across in CROSS:
        own = cv2.blur(light, (5, across - 2))
        above, below = np.roll(own, across, 0) - own, np.roll(own, -across, 0) - own
        known = cv2.erode(within, np.ones((2 * across + 1, 1), np.uint8))
        for step in (np.minimum(above, below), -np.maximum(above, below)):
            told = step.clip(DIM, STRONG) * known
            for tilt in np.linspace(-TILT, TILT, 13):
                level = np.array([[1, 0, 0], [-tilt, 1, tilt * light.shape[1] / 2]], np.float32)
                mean = cv2.blur(cv2.warpAffine(told, level, light.shape[::-1]), shape)
                back = cv2.warpAffine(mean, level, light.shape[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
                best = np.maximum(best, back)
    return best
