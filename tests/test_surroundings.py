"""What runs on behind clothes that are gone: skirting boards, posts, an even wall."""

from __future__ import annotations

import numpy as np
import pytest

from tryon import behind, blending, surroundings
from tryon.images import U8, Mask

SIZE = (720, 480)
BOARD = slice(560, 600)
TROUSERS = np.zeros(SIZE, np.uint8)
TROUSERS[420:640, 180:235] = TROUSERS[420:640, 245:300] = 255


@pytest.fixture
def room() -> U8:
    """A wall, a white skirting board and a floor, with a camera's noise, which all run across."""
    colours = np.full((*SIZE, 3), (170, 175, 170), np.int16)
    colours[BOARD], colours[BOARD.stop :] = (210, 208, 205), (165, 125, 95)
    noise = np.random.default_rng(0).integers(-3, 4, (*SIZE, 1))
    return (colours + noise).astype(np.uint8)


def filled(photo: U8, hole: U8, unknown: Mask) -> U8:
    return behind.fill(photo, blending.bleed(photo, ~unknown), hole, unknown)


def test_a_skirting_board_runs_on_behind_trousers_at_its_own_height(room: U8) -> None:
    photo = room.copy()
    photo[TROUSERS > 0] = (40, 60, 130)
    beside = TROUSERS.copy()
    beside[:, 198:217] = beside[:, 263:282] = 0  # legs
    error = np.abs(filled(photo, beside, TROUSERS > 0).astype(int) - room).max(2)[beside > 0]
    assert error.mean() < 4
    assert (error > 20).mean() < 0.03


def test_what_is_nearer_and_to_the_side_counts_more() -> None:
    photo = np.full((*SIZE, 3), 100, np.uint8)
    photo[:, 300:], photo[400:] = 200, 40
    hole = np.zeros(SIZE, np.uint8)
    hole[200:400, 100:300] = 255
    out = surroundings.run_on(photo, photo, hole, hole > 0)[:, :, 0].astype(int)
    assert (np.diff(out[300, 100:300]) >= 0).all(), "brighter the nearer to the bright side"
    assert out[300, 103] < 115
    assert out[300, 296] > 185
    assert abs(out[397, 200] - 40) < 25, "the floor begins right below"


def test_no_fog_of_a_white_wall_hangs_before_a_black_door() -> None:
    photo = np.full((*SIZE, 3), 230, np.uint8)
    photo[:, 240:] = 20
    hole = np.zeros(SIZE, np.uint8)
    hole[200:, 140:340] = 255
    out = surroundings.run_on(photo, photo, hole, hole > 0)[:, :, 0].astype(int)
    assert out[300:500, 290:].max() < 45
    assert out[300:500, :190].min() > 205


def test_one_pixel_s_noise_makes_no_streak(room: U8) -> None:
    photo = room.copy()
    photo[300, 178] = 0  # the nearest that is seen
    hole = np.zeros(SIZE, np.uint8)
    hole[200:400, 180:300] = 255
    out = surroundings.run_on(photo, photo, hole, hole > 0)
    assert np.abs(out[300, 220:300].astype(int) - room[300, 220:300]).max() < 25


def gravel(strength: float) -> U8:
    noise = np.random.default_rng(0).normal(0, strength, (*SIZE, 1)) + 130
    return noise.repeat(3, 2).round().clip(0, 255).astype(np.uint8)


def test_far_from_what_is_seen_nothing_is_drawn_out_to_streaks() -> None:
    photo, hole = gravel(15.0), np.zeros(SIZE, np.uint8)
    hole[200:500, 100:400] = 255
    inner = surroundings.run_on(photo, photo, hole, hole > 0)[300:400, 200:300, 0].astype(float)
    streaks = [inner.mean(axis).std() for axis in (0, 1)]
    assert max(streaks) < 0.25 * inner.std(), "columns and rows differ little, as those of noise do"


@pytest.mark.parametrize("strength", [0.0, 3.0, 6.0])
def test_a_filling_is_as_rough_as_what_is_around(strength: float) -> None:
    photo, hole = gravel(strength), np.zeros(SIZE, np.uint8)
    photo[:, :100:40] = 0  # edges are no roughness
    hole[200:500, 150:400] = 255
    out = surroundings.run_on(photo, photo, hole, hole > 0)
    assert out[300:400, 200:300, 0].std() == pytest.approx(strength, rel=0.35, abs=0.5)
    assert (out[300:400, 200:300].std(2) == 0).all(), "in greys"


def test_where_nothing_is_seen_in_any_direction_the_wall_is_taken(room: U8) -> None:
    wall = np.full_like(room, 128)
    out = surroundings.run_on(room, wall, TROUSERS, np.ones(SIZE, bool))
    assert (out[TROUSERS > 0] == 128).all()


def test_outside_the_hole_the_wall_stays(room: U8) -> None:
    wall = np.full_like(room, 128)
    out = surroundings.run_on(room, wall, TROUSERS, TROUSERS > 0)
    assert (out[TROUSERS == 0] == 128).all()
    assert (out[TROUSERS > 0] != 128).any()


def test_light_is_not_fitted_to_an_arm_beside_the_source() -> None:
    small, closed = np.full((100, 120, 3), 180, np.uint8), np.zeros((100, 120), bool)
    closed[40:60, 30:40] = closed[:, 70:80] = True  # a gap beside a waist; an arm
    small[:, 70:80] = (210, 160, 140)
    band = behind.Band(slice(40, 60), slice(30, 40), (30, 0), np.ones((20, 10), np.float32))
    assert np.abs(behind._fitted(small, closed, band)).max() < 1
