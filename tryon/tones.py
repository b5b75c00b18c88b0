"""What colours her skin has: which of a photo's may be hers, and what her body and her legs have where clothes hide
them. All are CIE L*a*b* but where RGB is said."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from tryon.images import F32, Mask

# how many degrees of hue, of how many times its colourfulness, and how much darker than a face lit skin may be
HUE, PALE, DARKER = 25.0, (0.4, 1.6), 50.0
FADED = 10.0  # how far from a face's a* and b* those of skin in brighter light may be
MANY, FEW = 150, 40  # pixels from which on arms, or legs, and from which on hands tell the body's colour
# L*a*b* that a body has beside that of its face and its hands, and one: see `training.skin_tones`
BESIDE_HANDS = np.array([[0.31, 0.48, 0.26], [0.64, 0.51, 0.80], [5.54, -0.84, -0.02]], np.float32)
BESIDE_FACE = np.array([[0.66, 0.94, 0.96], [24.89, 0.18, -0.76]], np.float32)
UNLIKE = np.array([[-10, -3, -5], [26, 3, 5]], np.float32)  # least and most of it that a body has more than its face
# pixels from which on arms are believed whatever their colour; how far fewer may be from what face and hands say
PLENTY, FAR = 400, np.array([15, 5, 8], np.float32)
LIGHTEST = 86.0  # L* of skin in the sun: what is lighter is overexposed, or no skin
IN_SHADE = np.array([-13.4, 1.0, 1.4], np.float32)  # what legs have beside a body: they stand in the skirt's shade


class Seen(NamedTuple):
    """Skin that a photo shows: the face's colour (3,), those of hands, arms and legs (N, 3)."""

    face: F32
    hands: F32
    arms: F32
    legs: F32


def lab(colours: npt.NDArray[Any]) -> F32:
    """CIE L*a*b* of colours (N, 3), RGB 0..255."""
    if not len(colours):
        return np.zeros((0, 3), np.float32)
    return np.asarray(cv2.cvtColor((colours[None] / 255).astype(np.float32), cv2.COLOR_RGB2LAB)[0], np.float32)


def lit(colours: npt.NDArray[Any], own: F32) -> Mask:
    """Which colours (N, 3), RGB, have the hue of a face of colour `own`, RGB, in other light: a hat's or a building's
    shade ends on it."""
    (light, red, yellow), face = lab(colours).T, lab(own[None])[0]
    turn = np.degrees(np.arctan2(yellow, red) - np.arctan2(face[2], face[1]))
    colourful = np.hypot(red, yellow) / max(np.hypot(face[1], face[2]), 1e-3)
    near = (np.abs((turn + 180) % 360 - 180) < HUE) & (colourful > PALE[0]) & (colourful < PALE[1])
    faded = np.hypot(red - face[1], yellow - face[2]) < FADED  # where it is pale, hue says little
    return np.asarray(near & (light > face[0] - DARKER) | faded & (light > face[0]), bool)


def no_arms(seen: Seen) -> bool:
    """Whether what is taken for skin on arms is hair, a strap or a sleeve: it is little, and far from the colour that
    face and hands say."""
    if not 0 < len(seen.arms) < PLENTY:
        return False
    return bool((np.abs(np.median(seen.arms, 0) - _expected(seen)) > FAR).any())


def shown(seen: Seen) -> tuple[F32, F32]:
    """The colours, RGB 0..255, that her body (shoulders, arms, chest) and her legs show: of much skin seen the median,
    of hands and face what bodies have beside such."""
    body = np.median(seen.arms, 0) if len(seen.arms) >= MANY else _expected(seen)
    body = seen.face + (body - seen.face).clip(*UNLIKE)
    body[0] = min(body[0], LIGHTEST)
    under = np.median(seen.legs, 0) if len(seen.legs) >= MANY else body + IN_SHADE
    rgb = cv2.cvtColor(np.array([[body, under]], np.float32), cv2.COLOR_LAB2RGB)[0] * 255
    return rgb[0], rgb[1]


def _expected(seen: Seen) -> F32:
    """What bodies have beside such a face and such hands."""
    if len(seen.hands) >= FEW:
        return np.asarray(np.sum(BESIDE_HANDS * (seen.face, np.median(seen.hands, 0), np.ones(3)), 0), np.float32)
    return np.asarray(np.sum(BESIDE_FACE * (seen.face, np.ones(3)), 0), np.float32)
