"""Clothes that were cut on the standing figure follow her into a stance, and give way to her arms and hands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import bpy
import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree
from mathutils.kdtree import KDTree

from studio.figure import Bools, Floats, Ints, moved
from studio.geometry import Surface
from studio.stances import ARM, Stance, share

NEAR = 6  # vertices of the skin that a point of the cloth follows
GAP = 0.006  # metres between cloth and an arm before it
SKIN = 13380  # vertices of the base mesh that are skin


@dataclass(frozen=True)
class Followed:
    """A stance as clothes see it."""

    stance: Stance

    @cached_property
    def _arm(self) -> Floats:
        return share(self.stance.standing.base, ARM)[:SKIN]

    @cached_property
    def _skin(self) -> KDTree:
        return _tree(self.stance.standing.vertices, np.arange(SKIN))

    @cached_property
    def _torso(self) -> KDTree:
        return _tree(self.stance.standing.vertices, np.flatnonzero(self._arm < 0.2))

    @cached_property
    def _arms(self) -> BVHTree:
        return self._part(self._arm > 0.55)

    @cached_property
    def _trunk(self) -> BVHTree:
        return self._part(self._arm < 0.3)

    def _part(self, wanted: Bools) -> BVHTree:
        faces = [face for face in self.stance.posed.base.groups["body"][0] if wanted[face].all()]
        return BVHTree.FromPolygons(self.stance.posed.vertices[:SKIN].tolist(), faces)

    def fitted(self, points: Floats) -> Floats:
        """Points of cloth that lies on the skin."""
        return _carried(points, self._skin, self.stance.limbs)

    def hung(self, points: Floats) -> Floats:
        """Points of a skirt: arms and legs do not move it."""
        return _carried(points, self._torso, self.stance.trunk)

    def hair(self, strands: Floats) -> Floats:
        """Strands (count, points, 3): the head takes them along."""
        return strands @ self.stance.head[:3, :3].T + self.stance.head[:3, 3]

    def yielding(self, cloth: Surface) -> Surface:
        """The cloth pressed in where an arm or a hand would be inside it or behind it."""
        middle = self.stance.posed.vertices[:SKIN][self._arm < 0.2]
        centre = np.array([np.median(middle[:, 0]), np.median(middle[:, 1])])
        out = cloth.points[:, :2] - centre
        radius = np.linalg.norm(out, axis=1)
        inwards = np.zeros(len(radius))
        for k, (direction, far) in enumerate(zip(out / radius[:, None].clip(1e-6), radius, strict=True)):
            origin, ray = Vector((*centre, cloth.points[k, 2])), Vector((*direction, 0))
            arm = self._arms.ray_cast(origin, ray, far + GAP)[3]
            if arm is not None:
                body = self._trunk.ray_cast(origin, ray, far)[3] or 0.0
                inwards[k] = max(0.0, far - max(arm - GAP, body + 0.004))
        soft = _spread(cloth, inwards)
        points = cloth.points.copy()
        points[:, :2] -= out / radius[:, None].clip(1e-6) * soft[:, None]
        return Surface(points, cloth.triangles, cloth.values)


def _tree(points: Floats, index: Ints) -> KDTree:
    tree = KDTree(len(index))
    for i in index:
        tree.insert(Vector(points[i]), int(i))
    tree.balance()
    return tree


def _carried(points: Floats, tree: KDTree, matrices: Floats) -> Floats:
    """Points moved as the skin nearest to them is, nearer vertices counting for more."""
    found = [[(index, distance) for _, index, distance in tree.find_n(Vector(p), NEAR)] for p in points]
    index, distance = (np.array([[one[k] for one in near] for near in found]) for k in (0, 1))
    weight = 1 / (distance**2 + 1e-5)
    weight /= weight.sum(1, keepdims=True)
    return moved(points, np.einsum("pn,pnij->pij", weight, matrices[index.astype(int)]))


def _spread(cloth: Surface, depth: Floats, rounds: int = 6) -> Floats:
    """A dent with soft edges: never less deep than asked for."""
    edges = np.concatenate([cloth.triangles[:, [0, 1]], cloth.triangles[:, [1, 2]], cloth.triangles[:, [2, 0]]])
    count = np.bincount(edges.ravel(), minlength=len(depth)).clip(1)
    soft = depth.copy()
    for _ in range(rounds):
        total = np.bincount(edges[:, 0], soft[edges[:, 1]], len(depth))
        total += np.bincount(edges[:, 1], soft[edges[:, 0]], len(depth))
        soft = np.maximum(depth, total / count)
    return soft


def points_of(thing: bpy.types.Object) -> Floats:
    """The vertices of a mesh object."""
    flat = np.empty(3 * len(thing.data.vertices), np.float32)
    thing.data.vertices.foreach_get("co", flat)
    return flat.reshape(-1, 3).astype(float)


def move(thing: bpy.types.Object, points: Floats) -> None:
    """Give a mesh object other vertices."""
    thing.data.vertices.foreach_set("co", points.astype(np.float32).ravel())
    thing.data.update()
