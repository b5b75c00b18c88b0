"""Arms and shins where a photo shows them bare: where their middle is and how thick they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tryon.anatomy import FOREARM, UPPER_ARM, Arm, Arms, Bone, Shin, Shins, across, bone_of, calf
from tryon.anchors import ARMS, Body
from tryon.body_parts import LEGS, shoulder_width
from tryon.images import F32, U8

FEW, MUCH = 3, 10  # sections of a limb that must be seen to measure it, of an arm to call it bare
ARM = (0.75, 1.3)  # least and most thickness of an arm beside the usual
NOTHING = np.zeros((0, 3), np.float32)
ALONG, LOW_SHIN, SECTIONS = (0.1, 0.9), (0.6, 1.0), 17  # of a bone: where sections are looked at, and how many
ANKLE = (0.8, 1.25)  # least and most thickness of an ankle beside the usual: a boot is thicker
BREADTH, ASIDE = (0.4, 1.8), 0.9  # of the usual half breadth: what is seen, and how far beside its bone, is a limb
FOOT, BELOW, TOUCHES = 0.45, 0.6, 0.5  # a foot: so many calves away, so steeply below it, so many half breadths near it
END_OF_BONE = 0.3  # share of a bone that tells how thick an arm is at its joint


def bare_armed(body: Body, shown: U8) -> Body:
    """A body with its arms where a mask HxW of her shows them bare: sleeves must cover those."""
    joints, arms = fitted(body.joints, shown, MUCH)
    usual = UPPER_ARM[-1] * shoulder_width(joints)
    right, left = (0.0 if arm == Arm() else arm.elbow * usual for arm in arms)
    return replace(body, joints=joints, elbows=(right, left))


def fitted(joints: F32, shown: U8, least: int = FEW) -> tuple[F32, Arms]:
    """Joints 18x3 with the arms in the middle of what a mask HxW shows of them, and how thick the arms are there: what
    is painted goes on where the photo ends."""
    out, thick, width = joints.copy(), [], shoulder_width(joints)
    for shoulder, elbow, wrist in ARMS:
        upper, lower = (
            _sections(bone_of(joints, start, end, breadths, width), shown) if joints[[start, end], 2].all() else NOTHING
            for start, end, breadths in ((shoulder, elbow, UPPER_ARM), (elbow, wrist, FOREARM))
        )
        every = np.concatenate([upper, lower])
        if len(every) < least:
            thick.append(Arm())
            continue
        at_elbow = np.concatenate([upper[upper[:, 0] > 1 - END_OF_BONE], lower[lower[:, 0] < END_OF_BONE]])
        ends = [upper[upper[:, 0] < END_OF_BONE], at_elbow, lower[lower[:, 0] > 1 - END_OF_BONE]]
        found = [np.median(part if len(part) >= FEW else every, 0) for part in ends]
        for joint, (_, aside, _) in ((elbow, found[1]), (wrist, found[2])):
            out[joint, :2] += aside * across(joints[joint, :2] - joints[elbow if joint == wrist else shoulder, :2])
        thick.append(Arm(*(float(np.clip(factor, *ARM)) for _, _, factor in found)))
    return out, (thick[0], thick[1])


def fitted_shins(joints: F32, shown: U8) -> tuple[F32, Shins]:
    """Joints 18x3 with the ankles below the middle of what a mask HxW shows of shins below clothes, and how thick the
    legs are there."""
    out, shins, width = joints.copy(), [], shoulder_width(joints)
    for _, knee, ankle in LEGS:
        shin = Shin()
        if joints[[knee, ankle], 2].all():
            bone = calf(joints, knee, ankle, width)
            seen = _sections(bone, shown, LOW_SHIN)
            if len(seen := seen[seen[:, 2] < ANKLE[1]]) >= FEW:
                place, aside, factor = np.median(seen[:FEW], 0)
                out[ankle, :2] += aside / max(place, 0.5) * across(bone.end - bone.start)
                shin = Shin(float(max(factor, ANKLE[0])), float(place))
        shins.append(shin)
    return out, (shins[0], shins[1])


def on_feet(joints: F32, user: U8) -> F32:
    """Joints 18x3 with each ankle so far down, or aside, that its calf ends at the foot that a mask HxW shows below it:
    trousers that lie on shoes hide where an ankle is."""
    out, width = joints.copy(), shoulder_width(joints)
    calves = {leg[2]: calf(joints, *leg[1:], width) for leg in LEGS if joints[list(leg[1:]), 2].all()}
    for ankle, bone in calves.items():
        out[ankle, :2] += _to_foot(bone, user, [other.end for other in calves.values() if other is not bone])
    return out


def _to_foot(bone: Bone, user: U8, others: list[F32]) -> F32:
    """The way (x, y) from a calf's end to its foot; 0 if it is there, or no foot is seen. others: where others end."""
    length = float(np.linalg.norm(bone.end - bone.start))
    reach, half = FOOT * length, float(bone.breadths[-1])
    low, high = (np.maximum(bone.end + way * reach, 0).astype(int) for way in (-1, 1))
    y, x = np.nonzero(user[low[1] : high[1], low[0] : high[0]] > 127)
    ways = np.stack([x, y], 1) + low - bone.end
    away = np.linalg.norm(ways, axis=1)
    foot = (away < reach) & ((away < half) | (ways @ (bone.end - bone.start) > BELOW * length * away))
    for other in others:
        foot &= away < np.linalg.norm(ways + bone.end - other, axis=1)
    if not foot.any() or away[foot].min() < TOUCHES * half:
        return np.zeros(2, np.float32)
    return np.asarray(ways[foot & (away < away[foot].min() + half)].mean(0), np.float32)


def _sections(bone: Bone, shown: U8, span: tuple[float, float] = ALONG) -> F32:
    """Of a bone's sections with both edges seen, Nx3: where along the bone, in a span of 0..1, how far the middle lies
    aside, its share of the usual breadth."""
    way, most = bone.end - bone.start, 2.2 * float(bone.breadths.max())
    steps, found = np.linspace(-most, most, 64), []
    for share in np.linspace(*span, SECTIONS):
        line = bone.start + share * way + steps[:, None] * across(way)
        x, y = (line[:, i].round().astype(int).clip(0, shown.shape[1 - i] - 1) for i in (0, 1))
        runs = np.flatnonzero(np.diff(np.concatenate([[0], shown[y, x] > 127, [0]])))
        spans = [(a, b) for a, b in zip(runs[::2], runs[1::2], strict=True) if a > 0 and b < len(steps)]
        if not spans:
            continue
        a, b = min(spans, key=lambda s: abs(s[0] + s[1] - len(steps)))
        usual = float(np.interp(share, np.linspace(0, 1, len(bone.breadths)), bone.breadths))
        breadth, aside = float(steps[b - 1] - steps[a]) / 2, float(steps[a] + steps[b - 1]) / 2
        if BREADTH[0] < breadth / usual < BREADTH[1] and abs(aside) < ASIDE * usual:
            found.append((share, aside, breadth / usual))
    return np.array(found, np.float32).reshape(-1, 3)
