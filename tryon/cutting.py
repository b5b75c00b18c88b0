"""A careful cut-out, by the colours of the picture at hand. For the catalogue the net looks four times as often as
for a request, for which only what nobody wears is cut so.

GrabCut draws the outline; where nobody wears the gown and the net is in doubt, `evidence` weighs what it says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np

from tryon import arms, bars, evidence, hangers, images, odds, segmentation, straps
from tryon.gown import Gown, cut_out
from tryon.images import F32, U8, Mask
from tryon.runtime import Ready
from tryon.segmentation import UNetConfig
from tryon.straps import LIKE, SURE, UNLIKE

UNSURE = "The gown's outline is in doubt: net and colours disagree. A plain background of another colour helps."
SIDE = 1024  # pixels of the longer side at which a picture is cut; its edges are then sharpened at its own size
ZOOMS = (1.0, 1.4)  # of a picture's longer side
NECK = 0.15  # of a gown's height, where a hanger may be
INSIDE, EDGE = 0.03, 0.1  # of the picture: so far inside a mask, and from the picture's edges, all is surely gown
FLOOR = 0.15  # of a picture's height, at its lower edge, where the net is not believed
OWN = 0.75  # share of a gown whose colours are its own, below which the background has them too and they tell nothing
TAG = 0.4  # of a gown's width: so large is a price tag at most
MESH = 0.012  # of a gown's height: holes of lace are smaller
THICK, LIKELY = 0.02, 0.68  # of a gown's height: thinner is its edge; of 1: how sure of a thicker piece the net must be
AGREE = 0.8  # least IoU of what the net sees and what colours say; with less, a net with few doubts has the last word


class Care(NamedTuple):
    """How a gown is cut out."""

    rounds: int  # of GrabCut
    doubt: float  # of a gown's area: a net that is unsure of less is believed where it is sure


class Known(NamedTuple):
    """What the net is sure of where nobody wears the gown, and what colours say by that, HxW each."""

    core: Mask  # surely gown
    clear: Mask  # surely background
    like: F32  # how much likelier each colour is the gown's: logarithms of odds


CATALOGUE, SERVED = Care(rounds=4, doubt=0.22), Care(rounds=1, doubt=0.14)  # of four looks, and of one


def look(net: Ready[UNetConfig], picture: U8) -> U8:
    """Masks HxWx2 (user, gown) of an HxWx3 picture, looked at carefully, and at its wearer's upper body if there is
    one."""
    return segmentation.closely(net, picture, _votes)


def _votes(net: Ready[UNetConfig], picture: U8) -> U8:
    """Masks HxWx2 of an HxWx3 picture: the mean over it and its mirror image, as it is and with a margin around it,
    since the net sees other things at another size."""
    height, width = picture.shape[:2]
    votes = []
    for zoom in ZOOMS:
        margin = round((zoom - 1) / 2 * max(height, width))
        wide = cv2.copyMakeBorder(picture, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
        inner = np.s_[margin : margin + height, margin : margin + width]
        for way in (1, -1):
            masks = segmentation.segment(net, np.ascontiguousarray(wide[:, ::way]))
            votes.append(cv2.resize(masks, wide.shape[1::-1])[:, ::way][inner].astype(np.float32))
    return np.asarray(np.mean(votes, 0).round(), np.uint8)


def alone(picture: U8, masks: U8, care: Care = CATALOGUE) -> Gown:
    """The gown of a picture, HxWx3 or HxWx4, in which nobody wears it. masks: as for `sharpen`.

    Raises GownNotFoundError.
    """
    sharp, agree = sharpen(images.on_grey(picture), masks, worn=False, care=care)
    return noted(cut_out(picture, sharp, None, things=sharp[:, :, 0]), picture, agree=agree)


def noted(gown: Gown, picture: U8, *, agree: bool) -> Gown:
    """A gown with a note if what the net sees and what was cut out of a picture without alpha disagree."""
    return gown if agree or picture.shape[2] == 4 else replace(gown, warnings=(*gown.warnings, UNSURE))


def sharpen(picture: U8, masks: U8, *, worn: bool, care: Care = CATALOGUE) -> tuple[U8, bool]:
    """Masks at the picture's own size, the gown's outline drawn to where its colours end; whether those agree.

    picture: HxWx3; masks: hxwx2 (user, gown). Where nobody wears the gown there is no skin: what looks like it is a
    hanger, or gown; in place of the user is then what lies on it: the bar of its hanger, a price tag.
    """
    small = np.asarray(cv2.resize(picture, masks.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8)
    user, gown = masks[:, :, 0], masks[:, :, 1]
    known = None if worn else _known(small, user, gown)
    settled = known is None or _decided(user, gown, care.doubt)
    if known and not settled:
        found, seen = _weighed(small, user, gown, known)
    else:
        found, seen = _outlined(small, user, gown, known, care.rounds)
    agree = bool((seen & found).sum() >= AGREE * (seen | found).sum())
    best = np.where(seen, gown, 0).astype(np.uint8) if settled and not agree else found * np.uint8(255)
    if known:
        best = hangers.without_hook(hangers.without_rings(best, known.like < UNLIKE))
        best = arms.without_arms(small, hangers.without_ends(best, gown > 127), known.core)
        user = np.maximum(bars.found(small, best), _lying(user, best))
    return np.dstack(segmentation.enlarge(np.dstack([user, best]), picture)), agree


def _outlined(picture: U8, user: U8, gown: U8, known: Known | None, rounds: int) -> tuple[Mask, Mask]:
    """Where the gown is by its colours, and where the net sees it, HxW each; of a net with few doubts. known: None if
    somebody wears it."""
    marks = _marks(user, gown, worn=known is None)
    if known:
        if known.like.any():
            _correct(marks, gown, known)
        else:  # a cover has the gown's colours: they may take, and add nothing
            marks[gown < 128] = cv2.GC_BGD
        plain = straps.before_plain(picture, user, gown, known.core, known.clear)
        marks[straps.missed(gown, known.core, plain)] = cv2.GC_FGD
    seen = (gown > 127) & (marks != cv2.GC_BGD)
    found = _by_colour(picture, marks, rounds)
    return found if known else _tidied(found | _kept(seen & ~found, gown)), seen


def _weighed(picture: U8, user: U8, gown: U8, known: Known) -> tuple[Mask, Mask]:
    """As `_outlined`, where nobody wears the gown and the net is in doubt; if of everything, its word stands."""
    core, clear, like = known
    likely = like if like.any() else straps.before_plain(picture, user, gown, core, clear)
    thin = straps.slim(straps.missed(gown, core, likely), gown, core)
    found, seen = _tidied(evidence.find(picture, np.dstack([user, gown]), core, clear, thin)), gown > 127
    found |= straps.bridges(found, gown, core, likely)
    return found if found.any() else seen, seen


def _known(picture: U8, user: U8, gown: U8) -> Known:
    """What is known of an HxWx3 picture; colours tell nothing, 0 all over, where the background has the gown's."""
    core, clear = surely(user, gown)
    like = odds.of_gown(picture, core, clear)
    own = core.any() and (like[core] > LIKE).mean() > OWN
    return Known(core, clear, like if own else np.zeros_like(like))


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
    return np.broadcast_to(np.arange(len(gown))[:, None] < straps.row_at(gown, NECK), gown.shape)


def _decided(user: U8, gown: U8, most: float) -> bool:
    """Whether the net has little doubt anywhere about a gown that nobody wears. most: of its area."""
    sure, never = (255 * share for share in (SURE[0], 1 - SURE[0]))
    seen = np.maximum(user, gown)
    doubt = (seen > never) & (seen < sure)
    return bool(doubt.sum() < most * (gown > 127).sum())


def _correct(marks: U8, gown: U8, known: Known) -> None:
    """Tell GrabCut more, in place, of a gown that nobody wears: what its colours say, and the floor's. A net without
    doubts is not contradicted where it is sure, but by a floor of quite another colour; a hem's shade is thin."""
    like, sure, floor = known.like, gown > 255 * SURE[0], _floor(gown)
    core = known.core | sure & ~floor
    least = np.where(sure, np.where(floor, UNLIKE, -np.inf), LIKE)
    shade = sure & floor & ~_wide(like < UNLIKE, gown)
    marks[((like < UNLIKE) & ~core & ~shade) | _around((like < least) & ~shade, marks)] = cv2.GC_BGD
    marks[(core & (like > 0)) | straps.missed(gown, core, like)] = cv2.GC_FGD
    marks[sure & ~floor & _lace(gown, like)] = cv2.GC_FGD


def _wide(mask: Mask, gown: U8) -> Mask:
    """What of a mask is no line, HxW."""
    size = 2 * max(1, round(MESH * float(np.ptp(np.flatnonzero((gown > 127).any(1)))))) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0)


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
