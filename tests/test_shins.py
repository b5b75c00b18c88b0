"""Legs that trousers hid: they end as broad as the ankles that are seen, and out of the trousers' shade."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import SKIN, joints, person

from tryon import anatomy, bare_limbs, draw, flesh, reveal
from tryon.images import F32, U8
from tryon.joints import Joint

SIZE = (720, 480)
NOTHING = np.zeros(SIZE, np.uint8)
ANYWHERE = flesh.Zones(*[np.full(SIZE, 255, np.uint8)] * 3)


def ankles(pose: F32, half: int, aside: int = 0) -> U8:
    """A mask of both ankles, from below trousers to the sole, so many pixels broad to both sides of the bone."""
    shown = NOTHING.copy()
    for x, y in pose[[Joint.RIGHT_ANKLE, Joint.LEFT_ANKLE], :2].astype(int):
        shown[y - 22 : y + 24, x + aside - half : x + aside + half] = 255
    return shown


def test_a_shin_ends_as_broad_as_its_ankle_and_above_it() -> None:
    pose = joints(2.0)
    usual, thin = (bare_limbs.fitted_shins(pose, ankles(pose, half)) for half in (11, 9))
    assert thin[1][1].thick < usual[1][1].thick < 1.1
    assert 0.8 < thin[1][1].place < 1, "where the trousers end"
    placed = bare_limbs.fitted_shins(pose, ankles(pose, 10, aside=5))[0]
    assert 3 < placed[Joint.LEFT_ANKLE, 0] - pose[Joint.LEFT_ANKLE, 0] < 8
    y = int(pose[Joint.LEFT_ANKLE, 1]) - 10
    breadths = [(anatomy.skin(pose, SIZE, shins=shins).legs[y] < 0).sum() for _, shins in (thin, usual)]
    assert breadths[0] < breadths[1]


@pytest.mark.parametrize("shown", [NOTHING, ankles(joints(2.0), 30)], ids=["unseen", "in boots"])
def test_a_shin_without_an_ankle_is_the_usual_one(shown: U8) -> None:
    pose = joints(2.0)
    placed, shins = bare_limbs.fitted_shins(pose, shown)
    assert shins == anatomy.USUAL_SHINS
    np.testing.assert_array_equal(placed, pose)


def dressed(pose: F32, ankle: tuple[int, int, int]) -> tuple[U8, U8, U8]:
    """Somebody in trousers above ankles of a colour, whose upper end lies in their shade: photo, user, hole."""
    photo, labels = person(pose, SIZE)
    user, hole = ((labels == region) * np.uint8(255) for region in (1, 2))
    y = int(pose[Joint.LEFT_ANKLE, 1])
    low = ankles(pose, 11) > 0
    hole[y - 22 :], user[low] = 0, 255
    photo[y - 22 :][user[y - 22 :] == 0] = photo[5, 5]
    photo[low] = ankle
    shade = low & (np.arange(SIZE[0])[:, None] < y - 14)
    photo[shade] = (0.7 * np.array(ankle)).astype(np.uint8)
    return photo, user, hole


def test_an_ankle_is_out_of_the_trousers_shade() -> None:
    pose = joints(2.0)
    photo, user, hole = dressed(pose, SKIN)
    out = reveal.fill(photo, hole, user, pose, NOTHING, ANYWHERE)
    x, y = pose[Joint.LEFT_ANKLE, :2].astype(int)
    shade, fade = np.s_[y - 20 : y - 16, x - 4 : x + 4], out.fade / np.float32(255)
    assert fade[shade].min() > 0.5
    assert fade[y:, x - 4 : x + 4].max() == 0, "the shade is short"
    shown = out.picture * fade[..., None] + photo * (1 - fade[..., None])
    assert shown[shade].mean() > photo[shade].mean() + 15


@pytest.mark.parametrize("shoe", [(120, 45, 30), (30, 30, 35), (235, 235, 230)], ids=["brown", "black", "white"])
def test_a_shoe_is_not_painted_over(shoe: tuple[int, int, int]) -> None:
    pose = joints(2.0)
    photo, user, hole = dressed(pose, shoe)
    fade = reveal.fill(photo, hole, user, pose, NOTHING, ANYWHERE).fade
    assert fade[int(pose[Joint.LEFT_ANKLE, 1]) - 22 :].max() == 0


def skirt(half: int, hem: int) -> U8:
    """The alpha of a gown about the middle of the picture, so many pixels broad to both sides at a hem on this row."""
    alpha = NOTHING.copy()
    alpha[180:hem, 240 - half : 240 + half] = 255
    return alpha


@pytest.mark.parametrize(("half", "hem"), [(48, 430), (48, 530)], ids=["above the knees", "below them"])
def test_legs_that_trousers_hid_come_out_of_a_narrow_skirt_and_do_not_cross(half: int, hem: int) -> None:
    pose = joints(2.0)
    placed = reveal.closer(pose, NOTHING, skirt(half, hem))
    legs = [anatomy.skin(p, SIZE).legs < 0 for p in (pose, placed)]
    beside = [int(leg[hem - 8 : hem, : 240 - half].sum() + leg[hem - 8 : hem, 240 + half :].sum()) for leg in legs]
    assert beside[0] > 40
    assert beside[1] < beside[0] / 4
    knees = placed[[Joint.RIGHT_KNEE, Joint.LEFT_KNEE]]
    assert not legs[1][int(knees[0, 1]), 239:241].any()
    ankle = [Joint.RIGHT_ANKLE, Joint.LEFT_ANKLE]
    np.testing.assert_array_equal(placed[ankle], pose[ankle])


def test_legs_stay_where_the_photo_shows_them_or_a_skirt_is_wide() -> None:
    pose = joints(2.0)
    shins = NOTHING.copy()
    for side in ("RIGHT", "LEFT"):
        ends = pose[[Joint[f"{side}_KNEE"], Joint[f"{side}_ANKLE"]], :2]
        draw.stroke(shins, list(ends), 30, 255)
    np.testing.assert_array_equal(reveal.closer(pose, shins, skirt(48, 430)), pose)
    np.testing.assert_array_equal(reveal.closer(pose, NOTHING, skirt(90, 430)), pose)
    np.testing.assert_array_equal(reveal.closer(pose, NOTHING, NOTHING), pose)


def feet(pose: F32, *sides: str, below: int, aside: int = 0) -> U8:
    """A mask of feet alone, so many pixels below their ankles."""
    shown = NOTHING.copy()
    for side in sides:
        x, y = pose[Joint[f"{side}_ANKLE"], :2].astype(int)
        shown[y + below : y + below + 20, x + aside - 14 : x + aside + 14] = 255
    return shown


def test_a_calf_ends_at_its_foot_that_lies_below_trousers() -> None:
    pose = joints(2.0)
    pose[[Joint.RIGHT_ANKLE, Joint.LEFT_ANKLE], 1] -= 30
    user = feet(pose, "LEFT", "RIGHT", below=40, aside=8)
    placed = bare_limbs.on_feet(pose, user)
    before, after = ((anatomy.skin(p, SIZE).legs < 0) & (user > 0) for p in (pose, placed))
    assert not before.any()
    for columns in (np.s_[:, :240], np.s_[:, 240:]):
        assert after[columns].any()
    np.testing.assert_array_equal(np.delete(placed, [Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE], 0)[:, :2],
                                  np.delete(pose, [Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE], 0)[:, :2])  # fmt: skip


@pytest.mark.parametrize(
    "user",
    [
        NOTHING,
        feet(joints(2.0), "LEFT", "RIGHT", below=0),
        feet(joints(2.0), "LEFT", "RIGHT", below=0, aside=70),
    ],
    ids=["no foot is seen", "it is there", "something stands beside it"],
)
def test_a_calf_with_no_foot_below_it_stays(user: U8) -> None:
    pose = joints(2.0)
    np.testing.assert_array_equal(bare_limbs.on_feet(pose, user), pose)


def test_no_calf_ends_at_the_other_foot() -> None:
    pose = joints(2.0)
    pose[[Joint.RIGHT_ANKLE, Joint.LEFT_ANKLE], 1] -= 30
    pose[Joint.RIGHT_ANKLE, 0] = pose[Joint.LEFT_ANKLE, 0] - 40
    placed = bare_limbs.on_feet(pose, feet(pose, "LEFT", below=40))
    np.testing.assert_array_equal(placed[Joint.RIGHT_ANKLE], pose[Joint.RIGHT_ANKLE])
    assert placed[Joint.LEFT_ANKLE, 1] > pose[Joint.LEFT_ANKLE, 1] + 20
