"""Relighting: light on the gown turns to where it falls on her face; folds, colour and holes stay."""

from __future__ import annotations

import numpy as np
import pytest

from tryon import relight
from tryon.images import U8


def gown(slope: float = 0.0) -> U8:
    """A plain trapezium HxWx4 of a warm white whose light grows by `slope` from its middle to its right edge."""
    rows, columns = np.mgrid[0:400, 0:300]
    half = 50 + 0.2 * rows
    across = (columns - 150) / half
    colour = np.array([210.0, 200.0, 180.0]) * np.exp(slope * across.clip(-1, 1))[..., None]
    return np.dstack([colour.clip(0, 255).round(), (np.abs(across) < 1) * 255]).astype(np.uint8)


def slope_of(worn: U8) -> float:
    """How the logarithm of light grows from the middle to the right edge, on the middle row."""
    inside = np.flatnonzero(worn[200, :, 3] > 127)
    grey = np.log(worn[200, inside, :3].astype(float).mean(1))
    return float(np.polyfit((inside - inside.mean()) / (np.ptp(inside) / 2), grey, 1)[0])


@pytest.mark.parametrize("own", [-0.1, 0.0, 0.1])
def test_a_gown_is_lit_from_where_her_face_is_whatever_light_it_came_with(own: float) -> None:
    lit = relight.towards(gown(own), 0.08)
    assert slope_of(lit) == pytest.approx(relight.ROUND * 0.08, abs=0.02)
    assert slope_of(relight.towards(gown(own), -0.08)) == pytest.approx(-relight.ROUND * 0.08, abs=0.02)


def test_its_mean_light_its_hue_and_its_outline_stay() -> None:
    before, lit = gown(), relight.towards(gown(), 0.1)
    np.testing.assert_array_equal(lit[:, :, 3], before[:, :, 3])
    inside = before[:, :, 3] > 0
    means = [picture[inside][:, :3].mean(0) for picture in (before, lit)]
    np.testing.assert_allclose(means[1], means[0], rtol=0.02)


def test_a_stripe_keeps_its_contrast_and_the_change_is_bounded() -> None:
    striped = gown()
    striped[:, ::8, :3] = striped[:, ::8, :3] // 2
    lit = relight.towards(striped, 0.1).astype(float)
    column = 152
    assert lit[200, column, 0] / lit[200, column + 1, 0] == pytest.approx(0.5, abs=0.02)
    assert abs(slope_of(relight.towards(gown(), 9.0))) < 1.2 * relight.MOST


def test_nothing_worn_stays_nothing() -> None:
    empty = np.zeros((50, 40, 4), np.uint8)
    np.testing.assert_array_equal(relight.towards(empty, 0.1), empty)
