"""Clothes that the net took for the bride: collars, cuffs, a trouser leg in the shade; and what is hers after all."""

from __future__ import annotations

import numpy as np
from drawn import SHIRT, SKIN, TROUSERS, joints, masks, person

from tryon import remains
from tryon.joints import Joint

SIZE = (720, 480)
NOTHING = np.zeros(SIZE, np.uint8)


def test_a_collar_is_no_part_of_her() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user, clothes = (np.ascontiguousarray(m) for m in np.moveaxis(masks(labels), 2, 0))
    chin = int(pose[Joint.NECK, 1]) - 4
    collar = np.s_[chin - 8 : chin + 24, 225:255]
    shirt = photo[labels == 2].mean(0)
    photo[collar], user[collar], clothes[collar] = shirt, 255, 0
    taken = remains.found(photo, user, clothes, pose)
    assert (taken[collar] > 0).mean() > 0.7
    hair = np.s_[int(pose[Joint.NOSE, 1]) - 40 : int(pose[Joint.NOSE, 1]), :]
    assert taken[hair].max() == 0
    x, y = pose[Joint.LEFT_WRIST, :2].astype(int)
    assert taken[y - 10 : y + 10, x - 10 : x + 10].max() == 0


def test_hair_and_a_bag_of_the_clothes_colour_are_hers_and_a_bright_cuff_is_not() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user, clothes = (np.ascontiguousarray(m) for m in np.moveaxis(masks(labels), 2, 0))
    shirt = np.array(SHIRT)
    hand = pose[Joint.LEFT_WRIST, :2].astype(int)
    bag = np.s_[hand[1] : hand[1] + 60, hand[0] - 20 : hand[0] + 40]
    spot = np.s_[hand[1] + 20 : hand[1] + 40, hand[0] : hand[0] + 20]  # inside: it touches no clothes
    photo[bag], user[bag], clothes[bag] = (90, 30, 30), 255, 0
    photo[spot] = shirt
    elbow = pose[Joint.RIGHT_ELBOW, :2].astype(int)
    cuff = np.s_[elbow[1] - 14 : elbow[1] + 20, elbow[0] - 12 : elbow[0] + 12]
    photo[cuff], user[cuff], clothes[cuff] = shirt, 255, 0
    taken = remains.found(photo, user, clothes, pose)
    assert taken[spot].max() == 0
    assert (taken[cuff] > 0).mean() > 0.6
    head = np.s_[int(pose[Joint.NOSE, 1]) - 40 : int(pose[Joint.NOSE, 1]), 180:300]
    strand = np.s_[int(pose[Joint.NOSE, 1]) - 40 : int(pose[Joint.LEFT_SHOULDER, 1]) + 60, 260:290]
    for place in (head, strand):
        photo[place], user[place], clothes[place] = shirt + 5, 255, 0
    below = np.s_[int(pose[Joint.NECK, 1]) : int(pose[Joint.LEFT_SHOULDER, 1]) + 50, 262:288]
    assert remains.found(photo, user, clothes, pose)[below].max() == 0


def test_a_collar_that_stands_beside_the_chin_is_no_part_of_her_and_the_face_is() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user, clothes = (np.ascontiguousarray(m) for m in np.moveaxis(masks(labels), 2, 0))
    x, y = pose[Joint.NOSE, :2].astype(int)
    collar = np.s_[y + 12 : y + 90, x + 45 : x + 75]
    photo[collar], user[collar] = SHIRT, 255
    clothes[y + 60 : y + 120, x + 40 : x + 80] = 255
    taken = remains.found(photo, user, clothes, pose)
    assert (taken[y + 16 : y + 50, x + 49 : x + 71] > 0).mean() > 0.7
    assert taken[y - 30 : y + 30, x - 30 : x + 30].max() == 0


def test_bright_remains_beside_hair_go_though_they_hardly_touch_the_clothes() -> None:
    clothes, sure = NOTHING > 0, NOTHING > 0
    clothes[300:, :] = True
    piece = NOTHING.copy()
    piece[200:300, 100:160] = 1
    piece[290:300, 108:160] = 0  # only its lower corner lies on clothes
    assert not remains._touching(piece, clothes, sure).any()
    assert remains._touching(piece, clothes, piece > 0).any()


def test_a_piece_of_a_trouser_leg_near_a_hand_goes_and_what_hangs_there_stays() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user, clothes = (np.ascontiguousarray(m) for m in np.moveaxis(masks(labels), 2, 0))
    x, y = pose[[Joint.LEFT_HIP, Joint.LEFT_KNEE], :2].mean(0).astype(int)
    piece = np.s_[y - 35 : y + 25, x - 14 : x + 14]
    user[piece], clothes[piece] = 255, 0
    taken = remains.strays(photo, user, clothes, pose)
    assert taken[piece].all()
    assert not taken[labels == 1].any()
    photo[piece] = (200, 40, 60)
    assert not remains.strays(photo, user, clothes, pose).any(), "of a colour of its own: a bag"
    photo[piece] = TROUSERS
    shin = np.s_[y + 130 : y + 190, x - 14 : x + 14]
    user[shin], clothes[shin] = 255, 0
    taken = remains.strays(photo, user, clothes, pose)
    assert taken[piece].all()
    assert not taken[shin].any(), "below the knees: a boot"


def test_a_sliver_of_a_sleeve_that_is_left_goes_too_and_the_nets_noise_is_no_piece() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user, clothes = (np.ascontiguousarray(m) for m in np.moveaxis(masks(labels), 2, 0))
    x, y = pose[[Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW], :2].mean(0).astype(int)
    sliver, speck = np.s_[y - 16 : y + 16, x - 3 : x + 3], np.s_[y - 20 : y - 18, x + 20 : x + 22]
    for place in (sliver, speck):
        user[place], clothes[place] = 255, 0
    taken = remains.strays(photo, user, clothes, pose)
    assert taken[sliver].all()
    assert not taken[speck].any()
    photo[sliver] = SKIN
    assert not remains.strays(photo, user, clothes, pose).any()


def test_a_sleeve_at_a_hand_goes_where_the_net_is_in_doubt() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user, clothes = (np.ascontiguousarray(m) for m in np.moveaxis(masks(labels), 2, 0))
    x, y = pose[Joint.LEFT_WRIST, :2].astype(int)
    cuff, sleeve = np.s_[y + 10 : y + 50, x : x + 40], np.s_[y + 10 : y + 50, x + 40 : x + 60]
    for place, hers in ((cuff, 150), (sleeve, 0)):
        photo[place], user[place], clothes[place] = (60, 60, 60), hers, 255 - hers
    assert (remains.found(photo, user, clothes, pose)[cuff] > 0).mean() > 0.7
    user[cuff], clothes[cuff] = 255, 0
    assert not remains.found(photo, user, clothes, pose)[cuff].any(), "a black bag before a black coat"


def test_a_bit_of_a_bag_that_the_net_half_sees_goes_with_what_is_about_it() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user, clothes = (np.ascontiguousarray(m) for m in np.moveaxis(masks(labels), 2, 0))
    x, y = pose[Joint.LEFT_ELBOW, :2].astype(int)
    bag, about = np.s_[y + 20 : y + 60, x + 30 : x + 60], np.s_[y + 18 : y + 62, x + 28 : x + 62]
    photo[about], user[bag] = (40, 90, 60), 160
    taken = remains.strays(photo, user, clothes, pose)
    assert taken[about].all()
    assert not taken[labels == 1].any()
    photo[about] = SKIN
    assert not remains.strays(photo, user, clothes, pose).any(), "a hand"
    photo[about], user[bag] = (40, 90, 60), 255
    assert not remains.strays(photo, user, clothes, pose).any(), "a bag"
