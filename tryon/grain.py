"""A photo's own noise, for what is painted into it: smooth skin beside grainy skin looks pasted."""

from __future__ import annotations

import cv2
import numpy as np

from tryon.images import F32, U8, Mask, touched

GRAIN = (0.4, 2.0)  # least and most of the photo's own noise that is given to painted skin


def added(skin: F32, photo: U8, real: Mask, where: U8) -> U8:
    """Painted skin with as much noise, where it is to be seen, as the real skin, known at the working size, has."""
    strength = float(np.clip(_noise(photo, real) if real.any() else 0, *GRAIN))
    out, part = skin.round().astype(np.uint8), touched(where)
    if where[part].size:
        out[part] = cv2.add(skin[part], cv2.merge([noise(where[part].shape) * strength] * 3), dtype=cv2.CV_8U)
    return out


def noise(shape: tuple[int, ...]) -> F32:
    """As a camera's, HxW, about 0, its standard deviation 1; always the same."""
    soft = cv2.GaussianBlur(np.random.default_rng(0).standard_normal(shape, np.float32), (0, 0), 0.8)
    return np.asarray(soft / max(float(soft.std()), 1e-6), np.float32)


def _noise(photo: U8, real: Mask) -> float:
    """How much the greys of a photo's real skin, known at the working size, differ from their surroundings'."""
    size = (photo.shape[1], photo.shape[0])
    shown = np.asarray(cv2.resize(real.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST), np.uint8)
    part = touched(shown)
    grey = cv2.cvtColor(photo[part], cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.percentile(np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1.2))[shown[part] > 0], 25))
