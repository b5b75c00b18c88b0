"""Measures of pictures: known values, and that each falls for the fault it is there to find."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from training import likeness
from tryon.images import U8

ALL = np.ones((96, 64), bool)


@pytest.fixture
def picture() -> U8:
    noise = np.random.default_rng(0).integers(0, 256, (96, 64, 3)).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.2), np.uint8)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (61, -5, 29), 22.8977),
        ((50, 2.5, 0), (50, 3.2592, 0.3350), 1.0000),
        ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_ciede2000_on_sharmas_pairs(
    first: tuple[float, float, float], second: tuple[float, float, float], expected: float
) -> None:
    assert likeness.delta_e2000(first, second) == pytest.approx(expected, abs=1e-4)
    assert likeness.delta_e2000(second, first) == pytest.approx(expected, abs=1e-4)


def test_a_blurred_picture_is_less_alike_and_less_sharp(picture: U8) -> None:
    blurred = np.asarray(cv2.GaussianBlur(picture, (0, 0), 2), np.uint8)
    assert likeness.ssim_map(picture, picture).min() == pytest.approx(1)
    assert likeness.ssim_map(picture, blurred).mean() < 0.7
    assert likeness.sharpness(blurred, ALL) < 0.5 * likeness.sharpness(picture, ALL)


def test_psnr_counts_the_mask_only(picture: U8) -> None:
    other = picture.copy()
    other[:48] = 255 - other[:48]
    lower = ALL.copy()
    lower[:48] = False
    assert likeness.psnr(picture, other, lower) > 100
    assert likeness.psnr(np.zeros_like(picture), np.full_like(picture, 16), ALL) == pytest.approx(24.05, abs=0.01)


def test_another_colour_is_seen_and_another_grain_is_not(picture: U8) -> None:
    grain = np.random.default_rng(1).integers(-8, 9, picture.shape)
    grainy = (picture + grain).clip(0, 255).astype(np.uint8)
    yellow = (picture * np.array([1, 0.97, 0.8])).astype(np.uint8)
    assert likeness.colour_shift(picture, grainy, ALL) < 2 < 8 < likeness.colour_shift(picture, yellow, ALL)


def test_a_hard_seam_is_seen() -> None:
    inside = np.zeros((96, 64), bool)
    inside[30:70, 20:50] = True
    hard = np.where(inside[:, :, None], 200, 90).astype(np.uint8).repeat(3, 2)
    soft = np.asarray(cv2.GaussianBlur(hard, (0, 0), 6), np.uint8)
    assert likeness.seam(hard, inside) > 1.3 * likeness.seam(soft, inside)


def test_deep_features_tell_textures_apart(picture: U8) -> None:
    eye = likeness.Perception()
    noisy = (picture + np.random.default_rng(1).integers(-3, 4, picture.shape)).clip(0, 255).astype(np.uint8)
    flat = np.full_like(picture, 128)
    seen, near, far = (eye.features(p) for p in (picture, noisy, flat))
    assert eye.distance(seen, seen, ALL) == 0
    assert 0 < eye.distance(seen, near, ALL) < 0.5 * eye.distance(seen, far, ALL)
    assert eye.embed(picture, ALL).shape == (320,)


def test_kid_is_nothing_for_one_distribution_and_grows_with_the_distance() -> None:
    chance = np.random.default_rng(0)
    here, again, there = (chance.normal(shift, 1, (200, 16)).astype(np.float32) for shift in (0, 0, 1))
    low, high = likeness.kid_interval(here, again)
    assert low < 0 < high
    assert likeness.kid(here, there) > 20 * abs(likeness.kid(here, again))


def test_an_interval_holds_the_mean_and_leaves_out_what_is_unknown() -> None:
    values = [1.0, 2.0, 3.0, 4.0, float("nan")]
    low, high = likeness.interval(values)
    assert 1 < low < 2.5 < high < 4
    assert likeness.interval(values) == (low, high)
    assert np.isnan(likeness.interval([float("nan")])).all()
