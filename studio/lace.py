"""A tile of lace drawn from nothing: flowers, leaves and stems in cord on a net. Pillow and NumPy only."""

from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from studio.figure import Floats

SIDE = 0.15  # metres
PIXELS = 1024
CORD, FILL, NET = 255, 150, 70  # how much thread
FLOWERS = ((0.017, 9), (0.012, 16), (0.007, 60))  # radius in metres, how many at most


@cache
def tile(seed: int = 1) -> Floats:
    """How much thread there is, 0 to 1: PIXELS x PIXELS, and it repeats."""
    rng = np.random.default_rng(seed)
    picture = Image.new("L", (3 * PIXELS, 3 * PIXELS), 0)  # in the middle of nine: what crosses an edge comes in again
    draw = ImageDraw.Draw(picture)
    scale = PIXELS / SIDE
    middles: list[tuple[float, float, float]] = []
    for radius, count in FLOWERS:
        for _ in range(40 * count):
            x, y = rng.uniform(0, SIDE, 2)
            if all(_apart(x, y, a, b) > 1.06 * (radius + r) for a, b, r in middles):
                middles.append((x, y, radius))
            if sum(r == radius for _, _, r in middles) == count:
                break
    for x, y, radius in middles:
        first, leaves, petals = rng.uniform(0, 6.28), rng.integers(2, 4), rng.integers(5, 8)
        for turn in first + np.arange(leaves) * 6.28 / leaves + rng.uniform(-0.4, 0.4, leaves):
            _everywhere(draw, _leaf(x, y, turn, 1.65 * radius, 0.30 * radius), scale)
        for ring in (1.0, 0.55):
            for k in range(petals):
                turn = first + (k + (ring < 1) / 2) * 6.28 / petals
                _everywhere(draw, _petal(x, y, turn, ring * radius, ring * 2.3 * radius / petals), scale)
    drawn = np.asarray(picture.filter(ImageFilter.GaussianBlur(1.2)), float)[PIXELS:-PIXELS, PIXELS:-PIXELS]
    u, v = np.meshgrid(*2 * [np.arange(PIXELS) * 2 * np.pi / PIXELS])
    net = NET * (np.maximum(np.cos(30 * u + 30 * v), np.cos(30 * u - 30 * v)) > 0.72)
    return np.asarray(np.maximum(drawn, net) / 255)


def _apart(x: float, y: float, a: float, b: float) -> float:
    """Distance on the repeating tile."""
    dx, dy = abs(x - a), abs(y - b)
    return float(np.hypot(min(dx, SIDE - dx), min(dy, SIDE - dy)))


def _petal(x: float, y: float, turn: float, length: float, wide: float) -> Floats:
    """Outline of a petal that grows from (x, y), broad and notched at its end."""
    t = np.linspace(0, 1, 16)
    half = wide * np.sin(np.pi * t**1.35 * 0.93) ** 0.9
    along = length * (t - 0.10 * (t > 0.97))
    return _placed(x, y, turn, along, half)


def _leaf(x: float, y: float, turn: float, length: float, wide: float) -> Floats:
    """Outline of a pointed leaf."""
    t = np.linspace(0, 1, 14)
    return _placed(x, y, turn, length * t, wide * np.sin(np.pi * t) * (1.2 - 0.5 * t))


def _placed(x: float, y: float, turn: float, along: Floats, half: Floats) -> Floats:
    """A shape symmetric about its axis, turned and moved: (N, 2)."""
    a, b = np.r_[along, along[::-1]], np.r_[half, -half[::-1]]
    return np.stack([x + a * np.cos(turn) - b * np.sin(turn), y + a * np.sin(turn) + b * np.cos(turn)], 1)


def _everywhere(draw: ImageDraw.ImageDraw, outline: Floats, scale: float) -> None:
    """The outline, filled and corded, at each of the nine places."""
    for dx in range(3):
        for dy in range(3):
            corners = [(scale * (x + dx * SIDE), scale * (y + dy * SIDE)) for x, y in outline]
            draw.polygon(corners, fill=FILL)
            draw.line([*corners, corners[0]], fill=CORD, width=7, joint="curve")
