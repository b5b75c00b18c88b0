"""The gown asset: a cut-out with alpha and the landmarks that the warp hangs it by; found in a picture, or loaded.

Landmarks are points (x, y) in pixels of the cut-out. "right" and "left" are the wearer's own. bust_, waist_ and hip_
are the gown's own edges on those lines; hem_ are the skirt's lower corners and the middle of the hem; shoulder_ are
the wearer's shoulder joints. elbow_ and wrist_ are there only for an arm whose sleeve reaches so far.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from tryon import draw, images
from tryon.anchors import ARMS, BODY, SIDES, Body
from tryon.errors import GownNotFoundError
from tryon.images import F32, U8

NAMES = tuple(
    [f"{part}_{side}" for part in ("shoulder", "bust", "waist", "hip", "hem") for side in SIDES] + ["hem_center"]
)
LEAST_SKIN = 0.02  # of the gown's area: less is no wearer, whatever joints the pose net sees in a dress
SURE = 0.75  # share of a matte that is nearly opaque, below which its outline is in doubt
SMALLEST = 0.01  # of the picture: less gown than this is none


@dataclass(frozen=True)
class Gown:
    """rgba: HxWx4, straight alpha. landmarks: name -> (x, y)."""

    rgba: U8
    landmarks: dict[str, tuple[float, float]]
    name: str = "gown"
    warnings: tuple[str, ...] = field(default=())

    def point(self, name: str) -> F32:
        return np.asarray(self.landmarks[name], np.float32)


def load(folder: Path) -> Gown:
    """A gown of the catalogue: gown.json beside gown.png. Raises GownNotFoundError for a folder that is none."""
    try:
        about = json.loads((folder / "gown.json").read_text())
        landmarks = {name: (float(x), float(y)) for name, (x, y) in about["landmarks"].items()}
        cut = images.decode((folder / "gown.png").read_bytes(), what="cut-out")
        return Gown(cut, landmarks, about.get("name", folder.name))
    except (OSError, KeyError, ValueError) as error:
        raise GownNotFoundError(f"{folder} holds no gown: {error}") from error


def cut_out(picture: U8, masks: U8, body: Body | None) -> Gown:
    """The gown in a product picture. picture: HxWx3 or HxWx4; masks: HxWx2 (user, gown); body: its wearer, if any.

    Raises GownNotFoundError.
    """
    alpha = _main_part(masks[:, :, 1])
    if picture.shape[2] == 4:  # a cut-out without landmarks: its alpha is the better mask
        alpha = picture[:, :, 3]
    if (alpha > 127).mean() < SMALLEST:
        raise GownNotFoundError("No gown was found in the gown picture: use one that shows the whole gown.")
    landmarks = _worn(alpha, body) if body else _flat(alpha)
    rgba, filled = _fill_holes(picture[:, :, :3], alpha, masks[:, :, 0], landmarks)
    notes = ["Hands, hair or a bag hid part of the gown in its picture; it was filled in."] if filled else []
    if (alpha > 191).sum() < SURE * (alpha > 48).sum():
        notes.append("The gown could not be cut out with certainty; a plain background or a cut-out with alpha helps.")
    skin = (masks[:, :, 0] > 127).sum() / (alpha > 127).sum()
    if body is None or skin < LEAST_SKIN:
        notes.append("Nobody wears the gown in its picture; where it sits on the body is guessed from its outline.")
    elif body.turned:
        notes.append("The gown's wearer is turned to the side; a picture from the front fits better.")
    return Gown(rgba, landmarks, warnings=tuple(notes))


def _main_part(mask: U8) -> U8:
    """The largest part of a soft mask, and whatever is at least a tenth of it (a bodice cut off by a belt)."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats((mask > 127).astype(np.uint8))
    if count < 2:
        return np.zeros_like(mask)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    kept = np.isin(parts, np.flatnonzero(areas >= 0.1 * areas.max())).astype(np.uint8)
    return np.where(cv2.dilate(kept, np.ones((5, 5), np.uint8)) > 0, mask, 0).astype(np.uint8)


def row_ends(alpha: U8, y: float, x: float) -> tuple[float, float]:
    """Left and right end of the gown on the row `y`, of the stretch nearest to `x`."""
    row = alpha[int(np.clip(y, 0, alpha.shape[0] - 1))] > 127
    if not row.any():
        return x, x
    edges = np.flatnonzero(np.diff(np.r_[0, row.astype(np.int8), 0]))
    starts, ends = edges[::2], edges[1::2]
    away = np.maximum(0, np.maximum(starts - x, x - ends))
    best = int(away.argmin())
    return float(starts[best]), float(ends[best])


def _worn(alpha: U8, body: Body) -> dict[str, tuple[float, float]]:
    """Landmarks of a gown on a body that faces the camera (its right is on our left)."""
    marks = {f"shoulder_{side}": tuple(p) for side, p in zip(SIDES, body.shoulders.tolist(), strict=True)}
    for name in BODY:
        right, left = body.line(name)
        centre = (right + left) / 2
        half = body.half[name]
        start, end = row_ends(alpha, centre[1], centre[0])
        most = 1.35 * half if name == "bust" else 1.5 * half if name == "waist" else np.inf  # beyond: a sleeve
        if end - start < half:  # a hand or a bag interrupts the row: trust the body
            start, end = centre[0] - half, centre[0] + half
        marks[f"{name}_right"] = (float(max(start, centre[0] - most)), float(centre[1]))
        marks[f"{name}_left"] = (float(min(end, centre[0] + most)), float(centre[1]))
    marks |= _hem(alpha, float(body.pelvis[0]))
    return marks | _sleeves(alpha, body.joints)


def _hem(alpha: U8, x: float) -> dict[str, tuple[float, float]]:
    """Corners and middle of the skirt's lower edge."""
    rows = np.flatnonzero((alpha > 127).any(1))
    bottom = float(rows[-1])
    level = bottom - 0.04 * (bottom - rows[0])  # hems are curved: measure their width a little above the lowest point
    start, end = row_ends(alpha, level, x)
    return {"hem_right": (start, level), "hem_center": ((start + end) / 2, bottom), "hem_left": (end, level)}


def _sleeves(alpha: U8, joints: F32) -> dict[str, tuple[float, float]]:
    """elbow_ and wrist_ of each arm that the gown covers."""
    marks: dict[str, tuple[float, float]] = {}
    for side, (shoulder, elbow, wrist) in zip(SIDES, ARMS, strict=True):
        for name, (a, b) in {"elbow": (shoulder, elbow), "wrist": (elbow, wrist)}.items():
            if joints[b, 2] == 0 or _covered(alpha, joints[a, :2], joints[b, :2]) < 0.6:
                break
            marks[f"{name}_{side}"] = (float(joints[b, 0]), float(joints[b, 1]))
    return marks


def _covered(alpha: U8, a: F32, b: F32) -> float:
    """The share of the way from a to b that lies on the gown."""
    path = a + np.linspace(0.3, 1, 16)[:, None] * (b - a)
    x = path[:, 0].astype(int).clip(0, alpha.shape[1] - 1)
    y = path[:, 1].astype(int).clip(0, alpha.shape[0] - 1)
    return float((alpha[y, x] > 127).mean())


def _flat(alpha: U8) -> dict[str, tuple[float, float]]:
    """Landmarks of a gown on a hanger or on the floor, from its silhouette alone.

    The waist is the narrowest row of the middle; bust and hips lie about it by the proportions of a body.
    """
    rows = np.flatnonzero((alpha > 127).any(1))
    top, bottom = float(rows[0]), float(rows[-1])
    length = bottom - top
    x = float(np.flatnonzero((alpha > 127).any(0)).mean())
    levels = np.linspace(top + 0.09 * length, top + 0.5 * length, 40)  # a strapless gown's waist is high in it
    widths = [np.subtract(*row_ends(alpha, y, x)[::-1]) for y in levels]
    waist = float(levels[int(np.argmin(widths))])
    marks: dict[str, tuple[float, float]] = {}
    drop = max(waist - top, 0.15 * length)  # from the straps to the waist, about two thirds of the torso
    for name, y in {"bust": top + 0.45 * drop, "waist": waist, "hip": waist + 0.5 * drop}.items():
        start, end = row_ends(alpha, y, x)
        marks[f"{name}_right"], marks[f"{name}_left"] = (start, y), (end, y)
    middle = (marks["waist_right"][0] + marks["waist_left"][0]) / 2
    half = (marks["waist_left"][0] - marks["waist_right"][0]) / 2 / (2 * BODY["waist"])
    marks["shoulder_right"], marks["shoulder_left"] = (
        (middle - half, top + 0.03 * drop),
        (middle + half, top + 0.03 * drop),
    )
    return marks | _hem(alpha, middle)


def outline(landmarks: dict[str, tuple[float, float]]) -> F32:
    """The polygon of bodice and skirt, without sleeves: Nx2."""
    parts = ("bust", "waist", "hip", "hem")
    right = [landmarks[f"{part}_right"] for part in parts]
    left = [landmarks[f"{part}_left"] for part in reversed(parts)]
    return np.asarray([*right, landmarks["hem_center"], *left], np.float32)


def _fill_holes(picture: U8, alpha: U8, user: U8, landmarks: dict[str, tuple[float, float]]) -> tuple[U8, bool]:
    """The gown with what a hand, hair or a bag hid inside its outline filled from around; whether there was any."""
    inside = np.zeros_like(alpha)
    draw.polygon(inside, outline(landmarks), 255)
    holes = ((inside > 0) & (alpha < 128) & (user > 127)).astype(np.uint8)
    share = holes.sum() / max(1, int((alpha > 127).sum()))
    solid = cv2.erode((alpha > 200).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    colour = images.bleed(picture, solid)
    matte = np.maximum(alpha, cv2.GaussianBlur(holes * 255, (5, 5), 0)).astype(np.uint8)
    return np.dstack([colour, matte]), bool(share > 0.01)
