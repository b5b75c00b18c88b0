"""A gown about the neck: what stands off goes, what lies on neck and shoulders and what is below them stays."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import gown, joints, masks, person

from tryon import draw, dressing, yoke
from tryon.images import U8
from tryon.joints import Joint

SIZE = (720, 480)
POSE = joints(2.0)
PHOTO, LABELS = person(POSE, SIZE)
NECK, WIDTH = POSE[Joint.NECK, :2], float(POSE[Joint.LEFT_SHOULDER, 0] - POSE[Joint.RIGHT_SHOULDER, 0])
USER = masks(LABELS)[:, :, 0]


def laid(*ways: tuple[tuple[float, float], ...]) -> tuple[U8, U8]:
    """The alpha of strokes, in shoulder widths from the neck, before and after; colours stay."""
    worn = np.full((*SIZE, 4), 230, np.uint8)
    alpha = np.zeros(SIZE, np.uint8)
    for way in ways:
        draw.stroke(alpha, NECK + WIDTH * np.array(way), 0.06 * WIDTH, 255)
    worn[:, :, 3] = alpha
    after = yoke.laid(worn, USER, POSE)
    np.testing.assert_array_equal(after[:, :, :3], worn[:, :, :3])
    np.testing.assert_array_equal(worn[:, :, 3], alpha)
    return alpha, after[:, :, 3]


@pytest.mark.parametrize("side", [-1, 1])
def test_a_strap_ends_on_the_shoulder_and_stands_up_beside_no_neck(side: int) -> None:
    before, after = laid(((0.15 * side, 0.4), (0.32 * side, -0.3)))
    above = int(NECK[1] - 0.24 * WIDTH)
    assert (before[:above] > 0).sum() > 50
    assert not after[:above].any()
    on_chest = int(NECK[1] + 0.02 * WIDTH)
    np.testing.assert_array_equal(after[on_chest:], before[on_chest:])
    assert after[: on_chest - 4].any(), "it goes on up to where the shoulder's outline is"


@pytest.mark.parametrize(
    ("what", "way"),
    [
        ("a collar about the neck", ((-0.1, -0.25), (0.1, -0.25))),
        ("a puffed sleeve", ((0.52, 0.0), (0.56, -0.2))),
        ("a bodice", ((-0.3, 0.5), (0.3, 0.5))),
    ],
)
def test_what_lies_on_her_and_what_is_a_sleeve_stays(what: str, way: tuple[tuple[float, float], ...]) -> None:
    before, after = laid(way)
    np.testing.assert_array_equal(after, before, what)


def test_behind_a_strap_that_stood_off_the_wall_goes_on() -> None:
    plain = gown()
    scene = dressing.see(PHOTO, plain.rgba, plain.landmarks, {"photo": masks(LABELS)}, {"photo": POSE[None]})
    worn = np.full((*SIZE, 4), (250, 20, 20, 0), np.uint8)
    alpha = np.zeros(SIZE, np.uint8)
    draw.stroke(alpha, NECK + WIDTH * np.array([(0.15, 0.4), (0.32, -0.3)]), 0.06 * WIDTH, 255)
    worn[:, :, 3] = alpha
    picture = dressing.compose(scene, worn).picture
    red = picture[:, :, 0].astype(int) - picture[:, :, 1] > 100
    assert not red[: int(NECK[1] - 0.24 * WIDTH)].any()
    assert red[int(NECK[1]) :].sum() > 100
