"""Light on the gown from where it falls on her face: a cut-out brings along the light of its own picture.

Only what grows evenly from one side of the gown to the other is changed, so folds, lace and colour stay.
"""

from __future__ import annotations

import cv2
import numpy as np

from tryon.blending import lit
from tryon.images import F32, U8, Mask, spans, with_alpha

SMALL = 128  # rows at which the light is worked out: it is smooth
SOLID = 250  # alpha from which on a gown's own light is read
ROUND = 1.2  # how much of the face's change of light a gown has: it is rounder, and folded
MOST = 0.25  # by which the logarithm of light may be changed at the gown's edges
EVEN = 0.03  # of the rows, over which axis and breadth of the gown are evened


def towards(worn: U8, light: float) -> U8:
    """A warped gown HxWx4 on which light grows to the right as it does over her face: `light` is the change of its
    logarithm over half a face."""
    rows, columns = worn.shape[:2]
    size = (max(1, round(columns * min(1, SMALL / rows))), min(rows, SMALL))
    small = np.asarray(cv2.resize(worn, size, interpolation=cv2.INTER_AREA), np.uint8)
    across = _across(small[:, :, 3] > 127)
    change = float(np.clip(ROUND * light - _own(small, across), -MOST, MOST))
    gain = cv2.resize(np.exp(change * across), (columns, rows), interpolation=cv2.INTER_LINEAR)
    return with_alpha(lit(worn[:, :, :3], np.asarray(gain, np.float32)), worn[:, :, 3])


def _across(inside: Mask) -> F32:
    """Where across a gown each pixel is, HxW, -1 at the edge on our left to 1: by each row's ends, evened over its
    neighbours."""
    held = np.flatnonzero(inside.any(1))
    if not len(held):
        return np.zeros(inside.shape, np.float32)
    first, beyond = spans(inside[held])
    rows = np.arange(len(inside))
    ends = np.stack([np.interp(rows, held, x) for x in ((first + beyond - 1) / 2, (beyond - 1 - first) / 2)], 1)
    middle, half = cv2.GaussianBlur(ends.astype(np.float32), (1, 0), 0, sigmaY=max(1.0, EVEN * len(rows))).T
    away = (np.arange(inside.shape[1]) - middle[:, None]) / np.maximum(half[:, None], 1)
    return np.asarray(away.clip(-1, 1), np.float32)


def _own(rgba: U8, across: F32) -> float:
    """How the logarithm of the gown's own light grows from its middle to its edge on our right."""
    solid = rgba[:, :, 3] >= SOLID
    if solid.sum() < 2:
        return 0.0
    grey = np.log(rgba[solid][:, :3].mean(1) + 4)
    away = across[solid] - across[solid].mean()
    return float(away @ grey / max(float(away @ away), 1.0))
