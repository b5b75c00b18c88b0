"""What the nets found, drawn on the picture: masks in colour, the skeleton, the anchor lines."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from tryon import draw
from tryon.images import F32, U8
from tryon.joints import LIMBS

WARM, COOL = np.array([1, 0.6, 0.3], np.float32), np.array([0.3, 0.6, 1], np.float32)


def masks(photo: U8, user: U8, gown: U8) -> U8:
    """The photo HxWx3 with user in warm and gown in cool colour; masks HxW, 255 inside."""
    tint = user[:, :, None] * WARM + gown[:, :, None] * COOL
    return np.asarray((0.55 * photo + 0.45 * tint.clip(0, 255)).clip(0, 255), np.uint8)


def skeleton(photo: U8, joints: F32, thick: int, lines: Iterable[npt.NDArray[np.float32]] = ()) -> U8:
    """The photo with a coloured limb between every two joints that were found (18x3), and white lines (2x2 each)."""
    out = photo.copy()
    for number, (a, b) in enumerate(LIMBS):
        if joints[a, 2] > 0 and joints[b, 2] > 0:
            red, green, blue = colorsys.hsv_to_rgb(number / len(LIMBS), 0.85, 1)
            colour = (round(255 * red), round(255 * green), round(255 * blue))
            draw.stroke(out, [joints[a, :2], joints[b, :2]], thick, colour)
    for ends in lines:
        draw.stroke(out, ends, thick / 2, (255, 255, 255))
    return out
