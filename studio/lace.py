"""A tile of lace drawn from nothing: vines of roses, leaves and buds in cord on a net. Pillow and NumPy only."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from studio.figure import Floats

SIDE = 0.145  # metres
PIXELS = 1536
CORD, RIM, HEART, NET = 255, 150, 75, 40  # how much thread, 0 to 255: outlines, petals' rims, their middles, the ground
VINES = ((0.0, 0.0), (0.5, np.pi))  # where a vine climbs, as a share of the side, and the phase of its bends
BEND = 0.085  # how far a vine swings to each side, as a share of the side
ROSES = ((0.25, 0.0205), (0.75, 0.0165))  # how far up a vine each is, as a share of the side; its radius in metres
OPEN = ((0.71, 0.20), (0.80, 0.30), (0.21, 0.70), (0.30, 0.80), (0.25, 0.44), (0.75, 0.94))  # shares of the side
BLOSSOM = 0.0078  # metres: radius of the small flowers in the open ground
LEAVES, LEAF, BUD, CORD_WIDTH = 11, 0.026, 0.0066, 0.0011  # on each side of a vine; metres


@dataclass
class Tile:
    """A picture that repeats: what crosses an edge comes in again at the other."""

    draw: ImageDraw.ImageDraw
    scale: float = PIXELS / SIDE

    def shape(self, outline: Floats, fill: int, cord: float = CORD_WIDTH) -> None:
        """A closed outline (N, 2) in metres, filled and corded."""
        for corners in self._everywhere(outline):
            self.draw.polygon(corners, fill=fill)
            if cord:
                self.draw.line([*corners, corners[0]], fill=CORD, width=round(cord * self.scale), joint="curve")

    def stroke(self, way: Floats, wide: float) -> None:
        """A cord along a way (N, 2) in metres."""
        for corners in self._everywhere(way):
            self.draw.line(corners, fill=CORD, width=round(wide * self.scale), joint="curve")

    def _everywhere(self, points: Floats) -> list[list[tuple[float, float]]]:
        """At each of the nine places of a picture three tiles wide and high."""
        places = [(dx * SIDE, dy * SIDE) for dx in range(3) for dy in range(3)]
        return [[(self.scale * x, self.scale * y) for x, y in points + place] for place in places]


@cache
def tile(seed: int = 1) -> Floats:
    """How much thread there is, 0 to 1: PIXELS x PIXELS, and it repeats."""
    rng = np.random.default_rng(seed)
    picture = Image.new("L", (3 * PIXELS, 3 * PIXELS), 0)
    drawn = Tile(ImageDraw.Draw(picture))
    for place, phase in VINES:
        _vine(drawn, rng, place, phase)
    for x, y in OPEN:
        _blossom(drawn, np.array([x, y]) * SIDE, rng)
    thread = np.asarray(picture.filter(ImageFilter.GaussianBlur(1.5)), float)[PIXELS:-PIXELS, PIXELS:-PIXELS]
    u, v = np.meshgrid(*2 * [np.arange(PIXELS) * 2 * np.pi / PIXELS])
    net = NET + 50 * (np.maximum(np.cos(40 * u + 40 * v), np.cos(40 * u - 40 * v)) > 0.72)
    return np.asarray(np.maximum(thread, net) / 255)


def _vine(drawn: Tile, rng: np.random.Generator, place: float, phase: float) -> None:
    """A stem that climbs in bends, leaves or a bud on a tendril to both sides, roses over it."""

    def at(share: float | Floats) -> Floats:
        return np.stack([place + BEND * np.sin(2 * np.pi * share + phase), share], -1) * SIDE

    drawn.stroke(at(np.linspace(0, 1, 200)), 1.4 * CORD_WIDTH)
    for k, share in enumerate(np.linspace(0, 1, LEAVES, endpoint=False)):
        root, side = at(share), 1 if k % 2 else -1
        along = _angle(at(share + 0.01) - root)
        _leaf(drawn, root, along + side * rng.uniform(0.75, 1.05), LEAF * rng.uniform(0.85, 1.2), side)
        if k % 3 == 0:
            _tendril(drawn, root, along - side * rng.uniform(0.9, 1.2), side, rng.uniform(0.016, 0.022))
        else:
            _leaf(drawn, root, along - side * rng.uniform(0.7, 1.0), LEAF * rng.uniform(0.6, 0.8), -side)
    for share, radius in ROSES:
        _rose(drawn, at(share), radius, rng)


def _rose(drawn: Tile, middle: Floats, radius: float, rng: np.random.Generator) -> None:
    """Two rings of petals and a heart of small rings; the outer petals are open towards their roots."""
    first = rng.uniform(0, 6.28)
    for length, petals, share in ((radius, 7, 0.60), (0.6 * radius, 5, 0.91)):
        for turn in first + (np.arange(petals) + (length < radius) / 2) * 2 * np.pi / petals:
            drawn.shape(_petal(middle, turn, length, share * length), RIM)
            drawn.shape(_petal(middle, turn, 0.72 * length, 0.6 * share * length), HEART, 0)
            drawn.stroke(middle + np.outer([0.3 * length, 0.78 * length], _way(turn)), 0.5 * CORD_WIDTH)
    drawn.shape(_circle(middle, 0.20 * radius), RIM)
    drawn.shape(_circle(middle, 0.07 * radius), HEART)


def _blossom(drawn: Tile, middle: Floats, rng: np.random.Generator) -> None:
    """A small flower of five petals, each with an eyelet, and dots around it."""
    first = rng.uniform(0, 6.28)
    for turn in first + np.arange(5) * 2 * np.pi / 5:
        drawn.shape(_petal(middle, turn, BLOSSOM, 0.42 * BLOSSOM), RIM)
        drawn.shape(_circle(middle + 0.6 * BLOSSOM * _way(turn), 0.14 * BLOSSOM), 0, 0)
        drawn.shape(_circle(middle + 1.35 * BLOSSOM * _way(turn + np.pi / 5), CORD_WIDTH), CORD, 0)
    drawn.shape(_circle(middle, 0.18 * BLOSSOM), CORD)


def _leaf(drawn: Tile, root: Floats, turn: float, length: float, side: int) -> None:
    """A pointed leaf that bends, with its veins; half of it is dense, half open."""
    t = np.linspace(0, 1, 20)
    half = 0.26 * length * np.sin(np.pi * t**0.85) * (1.1 - 0.3 * t)
    bow = side * 0.16 * length * np.sin(np.pi * t / 2) ** 2
    left, right, rib = (_moved(root, turn, length * t, bow + sign * half) for sign in (1, -1, 0))
    drawn.shape(np.concatenate([left, rib[::-1]]), RIM)
    drawn.shape(np.concatenate([right, rib[::-1]]), HEART)
    for k in (5, 8, 11, 14):
        drawn.stroke(np.stack([rib[k], right[k + 3]]), 0.5 * CORD_WIDTH)
    drawn.stroke(rib, 0.8 * CORD_WIDTH)


def _tendril(drawn: Tile, root: Floats, turn: float, side: int, length: float) -> None:
    """A curled cord with a bud at its end."""
    t = np.linspace(0, 1, 24)
    way = _moved(root, turn, length * t, -side * 0.35 * length * t**2)
    drawn.stroke(way, 0.8 * CORD_WIDTH)
    for swing in (-0.7, 0.0, 0.7):
        drawn.shape(_petal(way[-1], _angle(way[-1] - way[-4]) + swing, BUD, 0.36 * BUD), RIM, 0.8 * CORD_WIDTH)


def _petal(root: Floats, turn: float, length: float, wide: float) -> Floats:
    """Outline of a petal that grows from its root, broad and notched at its end; `wide` is half its width."""
    t = np.linspace(0, 1, 20)
    half = wide * np.sin(np.pi * t**1.5 * 0.94) ** 0.8
    along = length * (t - 0.08 * (t > 0.97))
    return _moved(root, turn, np.r_[along, along[::-1]], np.r_[half, -half[::-1]])


def _angle(way: Floats) -> float:
    return float(np.arctan2(way[1], way[0]))


def _way(turn: float) -> Floats:
    return np.array([np.cos(turn), np.sin(turn)])


def _circle(middle: Floats, radius: float) -> Floats:
    return np.asarray(middle + radius * np.stack([_way(turn) for turn in np.linspace(0, 2 * np.pi, 24)]))


def _moved(root: Floats, turn: float, along: Floats, across: Floats) -> Floats:
    """Points given along and across an axis that starts at the root: (N, 2)."""
    return np.asarray(root + np.stack([along, across], -1) @ np.stack([_way(turn), _way(turn + np.pi / 2)]))
