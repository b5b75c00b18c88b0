"""What a hand, hair or a bag hid of a gown in its picture, filled in from the gown itself."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tryon import blending, images
from tryon.images import F32, U8, Mask
from tryon.landmarks import Points

RIM = 0.01  # of the picture's longer side: what mixes hand and gown around a hole
HEM, DARKER = 9, 40  # pixels of a hem where its shadow may be; levels by which that is darker than what is above
FURTHEST, STEPS = 2.5, 14  # of a hole's size, that a piece to fill it with may lie away; how many are tried on the way
UNSEEN = 120.0  # levels: what a pixel counts for which a piece does not have
STRANGE, OTHER = 1500.0, 25.0  # levels: what a piece's points count for that are so far from all around the hole
FEW = 80  # points of a piece, and around the hole, whose colours are compared
COARSE, FINE = 0.008, 0.3  # of the picture's longer side: finer is pattern; which counts so much beside larger shapes
BESIDE = 15.0  # levels by which a piece from beside a hole must fit better than one from the gown's other side
POOR = 90.0  # levels: a hole around which the best piece's large shapes are further off stays smooth
ROUGH = 512  # pixels of the longer side at which large shapes are looked at
ROUNDS = 3  # pieces that one hole is filled with
POINTS = 500  # of a hole, and of the gown around it, at which pieces are compared


def fill(picture: U8, alpha: U8, holes: U8, landmarks: Points) -> U8:
    """The gown HxWx4 with its holes (HxW, 255 inside) filled, its colour running on under its edge.

    Each hole gets the piece of the gown that fits best around it, from the gown's other side or from beside it, in the
    light that falls around the hole.
    """
    size = 2 * max(2, round(0.5 * RIM * max(alpha.shape))) + 1
    wide = cv2.dilate(holes, np.ones((size, size), np.uint8)) > 0
    inside = (alpha > 200).astype(np.uint8)
    solid = (cv2.erode(inside, np.ones((5, 5), np.uint8)) > 0) & ~wide & ~_shadow(picture, inside)
    colour = blending.bleed(picture, solid)
    count, parts = cv2.connectedComponents(wide.astype(np.uint8))
    coarse = _coarse(colour) if count > 1 else colour
    for number in range(1, count):
        _mend(colour, coarse, parts == number, solid.copy(), landmarks)
    rim = wide & ((holes > 0) | (alpha > 48))
    matte = np.maximum(alpha, cv2.GaussianBlur(rim.astype(np.uint8) * 255, (5, 5), 0)).astype(np.uint8)
    return images.with_alpha(colour, matte)


def _shadow(picture: U8, inside: U8) -> Mask:
    """What of a gown's hem is the dark line under it, HxW: much darker than what is above. inside: the gown, 0 or 1."""
    grey = cv2.cvtColor(np.ascontiguousarray(picture[:, :, :3]), cv2.COLOR_RGB2GRAY).astype(np.int16)
    hem = (inside > 0) & (cv2.erode(inside, np.ones((HEM, 1), np.uint8), anchor=(0, 0)) == 0)
    dark = hem & (np.roll(grey, HEM, 0) - grey > DARKER)
    return np.asarray(cv2.dilate(dark.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def _coarse(colour: U8) -> U8:
    """The large shapes of a picture: blurred where that is cheap, at a smaller size."""
    small = images.bound(colour, ROUGH)
    blurred = cv2.GaussianBlur(small, (0, 0), COARSE * max(small.shape))
    return np.asarray(cv2.resize(blurred, colour.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def _mend(colour: U8, coarse: U8, hole: Mask, solid: Mask, landmarks: Points) -> None:
    """Fill one hole, in place, piece by piece. colour: HxWx3, smooth in the hole; coarse: its large shapes; solid: HxW,
    the gown that is seen."""
    for _ in range(ROUNDS):
        filled = _patch(colour, coarse, hole, solid, landmarks)
        solid |= filled
        hole = hole & ~filled
        if not filled.any() or hole.sum() < POINTS // 10:
            break


def _patch(colour: U8, coarse: U8, hole: Mask, solid: Mask, landmarks: Points) -> Mask:
    """Fill what one piece covers of a hole, in place; where that is, HxW."""
    filled = np.zeros_like(hole)
    ring = solid & images.around(hole, max(3.0, RIM * max(hole.shape)))
    if not ring.any():
        return filled
    part = images.touched((ring | hole).astype(np.uint8))
    y, x = (axis.astype(np.float32) for axis in np.mgrid[part])
    best, away = _best(colour, coarse, hole, ring, solid, _ways(hole, landmarks))
    if away > POOR:
        return filled
    maps = (best @ np.stack([x, y, np.ones_like(x)]).reshape(3, -1)).reshape(2, *x.shape).astype(np.float32)
    piece = cv2.remap(colour, maps[0], maps[1], cv2.INTER_LINEAR)
    known = cv2.remap(solid.astype(np.uint8), maps[0], maps[1], cv2.INTER_NEAREST) > 0
    here = colour[part].astype(np.int16)
    light = blending.bleed((128 + (here - piece) // 2).clip(0, 255).astype(np.uint8), ring[part] & known)
    lit = (piece + 2 * (light.astype(np.int16) - 128)).clip(0, 255)
    seen = cv2.erode(known.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    share = (cv2.GaussianBlur(seen, (0, 0), 1.5) * hole[part])[:, :, None]
    colour[part] = (here + share * (lit - here)).round()
    filled[part] = known & hole[part]
    return filled


def _ways(hole: Mask, landmarks: Points) -> list[F32]:
    """Where pieces may come from, as 2x3 maps of points: the gown's other side, and places beside, above and below."""
    rows, columns = images.touched(hole.astype(np.uint8))
    size = (columns.stop - columns.start, rows.stop - rows.start)
    ways = [_mirror(landmarks)]
    for way in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        for far in np.linspace(1, FURTHEST, STEPS):
            shift = np.round(far * np.multiply(way, size))
            ways.append(np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32))
    return ways


def _mirror(landmarks: Points) -> F32:
    """The mirror image across the gown's middle, from its bust to its hem: a 2x3 map of points."""
    top, low = (np.add(landmarks[f"{part}_right"], landmarks[f"{part}_left"]) / 2 for part in ("bust", "hip"))
    slope = (low[0] - top[0]) / max(1.0, low[1] - top[1])
    return np.array([[-1, 2 * slope, 2 * (top[0] - slope * top[1])], [0, 1, 0]], np.float32)


def _best(colour: U8, coarse: U8, hole: Mask, ring: Mask, solid: Mask, ways: list[F32]) -> tuple[F32, float]:
    """The way to the piece that goes on best into what is seen around a hole; and how far, in levels, its large shapes
    are from what they should go on into."""
    edge, inner = (_sample(mask) for mask in (ring, hole))
    costs, shapes = [], []
    for number, way in enumerate(ways):
        there, filled = (_moved(way, points) for points in (edge, inner))
        seen, known = _known(solid, there), _known(solid, filled)
        fine, large = (_away(picture, edge, there, seen) for picture in (colour, coarse))
        missing = UNSEEN * (2 - seen.mean() - known.mean()) + STRANGE * _strange(colour, edge, filled[:, known])
        costs.append(large + FINE * fine + missing + (BESIDE if number else 0))
        shapes.append(large)
    best = int(np.argmin(costs))
    return ways[best], shapes[best]


def _strange(picture: U8, around: npt.NDArray[np.intp], points: npt.NDArray[np.intp]) -> float:
    """The share of a piece's points whose colours are nowhere around the hole: a pendant, a buckle."""
    few, many = points[:, :: max(1, points.shape[1] // FEW)], around[:, :: max(1, around.shape[1] // FEW)]
    if not few.size:
        return 0.0
    a, b = (picture[xy[1], xy[0]].astype(np.float32) for xy in (few, many))
    return float((np.abs(a[:, None] - b[None]).mean(2).min(1) > OTHER).mean())


def _away(picture: U8, points: npt.NDArray[np.intp], others: npt.NDArray[np.intp], which: Mask) -> float:
    """The mean difference, in levels, between a picture at some points and at others."""
    if not which.any():
        return UNSEEN
    a, b = (picture[xy[1, which], xy[0, which]].astype(np.float32) for xy in (points, others))
    return float(np.abs(a - b).mean())


def _sample(mask: Mask) -> npt.NDArray[np.intp]:
    """At most about POINTS points (x, y) of a mask, 2xN."""
    y, x = np.nonzero(mask)
    step = max(1, len(x) // POINTS)
    return np.stack([x[::step], y[::step], np.ones_like(x[::step])])


def _moved(way: F32, points: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    return np.asarray(np.round(way @ points), np.intp)


def _known(solid: Mask, points: npt.NDArray[np.intp]) -> Mask:
    """Which of 2xN points lie on known gown."""
    height, width = solid.shape
    inside = (points[0] >= 0) & (points[0] < width) & (points[1] >= 0) & (points[1] < height)
    x, y = points.clip(0, [[width - 1], [height - 1]])
    return np.asarray(inside & solid[y, x])
