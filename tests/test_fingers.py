"""Hands before clothes: what is seen between fingers is none of hers, what she holds is, and no finger is lost."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import SHIRT, SKIN, joints, masks, person

from tryon import fingers
from tryon.body_parts import hand
from tryon.images import F32, U8
from tryon.joints import Joint

SIZE = (720, 480)


@pytest.fixture
def pose() -> F32:
    """Her left forearm lies across her shirt."""
    out = joints(2.0)
    out[Joint.LEFT_ELBOW, :2], out[Joint.LEFT_WRIST, :2] = (330, 270), (262, 270)
    return out


def spread(pose: F32, ground: tuple[int, int, int]) -> tuple[U8, U8, U8, tuple[slice, slice], tuple[slice, slice]]:
    """A photo in which the left hand has two fingers before something of the colour `ground`, masks of user and clothes
    in which they are one mitten, and where the gap and the upper finger are."""
    photo, labels = person(pose, SIZE)
    user, clothes = (np.ascontiguousarray(m) for m in np.moveaxis(masks(labels), 2, 0))
    x, y = hand(*pose[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST], :2]).astype(int)
    around, mitten = np.s_[y - 50 : y + 50, x - 60 : x + 12], np.s_[y - 16 : y + 16, x - 26 : x + 12]
    noise = np.random.default_rng(1).integers(-6, 7, SIZE + (3,))
    shown = (np.array(ground) + noise).clip(0, 255).astype(np.uint8)
    skin = (np.array(SKIN) + noise).clip(0, 255).astype(np.uint8)
    photo[around], user[around], clothes[around] = shown[around], 0, 255
    photo[mitten], user[mitten], clothes[mitten] = skin[mitten], 255, 0
    gap, finger = np.s_[y - 5 : y + 5, x - 26 : x - 6], np.s_[y - 14 : y - 8, x - 24 : x - 6]
    photo[gap] = shown[gap]
    return photo, user, clothes, gap, finger


def inner(place: tuple[slice, slice]) -> tuple[slice, slice]:
    rows, columns = place
    return slice(rows.start + 2, rows.stop - 2), slice(columns.start + 2, columns.stop - 2)


def test_what_is_seen_between_fingers_is_clothes(pose: F32) -> None:
    photo, user, clothes, gap, finger = spread(pose, SHIRT)
    hers, worn = fingers.drawn(photo, user, clothes, pose)
    assert hers[inner(gap)].max() < 64
    assert worn[inner(gap)].min() > 190
    assert hers[finger].min() > 190
    assert worn[finger].max() < 64


def test_a_wall_between_fingers_is_neither_hers_nor_worn(pose: F32) -> None:
    photo, user, clothes, gap, finger = spread(pose, (225, 235, 245))
    clothes[:] = 0
    hers, worn = fingers.drawn(photo, user, clothes, pose)
    assert hers[inner(gap)].max() < 64
    assert worn.max() == 0
    assert hers[finger].min() > 190


def test_a_finger_that_the_net_left_out_is_hers(pose: F32) -> None:
    photo, user, clothes, _, finger = spread(pose, SHIRT)
    tip = finger[0], slice(finger[1].start, finger[1].start + 8)
    user[tip], clothes[tip] = 0, 255
    hers, worn = fingers.drawn(photo, user, clothes, pose)
    assert hers[inner(tip)].min() > 127
    assert worn[inner(tip)].max() < 128


@pytest.mark.parametrize("colour", [(150, 30, 40), SHIRT])
def test_a_bag_stays_whole_even_one_of_the_shirt_s_colour(pose: F32, colour: tuple[int, int, int]) -> None:
    photo, user, clothes, gap, _ = spread(pose, SHIRT)
    rows, columns = gap
    bag = np.s_[rows.start : rows.start + 90, columns.start - 4 : columns.stop]
    photo[bag], user[bag], clothes[bag] = colour, 255, 0
    hers, worn = fingers.drawn(photo, user, clothes, pose)
    np.testing.assert_array_equal(hers, user)
    np.testing.assert_array_equal(worn, clothes)


def test_before_clothes_of_skin_s_colour_the_net_is_believed(pose: F32) -> None:
    photo, user, clothes, *_ = spread(pose, (205, 156, 130))
    hers, worn = fingers.drawn(photo, user, clothes, pose)
    np.testing.assert_array_equal(hers, user)
    np.testing.assert_array_equal(worn, clothes)


def test_a_hand_that_is_not_seen_is_left_alone(pose: F32) -> None:
    photo, user, clothes, *_ = spread(pose, SHIRT)
    pose[[Joint.LEFT_WRIST, Joint.RIGHT_WRIST], 2] = 0.0
    hers, worn = fingers.drawn(photo, user, clothes, pose)
    np.testing.assert_array_equal(hers, user)
    np.testing.assert_array_equal(worn, clothes)


def test_a_hand_that_the_picture_s_edge_cuts_off_anywhere_is_no_error(pose: F32) -> None:
    photo, user, clothes, *_ = spread(pose, SHIRT)
    pose[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST], :2] = (262, 270), (330, 270)
    user[250:290, 262:400] = 255
    for beyond in range(-20, 60, 4):
        cut = np.s_[:, : 330 + beyond]
        hers, worn = fingers.drawn(photo[cut], user[cut], clothes[cut], pose)
        assert hers.shape == worn.shape == user[cut].shape
