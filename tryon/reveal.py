"""What the old clothes hid, at the photo's own size: her skin where her body is, else the background."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from tryon import behind, draw, flesh
from tryon.anchors import ARMS
from tryon.composer import LEGS, capsule, shoulder_width
from tryon.images import F32, U8, bleed, mix
from tryon.joints import Joint
from tryon.landmarks import covered

MARGIN = 1.7  # how much thicker than leg, neck and arm the band is in which skin may be; its outline is drawn later
FIRST_PART = 0.4  # of a bone that the photo shows, up to which old clothes may still have hidden it


class Revealed(NamedTuple):
    """What old clothes hid, at the photo's size."""

    picture: U8  # HxWx3, right inside the hole only
    light: float | None  # how its logarithm grows to the right over half her face; None where nothing was painted
    before: tuple[U8, U8]  # HxW each, 255 where the painted right and left forearm lie before a gown without sleeves


def fill(photo: U8, hole: U8, user: U8, joints: F32, alpha: U8, may_be_bare: U8) -> Revealed:
    """What shows in the hole.

    alpha: the warped gown's; may_be_bare: HxW, 255 where skin is plausible, see `bare`.
    """
    if not hole.any():
        return Revealed(photo, None, (hole, hole))
    unknown = (hole > 0) | (user > 64)
    wall = bleed(photo, ~unknown)
    body = flesh.paint(photo, hole, user, joints, alpha)
    cover = np.minimum(np.minimum(body.cover, may_be_bare), hole)
    open_ = np.where((cover < 255) & (alpha < 255), hole, 0).astype(np.uint8)
    wall = behind.fill(photo, wall, open_, unknown)
    right, left = (np.minimum(forearm, hole) for forearm in body.forearms)
    return Revealed(mix(body.picture, wall, cover), float(body.light[0]), (right, left))


def bare(joints: F32, user: U8, alpha: U8) -> U8:
    """Where skin may be painted about a warped gown, whose alpha is HxW: HxW, 0 or 255.

    On neck and chest, on arms that the photo does not show already, on legs below the hem: a gown hides hips and
    thighs, and what was beside its skirt was a trouser leg.
    """
    width = shoulder_width(joints)
    canvas = np.zeros(alpha.shape, np.uint8)
    for hip, knee, ankle in LEGS:
        capsule(canvas, joints, hip, knee, MARGIN * 0.42 * width)
        capsule(canvas, joints, knee, ankle, MARGIN * 0.30 * width)
    canvas[np.arange(len(alpha))[:, None] < _hem(alpha)] = 0
    capsule(canvas, joints, Joint.NECK, Joint.NOSE, MARGIN * 0.36 * width)
    size = round(0.15 * width) | 1
    near = np.asarray(cv2.dilate(user, np.ones((size, size))), np.uint8)  # joints may be a little off
    for shoulder, elbow, wrist in ARMS:
        capsule(canvas, joints, Joint.NECK, shoulder, 0.25 * width)
        for a, b, thick, beyond in ((shoulder, elbow, 0.25, 0.0), (elbow, wrist, 0.2, 0.45)):
            found = joints[a, 2] > 0 and joints[b, 2] > 0
            shown = found and covered(near, joints[a, :2], joints[b, :2]) > 0.6
            capsule(canvas, joints, a, b, MARGIN * thick * width, FIRST_PART - 1 if shown else beyond)
    _draw_chest(canvas, joints, width)
    return canvas * np.uint8(255)


def _hem(alpha: U8) -> npt.NDArray[np.int64]:
    """The row at which the skirt ends in each column; beside the skirt, and below a sleeve, its lowest row."""
    inside = alpha > 127
    rows = np.flatnonzero(inside.any(1))
    if not len(rows):
        return np.zeros(alpha.shape[1], np.int64)
    ends = len(alpha) - inside[::-1].argmax(0)
    is_skirt = inside.any(0) & (ends > rows[-1] - 0.15 * (rows[-1] - rows[0]))
    hem: npt.NDArray[np.int64] = np.where(is_skirt, ends, rows[-1])
    return hem


def _draw_chest(canvas: U8, joints: F32, width: float) -> None:
    """From the shoulders down to a low neckline, which narrows."""
    corners = [Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER, Joint.LEFT_HIP, Joint.RIGHT_HIP]
    if (joints[corners, 2] == 0).any():
        return
    right, left, left_hip, right_hip = joints[corners, :2]
    down = (left_hip + right_hip - left - right) / 2
    lower = (right + left) / 2 + 0.6 * down
    half = 0.2 * (left - right)
    draw.polygon(canvas, np.stack([right, left, left + 0.3 * down, lower + half, lower - half, right + 0.3 * down]), 1)
