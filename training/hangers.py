"""Drawn hangers behind garments that nobody wears, for training: whatever sticks out of a neckline or beside a shoulder
is no gown, not even in the gown's own colour.

A hanger is arms that fall from a neck, a hook above it, often a bar below, and ends: knobs, eyes or small hooks, that
reach beyond the shoulders.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from tryon.images import F32, U8, Mask

Random = np.random.Generator
Points = npt.NDArray[np.floating[Any]]  # (x, y) in pixels, last
Curve = tuple[Points, float]  # points Nx2, and how thick
UPPER = 0.12  # of a garment's height: its shoulders
LEAST = 8  # pixels from shoulder to shoulder
TURN = np.linspace(0, 1, 16, dtype=np.float32)[:, None]


def hung(behind: U8, garment: Mask, random: Random, colour: F32 | None = None) -> U8:
    """HxWx3: a background with a hanger where a garment HxW is to hang. colour: RGB, else any."""
    sides = shoulders(garment)
    if colour is None:
        colour = (random.uniform(10, 245) + random.normal(0, 25, 3)).astype(np.float32)
    out = behind.copy()
    if float(np.ptp(sides[:, 0])) < LEAST:
        return out
    shine = random.normal(0, 25)
    for points, width in hanger(sides, random):
        for thick, tone in ((width, colour), (width / 3, colour + shine)):
            whole = (points * 8).round().astype(np.int32).reshape(-1, 1, 2)
            paint = [float(v) for v in tone.clip(0, 255)]
            cv2.polylines(out, [whole], False, paint, max(1, round(thick)), cv2.LINE_AA, shift=3)
    return out


def shoulders(garment: Mask) -> Points:
    """The left and right shoulder of a garment's mask, 2x2: its upper outer corners. 0 where there is none."""
    x, y, width, height = cv2.boundingRect(garment.astype(np.uint8))
    rows, columns = np.nonzero(garment[y : y + max(1, round(UPPER * height)), x : x + width])
    if not len(rows):
        return np.zeros((2, 2), np.float32)
    ends = [int(np.argmax(side - 1.5 * rows)) for side in (-columns, columns)]
    return np.asarray(np.stack([x + columns[ends], y + rows[ends]], 1), np.float32)


def hanger(sides: Points, random: Random) -> list[Curve]:
    """The curves of a hanger whose arms end near two points, 2x2, the left one first."""
    breadth = float(np.ptp(sides[:, 0]))
    thick = breadth * float(random.choice([0.012, 0.03, 0.045, 0.07]) * random.uniform(0.8, 1.2))
    reach = breadth * np.array([0.09 - 0.3 * random.random() ** 2, random.uniform(0, 0.03)], np.float32)
    ends = sides + reach * np.array([(-1, 1), (1, 1)], np.float32)
    neck = ends.mean(0) - (0, breadth * random.uniform(0.1, 0.32))
    bend = breadth * random.uniform(0, 0.08)
    curves = [(_arc(neck, end, bend), thick) for end in ends]
    top = neck - (0, breadth * random.uniform(0.02, 0.15))
    curves += [
        (np.stack([neck, top]), thick * 0.7),
        (_hook(top, breadth * random.uniform(0.05, 0.09), random), thick / 2),
    ]
    if random.random() < 0.6:
        curves.append((ends, thick * random.uniform(0.5, 1)))
    finish = FINISHES[int(random.integers(len(FINISHES)))]
    return curves + [
        (points, thick * share)
        for end, way in zip(ends, (-1.0, 1.0), strict=True)
        for points, share in finish(end, way, breadth * random.uniform(0.02, 0.06))
    ]


def _arc(start: Points, end: Points, bend: float) -> Points:
    """From start to end, bent up by `bend` in the middle."""
    return start + (end - start) * TURN - np.hstack([0 * TURN, 4 * bend * TURN * (1 - TURN)])


def _hook(foot: Points, radius: float, random: Random) -> Points:
    """A hook's bow above its foot, open to the left or right."""
    turn = (0.5 - 1.7 * TURN) * np.pi
    bow = np.hstack([random.choice([-1, 1]) * np.cos(turn), np.sin(turn)]) * radius
    return np.vstack([foot, foot - (0, 3 * radius) + bow])


def _knob(end: Points, way: float, size: float) -> list[Curve]:
    """A thick end."""
    return [(np.stack([end, end + (way * size / 2, 0)]), 1.6)]


def _eye(end: Points, way: float, size: float) -> list[Curve]:
    """A ring, for a loop of the garment."""
    turn = 2 * np.pi * TURN
    ring = np.hstack([np.cos(turn), np.sin(turn)]) * size
    return [(end + (way * size, 0) + ring, 0.6)]


def _rising(end: Points, way: float, size: float) -> list[Curve]:
    """A small hook that turns up and back."""
    turn = np.pi * (0.5 - 1.2 * TURN)
    bow = np.hstack([way * np.cos(turn), np.sin(turn)]) * size
    return [(end + (way * size / 2, -size) + bow, 0.8)]


def _plain(end: Points, way: float, size: float) -> list[Curve]:
    """Nothing more."""
    return []


FINISHES: tuple[Callable[[Points, float, float], list[Curve]], ...] = (_knob, _eye, _rising, _plain)


def shadowed(behind: U8, thing: Mask, random: Random) -> U8:
    """HxWx3: a background with the soft shadow that a thing HxW before it casts aside and down."""
    height = thing.shape[0]
    away = height * random.uniform(0, 0.02), height * random.uniform(-0.005, 0.015)
    move = np.array([[1, 0, away[0] * random.choice([-1, 1])], [0, 1, away[1]]], np.float32)
    soft = cv2.GaussianBlur(thing.astype(np.float32), (0, 0), max(1.0, height * random.uniform(0.003, 0.015)))
    shade = cv2.warpAffine(soft, move, thing.shape[::-1])[:, :, None] * random.uniform(0.1, 0.6)
    return np.asarray((behind * (1 - shade)).round(), np.uint8)
