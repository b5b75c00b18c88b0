"""Where the brides stand: a room, a garden, a terrace; and the light there."""

from __future__ import annotations

import math

import bpy
import numpy as np

from studio import materials, scene
from studio.brides import Look
from studio.figure import Floats

SKY = (0.42, 0.62, 1.0)


def build(look: Look) -> None:
    """The place and the light of a photo."""
    if look.place == "room":
        scene.room(-0.009, look.wall)
        _inside(look.light)
    else:
        {"garden": garden, "terrace": terrace}[look.place](look.seed)
        _outside(look.light)


def _inside(light: str) -> None:
    """Lamps, or a window beside her."""
    if light == "soft":
        scene.lights(1.0, 0.8)
    elif light == "evening":
        scene.area_light((-1.9, -1.6, 2.4), (0, 0, 1.0), 0.9, 150, (1.0, 0.80, 0.60))
        scene.area_light((2.4, -2.8, 2.0), (0, 0, 0.9), 2.4, 110, (1.0, 0.90, 0.78))
    else:
        side = -1 if light == "left" else 1
        scene.area_light((3.0 * side, -1.2, 1.6), (0, 0, 1.0), 2.2, 260, (0.93, 0.97, 1.0))
        scene.area_light((-2.6 * side, -3.0, 1.5), (0, 0, 0.9), 2.6, 80, (1.0, 0.96, 0.90))


def _outside(light: str) -> None:
    """A sky, and the sun unless it is overcast."""
    background = bpy.context.scene.world.node_tree.nodes["Background"].inputs
    sunny = light == "sun"
    background[0].default_value = (*(SKY if sunny else (0.85, 0.92, 1.0)), 1)
    background[1].default_value = 1.0 if sunny else 1.4
    lamp = bpy.data.lights.new("sun", "SUN")
    lamp.energy, lamp.angle = (3.6, math.radians(3)) if sunny else (1.0, math.radians(60))
    lamp.color = (1.0, 0.92, 0.80) if sunny else (1, 1, 1)
    scene.link(lamp).rotation_euler = (math.radians(48), 0, math.radians(-38 if sunny else 10))


def garden(seed: int) -> None:
    """A lawn before a hedge."""
    random = np.random.default_rng(seed)
    _ground(materials.plain((0.045, 0.085, 0.02), 0.9))
    near = _scattered(random, 26000, (-2.2, 2.2), (-1.6, 3.0), 0.0)
    _blades(near, random, (0.02, 0.05), 0.0035, ((0.05, 0.12, 0.02), (0.08, 0.15, 0.03), (0.10, 0.13, 0.04)))
    _hedge(random, 3.2, 2.6)


def terrace(seed: int) -> None:
    """Stone paving before a low wall, with a hedge behind."""
    random = np.random.default_rng(seed)
    shade = random.uniform(0.28, 0.42)
    _ground(materials.planks((shade, 0.95 * shade, 0.88 * shade), (0.8 * shade, 0.75 * shade, 0.7 * shade)))
    stone = materials.paint((0.9 * shade, 0.86 * shade, 0.78 * shade))
    scene.box((0, 2.3, 0.35), (9, 0.3, 0.72), stone)
    scene.box((0, 2.3, 0.74), (9, 0.38, 0.06), stone)
    scene.plant((-1.05, 1.2, -0.009), seed)
    _hedge(random, 3.6, 2.9)


def _ground(material: bpy.types.Material) -> None:
    bpy.ops.mesh.primitive_plane_add(size=30, location=(0, 0, -0.009))
    bpy.context.object.data.materials.append(material)


def _scattered(random: np.random.Generator, count: int, across: tuple[float, float], deep: tuple[float, float],
               height: float) -> Floats:  # fmt: skip
    return np.stack([random.uniform(*across, count), random.uniform(*deep, count), np.full(count, height)], 1)


def _blades(
    roots: Floats,
    random: np.random.Generator,
    length: tuple[float, float],
    width: float,
    greens: tuple[materials.Colour, ...],
) -> None:
    """A narrow triangle from each root, up and a little aside."""
    count = len(roots)
    turn = random.uniform(0, math.pi, count)
    half = width * np.stack([np.cos(turn), np.sin(turn), np.zeros(count)], 1)
    tip = roots + np.concatenate([random.normal(0, 0.012, (count, 2)), random.uniform(*length, (count, 1))], 1)
    corners = np.stack([roots - half, roots + half, tip], 1)
    for k, green in enumerate(greens):
        points = corners[k :: len(greens)].reshape(-1, 3)
        scene.mesh(points, np.arange(len(points)).reshape(-1, 3).tolist(), materials.plain(green, 0.6))


def _hedge(random: np.random.Generator, away: float, height: float) -> None:
    """A dark block with leaves all over its front and top."""
    scene.box((0, away + 0.45, height / 2), (12, 0.8, height), materials.plain((0.008, 0.016, 0.006), 0.9))
    count = 24000
    centre = np.stack(
        [
            random.uniform(-3, 3, count),
            away + random.normal(0, 0.05, count),
            random.uniform(-0.02, height + 0.1, count),
        ],
        1,
    )
    centre[:, 1] += 0.06 * np.sin(5 * centre[:, 0]) * np.sin(4 * centre[:, 2])
    a, b = random.normal(0, 1, (2, count, 3))
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    b -= (a * b).sum(1, keepdims=True) * a
    b /= np.linalg.norm(b, axis=1, keepdims=True)
    size = random.uniform(0.014, 0.032, (count, 1))
    corners = np.stack([centre - size * a, centre - 0.55 * size * b, centre + size * a, centre + 0.55 * size * b], 1)
    for k, green in enumerate(((0.03, 0.075, 0.02), (0.05, 0.11, 0.03), (0.075, 0.13, 0.035), (0.02, 0.055, 0.02))):
        points = corners[k::4].reshape(-1, 3)
        scene.mesh(points, np.arange(len(points)).reshape(-1, 4).tolist(), materials.plain(green, 0.55))
