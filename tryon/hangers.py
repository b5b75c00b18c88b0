"""A hanger, told apart from the gown on it: hook and ends, and the bar that is seen in the neckline."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tryon import odds
from tryon.images import U8, Mask, beside, spans

SKIRT = 2.0  # how much broader than a gown's upper part its breadth counts at most
CLOTH = (0.06, 0.15)  # of a gown's height and breadth: so large is cloth, and neither hook nor strap
WIRE = 0.07  # of that breadth: thicker is a shoulder, and no part of a hanger
LOOP = 0.05  # of that breadth, that a hanger's end reaches beyond its side
# shares of a gown's height
HOOK = 0.3  # where hooks are, down to
UPPER, LOWER = 0.25, 0.3  # where bars are, down to; and from where on the gown's own colours are
THIN, THICK = 0.006, 0.035  # a bar is thicker, and thinner: where two colours meet they mix to others
BENT = 0.005  # how far, on average, a bar's pixels may be from a straight line
# shares of a gown's width
LONG, GAP = 0.18, 0.06  # a bar is longer, and is seen with such gaps
# others
RARE = 4e-4  # share of a gown's pixels: rarer colours are not its own
TILT = 0.3  # of its length, that a bar may rise


def bars(picture: U8, gown: U8) -> U8:
    """What of a gown's upper part is a hanger's bar, HxW 0 or 255: straight thin pieces across it, of colours that the
    gown has nowhere else. picture: HxWx3; gown: its mask HxW."""
    inside = gown > 127
    rows, columns = (np.flatnonzero(inside.any(axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros_like(gown)
    top, height, width = int(rows[0]), float(np.ptp(rows)), float(np.ptp(columns))
    pieces = _thin(picture, inside, top, height)
    joined = cv2.morphologyEx(pieces, cv2.MORPH_CLOSE, np.ones((1, max(3, round(GAP * width))), np.uint8))
    count, parts, stats, _ = cv2.connectedComponentsWithStats(joined)
    found = [n for n in range(1, count) if stats[n, cv2.CC_STAT_WIDTH] > LONG * width and _straight(parts == n, height)]
    wide = cv2.dilate((np.isin(parts, found) & inside).astype(np.uint8), np.ones((5, 5), np.uint8))
    return np.asarray(wide * np.uint8(255), np.uint8)


def _thin(picture: U8, inside: Mask, top: int, height: float) -> U8:
    """The pieces of strange colours in the upper part that are as thick as bars, HxW 0 or 1."""
    below = inside.copy()
    below[: round(top + LOWER * height)] = False
    strange = inside & (odds.share(picture, below) < RARE)
    strange[round(top + UPPER * height) :] = False
    between = np.ones((2 * round(THICK * height) + 1, 1), np.uint8)  # a bar has gown above and below
    strange &= cv2.erode(cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_CLOSE, between), between) > 0
    thin, thick = (np.ones((max(3, round(share * height)), 1), np.uint8) for share in (THIN, THICK))
    pieces = cv2.morphologyEx(strange.astype(np.uint8), cv2.MORPH_OPEN, thin)
    return np.asarray(pieces - cv2.morphologyEx(pieces, cv2.MORPH_OPEN, thick), np.uint8)


def _straight(piece: Mask, height: float) -> bool:
    """Whether a piece is a bar: thin, straight, and nearly level."""
    y, x = np.nonzero(piece)
    slope, start = np.polyfit(x, y, 1)
    away = np.abs(y - slope * x - start).mean()
    return bool(abs(slope) < TILT and away < BENT * height)


def without_hook(gown: U8) -> U8:
    """The mask of a gown that nobody wears without its hanger's hook: thin pieces in the upper part that reach the
    middle. Straps are thin too, but stay at the sides."""
    if not (gown > 127).any():
        return gown
    rows, columns = (np.flatnonzero((gown > 127).any(axis)) for axis in (1, 0))
    height, width = float(np.ptp(rows)), float(np.ptp(columns))
    breadth = min(width, SKIRT * _breadth(gown[rows[0] : rows[0] + round(HOOK * height) + 1]))
    block = [max(3, round(share * size) | 1) for share, size in zip(CLOTH, (height, breadth), strict=True)]
    cloth = np.asarray(cv2.morphologyEx(gown, cv2.MORPH_OPEN, np.ones(block, np.uint8)), np.uint8)
    thin = (gown > 127) & (cv2.dilate(cloth, np.ones((3, 3), np.uint8)) < 128)
    thin[round(rows[0] + HOOK * height) :] = False
    parts = np.asarray(cv2.connectedComponents(thin.astype(np.uint8))[1], np.int32)
    near = np.flatnonzero((cloth[: round(rows[0] + HOOK * height)] > 127).any(0))
    if not len(near):
        return gown
    fifth = round(0.2 * float(np.ptp(near)))
    hooks = np.setdiff1d(parts[:, near[0] + 2 * fifth : near[-1] - 2 * fifth], 0)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (max(3, round(WIRE * breadth)),) * 2)
    wire = cv2.dilate(np.asarray(cv2.morphologyEx(gown, cv2.MORPH_OPEN, disc)), np.ones((3, 3), np.uint8)) < 128
    taken = np.isin(parts, np.union1d(hooks, _loops(cloth, parts, LOOP * breadth))) & wire
    return np.where(taken, 0, gown).astype(np.uint8)


def _breadth(upper: U8) -> float:
    """How broad most rows of a gown's upper part are: a skirt may be several times as broad."""
    first, beyond = spans(upper[(upper > 127).any(1)] > 127)
    return float(np.median(beyond - first))


def _loops(cloth: U8, parts: npt.NDArray[np.int32], reach: float) -> npt.NDArray[np.int32]:
    """The numbers of the thin parts that reach so far out beside the shoulders, where a strap would rise."""
    away = cv2.distanceTransform((cloth < 128).astype(np.uint8), cv2.DIST_L2, 3)
    return np.setdiff1d(parts[beside(cloth > 127) & (away > reach)], 0)
