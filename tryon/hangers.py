"""A hanger, told apart from the gown on it: its hook and its ends. What of it lies on the gown, `bars` finds."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from tryon.images import U8, Mask, around, beside, shares, spans, touching

SKIRT = 2.0  # how much broader than a gown's upper part its breadth counts at most
CLOTH = (0.06, 0.15)  # of a gown's height and breadth: so large is cloth, and neither hook nor strap
WIRE = 0.07  # of that breadth: thicker is a shoulder, and no part of a hanger
LOOP = 0.05  # of that breadth, that a hanger's end reaches beyond its side
EYE, EDGES = 0.02, 2  # of that breadth: so large is a spot of wall in such an end; pixels between it and the wire
HOOK = 0.3  # of a gown's height, where hooks and ends are, down to
EDGE, TALL, WIDE = 0.006, 0.12, 0.2  # an end is thicker than an outline that is off, of a gown's height, and smaller
BESIDE = 0.8  # share of an end that lies beside the shoulders


class Hung(NamedTuple):
    """A gown that hangs."""

    cloth: U8  # its mask HxW without what is narrow
    breadth: float  # of its upper part, in pixels; a skirt counts at most SKIRT times as much
    low: int  # the row down to which hooks and ends are

    def pieces(self, mask: Mask) -> npt.NDArray[np.int32]:
        """What hangs together of a mask, HxW, down to where hooks and ends are: numbers from 1 on."""
        upper = mask & (np.arange(len(mask)) < self.low)[:, None]
        return np.asarray(cv2.connectedComponents(upper.astype(np.uint8))[1], np.int32)

    def loops(self, parts: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """The numbers of the parts, HxW, that reach out beside the shoulders, where a strap would rise."""
        away = cv2.distanceTransform((self.cloth < 128).astype(np.uint8), cv2.DIST_L2, 3)
        return np.setdiff1d(parts[beside(self.cloth > 127) & (away > LOOP * self.breadth)], 0)

    def wire(self, gown: Mask) -> Mask:
        """What of a mask HxW is too thin for a shoulder."""
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (max(3, round(WIRE * self.breadth)),) * 2)
        thick = cv2.morphologyEx(gown.astype(np.uint8), cv2.MORPH_OPEN, disc)
        return np.asarray(gown & (cv2.dilate(thick, np.ones((3, 3), np.uint8)) == 0))


def without_hook(gown: U8) -> U8:
    """The mask of a gown that nobody wears without its hanger's hook: thin pieces in the upper part that reach the
    middle. Straps are thin too, but stay at the sides."""
    hung = hanging(gown)
    near = np.flatnonzero((hung.cloth[: hung.low] > 127).any(0))
    if not len(near):
        return gown
    parts = hung.pieces((gown > 127) & (cv2.dilate(hung.cloth, np.ones((3, 3), np.uint8)) < 128))
    fifth = round(0.2 * float(np.ptp(near)))
    hooks = np.setdiff1d(parts[:, near[0] + 2 * fifth : near[-1] - 2 * fifth], 0)
    taken = np.isin(parts, np.union1d(hooks, hung.loops(parts))) & hung.wire(gown > 127)
    return np.where(taken, 0, gown).astype(np.uint8)


def without_rings(gown: U8, wall: Mask) -> U8:
    """The mask of a gown that nobody wears without its hanger's curled ends: wire beside the shoulders, about spots of
    wall that it encloses. wall: HxW, where colours are surely not the gown's."""
    hung, inside = hanging(gown), gown > 127
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (max(3, round(EYE * hung.breadth)),) * 2)
    eyes = cv2.morphologyEx((inside & wall).astype(np.uint8), cv2.MORPH_OPEN, disc) > 0
    if not eyes.any():
        return gown
    spots = touching(inside & wall, eyes)
    parts = hung.pieces(hung.wire(inside & ~spots) & (hung.cloth < 128))
    taken = np.isin(parts, np.intersect1d(hung.loops(parts), parts[around(spots, EDGES)]))
    taken |= touching(spots & (hung.cloth < 128), taken, EDGES)
    return np.where(taken, 0, gown).astype(np.uint8)


def hanging(gown: U8) -> Hung:
    """How a gown of that mask hangs; of none all is 0."""
    rows, columns = (np.flatnonzero((gown > 127).any(axis)) for axis in (1, 0))
    if not len(rows):
        return Hung(gown, 0.0, 0)
    height, width = float(np.ptp(rows)), float(np.ptp(columns))
    low = round(rows[0] + HOOK * height)
    breadth = min(width, SKIRT * _breadth(gown[rows[0] : low + 1]))
    block = [max(3, round(share * size) | 1) for share, size in zip(CLOTH, (height, breadth), strict=True)]
    cloth = np.asarray(cv2.morphologyEx(gown, cv2.MORPH_OPEN, np.ones(block, np.uint8)), np.uint8)
    return Hung(cloth, breadth, low)


def without_ends(gown: U8, seen: Mask) -> U8:
    """The mask of a gown that nobody wears without small pieces beside its shoulders that only colours say are gown: a
    hanger's ends, and the wall they enclose. seen: HxW, what the net sees of the gown.

    What leads on to more gown stays: a strap that the net sees in parts.
    """
    inside = np.asarray(gown > 127)
    if not inside.any():
        return gown
    rows, columns = (np.flatnonzero(inside.any(axis)) for axis in (1, 0))
    height, width = float(np.ptp(rows)), float(np.ptp(columns))
    edge = np.ones((max(3, round(EDGE * height)),) * 2, np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        cv2.morphologyEx((inside & ~seen).astype(np.uint8), cv2.MORPH_OPEN, edge)
    )
    parts = np.asarray(labels, np.int32)
    upper = beside(seen & inside) & (np.arange(len(gown)) < rows[0] + HOOK * height)[:, None]
    ends = shares(upper, parts, count) > BESIDE
    ends &= (stats[:, cv2.CC_STAT_HEIGHT] < TALL * height) & (stats[:, cv2.CC_STAT_WIDTH] < WIDE * width)
    ends[0] = False
    taken = ends[parts]
    return np.where(taken & ~touching(taken, _apart(inside & ~taken, edge), len(edge)), 0, gown).astype(np.uint8)


def _apart(gown: Mask, edge: U8) -> Mask:
    """What does not hang together with the largest piece of a gown, but for specks."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(gown.astype(np.uint8))
    if count < 3:
        return np.zeros_like(gown)
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    loose = (gown & (parts != largest)).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(loose, cv2.MORPH_OPEN, edge) > 0)


def _breadth(upper: U8) -> float:
    """How broad most rows of a gown's upper part are: a skirt may be several times as broad."""
    first, beyond = spans(upper[(upper > 127).any(1)] > 127)
    return float(np.median(beyond - first))
