"""Triangle meshes as arrays: refine, cut along a line, push outwards, let cloth fall (first and last by Blender)."""

from dataclasses import dataclass, field

import bpy
import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree

from studio.figure import Faces, Floats, Ints


@dataclass
class Surface:
    """A triangle mesh with named values per vertex."""

    points: Floats  # (V, 3)
    triangles: Ints  # (T, 3)
    values: dict[str, Floats] = field(default_factory=dict)  # name -> (V,)
    _tree: BVHTree | None = field(default=None, repr=False, compare=False)

    def normals(self) -> Floats:
        """Unit normals per vertex, area-weighted."""
        a, b, c = (self.points[self.triangles[:, i]] for i in range(3))
        face = np.cross(b - a, c - a)
        corners, sides = self.triangles.T.ravel(), np.tile(face, (3, 1))
        total = np.stack([np.bincount(corners, column, len(self.points)) for column in sides.T], 1)
        return np.asarray(total / np.linalg.norm(total, axis=1, keepdims=True).clip(1e-12))

    def pushed(self, distance: float | Floats) -> "Surface":
        """Moved outwards along the normals."""
        return Surface(self.points + np.reshape(distance, (-1, 1)) * self.normals(), self.triangles, self.values)

    def smoothed(self, rounds: int, share: float = 0.5) -> "Surface":
        """Each vertex moved towards the mean of its neighbours; on a border, of those on the border: it stays even."""
        return Surface(relaxed(self.points, self._ties(), rounds, share), self.triangles, self.values)

    def calm(self, name: str, rounds: int) -> Floats:
        """A named value, smoothed over the surface."""
        return relaxed(self.values[name][:, None], self._ties(), rounds, 0.5)[:, 0]

    def _ties(self) -> Ints:
        """Pairs of vertices (N, 2) of which the second pulls at the first."""
        edges = np.concatenate([self.triangles[:, [0, 1]], self.triangles[:, [1, 2]], self.triangles[:, [2, 0]]])
        low, high = edges.min(1), edges.max(1)
        each, count = np.unique(low * len(self.points) + high, return_counts=True)
        edges = np.stack(np.divmod(each, len(self.points)), 1)
        border = np.zeros(len(self.points), bool)
        border[edges[count == 1]] = True
        pairs = np.concatenate([edges, edges[:, ::-1]])
        return np.asarray(pairs[~border[pairs[:, 0]] | np.tile(count == 1, 2)])

    def clear_of(self, other: "Surface", least: float) -> "Surface":
        """Moved outwards where it comes nearer to the other surface's outside than `least`."""
        tree, points = other.tree(), self.points.copy()
        for i, point in enumerate(points):
            hit, normal, _, _ = tree.find_nearest(Vector(point))
            short = least - float(np.dot(point - np.array(hit), normal))
            if short > 0:
                points[i] += short * np.array(normal)
        return Surface(points, self.triangles, self.values)

    def cut(self, keep: Floats) -> "Surface":
        """The part where `keep` (a value per vertex) is positive; edges are cut where it crosses zero."""
        inside = keep > 0
        corners = inside[self.triangles].sum(axis=1)
        triangles, between = [], []  # of the border only; the vertices that each new point lies between, and where
        crossings: dict[tuple[int, int], int] = {}

        def crossing(i: int, j: int) -> int:
            key = (min(i, j), max(i, j))
            if key not in crossings:
                between.append((i, j, float(np.clip(keep[i] / (keep[i] - keep[j]), 0.02, 0.98))))
                crossings[key] = len(self.points) + len(crossings)
            return crossings[key]

        for triangle in self.triangles[(corners > 0) & (corners < 3)].tolist():
            polygon = []
            for i, j in zip(triangle, triangle[1:] + triangle[:1], strict=True):
                if inside[i]:
                    polygon.append(i)
                if inside[i] != inside[j]:
                    polygon.append(crossing(i, j))
            triangles += [[polygon[0], polygon[k], polygon[k + 1]] for k in range(1, len(polygon) - 1)]
        kept = np.concatenate([self.triangles[corners == 3], np.array(triangles, int).reshape(-1, 3)])
        used, renumbered = np.unique(kept, return_inverse=True)
        first, second, t = np.array(between, float).reshape(-1, 3).T
        first, second = first.astype(int), second.astype(int)

        def extended(column: Floats) -> Floats:
            share = t.reshape(-1, *[1] * (column.ndim - 1))
            return np.asarray(np.concatenate([column, (1 - share) * column[first] + share * column[second]])[used])

        columns = {name: extended(column) for name, column in self.values.items()}
        return Surface(extended(self.points), renumbered.reshape(-1, 3), columns)

    def tree(self) -> BVHTree:
        """For ray casts; made once, so points must not be changed after it."""
        if self._tree is None:
            self._tree = BVHTree.FromPolygons(self.points.tolist(), self.triangles.tolist())
        return self._tree


def relaxed(values: Floats, ties: Ints, rounds: int, share: float) -> Floats:
    """Rows of values (V, N), each moved towards the mean of those that pull at it."""
    values = values.copy()
    first, second = ties.T
    count = np.bincount(first, minlength=len(values))
    tied = count > 0
    for _ in range(rounds):
        total = [np.bincount(first, column[second], len(values)) for column in values.T]
        values[tied] += share * (np.stack(total, 1)[tied] / count[tied, None] - values[tied])
    return values


def refined(points: Floats, faces: Faces, level: int, values: dict[str, Floats] | None = None) -> Surface:
    """Catmull-Clark subdivision by Blender, then triangles; values are interpolated along."""
    mesh = bpy.data.meshes.new("refined")
    mesh.from_pydata(points.tolist(), [], faces)
    for name, column in (values or {}).items():
        mesh.attributes.new(name, "FLOAT", "POINT").data.foreach_set("value", column.astype(np.float32))
    thing = bpy.data.objects.new("refined", mesh)
    bpy.context.scene.collection.objects.link(thing)
    modifier = thing.modifiers.new("subdivide", "SUBSURF")
    modifier.levels = level
    result = read(thing, list(values or {}))
    bpy.data.objects.remove(thing)
    return result


def read(thing: bpy.types.Object, names: list[str] | None = None) -> Surface:
    """The evaluated mesh of an object (all modifiers applied) as arrays."""
    mesh = thing.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    mesh.calc_loop_triangles()
    points = np.empty(3 * len(mesh.vertices), dtype=np.float32)
    mesh.vertices.foreach_get("co", points)
    triangles = np.empty(3 * len(mesh.loop_triangles), dtype=np.int32)
    mesh.loop_triangles.foreach_get("vertices", triangles)
    values = {}
    for name in names or []:
        column = np.empty(len(mesh.vertices), dtype=np.float32)
        mesh.attributes[name].data.foreach_get("value", column)
        values[name] = column.astype(float)
    return Surface(points.reshape(-1, 3).astype(float), triangles.reshape(-1, 3).astype(np.int64), values)


def fallen(
    cloth: Surface, bodies: list[Surface], frames: int, pinned: Floats | None = None, stiffness: float = 8.0
) -> Surface:
    """The cloth after falling on the bodies for some frames; `pinned` (0 or 1 per vertex) holds it up."""
    scene = bpy.context.scene
    things = []
    for i, surface in enumerate([cloth, *bodies]):
        mesh = bpy.data.meshes.new(f"fall{i}")
        mesh.from_pydata(surface.points.tolist(), [], surface.triangles.tolist())
        things.append(bpy.data.objects.new(f"fall{i}", mesh))
        scene.collection.objects.link(things[i])
    for body in things[1:]:
        body.modifiers.new("solid", "COLLISION")
        body.collision.thickness_outer = 0.003
        body.collision.cloth_friction = 20
    settings = things[0].modifiers.new("cloth", "CLOTH")
    settings.settings.quality = 6
    settings.settings.mass = 0.15
    settings.settings.tension_stiffness = settings.settings.compression_stiffness = stiffness
    settings.settings.bending_stiffness = 0.3
    settings.settings.air_damping = 4
    settings.collision_settings.distance_min = 0.003
    settings.collision_settings.collision_quality = 3
    if pinned is not None:
        group = things[0].vertex_groups.new(name="pin")
        group.add(np.flatnonzero(pinned > 0.5).tolist(), 1.0, "REPLACE")
        settings.settings.vertex_group_mass = "pin"
    settings.point_cache.frame_end = frames + 1
    for frame in range(1, frames + 2):
        scene.frame_set(frame)
    result = Surface(read(things[0]).points, cloth.triangles, cloth.values)
    for thing in things:
        bpy.data.objects.remove(thing)
    scene.frame_set(1)
    return result
