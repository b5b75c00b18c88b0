"""What puppets wear: garments cut from the base mesh's own tights and skirt, hair, faces; a colour for every face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.figure import Bools, Figure, Floats, Ints

SKIN = ((255, 219, 190), (241, 194, 150), (198, 134, 92), (141, 85, 54), (85, 51, 35))
HAIR = ((28, 22, 20), (70, 45, 30), (120, 80, 50), (200, 165, 105), (150, 70, 40), (150, 150, 150))


@dataclass(frozen=True)
class Layer:
    """Quads with a colour each. `nearer`: metres by which they are drawn in front of what they cover."""

    points: Floats  # (V, 3)
    faces: Ints  # (F, 4)
    colours: Floats  # (F, 3) 0..255
    nearer: float = 0.0
    both_sides: bool = False


def dressed(figure: Figure, random: np.random.Generator) -> list[Layer]:
    """Body, hair and clothes of a figure, in the order in which they cover each other."""
    first, second = _cloth_colour(random), _cloth_colour(random)
    one_piece = random.random() < 0.35
    rest, faces = _group(figure, "helper-tights")
    middle = rest[faces].mean(1)
    top = _top(figure, middle, random, one_piece)
    layers = [_body(figure, random)]
    if random.random() < (0.85 if one_piece else 0.3):
        layers.append(_garment(figure, "helper-skirt", _skirt(figure, random), first if one_piece else second, random))
        top &= middle[:, 2] > _rest(figure, "l-upper-leg")[2] + 0.03
    else:
        layers.append(_garment(figure, "helper-tights", _legs(figure, middle, random), second, random))
    layers.append(_garment(figure, "helper-tights", top, first, random))
    if random.random() < 0.9:
        layers.append(_hair(figure, random))
    return layers


def clad(figure: Figure, random: np.random.Generator) -> list[Layer]:
    """The same for a figure that gets a photo's colours: its body has clothes already, which some layers widen."""
    layers, plain = [_body(figure, random)], np.zeros(3)
    middle = figure.base.vertices[np.array(figure.base.groups["helper-tights"][0])].mean(1)
    if random.random() < 0.25:
        layers.append(_garment(figure, "helper-skirt", _skirt(figure, random), plain, random))
    elif random.random() < 0.6:
        layers.append(_garment(figure, "helper-tights", _legs(figure, middle, random), plain, random))
    if random.random() < 0.6:
        layers.append(_garment(figure, "helper-tights", _top(figure, middle, random, one_piece=False), plain, random))
    if random.random() < 0.6:
        layers.append(_hair(figure, random))
    return layers


def _group(figure: Figure, name: str) -> tuple[Floats, Ints]:
    """All vertices in the rest pose and a group's quads."""
    return figure.base.vertices, np.array(figure.base.groups[name][0])


def _rest(figure: Figure, name: str) -> Floats:
    """Centre of a joint in the rest pose."""
    return figure.base.centre(f"joint-{name}")


def _arm_length(figure: Figure, middle: Floats) -> Floats:
    """How far down the arm a place of the rest pose is: 0 at the shoulder, 1 at the wrist; negative on the torso."""
    shoulder, wrist = _rest(figure, "l-shoulder"), _rest(figure, "l-hand")
    mirrored = np.c_[np.abs(middle[:, 0]), middle[:, 1:]] - shoulder
    return np.asarray(mirrored @ (wrist - shoulder) / ((wrist - shoulder) @ (wrist - shoulder)))


def _top(figure: Figure, middle: Floats, random: np.random.Generator, one_piece: bool) -> Bools:
    """Which faces of the tights a top covers: neckline, sleeves, hem."""
    shoulder, hip, neck = (_rest(figure, name)[2] for name in ("l-shoulder", "l-upper-leg", "neck"))
    sleeve = random.choice([-0.05, 0.3, 0.55, 1.1], p=[0.3, 0.3, 0.1, 0.3])
    along = _arm_length(figure, middle)
    collar = neck - random.uniform(-0.02, 0.12) + 6 * middle[:, 0] ** 2
    hem = hip + (random.uniform(-0.15, 0.12) if not one_piece else -0.05)
    on_arm = (along > 0.02) & (np.abs(middle[:, 0]) > np.abs(_rest(figure, "l-shoulder")[0]) * 0.9)
    body = (middle[:, 2] > hem) & (middle[:, 2] < np.minimum(collar, shoulder + 0.15)) & ~on_arm
    return np.asarray(body | (on_arm & (along < sleeve)))


def _legs(figure: Figure, middle: Floats, random: np.random.Generator) -> Bools:
    """Trousers, knee length, or shorts."""
    hip, knee, ankle = (_rest(figure, f"l-{name}")[2] for name in ("upper-leg", "knee", "ankle"))
    low = random.choice([ankle, knee, hip - 0.15], p=[0.6, 0.15, 0.25])
    arms = np.abs(middle[:, 0]) > 0.28
    return np.asarray((middle[:, 2] > low) & (middle[:, 2] < hip + 0.14) & ~arms)


def _skirt(figure: Figure, random: np.random.Generator) -> Bools:
    rest, faces = _group(figure, "helper-skirt")
    height = rest[faces].mean(1)[:, 2]
    return np.asarray(height > random.choice([height.min() - 1, np.quantile(height, 0.3), np.quantile(height, 0.6)]))


def _garment(figure: Figure, group: str, keep: Bools, colour: Floats, random: np.random.Generator) -> Layer:
    """The kept faces, pushed out, with a pattern in the rest pose's own space and soft folds."""
    rest, faces = _group(figure, group)
    faces = faces[keep]
    normal = _normals(figure.vertices, faces)
    waves = _waves(rest, 14, 3, random)
    wide, folds = random.uniform((0.004, 0.006), (0.02, 0.006) if random.random() < 0.7 else (0.06, 0.015))
    points = figure.vertices + normal * (wide + folds * waves[:, None])
    middle = rest[faces].mean(1)
    return Layer(points, faces, _patterned(colour, middle, random), 0.025, both_sides=group == "helper-skirt")


def _waves(points: Floats, steepness: float, count: int, random: np.random.Generator) -> Floats:
    """The sum of some sines across the points, in random directions."""
    sines = (np.sin(points @ random.normal(0, steepness, 3) + random.uniform(0, 6)) for _ in range(count))
    return np.asarray(sum(sines))


def _normals(points: Floats, faces: Ints) -> Floats:
    """Unit normals per vertex."""
    corners = points[faces]
    flat = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    total = np.zeros_like(points)
    for i in range(4):
        np.add.at(total, faces[:, i], flat)
    return np.asarray(total / np.linalg.norm(total, axis=1, keepdims=True).clip(1e-12))


def _patterned(colour: Floats, middle: Floats, random: np.random.Generator) -> Floats:
    """A colour for each place: plain, striped, chequered or flowered, with folds of light and dark."""
    out = colour + 6.0 * _waves(middle, 22, 4, random)[:, None]
    other, kind, pitch = _cloth_colour(random), random.random(), random.uniform(60, 160)
    if kind < 0.15:
        out = np.where(np.sin(middle[:, 2:] * pitch) > 0.2, other, out)
    elif kind < 0.25:
        out = np.where(np.sin(middle[:, 2:] * pitch) * np.sin(middle[:, :1] * pitch) > 0, other, out)
    elif kind < 0.4:
        out = np.where(random.random((len(middle), 1)) < 0.2, other, out)
    return np.asarray(out)


def _cloth_colour(random: np.random.Generator) -> Floats:
    """Often white, black or grey, else any colour."""
    grey = random.choice([25.0, 90.0, 170.0, 240.0])
    return np.asarray(random.uniform(10, 250, 3) if random.random() < 0.55 else grey + random.normal(0, 6, 3))


def _body(figure: Figure, random: np.random.Generator) -> Layer:
    """Skin with lips, eyes, brows and shoes."""
    rest = figure.base.vertices
    faces = np.array([f for name in ("body", "helper-l-eye", "helper-r-eye") for f in figure.base.groups[name][0]])
    middle = rest[faces].mean(1)
    tone = np.array(SKIN)[random.integers(len(SKIN))] * random.uniform(0.85, 1.05)
    colours = np.tile(tone.astype(float), (len(faces), 1))
    front = middle[:, 1] < _rest(figure, "l-eye")[1] + 0.02
    for side in ("l-eye", "r-eye"):
        away = middle - _rest(figure, side)
        colours[front & (np.abs(away[:, 0]) < 0.014) & (np.abs(away[:, 2]) < 0.005)] = (235, 235, 235)
        colours[front & (np.hypot(away[:, 0], away[:, 2]) < 0.006)] = (50, 35, 25)
        colours[front & (np.abs(away[:, 0]) < 0.02) & (np.abs(away[:, 2] - 0.02) < 0.004)] = tone * 0.4
    mouth = figure.base.centre("helper-upper-teeth")
    lips = (np.abs(middle[:, 0]) < 0.024) & (np.abs(middle[:, 2] - mouth[2] + 0.006) < 0.009)
    colours[lips & (middle[:, 1] < mouth[1])] = tone * (0.85, 0.55, 0.55)
    if random.random() < 0.85:
        colours[middle[:, 2] < _rest(figure, "l-ankle")[2] - 0.01] = _cloth_colour(random)
    return Layer(figure.vertices, faces, colours)


def _hair(figure: Figure, random: np.random.Generator) -> Layer:
    """The base mesh's long hair, cut at some length and off the face."""
    rest, faces = _group(figure, "helper-hair")
    middle, eye, neck = rest[faces].mean(1), _rest(figure, "l-eye"), _rest(figure, "neck")[2]
    fringe = eye[2] + random.uniform(0.02, 0.06)
    face = (middle[:, 1] < eye[1] + 0.05) & (np.abs(middle[:, 0]) < 0.075) & (middle[:, 2] < fringe)
    faces = faces[~face & (middle[:, 2] > random.choice([-10, neck + 0.02, neck + 0.1]))]
    colour = np.array(HAIR)[random.integers(len(HAIR))] + random.normal(0, 10, (len(faces), 1))
    return Layer(figure.vertices, faces, np.asarray(colour), 0.0)
