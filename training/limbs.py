"""Other poses of photographed people: arms and legs are cut out along their bones, turned at their joints and put back.

Photos of people who stand show few raised or bent arms; puppets show many, but in flat clothes. This shows real ones,
roughly: what a limb hid of the trunk is painted over, and sleeves do not fold.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from training.ccp import GUESSED, TRUSTED
from tryon import blending, draw
from tryon.anchors import ARMS
from tryon.body_parts import LEGS, capsule, shoulder_width
from tryon.images import F32, U8, Mask
from tryon.joints import Joint

MARGIN = 0.25  # of the height: room on every side for what is stretched out
BEHIND = 0.3  # how often a limb goes behind the body
TRUNK = (Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER, Joint.LEFT_HIP, Joint.RIGHT_HIP)


class Limb(NamedTuple):
    """Three joints, its two parts' breadths in shoulder widths, how far beyond the last it goes, in lengths of the
    second part, and how far each part turns at most, in degrees."""

    joints: tuple[Joint, Joint, Joint]
    breadth: tuple[float, float]
    beyond: float
    turns: tuple[float, float]


LIMBS = (
    *(Limb(arm, (0.36, 0.3), 0.45, (150, 130)) for arm in ARMS),
    *(Limb(leg, (0.5, 0.4), 0.3, (45, 60)) for leg in LEGS),
)


class Cut(NamedTuple):
    """A person cut out, with room on every side."""

    picture: U8  # HxWx3
    matte: U8  # HxW, 255 inside
    joints: F32  # JOINTSx3


def rearranged(person: Cut, arms: float, legs: float, random: np.random.Generator) -> Cut:
    """The person with each arm (leg) turned that often. Shoulders and hips must be there; a limb whose joints are not
    all trusted stays."""
    person = roomy(person)
    often = [random.random() < (arms if limb.joints in ARMS else legs) for limb in LIMBS]
    chosen = [
        limb
        for limb, wanted in zip(LIMBS, often, strict=True)
        if wanted and (person.joints[list(limb.joints), 2] == TRUSTED).all()
    ]
    parts = {limb: (_part(person, limb, 0), _part(person, limb, 1)) for limb in chosen}
    if not parts:
        return person
    body = out = _without(person, np.any([mask for pair in parts.values() for mask in pair], 0))
    behind = [limb for limb in parts if random.random() < BEHIND]
    for limb in behind:
        out = turned(out, limb, parts[limb], person, random)
    out = _over((body.picture, body.matte), out)
    _doubt(out.joints, [joint for limb in behind for joint in limb.joints[1:]], body.matte)
    for limb in parts:
        if limb not in behind:
            out = turned(out, limb, parts[limb], person, random)
    return out


def roomy(person: Cut) -> Cut:
    """The same on a larger canvas."""
    room = round(MARGIN * person.matte.shape[0])
    joints = person.joints.copy()
    joints[joints[:, 2] > 0, :2] += room
    picture = cv2.copyMakeBorder(person.picture, room, room, room, room, cv2.BORDER_REPLICATE)
    matte = cv2.copyMakeBorder(person.matte, room, room, room, room, cv2.BORDER_CONSTANT, value=(0,))
    return Cut(np.asarray(picture, np.uint8), np.asarray(matte, np.uint8), joints)


def turned(out: Cut, limb: Limb, masks: tuple[Mask, Mask], person: Cut, random: np.random.Generator) -> Cut:
    """What is put together so far with one limb more before it, turned at its two upper joints. masks: where the
    limb's parts are in the person's picture."""
    start, middle, end = (person.joints[joint, :2] for joint in limb.joints)
    first, second = (random.uniform(-most, most) for most in limb.turns)
    upper = _turn(start, start, first, _shortened(random))
    bent = _apply(upper, middle)
    lower = _turn(middle, bent, first + second, _shortened(random))
    for mask, way in zip(masks, (upper, lower), strict=True):
        out = _over(_moved(person, mask, way), out)
    joints = out.joints.copy()
    joints[limb.joints[1], :2], joints[limb.joints[2], :2] = bent, _apply(lower, end)
    return Cut(out.picture, out.matte, joints)


def _shortened(random: np.random.Generator) -> float:
    """A part's length beside its own: less where it points at the camera."""
    return random.uniform(0.6, 1.0) if random.random() < 0.3 else 1.0


def _moved(person: Cut, mask: Mask, way: F32) -> tuple[U8, U8]:
    """A part of the person moved: picture and matte."""
    alpha = np.where(mask, person.matte, 0).astype(np.uint8)
    size = alpha.shape[::-1]
    picture = cv2.warpAffine(person.picture, way, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(picture, np.uint8), np.asarray(cv2.warpAffine(alpha, way, size), np.uint8)


def _turn(about: F32, to: F32, degrees: float, scale: float) -> F32:
    """2x3: turns and scales about a point, which comes `to` another."""
    way = cv2.getRotationMatrix2D((float(about[0]), float(about[1])), degrees, scale)
    way[:, 2] += to - about
    return np.asarray(way, np.float32)


def _apply(way: F32, point: F32) -> F32:
    return np.asarray(way[:, :2] @ point + way[:, 2], np.float32)


def _part(person: Cut, limb: Limb, part: int) -> Mask:
    """Where the upper (0) or the lower (1) part of a limb is."""
    canvas = np.zeros_like(person.matte)
    a, b = limb.joints[part : part + 2]
    breadth = limb.breadth[part] * shoulder_width(person.joints)
    capsule(canvas, person.joints, a, b, breadth, beyond=limb.beyond if part else 0.0)
    return canvas > 0


def _without(person: Cut, limb: Mask) -> Cut:
    """The rest: what the limb hid of the trunk is painted from its surroundings, beside the trunk nothing is left."""
    trunk = np.zeros_like(person.matte)
    draw.polygon(trunk, person.joints[list(TRUNK), :2], 1)
    matte = np.where(limb & (trunk == 0), 0, person.matte).astype(np.uint8)
    hidden = (limb & (trunk > 0) & (matte > 0)).astype(np.uint8)
    picture = person.picture
    if hidden.any():
        picture = np.asarray(cv2.inpaint(picture, cv2.dilate(hidden, np.ones((3, 3))), 2, cv2.INPAINT_TELEA), np.uint8)
    return Cut(picture, matte, person.joints)


def _over(top: tuple[U8, U8], below: Cut) -> Cut:
    """A picture with its matte over a person."""
    picture, matte = top
    return Cut(blending.mix(picture, below.picture, matte), np.maximum(matte, below.matte), below.joints)


def _doubt(joints: F32, which: list[Joint], body: U8) -> None:
    """Joints that the body hides are guesses, in place."""
    for joint in which:
        x, y = (int(v) for v in joints[joint, :2].clip(0, np.array(body.shape[::-1]) - 1))
        if body[y, x] > 127:
            joints[joint, 2] = GUESSED
