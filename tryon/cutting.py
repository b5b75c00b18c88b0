"""A careful cut-out for the catalogue: two looks, then colours. Takes two seconds; serving looks once."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tryon import dressing, images, segmentation
from tryon.images import U8
from tryon.runtime import Ready
from tryon.segmentation import UNetConfig

SIDE = 1024  # pixels of the longer side at which a picture is cut; its edges are then sharpened at its own size
SURE = (0.88, 0.3)  # of 1: above is gown, below is not; between them colours decide
CLOTH = (0.06, 0.15)  # of a gown's height and width: so large is cloth, and neither hook nor strap
NECK = 0.15  # of a gown's height, where a hanger may be
AGREE = 0.8  # least IoU of what the net sees and what colours say; with less the net's word stands


def look(net: Ready[UNetConfig], picture: U8) -> U8:
    """Masks hxwx2 (user, gown) of an HxWx3 picture at no more than SIDE: the mean over it and its mirror image."""
    small = images.bound(picture, SIDE)
    ahead, mirrored = segmentation.segment(net, [small, np.ascontiguousarray(small[:, ::-1])])
    mean = np.asarray(cv2.addWeighted(ahead, 0.5, np.ascontiguousarray(mirrored[:, ::-1]), 0.5, 0), np.uint8)
    return np.asarray(cv2.resize(mean, small.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def sharpen(picture: U8, masks: U8, *, worn: bool) -> tuple[U8, bool]:
    """Masks at the picture's own size, the gown's outline drawn to where its colours end; whether those agree.

    picture: HxWx3; masks: hxwx2. Where nobody wears the gown there is no skin: what looks like it is a hanger, or gown.
    """
    small = np.asarray(cv2.resize(picture, masks.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8)
    user, gown = masks[:, :, 0], masks[:, :, 1]
    found = _by_colour(small, _marks(user, gown, worn=worn))
    seen = gown > 127
    agree = bool((seen & found).sum() >= AGREE * (seen | found).sum())
    best = found * np.uint8(255) if agree else gown
    if not worn:
        user, best = np.zeros_like(user), without_hook(best)
    return np.dstack(dressing.enlarge(np.dstack([user, best]), picture)), agree


def _marks(user: U8, gown: U8, *, worn: bool) -> U8:
    """What GrabCut is told: sure or likely, gown or background."""
    sure, never = (round(255 * share) for share in SURE)
    outside = (user > 127) if worn else np.zeros(user.shape, bool)
    certain = gown > sure
    if not worn and (gown > 127).any():  # a hanger and the wall in it look like a neck: colours decide there
        rows = np.flatnonzero((gown > 127).any(1))
        certain[: round(rows[0] + NECK * float(np.ptp(rows)))] = False
    kinds = [outside | (cv2.add(user, gown) < never), certain, gown > 127]
    return np.select(kinds, [cv2.GC_BGD, cv2.GC_FGD, cv2.GC_PR_FGD], cv2.GC_PR_BGD).astype(np.uint8)


def _by_colour(picture: U8, marks: U8) -> npt.NDArray[np.bool_]:
    """Where the gown is, HxW, by GrabCut (Rother et al., SIGGRAPH 2004)."""
    if (marks == cv2.GC_FGD).any() and (marks == cv2.GC_BGD).any():
        cv2.setRNGSeed(0)
        cv2.grabCut(picture, marks, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    found = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    for operation, size in ((cv2.MORPH_OPEN, 3), (cv2.MORPH_CLOSE, 5)):
        found = np.asarray(cv2.morphologyEx(found, operation, np.ones((size, size), np.uint8)), np.uint8)
    return found > 0


def without_hook(gown: U8) -> U8:
    """The mask of a gown that nobody wears without its hanger's hook: thin pieces in the upper part that reach the
    middle. Straps are thin too, but stay at the sides."""
    if not (gown > 127).any():
        return gown
    rows, columns = (np.flatnonzero((gown > 127).any(axis)) for axis in (1, 0))
    block = [max(3, round(share * float(np.ptp(span))) | 1) for share, span in zip(CLOTH, (rows, columns), strict=True)]
    cloth = cv2.morphologyEx(gown, cv2.MORPH_OPEN, np.ones(block, np.uint8))
    thin = (gown > 127) & (cv2.dilate(cloth, np.ones((3, 3), np.uint8)) < 128)
    thin[round(rows[0] + 2 * NECK * float(np.ptp(rows))) :] = False
    parts = cv2.connectedComponents(thin.astype(np.uint8))[1]
    near = np.flatnonzero((cloth[: round(rows[0] + 2 * NECK * float(np.ptp(rows)))] > 127).any(0))
    if not len(near):
        return gown
    fifth = round(0.2 * float(np.ptp(near)))
    hooks = np.setdiff1d(parts[:, near[0] + 2 * fifth : near[-1] - 2 * fifth], 0)
    return np.where(np.isin(parts, hooks), 0, gown).astype(np.uint8)
