"""The colour of her skin, and how unlike it something is: hair, a bag, jewellery, clothes."""

from __future__ import annotations

import cv2
import numpy as np

from tryon import draw
from tryon.body_parts import shoulder_width
from tryon.images import F32, U8, large, touched
from tryon.joints import Joint

CHEEKS = 0.25  # shoulder widths about the nose where a face's colour is looked for: farther off there is more hair
UNLIKE = 22.0  # how far from her skin's colour something else is
SPECK = 0.03  # squared shoulder widths: a smaller part of something held, or of a shadow, is not kept on a gown


def from_skin(photo: U8, colour: F32) -> F32:
    """How far, squared, each pixel is from a skin's colour, HxW."""
    tone = cv2.cvtColor(colour.astype(np.uint8).reshape(1, 1, 3), cv2.COLOR_RGB2LAB)
    weights = np.array([0.35**2, 1, 1], np.float32)  # light varies over a body more than hue does
    squares = weights * (np.arange(256, dtype=np.float32)[None, :, None] - tone) ** 2
    away = cv2.LUT(cv2.cvtColor(photo, cv2.COLOR_RGB2LAB), squares)
    return np.asarray(cv2.transform(away, np.ones((1, 3), np.float32)), np.float32)


def unlike(away: F32, user: U8, width: float) -> U8:
    """Pixels of the user, HxW 0..255, that are not of her skin's colour: HxW 0 or 1, cleaned of specks. away: HxW, see
    `from_skin`; width: of her shoulders."""
    size = max(3, round(0.06 * width)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))  # a square's corners would be seen on a bag
    other = ((away > UNLIKE**2) & (user > 127)).astype(np.uint8)
    return large(cv2.morphologyEx(other, cv2.MORPH_OPEN, kernel) > 0, SPECK * width**2).astype(np.uint8)


def skin_colour(picture: U8, user: U8, joints: F32) -> F32:
    """The bride's own skin, RGB 0..255: the median of what in her face has a hue that skin can have, is light and not
    red, so that glasses, beard, lips and shade do not count; a warm grey where no face is seen."""
    face = np.zeros(user.shape, np.uint8)
    if joints[Joint.NOSE, 2] > 0:
        draw.disc(face, joints[Joint.NOSE, :2], CHEEKS * shoulder_width(joints))
    part = touched(face)
    pixels = picture[part][(face[part] > 0) & (user[part] > 127)]
    if len(pixels) < 8:
        return np.array([190, 150, 130], np.float32)
    light, red, yellow = cv2.cvtColor(pixels[None], cv2.COLOR_RGB2LAB)[0].astype(int).T
    hues = (red >= 131) & (red < 168) & (yellow >= 130) & (yellow < 178)
    if hues.sum() < 8:
        return np.asarray(np.median(pixels, 0), np.float32)
    lit = hues & (light >= np.percentile(light[hues], 50))
    skin = pixels[lit & (red <= np.percentile(red[lit], 60))]
    return np.asarray(np.median(skin, 0), np.float32)


def unlike_skin(photo: U8, user: U8, joints: F32) -> U8:
    """Pixels of the user that are not of her skin's colour (hair, a bag, jewellery), HxW 0 or 1, cleaned of specks."""
    out, part = np.zeros_like(user), touched(user)
    if user[part].size:
        away = from_skin(photo[part], skin_colour(photo, user, joints))
        out[part] = unlike(away, user[part], shoulder_width(joints))
    return out
