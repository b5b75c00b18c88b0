"""The background behind clothes that are gone: what is around them runs on, or another part of the photo is put there.

What lies around runs on (`tryon.surroundings`). But a wall's bricks and a street's grain are best shown by the wall and
the street themselves: the hole is cut into bands, since what is behind a skirt is no continuation of what is behind a
sleeve; each band takes the part of the photo, a little to the side as a rule, that agrees best with what lies around
the band (exemplar-based filling: Criminisi, Perez and Toyama 2004; one shift a region: He and Sun 2012), if it agrees
as well as a texture does with itself elsewhere, and its light is fitted to the surroundings.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from tryon import surroundings
from tryon.blending import bleed
from tryon.images import F32, U8, Mask, grown, touched, within

SIDE = 320  # pixels of the photo's longer side at which shifts are looked for
BAND = 0.10  # of the height that is filled with one shift; bands overlap by half
RING, WIDE = 4, 24  # pixels around a band that must agree, and where none of those are known
REACH = (0.04, 0.40)  # how far down or up, and to the sides, of the photo's height and width, the source may lie
LEAST = 8  # pixels that a band needs
# share of the surroundings that must be known; share of the photo below which nobody looks farther for them
AGREE, SMALL = 0.12, 0.001
UNKNOWN = 0.01  # of a band that the source may not know
# what distance, more texture than the surroundings have, and what differs from what runs on cost beside disagreement
FAR, BUSY, OTHER = 60.0, 4.0, 2.0
POOR, FINE = 6.0, 1.5  # grey values: worse is no match, unless a texture finer than so many pixels is no better
FIT = 40  # grey values by which light is fitted, at most


class Band(NamedTuple):
    """A part of the hole and where its filling comes from, at the small size."""

    rows: slice
    columns: slice
    shift: tuple[int, int]  # right, down
    weight: F32


def fill(photo: U8, wall: U8, hole: U8, unknown: Mask) -> U8:
    """A picture HxWx3, right inside `hole` (HxW, 255 where background is asked for) only. unknown: what the photo does
    not show of the background; wall: what is taken where nothing of it is seen in any direction."""
    out = surroundings.run_on(photo, wall, hole, unknown)
    scale = min(1.0, SIDE / max(photo.shape[:2]))
    size = (round(photo.shape[1] * scale), round(photo.shape[0] * scale))
    small = np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), np.uint8)
    closed = cv2.resize((unknown | (hole > 0)).astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) > 8
    wanted = cv2.resize(hole, size, interpolation=cv2.INTER_AREA) > 8
    closed = cv2.dilate(closed.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    total, taken = np.zeros((*photo.shape[:2], 3), np.float32), np.zeros(photo.shape[:2], np.float32)
    plain = cv2.resize(out, size, interpolation=cv2.INTER_AREA)
    for band in bands(Search(small.copy(), np.asarray(plain, np.uint8), closed, closed.copy()), wanted):
        _put(total, taken, photo, small, closed, band, 1 / scale)
    part = touched(taken > 0)
    here = np.maximum(taken[part], 1e-6)[..., None]
    share = np.minimum(taken[part], 1)[..., None]
    out[part] = (total[part] / here * share + out[part] * (1 - share)).round()
    return out


class Search:
    """What shifts are looked for in, all at the small size. It fills up: what is filled is known to the next part."""

    def __init__(self, photo: U8, wall: U8, hidden: Mask, closed: Mask) -> None:
        self.photo, self.wall, self.hidden, self.closed = photo, wall, hidden, closed
        finest = photo - surroundings.evened(photo, ~closed, FINE)
        self.fine = np.where(closed[..., None], 0, finest**2)
        self.busy = np.abs(cv2.Laplacian(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), cv2.CV_32F))

    def around(self, part: Mask, reach: int) -> tuple[Mask, Mask]:
        """A part with its surroundings, and what of them is known."""
        near = cv2.dilate(part.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0
        return near, near & ~self.closed

    def fill(self, part: Mask, shift: tuple[int, int]) -> None:
        """Take a part from right and down of it."""
        rows, columns = np.nonzero(part)
        height, width = part.shape
        self.photo[rows, columns] = self.photo[(rows + shift[1]) % height, (columns + shift[0]) % width]
        self.closed[rows, columns] = False


def bands(search: Search, wanted: Mask) -> list[Band]:
    """The hole's parts and the best shift of each that has one."""
    found, height = [], len(wanted)
    tall = max(8, round(BAND * height))
    weight = np.minimum(1, 1.5 - np.abs(np.linspace(-1.5, 1.5, tall)))[:, None].clip(0.05)
    for top in range(0, height, tall // 2):
        rows = slice(top, min(height, top + tall))
        count, parts, stats, _ = cv2.connectedComponentsWithStats(wanted[rows].astype(np.uint8))
        for number in range(1, count):
            if stats[number, cv2.CC_STAT_AREA] < LEAST:
                continue
            part = np.zeros(wanted.shape, bool)
            part[rows] = parts == number
            if not (shift := _shift(search, part)):
                continue
            search.fill(part, shift)
            across = np.flatnonzero(part.any(0))
            columns = slice(int(across[0]), int(across[-1]) + 1)
            inside = cv2.dilate(part[rows, columns].astype(np.float32), np.ones((5, 5), np.uint8))
            share = cv2.GaussianBlur(inside, (0, 0), 1) * weight[: rows.stop - rows.start]
            found.append(Band(rows, columns, shift, np.asarray(share, np.float32)))
    return found


def _shift(search: Search, part: Mask) -> tuple[int, int] | None:
    """Where the filling of a part lies: right and down of it; None where nothing is fit."""
    small = search.photo
    around, ring = search.around(part, RING)
    count = np.count_nonzero
    if count(ring) < AGREE * count(around & ~part):  # between an arm and the waist, say
        if count(part) < SMALL * part.size:
            return None
        around, ring = search.around(part, WIDE)
    if count(ring) < LEAST:
        return None
    y, x = np.flatnonzero(around.any(1)), np.flatnonzero(around.any(0))
    box = np.s_[y[0] : y[-1] + 1, x[0] : x[-1] + 1]
    down, side = (round(share * length) for share, length in zip(REACH, small.shape[:2], strict=True))
    top, left = max(0, y[0] - down), max(0, x[0] - side)
    window = np.s_[top : y[-1] + 1 + down, left : x[-1] + 1 + side]
    known, inside = ring[box].astype(np.float32), part[box].astype(np.float32)
    like = np.where(part[box][..., None], search.wall[box], small[box]).astype(np.float32)
    weight = np.sqrt(known / known.sum() + OTHER / inside.sum() * inside)
    image = small[window].astype(np.float32)
    differs = cv2.matchTemplate(image, like, cv2.TM_SQDIFF, mask=cv2.merge([weight] * 3))
    missing = cv2.matchTemplate(search.hidden[window].astype(np.float32), inside, cv2.TM_CCORR) / inside.sum()
    texture = cv2.matchTemplate(search.busy[window], inside, cv2.TM_CCORR) / inside.sum()
    away = np.abs(np.arange(differs.shape[1]) + left - x[0])[None] / small.shape[1]
    cost = differs + FAR * away + BUSY * (texture - search.busy[ring].mean()).clip(0) ** 2
    cost[missing > UNKNOWN] = np.inf
    row, column = np.unravel_index(int(cost.argmin()), cost.shape)
    if not np.isfinite(cost[row, column]):
        return None
    here = image[row : row + len(like), column : column + like.shape[1]]
    if np.average(((here - like) ** 2).sum(2), weights=known) > 3 * max(POOR**2, 2 * float(search.fine[ring].mean())):
        return None
    return int(column) + left - int(x[0]), int(row) + top - int(y[0])


def _put(total: F32, taken: F32, photo: U8, small: U8, closed: Mask, band: Band, scale: float) -> None:
    """Add a band's filling to the weighted total, in place."""
    light = _fitted(small, closed, band)
    starts = [round(s.start * scale) for s in (band.rows, band.columns)]
    stops = [round(s.stop * scale) for s in (band.rows, band.columns)]
    (height, width), (right, down) = photo.shape[:2], (round(v * scale) for v in band.shift)
    stops = [min(stops[0], height, height - down), min(stops[1], width, width - right)]
    starts = [max(starts[0], -down), max(starts[1], -right)]
    if starts[0] >= stops[0] or starts[1] >= stops[1]:
        return
    place = np.s_[starts[0] : stops[0], starts[1] : stops[1]]
    size = (stops[1] - starts[1], stops[0] - starts[0])
    source = photo[starts[0] + down : stops[0] + down, starts[1] + right : stops[1] + right].astype(np.float32)
    weight = cv2.resize(band.weight, size, interpolation=cv2.INTER_LINEAR)
    filled = (source + cv2.resize(light, size, interpolation=cv2.INTER_LINEAR)).clip(0, 255)
    total[place] += filled * weight[..., None]
    taken[place] += weight


def _fitted(small: U8, closed: Mask, band: Band) -> F32:
    """What to add to a band's filling so that it meets its surroundings, at the small size."""
    part = (band.rows, band.columns)
    wide = grown(part, RING)
    rows, columns = (
        (np.arange(*s.indices(length)) + way).clip(0, length - 1)
        for s, length, way in zip(wide, small.shape[:2], band.shift[::-1], strict=True)
    )
    error = (small[wide].astype(np.int16) - small[np.ix_(rows, columns)]).clip(-FIT, FIT)
    known = ~closed[wide] & ~closed[np.ix_(rows, columns)]
    if not known.any():
        return np.zeros((*band.weight.shape, 3), np.float32)
    spread = cv2.GaussianBlur(bleed((error + 128).astype(np.uint8), known).astype(np.float32) - 128, (0, 0), 2)
    return np.asarray(spread[within(part, wide)], np.float32)
