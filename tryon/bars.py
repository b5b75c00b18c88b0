"""A hanger's bar, seen in the neckline of a gown that nobody wears: a stroke of light or dark, unlike any below it."""

from __future__ import annotations

import cv2
import numpy as np

from tryon.images import F32, U8, Mask, beside, touched

TALL = 400  # pixels of a gown's height at which bars are looked for
ACROSS = (4, 7, 11)  # such pixels across a bar
UPPER, LOWER = 0.25, 0.3  # of a gown's height: where bars are, down to; and from where on strokes are the gown's own
# shares of a gown's width
LONG, LEAST = 0.18, 0.26  # of the line along which a stroke is told, and of a bar
SIDE = 0.05  # what comes so near to the gown's sides is a stripe or a belt
# levels
FAINT, CLEAR = 23.0, 42.0  # that a stroke, and a bar, are lighter or darker than what is above and below
DIM, STRONG = -20.0, 80.0  # the least and the most that a point of a stroke counts for
# others
TILT, TILTS = 0.3, 7  # of its length, that a bar may rise; how many such are tried
MORE = 1.7  # times as strong as any stroke below
FLAT = 3.0  # times as broad as high: no gown that hangs


def found(picture: U8, gown: U8) -> U8:
    """What of a gown's upper part is a hanger's bar, HxW 0 or 255: a long stroke that ends within the gown, and is far
    stronger than the gown's pattern, whose colours it may have. picture: HxWx3; gown: its mask HxW."""
    out, part = np.zeros_like(gown), touched(gown > 127)
    height, width = gown[part].shape
    if not height or width > FLAT * height:
        return out
    inside, scale = (gown[part] > 127).astype(np.uint8), TALL / height
    size = (max(1, round(width * scale)), TALL)
    light = cv2.resize(cv2.cvtColor(picture[part], cv2.COLOR_RGB2LAB)[:, :, 0], size, interpolation=cv2.INTER_AREA)
    strokes = _strokes(light.astype(np.float32), cv2.resize(inside, size) > 0, width * scale)
    bar = cv2.resize(strokes.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    out[part] = inside * bar * np.uint8(255)
    return np.asarray(cv2.dilate(out, np.ones((5, 5), np.uint8)), np.uint8)


def _strokes(light: F32, gown: Mask, width: float) -> Mask:
    """The bars, HxW. light: HxW, 0..255, of a gown's box, TALL rows; width: its breadth in pixels."""
    strength = _strength(light, gown, LONG * width)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((strength > FAINT).astype(np.uint8))
    parts = np.asarray(labels, np.int32)
    most = np.zeros(len(stats), np.float32)
    np.maximum.at(most, parts.ravel(), strength.ravel())
    core = (strength > 0.5 * most[parts]) & (parts > 0)
    most[parts[core & beside(gown, -round(SIDE * width))]] = 0
    below = most[parts[round(LOWER * TALL) :]].max(initial=0)
    long = stats[:, cv2.CC_STAT_WIDTH] > LEAST * width
    bars = long & (most > max(CLEAR, MORE * float(below)))
    bars = np.intersect1d(np.flatnonzero(bars), parts[: round(UPPER * TALL)])
    return core & np.isin(parts, bars)


def _strength(light: F32, gown: Mask, length: float) -> F32:
    """How much lighter or darker than what is above and below it each point is, in levels, HxW: the mean over a line
    through it that is so long, of the thickness and the tilt that tell most."""
    best, shape = np.zeros_like(light), (max(3, round(length)), 1)
    for across in ACROSS:
        own = cv2.blur(light, (5, across - 2))
        above, below = (np.roll(own, way * across, 0) - own for way in (1, -1))
        between = np.ones((2 * across + 1, 1), np.uint8)  # there is gown above and below
        known = cv2.erode(gown.astype(np.float32), between, borderType=cv2.BORDER_CONSTANT, borderValue=(0,))
        for step in (np.minimum(above, below), -np.maximum(above, below)):
            told = step.clip(DIM, STRONG) * known
            for tilt in np.linspace(-TILT, TILT, TILTS):
                level = np.array([[1, 0, 0], [-tilt, 1, tilt * light.shape[1] / 2]], np.float32)
                mean = cv2.blur(cv2.warpAffine(told, level, light.shape[::-1]), shape)
                way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
                best = np.maximum(best, cv2.warpAffine(mean, level, light.shape[::-1], flags=way))
    return best
