"""The upper part of a gown that somebody wears in its picture, where a net sees too little: a strapless bodice between
bare arms, straps thinner than its pixels, and the air between arm and body. Colours tell them."""

from __future__ import annotations

import cv2
import numpy as np

from tryon import images, palette
from tryon.anchors import ARMS, BUST, Body
from tryon.images import F32, U8, Mask, large
from tryon.joints import Joint
from tryon.landmarks import covered

# in shoulder widths
CLOTH = 0.1  # a piece of a bodice is thicker
SIDE = 0.36  # half of a trunk that surely is no air
ABOVE, APART, CHEST = 0.2, 0.75, 0.55  # what is looked at: above the shoulders, from the body's middle, for straps
THIN = 0.12  # straps are thinner
UP, LOW = 0.12, 0.05  # so near the shoulders' line a strap reaches; and from so far below the bust's
STUB = 0.1  # above the bust's line: what is so thin there is a strap or nothing
BEND = 0.015  # how far, on average, a strap is from a straight line
POCKET = 0.003  # squared shoulder widths: less air is none
# shares of the distance to other colours
LIKE = 0.6  # that the gown's, or the wall's, may be away
OWN = 0.7  # that the gown's may be away from what a net doubts to be hers
BARE = 0.6  # of an upper arm that is skin
SURE = 230  # of 255: gown, or user, that tells its colours
SHADES = 12  # of skin and hair, or of a wall


def regained(picture: U8, masks: U8, body: Body) -> U8:
    """The masks HxWx2 (user, gown) with all of a bodice: what of her trunk is neither surely hers nor gown, and has the
    gown's colours rather than those of her skin, her hair, or the wall. picture: HxWx3."""
    trunk = body.trunk(masks.shape)
    part = images.touched(trunk)
    user, gown = masks[part][:, :, 0], masks[part][:, :, 1]
    disc = _disc(CLOTH * body.shoulder_width)
    doubted = (trunk[part] & (gown < SURE) & (user <= SURE)).astype(np.uint8)
    doubted = np.asarray(cv2.morphologyEx(doubted, cv2.MORPH_OPEN, disc))
    if not doubted.any():
        return masks
    found = gown > 127
    found[doubted > 0] |= _are_cloth(picture[part][doubted > 0], picture, masks, trunk)
    whole = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_CLOSE, disc)
    new = cv2.morphologyEx(whole * doubted * (gown <= 127), cv2.MORPH_OPEN, disc)
    soft = np.asarray(cv2.GaussianBlur(new * np.uint8(255), (0, 0), 0.8), np.uint8)
    out = masks.copy()
    out[part] = np.dstack([np.minimum(user, 255 - soft), np.maximum(gown, soft)])
    return out


def _are_cloth(colours: U8, picture: U8, masks: U8, trunk: Mask) -> Mask:
    """Which of Nx3 colours are a gown's, and not its wearer's or the wall's as both are seen beside her trunk, N."""
    user, gown = masks[:, :, 0], masks[:, :, 1]
    beside = ~trunk & (np.arange(len(trunk))[:, None] < np.flatnonzero(trunk.any(1))[-1])
    hers, wall = beside & (user > SURE), beside & (user < 8) & (gown < 8)
    asked, cloth, *others = (_lab(values) for values in (colours, *(picture[m] for m in (gown > SURE, hers, wall))))
    away = [palette.away(asked, other, SHADES) for other in others]
    return np.asarray(palette.away(asked, cloth) < OWN * np.minimum(*away))


def _lab(colours: U8) -> F32:
    """Nx3 RGB colours in Lab."""
    if not len(colours):
        return np.zeros((0, 3), np.float32)
    return cv2.cvtColor(colours.reshape(-1, 1, 3), cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float32)


def corrected(picture: U8, alpha: U8, user: U8, body: Body) -> U8:
    """The gown's alpha HxW with its straps and without air. picture: HxWx3; user: the wearer's mask HxW."""
    width = body.shoulder_width
    top = max(0, int(body.shoulders[:, 1].min() - ABOVE * width))
    bottom = max(top, int(body.line("waist")[:, 1].max()))
    left = max(0, int(body.neck[0] - APART * width))
    part = np.s_[top:bottom, left : max(left, int(body.neck[0] + APART * width))]
    gown, hers = alpha[part], user[part]
    if not gown.size or (gown > SURE).mean() < 0.02:
        return alpha
    right_bare, left_bare = (_is_bare(user, body, shoulder, elbow) for shoulder, elbow, _ in ARMS)
    place = _place(body, gown.shape, (left, top))
    bare = np.where(place[..., 0] < 0, right_bare, left_bare)
    if not bare.any():
        return alpha
    lab = cv2.cvtColor(picture[part], cv2.COLOR_RGB2LAB).astype(np.float32)
    out = alpha.copy()
    out[part] = _without_air(lab, gown, hers, bare & (np.abs(place[..., 0]) > SIDE), width)
    below = place[..., 1] - BUST * body.torso / width  # the bust's line
    chest = bare & (np.abs(place[..., 0]) < CHEST) & (below < LOW)
    cloth = np.asarray(cv2.morphologyEx(out[part], cv2.MORPH_OPEN, _disc(THIN * width)), np.uint8)  # what is no strap
    strap = _straps(lab, out[part], hers, cloth, (chest, place[..., 1] < UP), width)
    stub = chest & (below < -STUB) & (cv2.subtract(out[part], cloth) > 64)
    out[part] = np.maximum(np.where(stub, 0, out[part]), strap)
    return out


def _is_bare(user: U8, body: Body, shoulder: Joint, elbow: Joint) -> bool:
    """Whether an upper arm is seen and shows skin."""
    ends = body.joints[[shoulder, elbow]]
    return bool(ends[:, 2].all()) and covered(user, *ends[:, :2]) > BARE


def _place(body: Body, size: tuple[int, ...], corner: tuple[int, int]) -> F32:
    """How far each pixel is across and down from the neck, HxWx2, in shoulder widths."""
    rows, columns = np.indices(size, np.float32)
    away = np.dstack([columns + corner[0], rows + corner[1]]) - body.neck
    return np.asarray(away @ np.stack([body.across, body.down]).T / body.shoulder_width, np.float32)


def _nearer(lab: F32, where: Mask, these: Mask, others: Mask) -> Mask:
    """Where of HxWx3 colours are much nearer to these than to others."""
    out = np.zeros_like(where)
    out[where] = palette.away(lab[where], lab[these]) < LIKE * palette.away(lab[where], lab[others])
    return out


def _without_air(lab: F32, gown: U8, hers: U8, beside: Mask, width: float) -> U8:
    """The gown without what has the wall's colours beside the trunk."""
    wall = (gown < 8) & (hers < 8)
    air = _nearer(lab, beside & (gown > 8), wall, (gown > SURE) & ~beside).astype(np.uint8)
    whole = cv2.morphologyEx(cv2.morphologyEx(air, cv2.MORPH_CLOSE, np.ones((5, 5))), cv2.MORPH_OPEN, np.ones((5, 5)))
    pockets = large(whole > 0, POCKET * width**2)
    pocket = cv2.dilate(pockets.astype(np.uint8), np.ones((7, 7)))  # with the net's soft edge about it
    near = beside & (cv2.dilate(pocket, np.ones((9, 9))) > 0)
    left = np.where((pocket > 0) & beside & ((gown < SURE) | pockets), 0, gown).astype(np.uint8)
    thick = cv2.dilate(cv2.morphologyEx(left, cv2.MORPH_OPEN, np.ones((7, 7))), np.ones((3, 3)))
    return np.where(near, np.minimum(left, cv2.GaussianBlur(thick, (0, 0), 0.8)), left).astype(np.uint8)


def _disc(size: float) -> U8:
    """A disc of so many pixels, that nothing thinner holds."""
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (round(size) | 1,) * 2), np.uint8)


def _straps(lab: F32, gown: U8, hers: U8, cloth: U8, where: tuple[Mask, Mask], width: float) -> U8:
    """What leads from a gown's cloth over the chest's skin to a shoulder, HxW 0..255: straps the net sees, and what
    of the gown's colours looks like one. where: the chest, and so high that shoulders are."""
    chest, high = where
    skin = (hers > SURE) & (gown < 8)
    seen = chest & (gown > 127)
    told = _nearer(lab, chest & ((hers > 64) | (gown > 64)), cloth > SURE, skin)
    strap = _leading(seen, cloth, high, width) | _leading(told, cloth, high, width)
    return np.asarray(cv2.GaussianBlur(strap.astype(np.float32) * 255, (0, 0), 0.8), np.uint8)


def _leading(like: Mask, cloth: U8, high: Mask, width: float) -> Mask:
    """The thin straight pieces of a mask that lead from the cloth up to where it is high."""
    piece = like & (cv2.dilate(cloth, np.ones((3, 3))) < 128)
    piece &= cv2.morphologyEx(piece.astype(np.uint8), cv2.MORPH_OPEN, _disc(THIN * width)) == 0
    closed = cv2.morphologyEx(piece.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 3)))
    _, parts = cv2.connectedComponents(closed)
    rooted = np.unique(parts[cv2.dilate(cloth, np.ones((7, 7))) > 127])
    reaching = np.unique(parts[high])
    both = np.setdiff1d(np.intersect1d(rooted, reaching), 0)
    return np.isin(parts, [number for number in both if _bend(parts == number) < BEND * width])


def _bend(piece: Mask) -> float:
    """How far, on average, the middle of a piece lies aside of a straight line down it."""
    rows = np.flatnonzero(piece.any(1))
    middle = (piece[rows] * np.arange(piece.shape[1])).sum(1) / piece[rows].sum(1)
    slope, start = np.polyfit(rows, middle, 1) if len(rows) > 1 else (0.0, middle[0])
    return float(np.abs(middle - slope * rows - start).mean())
