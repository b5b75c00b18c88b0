"""Straps of a gown that nobody wears: thinner than a net's pixels, found by their colours."""

from __future__ import annotations

import cv2
import numpy as np

from tryon import images, odds, palette
from tryon.images import F32, U8, Mask, touching

SURE = (0.88, 0.3)  # of 1: above is gown, below is not; between them colours decide
LIKE = 1.0  # logarithm of odds: above is the gown's colour
UNLIKE = -1.8  # logarithm of odds: below is the background's colour
UPPER = 0.3  # of a gown's height: its upper part, and how far above it straps may reach
ASIDE = 0.1  # of its width, that they may reach beside it
PLAIN, APART, SAME = 3.0, 4.0, 25.0  # Lab: a ground that varies less is plain; what is no ground; what is gown's colour
TILT = 0.55  # breadth of what is beside a gown, in its height: straps are steeper
WIDE = 0.02  # of a gown's height: what is so broad beside it is more than its edge
BROAD, SLIM = 0.2, 0.12  # of a bodice's breadth: straps are narrower, and surely straps
BEND = (0.05, 0.2)  # of that breadth: how large the bend of a loop is, at least and at most


def missed(gown: U8, core: Mask, like: F32) -> Mask:
    """What the net misses of a gown's upper part, HxW: pieces of its colours that rise from it. like: logarithms of the
    odds that colours are the gown's."""
    rows, columns = (np.flatnonzero((gown > 127).any(axis)) for axis in (1, 0))
    if not len(rows) or not core.any():
        return np.zeros_like(core)
    beside = np.arange(len(gown))[:, None] >= core.any(1).argmax()  # there walls in its shade come near its colours
    piece = (like > np.where(beside, LIKE, 0)).astype(np.uint8)
    height = float(np.ptp(rows))
    piece[round(rows[0] + UPPER * height) :] = 0
    piece[: max(0, round(rows[0] - UPPER * height))] = 0
    aside = round(ASIDE * float(np.ptp(columns)))
    piece[:, : max(0, columns[0] - aside)] = piece[:, columns[-1] + aside :] = 0
    for operation, size in ((cv2.MORPH_OPEN, 3), (cv2.MORPH_CLOSE, 7)):
        piece = np.asarray(cv2.morphologyEx(piece, operation, np.ones((size, size), np.uint8)), np.uint8)
    found = (piece > 0) & touching((piece > 0) | (gown > 127), core) & (gown < 255 * SURE[0])
    found &= (like > UNLIKE) | (gown > 255 * SURE[1])  # closing fills what neither net nor colours see
    return found & ~_ends(found & (gown < 255 * SURE[1]), gown > 127)


def _ends(pieces: Mask, gown: Mask) -> Mask:
    """Those of the pieces, HxW, that are beside a gown and less steep than straps: a hanger's ends, often in the gown's
    own colour."""
    rows = np.flatnonzero(gown.any(1))
    known = np.arange(len(gown)).clip(rows[0], rows[-1])  # above it, as at its top
    beside = pieces & images.beside(gown[known], 1)
    parts, stats = cv2.connectedComponentsWithStats(beside.astype(np.uint8))[1:3]
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    return np.asarray(beside & ((width > TILT * height) & (width > WIDE * np.ptp(rows)))[parts])


def before_plain(picture: U8, user: U8, gown: U8, core: Mask, clear: Mask) -> F32:
    """How much likelier than the ground what is the gown is, HxW, where the ground is plain and has the gown's colours:
    thin pieces of those that differ from it at all. 0 all over before a ground that is not plain. picture: HxWx3;
    user, gown: what the net sees; core, clear: what is surely gown, and ground."""
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)
    out = np.zeros(gown.shape, np.float32)
    breadth = _bodice(gown, core)
    if not clear.any() or not breadth:
        return out
    ground = np.median(lab[clear], 0)
    away = np.linalg.norm(lab - ground, axis=2)
    if np.percentile(away[clear], 90) > PLAIN:
        return out
    piece = (user < 255 * SURE[1]) & (gown < 255 * SURE[0]) & (away > APART)
    piece[piece] = palette.away(lab[piece], lab[core]) < SAME
    thin = piece & ~_thick(piece, BROAD * breadth)
    return np.where(thin | core, np.float32(odds.MOST), np.float32(0))


def slim(pieces: Mask, gown: U8, core: Mask) -> Mask:
    """Those of the pieces, HxW, that are so narrow that they are surely straps."""
    return pieces & ~_thick(pieces, SLIM * _bodice(gown, core))


def bridges(found: Mask, gown: U8, core: Mask, like: F32) -> Mask:
    """What net and colours see of straps, HxW, if it leads from one piece of what was found to another: the bend of a
    loop, in a light of its own. found: HxW, of the gown; gown, core, like: as for `missed`."""
    seen = slim((gown > 127) & (like > 0), gown, core) & ~found
    seen[row_at(gown, UPPER) :] = False
    parts, stats = cv2.connectedComponentsWithStats(seen.astype(np.uint8))[1:3]
    size = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1)
    breadth, out = _bodice(gown, core), np.zeros_like(seen)
    for number in np.flatnonzero((size > BEND[0] * breadth) & (size < BEND[1] * breadth)):
        piece = parts == number
        ends = images.around(piece, 1.5) & found
        out |= piece & (cv2.connectedComponents(ends.astype(np.uint8))[0] > 2)
    return out


def row_at(gown: U8, share: float) -> int:
    """The row that lies so far down a gown, in shares of its height."""
    rows = np.flatnonzero((gown > 127).any(1))
    return round(rows[0] + share * float(np.ptp(rows))) if len(rows) else 0


def _bodice(gown: U8, core: Mask) -> float:
    """How broad a gown's upper part surely is, 0 if that is not seen."""
    columns = np.flatnonzero(core[: row_at(gown, UPPER)].any(0))
    return float(np.ptp(columns)) if len(columns) else 0.0


def _thick(piece: Mask, breadth: float) -> Mask:
    """What of a piece, HxW, is broader than that, all around."""
    deep = cv2.distanceTransform(piece.astype(np.uint8), cv2.DIST_L2, 3) > breadth / 2
    return images.around(deep, breadth)
