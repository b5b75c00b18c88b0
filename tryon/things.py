"""What lies on a gown that nobody wears and is no part of it: a hanger's bar in its neckline, a price tag."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tryon import odds
from tryon.images import F32, U8

Mask = npt.NDArray[np.bool_]
# shares of a gown's height
SHOULDERS = 0.2  # no tag is sought above
UPPER, LOWER = 0.25, 0.3  # where bars are, down to; and from where on the gown's own colours are
THIN, THICK = 0.006, 0.035  # a bar is thicker, and thinner: where two colours meet they mix to others
BENT = 0.008  # how far, on average, a bar may be from straight
# shares of a gown's width
LONG, GAP = 0.18, 0.06  # a bar is longer; and is seen with such gaps
DENT = 0.25  # a tag dents the outline over less
# others
RARE = 4e-4  # share of a gown's pixels: rarer colours are not its own
TILT = 0.3  # of its length, that a bar may rise
TAG = (0.004, 0.08)  # of a gown's area
MOSTLY = 0.5  # share of a dent that a tag fills


def on_gown(picture: U8, gown: U8, like: F32, seen: Mask) -> U8:
    """Bars and tags on a gown, HxW 0 or 255. picture: HxWx3; gown: its mask HxW; like: how much likelier colours are
    the gown's than the background's; seen: HxW, where the net saw anything."""
    inside = gown > 127
    rows, columns = (np.flatnonzero(inside.any(axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros_like(gown)
    box = (int(rows[0]), float(np.ptp(rows)), float(np.ptp(columns)))
    found = _bars(picture, inside, *box) | _tags(inside, (like < -1) & seen, box[2])
    return np.asarray(cv2.dilate(found * np.uint8(255), np.ones((5, 5), np.uint8)), np.uint8)


def _bars(picture: U8, inside: Mask, top: int, height: float, width: float) -> Mask:
    """Straight thin pieces across the upper part, of colours that the gown has nowhere else."""
    below = inside.copy()
    below[: round(top + LOWER * height)] = False
    strange = inside & (odds.share(picture, below) < RARE)
    strange[round(top + UPPER * height) :] = False
    strange = cv2.morphologyEx(strange.astype(np.uint8), cv2.MORPH_OPEN, np.ones((max(3, round(THIN * height)), 1), np.uint8)) > 0
    thick = np.ones((max(3, round(THICK * height)), 1), np.uint8)
    thin = strange & (cv2.morphologyEx(strange.astype(np.uint8), cv2.MORPH_OPEN, thick) == 0)
    joined = cv2.morphologyEx(thin.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((1, max(3, round(GAP * width))), np.uint8))
    count, parts, stats, _ = cv2.connectedComponentsWithStats(joined)
    bars = [n for n in range(1, count) if stats[n, cv2.CC_STAT_WIDTH] > LONG * width and _straight(parts == n, height)]
    return np.isin(parts, bars) & inside


def _straight(piece: Mask, height: float) -> bool:
    """Whether a piece is a bar: thin, straight, and nearly level."""
    y, x = np.nonzero(piece)
    slope, start = np.polyfit(x, y, 1)
    away = np.abs(y - slope * x - start).mean()
    return bool(abs(slope) < TILT and away < max(1.0, 0.25 * THICK * height + BENT * height))


def _tags(inside: Mask, strange: Mask, width: float) -> Mask:
    """Dents and holes of a gown, below its shoulders, where something of a strange colour lies."""
    size = 2 * round(DENT * width / 2) + 1
    whole = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((size, size), np.uint8)) > 0
    dents = cv2.morphologyEx((whole & ~inside).astype(np.uint8), cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    rows = np.flatnonzero(inside.any(1))
    dents[: round(rows[0] + SHOULDERS * float(np.ptp(rows)))] = 0
    count, parts, stats, _ = cv2.connectedComponentsWithStats(dents)
    tags = [n for n in range(1, count)
            if TAG[0] < stats[n, cv2.CC_STAT_AREA] / inside.sum() < TAG[1] and strange[parts == n].mean() > MOSTLY]  # fmt: skip
    return np.isin(parts, tags)
