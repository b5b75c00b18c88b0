"""How a bride stands for her photo: arms down, away, before the body, or a hand on the hip; a slight lean and turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.figure import (
    BaseMesh,
    Faces,
    Figure,
    Floats,
    Ints,
    bone_moves,
    moved,
    relaxed_pose,
    rig,
    rotation,
    skin,
    vertex_moves,
)
from studio.poses import BACK, LEFT, SIDES, arm, turn

ARM = ("shoulder", "upperarm", "lowerarm", "wrist", "metacarpal", "finger")
LEG = ("upperleg", "lowerleg", "foot", "toe", "pelvis")
REST = 20.0  # degrees that arms are lowered by while clothes are cut: nothing touches
TRIES = 24


@dataclass(frozen=True)
class Arm:
    """How an arm is held: ranges in degrees, and where its hand belongs, in metres."""

    lowered: tuple[float, float]
    forward: tuple[float, float]
    bend: tuple[float, float]
    outwards: tuple[float, float]
    gap: tuple[float, float]  # between hand and trunk
    above: float | None = None  # the hip joint
    aside: float = 0.0  # at least, from the middle
    steps: int = 0  # that the best try is improved by, where a hand must touch

    def drawn(self, random: np.random.Generator) -> Floats:
        """Degrees for `poses.arm`."""
        return np.array([random.uniform(*limits) for limits in (self.lowered, self.forward, self.bend, self.outwards)])


ARMS = {
    "down": Arm((20, 34), (-18, -2), (-6, 16), (-30, 30), gap=(0.015, 0.05)),
    "away": Arm((12, 22), (0, 12), (10, 30), (-20, 20), gap=(0.10, 0.22)),
    "before": Arm((28, 40), (0, 24), (35, 75), (-60, -25), gap=(0.035, 0.075), above=0.03),
    "hip": Arm((-8, 16), (-50, -10), (70, 115), (-95, -45), gap=(0.008, 0.03), above=0.10, aside=0.12, steps=40),
}
STANCES = (("down", "down"), ("hip", "down"), ("before", "before"), ("away", "away"), ("down", "hip"), ("hip", "hip"),
           ("before", "down"))  # fmt: skip


@dataclass(frozen=True)
class Stance:
    """A pose, and how clothes that were cut for arms lowered by REST degrees follow it."""

    standing: Figure
    posed: Figure
    limbs: Floats  # 4x4 per vertex of the base mesh: where the skin goes
    trunk: Floats  # the same as if arms and legs had stayed: for skirts
    head: Floats  # 4x4: for hair

    @classmethod
    def of(cls, base: BaseMesh, pose: dict[str, Floats]) -> Stance:
        """The way from the standing figure to the pose."""
        before, after = relaxed_pose(REST), pose
        posed, standing = Figure(base, skin(base, after)), Figure(base, skin(base, before))
        ground = np.eye(4)
        ground[2, 3] = (posed.vertices - moved(base.vertices, vertex_moves(base, after)))[0, 2]
        lift = np.eye(4)
        lift[2, 3] = (moved(base.vertices, vertex_moves(base, before)) - standing.vertices)[0, 2]

        def way(new: Floats, old: Floats) -> Floats:
            return ground @ new @ np.linalg.inv(old) @ lift

        limbs = way(vertex_moves(base, after), vertex_moves(base, before))
        trunk = way(vertex_moves(base, after, ARM + LEG), vertex_moves(base, before, ARM + LEG))
        return cls(
            standing, posed, limbs, trunk, way(bone_moves(base, after)["head"], bone_moves(base, before)["head"])
        )


def drawn(base: BaseMesh, random: np.random.Generator, kinds: tuple[str, str]) -> Stance:
    """A stance whose hands do not reach into the body; of some tries the one that fits its kinds best."""
    lean, twist, yaw = random.normal(0, (1.6, 2.5, 5)).clip(-8, 8)
    nod, tilt, look = random.normal(0, (2, 3, 4)).clip(-7, 7)
    pose = relaxed_pose(REST) | {
        "root": turn(yaw),
        "spine04": rotation(BACK, lean) @ turn(twist),
        "spine02": rotation(BACK, -lean),
        "neck02": rotation(LEFT, nod) @ rotation(BACK, tilt) @ turn(look),
    }
    parts = _Parts.of(base)
    best: dict[str, tuple[float, Floats]] = {side: (np.inf, np.zeros(4)) for side, _ in SIDES}

    def attempt(degrees: dict[str, Floats]) -> None:
        figure = Figure(base, skin(base, _with_arms(pose, degrees)))
        for (side, _), kind in zip(SIDES, kinds, strict=True):
            best[side] = min(best[side], (parts.misfit(figure, side, kind), degrees[side]), key=lambda one: one[0])

    for _ in range(TRIES):
        attempt({side: ARMS[kind].drawn(random) for (side, _), kind in zip(SIDES, kinds, strict=True)})
        if all(misfit < 0.004 for misfit, _ in best.values()):
            break
    for _ in range(max(ARMS[kind].steps for kind in kinds)):
        moves = [random.normal(0, (3, 5, 5, 5)) * (ARMS[kind].steps > 0) for kind in kinds]
        attempt({side: best[side][1] + move for (side, _), move in zip(SIDES, moves, strict=True)})
    return Stance.of(base, _with_arms(pose, {side: degrees for side, (_, degrees) in best.items()}))


def _with_arms(pose: dict[str, Floats], degrees: dict[str, Floats]) -> dict[str, Floats]:
    return pose | arm("L", *degrees["L"]) | arm("R", *degrees["R"])


@dataclass(frozen=True)
class _Parts:
    """Vertices of the trunk with their faces, and of each hand."""

    trunk: Faces
    hands: dict[str, Ints]

    @classmethod
    def of(cls, base: BaseMesh) -> _Parts:
        arms = share(base, ARM)
        faces = [face for face in base.groups["body"][0] if arms[face].max() < 0.3]
        hand = {side: np.flatnonzero(share(base, ("wrist", "finger", "metacarpal"), side) > 0.6) for side, _ in SIDES}
        return cls(faces, {side: index[index < 13380][::6] for side, index in hand.items()})

    def misfit(self, figure: Figure, side: str, kind: str) -> float:
        """How far a hand is from where its kind wants it, in metres."""
        corners = figure.vertices[np.array(self.trunk)]
        middle = corners.mean(1)
        normal = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
        normal /= np.linalg.norm(normal, axis=1, keepdims=True).clip(1e-9)
        hand = figure.vertices[self.hands[side]]
        close = (np.abs(middle - hand.mean(0)).max(1) < 0.3).nonzero()[0]
        if not len(close):
            return 1.0
        away = hand[:, None] - middle[close]
        nearest = np.linalg.norm(away, axis=2).argmin(1)
        gap = float((away[np.arange(len(hand)), nearest] * normal[close][nearest]).sum(1).min())
        wanted = ARMS[kind]
        miss = max(wanted.gap[0] - gap, gap - wanted.gap[1], 0.0)
        miss += max(0.0, wanted.aside - float(np.abs(hand[:, 0].mean())))
        if wanted.above is not None:
            miss += max(0.0, abs(float(hand[:, 2].mean()) - figure.levels["hip"] - wanted.above) - 0.04)
        return miss


def share(base: BaseMesh, bones: tuple[str, ...], side: str = "") -> Floats:
    """Per vertex: how much of it moves with these bones, 0 to 1."""
    out = np.zeros(len(base.vertices))
    for name, (index, value) in rig()[1].items():
        if name.startswith(bones) and name.endswith(side):
            out[index] += value
    return out
