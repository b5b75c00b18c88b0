"""Bodices and what belongs to them, cut from the second skin: necklines, sleeves, belt, straps."""

import numpy as np
from mathutils import Vector

from studio.clothes import angle
from studio.figure import Figure, Floats
from studio.geometry import Surface

# Strapless: how far a bodice rises above the bust's line, in metres, by degrees around the body from the front.
ROUND = {
    "sweetheart": (
        [0, 8, 22, 34, 50, 75, 100, 140, 180],
        [0.022, 0.030, 0.058, 0.066, 0.056, 0.030, 0.022, 0.01, 0],
    ),
    "straight": ([0, 34, 60, 100, 180], [0.050, 0.054, 0.046, 0.024, 0]),
    "plunge": ([0, 10, 22, 36, 60, 100, 180], [-0.03, 0.012, 0.065, 0.085, 0.06, 0.03, 0]),
    "off-shoulder": ([0, 25, 50, 90, 180], [0.040, 0.050, 0.064, 0.074, 0.05]),
}
# Over the shoulders: the opening's edge from the middle to the shoulder, seen from the front. Across in shares of the
# shoulders' half width, up from bust (0) to shoulder joint (1).
OPEN = {
    "v-neck": [(0, -0.25), (0.20, 0.50), (0.44, 1.30), (0.54, 1.75), (0.56, 4)],
    "bateau": [(0, 1.02), (0.32, 1.08), (0.56, 1.36), (0.62, 1.70), (0.64, 4)],
    "illusion": [(0, 1.24), (0.22, 1.32), (0.42, 1.60), (0.50, 1.90), (0.52, 4)],
    "halter": [(0, 0.20), (0.14, 0.90), (0.29, 1.55), (0.36, 1.90), (0.38, 4)],
}
CUTAWAY = [(1.30, 0.05), (0.92, 0.22), (0.70, 0.70), (0.55, 1.30), (0.50, 1.75), (0.50, 4)]  # a halter's armholes
LININGS = {"illusion": "sweetheart", "bateau": "sweetheart", "v-neck": "plunge"}  # under lace
SLEEVES = {"cap": 0.075, "short": 0.15, "long": 9.0}  # metres down the arm from the shoulder joint
ARMHOLE = 0.38  # where the arm begins, as a share of what moves with it
ROUND_ARM = 0.045  # metres: an arm's radius, as its cloth is measured
# A princess seam: where it is across, in shares of the shoulders' half width, by the way up from waist (0) to bust (1).
PRINCESS = np.polynomial.Polynomial([0.33, 0.10, 0.07])


def bodice(figure: Figure, second_skin: Surface, neckline: str, sleeve: str = "", looser: float = 0.0) -> Surface:
    """Fitted, from below the waist to the neckline, with its sleeves in one piece.

    `looser`: metres further from the body, for lace over a lining. Values: arm; edge, metres from neckline or hem of
    the sleeve; seam, metres from the nearer princess seam, negative outside it; u and v, metres along the cloth.
    """
    p, arm = second_skin.points, second_skin.calm("arm", 12)
    edge = np.minimum(_neck(figure, p, neckline), _arms(figure, p, arm, sleeve))
    low = np.where(arm > ARMHOLE, 1.0, p[:, 2] - (figure.levels["waist"] - 0.02))
    values = {"arm": arm, "edge": edge + looser / 2}
    cloth = Surface(p, second_skin.triangles, values).cut(np.minimum(edge + looser / 2, low))
    cloth = cloth.smoothed(10 if sleeve != "long" else 16).pushed(0.0045)
    cloth = cloth.clear_of(second_skin, 0.004).smoothed(4).pushed(looser)
    x, y, z = cloth.points.T
    along, around, _ = _down_the_arm(figure, cloth.points)
    on_arm = cloth.values["arm"] > ARMHOLE
    front = x + 0.8 * np.tanh(x / 0.05) * (y + 0.12)  # round the sides, without a seam
    cloth.values["u"] = np.where(on_arm, around, front)
    cloth.values["v"] = np.where(on_arm, figure.levels["shoulder"] - along, z)
    waist, bust = figure.levels["waist"], figure.levels["bust"]
    seam = figure.joint("l-shoulder")[0] * PRINCESS((z - waist) / (bust - waist))
    cloth.values["seam"] = np.where(on_arm, 1.0, seam - np.abs(x))
    return cloth


def _neck(figure: Figure, p: Floats, neckline: str) -> Floats:
    """Metres below the neckline."""
    bust = figure.levels["bust"]
    if neckline in ROUND:
        around, rise = np.arange(181.0), np.interp(np.arange(181.0), *ROUND[neckline])
        window = np.exp(-(np.linspace(-2, 2, 9) ** 2))
        rise = np.convolve(np.pad(rise, 4, mode="reflect"), window / window.sum(), "valid")
        return bust + np.interp(angle(p), around, rise) - p[:, 2]
    unit = np.array([figure.joint("l-shoulder")[0], figure.levels["shoulder"] - bust])
    flat = np.c_[np.abs(p[:, 0]), p[:, 2] - bust]
    keep = outside(flat, np.array([*OPEN[neckline], (0, 5)]) * unit)
    if neckline == "halter":
        back = np.interp(angle(p), [0, 70, 100, 180], [0.4, 0.4, 0.03, 0]) + bust - p[:, 2]
        back = np.maximum(back, flat[:, 1] - 1.6 * unit[1])  # round the neck
        sides = outside(flat, np.array([*CUTAWAY, (3, 5), (3, 0.05)]) * unit)
        keep = np.minimum.reduce([keep, sides, back])
    return keep


def _arms(figure: Figure, p: Floats, arm: Floats, sleeve: str) -> Floats:
    """Metres above the sleeve's hem, or inside the armhole where there is no sleeve."""
    if sleeve not in SLEEVES:
        reach, level = figure.joint("l-shoulder")[0], figure.levels["shoulder"]
        tip = 0.86 * reach + 2.0 * np.clip(level - p[:, 2], 0, None) - np.abs(p[:, 0])  # not out on the shoulder's end
        return np.asarray(np.minimum(0.12 * (ARMHOLE - arm), tip))
    along, _, whole = _down_the_arm(figure, p)
    return np.where(arm > 0.3, min(SLEEVES[sleeve], whole - 0.005) - along, 1.0)


def _down_the_arm(figure: Figure, p: Floats) -> tuple[Floats, Floats, float]:
    """Metres down the nearer arm from its shoulder joint, metres round it from its front, and how long it is."""
    shoulder, elbow, wrist = (figure.joint(f"l-{name}") for name in ("shoulder", "elbow", "hand"))
    mirrored = np.c_[np.abs(p[:, 0]), p[:, 1:]]
    upper, lower = elbow - shoulder, wrist - elbow
    reach, rest = np.linalg.norm(upper), np.linalg.norm(lower)
    first, second = (mirrored - shoulder) @ upper / reach, (mirrored - elbow) @ lower / rest
    below = second > 0
    along = np.where(below, reach + second, np.minimum(first, reach))
    axis = np.where(below[:, None], lower / rest, upper / reach)
    across = np.cross(axis, (0.0, -1.0, 0.0))  # towards the body
    out = mirrored - np.where(below[:, None], elbow, shoulder)
    turn = np.arctan2((out * across).sum(1), (out * np.cross(across, axis)).sum(1))
    return along, ROUND_ARM * turn, float(reach + rest)


def outside(points: Floats, polygon: Floats) -> Floats:
    """Signed distance (N,) of points (N, 2) from a polygon whose corners are rounded: negative within."""
    for _ in range(2):  # Chaikin: the first and the last three corners stay
        run = polygon[:-2]
        cut = np.stack([0.75 * run[:-1] + 0.25 * run[1:], 0.25 * run[:-1] + 0.75 * run[1:]], 1).reshape(-1, 2)
        polygon = np.concatenate([polygon[:1], cut, polygon[-3:]])
    nearest = np.full(len(points), np.inf)
    within = np.zeros(len(points), bool)
    for k, (a, b) in enumerate(zip(polygon, np.roll(polygon, -1, axis=0), strict=True)):
        way = b - a
        if k < len(polygon) - 2:  # the rest only closes it, far from any cloth
            share = np.clip((points - a) @ way / max(way @ way, 1e-12), 0, 1)
            nearest = np.minimum(nearest, np.linalg.norm(points - a - share[:, None] * way, axis=1))
        crosses = (a[1] > points[:, 1]) != (b[1] > points[:, 1])
        at = a[0] + (points[:, 1] - a[1]) * way[0] / (way[1] if way[1] else 1e-12)
        within ^= crosses & (points[:, 0] < at)
    return np.where(within, -nearest, nearest)


def belt(figure: Figure, second_skin: Surface) -> Surface:
    """A narrow band that covers the waist seam."""
    height, p = figure.levels["waist"] - 0.010, second_skin.points
    keep = np.minimum(0.016 - np.abs(p[:, 2] - height), 0.3 - second_skin.values["arm"])
    band = second_skin.cut(keep).smoothed(6)
    down = np.clip((height + 0.016 - band.points[:, 2]) / 0.032, 0, 1)
    return band.pushed(0.0100 - 0.0035 * down)  # over the bodice above, close to the skirt below


def straps(figure: Figure, second_skin: Surface) -> Surface:
    """Two narrow ribbons from the bodice's front over the shoulders to its back."""
    tree, levels = second_skin.tree(), figure.levels
    points: list[Floats] = []
    triangles: list[list[int]] = []
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
