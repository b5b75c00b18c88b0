"""Shadows: soft, where things touch, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import gown, joints

from tryon import anchors, shadows, warp
from tryon.anchors import Body
from tryon.images import U8
from tryon.options import Fit

SIZE = (720, 480)


@pytest.fixture
def body() -> Body:
    return anchors.find(joints(2.0), np.full(SIZE, 255, np.uint8))


def test_a_hem_on_the_floor_darkens_what_is_below_it(body: Body) -> None:
    alpha: U8 = warp.hang(gown(), body, Fit(), SIZE)[:, :, 3]
    shade = shadows.on_floor(alpha, body)
    hem = int(np.flatnonzero((alpha > 127).any(1))[-1])
    column = int(body.pelvis[0])
    assert shade[hem + 2, column] > 0.1
    assert shade[: hem - int(0.3 * body.torso)].max() == 0
    assert shade[min(SIZE[0] - 1, hem + int(0.5 * body.torso)) :, 5].max() == 0
    short = warp.hang(gown(), body, Fit(hem=0.6), SIZE)[:, :, 3]
    assert shadows.on_floor(short, body).max() == 0, "a short skirt hangs in the air"


def test_a_hand_darkens_the_gown_around_it(body: Body) -> None:
    front = np.zeros(SIZE, np.uint8)
    front[300:340, 200:230] = 255
    shade = shadows.on_gown(front, body)
    assert shade[343, 215] > shade[360, 215] > shade[420, 215] == 0
    white = np.full((*SIZE, 3), 255, np.uint8)
    cast = shadows.cast(white, shade)
    assert cast[343, 215, 0] < 240
    np.testing.assert_array_equal(cast[shade == 0], white[shade == 0])
