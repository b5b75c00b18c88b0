"""What the old clothes hid, at the photo's own size: the composer's small picture made into skin and background.

The composer says where skin is and what tones there are; it paints at 288x192. Enlarged as it is, an arm has the edge
of a cloud and the wall behind it none of its grain. So its layout is decided at the photo's own size, and background
near the edge of the hole is the photo's own, mirrored across that edge.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch

from tryon import draw
from tryon.anchors import ARMS
from tryon.composer import LEGS, ComposerConfig, capsule, from_skin, limb_maps, planes, shoulder_width, skin_colour
from tryon.images import F32, U8, Letterbox, bleed, mix, touched
from tryon.joints import Joint
from tryon.landmarks import covered
from tryon.runtime import Ready

DEEP = 0.07  # of the picture's height: how far into the hole the mirrored background reaches
MARGIN = 1.25  # how much thicker than neck and legs the band is in which the composer may see them; an arm is an arm
FIRST_PART = 0.4  # of a bone that the photo shows, up to which old clothes may still have hidden it
LEAST = 12  # canvas pixels of real skin, below which the composer's own tone is taken
SKIN = 12.0  # how far from the face's colour real skin may be
FACE = 0.3  # shoulder widths around the nose
ONE_WAY = 6.0  # canvas pixels by which the ways to the mirror may differ around a pixel, before it is none


def fill(net: Ready[ComposerConfig], photo: U8, hole: U8, user: U8, joints: F32, may_be_bare: U8) -> U8:
    """What shows in the hole: a picture HxWx3 of the photo's size, right inside the hole only.

    may_be_bare: HxW, 255 where skin is plausible, see `bare`.
    """
    if not hole.any():
        return photo
    box = Letterbox.fit((photo.shape[0], photo.shape[1]), net.canvas)
    moved = joints.copy()
    moved[:, :2] = box.points(joints[:, :2])
    small = {"hole": box.image(hole, fill=0), "user": box.image(user, fill=0)}
    inputs = planes(box.image(photo), small["hole"], small["user"], np.nan_to_num(moved))
    out = net(torch.from_numpy(inputs)[None])[0]
    # where the composer is sure of skin it never had to learn what is behind, and paints anything there
    behind = out[:3] + (torch.from_numpy(inputs[:3]) - out[:3]) * out[6:].sigmoid()
    real = _real_skin(box.image(photo), np.where(small["hole"] > 0, 0, small["user"]).astype(np.uint8), moved)
    layout = out[6].numpy()
    tones = _toned(out[3:6].permute(1, 2, 0).numpy(), inputs[:3].transpose(1, 2, 0), real)
    wall, skin = _enlarged(behind.permute(1, 2, 0).numpy(), box), _enlarged(tones, box)
    wall = _mirrored(photo, wall, box, (small["hole"] > 0) | (small["user"] > 127), hole)
    return mix(skin, wall, _decided(box.inverse_image(layout), np.minimum(may_be_bare, hole)))


def _real_skin(photo: U8, user: U8, joints: F32) -> npt.NDArray[np.bool_]:
    """Where a picture on the canvas shows skin of face, neck, arms and hands: no hair, no shoe."""
    limbs = limb_maps(joints, user.shape)[[1, 3]].max(0).astype(np.uint8)
    if joints[Joint.NOSE, 2] > 0:
        draw.disc(limbs, joints[Joint.NOSE, :2], FACE * shoulder_width(joints), 1)
    alike = (limbs > 0) & (user > 127) & (from_skin(photo, skin_colour(photo, user, joints)) < SKIN**2)
    return cv2.morphologyEx(alike.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0


def _toned(skin: F32, photo: F32, real: npt.NDArray[np.bool_]) -> F32:
    """The composer's light and shade with the hue of the real skin nearby: HxWx3 each, -1..1.

    real: where the photo shows skin.
    """
    if real.sum() < LEAST:
        return skin
    tone = bleed((photo * 127.5 + 127.5).round().astype(np.uint8), real).astype(np.float32) / 127.5 - 1
    tone = np.asarray(cv2.GaussianBlur(tone, (0, 0), 2), np.float32)
    toned: F32 = tone + skin.mean(2, keepdims=True) - tone.mean(2, keepdims=True)
    return toned


def _enlarged(tones: F32, box: Letterbox) -> U8:
    """A picture HxWx3 on the canvas, -1..1, at the photo's size."""
    return np.asarray(box.inverse_image((tones * 127.5 + 127.5).round().clip(0, 255).astype(np.uint8)), np.uint8)


def _decided(logit: F32, may_be_bare: U8) -> U8:
    """Skin, 255, or not: with an edge as sharp as a photo's, where the layout changes its mind."""
    return np.asarray(cv2.GaussianBlur(np.where(logit > 0, may_be_bare, 0).astype(np.uint8), (0, 0), 1.0), np.uint8)


def _mirrored(photo: U8, wall: U8, box: Letterbox, unknown: npt.NDArray[np.bool_], hole: U8) -> U8:
    """The background with the photo itself, mirrored across the edge of what is unknown (a mask on the canvas).

    The deeper in the hole, the less of it; nothing where the mirror would show the hole or the bride.
    """
    closed = np.asarray(cv2.dilate(box.crop(unknown.astype(np.uint8)), np.ones((3, 3))), np.uint8)
    away, place, spread = _to_the_mirror(closed)
    x, y = cv2.split(place)
    seen = cv2.remap(closed, x, y, cv2.INTER_NEAREST, borderValue=1)
    near = (1 - away / (DEEP * closed.shape[0])).clip(0, 1) * (2 - spread / ONE_WAY).clip(0, 1)
    share = cv2.GaussianBlur(np.where(seen > 0, 0, 255 * near).astype(np.uint8), (0, 0), 1.5)
    size, part = (photo.shape[1], photo.shape[0]), touched(hole)
    x, y = cv2.split(cv2.resize((place + 0.5) / box.scale - 0.5, size)[part])
    mirror = wall.copy()
    mirror[part] = cv2.remap(photo, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return mix(mirror, wall, np.minimum(cv2.resize(share, size), hole))


def _to_the_mirror(closed: U8) -> tuple[F32, npt.NDArray[Any], F32]:
    """How deep each closed pixel is in its hole, HxW; where its mirror image outside is, HxWx2; how far the ways there
    differ around it, HxW: much, where the hole's two sides meet."""
    away, nearest = cv2.distanceTransformWithLabels(closed, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    edges = np.zeros((int(nearest.max()) + 1, 2), np.float32)
    edges[nearest[closed == 0]] = np.argwhere(closed == 0)[:, ::-1]
    here = np.indices(closed.shape, np.float32)[::-1].transpose(1, 2, 0)
    way = 2 * (edges[nearest] - here)
    mean, square = (cv2.GaussianBlur(x, (0, 0), 2) for x in (way, way**2))
    return np.asarray(away, np.float32), here + mean, np.sqrt((square - mean**2).clip(0).sum(2))


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
        for a, b, thick, beyond in ((shoulder, elbow, 0.30, 0.0), (elbow, wrist, 0.22, 0.35)):
            found = joints[a, 2] > 0 and joints[b, 2] > 0
            shown = found and covered(near, joints[a, :2], joints[b, :2]) > 0.6
            capsule(canvas, joints, a, b, thick * width, FIRST_PART - 1 if shown else beyond)
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
