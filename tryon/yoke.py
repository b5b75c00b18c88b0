"""A strap that went behind the neck in its own picture ends on the shoulder: none stands up beside the neck."""

from __future__ import annotations

import cv2
import numpy as np

from tryon import anatomy
from tryon.body_parts import reduced, shoulder_width
from tryon.images import F32, U8, around, grown, within
from tryon.joints import Joint

WORK = 72.0  # pixels of the shoulders' width at which the body's outline is worked out
BESIDE = 0.46  # shoulder widths beside the neck, up to which straps lie
SLIM = 0.16  # shoulder widths: what is broader is a shoulder or a collar, and stands as it was sewn
THICK, EDGE = 0.018, 0.015  # shoulder widths that cloth stands off the body; over which it ends


def laid(worn: U8, user: U8, joints: F32) -> U8:
    """A warped gown HxWx4 without what of its straps, above the shoulders, is not on her body.

    user: HxW, what the photo shows of her; joints: 18x3, the shoulders among them.
    """
    width, middle = shoulder_width(joints), float(joints[Joint.NECK, 0])
    line = float(joints[[Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER], 1].max())
    left, right = (max(0, round(middle + side * BESIDE * width)) for side in (-1, 1))
    part = np.s_[0 : max(0, round(line)), left : min(right, worn.shape[1])]
    alpha = worn[part][:, :, 3]
    if not alpha.any():
        return worn
    (hers,), moved = reduced(joints - np.array([left, 0, 0], np.float32), WORK, user[part])
    seen = cv2.distanceTransform((hers < 128).astype(np.uint8), cv2.DIST_L2, 3)
    small = np.minimum(anatomy.trunk(moved, (hers.shape[0], hers.shape[1])), seen)
    away = cv2.resize(small, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR) * (len(alpha) / len(hers))
    close = ((THICK * width - away) / (EDGE * width) + 0.5).clip(0, 1)
    out = worn.copy()
    out[part][:, :, 3] = alpha * np.maximum(close, _broad(worn[:, :, 3], part, width))
    return out


def _broad(alpha: U8, part: tuple[slice, slice], width: float) -> F32:
    """What of a gown, HxW, is no strap, in a part of the picture: 0 or 1; width: of the shoulders."""
    size = max(3, round(SLIM * width))
    wide = grown(part, 2 * size)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    opened = cv2.morphologyEx((alpha[wide] > 8).astype(np.uint8), cv2.MORPH_OPEN, disc) > 0
    return around(opened, EDGE * width)[within(part, wide)].astype(np.float32)
