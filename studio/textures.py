"""A photo's colours on a figure: whoever stands in it, from the front, is laid over the base mesh part by part.

A net that learns from flat colours alone looks for edges that real clothes do not have. Trunk and head are moved as a
whole, arms and legs along their bones, as the base mesh stands in its own pose; what she hides is taken from beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np

from studio.attire import Layer
from studio.figure import Bools, Figure, Floats, Ints
from tryon.images import U8

HEAD, SHOULDERS, TRUNK = [0, 1, 2, 3, 4], [5, 6], [5, 6, 11, 12]  # COCO's joints
LIMBS = ((5, 7, 9), (6, 8, 10), (11, 13, 15), (12, 14, 16))
CHIN = 0.07  # metres below the nose
CROWN = 0.1  # above the eyes: there is hair, for the back of the head too
COARSE = 1.2e-4  # square metres: a larger face is cut in four, so that it may have four colours
NEAREST = cv2.DIST_LABEL_PIXEL


@dataclass(frozen=True)
class Texture:
    """A person's picture HxWx3, her matte HxW, 255 inside, and COCO's 17 joints 17x2 in it."""

    picture: U8
    matte: U8
    joints: Floats

    @cached_property
    def filled(self) -> U8:
        """The picture with the nearest of her in every pixel."""
        outside = np.where(self.matte > 200, 0, 1).astype(np.uint8)
        nearest = cv2.distanceTransformWithLabels(outside, cv2.DIST_L2, 5, labelType=NEAREST)[1]
        colours = np.zeros((int(nearest.max()) + 1, 3), np.uint8)
        inside = outside == 0
        colours[nearest[inside]] = self.picture[inside]
        return np.asarray(colours[nearest], np.uint8)

    def colours(self, figure: Figure, places: Floats) -> Floats:
        """Colours (N, 3), 0..255, of places (N, 3) of the figure's rest pose."""
        rest = figure.base.marks
        flat, marks = np.c_[places[:, 0], -places[:, 2]], np.c_[rest[:, 0], -rest[:, 2]]
        behind = (places[:, 1] > rest[3, 1] + 0.01) & (flat[:, 1] < marks[0, 1] + CHIN)
        flat[behind, 1] = marks[1, 1] - CROWN
        out = _mapped(flat, _affine(marks[TRUNK], self.joints[TRUNK]))
        scale = np.ptp(self.joints[SHOULDERS, 0]) / np.ptp(marks[SHOULDERS, 0])
        for limb in LIMBS:
            here = _on_limb(flat, marks, limb)
            out[here] = _along(flat[here], marks[list(limb)], self.joints[list(limb)], scale)
        head = flat[:, 1] < marks[0, 1] + CHIN
        out[head] = _mapped(flat[head], _similar(_face(marks), _face(self.joints)))
        x, y = out.astype(np.float32).T[:, :, None]
        seen = cv2.remap(self.filled, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(seen[:, 0], np.float64)

    def wrapped(self, figure: Figure, layer: Layer) -> Layer:
        """A layer of the figure's vertices in the photo's colours, its large faces cut in four."""
        corners = np.stack([figure.base.vertices[layer.faces], layer.points[layer.faces]], 3)  # (F, 4, 3, 2)
        first, second = (corners[:, i + 2, :, 0] - corners[:, i, :, 0] for i in (0, 1))  # diagonals
        area = np.linalg.norm(np.cross(first, second), axis=1) / 2
        fine = np.concatenate([corners[area <= COARSE], quartered(corners[area > COARSE])])
        faces: Ints = np.arange(4 * len(fine)).reshape(-1, 4)
        colours = self.colours(figure, fine[..., 0].mean(1))
        return replace(layer, points=fine[..., 1].reshape(-1, 3), faces=faces, colours=colours)


def quartered(corners: Floats) -> Floats:
    """Quads (F, 4, ...) as (4F, 4, ...)."""
    mids = (corners + np.roll(corners, -1, 1)) / 2  # each between a corner and the next
    middle = corners.mean(1)
    parts = [np.stack([corners[:, i], mids[:, i], middle, mids[:, i - 1]], 1) for i in range(4)]
    return np.asarray(np.concatenate(parts))


def _face(joints: Floats) -> Floats:
    """Nose, eyes, ears and the middle of the shoulders."""
    return np.asarray(np.r_[joints[HEAD], joints[SHOULDERS].mean(0, keepdims=True)])


def _affine(source: Floats, target: Floats) -> Floats:
    """3x2, by least squares: rows (x, y, 1) times it are the target."""
    return np.asarray(np.linalg.lstsq(np.c_[source, np.ones(len(source))], target, rcond=None)[0])


def _similar(source: Floats, target: Floats) -> Floats:
    """The same, but it only turns, scales and shifts."""
    x, y, one, none = *source.T, np.ones(len(source)), np.zeros(len(source))
    rows = np.r_[np.c_[x, -y, one, none], np.c_[y, x, none, one]]
    a, b, shift_x, shift_y = np.linalg.lstsq(rows, target.T.ravel(), rcond=None)[0]
    return np.array([[a, b], [-b, a], [shift_x, shift_y]])


def _mapped(points: Floats, way: Floats) -> Floats:
    return np.asarray(points @ way[:2] + way[2])


def _on_limb(points: Floats, marks: Floats, limb: tuple[int, int, int]) -> Bools:
    """Which points of the rest pose (N, 2) are of an arm or a leg."""
    first, last = marks[limb[0]], marks[limb[2]]
    if limb[0] in SHOULDERS:
        along = (points - first) @ (last - first) / ((last - first) @ (last - first))
        return np.asarray((along > 0) & (points[:, 0] * np.sign(first[0]) > 0.9 * abs(first[0])))
    return np.asarray((points[:, 1] > first[1]) & (points[:, 0] * first[0] > 0))


def _along(points: Floats, bones: Floats, joints: Floats, scale: float) -> Floats:
    """Points beside a limb's two bones (3, 2) beside its joints (3, 2) in a photo; scale: pixels per metre across."""
    ways = []
    for part in (0, 1):
        (a, b), (c, d) = bones[part : part + 2], joints[part : part + 2]
        bone, limb = b - a, d - c
        share = (points - a) @ bone / (bone @ bone)
        aside = (points - a) @ np.array([-bone[1], bone[0]]) / np.linalg.norm(bone)
        across = np.array([-limb[1], limb[0]]) / max(float(np.linalg.norm(limb)), 1.0)
        ways.append((share, c + share[:, None] * limb + scale * aside[:, None] * across))
    return np.asarray(np.where(ways[1][0][:, None] > 0, ways[1][1], ways[0][1]))
