"""Which part of a body skin is of: in one light parts differ, and each tells most of those near it."""

from __future__ import annotations

import numpy as np

from tryon.body_parts import hands, limb_maps
from tryon.images import F32, Mask
from tryon.joints import Joint

HAND = 0.3  # shoulder widths: a hand's radius
CHIN = 0.46  # shoulder widths below the nose
SHOULDERS, HIPS = (Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER), (Joint.RIGHT_HIP, Joint.LEFT_HIP)


def zones(joints: F32, size: tuple[int, int], width: float) -> dict[str, Mask]:
    """Where the parts of a body are, HxW each, of joints 18x3 in pixels of a picture of `size` (height, width). The
    throat is the neck's upper half, which most collars leave bare; a face reaches into both. width: of the shoulders,
    pixels."""
    upper, lower, _, trunk = limb_maps(joints, size)
    at_hands = hands(joints, size, HAND * width)
    rows, rest = np.arange(size[0])[:, None], ~at_hands
    shoulders, hips = (float(joints[list(pair), 1].mean()) for pair in (SHOULDERS, HIPS))
    nose = float(joints[Joint.NOSE, 1])
    neck = rest & trunk & (rows > nose) & (rows < shoulders)
    body = rest & (rows >= shoulders) & (rows < hips)
    found = {
        "hands": at_hands,
        "throat": neck & (rows < (nose + CHIN * width + shoulders) / 2),
        "neck": neck,
        "chest": body & trunk & ~upper & ~lower,
        "upper": body & upper & ~lower,
        "lower": rest & lower & ~upper,
        "legs": rest & (rows > hips) & ~upper & ~lower,
    }
    return {name: np.asarray(mask) for name, mask in found.items()}
