"""How far colours are from those of something: a few of its own, found by k-means."""

from __future__ import annotations

import cv2
import numpy as np

from tryon.images import F32

COLOURS, SAMPLES = 6, 1500  # in a palette, and pixels that it is made of
LEAST = 8  # pixels that a palette needs


def away(colours: F32, others: F32, most: int = COLOURS) -> F32:
    """How far each of Nx3 colours is from the nearest in the palette, of `most` colours or fewer, of Mx3 others, N;
    infinite without others."""
    if len(others) < LEAST:
        return np.full(len(colours), np.inf, np.float32)
    pixels = np.ascontiguousarray(others[:: max(1, len(others) // SAMPLES)])
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_MAX_ITER, 10, 1.0)
    count = min(most, len(pixels))
    _, _, palette = cv2.kmeans(pixels, count, None, stop, 1, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    if not len(colours):
        return np.zeros(0, np.float32)
    squares = (colours**2).sum(1)[:, None] - 2 * colours @ palette.T + (palette**2).sum(1)
    return np.asarray(np.sqrt(squares.min(1).clip(0)), np.float32)
