"""What was taken for gown in a product picture and is not: skin at a neckline, a bag in a hand. Told by colours, and by
the net's doubts."""

from __future__ import annotations

import cv2
import numpy as np

from tryon import body_parts, draw, hidden, landmarks, palette
from tryon.anchors import ARMS, Body
from tryon.images import F32, U8, Mask, around, touched, touching
from tryon.skin import from_skin, skin_colour

# in shoulder widths
GRASP = 0.8  # from the middle of a hand, within which what it holds is looked for
BLUR = 0.04  # a pattern is finer: its colours are mixed before they are compared
CORE = 0.04  # from the gown's edge, where its colours are its own
LEAST, BAG = 0.05, 0.1  # the size of a piece of skin, and of a bag's
RIM = 0.16  # of what is held, around what was found of it
TOUCH = 0.06  # from her to what she holds
# in Lab
SKIN, OTHER = 27.0, 20.0  # as near to her skin's colour as this, and as far from the gown's, is skin
MANY = 24  # colours of a gown, to tell skin from
COLOURS = 10  # of a gown: it may have many
STRANGE = 15.0  # from the gown's colours elsewhere: something held
DOUBT = 24  # of 255: near a hand, what may be hers with so much is,
NEAR = 7.0  # but on her trunk only if it is so far from the gown's colours: folded hands lie on a bodice
NUDE = 0.12  # share of a gown that is of her skin's colour, above which that tells nothing


def cleared(picture: U8, masks: U8, body: Body) -> U8:
    """The masks HxWx2 (user, gown), what she holds and shows of her skin moved from gown to user."""
    user, gown = masks[:, :, 0], masks[:, :, 1].copy()
    outside = (user > 127) | (gown < 32)
    skin = touching(_skin(picture, user, gown, body), outside, TOUCH * body.shoulder_width)  # else it is a print
    hers = touching(skin, user > 127, TOUCH * body.shoulder_width)
    gown[around(skin, 1)] = 0  # or nobody's: the street beside an arm
    user = np.where(hers, 255, user).astype(np.uint8)
    bags = _bags(picture, user, gown > 127, body)
    edge = around(bags, 1)
    moved = np.maximum(user, np.where(edge, gown, 0))
    return np.dstack([moved, np.where(edge, 0, gown)]).astype(np.uint8)


def _opened(mask: Mask, size: float) -> Mask:
    """A mask without what is thinner than `size` pixels."""
    return around(~around(~mask, 0.5 * size), 0.5 * size)


def _core(gown: Mask, body: Body) -> Mask:
    return ~around(~gown, CORE * body.shoulder_width)


def _skin(picture: U8, user: U8, gown: U8, body: Body) -> Mask:
    """What of the gown is of her skin's colour, if the gown's own is another."""
    away = np.sqrt(from_skin(picture, skin_colour(picture, user, body.joints)))
    core, like = _core(gown > 200, body), (away < SKIN) & (gown > 32)
    if (core & like).sum() > NUDE * core.sum():
        return np.zeros(gown.shape, bool)
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)
    like[like] = palette.away(lab[like], lab[core & ~like], MANY) > OTHER
    return _opened(like, LEAST * body.shoulder_width)


def _bags(picture: U8, user: U8, gown: Mask, body: Body) -> Mask:
    """What hangs in a hand: of other colours than the gown, or what may be the user's."""
    found = np.zeros_like(gown)
    lab = cv2.cvtColor(cv2.GaussianBlur(picture, (0, 0), BLUR * body.shoulder_width), cv2.COLOR_RGB2LAB)
    core = _core(gown, body)
    least = np.where(body.trunk(gown.shape), NEAR, -1)
    for elbow, wrist in [arm[1:] for arm in ARMS]:
        if not body.joints[[elbow, wrist], 2].all():
            continue
        near = _in_reach(gown, body.joints[elbow, :2], body.joints[wrist, :2], body.shoulder_width)
        part, here = touched(near), (near > 0) & gown
        own = lab[core & (near == 0)].astype(np.float32)
        away, strange = palette.away(lab[here].astype(np.float32), own, COLOURS), here.copy()
        strange[here] = away > np.where(user[here] > DOUBT, least[here], STRANGE)
        found[part] |= _in_hand(strange[part], user[part] > 127, body.shoulder_width)
    return found & gown


def _in_reach(gown: Mask, elbow: F32, wrist: F32, width: float) -> U8:
    """Where something that a hand holds can be, HxW 0 or 1: around it and below, not on a sleeve."""
    near = np.zeros(gown.shape, np.uint8)
    beyond = body_parts.hand(elbow, wrist)
    draw.disc(near, beyond, GRASP * width)
    y, x = np.indices(gown.shape, np.float32)
    along = (wrist - elbow) / max(1.0, float(np.linalg.norm(wrist - elbow)))
    near[((x - wrist[0]) * along[0] + (y - wrist[1]) * along[1] < 0) & (y < wrist[1])] = 0
    if landmarks.covered(gown * np.uint8(255), elbow, wrist) > hidden.SLEEVE:
        draw.stroke(near, [elbow, beyond], hidden.FOREARM * width, 0)
    return near


def _in_hand(strange: Mask, hers: Mask, width: float) -> Mask:
    """The strange pieces that touch her, with all that lies between them: bags bulge everywhere."""
    pieces = touching(_opened(strange, BAG * width), hers, TOUCH * width)
    parts = cv2.connectedComponents(pieces.astype(np.uint8))[1]
    out = np.zeros(strange.shape, np.uint8)
    for number in range(1, int(parts.max()) + 1):
        points = np.argwhere(parts == number)[:, ::-1].astype(np.int32)
        cv2.fillConvexPoly(out, cv2.convexHull(points), 1)
    return around(out > 0, RIM * width)
