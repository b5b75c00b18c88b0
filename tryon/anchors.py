"""Anchors: the lines that a gown hangs on. Shoulders and hips are joints; bust and waist are derived.

Nobody labels a bust, so its line and the waist's are taken at fixed shares of the way from the middle of the
shoulders to the middle of the hips, and their widths from the silhouette, kept near what the shoulders suggest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tryon import draw
from tryon.errors import PoseError
from tryon.images import F32, U8, Mask
from tryon.joints import Joint

LEG = 1.83  # hip joint to floor, in torsos, of a woman of average proportions
FACING = 0.66  # shoulder width of somebody who faces the camera, in torsos
AT_THE_EDGE = 0.03  # of the height of the photo, from its lower edge: a hip seen there is none
HEEL = 1.11  # hips to heels, in hips to ankles
DERIVED = 0.8  # how sure a line can be that no joint marks
BUST, WAIST = 0.36, 0.66  # shares of the way from shoulders to hips
# half widths of the body as shares of the distance between the shoulder joints
BODY = {"bust": 0.43, "waist": 0.37, "hip": 0.50}
LEAST, MOST = 0.97, 1.05  # of what the shoulders suggest, that a line's width can be
ADVICE = {
    "shoulder": "turn to the camera and keep hair and arms off your shoulders",
    "hip": "stand back so that your hips are in the picture",
}
SIDES = ("right", "left")  # the person's own, in the order of ARMS
ARMS = (
    (Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW, Joint.RIGHT_WRIST),
    (Joint.LEFT_SHOULDER, Joint.LEFT_ELBOW, Joint.LEFT_WRIST),
)


@dataclass(frozen=True)
class Body:
    """A torso's frame in a picture, and the half widths of its three lines, in pixels."""

    joints: F32  # 18x3
    shoulders: F32  # 2x2: right, left
    hips: F32  # 2x2: right, left
    half: dict[str, float]  # bust, waist, hip
    elbows: tuple[float, float] = (0.0, 0.0)  # half breadths of bare arms at the elbow, right and left; 0: not seen

    @property
    def neck(self) -> F32:
        return np.asarray(self.shoulders.mean(0), np.float32)

    @property
    def pelvis(self) -> F32:
        return np.asarray(self.hips.mean(0), np.float32)

    @property
    def shoulder_width(self) -> float:
        return float(np.linalg.norm(self.shoulders[1] - self.shoulders[0]))

    @property
    def torso(self) -> float:
        """Length from the middle of the shoulders to the middle of the hips."""
        return float(np.linalg.norm(self.pelvis - self.neck))

    @property
    def turned(self) -> bool:
        """Whether the shoulders look too narrow for a body that faces the camera."""
        return self.shoulder_width < 0.45 * self.torso

    @property
    def down(self) -> F32:
        """Unit vector down the body, from the middle of the shoulders to that of the hips."""
        return np.asarray((self.pelvis - self.neck) / max(self.torso, 1e-6), np.float32)

    @property
    def across(self) -> F32:
        """Unit vector across the body, from the person's right to left."""
        side = np.array([self.down[1], -self.down[0]], np.float32)
        return side if side @ (self.shoulders[1] - self.shoulders[0]) >= 0 else -side

    @property
    def lean(self) -> float:
        """Degrees by which the torso leans from upright; positive towards the person's left."""
        return float(np.degrees(np.arctan2(-self.down[0], self.down[1])))

    @property
    def turn(self) -> float:
        """Degrees, 0..90, by which the torso is turned from the camera, by how narrow the shoulders look; which way is
        not known."""
        return float(np.degrees(np.arccos(min(1.0, self.shoulder_width / max(FACING * self.torso, 1e-6)))))

    @property
    def floor(self) -> float:
        """Pixels from the hips to where the heels stand; by proportion where the ankles are not in the photo."""
        ankles = self.joints[[Joint.RIGHT_ANKLE, Joint.LEFT_ANKLE]]
        ankles = ankles[ankles[:, 2] > 0]
        usual = LEG * self.torso
        if not len(ankles):
            return usual
        seen = HEEL * (float(ankles[:, 1].max()) - float(self.pelvis[1]))
        return float(np.clip(seen, 0.75 * usual, 1.3 * usual))

    @property
    def confidence(self) -> dict[str, float]:
        """How sure each anchor is, 0..1: joints by their scores, derived lines less than the joints they come from, the
        hem by the better ankle, half of that where no ankle is seen."""
        scores = self.joints[:, 2]
        shoulders = float(scores[[Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER]].min())
        hips = float(scores[[Joint.RIGHT_HIP, Joint.LEFT_HIP]].min())
        torso = DERIVED * min(shoulders, hips)
        ankle = float(scores[[Joint.RIGHT_ANKLE, Joint.LEFT_ANKLE]].max())
        hem = DERIVED * min(hips, ankle) if ankle else 0.5 * torso
        return {"shoulders": shoulders, "bust": torso, "waist": torso, "hips": hips, "hem": hem, "turn": torso}

    def frame(self, point: F32) -> tuple[float, float]:
        """A point in the torso's own frame: how far down from shoulders (0) to hips (1), and pixels across it from its
        middle, positive towards the person's left."""
        away = point - self.neck
        return float(away @ self.down) / max(self.torso, 1e-6), float(away @ self.across)

    def line(self, name: str) -> F32:
        """The two ends, right and left, of the bust, waist or hip line: 2x2."""
        share = {"bust": BUST, "waist": WAIST, "hip": 1.0}[name]
        centre = self.neck + share * (self.pelvis - self.neck)
        reach = self.half[name] * self.across
        return np.stack([centre - reach, centre + reach]).astype(np.float32)

    def trunk(self, shape: tuple[int, ...]) -> Mask:
        """What lies between shoulders and hips, HxW, in a picture of a shape (height, width, ...)."""
        out = np.zeros(shape[:2], np.uint8)
        draw.polygon(out, np.concatenate([self.shoulders, self.line("hip")[::-1]]), 1)
        return out > 0

    def as_json(self) -> dict[str, list[list[float]]]:
        """The `anchors` of the REST answer: each [[x, y] right, [x, y] left] in the photo's pixels."""
        lines = {"shoulders": self.shoulders, "bust": self.line("bust"), "waist": self.line("waist"), "hips": self.hips}
        return {name: np.round(ends, 1).tolist() for name, ends in lines.items()}

    def stance_json(self) -> dict[str, Any]:
        """The `body` of the REST answer: the lowest line a hem can fall to, turn and lean in degrees, confidences."""
        floor = self.pelvis + (0, self.floor)
        ends = np.stack([floor - (self.half["hip"], 0), floor + (self.half["hip"], 0)])
        sure = {name: round(value, 3) for name, value in self.confidence.items()}
        turn, lean = round(self.turn, 1), round(self.lean, 1)
        return {"hem": np.round(ends, 1).tolist(), "turn": turn, "lean": lean, "confidence": sure}


def find(joints: F32, person: U8) -> Body:
    """The body of a person. joints: 18x3 in pixels; person: HxW mask, 255 inside.

    Raises PoseError, which names the joint that is missing and says what to do about it.
    """
    for name in ("RIGHT_SHOULDER", "LEFT_SHOULDER", "RIGHT_HIP", "LEFT_HIP"):
        if joints[Joint[name], 2] == 0:
            side, part = name.lower().split("_")
            raise PoseError(f"The {side} {part} was not found: {ADVICE[part]}.")
    shoulders = joints[[Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER], :2]
    hips = joints[[Joint.RIGHT_HIP, Joint.LEFT_HIP], :2]
    if (hips[:, 1] > (1 - AT_THE_EDGE) * person.shape[0]).any():
        raise PoseError(f"The hips lie at the photo's very edge and are guesses: {ADVICE['hip']}.")
    rough = Body(joints, shoulders, hips, {})
    if rough.torso < 8 or rough.torso < 0.03 * person.shape[0]:
        raise PoseError("Shoulders and hips lie on top of each other: stand upright, facing the camera.")
    # a turned body shows narrower shoulders than it has: never less than half the torso's length
    width = max(rough.shoulder_width, 0.5 * rough.torso)
    without_arms = _erase_arms(person, joints, 0.16 * width)
    guess = Body(joints, shoulders, hips, {name: share * width for name, share in BODY.items()})
    return Body(joints, shoulders, hips, {name: _measure(without_arms, guess, name) for name in BODY})


def _erase_arms(person: U8, joints: F32, radius: float) -> U8:
    """The mask without forearms and the lower half of the upper arms, where those hang away from the torso."""
    out = person.copy()
    for shoulder, elbow, wrist in ARMS:
        if joints[elbow, 2] == 0:
            continue
        path = [joints[[shoulder, elbow], :2].mean(0), joints[elbow, :2]]
        if joints[wrist, 2] > 0:
            path.append(joints[wrist, :2] + 0.4 * (joints[wrist, :2] - joints[elbow, :2]))
        draw.stroke(out, path, 1.4 * radius, 0)
    return out


def _measure(person: U8, guess: Body, name: str) -> float:
    """Half the silhouette's width on a line, kept near what the shoulders suggest: everyday clothes are wider."""
    ends = guess.line(name)
    centre, expected = ends.mean(0), guess.half[name]
    reaches = []
    for way in (-1, 1):
        steps = np.arange(0, 2 * expected, 1.0)
        path = centre + way * steps[:, None] * guess.across
        x = path[:, 0].astype(int).clip(0, person.shape[1] - 1)
        y = path[:, 1].astype(int).clip(0, person.shape[0] - 1)
        outside = np.flatnonzero(person[y, x] < 128)
        reaches.append(float(steps[outside[0]]) if len(outside) else expected)
    return float(np.clip(np.mean(reaches), LEAST * expected, MOST * expected))
