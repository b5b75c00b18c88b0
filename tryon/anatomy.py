"""The shape of a bare body, from joints alone: where neck, chest, arms and legs are, and how their surface faces.

Widths are those of the CC0 MakeHuman figure of average build (`studio.figure`), in shoulder widths; legs are an eighth
wider, as in street photos. Arms and legs are
tapered capsules, neck and chest one surface of changing breadth; a smooth maximum of their heights joins them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from tryon.anchors import ARMS
from tryon.body_parts import LEGS, shoulder_width
from tryon.images import F32
from tryon.joints import Joint

# half the breadth along a bone, from its first joint to its second
UPPER_ARM = (0.115, 0.125, 0.112, 0.098, 0.098)
FOREARM = (0.098, 0.100, 0.086, 0.066, 0.050)
HAND = (0.050, 0.075, 0.070, 0.045)
THIGH = (0.32, 0.30, 0.245, 0.207, 0.172)
CALF = (0.170, 0.180, 0.147, 0.107, 0.090)
DROP = 0.06  # how far below its joint the ball of the shoulder lies
UNDER_HAND, INTO_SHOE = 0.2, 0.1  # how far a forearm and a calf go on, in their own lengths
PALM = 0.40  # length of the hand beyond the wrist, in forearms
# neck and chest: ways down from the shoulders' line, half the breadth there, and how far the surface comes forward
DOWN = (-0.90, -0.34, -0.25, -0.18, -0.12, -0.06, 0.0, 0.15, 0.40, 1.0)
BREADTH = (0.15, 0.145, 0.155, 0.215, 0.375, 0.47, 0.50, 0.49, 0.46, 0.43)
HEIGHT = (0.15, 0.15, 0.16, 0.18, 0.20, 0.22, 0.24, 0.28, 0.34, 0.30)
END = 1.4  # way down at which the trunk has become legs
SQUARE = (2.0, 2.0, 2.0, 2.3, 3.0, 3.2, 3.2, 3.0, 2.8, 2.6)  # exponent of the section: a neck is round, a chest flat
COLLAR_BONE = ((0.06, -0.075), (0.40, -0.115))  # from its inner to its outer end, on one side
RAISED, NARROW = 0.024, 0.024  # the collar bone's height and breadth
RISE = 0.08  # how far an arm or a leg comes forward beside the trunk
FARTHEST = 1000  # pixels from an outline that is nowhere
TAPER = 0.5  # of a shin's length: above that its thickness is the usual
JOIN, SMOOTH = 0.05, 0.05  # over which height, and across which breadth, two parts flow into each other


class Arm(NamedTuple):
    """How much thicker than usual an arm is at its joints."""

    shoulder: float = 1.0
    elbow: float = 1.0
    wrist: float = 1.0


class Shin(NamedTuple):
    """How thick a leg is beside the usual where clothes end above its foot, and how far down its shin that is."""

    thick: float = 1.0
    place: float = 1.0


Arms = tuple[Arm, Arm]  # right, left
Shins = tuple[Shin, Shin]
USUAL, USUAL_SHINS = (Arm(), Arm()), (Shin(), Shin())


@dataclass(frozen=True)
class Skin:
    """A bare body on a picture."""

    outside: F32  # HxW: pixels to the body's outline, negative inside
    arms: F32  # HxW: the same of the arms alone
    legs: F32  # HxW: of the legs alone
    normal: F32  # HxWx3: the surface's, x to the right, y down, z to the camera


class Bone(NamedTuple):
    """A part of a limb, in pixels."""

    start: F32
    end: F32
    breadths: F32  # half of them, from start to end


def skin(joints: F32, size: tuple[int, int], thick: Arms = USUAL, shins: Shins = USUAL_SHINS) -> Skin:
    """Of joints 18x3 in pixels of a picture of `size` (height, width); shoulders and hips must be there."""
    width = shoulder_width(joints)
    outside, height = _trunk(_grid(size), joints, width)
    limbs = []
    for bones in (_arms(joints, width, thick), _legs(joints, width, shins)):
        limb, flat = np.full(size, np.float32(FARTHEST)), np.zeros(size, np.float32)
        for bone in bones:
            _join(outside, height, bone, width)
            _join(limb, flat, bone, width)
        limbs.append(limb)
    return Skin(outside, limbs[0], limbs[1], _normals(height, width))


def trunk(joints: F32, size: tuple[int, int]) -> F32:
    """HxW: pixels to the outline of neck and chest, negative inside; arguments as of `skin`."""
    return _trunk(_grid(size), joints, shoulder_width(joints))[0]


def forearms(joints: F32, size: tuple[int, int], thick: Arms) -> tuple[F32, F32]:
    """HxW each: pixels to the outline of the right and of the left forearm, as far as they were found."""
    width, found = shoulder_width(joints), []
    for (_, elbow, wrist), more in zip(ARMS, thick, strict=True):
        outside = np.full(size, np.float32(FARTHEST))
        if joints[[elbow, wrist], 2].all():
            bone = _longer(bone_of(joints, elbow, wrist, FOREARM, width, more[1:]), UNDER_HAND)
            _join(outside, np.zeros(size, np.float32), bone, width)
        found.append(outside)
    return found[0], found[1]


def _grid(size: tuple[int, int]) -> F32:
    """Each pixel's place, HxWx2."""
    return np.stack(np.meshgrid(np.arange(size[1]), np.arange(size[0])), 2).astype(np.float32)


def _down(joints: F32) -> F32:
    """Unit vector from the shoulders' middle to the hips'."""
    way = joints[[Joint.RIGHT_HIP, Joint.LEFT_HIP], :2].mean(0) - joints[Joint.NECK, :2]
    return np.asarray(way / max(float(np.linalg.norm(way)), 1e-6), np.float32)


def bone_of(
    joints: F32, start: Joint, end: Joint, breadths: Sequence[float], scale: float, more: Sequence[float] = (1, 1)
) -> Bone:
    """The bone between two joints. breadths: half of them along it, in units of `scale` pixels; more: how much thicker
    it is at its start and at its end."""
    thick = np.array(breadths, np.float32) * np.linspace(more[0], more[1], len(breadths), dtype=np.float32)
    return Bone(joints[start, :2], joints[end, :2], thick * scale)


def _arms(joints: F32, width: float, thick: Arms) -> Iterator[Bone]:
    """Both arms, as far as they were found; a hand is as long as hands are."""
    for (shoulder, elbow, wrist), more in zip(ARMS, thick, strict=True):
        if joints[elbow, 2] == 0:
            continue
        upper = bone_of(joints, shoulder, elbow, UPPER_ARM, width, more[:2])
        yield upper._replace(start=upper.start + DROP * width * _down(joints))
        if joints[wrist, 2] > 0:
            lower = bone_of(joints, elbow, wrist, FOREARM, width, more[1:])
            palm = lower.end + PALM * (lower.end - lower.start)
            yield from (lower, Bone(lower.end, palm, np.array(HAND, np.float32) * more.wrist * width))


def _legs(joints: F32, width: float, shins: Shins) -> Iterator[Bone]:
    """Both legs, as far as they were found."""
    for (hip, knee, ankle), shin in zip(LEGS, shins, strict=True):
        if joints[knee, 2] > 0:
            yield bone_of(joints, hip, knee, THIGH, width)
            if joints[ankle, 2] > 0:
                lower = calf(joints, knee, ankle, width)
                more = np.interp(np.linspace(0, 1, len(CALF)), (shin.place - TAPER, shin.place), (1, shin.thick))
                yield lower._replace(breadths=lower.breadths * more.astype(np.float32))


def calf(joints: F32, knee: Joint, ankle: Joint, width: float) -> Bone:
    """The lower leg of a body with shoulders `width` pixels wide, down into its shoe."""
    return _longer(bone_of(joints, knee, ankle, CALF, width), INTO_SHOE)


def _longer(bone: Bone, share: float) -> Bone:
    """A bone that goes on beyond its end: there another part begins, which may begin late."""
    return bone._replace(end=bone.end + share * (bone.end - bone.start))


def _trunk(place: F32, joints: F32, width: float) -> tuple[F32, F32]:
    """Neck and chest: pixels outside of their outline and height above the picture's plane, HxW each."""
    down = _down(joints)
    right, left = joints[Joint.RIGHT_SHOULDER, :2], joints[Joint.LEFT_SHOULDER, :2]
    across = np.array([down[1], -down[0]], np.float32)
    across = across if across @ (left - right) >= 0 else -across
    frame = np.stack([across, down]) / width
    slope = float(frame[1] @ (left - right)) / max(float(frame[0] @ (left - right)), 0.3)
    where = ((place - joints[Joint.NECK, :2]) @ frame.T).astype(np.float32)
    u, v = where[..., 0], where[..., 1] - np.float32(slope) * where[..., 0]
    if joints[Joint.NOSE, 2] > 0:  # the neck leans with the head
        nose = frame @ (joints[Joint.NOSE, :2] - joints[Joint.NECK, :2])
        u = np.asarray(u - nose[0] * (v / min(float(nose[1]), -0.3)).clip(0, 1), np.float32)
    breadth, rise, square = (np.interp(v, DOWN, x).astype(np.float32) for x in (BREADTH, HEIGHT, SQUARE))
    steep = np.interp(v, DOWN, np.gradient(BREADTH, DOWN)).astype(np.float32)
    outside = np.maximum((np.abs(u) - breadth) / np.sqrt(1 + steep**2), v - END) * width
    share = np.minimum(np.abs(u) / breadth, 1)
    height = rise * (1 - share**square) ** (1 / square)
    relief = (height + _collar_bones(u, v)) * width
    return np.asarray(outside, np.float32), np.asarray(relief, np.float32)


def _collar_bones(u: F32, v: F32) -> F32:
    """Their relief, HxW, in shoulder widths."""
    (x, y), (x2, y2) = COLLAR_BONE
    along = ((np.abs(u) - x) / (x2 - x)).clip(0, 1)
    away = np.abs(v - y - along * (y2 - y))
    fade = np.sin(np.pi * (0.15 + 0.7 * along)) * (np.abs(u) > x)
    return np.asarray(RAISED * fade * np.exp(-(away**2) / (2 * NARROW**2)), np.float32)


def _join(outside: F32, height: F32, bone: Bone, width: float) -> None:
    """Add a limb to a body, in place; beyond its neighbourhood the outline's distance need not be right."""
    reach = float(bone.breadths.max()) + SMOOTH * width + 2
    corners = np.stack([bone.start, bone.end])
    low = np.maximum(corners.min(0) - reach, 0).astype(int)
    high = (corners.max(0) + reach).astype(int) + 1
    part = np.s_[low[1] : max(low[1], high[1]), low[0] : max(low[0], high[0])]
    if not outside[part].size:
        return
    place = _grid((outside[part].shape[0], outside[part].shape[1])) + low.astype(np.float32) - bone.start
    way = bone.end - bone.start
    along = (place @ way / max(float(way @ way), 1e-6)).clip(0, 1)
    away = np.linalg.norm(place - along[..., None] * way, axis=2)
    radius = np.interp(along, np.linspace(0, 1, len(bone.breadths)), bone.breadths).astype(np.float32)
    limb = np.sqrt((radius**2 - away**2).clip(0)) + np.where(away < radius, RISE * width, 0)
    near, body = JOIN * width, height[part]
    meeting = (near - np.abs(body - limb)).clip(0) ** 2 / (4 * near) * ((body > 0) & (limb > 0))
    height[part] = np.maximum(body, limb) + meeting
    outside[part] = _least(outside[part], np.asarray(away - radius, np.float32), SMOOTH * width)


def _least(a: F32, b: F32, round_: float) -> F32:
    """The minimum of two outlines' distances, rounded where they meet."""
    meeting = (round_ - np.abs(a - b)).clip(0) ** 2 / (4 * round_)
    return np.asarray(np.minimum(a, b) - meeting, np.float32)


def _normals(height: F32, width: float) -> F32:
    """Unit normals of a height field."""
    smooth = cv2.GaussianBlur(height, (0, 0), max(0.6, 0.02 * width))
    dx, dy = (cv2.Sobel(smooth, cv2.CV_32F, *order, ksize=3, scale=1 / 8) for order in ((1, 0), (0, 1)))
    normal = np.dstack([-dx, -dy, np.ones_like(dx)])
    return np.asarray(normal / np.linalg.norm(normal, axis=2, keepdims=True), np.float32)


def across(way: F32) -> F32:
    """The unit vector at right angles to a way."""
    return np.asarray(np.array([-way[1], way[0]]) / max(float(np.linalg.norm(way)), 1e-6), np.float32)
