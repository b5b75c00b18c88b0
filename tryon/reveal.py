"""What the old clothes hid, at the photo's own size: her skin where her body is, else the background."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from tryon import anatomy, behind, draw, flesh
from tryon.anchors import ARMS, SIDES
from tryon.blending import bleed, mix
from tryon.body_parts import LEGS, SHIN, THIGH, capsule, shoulder_width, shows_hand
from tryon.images import F32, U8, Mask, around, grown, rims, shares, spans, touched
from tryon.joints import Joint
from tryon.landmarks import covered, hidden_up_to
from tryon.skin import from_skin, skin_colour, unlike
from tryon.sleeves import SHEER

MARGIN = 1.7  # how much thicker than leg, neck and arm the band is in which skin may be; its outline is drawn later
BARED, INWARDS = 0.3, 75  # share of a forearm that is seen if it is bare; degrees by which one may be turned
LEFT, FRINGE = 0.45, 0.05  # shoulder widths across a turned arm that are cleared of what was seen of it; its fringe
GAP = 0.3  # shoulder widths: so narrow is a gap in hair
LOCKS = 0.2  # share of the rim of what hair encloses that is hair
CRACK = 0.02  # shoulder widths: so narrow is a crack between masks, which shows no background
SLOPE = 0.45  # shoulder widths across the band from neck to shoulder in which skin may be
HEM = 0.04  # of a gown's height, above its end: there it is as wide as its hem
LOW = 0.6  # of a shin: a hem below that moves no knee
KNEE = 0.21  # shoulder widths: half the breadth of a knee, and a little
SPREAD = 0.3  # how fast legs may come out beside a skirt that is narrower than they are
MESH = 0.12  # shoulder widths over which alpha is averaged: holes of lace are smaller
ROOM, SEAM = 0.12, 0.02  # shoulder widths about a body that a sheer sleeve may be wider; of its edge that no skin fills
FIRST_PART = 0.4  # of a bone that the photo shows, up to which old clothes may still have hidden it


class Revealed(NamedTuple):
    """What old clothes hid, at the photo's size."""

    picture: U8  # HxWx3, right inside the hole only
    light: float | None  # how its logarithm grows to the right over half her face; None where nothing was painted
    fade: U8  # HxW: share of the picture in skin beside the hole, where it is right too
    before: tuple[U8, U8]  # HxW each, 255 where the painted right and left forearm lie before a gown without sleeves
    skin: U8  # HxW: share of the picture that is painted skin


def fill(photo: U8, hole: U8, user: U8, joints: F32, alpha: U8, may_be_bare: flesh.Zones) -> Revealed:
    """What shows in the hole.

    alpha: the warped gown's; may_be_bare: where skin is plausible, see `bare`.
    """
    if not hole.any():
        return Revealed(photo, None, hole, (hole, hole), hole)
    unknown = (hole > 0) | (user > 64)
    wall = bleed(photo, ~unknown)
    body = flesh.paint(photo, hole, user, joints, alpha)
    limbs = np.maximum.reduce([body.cover.arms, body.cover.legs, np.where(hole > 0, 0, user)])
    fade = np.minimum(body.shaded, limbs)
    *upper, legs = (np.minimum(*pair) for pair in zip(body.cover, may_be_bare, strict=True))
    painted = np.maximum(*upper)
    fitted = _fitted(np.maximum(painted, np.minimum(user, body.cover.arms)), alpha, shoulder_width(joints))
    skin = np.maximum.reduce([painted, fitted, legs])
    fade = np.maximum(fade, np.where(user < 64, fitted, 0))
    cover = np.where(fade > 0, np.maximum(skin, limbs), np.minimum(skin, hole)).astype(np.uint8)
    open_ = np.where((cover < 255) & (alpha < 255), hole, 0).astype(np.uint8)
    wall = behind.fill(photo, wall, open_, unknown)
    hair, gaps = _hair(photo, np.where(hole > 0, 0, user).astype(np.uint8), joints)
    if (gaps := gaps & (open_ > 0) | _enclosed(open_ > 127, ~unknown, hair, shoulder_width(joints))).any():
        part = touched(hair | gaps)
        wall[part][gaps[part]] = bleed(photo[part], hair[part])[gaps[part]]
    right, left = (np.minimum(forearm, hole) for forearm in body.forearms)
    return Revealed(mix(body.picture, wall, cover), float(body.light[0]), fade, (right, left), cover)


def _fitted(skin: U8, alpha: U8, width: float) -> U8:
    """Cover HxW of what is to be skin besides, so that neck, chest and arms reach up to the edge of what one sees
    through: lace fits, and no wall shows in a sleeve beside the arm. skin: HxW, where they are painted, or seen; alpha:
    the gown's; width: of the shoulders."""
    out, part = np.zeros_like(skin), grown(touched(skin), round(ROOM * width))
    if not skin[part].size:
        return out
    inside, size = alpha[part] > 8, (round(MESH * width) | 1,) * 2
    mean = cv2.blur(alpha[part].astype(np.float32), size) / cv2.blur(inside.astype(np.float32), size).clip(1e-3)
    fitting = (mean < SHEER) & around(skin[part] > 127, ROOM * width) & ~around(~inside, SEAM * width)
    soft = cv2.GaussianBlur(fitting * np.float32(255), (0, 0), max(0.6, SEAM * width / 2))
    out[part] = np.where(soft > skin[part], soft, 0)
    return out


def _hair(photo: U8, hers: U8, joints: F32) -> tuple[Mask, Mask]:
    """Hair about the neck, HxW, and narrow gaps in it, where a collar lay before it. hers: HxW, 0..255, what the photo
    shows of her."""
    width, near = shoulder_width(joints), np.zeros_like(hers)
    capsule(near, joints, Joint.NOSE, Joint.NECK, 1.4 * width)
    hair, gaps, part = np.zeros(near.shape, bool), np.zeros(near.shape, bool), touched(near)
    if near[part].size:
        away = from_skin(photo[part], skin_colour(photo, hers, joints))
        seen = (unlike(away, hers[part], width) & near[part]) > 0
        free = ~around(seen, GAP * width / 2)
        hair[part], gaps[part] = seen, ~around(free, GAP * width / 2) & ~seen & (near[part] > 0)
    return hair, gaps


def _enclosed(open_: Mask, shown: Mask, hair: Mask, width: float) -> Mask:
    """The parts of the open hole, HxW, between neck and hair: they touch no background that is `shown`, and much of
    their rim is hair, which hangs on there. width: of the shoulders."""
    out, part = np.zeros(hair.shape, bool), grown(touched(hair), round(GAP * width))
    if not hair[part].any():
        return out
    count, found = cv2.connectedComponents(open_[part].astype(np.uint8))
    parts = np.asarray(found, np.int32)
    wide = around(~around(~shown[part], CRACK * width), CRACK * width + 2)
    wide[[0, -1]] = wide[:, [0, -1]] = True  # what goes on beyond is not enclosed
    kept = (shares(around(hair[part], 2), rims(parts), count) > LOCKS) & (shares(wide, parts, count) == 0)
    out[part] = kept[parts] & (parts > 0)
    return out


def tucked(joints: F32, user: U8, alpha: U8, sleeves: frozenset[str]) -> F32:
    """Joints 18x3 with forearms that clothes hid to the fingers, in a pocket say, turned inwards about their elbows
    until the gown covers their hands; as they were if no turn does it, or a sleeve of the gown follows them."""
    out, middle = joints.copy(), joints[[Joint.RIGHT_HIP, Joint.LEFT_HIP], 0].mean()
    for side, (_, elbow, wrist) in zip(SIDES, ARMS, strict=True):
        hidden = joints[[elbow, wrist], 2].all() and covered(user, joints[elbow, :2], joints[wrist, :2]) < BARED
        if side in sleeves or not hidden or shows_hand(user, joints, elbow, wrist):
            continue
        start, way = joints[elbow, :2], joints[wrist, :2] - joints[elbow, :2]
        inwards = -1 if start[0] < middle else 1  # a hanging forearm's turn towards the body
        for degrees in range(0, INWARDS, 5):
            angle = inwards * np.radians(degrees)
            turned = way @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
            if covered(alpha, start + turned * 0.9, start + turned * 1.4) == 1:
                out[wrist, :2] = start + turned
                break
    return out


def closer(joints: F32, user: U8, alpha: U8) -> F32:
    """Joints 18x3 with thighs that clothes hid moved inwards as far as they stand out beside the gown's hem, and as the
    other knee leaves room: nobody stands wider than her skirt."""
    inside, out, knees = alpha > 127, joints.copy(), joints[[Joint.RIGHT_KNEE, Joint.LEFT_KNEE]]
    rows = np.flatnonzero(inside.any(1))
    if not len(rows) or not knees[:, 2].all():
        return out
    row = int(rows[-1] - HEM * (rows[-1] - rows[0]))
    first, beyond = spans(inside[row : row + 1])
    width, middle = shoulder_width(joints), knees[:, 0].mean()
    room = max(0.0, abs(float(np.diff(knees[:, 0])[0])) / 2 - KNEE * width)
    for leg in LEGS:
        hip, knee, ankle = joints[list(leg)]
        if not (hip[2] and ankle[2]) or covered(user, knee[:2], ankle[:2]) > BARED:
            continue
        outwards, edge = (-1, first[0]) if knee[0] < middle else (1, beyond[0])
        shin = row >= knee[1]
        start, end, breadths = (knee, ankle, anatomy.CALF) if shin else (hip, knee, anatomy.THIGH)
        along = float(row - start[1]) / max(float(end[1] - start[1]), 1.0)
        half = np.interp(along, np.linspace(0, 1, len(breadths)), breadths) * width
        over = outwards * (start[0] + along * (end[0] - start[0]) - edge) + half
        if over > 0 and not (shin and along >= LOW):
            out[list(leg[:2]), 0] -= outwards * min(over / (1 - along if shin else 1.0), room)
    return out


def vacated(user: U8, joints: F32, after: F32) -> U8:
    """What of the user, HxW 0..255, is left of arms that were turned: joints 18x3 as they were, and after it."""
    left, width = np.zeros_like(user), shoulder_width(joints)
    for _, elbow, wrist in ARMS:
        if not np.array_equal(joints[wrist], after[wrist]):
            capsule(left, joints, elbow, wrist, LEFT * width, beyond=0.5)
    size = round(FRINGE * width) | 1
    return np.asarray(cv2.dilate(user * left, np.ones((size, size), np.uint8)), np.uint8)


def bare(joints: F32, user: U8, alpha: U8) -> flesh.Zones:
    """Where skin may be painted about a warped gown, whose alpha is HxW: 0 or 255.

    On neck and chest, on arms that the photo does not show already, on legs below the hem: a gown hides hips and
    thighs, and what was beside its skirt was a trouser leg.
    """
    width = shoulder_width(joints)
    chest, arms, legs = (np.zeros(alpha.shape, np.uint8) for _ in range(3))
    for hip, knee, ankle in LEGS:
        capsule(legs, joints, hip, knee, MARGIN * THIGH * width)
        capsule(legs, joints, knee, ankle, MARGIN * SHIN * width)
    legs[~_below_skirt(alpha)] = 0
    capsule(chest, joints, Joint.NECK, Joint.NOSE, MARGIN * 0.36 * width)
    size = round(0.15 * width) | 1
    near = np.asarray(cv2.dilate(user, np.ones((size, size))), np.uint8)  # joints may be a little off
    for shoulder, elbow, wrist in ARMS:
        capsule(chest, joints, Joint.NECK, shoulder, SLOPE * width)
        for a, b, thick, beyond in ((shoulder, elbow, 0.25, 0.0), (elbow, wrist, 0.2, 0.45)):
            found = joints[a, 2] > 0 and joints[b, 2] > 0
            shown = found and covered(near, joints[a, :2], joints[b, :2]) > 0.6
            hidden = max(FIRST_PART, hidden_up_to(near, joints[a, :2], joints[b, :2])) if shown else 1 + beyond
            capsule(arms, joints, a, b, MARGIN * thick * width, hidden - 1)
    _draw_chest(chest, joints, width)
    return flesh.Zones(*(zone * np.uint8(255) for zone in (chest, arms, legs)))


def _below_skirt(alpha: U8) -> Mask:
    """HxW: what lies below a skirt's end in its column, and, beside a skirt, so far below that legs come out of it."""
    inside = alpha > 127
    rows = np.flatnonzero(inside.any(1))
    if not len(rows):
        return np.ones(alpha.shape, bool)
    ends = len(alpha) - inside[::-1].argmax(0)
    skirt = np.flatnonzero(inside.any(0) & (ends > rows[-1] - 0.15 * (rows[-1] - rows[0])))
    columns = np.arange(alpha.shape[1])
    beside = np.maximum(skirt[0] - columns, columns - skirt[-1]).clip(0)
    hem = np.where(np.isin(columns, skirt), ends, rows[-1] + beside / SPREAD)
    return np.asarray(np.arange(len(alpha))[:, None] >= hem)


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
