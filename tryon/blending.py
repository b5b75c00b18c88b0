"""Pictures blended: colours spread, laid over each other, lit, and drawn to edges. Arrays as in `tryon.images`."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from tryon.images import F32, U8, touched


def bleed(picture: U8, known: npt.NDArray[np.bool_]) -> U8:
    """The picture with its known pixels, spread smoothly over the unknown ones (pull-push, coarse to fine).

    A cut-out whose colour runs on under its edge has no fringe of the old background.
    """
    weights: list[npt.NDArray[Any]] = [known.astype(np.float32)[:, :, None]]
    colours: list[npt.NDArray[Any]] = [cv2.copyTo(picture, known.astype(np.uint8)).astype(np.float32)]
    while max(colours[-1].shape[:2]) > 1:  # down to one pixel, so that what is known reaches everywhere
        size = ((colours[-1].shape[1] + 1) // 2, (colours[-1].shape[0] + 1) // 2)
        colours.append(cv2.resize(colours[-1], size, interpolation=cv2.INTER_AREA))
        weights.append(cv2.resize(weights[-1], size, interpolation=cv2.INTER_AREA)[:, :, None])
    guess = colours[-1] / np.maximum(weights[-1], 1e-6)
    for colour, weight in zip(colours[-2:0:-1], weights[-2:0:-1], strict=True):
        coarse = cv2.resize(guess, colour.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        guess = colour + coarse * (1 - weight)  # colour: the mean with black where nothing is known
    spread = guess.round().clip(0, 255).astype(np.uint8)
    spread = cv2.resize(spread, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.copyTo(picture, known.astype(np.uint8), spread), np.uint8)


def mix(top: U8, bottom: U8, alpha: U8) -> U8:
    """top over bottom, HxWx3 each, by alpha HxW; where alpha is 0 the bottom stays bit for bit."""
    out, part = bottom.copy(), touched(alpha)
    if alpha[part].size:
        share = alpha[part].astype(np.float32) / np.float32(255)
        out[part] = cv2.blendLinear(top[part], bottom[part], share, 1 - share)
    return out


def lit(picture: U8, gain: F32) -> U8:
    """A picture HxWx3, each pixel so many times as light; gain: HxW."""
    return np.asarray(cv2.multiply(picture, cv2.merge([gain] * 3), dtype=cv2.CV_8U), np.uint8)


def guided(guide: F32, values: F32, radius: int, steep: float) -> F32:
    """Values HxW, smoothed but for where a guide HxW of light 0..1 has an edge (guided filter: He, Sun and Tang, ECCV
    2010). radius: of its window, in pixels; steep: the variance of light that is an edge."""
    box = (2 * radius + 1, 2 * radius + 1)
    light, mean = cv2.blur(guide, box), cv2.blur(values, box)
    slope = (cv2.blur(guide * values, box) - light * mean) / (cv2.blur(guide * guide, box) - light**2 + steep)
    return np.asarray(cv2.blur(slope, box) * guide + cv2.blur(mean - slope * light, box), np.float32)
