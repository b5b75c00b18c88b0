"""A careful cut-out, by the colours of the picture at hand. For the catalogue the net looks four times, for a request
once, and only what nobody wears is cut so.

GrabCut draws the outline; where nobody wears the gown and the net is in doubt, `evidence` weighs what it says.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import cv2
import numpy as np

from tryon import evidence, hangers, images, odds, palette, segmentation
from tryon.images import F32, U8, Mask
from tryon.runtime import Ready
from tryon.segmentation import UNetConfig

SIDE = 1024  # pixels of the longer side at which a picture is cut; its edges are then sharpened at its own size
ZOOMS = (1.0, 1.4)  # of a picture's longer side
SURE = (0.88, 0.3)  # of 1: above is gown, below is not; between them colours decide
NECK = 0.15  # of a gown's height, where a hanger may be
INSIDE, EDGE = 0.03, 0.1  # of the picture: so far inside a mask, and from the picture's edges, all is surely gown
LIKE, UNLIKE = 1.0, -1.8  # logarithms of odds: above is the gown's colour, below the background's
FLOOR = 0.15  # of a picture's height, at its lower edge, where the net is not believed
OWN = 0.75  # share of a gown whose colours are its own, below which the background has them too and they tell nothing
PLAIN, APART, SAME = 3.0, 4.0, 25.0  # Lab: a ground that varies less is plain; what is no ground; what is gown's colour
STRAP, SLIM = 0.2, 0.12  # of a bodice's breadth: straps are narrower, and surely straps
TAG = 0.4  # of a gown's width: so large is a price tag at most
MESH = 0.012  # of a gown's height: holes of lace are smaller
THICK, LIKELY = 0.02, 0.68  # of a gown's height: thinner is its edge; of 1: how sure of a thicker piece the net must be
AGREE = 0.8  # least IoU of what the net sees and what colours say; with less the net's word stands


class Care(NamedTuple):
    """How a gown is cut out."""

    rounds: int  # of GrabCut
    doubt: float  # of a gown's area: a net that is unsure of less is believed where it is sure


CATALOGUE, SERVED = Care(rounds=4, doubt=0.22), Care(rounds=1, doubt=0.14)  # of four looks, and of one


def look(net: Ready[UNetConfig], picture: U8) -> U8:
    """Masks HxWx2 (user, gown) of an HxWx3 picture: the mean over it and its mirror image, as it is and with a margin
    around it, since the net sees other things at another size."""
    height, width = picture.shape[:2]
    votes = []
    for zoom in ZOOMS:
        margin = round((zoom - 1) / 2 * max(height, width))
        wide = cv2.copyMakeBorder(picture, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
        inner = np.s_[margin : margin + height, margin : margin + width]
        for way in (1, -1):
            masks = segmentation.segment(net, [np.ascontiguousarray(wide[:, ::way])])[0]
            votes.append(cv2.resize(masks, wide.shape[1::-1])[:, ::way][inner].astype(np.float32))
    return np.asarray(np.mean(votes, 0).round(), np.uint8)


def sharpen(picture: U8, masks: U8, *, worn: bool, care: Care = CATALOGUE) -> tuple[U8, bool]:
    """Masks at the picture's own size, the gown's outline drawn to where its colours end; whether those agree.

    picture: HxWx3; masks: hxwx2 (user, gown). Where nobody wears the gown there is no skin: what looks like it is a
    hanger, or gown; in place of the user is then what lies on it: the bar of its hanger, a price tag.
    """
    small = np.asarray(cv2.resize(picture, masks.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8)
    user, gown = masks[:, :, 0], masks[:, :, 1]
    settled = worn or _decided(user, gown, care.doubt)
    way = partial(_outlined, worn=worn, rounds=care.rounds) if settled else _weighed
    found, seen = way(small, user, gown)
    agree = bool((seen & found).sum() >= AGREE * (seen | found).sum())
    best = np.where(seen, gown, 0).astype(np.uint8) if settled and not agree else found * np.uint8(255)
    if not worn:
        best = hangers.without_hook(best)
        user = np.maximum(hangers.bars(small, best), _lying(user, best))
    return np.dstack(segmentation.enlarge(np.dstack([user, best]), picture)), agree


def _outlined(picture: U8, user: U8, gown: U8, *, worn: bool, rounds: int) -> tuple[Mask, Mask]:
    """Where the gown is by its colours, and where the net sees it, HxW each; of a net with few doubts."""
    marks = _marks(user, gown, worn=worn)
    if not worn:
        like = _likelier(picture, user, gown)
        if like.any():
            _correct(marks, gown, like)
        else:  # a cover has the gown's colours: they may take, and add nothing
            marks[gown < 128] = cv2.GC_BGD
        marks[_straps(gown, _core(gown), _apart(picture, user, gown))] = cv2.GC_FGD
    seen = (gown > 127) & (marks != cv2.GC_BGD)
    found = _by_colour(picture, marks, rounds)
    return _tidied(found | _kept(seen & ~found, gown)) if worn else found, seen


def _weighed(picture: U8, user: U8, gown: U8) -> tuple[Mask, Mask]:
    """As `_outlined`, where nobody wears the gown and the net is in doubt."""
    (core, clear), like = surely(user, gown), _likelier(picture, user, gown)
    straps = _straps(gown, core, like if like.any() else _apart(picture, user, gown))
    straps &= ~_thick(straps, SLIM * _bodice(gown, core))
    return _tidied(evidence.find(picture, np.dstack([user, gown]), core, clear, straps)), gown > 127


def surely(user: U8, gown: U8) -> tuple[Mask, Mask]:
    """What is surely the gown, well inside it, and what is surely background, HxW each."""
    return _core(gown), cv2.add(user, gown) < 255 * SURE[1]


def _lying(user: U8, gown: U8) -> U8:
    """What lies on a gown that nobody wears, HxW 0 or 255: a price tag, which the net takes for something of hers and
    which colours do not say is the gown's."""
    inside = gown > 127
    reach = TAG / 2 * float(np.ptp(np.flatnonzero(inside.any(0)) if inside.any() else 0))
    enclosed = ~images.around(~images.around(inside, reach), reach)
    count, parts = cv2.connectedComponents(((user > 127) & enclosed & ~_neck(gown)).astype(np.uint8))
    whole, own = (np.bincount(parts[where], minlength=count) for where in (parts > 0, inside))
    return np.where((own < 0.5 * whole)[parts], 255, 0).astype(np.uint8)


def _likelier(picture: U8, user: U8, gown: U8) -> F32:
    """How much likelier each pixel's colour is the gown's than the background's, HxW; 0 all over where the background
    has the gown's colours."""
    core, clear = surely(user, gown)
    like = odds.of_gown(picture, core, clear)
    own = core.any() and (like[core] > LIKE).mean() > OWN
    return like if own else np.zeros_like(like)


def _apart(picture: U8, user: U8, gown: U8) -> F32:
    """As `_likelier`, where the background has the gown's colours and is plain: thin pieces of the gown's colours that
    differ from the ground at all. 0 all over before a ground that is not plain."""
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)
    (core, clear), out = surely(user, gown), np.zeros(gown.shape, np.float32)
    breadth = _bodice(gown, core)
    if not clear.any() or not breadth:
        return out
    ground = np.median(lab[clear], 0)
    away = np.linalg.norm(lab - ground, axis=2)
    if np.percentile(away[clear], 90) > PLAIN:
        return out
    piece = (user < 255 * SURE[1]) & (gown < 255 * SURE[0]) & (away > APART)
    piece[piece] = palette.away(lab[piece], lab[core]) < SAME
    thin = piece & ~_thick(piece, STRAP * breadth)
    return np.where(thin | core, np.float32(odds.MOST), np.float32(0))


def _bodice(gown: U8, core: Mask) -> float:
    """How broad a gown's upper part surely is, 0 if that is not seen."""
    columns = np.flatnonzero(core[: _end(gown, 2 * NECK)].any(0))
    return float(np.ptp(columns)) if len(columns) else 0.0


def _thick(piece: Mask, breadth: float) -> Mask:
    """What of a piece, HxW, is broader than that, all around."""
    deep = cv2.distanceTransform(piece.astype(np.uint8), cv2.DIST_L2, 3) > breadth / 2
    return images.around(deep, breadth)


def _core(gown: U8) -> Mask:
    """What is surely gown and tells its colours: well inside what the net sees, and away from the picture's edges,
    where it sees gowns in floors."""
    sure = ~images.around(gown <= 255 * SURE[0], 0.5 * INSIDE * max(gown.shape))
    inner = np.zeros_like(sure)
    rows, columns = (round(EDGE * side) for side in gown.shape)
    inner[rows:-rows, columns:-columns] = sure[rows:-rows, columns:-columns]
    return inner


def _marks(user: U8, gown: U8, *, worn: bool) -> U8:
    """What GrabCut is told: sure or likely, gown or background."""
    sure, never = (round(255 * share) for share in SURE)
    outside = (user > 127) if worn else np.zeros(user.shape, bool)
    certain = gown > sure
    if not worn:
        certain &= ~_neck(gown)
    kinds = [outside | (cv2.add(user, gown) < never), certain, gown > 127]
    return np.select(kinds, [cv2.GC_BGD, cv2.GC_FGD, cv2.GC_PR_FGD], cv2.GC_PR_BGD).astype(np.uint8)


def _neck(gown: U8) -> Mask:
    """A gown's upper end, HxW: a hanger and the wall in it look like a neck, so colours decide there."""
    return np.broadcast_to(np.arange(len(gown))[:, None] < _end(gown, NECK), gown.shape)


def _end(gown: U8, share: float) -> int:
    """The row that lies so far down a gown, in shares of its height."""
    rows = np.flatnonzero((gown > 127).any(1))
    return round(rows[0] + share * float(np.ptp(rows))) if len(rows) else 0


def _decided(user: U8, gown: U8, most: float) -> bool:
    """Whether the net has little doubt anywhere about a gown that nobody wears. most: of its area."""
    sure, never = (255 * share for share in (SURE[0], 1 - SURE[0]))
    seen = np.maximum(user, gown)
    doubt = (seen > never) & (seen < sure)
    return bool(doubt.sum() < most * (gown > 127).sum())


def _correct(marks: U8, gown: U8, like: F32) -> None:
    """Tell GrabCut more, in place, of a gown that nobody wears: what its colours say, and the floor's. A net without
    doubts is not contradicted where it is sure, but by a floor of quite another colour."""
    sure, floor = gown > 255 * SURE[0], _floor(gown)
    core = _core(gown) | sure & ~floor
    least = np.where(sure, np.where(floor, UNLIKE, -np.inf), LIKE)
    marks[((like < UNLIKE) & ~core) | _around(like < least, marks)] = cv2.GC_BGD
    marks[(core & (like > 0)) | _straps(gown, core, like)] = cv2.GC_FGD
    marks[sure & ~floor & _lace(gown, like)] = cv2.GC_FGD


def _lace(gown: U8, like: F32) -> Mask:
    """Where most of what is near is of the gown's colours, HxW: the ground shows through lace."""
    height = float(np.ptp(np.flatnonzero((gown > 127).any(1)))) if (gown > 127).any() else 0.0
    near = (2 * max(1, round(MESH * height)) + 1,) * 2
    return np.asarray(cv2.blur((like > 0).astype(np.float32), near) > 0.5)


def _floor(gown: U8) -> Mask:
    """The picture's lower end, Hx1: floors are taken for gowns there."""
    return np.arange(len(gown))[:, None] >= round((1 - FLOOR) * len(gown))


def _around(other: Mask, marks: U8) -> Mask:
    """What, of other colours than the gown, hangs together with the picture's edge."""
    loose = cv2.copyMakeBorder(
        (other | (marks == cv2.GC_BGD)).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1
    )
    parts = cv2.connectedComponents(loose)[1]
    return np.asarray((parts == parts[0, 0])[1:-1, 1:-1])


def _straps(gown: U8, core: Mask, like: F32) -> Mask:
    """What the net misses of a gown's upper part: pieces of its colours that rise from it."""
    rows, columns = (np.flatnonzero((gown > 127).any(axis)) for axis in (1, 0))
    if not len(rows) or not core.any():
        return np.zeros_like(core)
    beside = np.arange(len(gown))[:, None] >= core.any(1).argmax()  # there walls in its shade come near its colours
    piece = (like > np.where(beside, LIKE, 0)).astype(np.uint8)
    height = float(np.ptp(rows))
    piece[round(rows[0] + 2 * NECK * height) :] = 0
    piece[: max(0, round(rows[0] - 2 * NECK * height))] = 0
    aside = round(0.1 * float(np.ptp(columns)))
    piece[:, : max(0, columns[0] - aside)] = piece[:, columns[-1] + aside :] = 0
    for operation, size in ((cv2.MORPH_OPEN, 3), (cv2.MORPH_CLOSE, 7)):
        piece = np.asarray(cv2.morphologyEx(piece, operation, np.ones((size, size), np.uint8)), np.uint8)
    parts = cv2.connectedComponents(piece | (gown > 127).astype(np.uint8))[1]
    return (piece > 0) & np.isin(parts, np.setdiff1d(parts[core], 0)) & (gown < 255 * SURE[0])


def _by_colour(picture: U8, marks: U8, rounds: int) -> Mask:
    """Where the gown is, HxW, by GrabCut (Rother et al., SIGGRAPH 2004)."""
    if (marks == cv2.GC_FGD).any() and (marks == cv2.GC_BGD).any():
        cv2.setRNGSeed(0)
        cv2.grabCut(picture, marks, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), rounds, cv2.GC_INIT_WITH_MASK)
    return np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD))


def _kept(lost: Mask, gown: U8) -> Mask:
    """What colours may not take of a gown on its wearer, HxW: they draw its edge, and a street's grey takes no silver
    skirt from whoever stands on it. lost: what they took; gown: what the net sees."""
    if not lost.any():
        return lost
    size = max(3, round(THICK * float(np.ptp(np.flatnonzero((gown > 127).any(1))))) | 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    parts = cv2.connectedComponents(cv2.morphologyEx(lost.astype(np.uint8), cv2.MORPH_OPEN, disc))[1].ravel()
    sure = np.bincount(parts, gown.ravel()) > 255 * LIKELY * np.bincount(parts)
    return np.asarray((sure[parts] & (parts > 0)).reshape(lost.shape))


def _tidied(mask: Mask) -> Mask:
    """A mask without specks and cracks."""
    tidy = mask.astype(np.uint8)
    for operation, size in ((cv2.MORPH_OPEN, 3), (cv2.MORPH_CLOSE, 5)):
        tidy = np.asarray(cv2.morphologyEx(tidy, operation, np.ones((size, size), np.uint8)), np.uint8)
    return tidy > 0
