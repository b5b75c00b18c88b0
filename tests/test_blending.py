"""Pictures spread, laid over each other, lit, and masks drawn to edges."""

from __future__ import annotations

import cv2
import numpy as np

from tryon import blending
from tryon.images import U8


def noise(seed: int, *shape: int) -> U8:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def test_bleed_reaches_the_farthest_pixel() -> None:
    picture = np.zeros((300, 90, 3), np.uint8)
    known = np.zeros((300, 90), bool)
    picture[:2, :2], known[:2, :2] = (200, 120, 40), True
    spread = blending.bleed(picture, known)
    assert np.abs(spread.astype(int) - (200, 120, 40)).max() <= 1


def test_bleeding_keeps_the_known_and_spreads_it() -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[20:40, 20:40] = (200, 100, 50)
    known = picture[:, :, 0] > 0
    out = blending.bleed(picture, known)
    np.testing.assert_array_equal(out[known], picture[known])
    assert np.abs(out[0, 0].astype(int) - (200, 100, 50)).max() <= 2


def test_what_covers_all_is_taken_and_what_is_not_covered_stays_bit_for_bit() -> None:
    top, bottom, alpha = noise(0, 60, 80, 3), noise(1, 60, 80, 3), np.zeros((60, 80), np.uint8)
    alpha[10:50, 10:70] = noise(2, 40, 60)
    alpha[20:30, 20:40], alpha[35:40, 20:40] = 255, 0
    out = blending.mix(top, bottom, alpha)
    np.testing.assert_array_equal(out[alpha == 0], bottom[alpha == 0])
    np.testing.assert_array_equal(out[alpha == 255], top[alpha == 255])
    share = alpha[..., None] / 255
    assert np.abs(out - (top * share + bottom * (1 - share))).max() < 0.51
    nothing = blending.mix(top, bottom, alpha * 0)
    np.testing.assert_array_equal(nothing, bottom)
    assert nothing is not bottom


def test_light_is_multiplied_and_white_stays_white() -> None:
    picture, gain = noise(3, 30, 40, 3), np.linspace(0.5, 1.5, 1200, dtype=np.float32).reshape(30, 40)
    wanted = (picture * gain[..., None]).clip(0, 255)
    assert np.abs(blending.lit(picture, gain) - wanted).max() < 0.51


def test_a_mask_that_is_off_is_drawn_to_the_edge_that_the_picture_shows() -> None:
    guide, mask = np.full((101, 121), 0.2, np.float32), np.zeros((101, 121), np.float32)
    guide[:, 60:] = 0.8
    mask[:, 63:] = 1
    mask = cv2.blur(mask, (9, 9))
    drawn = blending.guided(guide, mask, 6, 1e-3)
    assert mask[50, 59] > 0.05
    assert drawn[50, 61] > mask[50, 61] + 0.15  # on the edge's bright side the mask comes back
    assert drawn[50, 58] < 0.1
    np.testing.assert_allclose(drawn[:, :30], 0, atol=1e-3)
    np.testing.assert_allclose(drawn[:, 90:], 1, atol=1e-3)


def test_pictures_of_a_pixel_or_two_are_blended_too() -> None:
    for shape in ((1, 1), (1, 5), (2, 1)):
        whole = np.ones(shape, np.float32)
        np.testing.assert_allclose(blending.guided(whole, whole, 1, 1e-3), 1, atol=1e-5)
        picture = noise(4, *shape, 3)
        np.testing.assert_array_equal(blending.bleed(picture, np.ones(shape, bool)), picture)
