"""Shapes drawn into masks and pictures, in place, at points with fractions of a pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Canvas = npt.NDArray[np.uint8]
Colour = int | tuple[int, int, int]


def pixel(point: Sequence[float] | npt.NDArray[Any]) -> tuple[int, int]:
    """The pixel that holds a point (x, y)."""
    return round(float(point[0])), round(float(point[1]))


def polygon(canvas: Canvas, points: npt.NDArray[Any], value: int) -> None:
    """Fill the polygon through Nx2 points."""
    cv2.fillPoly(canvas, [np.asarray(np.round(points), np.int32)], value)


def stroke(
    canvas: Canvas, points: Sequence[npt.NDArray[Any]] | npt.NDArray[Any], thickness: float, value: Colour = 1
) -> None:
    """A line through the points with round ends."""
    for a, b in zip(points, points[1:], strict=False):
        cv2.line(canvas, pixel(a), pixel(b), value, max(1, round(thickness)), cv2.LINE_8)


def disc(canvas: Canvas, centre: npt.NDArray[Any], radius: float, value: int = 1) -> None:
    """A filled circle."""
    cv2.circle(canvas, pixel(centre), max(1, round(radius)), value, -1)
