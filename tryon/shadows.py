"""Soft shadows where things touch: of arms and hair on the gown, of the gown on the floor. Without them it floats."""

from __future__ import annotations

import cv2
import numpy as np

from tryon.anchors import Body
from tryon.blending import lit
from tryon.images import F32, U8, touched

REACH, ON_GOWN = 0.07, 0.22  # of the shadow beside what is before a gown, in shoulder widths; its depth
LOW, ON_FLOOR = 0.10, 0.38  # how far below a hem, in torsos, the floor is dark; how dark
FAINT = 0.01  # of a shadow: less is none
NEAR = 0.25  # torsos from the floor within which a hem must end to darken it


def cast(picture: U8, shade: F32) -> U8:
    """A picture HxWx3 with shadows HxW, 0 (none) to 1 (black)."""
    out, part = picture.copy(), touched(shade > 0)
    if shade[part].size:
        out[part] = lit(picture[part], 1 - shade[part])
    return out


def on_gown(front: U8, body: Body) -> F32:
    """HxW: what lies before the gown (a mask, 255 inside) darkens it a little, more below than above."""
    reach = REACH * max(body.shoulder_width, 0.5 * body.torso)
    return np.float32(ON_GOWN) * _soft(np.maximum(front, np.roll(front, round(0.4 * reach), 0)), reach)


def on_floor(alpha: U8, body: Body) -> F32:
    """HxW: the floor below a hem that reaches it."""
    rows = np.flatnonzero((alpha > 127).any(1))
    floor = float(body.pelvis[1]) + body.floor
    if not len(rows) or abs(rows[-1] - floor) > NEAR * body.torso:
        return np.zeros(alpha.shape, np.float32)
    reach = LOW * body.torso
    hem = alpha.copy()
    hem[: max(0, round(rows[-1] - 3 * reach))] = 0
    shade = _soft(np.roll(hem, round(0.35 * reach), 0), 0.4 * reach)
    shade[: max(0, round(rows[-1] - 2 * reach))] = 0
    return np.float32(ON_FLOOR) * shade


def _soft(mask: U8, reach: float) -> F32:
    """A mask 0..255 blurred, 0..1 and nothing far away; worked out small, since it is smooth."""
    scale = min(1.0, 3 / max(reach, 1e-6))
    small = cv2.resize(mask, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small.astype(np.float32) / 255, (0, 0), reach * scale)
    large = cv2.resize(blurred, mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.where(large > FAINT, large, 0), np.float32)
