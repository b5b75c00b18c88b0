"""Clothes that were taken for the bride: a collar on her neck, the end of a sleeve, told apart by colour and doubt."""

from __future__ import annotations

import cv2
import numpy as np

from tryon import draw, palette
from tryon.anchors import ARMS
from tryon.body_parts import below_knees, hand, hands, head, limb_maps, on_part, reduced, shoulder_width
from tryon.composer import MOSTLY
from tryon.images import F32, U8, Mask, around, grown, rims, shares, touched
from tryon.joints import Joint
from tryon.skin import UNLIKE, from_skin, skin_colour

WORK = 110.0  # pixels of the shoulders' width at which colours are compared
BESIDE = 0.35  # shoulder widths from clothes within which remains of them are looked for
CHIN, HAND, ARM = 0.36, 0.40, 0.24  # shoulder widths: about the nose, around a hand, across a forearm: not looked at
DOUBT, THICK = 170, 7  # of 255: the net is in doubt about what is hers by less; pixels at WORK across, if not an edge
CERTAIN, SELDOM, UNSEEN = 230, 0.35, 0.1  # of 255; a piece of which less is so certainly hers is in doubt as a whole,
# and shoulder widths about it where the net may have missed some
GRAIN = 0.002  # squared shoulder widths: a smaller piece is the net's noise
STRANGE = 26.0  # how far from her skin's colour remains are
# share of the distance to skin and hair that may lie between remains and the clothes' colours; and at hands, where a
# bag may be of the clothes' colour, unless that is a bright one; and there, if the net is in doubt
CLEARLY, SURELY, LIKELY = 0.6, 0.35, 0.5
APART, BRIGHT = 10.0, 25.0  # how far from hair remains are, at least; chroma of a bright colour
NEAR = 0.45  # shoulder widths from a hand within which things may be held
SAME, NEARLY = 10.0, 0.8  # how far from the clothes' colours what is of them is; the share of a piece that must be
TOUCH, LOOSE = 0.15, 0.02  # share of the rim of remains that lies on clothes, at least: an island in hair is hair;
# and of those that are surely not hair, being bright and very much of the clothes' colour


def found(photo: U8, user: U8, clothes: U8, joints: F32) -> Mask:
    """Where user is clothing after all, HxW. joints: 18x3 of the main person."""
    (little, hers, worn), moved = reduced(joints, WORK, photo, user, clothes)
    width = min(WORK, shoulder_width(joints))
    place, hands = _place(np.nan_to_num(moved), hers, worn, width)
    lab = cv2.cvtColor(little, cv2.COLOR_RGB2LAB).astype(np.float32)
    skin = np.sqrt(from_skin(little, skin_colour(little, hers, np.nan_to_num(moved))))
    rows = np.arange(len(little))[:, None]
    hair = (hers > 200) & (skin > STRANGE) & (rows < moved[Joint.NOSE, 1]) & (moved[Joint.NOSE, 2] > 0)
    bright = (lab[..., 1] - 128) ** 2 + (lab[..., 2] - 128) ** 2 > BRIGHT**2
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (THICK, THICK))
    doubt = cv2.morphologyEx((place & (hers <= DOUBT)).astype(np.uint8), cv2.MORPH_OPEN, disc) > 0
    strange = (place & (~hands | bright | doubt)) & (skin > STRANGE)
    from_hair = palette.away(lab[strange], lab[hair])
    other = np.minimum(skin[strange], from_hair)
    taken, sure = np.zeros(place.shape, np.uint8), np.zeros(place.shape, bool)
    near = palette.away(lab[strange], lab[(worn > 200) & around(place, BESIDE * width)])
    share = np.where(hands, np.where(doubt, LIKELY, SURELY), CLEARLY)[strange]
    taken[strange] = (near < other * share) & (from_hair > APART)
    sure[strange] = (near < other * SURELY) & bright[strange]
    round_ = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    kept = cv2.morphologyEx(taken, cv2.MORPH_CLOSE, round_)
    kept = cv2.dilate(cv2.morphologyEx(kept, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.ones((3, 3), np.uint8))
    kept = _touching(np.asarray(kept, np.uint8), worn > 127, sure)
    soft = cv2.GaussianBlur(kept * np.float32(255) * place, (0, 0), 1.2)
    large = cv2.resize(soft, photo.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(large > 110)


def strays(photo: U8, user: U8, clothes: U8, joints: F32) -> Mask:
    """Pieces of the user, HxW, that lie among clothes, away from her head, and are not of her skin's colour: on trunk
    and upper arms, far from her hands, the end of a scarf, a strap, a brooch; down to the knees, those of the clothes'
    colours, whatever a hand might hold: a trouser leg in its shade; and those that the net is in doubt about as a
    whole, with what is about them: a bit of a bag would hang in the air."""
    out, part = np.zeros(user.shape, bool), grown(touched(user), round(BESIDE * shoulder_width(joints)))
    if user[part].size:
        out[part] = _strays(photo[part], user[part], clothes[part], on_part(joints, part))
    return out


def _strays(photo: U8, user: U8, clothes: U8, joints: F32) -> Mask:
    """The same, of a part of the photo that shows all of her."""
    width, size, hers = shoulder_width(joints), (user.shape[0], user.shape[1]), user > 127
    count, parts, stats, _ = cv2.connectedComponentsWithStats(hers.astype(np.uint8))
    inside = np.asarray(parts, np.int32)
    upper, _, legs, trunk = limb_maps(joints, size)
    low = below_knees(joints, size)
    doubtful = (shares(user > CERTAIN, inside, count) < SELDOM) & (shares(low, inside, count) < MOSTLY)
    loose = doubtful | (shares((trunk | upper | legs) & ~low, inside, count) > MOSTLY)
    loose &= stats[:, cv2.CC_STAT_AREA] > GRAIN * width**2
    loose[inside[head(joints, size)]] = loose[0] = False
    if not loose.any():
        return np.zeros(size, bool)
    away = from_skin(photo, skin_colour(photo, hers * np.uint8(255), joints))
    loose &= shares(away > UNLIKE**2, inside, count) > MOSTLY
    far = shares(trunk | upper, inside, count) > MOSTLY
    far[inside[hands(joints, size, NEAR * width)]] = False
    far |= doubtful
    for number in np.flatnonzero(loose & ~far):
        far[number] = _of_clothes(photo, inside == number, clothes > 200, width)
    unseen = around((loose & doubtful)[inside], UNSEEN * width) & ~hers
    return np.asarray(((loose & far)[inside] | unseen) & around(clothes > 127, width), bool)


def _of_clothes(photo: U8, piece: Mask, worn: Mask, width: float) -> bool:
    """Whether most of a piece HxW is of the colours of the clothes about it."""
    part = grown(touched(piece), round(BESIDE * width))
    lab = cv2.cvtColor(photo[part], cv2.COLOR_RGB2LAB).astype(np.float32)
    near = palette.away(lab[piece[part]], lab[worn[part] & around(piece[part], BESIDE * width)])
    return bool((near < SAME).mean() > NEARLY)


def shrunk(user: U8, clothes: U8, reach: float) -> U8:
    """The user's mask without its edge of so many pixels beside clothes: colours mix there."""
    size = 2 * max(1, round(reach)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    beside = cv2.dilate((clothes > 64).astype(np.uint8), kernel) > 0
    return np.where(beside, cv2.erode(user, kernel), user).astype(np.uint8)


def _touching(mask: U8, clothes: Mask, sure: Mask) -> U8:
    """A mask without its pieces that do not lie beside clothes; those that are mostly `sure` need hardly touch them."""
    count, parts = cv2.connectedComponents(mask)
    inside = np.asarray(parts, np.int32)
    need = np.where(shares(sure, inside, count) > 0.5, LOOSE, TOUCH)
    return np.asarray((shares(clothes, rims(inside), count) > need)[inside] & (mask > 0), np.uint8)


def _place(joints: F32, user: U8, clothes: U8, width: float) -> tuple[Mask, Mask]:
    """Where remains may be: on her, near clothes, from beside the face to the knees; and where a hand and what it holds
    are, also below it, or legs, which count as such."""
    place = ((user > 64) & around(clothes > 127, BESIDE * width)).astype(np.uint8)
    hands = np.zeros_like(place)
    if joints[Joint.NOSE, 2] > 0:
        place[: max(0, int(joints[Joint.NOSE, 1]))] = 0
        draw.disc(place, joints[Joint.NOSE, :2], CHIN * width, 0)
    hips = float(joints[[Joint.RIGHT_HIP, Joint.LEFT_HIP], 1].max())
    torso = hips - float(joints[Joint.NECK, 1])
    place[max(0, int(hips)) + max(0, int(torso)) :] = 0
    hands[max(0, int(hips)) :] = 1
    for _, elbow, wrist in ARMS:
        if joints[[elbow, wrist], 2].all():
            draw.stroke(hands, joints[[elbow, wrist], :2], ARM * width)
            middle = hand(joints[elbow, :2], joints[wrist, :2])
            low = np.array([middle[0], max(middle[1], hips)])
            draw.stroke(hands, [middle, low], 2 * HAND * width)
    return place > 0, hands > 0
