"""The composer: what stays in front of the gown.

It never redraws the gown. Preserve-or-generate per body part follows ACGPN (Yang et al., CVPR 2020): hair, forearms,
hands and what they hold are the photo's own pixels, but for the shade of an old sleeve on an arm. What the old clothes
hid is painted by `tryon.reveal`.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tryon import draw
from tryon.anchors import ARMS, SIDES
from tryon.body_parts import (
    LEGS,
    THIGH,
    below_knees,
    capsule,
    draw_legs,
    head,
    limb_maps,
    on_part,
    shoulder_width,
    shows_hand,
)
from tryon.hair import locks
from tryon.images import F32, U8, Mask, around, grown, touched
from tryon.landmarks import covered
from tryon.skin import SPECK, from_skin, skin_colour, unlike, unlike_skin

MOSTLY = 0.6  # share of a piece on the legs above which it is of the legs
APART, GRIP = 0.12, 0.3  # shoulder widths beside a limb, beyond which nothing is skin; from a hand to what it holds
BIT, TIED = 0.12, 0.004  # squared shoulder widths: a piece so small must have so much skin, or it is dropped
ALIKE = 30.0  # how far from her skin's colour what holds such a piece is at most
LEG = 0.9  # share of something on the legs above which it is one, bare above a stocking
PALM = 0.24  # shoulder widths: half of what a hand reaches about its middle, if it does not go on straight
LONG = 0.55  # share of a leg's length that no bag covers
SHOE = 0.8  # of the way from knee to ankle, from which on a shoe may be
SPUR, SHADED = 0.25, 40.0  # shoulder widths: what of a bag on a bare leg is narrower; and so near skin is skin
ABOUT = 0.5  # shoulder widths around her, beyond which nothing tells what is before a gown


def in_front(photo: U8, user: U8, joints: F32, sleeves: frozenset[str]) -> U8:
    """What of the bride stays in front of the gown, HxW 0..255: head, hair, forearms, hands and what they hold.

    Skin of chest, shoulders, upper arms and legs goes behind, and so do shoes, and an arm whose hand is not seen.
    `sleeves` names the sides ("right", "left") whose forearm the gown covers, up to the hand.
    """
    out, part = np.zeros_like(user), grown(touched(user), round(ABOUT * shoulder_width(joints)))
    if user[part].size:
        out[part] = _in_front(photo[part], user[part], on_part(joints, part), sleeves)
    return out


def _in_front(photo: U8, user: U8, joints: F32, sleeves: frozenset[str]) -> U8:
    """The same, of a part of the photo that shows all of her."""
    front, arms = _forearms(user, joints, sleeves)
    front[head(joints, user.shape)] = 1
    width, tone = shoulder_width(joints), skin_colour(photo, user, joints)
    away = from_skin(photo, tone)
    other = unlike(away, user, width)
    limbs = limb_maps(joints, (user.shape[0], user.shape[1]))
    bags = _carried(user, arms, other, joints, limbs)
    other |= bags | locks(user, joints, limbs)
    thighs = np.zeros_like(front)
    draw_legs(thighs, joints, width)
    below = below_knees(joints, user.shape)
    skin = np.where(other > 0, 0, user).astype(np.uint8)
    front[below | _bare_thighs(skin, joints) & (arms == 0) & (other == 0)] = 0  # a leg beside a hand
    tinted = limbs[0] & (away < SHADED**2)
    front |= (_held(other, thighs | below | tinted, joints) | bags) & ~_spurs(away, other, thighs, user, joints)
    front = _tied(front & (user > 127), (other == 0) & (away < ALIKE**2), joints)
    soft = cv2.GaussianBlur(front.astype(np.float32), (0, 0), max(0.8, 0.01 * width))
    return np.asarray((soft * user).astype(np.uint8))


def _forearms(user: U8, joints: F32, sleeves: frozenset[str] = frozenset()) -> tuple[U8, U8]:
    """Forearms whose hands are seen, under sleeves the hands alone, HxW 0 or 1: with what is about them, and alone."""
    width = shoulder_width(joints)
    near, arms = np.zeros(user.shape, np.uint8), np.zeros(user.shape, np.uint8)
    for side, (_, elbow, wrist) in zip(SIDES, ARMS, strict=True):
        if shows_hand(user, joints, elbow, wrist):
            start, end = joints[elbow, :2], joints[wrist, :2]
            way = (end - start) / max(float(np.linalg.norm(end - start)), 1.0)
            for canvas, thickness in ((near, 0.34 * width), (arms, 0.22 * width)):
                hand = end + thickness / 2 * way  # a stroke begins round, before its start
                draw.stroke(canvas, [hand if side in sleeves else start, end + 0.5 * (end - start)], thickness)
            draw.disc(near, end + PALM * width * way, PALM * width)
    return near, arms


def carried(photo: U8, user: U8, joints: F32) -> Mask:
    """What of the user, HxW, hangs at her arms and is no skin, whatever its colour: a bag."""
    limbs = limb_maps(joints, (user.shape[0], user.shape[1]))
    return _carried(user, _forearms(user, joints)[1], unlike_skin(photo, user, joints), joints, limbs) > 0


def _spurs(away: F32, other: U8, legs: U8, user: U8, joints: F32) -> U8:
    """Thin ends, HxW 0 or 1, of what is unlike skin (`other`), but not very, on bare `legs`: skin in a bag's shade.
    away: HxW, how far, squared, from her skin's colour."""
    width, out = shoulder_width(joints), np.zeros_like(other)
    near, reach = (legs > 0) & ~_clothed_legs(user, joints), SPUR * width / 2
    if not near.any():
        return out
    part = grown(touched(near), round(2 * reach + APART * width))
    solid = around(cv2.distanceTransform(other[part], cv2.DIST_L2, 3) > reach, reach)
    thin = (other[part] > 0) & ~solid & around(near[part], APART * width)
    out[part][thin] = away[part][thin] < SHADED**2
    return out


def _carried(user: U8, arms: U8, other: U8, joints: F32, limbs: Mask) -> U8:
    """What of the user, HxW 0 or 1, hangs beside `arms` (HxW, 1 where one is whose hand is seen), mostly off the trunk
    or mostly `other` than skin (HxW, 1 there), and not on the legs alone, where no limb is bare: no skin, whatever its
    colour. limbs: as of `limb_maps`, 4xHxW."""
    if not arms.any():
        return arms
    width = shoulder_width(joints)
    upper, lower, legs, trunk = limbs
    bare = legs & ~_clothed_legs(user, joints)
    hers = user > 127
    apart = hers & ~around(upper | lower | bare, APART * width)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(apart.astype(np.uint8))
    sizes = np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
    near = np.bincount(parts[around(arms > 0, GRIP * width)], minlength=count) > 0
    on_trunk, on_legs, strange = (np.bincount(parts[m], minlength=count) / sizes for m in (trunk, legs, other > 0))
    things = near & ((on_trunk < 0.5) | (strange > 0.5)) & (on_legs < LEG) & (sizes >= SPECK * width**2)
    things[parts[head(joints, user.shape)]] = False
    things[_along_legs(np.asarray(parts, np.int32), count, joints) > LONG] = False
    things[0] = False
    return np.asarray(around(things[parts], 1.5 * APART * width) & hers & ~bare, np.uint8)


def _along_legs(parts: npt.NDArray[np.int32], count: int, joints: F32) -> F32:
    """Of numbered parts, HxW, the share of a leg's length from hip to ankle that each covers, of the leg where that is
    more: trousers of skin's colour do much of it."""
    shares = np.zeros(count, np.float32)
    limits = np.array(parts.shape[::-1]) - 1
    for leg in LEGS:
        hip, knee, ankle = joints[list(leg)]
        if knee[2] > 0 and hip[2] > 0 and ankle[2] > 0:
            ways = [np.linspace(a[:2], b[:2], 32) for a, b in ((hip, knee), (knee, ankle))]
            x, y = np.concatenate(ways).round().astype(int).clip(0, limits).T
            shares = np.maximum(shares, np.bincount(parts[y, x], minlength=count) / len(x))
    return shares


def _clothed_legs(user: U8, joints: F32) -> Mask:
    """HxW: where legs, if she has any, are in trousers or under a long skirt, down to her shoes. One shin that is seen
    to be tells it for both: the other may be behind a bag."""
    shins = [joints[[knee, ankle]] for _, knee, ankle in LEGS if joints[[knee, ankle], 2].all()]
    if not shins or min(covered(user, knee[:2], ankle[:2]) for knee, ankle in shins) > 0.5:
        return np.zeros(user.shape, bool)
    shoes = min(knee[1] + SHOE * (ankle[1] - knee[1]) for knee, ankle in shins)
    return np.broadcast_to(np.arange(len(user))[:, None] < shoes, user.shape)


def _bare_thighs(skin: U8, joints: F32) -> Mask:
    """HxW: where thighs are whose lower half is bare. skin: HxW, 0..255, what is of her skin's colour."""
    out = np.zeros_like(skin)
    for hip, knee, _ in LEGS:
        there = joints[[hip, knee], 2].all()
        if there and covered(skin, joints[[hip, knee], :2].mean(0), joints[knee, :2]) > 0.5:
            capsule(out, joints, hip, knee, THIGH * shoulder_width(joints))
    return out > 0


def _tied(front: U8, skin_like: Mask, joints: F32) -> U8:
    """A mask without its small pieces that no skin holds: bits of a bag whose rest went with the clothes, or of these.
    skin_like: HxW."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(front)
    skin = np.bincount(parts[skin_like], minlength=count)
    width = shoulder_width(joints)
    loose = (stats[:, cv2.CC_STAT_AREA] < BIT * width**2) & (skin < TIED * width**2)
    return np.asarray(np.where(loose[parts], 0, front), np.uint8)


def _held(other: U8, legs: U8, joints: F32) -> U8:
    """Hair, a bag, jewellery: what is unlike skin, HxW 0 or 1. Pieces that lie on the legs, or below the knees (`legs`:
    HxW, 1 there), for the most part are stockings, shaded skin and shoes: a gown falls over those."""
    legs = legs.copy()
    for _, elbow, wrist in ARMS:
        if joints[elbow, 2] > 0 and joints[wrist, 2] > 0:
            grip = joints[wrist, :2] + 0.4 * (joints[wrist, :2] - joints[elbow, :2])
            draw.disc(legs, grip, 0.45 * shoulder_width(joints), 0)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(other)
    under = np.bincount(parts[legs > 0], minlength=count) / np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
    kept: U8 = (under < MOSTLY).astype(np.uint8)[parts] & other
    return kept
