"""A hanger's arms, seen as two lines that meet above a gown which nobody wears: they tell where the hanger's ends are,
and what the hanger looks like."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from tryon import draw, odds
from tryon.hangers import hanging
from tryon.images import U8, Mask, around, touching
from tryon.landmarks import inside

# shares of the breadth of a gown's upper part
ABOVE, BELOW = 0.35, 0.25  # what is above and below the gown's top where arms are looked for
LEAST, MIDDLE, BEYOND = 0.1, 0.2, 0.5  # of a line's length; from the gown's middle to where two meet, and to a line
ACROSS, ABOUT = 0.05, 0.16  # across an arm, and across it with the wall about it
LONG, REACH, THIN = 0.95, 0.2, 0.15  # an arm's length; across the place and the pieces of what may be left of it
# logarithms of the odds that a colour is the gown's: most of an arm is below the first, or it tells nothing; what is
# left of it below the second, and below the third at its edge, so many pixels wide
OTHER, ARM, MIXED, EDGE = -1.0, -1.0, 2.0, 2
SLOPES, FREE = (0.12, 0.9), 0.6  # of an arm; share of a line that is not on the gown
SMALL, MANY = 16, 30  # pixels of breadth below which nothing is told; lines a side that are looked at
CLEAR, SEEN = 25.0, 0.4  # Lab: so far from the wall's colour is an arm's; share of the way to the gown that shows it

Ends = npt.NDArray[np.float64]  # 2x2: x and y of a line's ends


class _Line(NamedTuple):
    """A line that falls away from the middle."""

    ends: Ends  # the left one first
    slope: float

    def at(self, x: float) -> float:
        """How far down it is at a column."""
        return float(self.ends[0, 1] + self.slope * (x - self.ends[0, 0]))


def without_arms(picture: U8, gown: U8, core: Mask) -> U8:
    """The mask of a gown that nobody wears, HxW, without what is left on it of a hanger's arms and ends: narrow pieces
    where arms that are seen lead to, of these arms' colour rather than the gown's. picture: HxWx3; core: HxW, surely
    gown."""
    breadth = hanging(gown).breadth
    lines = _pair(picture, gown, breadth)
    if not lines:
        return gown
    arms, seen = _arms(*lines, LONG * breadth), _seen(picture, gown, [line.ends for line in lines], breadth)
    if not all(_leads(seen, gown, arm) for arm in arms):
        return gown
    like = odds.of_gown(picture, core, seen)
    if np.median(like[seen]) > OTHER:
        return gown
    thick = around(~around(gown < 128, THIN * breadth / 2), THIN * breadth / 2 + 1)
    narrow = _strokes(gown.shape, arms, REACH * breadth) & (gown > 127) & ~thick
    taken = cv2.morphologyEx((narrow & (like < ARM)).astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)) > 0
    taken |= narrow & around(taken, EDGE) & (like < MIXED)
    rest = (gown > 127) & ~taken
    crumbs = narrow & rest & ~touching(rest, rest & ~narrow)
    return np.where(taken | crumbs, 0, gown).astype(np.uint8)


def _pair(picture: U8, gown: U8, breadth: float) -> tuple[_Line, _Line] | None:
    """The longest two lines above a gown that could be a hanger's arms, left and right; None if there are none."""
    rows, columns = (np.flatnonzero((gown > 127).any(axis)) for axis in (1, 0))
    if breadth < SMALL:
        return None
    top = max(0, int(rows[0] - ABOVE * breadth))
    grey = cv2.cvtColor(picture[top : int(rows[0] + BELOW * breadth)], cv2.COLOR_RGB2GRAY)
    segments = cv2.createLineSegmentDetector().detect(grey)[0]
    if segments is None:
        return None
    middle = float(np.median(columns))
    lines = [_line(ends, top) for ends in segments.reshape(-1, 2, 2).astype(np.float64)]
    usable = sorted((line for line in lines if _usable(line, gown, middle, breadth)), key=_length, reverse=True)
    left, right = ([line for line in usable if line.slope * side > 0][:MANY] for side in (-1, 1))
    pairs = [(a, b) for a in left for b in right if _meet(a, b, middle, breadth)]
    return max(pairs, key=lambda pair: _length(pair[0]) + _length(pair[1]), default=None)


def _line(ends: Ends, top: int) -> _Line:
    ends = ends[ends[:, 0].argsort()] + (0, top)
    (x, y), (right, low) = ends
    return _Line(ends, float((low - y) / max(right - x, 1e-3)))


def _usable(line: _Line, gown: U8, middle: float, breadth: float) -> bool:
    """Whether a line is as steep and long as an arm, on its side of a gown, and above it."""
    away = np.sign(line.slope) * (line.ends[:, 0].mean() - middle) / breadth
    fits = SLOPES[0] < abs(line.slope) < SLOPES[1] and 0 < away < BEYOND and _length(line) > LEAST * breadth
    return bool(fits and 1 - _on(gown, line.ends).mean() > FREE)


def _meet(left: _Line, right: _Line, middle: float, breadth: float) -> bool:
    """Whether two lines meet above themselves in a gown's middle."""
    x = _meeting(left, right)
    return bool(abs(x - middle) < MIDDLE * breadth and left.ends[0, 0] < x < right.ends[1, 0])


def _meeting(left: _Line, right: _Line) -> float:
    """The column where two lines meet."""
    return (right.at(0) - left.at(0)) / (left.slope - right.slope)


def _length(line: _Line) -> float:
    return float(np.linalg.norm(line.ends[1] - line.ends[0]))


def _arms(left: _Line, right: _Line, length: float) -> list[Ends]:
    """Both arms, from where their lines meet on, 2x2 each."""
    x = _meeting(left, right)
    apex = np.array([x, left.at(x)])
    ways = [np.array([side, side * line.slope]) for side, line in ((-1, left), (1, right))]
    return [np.stack([apex, apex + length * way / np.linalg.norm(way)]) for way in ways]


def _seen(picture: U8, gown: U8, lines: list[Ends], breadth: float) -> Mask:
    """What beside a gown is of a hanger, HxW: near its lines, and of another colour than the wall about them."""
    free = gown < 128
    arm, about = (_strokes(gown.shape, lines, across * breadth) & free for across in (ACROSS, ABOUT))
    about &= ~arm
    if not about.any():
        return about
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)
    return np.asarray(arm & (np.linalg.norm(lab - np.median(lab[about], 0), axis=2) > CLEAR))


def _leads(seen: Mask, gown: U8, arm: Ends) -> bool:
    """Whether an arm is seen on much of the way from where both meet to the gown."""
    cloth = _on(gown, arm)
    way = int(cloth.argmax()) if cloth.any() else len(cloth)
    return way > 0 and bool(_on(around(seen, 1.5) * np.uint8(255), arm)[:way].mean() > SEEN)


def _on(mask: U8, line: Ends) -> Mask:
    """What of a line, pixel by pixel, lies in a mask HxW, N."""
    count = max(2, round(float(np.linalg.norm(line[1] - line[0]))))
    return inside(mask, line[0] + 0.5, line[1] + 0.5, np.linspace(0, 1, count))


def _strokes(size: tuple[int, ...], lines: list[Ends], across: float) -> Mask:
    canvas = np.zeros(size, np.uint8)
    for line in lines:
        draw.stroke(canvas, line, across)
    return canvas > 0
