"""Drawn floors, walls, doors and covers, for garments to lie on or hang before in training: what photos of them are
taken against, and what few photos of people show behind them."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from tryon.images import F32, U8, Mask

Random = np.random.Generator


def drawn(size: tuple[int, int], random: Random, near: F32 | None = None) -> U8:
    """HxWx3 of one of PATTERNS in two colours, lit unevenly, with grain. near: an RGB colour that the first is like."""
    height, width = size
    base = near + random.normal(0, 18, 3) if near is not None else random.uniform(30, 250) + random.normal(0, 18, 3)
    contrast = random.choice([8.0, 25.0, 90.0])
    other = base + random.normal(0, 1) * contrast + random.normal(0, contrast / 3, 3)
    turn = random.choice([0, np.pi / 2]) + random.normal(0, 0.15)
    y, x = np.mgrid[:height, :width].astype(np.float32) / max(height, width)
    across = x * np.cos(turn) + y * np.sin(turn)
    along = y * np.cos(turn) - x * np.sin(turn)
    share = PATTERNS[int(random.integers(len(PATTERNS)))](across, along, random).clip(0, 1)[:, :, None]
    slope = random.normal(0, 0.12, 2)
    light = 1 + slope[0] * x + slope[1] * y + random.uniform(0, 0.1) * clouds(size, random, 3)
    grain = random.normal(0, random.uniform(0, 9), size).astype(np.float32)
    picture = (base * (1 - share) + other * share) * light[:, :, None] + grain[:, :, None]
    return np.asarray(picture.clip(0, 255), np.uint8)


def clouds(size: tuple[int, ...], random: Random, cells: float, stretch: float = 1.0) -> F32:
    """HxW of smooth noise, mean 0, about -2 .. 2, with `cells` bumps along x and `stretch` times fewer along y."""
    rows = max(2, round(cells * size[0] / size[1] / stretch))
    noise = random.normal(0, 1, (rows + 1, max(2, round(cells)) + 1)).astype(np.float32)
    return np.asarray(cv2.resize(noise, (size[1], size[0]), interpolation=cv2.INTER_CUBIC), np.float32)


def plain(across: F32, along: F32, random: Random) -> F32:
    """A wall, or a sheet with creases."""
    creases = 1 - np.abs(clouds(across.shape, random, random.uniform(3, 9))) * 4
    return np.asarray(creases.clip(0, 1) * random.uniform(0, 0.6), np.float32)


def planks(across: F32, along: F32, random: Random) -> F32:
    """Boards side by side, each of its own shade, with veins along and dark seams."""
    width, length = random.uniform(0.06, 0.2), random.uniform(0.5, 1.5)
    board = np.floor(across / width)
    piece = np.floor((along + board * 0.37) / length)
    shade = np.modf(np.sin(board * 12.9898 + piece * 78.233) * 43758.5)[0] * 0.3 + 0.4
    veins = np.sin((across + 0.004 * clouds(across.shape, random, 8)) * random.uniform(200, 500)) * 0.1
    seam = _lines(across, width, 0.03) | _lines(along + board * 0.37, length, 0.006)
    return np.asarray(np.where(seam, 1.0, shade + veins), np.float32)


def tiles(across: F32, along: F32, random: Random) -> F32:
    """A grid of lines, the squares flecked."""
    step = random.uniform(0.08, 0.3)
    seam = _lines(across, step, 0.04) | _lines(along, step * random.choice([1.0, 2.0]), 0.04)
    return np.asarray(np.where(seam, 1.0, 0.15 * clouds(across.shape, random, 30)), np.float32)


def spots(across: F32, along: F32, random: Random) -> F32:
    """Zebra, leopard, big flowers: bands of smooth noise."""
    noise = clouds(across.shape, random, random.uniform(4, 20), random.uniform(1, 3))
    bands = np.sin(noise * random.uniform(1, 6) + across * random.uniform(0, 30))
    return np.asarray(0.5 + bands * random.uniform(0.5, 8), np.float32)


def weave(across: F32, along: F32, random: Random) -> F32:
    """A knitted or quilted cover, a rug: small repeats, and patches where they change."""
    step = random.uniform(0.008, 0.04)
    threads = np.sin(across / step * 2 * np.pi) * np.sin(along / step * 2 * np.pi)
    patches = clouds(across.shape, random, random.uniform(4, 12)) > 0
    return np.asarray(0.5 + threads * np.where(patches, 0.5, 0.15), np.float32)


def stripes(across: F32, along: F32, random: Random) -> F32:
    """Slats of a blind, boards of a fence, stripes of a wallpaper."""
    edge = np.sin(across / random.uniform(0.02, 0.12) * 2 * np.pi)
    return np.asarray(0.5 + edge * random.uniform(0.3, 4), np.float32)


def panels(across: F32, along: F32, random: Random) -> F32:
    """A door or a cupboard: frames within frames, lit from one side."""
    wide, high = random.uniform(0.25, 0.6), random.uniform(0.4, 1.0)
    x, y = np.mod(across, wide) / wide, np.mod(along, high) / high
    depth = np.minimum(np.minimum(x, 1 - x) * wide, np.minimum(y, 1 - y) * high)
    frame = np.abs(depth - 0.04) < random.uniform(0.004, 0.012)
    return np.asarray(np.where(frame, np.where(x + y < 1, 1.0, 0.6), 0.0), np.float32)


PATTERNS: tuple[Callable[[F32, F32, Random], F32], ...] = (plain, plain, planks, tiles, spots, weave, stripes, panels)


def _lines(places: F32, step: float, share: float) -> Mask:
    """Where a line runs, one every `step`, `share` of it wide."""
    return np.asarray(np.mod(places, step) < share * step)
