"""Landmarks of a gown that nobody wears, on a hanger, a form or the floor: from its outline and a body's proportions.

The waist is a narrow row about as far from the top as it is wide; shoulders, bust and hips lie about it as on a body.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tryon import draw
from tryon.anchors import SIDES
from tryon.images import F32, U8, Mask, spans
from tryon.landmarks import Points, about, hem

# the waist: its breadth in its way down from the top is 0.7 as worn and 1.1 laid flat, more where there are no straps
USUAL, BARE, FREE = 0.87, 1.2, 1.33  # usual breadths with straps and without; by which factor they are free
NEAR, FAR = 0.1, 3.0  # how much the way to the usual counts beside how narrow a row is; and what of it is not free
LOWEST = 0.42  # of a gown's length, how far down waists are: the shortest dress ends at mid-thigh
BELOW = 0.09  # of the way from the top to the narrowest row, that the waist lies below that
JUMP = 1.3  # how much wider, from one level to the next, a bodice is than the straps or the neck's edge above it
CHEST = 0.25  # of its width there, that a bodice goes on from the lowest part of its upper edge to the waist, or more
# the body: shares of the way from shoulders to waist, down which the bust and below which the hips lie
BUST, HIP, SHOULDERS = 0.43, 0.60, 1.05  # and breadth of the shoulders in that way
STRAPS = 0.15  # of the way from the top of straps to the waist, where shoulder joints lie
WORN = 0.77  # breadth of a waist in breadths of the shoulders, by which a strapless gown is measured
BUSTY = 1.35  # breadth of a bust in breadths of the waist, at most: what is beyond is a sleeve
# a strapless bodice: its breadths in breadths of its waist, at these shares of the way from its top to the waist
EDGE = {0.05: (0.8, np.inf), 0.1: (1.06, np.inf), 0.4: (1.1, 2.2), 0.6: (1.05, 1.2)}
LOW = 0.95  # least breadth of its waist in that way
OFF = 1.7  # breadths of the waist that sleeves below bare shoulders have at its top
# sleeves, in breadths of the shoulders: an arm's bones; how near a shoulder one begins; room about a bodice, an elbow
UPPER, FORE, ROOT, ROOM, ABOUT = 0.87, 0.68, 0.5, 0.06, 0.1
THICK = 0.06  # likewise: a sleeve sticks out of a bodice by more, on the mean
REACHES, BEYOND = 0.6, 0.2  # of an upper arm, and of a forearm: a sleeve that covers so much follows the bone
ARMPIT, LONGEST = 0.22, 0.75  # of a gown's length: from where to where sleeves hang beside it
CUFF = (0.012, 0.1)  # of it, within which an outline leaps at a sleeve's end, and by how much of its breadth at least


def flat(alpha: U8) -> Points:
    """Landmarks by a silhouette, HxW, alone."""
    rows = np.flatnonzero((alpha > 127).any(1))
    top, length = float(rows[0]), float(np.ptp(rows))
    trunk = _without_hanging(alpha, top, length)
    waist, (start, end) = _waist(trunk, top, length, BARE)
    strapless = _strapless(trunk, top, waist, (start + end) / 2)
    if not strapless:
        waist, (start, end) = _waist(trunk, top, length, USUAL)
    down = waist - top
    waist += BELOW * down
    drop = (end - start) / WORN / SHOULDERS if strapless else (1 - STRAPS + BELOW) * down
    middle, half = (start + end) / 2, (end - start) / 2
    marks: Points = {"waist_right": (start, waist), "waist_left": (end, waist)}
    for name, y in {"bust": waist - (1 - BUST) * drop, "hip": waist + HIP * drop}.items():
        first, last = _ends(trunk, y, middle, BUSTY * half) if name == "bust" else about(trunk, y, middle)
        if last - first < half:  # straps, or a hole: trust the waist
            first, last = middle - half, middle + half
        marks[f"{name}_right"], marks[f"{name}_left"] = (first, y), (last, y)
    middle = (marks["bust_right"][0] + marks["bust_left"][0]) / 2  # a gown may lie askew
    for side, way in zip(SIDES, (-0.5, 0.5), strict=True):
        marks[f"shoulder_{side}"] = (middle + way * SHOULDERS * drop, waist - drop)
    return marks | hem(alpha, middle) | _sleeves(alpha, marks)


def _without_hanging(alpha: U8, top: float, length: float) -> U8:
    """A silhouette without the sleeves that hang along it: where one ends, its outline leaps inwards."""
    rows = np.arange(round(top + ARMPIT * length), round(top + LONGEST * length))
    held = alpha[rows] > 127
    out, step = alpha.copy(), max(1, round(CUFF[0] * length))
    if not held.any(1).all() or len(rows) < 6 * step:
        return out
    ends = np.stack(spans(held))
    for side, end in zip((1, -1), ends, strict=True):
        leap = side * (end[2 * step :] - end[: -2 * step]).astype(np.int64)
        at = int(leap.argmax())
        inner = end[at + 2 * step : at + 5 * step]
        if leap[at] > CUFF[1] * np.median(np.ptp(ends, axis=0)) and len(inner) and np.ptp(inner) < 0.5 * leap[at]:
            edge = int(np.median(inner))
            out[rows[0] : rows[at] + 2 * step, slice(None, edge) if side > 0 else slice(edge, None)] = 0
    return out


def _sleeves(alpha: U8, marks: Points) -> Points:
    """elbow_ and wrist_ of each sleeve that reaches out of the bodice so far: an arm's bones lie along it."""
    points = {name: np.asarray(point, np.float32) for name, point in marks.items()}
    width = float(points["shoulder_left"][0] - points["shoulder_right"][0])
    parts = np.asarray(cv2.connectedComponents(_beside(alpha, points, width).astype(np.uint8))[1], np.int32)
    found: Points = {}
    for side in SIDES:
        shoulder = points[f"shoulder_{side}"]
        places, away = _sleeve(parts, shoulder, width, -1 if side == "right" else 1)
        length = float(np.percentile(away, 98)) if len(away) else 0.0
        if length < REACHES * UPPER or len(away) < THICK * length * width**2:
            continue
        bones = [("elbow", UPPER, min(UPPER, length - ABOUT)), ("wrist", FORE, length - ABOUT)]
        end = shoulder
        for name, bone, reach in bones[: 1 + (length > UPPER + BEYOND * FORE)]:
            near = places[np.abs(away - reach) < ABOUT]
            way = (np.median(near, 0) if len(near) else places.mean(0)) - end
            end = end + bone * width * way / max(float(np.linalg.norm(way)), 1e-6)
            found[f"{name}_{side}"] = (float(end[0]), float(end[1]))
    return found


def _sleeve(parts: npt.NDArray[np.int32], shoulder: F32, width: float, side: int) -> tuple[F32, F32]:
    """The pixels (x, y), Nx2, of the numbered part HxW that begins at a shoulder, on its `side` (-1 or 1) alone, and
    how far from it they are, N, in breadths of the shoulders."""
    rows, columns = np.nonzero(parts)
    beside = (columns - shoulder[0]) * side > 0
    rows, columns = rows[beside], columns[beside]
    away, numbers = np.hypot(columns - shoulder[0], rows - shoulder[1]) / width, parts[rows, columns]
    near = numbers[away < ROOT]
    own = numbers == (np.bincount(near).argmax() if len(near) else 0)
    return np.stack([columns, rows], 1)[own].astype(np.float32), away[own].astype(np.float32)


def _beside(alpha: U8, points: dict[str, F32], width: float) -> Mask:
    """What of a gown, HxW, lies outside its bodice, and below the waist hangs apart from its skirt."""
    inside, bodice = np.asarray(alpha > 127), np.zeros_like(alpha)
    out, up = np.array([ROOM * width, 0], np.float32), np.array([0, -2 * width], np.float32)
    right = [points[f"{line}_right"] - out for line in ("shoulder", "bust", "waist")]
    left = [points[f"{line}_left"] + out for line in ("waist", "bust", "shoulder")]
    draw.polygon(bodice, np.stack([right[0] + up, *right, *left, left[-1] + up]), 1)
    beside = inside & (bodice == 0)
    waist, middle = ((points["waist_right"] + points["waist_left"]) / 2).astype(int)[::-1]
    skirt = cv2.connectedComponents(inside[waist:].astype(np.uint8))[1]
    beside[waist:] &= skirt != skirt[0, middle]
    return np.asarray(beside)


def _ends(alpha: U8, y: float, x: float, reach: float) -> tuple[float, float]:
    """The outermost of a gown on a row, at most so far from `x`: beyond are sleeves, between them may be a neckline."""
    first = max(0, round(x - reach))
    found = first + np.flatnonzero(alpha[int(y), first : round(x + reach)] > 127)
    return (float(found[0]), float(found[-1]) + 1) if len(found) else (x, x)


def _strapless(alpha: U8, top: float, waist: float, x: float) -> bool:
    """Whether a gown begins at the bust, or its straps are too thin to be seen: at once as broad as a bust, and then
    narrower as a body is. A gown laid flat has shoulders, and less of a waist."""
    drop = waist - top
    breadth, *spans = (float(np.ptp(about(alpha, top + share * drop, x))) for share in (1.0, *EDGE))
    fits = all(low * breadth <= span <= high * breadth for span, (low, high) in zip(spans, EDGE.values(), strict=True))
    return breadth > LOW * drop and (fits or spans[1] > OFF * breadth)


def _waist(alpha: U8, top: float, length: float, usual: float) -> tuple[float, tuple[float, float]]:
    """The waist's row and its ends. Straps are narrow too, and a shift has no waist: hence the expected place."""
    lowest = top + LOWEST * length
    x = float(np.median(np.nonzero(alpha[: int(lowest)] > 127)[1]))  # of the bodice: a hem may reach out to one side
    levels = np.linspace(top + 0.09 * length, lowest, 48)
    ends = [about(alpha, y, x) for y in levels]
    holds = [alpha[int(y), int(x)] > 127 for y in levels]  # not a neckline, between its straps
    widths = np.array([max(1.0, end - start) if held else 1e6 for (start, end), held in zip(ends, holds, strict=True)])
    upper = levels[1:] < top + 0.35 * length
    steps = np.flatnonzero((widths[:-1] >= 1e6) | (widths[1:] > JUMP * widths[:-1]) & (widths[1:] < 1e6)) + 1
    steps = steps[upper[steps - 1]]
    if len(steps):  # straps and a neckline: the bodice begins where its row is suddenly whole
        widths[levels < levels[steps[-1]] + CHEST * min(widths[steps[-1]], length)] = 1e6
    odd = np.abs(np.log(usual * (levels - top) / widths))  # 0 where the row is as far down as waists are
    best = int((np.log(widths) + NEAR * odd**2 + FAR * (odd - np.log(FREE)).clip(0) ** 2).argmin())
    return float(levels[best]), ends[best]
