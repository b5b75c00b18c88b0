"""A gown of the catalogue drawn for checking: on a checkerboard, its landmarks named, what was filled in tinted; and
on the sample bride."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import cv2
import numpy as np

from tryon import draw, images
from tryon.bride import Bride
from tryon.gown import Gown
from tryon.images import U8
from tryon.landmarks import LINES

SIZE = (1200, 900)  # height, width
BOARD, SQUARE = (150, 190), 16  # the two greys of the checkerboard, and its squares' side
TINT = np.array([255, 60, 200], np.float32)
RIGHT, LEFT, MIDDLE, EDITED = (220, 30, 30), (30, 70, 230), (20, 140, 60), (255, 200, 0)


def draw_on(gown: Gown, bride: Bride | None, edited: Collection[str] = ()) -> U8:
    """The preview, HxWx3. The wearer's right is red, her left blue, the middle green; edited landmarks are ringed.
    Without a bride, for a gown with problems, the right half is white."""
    worn = bride.wearing(gown) if bride else np.full((*SIZE, 3), 255, np.uint8)
    return np.hstack([_marked(gown, edited), images.Letterbox.fit((worn.shape[0], worn.shape[1]), SIZE).image(worn)])


def _marked(gown: Gown, edited: Collection[str]) -> U8:
    box = images.Letterbox.fit((gown.rgba.shape[0], gown.rgba.shape[1]), SIZE)
    rgba = box.image(gown.rgba, fill=0)
    if gown.filled is not None:
        filled = box.image(gown.filled, fill=0)[:, :, None] / np.float32(255)
        rgba[:, :, :3] = rgba[:, :, :3] * (1 - 0.5 * filled) + TINT * 0.5 * filled
    canvas = _on_board(rgba)
    points = {name: box.points(np.asarray(point)) for name, point in gown.landmarks.items()}
    _lines(canvas, points)
    for name, point in points.items():
        _mark(canvas, name, point, ringed=name in edited)
    return canvas


def _on_board(rgba: U8) -> U8:
    rows, columns = np.indices(rgba.shape[:2]) // SQUARE
    board = np.asarray(BOARD, np.float32)[(rows + columns) % 2][:, :, None]
    alpha = rgba[:, :, 3:] / np.float32(255)
    return np.asarray((rgba[:, :, :3] * alpha + board * (1 - alpha)).round(), np.uint8)


def _lines(canvas: U8, points: Mapping[str, images.F32]) -> None:
    for name in LINES:
        if f"{name}_right" in points and f"{name}_left" in points:
            draw.stroke(canvas, [points[f"{name}_right"], points[f"{name}_left"]], 1, MIDDLE)


def _mark(canvas: U8, name: str, point: images.F32, *, ringed: bool) -> None:
    colour = RIGHT if name.endswith("right") else LEFT if name.endswith("left") else MIDDLE
    if ringed:
        cv2.circle(canvas, draw.pixel(point), 11, EDITED, 3, cv2.LINE_AA)
    cv2.circle(canvas, draw.pixel(point), 6, colour, -1, cv2.LINE_AA)
    width = cv2.getTextSize(name, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)[0][0]
    shift = -width - 10 if name.endswith("right") else 10
    place = draw.pixel((float(np.clip(point[0] + shift, 2, canvas.shape[1] - width - 2)), float(point[1]) + 5))
    for thickness, ink in ((3, (255, 255, 255)), (1, colour)):
        cv2.putText(canvas, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, ink, thickness, cv2.LINE_AA)
