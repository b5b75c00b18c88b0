"""Hair as strands: with a middle parting, to the shoulders or long; pinned up; and eyebrows."""

import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree
from mathutils.kdtree import KDTree

from studio.figure import Figure, Floats, Ints
from studio.geometry import Surface

POINTS = 14  # per strand
LOCKS = 170  # bundles that strands gather in
STRAYS = 0.03  # the share of strands that gather in none
KNOT = 54.0  # elevation of an updo's knot, degrees


def polar(offsets: Floats) -> tuple[Floats, Floats]:
    """Azimuth (degrees, 0 in front, positive to the wearer's left) and elevation of offsets from the head's centre."""
    azimuth = np.degrees(np.arctan2(offsets[:, 0], -offsets[:, 1]))
    return azimuth, np.degrees(np.arctan2(offsets[:, 2], np.hypot(offsets[:, 0], offsets[:, 1])))


def direction(azimuth: Floats, elevation: Floats) -> Floats:
    """Unit vectors, the inverse of polar."""
    a, e = np.radians(azimuth), np.radians(elevation)
    return np.stack([np.sin(a) * np.cos(e), -np.cos(a) * np.cos(e), np.sin(e)], -1)


def skull(figure: Figure) -> Floats:
    """A point inside the head, between the ears."""
    return np.array([0.0, figure.joint("l-eye")[1] + 0.085, figure.joint("l-eye")[2] + 0.015])


def hairline(points: Floats, figure: Figure) -> Floats:
    """Positive where hair grows."""
    azimuth, elevation = polar(points - skull(figure))
    line = np.interp(np.abs(azimuth), [0, 25, 45, 58, 72, 88, 100, 125, 180], [37, 37, 33, 22, 8, 4, -14, -38, -48])
    return elevation - line


def roots(body: Surface, figure: Figure, count: int, rng: np.random.Generator) -> Floats:
    """Random points of the scalp, denser at the hairline for a soft edge."""
    corner = body.points[body.triangles]
    grows = (hairline(corner.reshape(-1, 3), figure).reshape(-1, 3) > 0).any(axis=1)
    grows &= corner[:, 0, 2] > figure.joint("head")[2] - 0.06
    corner = corner[grows]
    area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    pick = corner[rng.choice(len(corner), 2 * count, p=area / area.sum())]
    a, b = np.sort(rng.random((2, 2 * count)), axis=0)
    points = a[:, None] * pick[:, 0] + (b - a)[:, None] * pick[:, 1] + (1 - b)[:, None] * pick[:, 2]
    return np.asarray(points[hairline(points, figure) + rng.normal(0, 1.2, 2 * count) > 0][:count])


def reach(tree: BVHTree, centre: Floats, ways: Floats) -> Floats:
    """Distance from the centre to the skin along each way."""
    hits = [tree.ray_cast(Vector(centre + 0.4 * w), Vector(-w))[3] for w in ways.reshape(-1, 3)]
    return np.array([0.4 - h if h is not None else 0.09 for h in hits]).reshape(ways.shape[:-1])


def bob(figure: Figure, body: Surface, count: int, seed: int, *, long: bool = False) -> Floats:
    """Strands (count, POINTS, 3) that fall from a middle parting, around the face, to above the shoulders; `long` ones
    go on, down the back."""
    rng, centre, tree = np.random.default_rng(seed), skull(figure), body.tree()
    start = roots(body, figure, count, rng)
    azimuth, elevation = polar(start - centre)
    side = np.where(start[:, 0] + rng.normal(0, 0.002, len(start)) > 0, 1, -1)
    azimuth = side * np.abs(azimuth)  # whatever its whim, a strand stays on its side
    goal = side * np.interp(np.abs(azimuth), [0, 90, 180], [74, 106, 172])
    lock = _locks(start + side[:, None] * [0.03, 0, 0], rng)  # strands of one lock share their whims
    whim = rng.normal(0, 1, (LOCKS, 4))[lock]
    t = np.linspace(0, 1, POINTS)[None, :]
    fall = 0.45  # the share of a strand that lies on the head
    on_head = np.clip(t / fall, 0, 1)
    bend = on_head**0.8
    az = azimuth[:, None] * (1 - bend) + (goal + 4 * whim[:, 0])[:, None] * bend
    el = elevation[:, None] + (np.minimum(0, elevation)[:, None] - 8 - elevation[:, None]) * on_head**1.5
    ways = direction(az, el)
    depth = rng.beta(2, 1.4, len(start))[:, None]  # 0 near the skin, 1 on the outside
    lift = (0.004 + 0.020 * depth) * np.sin(np.clip(on_head, 0, 1) * np.pi / 2) + 0.002 * whim[:, 1:2] * on_head
    points = centre + ways * (reach(tree, centre, ways) + lift)[..., None]
    below = np.clip((t - fall) / (1 - fall), 0, 1)
    anchor = points[:, int(fall * (POINTS - 1))]
    end = figure.levels["shoulder"] + (-0.09 if long else 0.075) + 0.012 * whim[:, 2] + rng.normal(0, 0.006, len(start))
    out = direction(az[:, -1], np.zeros(len(start)))
    swing = 0.012 * np.sin(below * np.pi) - 0.022 * below**2 + 0.004 * np.sin(5 * below + 3 * whim[:, 3:4]) * below
    hanging = anchor[:, None] + out[:, None] * swing[..., None]
    hanging[..., 2] = anchor[:, None, 2] + (end - anchor[:, 2])[:, None] * below
    if long:
        hanging = _behind(hanging, figure, depth)
    return _gathered(np.where((t > fall)[..., None], hanging, points), lock, 0.020 if long else 0.014, rng)


def _locks(start: Floats, rng: np.random.Generator) -> Ints:
    """The lock that each strand belongs to: of some strands, the one whose root is nearest."""
    tree = KDTree(LOCKS)
    for i, point in enumerate(start[rng.choice(len(start), LOCKS, replace=False)]):
        tree.insert(Vector(point), i)
    tree.balance()
    return np.array([tree.find(Vector(point))[1] for point in start])


def _gathered(strands: Floats, lock: Ints, swing: float, rng: np.random.Generator) -> Floats:
    """Strands drawn together to their locks, which wave, the more the further down, by up to `swing` metres."""
    count = np.bincount(lock, minlength=LOCKS).clip(1)
    flat = strands.reshape(len(strands), -1)
    middle = np.stack([np.bincount(lock, column, LOCKS) for column in flat.T], 1) / count[:, None]
    middle = middle.reshape(LOCKS, POINTS, 3)
    t = np.linspace(0, 1, POINTS)
    close = (0.72 * np.clip((t - 0.15) / 0.45, 0, 1) - 0.25 * np.clip((t - 0.8) / 0.2, 0, 1))[None, :]
    close = close * np.where(rng.random(len(strands)) < STRAYS, -0.6, rng.uniform(0.6, 1, len(strands)))[:, None]
    phase, pace = rng.uniform(0, 6.28, (LOCKS, 1)), rng.uniform(1.5, 2.3, (LOCKS, 1))
    wave = swing * np.clip((t - 0.3) / 0.5, 0, 1) * np.sin(6.28 * pace * t + phase)
    out = middle[:, -1] - middle[:, 0]
    aside = np.stack([np.sign(out[:, 0]) * 0.8, 0.6 * np.cos(phase[:, 0]), 0 * out[:, 0]], 1)
    waved = middle + wave[..., None] * aside[:, None]
    return np.asarray(waved[lock] + (1 - close)[..., None] * (strands - middle[lock]))


def _behind(hanging: Floats, figure: Figure, depth: Floats) -> Floats:
    """Hanging strands led behind the shoulders: the lower, the further back."""
    low = np.clip((figure.joint("head")[2] - 0.01 - hanging[..., 2]) / 0.10, 0, 1)
    low = low * low * (3 - 2 * low)
    back = figure.joint("neck")[1] + 0.075 + 0.035 * depth
    hanging[..., 1] += low * np.maximum(0, back - hanging[..., 1])
    hanging[..., 0] *= 1 - 0.12 * low
    return hanging


def long(figure: Figure, body: Surface, count: int, seed: int) -> Floats:
    """To below the shoulders, behind them."""
    return bob(figure, body, count, seed, long=True)


def updo(figure: Figure, body: Surface, count: int, seed: int) -> Floats:
    """Combed back from all sides to a knot on the crown, and the knot."""
    rng, centre, tree = np.random.default_rng(seed), skull(figure), body.tree()
    start = roots(body, figure, count * 3 // 4, rng)
    first = start - centre
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    goal = direction(np.full(len(start), 180.0), np.full(len(start), KNOT)) + rng.normal(0, 0.10, (len(start), 3))
    goal /= np.linalg.norm(goal, axis=1, keepdims=True)
    t = np.linspace(0, 1, POINTS)[None, :, None]
    angle = np.arccos((first * goal).sum(1).clip(-0.999, 0.999))[:, None, None]
    ways = (np.sin((1 - t) * angle) * first[:, None] + np.sin(t * angle) * goal[:, None]) / np.sin(angle)
    lift = (0.006 + 0.020 * rng.beta(2, 1.4, len(start))[:, None]) * np.sin(t[..., 0] * np.pi / 2) ** 0.6
    combed = centre + ways * (reach(tree, centre, ways) + lift)[..., None]
    combed = _gathered(combed, _locks(start, rng), 0.0, rng)
    middle = direction(np.array([180.0]), np.array([KNOT]))
    knot = centre + middle * (reach(tree, centre, middle) + 0.030)[:, None]
    return np.concatenate([combed, knot + _ball(count - count * 3 // 4, 0.050, rng)])


def _ball(count: int, radius: float, rng: np.random.Generator) -> Floats:
    """Strands wound to a ball."""
    a, b = rng.normal(0, 1, (2, count, 3)) * [1, 0.5, 1]
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    b -= (a * b).sum(1, keepdims=True) * a
    b /= np.linalg.norm(b, axis=1, keepdims=True)
    turn = np.linspace(0, 1.5 * np.pi, POINTS)[None, :, None]
    size = radius * rng.uniform(0.6, 1.0, (count, 1, 1))
    return np.asarray(size * (np.cos(turn) * a[:, None] + np.sin(turn) * b[:, None]))


STYLES = {"bob": bob, "long": long, "updo": updo}


def eyebrows(figure: Figure, body: Surface, count: int, seed: int) -> Floats:
    """Short strands along an arch above each eye."""
    rng, tree = np.random.default_rng(seed), body.tree()
    eye = figure.joint("l-eye")
    along, across = rng.random((2 * count, 1)), rng.normal(0, 1, (2 * count, 1)).clip(-1.5, 1.5)
    t = along + 0.13 * np.linspace(0, 1, 4)[None, :]
    x = -0.015 + 0.036 * t
    arch = 0.0155 + 0.0065 * np.sin(np.clip(t, 0, 1.1) * 2.2) - 0.004 * t
    z = eye[2] + arch + across * (0.0022 - 0.0014 * along) + 0.0012 * np.linspace(0, 1, 4)
    sign = np.repeat([1, -1], count)[:, None]
    flat = np.stack([sign * (eye[0] + x), np.full_like(x, -0.4), z], -1)
    hits = [tree.ray_cast(Vector(p), Vector((0, 1, 0)))[3] or 0.3 for p in flat.reshape(-1, 3)]
    flat[..., 1] += np.array(hits).reshape(x.shape) - 0.0008
    return flat
