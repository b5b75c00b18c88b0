"""Skirts: a grid of rows and columns round the body, opened by a profile and waved by folds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from mathutils import Vector

from studio.figure import Figure, Floats, Ints
from studio.geometry import Surface

AROUND, ROWS = 600, 140  # columns and rows of the grid
CENTRE = np.array([0.0, -0.005])  # the axis, metres


@dataclass(frozen=True)
class Cut:
    """A skirt's shape. The profile says how far it has opened from body (0) to hem (1) by the way down."""

    hem: float = 0.43  # radius at the hem, metres
    profile: Callable[[Floats], Floats] = lambda down: 0.85 * down + 0.15 * down**2
    floor: float = 0.0  # height of the hem above the floor, metres
    train: float = 0.06  # how much longer the radius is behind
    depth: float = 0.062  # of the folds at the hem, metres
    pleats: float = 0.0  # depth of the pleats at the waist, metres


CUTS = {
    "a-line": Cut(),
    "ball gown": Cut(0.60, lambda down: np.minimum(1, 1.9 * down - 0.9 * down**2), depth=0.06, pleats=0.012),
    "sheath": Cut(0.25, lambda down: down, train=0.02, depth=0.045),
    "mermaid": Cut(
        0.42, lambda down: 0.08 * down + 0.92 * np.clip((down - 0.5) / 0.5, 0, 1) ** 1.7, train=0.05, depth=0.085
    ),
    "trumpet": Cut(
        0.40, lambda down: 0.10 * down + 0.90 * np.clip((down - 0.32) / 0.68, 0, 1) ** 1.5, train=0.05, depth=0.075
    ),
    "tea-length": Cut(0.42, lambda down: 1.2 * down - 0.2 * down**2, floor=0.36, train=0.0, pleats=0.008),
}


def skirt(figure: Figure, torso: Surface, seed: int, cut: Cut = CUTS["a-line"], share: float = 1.0) -> Surface:
    """A skirt from the waist down; `share` makes a narrower one, for under it.

    Values: hem, 0 at the waist to 1; valley, 0 on the ridges of folds to 1 deep between them; u and v, metres along
    the cloth.
    """
    rng = np.random.default_rng(seed)
    top = figure.levels["waist"] - 0.012
    turn = np.linspace(-np.pi, np.pi, AROUND, endpoint=False)[None, :]
    down = np.linspace(0, 1, ROWS)[:, None]
    levels = np.linspace(top, figure.levels["hip"] - 0.08, 14)
    around = turn[0, ::3]
    body = _sections(torso, levels, around)
    body = np.stack([np.interp(turn[0], around, row, period=2 * np.pi) for row in body])
    heights = (top - cut.floor) * (1 - down[:, 0]) + 0.004 + cut.floor
    inside = np.stack([np.interp(-heights, -levels, body[:, k]) for k in range(AROUND)], 1)
    hem = share * cut.hem + cut.train * np.clip(-np.cos(turn), 0, 1)
    opened = cut.profile(down)
    radius = body[:1] + 0.006 + (hem - body[:1]) * opened
    radius = (radius**30 + (inside + 0.006) ** 30) ** (1 / 30)  # a smooth maximum: no kink below the hip
    smooth = radius.copy()
    wave, deep = folds(turn, down, rng), 0.008 + cut.depth * down
    deep = deep * np.minimum(1, opened / down.clip(1e-6)) * np.clip(down / 0.08, 0, 1)
    pleat = pleats(turn, rng) * cut.pleats * np.clip(down / 0.03, 0, 1) * np.exp(-((down / 0.45) ** 2))
    radius += deep * wave + pleat
    points = np.stack(
        [CENTRE[0] + radius * np.sin(turn), CENTRE[1] - radius * np.cos(turn), heights[:, None] + 0 * radius], -1
    )
    valley = np.clip(-wave, 0, 1) * np.clip(deep / 0.03, 0, 1) + np.clip(-pleat / 0.02, 0, 0.5)
    values = {"hem": down + 0 * radius, "valley": valley, "u": turn * smooth, "v": heights[:, None] + 0 * radius}
    return Surface(points.reshape(-1, 3), _grid(), {name: column.ravel() for name, column in values.items()})


def _grid() -> Ints:
    """Triangles of the tube."""
    grid = np.arange(ROWS * AROUND).reshape(ROWS, AROUND)
    a, b = grid[:-1], np.roll(grid, -1, axis=1)[:-1]
    c, d = np.roll(grid, -1, axis=1)[1:], grid[1:]
    quads = np.stack([a, d, c, b], -1).reshape(-1, 4)
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def folds(turn: Floats, down: Floats, rng: np.random.Generator) -> Floats:
    """Soft ridges and valleys, about -1 to 1, that start one by one below the waist and drift as they fall."""
    total = np.zeros(np.broadcast_shapes(turn.shape, down.shape))
    for count, share, latest in ((8, 0.55, 0.1), (13, 0.60, 0.1), (21, 0.35, 0.05), (37, 0.16, 0.0)):
        phase, drift, start = rng.uniform(0, 6.28), rng.uniform(-0.5, 0.5), rng.uniform(0, latest)
        bend = 0.9 * np.sin(2 * turn + rng.uniform(0, 6.28)) + 0.6 * np.sin(3 * turn + rng.uniform(0, 6.28))
        at = count * turn + bend + phase + drift * down
        strength = 0.8 + 0.2 * np.sin(2 * turn + rng.uniform(0, 6.28))
        ridge = 1 - 1.6 * np.abs(np.sin(at / 2)) ** 1.5
        total += share * strength * np.clip((down - start) / 0.3, 0, 1) * (0.5 * np.sin(at) + 0.6 * ridge)
    return total


def pleats(turn: Floats, rng: np.random.Generator) -> Floats:
    """Round pleats sewn in at the waist, 0 on top to -1 between two."""
    at = 23 * turn + 0.5 * np.sin(3 * turn + rng.uniform(0, 6.28))
    return np.abs(np.sin(at)) ** 0.7 - 1


def _sections(torso: Surface, levels: Floats, turn: Floats) -> Floats:
    """Distance of the body from the axis, per height (never less than above it) and direction."""
    tree = torso.tree()
    direction = np.stack([np.sin(turn), -np.cos(turn)], axis=1)

    def section(z: float) -> Floats:
        hits = [tree.ray_cast(Vector((*(CENTRE + d), z)), Vector((*-d, 0)))[3] for d in direction]
        return np.array([1 - hit if hit is not None else 0.05 for hit in hits])

    return np.maximum.accumulate(np.stack([section(z) for z in levels]), axis=0)
