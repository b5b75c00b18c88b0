"""Holes in photos where clothes are, or are pretended to be: what is under them is known, and can be asked for."""

from __future__ import annotations

import cv2
import numpy as np

from tryon import draw
from tryon.anchors import ARMS
from tryon.body_parts import limb_maps, shoulder_width
from tryon.images import F32, U8, Mask
from tryon.joints import Joint
from tryon.segmentation import Region


def make_hole(region: U8, skin: Mask, joints: F32, chance: np.random.Generator) -> U8:
    """HxW, 255 where clothes are or are pretended to be: garments with a margin, sleeves or legs over bare skin."""
    width = shoulder_width(joints)
    clothes = (region == Region.GOWN).astype(np.uint8)
    margin = int(chance.integers(3, max(4, int(0.7 * width)))) | 1
    hole = cv2.dilate(clothes, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (margin, margin)))
    limbs = limb_maps(joints, (region.shape[0], region.shape[1])).astype(np.uint8)
    for limb in limbs[:3]:
        if chance.random() < 0.6:
            reach = int(chance.integers(3, max(4, int(0.45 * width)))) | 1
            hole |= cv2.dilate(limb, np.ones((reach, reach), np.uint8))
    if chance.random() < 0.5:  # a high collar
        hole |= limbs[3]
    kept = (region == Region.USER) & ~skin  # hair, shoes, a bag
    kept |= _discs(region, joints, width, hands=bool(chance.random() < 0.8))
    hole[kept] = 0
    return hole * 255


def _discs(region: U8, joints: F32, width: float, *, hands: bool) -> Mask:
    """The face and, if asked, the hands: never hidden."""
    canvas = np.zeros(region.shape, np.uint8)
    if joints[Joint.NOSE, 2] > 0:
        draw.disc(canvas, joints[Joint.NOSE, :2], 0.42 * width)
    for _, elbow, wrist in ARMS:
        if hands and joints[wrist, 2] > 0 and joints[elbow, 2] > 0:
            hand = joints[wrist, :2] + 0.3 * (joints[wrist, :2] - joints[elbow, :2])
            draw.disc(canvas, hand, 0.25 * width)
    return (canvas > 0) & (region == Region.USER)
