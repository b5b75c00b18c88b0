"""A bride in her place and pose, dressed in everyday clothes or a gown, and shot with exact masks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree
from numpy.typing import NDArray

from studio import catalogue, hair, materials, mattes, places, scene, stances
from studio.brides import Bride, Look
from studio.following import Followed, move, points_of
from studio.geometry import Surface, refined
from studio.wardrobe import Wardrobe

Mask = NDArray[np.uint8]
STRANDS = 6000


@dataclass(frozen=True)
class Quality:
    """How much work goes into a picture."""

    samples: int = 3
    pixels: tuple[int, int] = (768, 1024)
    threads: int = 2


@dataclass
class Photo:
    """A bride in her place and pose, in the scene, to be dressed and shot."""

    wardrobe: Wardrobe
    look: Look
    followed: Followed
    camera: scene.Camera
    user: list[bpy.types.Object]  # her body, hair and shoes
    shoes: bpy.types.Object

    @classmethod
    def arranged(cls, wardrobe: Wardrobe, look: Look, quality: Quality) -> Photo:
        """Everything but the clothes."""
        scene.fresh(quality.samples, quality.threads)
        _thrifty(bpy.context.scene)
        stance = stances.drawn(wardrobe.base, np.random.default_rng([7, look.seed]), look.arms)
        followed = Followed(stance)
        _woman(wardrobe.bride, followed)
        cut = wardrobe.garment("shoes")
        shoes = Surface(followed.fitted(cut.points), cut.triangles, cut.values)
        shoe = scene.garment(shoes, materials.plain(look.colours[2], 0.45), 0.003)
        user = list(bpy.context.scene.objects)
        places.build(look)
        camera = scene.Camera(-0.16, float(stance.posed.vertices[:, 2].max()) + 0.13, quality.pixels)
        camera.place()
        return cls(wardrobe, look, followed, camera, user, shoe)

    @property
    def stance(self) -> stances.Stance:
        """How she stands."""
        return self.followed.stance

    def everyday(self) -> list[bpy.types.Object]:
        """Puts on what she came in."""
        bottom, top = self.wardrobe.garment(self.look.bottom), self.wardrobe.garment(self.look.top, self.look.bottom)
        carry = self.followed.hung if self.look.bottom == "skirt" else self.followed.fitted
        lower = self.followed.yielding(Surface(carry(bottom.points), bottom.triangles, bottom.values))
        worn = Surface(self.followed.fitted(top.points), top.triangles, top.values)
        pressed = self.followed.yielding(worn)
        sleeve = (top.values["arm"] > 0.3)[:, None]
        upper = Surface(np.where(sleeve, worn.points, pressed.points), worn.triangles, worn.values)
        return [
            scene.garment(lower, materials.cloth(self.look.colours[1])),
            scene.garment(upper, materials.cloth(self.look.colours[0], 0.9, striped=self.look.striped)),
        ]

    def gown(self, slug: str) -> list[bpy.types.Object]:
        """Puts on a gown of the catalogue: cut on the standing figure, then taken into the pose."""
        before = set(bpy.context.scene.objects)
        design = catalogue.DESIGNS[slug]
        skirt = catalogue.dress(design, self.stance.standing).skirt
        things = _added(before)
        for thing in things:
            points = points_of(thing)
            if len(points) == len(skirt.points):
                hung = Surface(self.followed.hung(points), skirt.triangles, skirt.values)
                move(thing, self.followed.yielding(hung).points)
            else:
                move(thing, self.followed.fitted(points))
        self.shoes.hide_render = design.tags["length"] == "floor"
        return things

    def shoot(self, path: Path, worn: list[bpy.types.Object]) -> dict[str, Mask]:
        """The picture, and masks of `user` and what is `worn`."""
        return mattes.shoot(path, {"user": self.user, "worn": worn})

    def front(self, user: Mask, worn: list[bpy.types.Object]) -> Mask:
        """What of her is before the gown: pixels of her arms, hands or hair behind which a ray meets the gown."""
        arms = stances.share(self.wardrobe.base, stances.ARM)
        torso = [face for face in self.wardrobe.base.groups["body"][0] if arms[face].max() < 0.5]
        torso_tree = BVHTree.FromPolygons(self.stance.posed.vertices.tolist(), torso)
        trees = [_tree(thing) for thing in worn]
        eye, rays = self._rays()
        out = np.zeros_like(user)
        for row, column in np.argwhere(user > 127):
            ray = Vector(rays[row, column])
            far = min((d for tree in trees if (d := tree.ray_cast(eye, ray)[3]) is not None), default=None)
            if far is not None and torso_tree.ray_cast(eye, ray, far)[3] is None:
                out[row, column] = 255
        return out

    def _rays(self) -> tuple[Vector, NDArray[np.float64]]:
        """The camera's place, and a unit vector through each pixel, HxWx3."""
        width, height = self.camera.pixels
        tall = self.camera.high - self.camera.low
        x = (np.arange(width) + 0.5 - width / 2) * tall / height
        z = (height / 2 - np.arange(height) - 0.5) * tall / height
        rays = np.stack(np.broadcast_arrays(x[None, :], self.camera.distance, z[:, None]), -1)
        eye = Vector((0, -self.camera.distance, (self.camera.low + self.camera.high) / 2))
        return eye, rays / np.linalg.norm(rays, axis=2, keepdims=True)


def _woman(bride: Bride, followed: Followed) -> None:
    """Her body, eyes, brows and hair in the scene."""
    standing, posed = followed.stance.standing, followed.stance.posed
    dark = materials.times((0.28, 0.16, 0.09), (1.05 - bride.melanin) ** 2)
    red, green, blue = (0.55 * tone + 0.45 * lip for tone, lip in zip(bride.tone, (0.45, 0.12, 0.12), strict=True))
    scene.body(posed, materials.skin(scene.masks(), bride.tone, dark, (red, green, blue)))
    scene.eyes(posed, bride.iris)
    surface, material = refined(*standing.part("body"), 1), materials.hair(bride.melanin, bride.redness)
    strands = hair.STYLES[bride.style](standing, surface, STRANDS, bride.seed)
    brows = hair.eyebrows(standing, surface, 260, bride.seed)
    scene.strands(followed.hair(strands), material, 0.00048, 0.00022)
    scene.strands(followed.hair(brows), material, 0.00016, 0.00006)


def _thrifty(here: bpy.types.Scene) -> None:
    """Few bounces and a quick denoiser; what has not changed since the last picture is kept."""
    here.cycles.max_bounces = 2
    here.cycles.denoising_prefilter = here.cycles.denoising_quality = "FAST"
    here.render.use_persistent_data = True


def _added(before: set[bpy.types.Object]) -> list[bpy.types.Object]:
    return [thing for thing in bpy.context.scene.objects if thing not in before]


def _tree(thing: bpy.types.Object) -> BVHTree:
    return BVHTree.FromPolygons(points_of(thing).tolist(), [list(f.vertices) for f in thing.data.polygons])


def remove(things: list[bpy.types.Object]) -> None:
    """Take clothes off."""
    for thing in things:
        bpy.data.objects.remove(thing)
