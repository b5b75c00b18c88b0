"""Where a gown is that nobody wears when the net is in doubt: what the net says, colours and texture are weighed
together, and the picture is cut in two where they change and where an edge is.

The net may take a cover for the gown, or miss a sleeve; but it is sure enough of a part of both to tell what each looks
like in this picture. What that says of every other pixel adds up as logarithms of odds do (a logistic regression,
WEIGHTS); and that twice: from what was cut the second pass learns.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tryon import blending, odds
from tryon.images import F32, U8, Mask
from tryon.straps import SURE

# fitted by `python -m training.evidence` to what three generations of the net see
CLUES = ("net", "colour", "colours around", "texture", "of the user")
WEIGHTS, BIAS = (0.765, 0.361, 0.502, 0.403, 3.687), -2.461
NEVER = 0.01  # of 1: the net is never surer than this that it is wrong
FLOOR = 0.1  # of a picture's height, at its lower edge, where the net is believed less and less
PASSES = 2
SIDE = 1024  # pixels of the longer side to which the following belong
AROUND, EDGE, TEXTURE, REACH = 16, 8, (3, 8), 3  # radii: of colours around, edges of colours, textures, and theirs
STEEP = 1e-3  # variance of light, 0..1, that is an edge
STRAP = 6.0  # logarithm of the odds that what looks like a strap is one
AGAINST = -1.0  # logarithm of the odds: a hole of which the net is sure, and that these say no more against, is none
SPAN = 8.0  # odds are told apart up to this
GAIN = 3.0  # how much they weigh beside GrabCut's edges


def find(picture: U8, masks: U8, own: Mask, other: Mask, straps: Mask) -> Mask:
    """Where the gown is, HxW; nowhere if no gown, or no background, is sure. picture: HxWx3; masks: what the net
    sees, HxWx2 (user, gown); own, other: what is surely gown, and background; straps: what looks like its straps."""
    inside, outside = np.asarray(own, np.float32), np.asarray(other, np.float32)
    found = np.zeros(own.shape, np.bool_)
    for _ in range(PASSES):
        if not inside.any() or not outside.any():
            return found
        likely = weighed(clues(picture, masks, inside, outside))
        likely[straps] = np.maximum(likely[straps], 0) + STRAP
        found = parted(likely, picture)
        chance = 1 / (1 + np.exp(-likely))
        inside, outside = np.where(found, chance, 0) ** 2, np.where(found, 0, 1 - chance) ** 2
    return found | _closed(found, masks[:, :, 1], likely)


def clues(picture: U8, masks: U8, own: Mask | F32, other: Mask | F32) -> F32:
    """What tells a gown from what is behind it, HxWx5, CLUES: logarithms of odds, but the last, 0..1. picture, masks:
    as for `find`; own, other: HxW, how surely each pixel is gown, or background, 0..1."""
    scale = max(own.shape) / SIDE
    user, gown = (np.asarray(masks[:, :, i] / 255, np.float32) for i in range(2))
    colour = odds.of_gown(picture, own, other)
    light = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) / np.float32(255), np.float32)
    sharp = blending.guided(light, colour, max(1, round(EDGE * scale)), STEEP)
    around = np.asarray(cv2.blur(colour, (2 * round(AROUND * scale) + 1,) * 2), np.float32)
    fine, coarse = (max(1, round(radius * scale)) for radius in TEXTURE)
    texture = odds.of_texture(picture, own, other, (fine, coarse))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(REACH * scale) + 1,) * 2)
    alike = np.asarray(cv2.dilate(texture, disc), np.float32)  # beside an edge, a texture is a mixture of two
    return np.dstack([_believed(gown), sharp, around, alike, user])


def _believed(gown: F32) -> F32:
    """The logarithm of the odds that each pixel is gown, HxW, by what the net sees, HxW, 0..1: at the picture's lower
    edge little of it, where it takes floors for gowns."""
    seen = gown.clip(NEVER, 1 - NEVER)
    odds_of_gown = np.log(seen / (1 - seen))
    above = np.arange(len(gown), 0, -1, dtype=np.float32)[:, None] / (FLOOR * len(gown))
    return np.asarray(np.minimum(odds_of_gown, above.clip(0, 1) * odds_of_gown), np.float32)


def weighed(seen: F32) -> F32:
    """The logarithm of the odds that each pixel is gown, HxW, by its clues, HxWx5."""
    return np.asarray(seen @ np.array(WEIGHTS, np.float32) + np.float32(BIAS), np.float32)


def parted(likely: F32, picture: U8) -> Mask:
    """The cheapest cut of a picture in two, HxW, true where the gown is: against few odds, along edges (Boykov and
    Jolly, ICCV 2001). likely: logarithms of odds, HxW. Below the picture is ground: a gown that runs on to the edge is
    no cheaper than a hem.

    It is OpenCV's GrabCut with two models that are given and stay: Gaussians of the first channel, which has the odds.
    """
    middle, half = 120.0, 100.0
    levels = (middle + likely.clip(-SPAN, SPAN) / SPAN * half).astype(np.uint8)
    lightness, red, yellow = cv2.split(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB))
    seen = cv2.merge([levels, lightness, cv2.add(red, yellow)])
    marks = np.where(likely > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    seen = cv2.copyMakeBorder(seen, 0, 1, 0, 0, cv2.BORDER_REPLICATE)
    marks = np.pad(marks, ((0, 1), (0, 0)), constant_values=cv2.GC_BGD)
    spread = 2 * half * half / SPAN / GAIN  # so that the logarithms of the two densities differ by GAIN times the odds
    ground, gown = (_gaussian(middle + side * half, spread) for side in (-1, 1))
    cv2.grabCut(seen, marks, (0, 0, 1, 1), ground, gown, 1, cv2.GC_EVAL_FREEZE_MODEL)
    return np.asarray((marks == cv2.GC_PR_FGD)[:-1])


def _gaussian(mean: float, variance: float) -> npt.NDArray[np.float64]:
    """A model of GrabCut's with one Gaussian of the first channel: weights, means and covariances of five, 1x65."""
    model = np.zeros((1, 65))
    model[0, 0] = 1
    model[0, 5] = mean
    model[0, 20:].reshape(5, 9)[:, ::4] = 1
    model[0, 20:29:4] = variance, 1e6, 1e6
    return model


def _closed(found: Mask, gown: U8, likely: F32) -> Mask:
    """Holes that are none, HxW: the net is sure of them, and little speaks against it. A pocket of another colour."""
    count, parts = cv2.connectedComponents((~found).astype(np.uint8))
    flat, sizes = parts.ravel(), np.maximum(np.bincount(parts.ravel(), minlength=count), 1)
    sure = np.bincount(flat, gown.ravel(), count) > 255 * SURE[0] * sizes
    sure &= np.bincount(flat, likely.ravel(), count) > AGAINST * sizes
    sure[np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))] = False
    sure[0] = False
    return np.asarray(sure[parts])
