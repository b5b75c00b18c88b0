"""Where parts of a body are on a picture, by its joints: limbs, trunk, head, hands."""

from __future__ import annotations

import cv2
import numpy as np

from tryon import draw
from tryon.anchors import ARMS
from tryon.images import F32, U8, Mask
from tryon.joints import Joint

LEGS = ((Joint.RIGHT_HIP, Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE), (Joint.LEFT_HIP, Joint.LEFT_KNEE, Joint.LEFT_ANKLE))
THIGH, SHIN = 0.42, 0.30  # shoulder widths across legs, clothed or not
HAND, SEEN = 0.17, 0.18  # size of a hand in shoulder widths; share of it that must be seen
HIGH = (0.08, 0.12)  # shoulder widths: half across and down from the neck's base, what a high neckline covers
GUESS = 0.4  # score of a joint that the pose net only guesses, which is so taught


def shoulder_width(joints: F32) -> float:
    """Pixels between the shoulder joints, never less than half the torso's height, 1 where nothing is known."""
    right, left = joints[Joint.RIGHT_SHOULDER], joints[Joint.LEFT_SHOULDER]
    hips = [joints[j, :2] for j in (Joint.RIGHT_HIP, Joint.LEFT_HIP) if joints[j, 2] > 0]
    across = float(np.linalg.norm(right[:2] - left[:2])) if right[2] > 0 and left[2] > 0 else 1.0
    down = (
        float(np.linalg.norm(np.mean(hips, 0) - joints[Joint.NECK, :2])) if hips and joints[Joint.NECK, 2] > 0 else 0.0
    )
    return max(across, 0.5 * down, 1.0)


def reduced(joints: F32, width: float, *pictures: U8) -> tuple[list[U8], F32]:
    """Pictures and masks of one size, made smaller (never larger) so that the shoulders are `width` pixels wide, and
    joints 18x3 on them."""
    rows, columns = pictures[0].shape[:2]
    scale = min(1.0, width / shoulder_width(joints))
    size = (max(8, round(columns * scale)), max(8, round(rows * scale)))
    small = [np.asarray(cv2.resize(x, size, interpolation=cv2.INTER_AREA), np.uint8) for x in pictures]
    moved = joints.copy()
    moved[:, :2] *= np.array(size) / (columns, rows)
    return small, moved


def on_part(joints: F32, part: tuple[slice, slice]) -> F32:
    """Joints 18x3 on a part of a picture, rows and columns of it."""
    return np.asarray(joints - np.array([part[1].start, part[0].start, 0], np.float32), np.float32)


def capsule(canvas: U8, joints: F32, a: Joint, b: Joint, thickness: float, beyond: float = 0.0) -> None:
    """A thick line between two joints, `beyond` the second by a share of its length; nothing if one is absent."""
    if joints[a, 2] == 0 or joints[b, 2] == 0:
        return
    start, end = joints[a, :2], joints[b, :2]
    draw.stroke(canvas, [start, end + beyond * (end - start)], thickness)


def limb_maps(joints: F32, size: tuple[int, int]) -> Mask:
    """Where arms, legs and chest are, clothed or not: upper arms, forearms with hands, legs, neck and chest.

    joints: 18x3 in pixels of a picture of `size` (height, width). Returns 4xHxW.
    """
    maps = np.zeros((4, *size), np.uint8)
    width = shoulder_width(joints)
    for shoulder, elbow, wrist in ARMS:
        capsule(maps[0], joints, shoulder, elbow, 0.30 * width)
        capsule(maps[1], joints, elbow, wrist, 0.22 * width, beyond=0.35)
    draw_legs(maps[2], joints, width)
    capsule(maps[3], joints, Joint.NECK, Joint.NOSE, 0.36 * width)
    corners = [Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER, Joint.LEFT_HIP, Joint.RIGHT_HIP]
    if (joints[corners, 2] > 0).all():
        draw.polygon(maps[3], joints[corners, :2], 1)
    return maps > 0


def draw_legs(canvas: U8, joints: F32, width: float) -> None:
    """Both legs as capsules; `width` is the shoulders'."""
    for hip, knee, ankle in LEGS:
        capsule(canvas, joints, hip, knee, THIGH * width)
        capsule(canvas, joints, knee, ankle, SHIN * width)


def below_knees(joints: F32, size: tuple[int, ...]) -> Mask:
    """HxW: the rows below both knees."""
    knees = [joints[j, 1] for j in (Joint.RIGHT_KNEE, Joint.LEFT_KNEE) if joints[j, 2] > 0]
    rows = np.arange(size[0])[:, None] >= (max(knees) if knees else size[0])
    return np.broadcast_to(rows, size)


def hand(elbow: F32, wrist: F32) -> F32:
    """The middle of a hand, (x, y), by its arm's."""
    return np.asarray(wrist + 0.3 * (wrist - elbow), np.float32)


def hands(joints: F32, size: tuple[int, int], radius: float) -> Mask:
    """HxW: discs about both hands, seen or not, of arms whose joints are there."""
    canvas = np.zeros(size, np.uint8)
    for _, elbow, wrist in ARMS:
        if joints[[elbow, wrist], 2].all():
            draw.disc(canvas, hand(joints[elbow, :2], joints[wrist, :2]), radius)
    return canvas > 0


def head(joints: F32, size: tuple[int, ...]) -> Mask:
    """HxW: a disc about the nose, if it is there."""
    canvas = np.zeros(size, np.uint8)
    if joints[Joint.NOSE, 2] > 0:
        draw.disc(canvas, joints[Joint.NOSE, :2], 0.5 * shoulder_width(joints))
    return canvas > 0


def neck_base(mask: Mask, neck: F32, width: float) -> Mask:
    """The part of a mask HxW below the base of a neck, (x, y), that a high neckline covers; empty off the picture.
    width: of the shoulders."""
    x, y = (int(v) for v in neck.round())
    aside, down = (round(share * width) for share in HIGH)
    return mask[max(0, y) : max(0, y + down), max(0, x - aside) : max(0, x + aside)]


def shows_hand(user: U8, joints: F32, elbow: Joint, wrist: Joint) -> bool:
    """Whether much of an arm's hand is seen, and its wrist is no guess."""
    if joints[elbow, 2] == 0 or joints[wrist, 2] < GUESS:
        return False
    disc = np.zeros(user.shape, np.uint8)
    draw.disc(disc, hand(joints[elbow, :2], joints[wrist, :2]), HAND * shoulder_width(joints))
    there = user[disc > 0]
    return bool(there.size and (there > 127).mean() > SEEN)
