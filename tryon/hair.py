"""Long hair, told by where it is: fair hair looks like skin."""

from __future__ import annotations

import numpy as np

from tryon.anchors import ARMS
from tryon.body_parts import capsule, head, neck_base, shoulder_width
from tryon.images import F32, U8, Mask, around, touching
from tryon.joints import Joint
from tryon.landmarks import covered

# shoulder widths: half of what hair is thicker than; across a neck; beside a forearm, where nothing is hair
STRAP, THROAT, BESIDE = 0.05, 0.36, 0.12
OPEN, ENDS = 0.3, 0.33  # share of a neck's base that is bare at an open neckline; of neck to hips, below any hair


def locks(user: U8, joints: F32, limbs: Mask) -> U8:
    """Hair on her chest and shoulders, HxW 0 or 1, of whatever colour: what comes down beside a neck that is clothed,
    and on arms that are. limbs: as of `limb_maps`, 4xHxW."""
    width = shoulder_width(joints)
    base = neck_base(user > 127, joints[Joint.NECK, :2], width) if joints[Joint.NECK, 2] > 0 else limbs[:0]
    if not base.size or base.mean() > OPEN:
        return np.zeros_like(user)
    upper, lower, *_ = limbs
    skin = np.zeros_like(user)
    capsule(skin, joints, Joint.NECK, Joint.NOSE, THROAT * width)
    skin[around(lower, BESIDE * width)] = 1
    if any(joints[list(arm[:2]), 2].all() and covered(user, *joints[list(arm[:2]), :2]) > 0.5 for arm in ARMS):
        skin[upper] = 1
    hips = joints[[Joint.RIGHT_HIP, Joint.LEFT_HIP], 1].mean()
    skin[np.arange(len(user)) > hips - ENDS * (hips - joints[Joint.NECK, 1])] = 1
    thick = around(~around((skin > 0) | (user < 128), STRAP * width), STRAP * width)  # a bag's strap is thinner
    return np.asarray(touching(thick, thick & head(joints, user.shape)), np.uint8)
