"""Hands before clothes, their fingers drawn by colour: to a net a hand is a mitten, and what one sees between fingers
would lie on the gown.

About each hand, skin and what is beside it are told apart by two histograms (`tryon.odds`), which learn from what the
net is sure of, and then once more from what they found. What she holds is left alone: it is larger than a gap.
"""

from __future__ import annotations

import cv2
import numpy as np

from tryon import blending, draw, images, odds, palette
from tryon.anchors import ARMS
from tryon.body_parts import hand, shoulder_width, shows_hand
from tryon.images import F32, U8, Mask, around, touched, touching
from tryon.skin import from_skin, skin_colour

# in shoulder widths
REACH = 0.42  # of a hand, from its middle
WRIST = 0.1  # from the wrist to where a hand is told by colour: a watch or a bracelet may be before it
RIM = 0.03  # of that place
SURE, BESIDE = 0.025, 0.2  # from the net's edge: nearer, nothing is sure; farther, nothing is beside a hand
LENGTH = 0.08  # of what the net left out of a finger
NET, EDGE = 0.015, 0.01  # blurs: of what the net says, and of colours but for edges
# squared shoulder widths: what is larger is no gap, and no finger
THING, OWN, FINGER = 0.08, 0.01, 0.03
SOLID = 0.05  # shoulder widths: what is thinner is no part of a thing
# how far from her skin's colour hands are at most, and fingers that the net left out; and what is no skin
SHADED, ALIKE, OTHER = 48.0, 36.0, 26.0
PASSES, LEAST = 2, 30  # how often; pixels from which a histogram is made
BELIEF = 0.5  # weight of the net's odds beside those of colours
STEEP, MATTE = 1e-3, 2.5  # variance of light, 0..1, that is an edge; how steep a matte is in the odds
APART = 2.5  # odds of both, at least, on most of what is sure: else skin and clothes look alike
MOST = 0.35  # of what the net took for a hand: more is no gap
NEAR, CLEARLY = 14.0, 0.5  # from the clothes' colours; share of what lies between it and the hand's


def drawn(photo: U8, user: U8, clothes: U8, joints: F32) -> tuple[U8, U8]:
    """The masks of user and clothes, HxW each, 0..255, with each hand's fingers. joints: 18x3."""
    user, clothes = user.copy(), clothes.copy()
    width, tone = shoulder_width(joints), skin_colour(photo, user, joints)
    for _, elbow, wrist in ARMS:
        if not shows_hand(user, joints, elbow, wrist):
            continue
        place = _place(joints[[elbow, wrist], :2], user.shape, width)
        if not place.any():  # at the picture's edge
            continue
        part = touched(place)
        worn, before = clothes[part] > 127, user[part]
        after = _redrawn(photo[part], before, worn, place[part], tone, width)
        more = np.where(after < before, np.maximum(clothes[part], 255 - after), clothes[part])
        clothes[part] = np.where(after > before, np.minimum(more, 255 - after), more)
        ground = (after <= 127) & (clothes[part] <= 127)
        user[part] = _redrawn(photo[part], after, ground, place[part], tone, width)
    return user, clothes


def _place(arm: F32, size: tuple[int, ...], width: float) -> Mask:
    """HxW: about a hand, beyond its wrist. arm: elbow and wrist, 2x2."""
    canvas = np.zeros(size, np.uint8)
    draw.disc(canvas, hand(*arm), REACH * width)
    part = touched(canvas)
    rows, columns = np.mgrid[part].astype(np.float32)
    along = (arm[1] - arm[0]) / max(1.0, float(np.linalg.norm(arm[1] - arm[0])))
    beyond = (columns - arm[1, 0]) * along[0] + (rows - arm[1, 1]) * along[1]
    canvas[part] &= beyond > WRIST * width
    return canvas > 0


def _redrawn(photo: U8, user: U8, behind: Mask, place: Mask, tone: F32, width: float) -> U8:
    """The user's mask of a part of a photo, HxW, drawn by colour where `place` is, against what is `behind` a hand,
    clothes or the background. tone: her skin's colour, RGB."""
    hers, away, sure = user > 127, np.sqrt(from_skin(photo, tone)), max(1.0, SURE * width)
    skin = hers & ~around(~hers, sure) & (away < SHADED)
    beside = behind & ~around(user > 64, sure) & around(hers, BESIDE * width)
    if min(skin.sum(), beside.sum()) < LEAST:
        return user
    likely = _likely(photo, user, (skin, beside), (away < SHADED) & around(hers, sure), behind, width)
    if min(np.quantile(likely[skin], 0.2), -np.quantile(likely[beside], 0.95)) < APART:
        return user
    seen = skin & (likely > 0)
    common = _of_others(photo, skin & ((away < ALIKE) | _darker(photo, tone)), beside)
    if _holds(hers & (away > OTHER), common, place, width):
        return user
    lost = hers & (likely < 0) & common & place & _nearer(behind, ~behind & ~hers)
    lost &= ~images.large(lost, THING * width**2)
    if lost.sum() > MOST * (hers & place).sum():
        return user
    won = behind & ~hers & (likely > 0) & (away < ALIKE) & around(seen, LENGTH * width) & place
    won = touching(won, hers & (likely > 0), 1.5)
    won &= ~images.large(won, FINGER * width**2)
    kept = hers & ~lost | won
    changed = around(lost | won, 2 * sure) & place & (hers | behind)
    matte = 255 / (1 + np.exp(-MATTE * likely))
    matte = np.where(kept, matte.clip(128), np.where(likely < 0, matte, user))
    return np.where(changed, matte, user).astype(np.uint8)


def _of_others(photo: U8, skin: Mask, beside: Mask) -> Mask:
    """What is of the colours `beside` a hand rather than of its own, HxW."""
    lab = cv2.cvtColor(cv2.blur(photo, (3, 3)), cv2.COLOR_RGB2LAB).astype(np.float32)
    flat = lab.reshape(-1, 3)
    from_others, from_hand = (palette.away(flat, lab[part]).reshape(skin.shape) for part in (beside, skin))
    found = ((from_others < NEAR) & (from_others < CLEARLY * from_hand)).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(found, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0)


def _darker(photo: U8, tone: F32) -> Mask:
    """What is darker than a skin's colour, RGB: shade makes skin no lighter."""
    return np.asarray(photo.sum(2, dtype=np.int32) < tone.sum())


def _nearer(one: Mask, other: Mask) -> Mask:
    """What is nearer to one mask HxW than to another."""
    far, near = (cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3) for mask in (other, one))
    return np.asarray(near < far)


def _likely(photo: U8, user: U8, known: tuple[Mask, Mask], alike: Mask, behind: Mask, width: float) -> F32:
    """The logarithm of the odds that each pixel is her hand, HxW, by its colour and by what the net says. known: what
    is surely skin, and surely beside it; alike, behind: where either may be found."""
    light = np.asarray(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) / np.float32(255), np.float32)
    share = user / np.float32(255)
    net = cv2.GaussianBlur(np.log((share + 0.05) / (1.05 - share)), (0, 0), max(0.8, NET * width))
    skin, beside = (np.asarray(part, np.float32) for part in known)
    near = (behind | (user > 127)) & around(user > 127, BESIDE * width)
    for _ in range(PASSES):
        colour = blending.guided(light, odds.of_gown(photo, skin, beside), max(1, round(EDGE * width)), STEEP)
        likely = np.asarray(BELIEF * net + colour, np.float32)
        chance = 1 / (1 + np.exp(-likely))
        skin, beside = np.where((likely > 0) & alike, chance, 0) ** 2, np.where((likely < 0) & near, 1 - chance, 0) ** 2
    return likely


def _holds(strange: Mask, common: Mask, place: Mask, width: float) -> bool:
    """Whether a hand holds something: what is no skin is large, goes on beyond the hand's place, or is not of the
    clothes' colours."""
    round_ = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (max(3, round(SOLID * width)) | 1,) * 2)
    solid, other = (
        cv2.morphologyEx(m.astype(np.uint8), cv2.MORPH_OPEN, round_) > 0 for m in (strange, strange & ~common)
    )
    things = images.large(solid, THING * width**2) | images.large(other, OWN * width**2)
    rim = around(~place, RIM * width)
    return bool((place & things).any() or (touching(solid, place & ~rim) & rim).any())
