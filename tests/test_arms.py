"""A hanger that sticks out of a gown is told by its arms, which are seen above the neckline."""

from __future__ import annotations

import cv2
import numpy as np

from tryon import arms
from tryon.images import U8, Mask, around

WALL, GOWN, HANGER = (214, 210, 200), (150, 60, 80), (40, 40, 44)
SIZE = (500, 400)
NECK = np.array([[120, 120], [160, 104], [180, 150], [220, 150], [240, 104], [280, 120], [300, 480], [100, 480]])
HOOK, ENDS = (200, 70), ((70, 140), (330, 140))  # where arms meet; where they end, beyond the shoulders


def hung(gown: tuple[int, int, int] = GOWN, hanger: tuple[int, int, int] = HANGER) -> tuple[U8, Mask, Mask]:
    """A gown on a hanger before a wall, HxWx3; where the gown is, and what of the hanger is seen, HxW."""
    picture, cloth, wire = np.full((*SIZE, 3), WALL, np.uint8), np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
    for end in ENDS:
        cv2.line(wire, HOOK, end, 1, 7)
    cv2.fillPoly(cloth, [NECK], 1)
    picture[wire > 0], picture[cloth > 0] = hanger, gown
    grain = np.random.default_rng(0).normal(0, 3, picture.shape)
    return (picture + grain).clip(0, 255).astype(np.uint8), cloth > 0, (wire > 0) & (cloth == 0)


def taken_for_gown(cloth: Mask, wire: Mask) -> U8:
    """The gown's mask with the hanger about neck and shoulders, as a net sees it."""
    return (cloth | wire & around(cloth, 18)) * np.uint8(255)


def core(cloth: Mask) -> Mask:
    return ~around(~cloth, 12)


def test_what_sticks_out_at_neck_and_shoulders_goes_and_the_gown_stays() -> None:
    picture, cloth, wire = hung()
    before = taken_for_gown(cloth, wire)
    after = arms.without_arms(picture, before, core(cloth)) > 127
    assert ((before > 127) & wire).sum() > 400
    assert (after & wire).sum() < 0.1 * ((before > 127) & wire).sum()
    assert (after & cloth).sum() > 0.998 * cloth.sum()
    assert not (after & (before < 128)).any()


def test_a_strap_that_hangs_on_an_arm_stays() -> None:
    picture, cloth, wire = hung()
    strap = np.zeros(SIZE, np.uint8)
    cv2.line(strap, (108, 117), (125, 160), 1, 9)
    picture[strap > 0] = GOWN
    cloth |= strap > 0
    after = arms.without_arms(picture, taken_for_gown(cloth, wire & ~cloth), core(cloth)) > 127
    assert after[strap > 0].mean() > 0.9


def test_a_hanger_of_the_gowns_colour_tells_nothing() -> None:
    picture, cloth, wire = hung(gown=HANGER)
    before = taken_for_gown(cloth, wire)
    np.testing.assert_array_equal(arms.without_arms(picture, before, core(cloth)), before)


def test_without_arms_above_it_a_gown_keeps_what_is_narrow() -> None:
    """A bow of another colour at each shoulder."""
    picture, cloth, _ = hung(hanger=WALL)
    bows = np.zeros(SIZE, np.uint8)
    for x in (106, 294):
        cv2.ellipse(bows, (x, 124), (12, 5), 20, 0, 360, 1, -1)
    picture[(bows > 0) & ~cloth] = HANGER
    before = (cloth | (bows > 0)) * np.uint8(255)
    np.testing.assert_array_equal(arms.without_arms(picture, before, core(cloth)), before)


def test_one_arm_is_no_hanger() -> None:
    picture, cloth, wire = hung()
    right = wire & (np.arange(SIZE[1]) > 200)
    picture[right] = WALL
    before = taken_for_gown(cloth, wire & ~right)
    np.testing.assert_array_equal(arms.without_arms(picture, before, core(cloth)), before)


def test_tiny_and_odd_masks_do_no_harm() -> None:
    random = np.random.default_rng(1)
    for _ in range(60):
        height, width = random.integers(1, 90, 2)
        picture, mask = random.integers(0, 256, (height, width, 3), np.uint8), random.random((height, width)) < 0.5
        for gown in (mask, mask & False, mask | True):
            before = gown * np.uint8(255)
            after = arms.without_arms(picture, before, gown)
            assert ((after == before) | (after == 0)).all()
