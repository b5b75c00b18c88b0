"""The studio: meshes and strands become Blender objects; camera, lights, backgrounds, rendering, projection."""

import math
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

from studio import materials
from studio.figure import Faces, Figure, Floats, assets
from studio.geometry import Surface
from studio.hair import hairline

Point = tuple[float, float, float]


def fresh(samples: int, threads: int) -> bpy.types.Scene:
    """An empty scene, Cycles on the CPU."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = samples
    scene.cycles.use_denoising = True
    scene.cycles.use_adaptive_sampling = True
    scene.cycles.adaptive_threshold = 0.03
    scene.cycles.seed = 1
    scene.cycles.max_bounces = 4
    scene.cycles.transparent_max_bounces = 12
    scene.render.threads_mode = "FIXED"
    scene.render.threads = threads
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    scene.world = bpy.data.worlds.new("world")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs[0].default_value = (0.75, 0.85, 1.0, 1)
    scene.world.node_tree.nodes["Background"].inputs[1].default_value = 0.25
    return scene


def link(data: bpy.types.ID, material: bpy.types.Material | None = None) -> bpy.types.Object:
    """Data as an object of the scene."""
    thing = bpy.data.objects.new(data.name, data)
    bpy.context.scene.collection.objects.link(thing)
    if material is not None:
        data.materials.append(material)
    return thing


def mesh(
    points: Floats, faces: Faces, material: bpy.types.Material, subdivide: int = 0, thickness: float = 0.0
) -> bpy.types.Object:
    """A smooth-shaded mesh object; `thickness` makes a shell of it."""
    data = bpy.data.meshes.new("mesh")
    data.from_pydata(points.tolist(), [], faces)
    data.shade_smooth()
    thing = link(data, material)
    if thickness:
        solid = thing.modifiers.new("thickness", "SOLIDIFY")
        solid.thickness, solid.offset = thickness, 0.0
    if subdivide:
        thing.modifiers.new("subdivide", "SUBSURF").render_levels = subdivide
    return thing


def garment(surface: Surface, material: bpy.types.Material, thickness: float = 0.0015) -> bpy.types.Object:
    """A surface as cloth with visible edges."""
    return mesh(surface.points, surface.triangles.tolist(), material, thickness=thickness)


def strands(points: Floats, material: bpy.types.Material, root: float, tip: float) -> bpy.types.Object:
    """Hair curves (count, points, 3), tapering from radius root to tip."""
    count, length, _ = points.shape
    data = bpy.data.hair_curves.new("strands")
    data.add_curves([length] * count)
    data.position_data.foreach_set("vector", points.astype(np.float32).ravel())
    data.points.foreach_set("radius", np.tile(np.linspace(root, tip, length), count).astype(np.float32))
    return link(data, material)


def body(figure: Figure, material: bpy.types.Material) -> bpy.types.Object:
    """The woman's skin with texture coordinates and the hairline as an attribute."""
    faces, corners = figure.base.groups["body"]
    thing = mesh(figure.vertices[:13380], faces, material, subdivide=1)
    uv = thing.data.uv_layers.new(name="uv")
    uv.data.foreach_set("uv", figure.base.uvs[np.concatenate(corners)].astype(np.float32).ravel())
    above = figure.vertices[:13380, 2] > figure.joint("head")[2] - 0.06
    grows = np.where(above, hairline(figure.vertices[:13380], figure) / 40, 0).clip(0, 1)
    thing.data.attributes.new("hairline", "FLOAT", "POINT").data.foreach_set("value", grows.astype(np.float32))
    return thing


def eyes(figure: Figure, iris: materials.Colour) -> None:
    """Eyeballs and lashes."""
    material, dark = materials.eye(iris), materials.lashes()
    for side in ("l", "r"):
        points = figure.part(f"helper-{side}-eye")[0]
        centre = (points.min(axis=0) + points.max(axis=0)) / 2
        bpy.ops.mesh.primitive_uv_sphere_add(
            segments=48, ring_count=32, radius=np.ptp(points[:, 0]) / 2, location=centre
        )
        bpy.ops.object.shade_smooth()
        bpy.context.object.data.materials.append(material)
        for lid in (1, 2):
            mesh(*figure.part(f"helper-{side}-eyelashes-{lid}"), dark)


def box(centre: Point, size: Point, material: bpy.types.Material, bevel: float = 0.004) -> bpy.types.Object:
    """A box with softened edges."""
    bpy.ops.mesh.primitive_cube_add(size=1, location=centre, scale=size)
    bpy.ops.object.transform_apply(location=False, rotation=False, scale=True)
    thing = bpy.context.object
    thing.data.materials.append(material)
    thing.modifiers.new("bevel", "BEVEL").width = bevel
    return thing


def area_light(where: Point, aim: Point, size: float, watts: float, colour: materials.Colour = (1, 1, 1)) -> None:
    """A soft rectangular lamp."""
    lamp = bpy.data.lights.new("lamp", "AREA")
    lamp.size, lamp.energy, lamp.color = size, watts, colour
    thing = link(lamp)
    thing.location = where
    thing.rotation_euler = (Vector(aim) - Vector(where)).to_track_quat("-Z", "Y").to_euler()


def lights(power: float, fill: float) -> None:
    """Three points: key from the front left, fill from the right, rim from above and behind."""
    area_light((-2.8, -2.3, 2.3), (0, 0, 1.0), 1.8, 230 * power, (1.0, 0.95, 0.88))
    area_light((2.8, -2.6, 1.6), (0, 0, 0.9), 2.6, 75 * power * fill, (0.9, 0.95, 1.0))
    area_light((1.2, 1.1, 2.9), (0, 0, 1.2), 1.2, 60 * power)


def plant(where: Point, seed: int) -> None:
    """A pot with long leaves."""
    rng = np.random.default_rng(seed)
    bpy.ops.mesh.primitive_cone_add(
        vertices=64, radius1=0.11, radius2=0.15, depth=0.28, location=(where[0], where[1], where[2] + 0.14)
    )
    bpy.ops.object.shade_smooth_by_angle()
    bpy.context.object.data.materials.append(materials.plain((0.55, 0.50, 0.44), 0.6))
    green = [materials.plain((0.03 * k, 0.10 * k, 0.03 * k), 0.4) for k in (0.8, 1.2, 1.7)]
    t = np.linspace(0, 1, 14)
    for _ in range(34):
        turn, height, reach = rng.uniform(0, 6.28), rng.uniform(0.35, 0.85), rng.uniform(0.12, 0.42)
        out, across = np.array([np.cos(turn), np.sin(turn), 0]), np.array([-np.sin(turn), np.cos(turn), 0])
        middle = np.array(where) + np.array([0, 0, 0.27]) + out * (0.03 + reach * t[:, None] ** 1.8)
        middle[:, 2] += height * t * (1.25 - 0.45 * t * reach / 0.3)
        wide = (0.032 * np.sin(np.pi * (0.06 + 0.94 * t)) ** 0.8)[:, None] * across
        rows = np.stack([middle - wide, middle - [0, 0, 0.006], middle + wide], axis=1).reshape(-1, 3)
        faces = [[3 * k + i, 3 * k + i + 1, 3 * k + i + 4, 3 * k + i + 3] for k in range(13) for i in (0, 1)]
        mesh(rows, faces, green[rng.integers(3)], subdivide=1)


def room(floor: float, wall: materials.Colour = (0.42, 0.47, 0.46)) -> None:
    """A painted wall with a skirting board and a picture, a wooden floor, a plant."""
    bpy.ops.mesh.primitive_plane_add(size=8, location=(0, -2.5, floor))
    bpy.context.object.data.materials.append(materials.planks((0.42, 0.26, 0.14), (0.24, 0.13, 0.065)))
    box((0, 1.35, 1.5), (8, 0.1, 3.2), materials.paint(wall))
    white = materials.plain((0.75, 0.74, 0.72), 0.5)
    box((0, 1.285, floor + 0.06), (8, 0.03, 0.12), white)
    box((0.86, 1.28, 1.32), (0.50, 0.03, 0.66), materials.plain((0.10, 0.06, 0.04), 0.4))
    box((0.86, 1.265, 1.32), (0.45, 0.02, 0.61), white)
    for k, colour in enumerate([(0.55, 0.30, 0.12), (0.16, 0.26, 0.32), (0.62, 0.50, 0.36)]):
        box((0.80 + 0.06 * k, 1.255, 1.22 + 0.10 * k), (0.20 - 0.03 * k, 0.012, 0.16), materials.plain(colour, 0.8))
    plant((-0.85, 0.85, floor), 4)


def backdrop() -> bpy.types.Object:
    """A seamless paper sweep."""
    turn = np.linspace(0, math.pi / 2, 24)
    profile = [(-6, 0), *zip(0.9 + 0.9 * np.sin(turn), 0.9 - 0.9 * np.cos(turn), strict=True), (1.8, 5)]
    points = np.array([(x, y, z) for y, z in profile for x in (-5, 5)])
    faces = [[2 * k, 2 * k + 1, 2 * k + 3, 2 * k + 2] for k in range(len(profile) - 1)]
    return mesh(points, faces, materials.plain((0.52, 0.51, 0.50), 0.9))


@dataclass(frozen=True)
class Camera:
    """Frames a rectangle around the figure from the front."""

    low: float  # lowest visible height on the figure's plane, metres
    high: float
    pixels: tuple[int, int]
    distance: float = 5.0

    def place(self, blur: float | None = None) -> bpy.types.Object:
        """Becomes the scene's camera; `blur` is the aperture's f-number."""
        data = bpy.data.cameras.new("camera")
        data.sensor_fit = "VERTICAL"
        data.angle = 2 * math.atan((self.high - self.low) / 2 / self.distance)
        data.clip_end = 50
        if blur:
            data.dof.use_dof, data.dof.focus_distance, data.dof.aperture_fstop = True, self.distance, blur
        thing = link(data)
        thing.location = (0, -self.distance, (self.low + self.high) / 2)
        thing.rotation_euler = (math.pi / 2, 0, 0)
        scene = bpy.context.scene
        scene.camera = thing
        scene.render.resolution_x, scene.render.resolution_y = self.pixels
        bpy.context.view_layer.update()
        return thing

    def project(self, point: Floats) -> tuple[float, float]:
        """Pixel coordinates, origin top left."""
        scene = bpy.context.scene
        x, y, _ = world_to_camera_view(scene, scene.camera, Vector(point))
        return x * self.pixels[0], (1 - y) * self.pixels[1]


def shoot(path: Path, transparent: bool = False) -> None:
    """Renders to a PNG."""
    scene = bpy.context.scene
    scene.render.film_transparent = transparent
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA" if transparent else "RGB"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


def masks() -> Path:
    """Where the base mesh's textures lie."""
    return assets() / "textures"
