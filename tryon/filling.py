"""What a hand, hair or a bag hid of a gown in its picture, filled in from the gown itself."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tryon import draw, images
from tryon.images import F32, U8
from tryon.landmarks import Points, outline

SEEN, CLOSED = 0.25, 0.75  # shares: of a bodice that hair leaves free, of that which is gown if it goes up so far
EDGES = ("bust", "waist", "hip", "hem")


def fill(picture: U8, alpha: U8, user: U8, hair: U8, landmarks: Points) -> tuple[U8, U8]:
    """The gown HxWx4 with its holes filled, its colour running on under its edge; and the mask of what was filled.

    Light and colour come from around the hole, folds and pattern from the other side of the gown. hair: HxW, 1 where
    what is the wearer's is not of her skin's colour.
    """
    inside = np.zeros_like(alpha)
    draw.polygon(inside, outline(landmarks), 255)
    inside |= _under_hair(alpha, hair, landmarks)
    holes = ((inside > 0) & (alpha < 128) & (user > 127)).astype(np.uint8)
    wide = cv2.dilate(holes, np.ones((9, 9), np.uint8)) > 0  # the hole's rim is half hand, half gown
    solid = (cv2.erode((alpha > 200).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0) & ~wide
    colour = images.bleed(picture, solid)
    if holes.any():
        colour = np.where(wide[:, :, None], _with_detail(colour, solid, landmarks), colour)
    rim = wide & ((inside > 0) | (alpha > 48))
    matte = np.maximum(alpha, cv2.GaussianBlur(rim.astype(np.uint8) * 255, (5, 5), 0)).astype(np.uint8)
    return np.dstack([colour, matte]).astype(np.uint8), holes * np.uint8(255)


def _under_hair(alpha: U8, hair: U8, landmarks: Points) -> U8:
    """Where long hair lies on a bodice, HxW 0 or 255: on one that is seen everywhere else from the shoulders down."""
    upper = np.zeros_like(alpha)
    corners = ("shoulder_right", "shoulder_left", "bust_left", "bust_right")
    draw.polygon(upper, np.asarray([landmarks[name] for name in corners], np.float32), 255)
    strands = (upper > 0) & (hair > 0) & (alpha < 128)
    rest = (upper > 0) & (hair == 0)
    closed = rest.sum() > SEEN * (upper > 0).sum() and (alpha[rest] > 127).mean() > CLOSED
    return np.where(strands & closed, 255, 0).astype(np.uint8)


def _with_detail(colour: U8, solid: npt.NDArray[np.bool_], landmarks: Points) -> U8:
    """The smooth colour with the fine structure of the gown's other side, where that is to be seen."""
    smooth = colour.astype(np.float32)
    sigma = 0.03 * colour.shape[0]
    detail = np.where(solid[:, :, None], smooth - cv2.GaussianBlur(smooth, (0, 0), sigma), 0).astype(np.float32)
    x, y = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in colour.shape[1::-1]))
    across = (_axis(landmarks, y[:, :1]) - x).astype(np.float32)
    return np.asarray((smooth + cv2.remap(detail, across, y, cv2.INTER_LINEAR)).clip(0, 255), np.uint8)


def _axis(landmarks: Points, y: F32) -> F32:
    """Twice the x of the gown's middle on each row: what x and its mirror image add up to."""
    ends = [(landmarks[f"{part}_right"], landmarks[f"{part}_left"]) for part in EDGES]
    rows = [(right[1] + left[1]) / 2 for right, left in ends]
    return np.interp(y, rows, [right[0] + left[0] for right, left in ends]).astype(np.float32)
