"""What the figures wear, cut from the base mesh's own tights or drawn from formulas, and draped by Blender's cloth."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from mathutils import Vector

from studio.figure import Figure, Floats
from studio.geometry import Surface, fallen, refined


def tights(figure: Figure, level: int = 2) -> Surface:
    """A smooth second skin from neck to toes: what every garment is cut from."""
    points, faces = figure.part("helper-tights")
    return refined(points, faces, level, {"arm": figure.arm_share})


def angle(points: Floats) -> Floats:
    """Degrees around the body's axis, without sign: 0 in front, 180 behind."""
    return np.degrees(np.arctan2(np.abs(points[:, 0]), -points[:, 1] - 0.02))


def shirt(figure: Figure, second_skin: Surface, under: list[Surface], sleeve: float = 0.62) -> Surface:
    """A shirt with a round neck; sleeves reach so far down the upper arm. One without any (below 0) or with long ones
    (1.8: to the wrist) is knitted: it does not fall."""
    p, arm = second_skin.points, second_skin.values["arm"]
    shoulder, elbow = figure.joint("l-shoulder"), figure.joint("l-elbow")
    mirrored = np.c_[np.abs(p[:, 0]), p[:, 1:]] - shoulder
    along = mirrored @ (elbow - shoulder) / ((elbow - shoulder) @ (elbow - shoulder))
    hem = figure.levels["hip"] - 0.005
    collar = figure.joint("neck")[2] - 0.032 + 0.45 * p[:, 1] + 9 * p[:, 0] ** 2
    keep = np.minimum.reduce([p[:, 2] - hem, collar - p[:, 2], np.where(arm > 0.3, 0.3 * (sleeve - along), 1.0)])
    cloth = second_skin.cut(keep)
    low = np.clip((figure.levels["bust"] - cloth.points[:, 2]) / 0.25, 0, 1)
    loose = np.clip(cloth.values["arm"], 0, 1)
    if not 0 < sleeve < 1:
        return cloth.pushed(0.008 + 0.010 * low).smoothed(2)
    return fallen(cloth.pushed(0.007 + 0.022 * low + 0.012 * loose).smoothed(3), under, 24)


def trousers(figure: Figure, second_skin: Surface, body: Surface) -> Surface:
    """Straight trousers that end above the ankle."""
    p = second_skin.points
    top = figure.levels["waist"] - 0.05
    keep = np.minimum.reduce([top - p[:, 2], p[:, 2] - 0.13, 0.3 - second_skin.values["arm"]])
    cloth = second_skin.cut(keep)
    knee, ankle = figure.joint("l-knee"), figure.joint("l-ankle")
    low = np.clip((figure.levels["hip"] - 0.1 - cloth.points[:, 2]) / 0.45, 0, 1)
    t = np.clip((knee[2] - cloth.points[:, 2]) / (knee[2] - ankle[2]), 0, 1)[:, None]
    axis = (1 - t) * knee[:2] + t * ankle[:2]
    axis[:, 0] *= np.sign(cloth.points[:, 0])
    out = cloth.points[:, :2] - axis
    wide = out / np.linalg.norm(out, axis=1, keepdims=True).clip(1e-6) * 0.078
    cloth = cloth.pushed(0.006 + 0.006 * low)
    share = (0.75 * low * (cloth.points[:, 2] < knee[2] + 0.1))[:, None]
    share *= np.clip((knee[2] + 0.1 - cloth.points[:, 2:]) / 0.15, 0, 1)
    cloth.points[:, :2] += share * (axis + wide - cloth.points[:, :2])
    return fallen(cloth.smoothed(4), [body], 14, (cloth.points[:, 2] > top - 0.012).astype(float))


def shoes(figure: Figure, second_skin: Surface) -> Surface:
    """Flat shoes, open on the instep."""
    p = second_skin.points
    ankle = figure.joint("l-ankle")
    rim = np.interp(p[:, 1], [ankle[1] - 0.13, ankle[1] - 0.06, ankle[1] + 0.03], [0.10, 0.035, 0.062])
    shoe = second_skin.cut(np.minimum(rim - p[:, 2], 0.13 - p[:, 2])).smoothed(14).pushed(0.010)
    shoe.points[:, 2] = np.where(shoe.points[:, 2] < 0.012, -0.008, shoe.points[:, 2])
    return shoe


# how far a bodice rises above the bust's line, in metres, by degrees around the body from the front
NECKLINES = {
    "sweetheart": (
        [0, 8, 22, 34, 50, 75, 100, 140, 180],
        [0.022, 0.030, 0.058, 0.066, 0.056, 0.030, 0.022, 0.01, 0],
    ),
    "straight": ([0, 34, 60, 100, 180], [0.050, 0.054, 0.046, 0.024, 0]),
    "v-neck": ([0, 10, 22, 36, 60, 100, 180], [-0.03, 0.012, 0.07, 0.10, 0.07, 0.03, 0]),
    "bateau": ([0, 40, 70, 110, 180], [0.128, 0.145, 0.18, 0.18, 0.13]),
}


def bodice(figure: Figure, second_skin: Surface, neckline: str = "sweetheart") -> Surface:
    """Fitted, from below the waist to the neckline, without sleeves."""
    levels, p = figure.levels, second_skin.points
    rise = np.interp(angle(p), *NECKLINES[neckline])
    keep = np.minimum.reduce(
        [
            levels["bust"] + rise - p[:, 2],
            p[:, 2] - (levels["waist"] - 0.02),
            3 * (0.35 - second_skin.values["arm"]),
        ]
    )
    return second_skin.cut(keep).smoothed(6 if neckline == "bateau" else 2).pushed(0.0055)


def sleeves(figure: Figure, second_skin: Surface) -> Surface:
    """Both short sleeves, fitted, from the shoulder to above the elbow."""
    p = second_skin.points
    shoulder, elbow = figure.joint("l-shoulder"), figure.joint("l-elbow")
    arm = elbow - shoulder
    along = (np.c_[np.abs(p[:, 0]), p[:, 1:]] - shoulder) @ arm / (arm @ arm)
    keep = np.minimum(0.25 * (0.55 - along), second_skin.values["arm"] - 0.3)
    return second_skin.cut(keep).smoothed(3).pushed(0.006)


def belt(figure: Figure, second_skin: Surface) -> Surface:
    """A narrow band that covers the waist seam."""
    height, p = figure.levels["waist"] - 0.008, second_skin.points
    keep = np.minimum(0.014 - np.abs(p[:, 2] - height), 0.3 - second_skin.values["arm"])
    return second_skin.cut(keep).smoothed(2).pushed(0.0145)


def straps(figure: Figure, second_skin: Surface) -> Surface:
    """Two narrow ribbons from the bodice's front over the shoulders to its back."""
    tree, levels = second_skin.tree(), figure.levels
    points, triangles = [], []
    for sign in (-1, 1):
        centre = Vector((0, -0.01, levels["bust"] + 0.03))
        turns = np.radians(np.linspace(-8, 200, 90))
        row = []
        for k, turn in enumerate(turns):
            x = sign * (0.082 + 0.012 * np.sin(np.pi * k / 89))
            out = Vector((0, -np.cos(turn), np.sin(turn)))
            for side in (-0.0055, 0.0055):
                origin = Vector((x + side, centre.y, centre.z)) + 0.5 * out
                hit, normal, _, _ = tree.ray_cast(origin, -out)
                row.append(np.array(hit if hit else origin) + 0.004 * np.array(normal if normal else out))
        first = len(points)
        points += row
        for k in range(len(turns) - 1):
            a, b, c, d = first + 2 * k, first + 2 * k + 1, first + 2 * k + 3, first + 2 * k + 2
            triangles += [[a, b, c], [a, c, d]]
    return Surface(np.array(points), np.array(triangles))


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


@dataclass(frozen=True)
class Cut:
    """A skirt's shape. The profile says how far it has opened from body (0) to hem (1) by the way down."""

    hem: float = 0.44  # radius at the hem, metres
    profile: Callable[[Floats], Floats] = lambda down: 0.85 * down + 0.15 * down**2
    floor: float = 0.0  # height of the hem above the floor, metres
    train: float = 0.06  # how much longer the radius is behind


CUTS = {
    "a-line": Cut(),
    "ball gown": Cut(0.60, lambda down: np.minimum(1, 1.9 * down - 0.9 * down**2)),
    "sheath": Cut(0.27, lambda down: down, train=0.02),
    "mermaid": Cut(0.42, lambda down: 0.10 * down + 0.90 * np.clip((down - 0.5) / 0.5, 0, 1) ** 1.7, train=0.05),
    "tea length": Cut(0.40, floor=0.36, train=0.0),
}


def skirt(figure: Figure, second_skin: Surface, seed: int, cut: Cut = CUTS["a-line"]) -> Surface:
    """A skirt from the waist down, on a grid of rows and columns."""
    around, rows = 420, 130
    rng = np.random.default_rng(seed)
    top, centre = figure.levels["waist"] - 0.012, np.array([0.0, -0.005])
    turn = np.linspace(0, 2 * np.pi, around, endpoint=False)[None, :]
    down = np.linspace(0, 1, rows)[:, None]
    levels = np.linspace(top, figure.levels["hip"] - 0.08, 14)
    body = _sections(second_skin, levels, centre, turn[0])
    heights = (top - cut.floor) * (1 - down[:, 0]) + 0.004 + cut.floor
    inside = np.stack([np.interp(-heights, -levels, body[:, k]) for k in range(around)], 1)
    hem = cut.hem + cut.train * np.clip(-np.cos(turn), 0, 1)
    opened = cut.profile(down)
    radius = body[:1] + 0.006 + (hem - body[:1]) * opened
    wave = folds(turn, down, rng)
    radius = (radius**30 + (inside + 0.006) ** 30) ** (1 / 30)  # a smooth maximum: no kink below the hip
    radius += (0.008 + 0.056 * down) * np.minimum(1, opened / down.clip(1e-6)) * wave * np.clip(down / 0.08, 0, 1)
    points = np.stack(
        [centre[0] + radius * np.sin(turn), centre[1] - radius * np.cos(turn), heights[:, None] + 0 * radius], -1
    )
    grid = np.arange(rows * around).reshape(rows, around)
    a, b = grid[:-1], np.roll(grid, -1, axis=1)[:-1]
    c, d = np.roll(grid, -1, axis=1)[1:], grid[1:]
    quads = np.stack([a, d, c, b], -1).reshape(-1, 4)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return Surface(points.reshape(-1, 3), triangles, {"hem": np.repeat(down[:, 0], around)})


def _sections(second_skin: Surface, levels: Floats, centre: Floats, turn: Floats) -> Floats:
    """Distance of the body from the axis, per height (never less than above it) and direction."""
    tree = second_skin.cut(0.3 - second_skin.values["arm"]).tree()

    def section(z: float) -> Floats:
        hits = [tree.ray_cast(Vector((*(centre + d), z)), Vector((*-d, 0)))[3] for d in direction]
        return np.array([1 - hit if hit is not None else 0.05 for hit in hits])

    direction = np.stack([np.sin(turn), -np.cos(turn)], axis=1)
    return np.maximum.accumulate(np.stack([section(z) for z in levels]), axis=0)
