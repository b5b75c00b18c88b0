"""What colours her skin has: which of a photo's may be hers, and what each part of her body has where clothes hide it.
All are CIE L*a*b* but where RGB is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from tryon.images import F32, Mask

# how many degrees of hue, of how many times its colourfulness, and how much darker than a face lit skin may be
HUE, PALE, DARKER = 25.0, (0.4, 1.6), 50.0
FADED = 10.0  # how far from a face's a* and b* those of skin in brighter light may be
MANY, FEW = 150, 40  # pixels from which on a part tells its own colour, and from which on that of others
# by what others are seen, what a part of the body has beside them: each one's weight in its L*, a* and b*, and what is
# added; see `training.skin_tones`
BESIDE: dict[str, dict[tuple[str, ...], list[list[float]]]] = {
    "neck": {
        ("face", "throat"): [[0.04, 0.04, 0.02], [0.96, 0.96, 0.98], [2.41, -0.2, -0.73]],
        ("face", "hands"): [[0.65, 0.78, 0.52], [0.35, 0.22, 0.48], [-4.86, -0.51, 1.49]],
        ("face",): [[1.0, 1.0, 1.0], [-4.56, -0.19, 0.25]],
    },
    "chest": {
        ("face", "throat"): [[0.5, 0.52, 0.39], [0.5, 0.48, 0.61], [12.77, -1.87, -4.08]],
        ("face", "lower"): [[0.63, 0.64, 0.42], [0.37, 0.36, 0.58], [7.84, -1.39, -2.08]],
        ("face", "hands"): [[0.67, 0.8, 0.48], [0.33, 0.2, 0.52], [8.82, -1.84, -1.79]],
        ("face",): [[1.0, 1.0, 1.0], [8.94, -1.6, -3.39]],
    },
    "upper": {
        ("face", "lower"): [[0.5, 0.31, 0.35], [0.5, 0.69, 0.65], [-2.34, -0.06, 1.58]],
        ("face", "hands"): [[0.46, 0.54, 0.52], [0.54, 0.46, 0.48], [-2.6, -0.42, 2.52]],
        ("face",): [[1.0, 1.0, 1.0], [-0.84, -0.22, 0.93]],
    },
    "lower": {
        ("face", "hands"): [[0.06, 0.29, 0.0], [0.94, 0.71, 1.0], [0.7, -0.71, 1.9]],
        ("face",): [[1.0, 1.0, 1.0], [3.23, -0.19, -0.93]],
    },
    "legs": {
        ("face", "hands"): [[0.44, 0.59, 0.4], [0.56, 0.41, 0.6], [-10.54, 0.5, 1.89]],
        ("face",): [[1.0, 1.0, 1.0], [-10.64, 0.97, 0.12]],
    },
}
SLEEVED = np.array([5.9, -0.5, 0.5], np.float32)  # what hands have more below bare forearms: no sleeve shades them
UNLIKE = np.array([[-10, -3, -5], [26, 3, 5]], np.float32)  # least and most of it that a body has more than its face
# pixels from which on arms are believed whatever their colour; how far fewer may be from what face and hands say
PLENTY, FAR = 400, np.array([15, 5, 8], np.float32)
LIGHTEST = 86.0  # L* of skin in the sun: what is lighter is overexposed, or no skin
ARMS = ("chest", "upper", "lower")  # what sleeves and necklines bare
ABOVE = ("neck", *ARMS)  # what is above the hips, but for face and hands

Seen = Mapping[str, F32]  # colours (N, 3) of skin that a photo shows, by the part of the body: see `complexion.zones`


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
    """Whether what is taken for skin on arms and chest is hair, a strap or a sleeve: it is little, and far from the
    colour that face and hands say."""
    counts = [len(seen[part]) for part in ARMS]
    if not 0 < sum(counts) < PLENTY:
        return False
    known = without_arms(seen)
    told = np.average([_expected(known, part) for part in ARMS], 0, counts)
    return bool((np.abs(np.median(np.concatenate([seen[part] for part in ARMS]), 0) - told) > FAR).any())


def without_arms(seen: Seen) -> Seen:
    """What is seen but for arms and chest."""
    return {part: colours[: 0 if part in ARMS else None] for part, colours in seen.items()}


def shown(seen: Seen) -> dict[str, F32]:
    """The colour, RGB 0..255, that each part of her body shows: of much skin seen the median, else what such a part has
    beside what is seen."""
    found = {}
    for part in BESIDE:
        colour = np.median(seen[part], 0) if len(seen[part]) >= MANY else _expected(seen, part)
        if part != "legs":
            colour = seen["face"][0] + (colour - seen["face"][0]).clip(*UNLIKE)
        colour[0] = min(colour[0], LIGHTEST)
        found[part] = cv2.cvtColor(colour.astype(np.float32)[None, None], cv2.COLOR_LAB2RGB)[0, 0] * 255
    return found


def _expected(seen: Seen, part: str) -> F32:
    """What a part has beside the first of those others that are seen."""
    told = (others for others in BESIDE[part] if all(other == "face" or len(seen[other]) >= FEW for other in others))
    others = next(told)
    known = {other: np.median(seen[other], 0) for other in others}
    if "hands" in known and part in ARMS and len(seen["lower"]) < FEW and known["hands"][0] < known["face"][0]:
        known["hands"] += SLEEVED
    return np.asarray(np.sum(np.array(BESIDE[part][others]) * [*known.values(), np.ones(3)], 0), np.float32)
