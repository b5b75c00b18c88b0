"""Landmarks: the points of a gown that the warp hangs it by; found on its wearer's body, or in its outline alone.

Points are (x, y) in pixels of the cut-out; "right" and "left" are the wearer's own. bust_, waist_ and hip_ are the
gown's own edges on those lines; hem_ are the skirt's lower corners and the middle of the hem; shoulder_ are the
wearer's shoulder joints. elbow_ and wrist_ are there only for an arm whose sleeve reaches so far.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tryon import draw
from tryon.anchors import ARMS, BODY, SIDES, Body
from tryon.images import F32, U8, Mask

Points = dict[str, tuple[float, float]]
LINES = ("shoulder", "bust", "waist", "hip", "hem")  # from top to bottom
NAMES = tuple([f"{part}_{side}" for part in LINES for side in SIDES] + ["hem_center"])
SHORTEST = 0.35  # of the shoulders' width, that a bone must be long for a sleeve to follow it
BARE = 0.75  # share of a bone on which skin is seen, above which no sleeve follows it
WIDEST = {"bust": 1.35, "waist": 1.5, "hip": np.inf}  # how much wider than the body a gown is; beyond it is a sleeve


def _runs(alpha: U8, y: float) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Where the stretches of gown on the row `y` start and end."""
    row = alpha[int(np.clip(y, 0, alpha.shape[0] - 1))] > 127
    edges = np.flatnonzero(np.diff(np.r_[0, row.astype(np.int8), 0]))
    return edges[::2], edges[1::2]


def row_ends(alpha: U8, y: float, x: float) -> tuple[float, float]:
    """Left and right end of the gown on the row `y`, of the stretch nearest to `x`."""
    starts, ends = _runs(alpha, y)
    if not len(starts):
        return x, x
    best = int(np.maximum(0, np.maximum(starts - x, x - ends)).argmin())
    return float(starts[best]), float(ends[best])


def about(alpha: U8, y: float, x: float) -> tuple[float, float]:
    """As `row_ends`; where `x` lies in a gap (a neckline between straps), from the stretch before it to that after."""
    starts, ends = _runs(alpha, y)
    before, after = np.flatnonzero(starts <= x), np.flatnonzero(ends > x)
    if not len(before) or not len(after):
        return row_ends(alpha, y, x)
    return float(starts[before[-1]]), float(ends[after[0]])


def worn(alpha: U8, body: Body, skin: U8) -> Points:
    """Landmarks of a gown on a body that faces the camera (its right is on our left). alpha: HxW, with what its wearer
    hides of it; skin: HxW, her own, which lies before it."""
    marks: Points = {
        f"shoulder_{side}": (float(x), float(y)) for side, (x, y) in zip(SIDES, body.shoulders, strict=True)
    }
    bare = _without_sleeves(alpha, body)
    for name in BODY:
        right, left = body.line(name)
        centre = (right + left) / 2
        half = body.half[name]
        start, end = _trunk_ends(alpha, bare, centre, 0.12 * body.shoulder_width)
        if end - start < half:  # a hand or a bag interrupts the row: trust the body
            start, end = centre[0] - half, centre[0] + half
        most = WIDEST[name] * half
        marks[f"{name}_right"] = (float(max(start, centre[0] - most)), float(centre[1]))
        marks[f"{name}_left"] = (float(min(end, centre[0] + most)), float(centre[1]))
    return marks | hem(alpha, float(body.pelvis[0])) | _sleeves(alpha, body, skin)


def _without_sleeves(alpha: U8, body: Body) -> U8:
    """The mask without what lies on forearms and hands."""
    out = alpha.copy()
    for _, elbow, wrist in ARMS:
        if body.joints[[elbow, wrist], 2].all():
            a, b = body.joints[elbow, :2], body.joints[wrist, :2]
            draw.stroke(out, [a, b + 0.5 * (b - a)], 0.34 * body.shoulder_width, 0)
    return out


def _trunk_ends(alpha: U8, bare: U8, centre: F32, least: float) -> tuple[float, float]:
    """The ends of bodice or skirt on a row. A sleeve at its side does not count; a skirt behind an arm does, since it
    goes on beyond it, by `least` pixels and more."""
    first, last = row_ends(alpha, centre[1], centre[0])
    starts, ends = _runs(bare, centre[1])
    kept = (starts >= first) & (ends <= last) & (ends - starts >= least)
    return (float(starts[kept][0]), float(ends[kept][-1])) if kept.any() else (first, last)


def hem(alpha: U8, x: float) -> Points:
    """Corners and middle of the skirt's lower edge. A corner is where its outline goes furthest down and out."""
    rows = np.flatnonzero((alpha > 127).any(1))
    start = int(rows[-1] - 0.35 * (rows[-1] - rows[0]))
    ys, xs = np.nonzero(alpha[start:] > 127)
    right, left = int((ys - xs).argmax()), int((ys + xs).argmax())
    middle = (xs[right] + xs[left]) / 2 if xs[right] < xs[left] else x
    near = np.abs(xs - middle) <= max(1.0, abs(xs[left] - xs[right]) / 6)
    return {
        "hem_right": (float(xs[right]), float(start + ys[right])),
        "hem_center": (float(middle), float(start + ys[near].max() if near.any() else rows[-1])),
        "hem_left": (float(xs[left]), float(start + ys[left])),
    }


def _sleeves(alpha: U8, body: Body, skin: U8) -> Points:
    """elbow_ and wrist_ of each arm that the gown covers, to beyond the bone: an arm may be hidden behind a bodice. A
    bare arm that lies before the gown is in no sleeve."""
    marks: Points = {}
    joints, outward = body.joints, 0.06 * body.shoulder_width * body.across
    for side, (shoulder, elbow, wrist) in zip(SIDES, ARMS, strict=True):
        for name, (a, b) in {"elbow": (shoulder, elbow), "wrist": (elbow, wrist)}.items():
            beside = -outward if side == "right" else outward
            start, end = joints[[a, b], :2]
            short = np.linalg.norm(end - start) < SHORTEST * body.shoulder_width  # it points at us
            bare = covered(skin, start, end) > BARE
            if joints[b, 2] == 0 or short or bare or covered(alpha, start + beside, end + beside) < 0.6:
                break
            marks[f"{name}_{side}"] = (float(end[0]), float(end[1]))
    return marks


def covered(alpha: U8, a: F32, b: F32) -> float:
    """The share of the way from a to b that lies on the gown."""
    return float(inside(alpha, a, b, np.linspace(0.3, 1, 16)).mean())


def hidden_up_to(user: U8, a: F32, b: F32) -> float:
    """The share of the way from a to b up to which something of her is hidden still."""
    along = np.linspace(0, 1, 21)
    return float(along[~inside(user, a, b, along)].max(initial=0))


def inside(mask: U8, a: npt.NDArray[Any], b: npt.NDArray[Any], along: npt.NDArray[np.float64]) -> Mask:
    """Whether the points at these shares of the way from a to b lie in a mask; beyond the picture its edge counts."""
    x, y = (a + along[:, None] * (b - a)).astype(int).T
    return np.asarray(mask[y.clip(0, len(mask) - 1), x.clip(0, mask.shape[1] - 1)] > 127)
