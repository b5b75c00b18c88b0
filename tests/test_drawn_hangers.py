"""Hangers that are drawn behind garments for training: where a garment hangs, never on it, and never in its mask."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from training import hangers
from training.augment import Chances, Scenes
from training.kinds import Kind
from tryon.images import U8, Mask

CLOTH, WALL = (200, 30, 40), (128, 128, 128)
SHOULDERS = np.array([[70, 60], [130, 60]], np.float32)


def dress() -> tuple[U8, Mask]:
    """A red dress with straps, much broader at its hem than at its shoulders, before a grey wall."""
    mask = np.zeros((300, 200), np.uint8)
    cv2.fillPoly(mask, [np.array([[70, 80], [130, 80], [185, 270], [15, 270]])], 1)
    mask[60:80, 70:76] = mask[60:80, 124:131] = 1
    photo = np.full((300, 200, 3), WALL, np.uint8)
    photo[mask > 0] = CLOTH
    return photo, mask > 0


def test_shoulders_are_a_garment_s_upper_corners_and_not_its_hem() -> None:
    np.testing.assert_allclose(hangers.shoulders(dress()[1]), SHOULDERS, atol=1)


def test_a_hanger_is_above_and_beside_the_shoulders_alone() -> None:
    photo, mask = dress()
    beside = 0
    for seed in range(20):
        first, again = (hangers.hung(photo, mask, np.random.default_rng(seed)) for _ in range(2))
        np.testing.assert_array_equal(first, again)
        rows, columns = np.nonzero((first != photo).any(2))
        assert rows.min() < 50, "its neck and hook"
        assert rows.max() < 75
        beside += columns.min() < 68 and columns.max() > 132
    assert 5 < beside < 20, "ends are seen often, and as often hidden"


def test_a_hanger_can_have_the_garment_s_own_colour() -> None:
    photo, mask = dress()
    hung = hangers.hung(photo, mask, np.random.default_rng(1), np.array(CLOTH, np.float32))
    assert (np.abs(hung[:58].astype(int) - CLOTH).max(2) < 60).sum() > 50


def test_no_hanger_is_drawn_where_no_garment_is() -> None:
    photo = dress()[0]
    empty = np.zeros(photo.shape[:2], bool)
    np.testing.assert_array_equal(hangers.hung(photo, empty, np.random.default_rng(0)), photo)


@pytest.mark.parametrize("finish", hangers.FINISHES, ids=lambda finish: finish.__name__)
def test_ends_are_finished_outward(finish: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hangers, "FINISHES", (finish,))
    for seed in range(8):
        curves = hangers.hanger(SHOULDERS, np.random.default_rng(seed))
        reach = [max(float(np.abs(points[:, 0] - 100).max()) for points, _ in part) for part in (curves[:2], curves)]
        assert (reach[1] > reach[0] + 0.5) == (finish is not hangers._plain)
        assert all(np.isfinite(points).all() and thick > 0 for points, thick in curves)


def test_a_dress_hangs_before_its_hanger_and_its_mask_stays() -> None:
    photo, mask = dress()
    kinds = np.where(mask, np.uint8(Kind.GOWN), np.uint8(Kind.BACKGROUND))
    inside = cv2.erode(mask.astype(np.uint8), np.ones((9, 9))) > 0
    changed = []
    for chance in (1.0, 0.0):
        scenes = Scenes([photo], [kinds], Chances(white=0, dyed=0, surface=0, hanger=chance))
        made, left = scenes(photo, kinds, np.random.default_rng(3))
        np.testing.assert_array_equal(left, kinds)
        assert (made[inside] == CLOTH).all()
        changed.append(int((made[:55] != photo[:55]).any(2).sum()))
    assert changed[0] > 50
    assert changed[1] == 0


def test_a_shadow_darkens_what_is_beside_the_thing_that_casts_it() -> None:
    photo, mask = dress()
    wall = np.full_like(photo, WALL)
    shaded = hangers.shadowed(wall, mask, np.random.default_rng(0))
    assert (shaded <= wall).all()
    assert shaded[mask].mean() < 0.95 * WALL[0]
    np.testing.assert_array_equal(shaded[:20], wall[:20])
