"""What of the bride stays before the gown: forearms, hands and what they hold; no speck, no thigh."""

from __future__ import annotations

import cv2
import numpy as np
from drawn import SKIN, gown, joints, masks, person

from tryon import draw, dressing, subject, warp
from tryon.body_parts import HAND, hand, limb_maps, shoulder_width
from tryon.composer import in_front
from tryon.joints import Joint
from tryon.options import Fit

SIZE = (720, 480)


def test_a_speck_is_not_kept_on_the_gown_and_a_bag_is() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user = (labels == 1) * np.uint8(255)
    places = {"speck": np.s_[300:310, 235:245], "bag": np.s_[240:290, 215:265]}
    for place in places.values():
        user[place], photo[place] = 255, (20, 30, 90)
    front = in_front(photo, user, pose, frozenset())
    assert front[places["speck"]].max() < 30
    assert front[255:275, 230:250].min() > 200


def test_of_an_arm_whose_hand_is_not_seen_nothing_lies_before_the_gown() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user = (labels == 1) * np.uint8(255)
    elbow, wrist = pose[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST], :2]
    x, y = ((elbow + wrist) / 2).astype(int)
    assert in_front(photo, user, pose, frozenset())[y, x] > 200
    cv2.circle(user, (wrist + 0.3 * (wrist - elbow)).astype(int).tolist(), 30, 0, -1)
    assert in_front(photo, user, pose, frozenset())[y, x] == 0


def test_a_hand_that_the_pose_net_only_guesses_is_not_seen() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user = (labels == 1) * np.uint8(255)
    x, y = pose[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST], :2].mean(0).astype(int)
    assert in_front(photo, user, pose, frozenset())[y, x] > 200
    pose[Joint.LEFT_WRIST, 2] = 0.3
    assert in_front(photo, user, pose, frozenset())[y, x] == 0


def test_a_hand_at_a_bag_s_handle_is_seen_though_little_of_it() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user = (labels == 1) * np.uint8(255)
    elbow, wrist = pose[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST], :2]
    disc = np.zeros(SIZE, np.uint8)
    draw.disc(disc, hand(elbow, wrist), HAND * shoulder_width(pose))
    rows = np.flatnonzero((disc & user).any(1))
    share = np.cumsum((disc & user & 1)[rows].sum(1)) / disc.sum()
    user[rows[share > 0.21]] = 0
    assert 0.19 < (user[disc > 0] > 0).mean() < 0.22
    x, y = ((elbow + wrist) / 2).astype(int)
    assert in_front(photo, user, pose, frozenset())[y, x] > 200


def test_a_hand_lies_before_the_skirt_below_a_long_sleeve_too() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user = (labels == 1) * np.uint8(255)
    elbow, wrist = pose[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST], :2]
    front = in_front(photo, user, pose, frozenset({"left"}))
    (x, y), (u, v) = (wrist + 0.25 * (wrist - elbow)).astype(int), ((elbow + wrist) / 2).astype(int)
    assert front[y, x] > 200 > 60 > front[v, u]


def test_a_long_sleeve_covers_a_bare_forearm_down_to_the_wrist() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user = (labels == 1) * np.uint8(255)
    elbow, wrist = pose[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST], :2]
    way = (wrist - elbow) / np.linalg.norm(wrist - elbow)
    front = in_front(photo, user, pose, frozenset({"left"}))
    above, below = ((wrist + share * shoulder_width(pose) * way).astype(int) for share in (-0.06, 0.12))
    assert user[above[1], above[0]] == 255
    assert front[above[1], above[0]] == 0
    assert front[below[1], below[0]] > 200


def test_a_bare_thigh_beside_a_hand_goes_behind_the_skirt() -> None:
    pose = joints(2.0)
    pose[Joint.LEFT_WRIST, 0] -= 30
    photo, labels = person(pose, SIZE)
    user = (labels == 1) * np.uint8(255)
    hip, knee = pose[[Joint.LEFT_HIP, Joint.LEFT_KNEE], :2].astype(int)
    thigh = np.s_[hip[1] + 10 : knee[1], hip[0] - 20 : hip[0] + 23]
    photo[thigh], user[thigh] = SKIN, 255
    front = in_front(photo, user, pose, frozenset())
    assert front[thigh][10:, 36:40].max() < 100


def test_one_leg_of_trousers_that_the_net_takes_for_hers_is_no_bag() -> None:
    pose = joints(2.0)
    pose[Joint.LEFT_WRIST, 0] -= 30
    photo, labels = person(pose, SIZE)
    user = (labels == 1) * np.uint8(255)
    hip, knee, ankle = pose[[Joint.LEFT_HIP, Joint.LEFT_KNEE, Joint.LEFT_ANKLE], :2].astype(int)
    leg = np.zeros(SIZE, np.uint8)
    draw.stroke(leg, [hip, knee, knee + 0.7 * (ankle - knee)], 66, 1)
    leg[: hip[1] + 20] = 0
    user[leg > 0], photo[leg > 0] = 255, SKIN
    front = in_front(photo, user, pose, frozenset())
    assert front[knee[1] - 20 : knee[1] + 60, knee[0] - 30 : knee[0] + 30].max() < 100


def test_a_bag_of_skins_colour_is_held_whole_before_trousers() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user = (labels == 1) * np.uint8(255)
    (x, y), knee = pose[Joint.LEFT_WRIST, :2].astype(int), pose[Joint.LEFT_KNEE, :2].astype(int)
    bag = np.s_[y + 25 : knee[1], min(x, knee[0]) - 25 : max(x, knee[0]) + 25]
    photo[bag], user[bag] = SKIN, 255
    assert (in_front(photo, user, pose, frozenset())[bag][8:-8, 8:-8] > 200).all()


def test_a_bag_before_the_trunk_is_held_whole_though_a_part_has_skins_colour() -> None:
    pose = joints(2.0)
    elbow, wrist = (pose[joint, :2].astype(int) for joint in (Joint.LEFT_ELBOW, Joint.LEFT_WRIST))
    photo, labels = person(pose, SIZE)
    user = (labels == 1) * np.uint8(255)
    bag = np.s_[wrist[1] - 40 : wrist[1] + 10, elbow[0] - 120 : elbow[0] - 20]
    photo[bag], user[bag] = (20, 30, 90), 255
    clasp = np.s_[wrist[1] - 34 : wrist[1] + 4, elbow[0] - 112 : elbow[0] - 72]
    photo[clasp] = SKIN
    assert (in_front(photo, user, pose, frozenset())[clasp] > 200).all()


def test_a_scarfs_end_among_clothes_goes_with_them_and_a_bag_at_a_hand_does_not() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    x, y = pose[Joint.NECK, :2].astype(int)
    scarf = np.s_[y + 60 : y + 130, x + 10 : x + 46]  # near an elbow, not a hand
    photo[scarf], labels[scarf] = (140, 20, 60), 1
    hand_x, hand_y = pose[Joint.LEFT_WRIST, :2].astype(int)
    bag = np.s_[hand_y + 20 : hand_y + 70, hand_x - 60 : hand_x + 20]
    photo[bag], labels[bag] = (20, 30, 90), 1
    worn_gown, both = gown(), masks(labels)
    scene = dressing.see(photo, worn_gown.rgba, worn_gown.landmarks, {"photo": both}, {"photo": pose[None]})
    assert scene.user[scarf][5:-5, 5:-5].max() == 0 < scene.clothes[scarf][5:-5, 5:-5].min()
    assert scene.user[bag][5:-5, 5:-5].min() > 200


def test_a_collars_fringe_on_the_neck_goes_and_the_face_stays() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    (x, y), (nose_x, nose_y) = (pose[joint, :2].astype(int) for joint in (Joint.NECK, Joint.NOSE))
    shirt = np.s_[y + 2 :, :]
    labels[shirt][labels[shirt] == 1] = 2  # a shirt up to the neck
    fringe = np.s_[y - 3 : y + 2, x - 14 : x + 15]
    photo[fringe] = 255
    worn_gown, both = gown(), masks(labels)
    scene = dressing.see(photo, worn_gown.rgba, worn_gown.landmarks, {"photo": both}, {"photo": pose[None]})
    result = dressing.compose(scene, warp.hang(scene.gown, scene.body, Fit(), SIZE))
    assert result.picture[fringe][..., 2].max() < 190, "skin, and no white"
    face = np.s_[nose_y - 30 : nose_y + 30, nose_x - 15 : nose_x + 15]
    np.testing.assert_array_equal(result.picture[face], photo[face])


def test_a_boot_that_the_net_half_takes_for_clothes_has_no_hole() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    x, y = pose[Joint.RIGHT_ANKLE, :2].astype(int)
    boot, spot = np.s_[y - 20 : y + 40, x - 22 : x + 22], np.s_[y + 4 : y + 24, x - 10 : x + 10]
    photo[boot], worn_gown, both = (40, 30, 30), gown(), masks(labels)
    both[boot] = (255, 0)
    both[spot] = (150, 105)
    scene = dressing.see(photo, worn_gown.rgba, worn_gown.landmarks, {"photo": both}, {"photo": pose[None]})
    result = dressing.compose(scene, warp.hang(scene.gown, scene.body, Fit(hem=0.7), SIZE))
    assert result.worn[spot][..., 3].max() == 0, "the gown ends above it"
    np.testing.assert_array_equal(result.picture[spot], photo[spot])


def test_skin_of_a_bare_leg_in_a_bags_shade_is_no_part_of_the_bag() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user = (labels == 1) * np.uint8(255)
    x, y = pose[Joint.LEFT_KNEE, :2].astype(int)
    right = int(pose[Joint.RIGHT_KNEE, 0])
    legs = [np.s_[y - 60 : y + 140, column - 26 : column + 26] for column in (x, right)]
    bag, shade = np.s_[y - 100 : y + 10, x + 10 : x + 110], np.s_[y + 10 : y + 45, x + 10 : x + 24]
    for place, colour in (*((leg, SKIN) for leg in legs), (bag, (25, 25, 30)), (shade, (90, 72, 70))):
        user[place], photo[place] = 255, colour
    front = in_front(photo, user, pose, frozenset())
    assert (front[bag][10:-10, 20:-10] > 200).all()
    assert front[shade][8:].max() < 60


def test_a_headscarf_that_the_net_takes_for_clothes_stays_on() -> None:
    """It is no collar: it covers the crown. What hangs from it onto the chest goes with the clothes."""
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    x, y = pose[Joint.NOSE, :2].astype(int)
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    head = np.hypot(columns - x, rows - y)
    scarf = (head < 62) & ((np.abs(columns - x) > 24) | (rows < y - 30) | (rows > y + 34))
    photo[scarf], labels[scarf] = (90, 40, 70), 2
    user, clothes = ((labels == region) * np.uint8(255) for region in (1, 2))
    hers, left = subject.head_covered(user, clothes, pose)
    assert (hers[scarf] > 127).mean() > 0.95
    assert left[scarf].max() == 0
    chest = np.s_[int(pose[Joint.NECK, 1]) + 40 :]
    np.testing.assert_array_equal(left[chest], clothes[chest])
    bare = subject.head_covered(np.where(scarf, 255, user).astype(np.uint8), np.where(scarf, 0, clothes), pose)
    np.testing.assert_array_equal(bare[1], np.where(scarf, 0, clothes))
    above = pose.copy()
    above[:, 1] -= 180  # her crown is not in the photo
    np.testing.assert_array_equal(subject.head_covered(user, clothes, above)[1], clothes)


def test_limb_maps_cover_the_limbs() -> None:
    pose = joints()
    maps = limb_maps(pose, (360, 240))
    for number, joint in enumerate((Joint.LEFT_ELBOW, Joint.RIGHT_WRIST, Joint.LEFT_KNEE, Joint.NECK)):
        x, y = pose[joint, :2].astype(int)
        assert maps[number, y, x] == 1


def test_a_hand_that_bends_lies_before_the_gown_with_all_its_fingers() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user = (labels == 1) * np.uint8(255)
    x, y = pose[Joint.LEFT_WRIST, :2].astype(int)
    fingers = np.s_[y + 14 : y + 34, x - 22 : x]  # to the side of the forearm's line, before the thigh
    photo[fingers], user[fingers] = SKIN, 255
    assert in_front(photo, user, pose, frozenset())[fingers][4:-4, 4:-4].min() > 200


def test_an_upper_arm_in_coloured_light_is_an_arm_and_a_strap_on_it_is_none() -> None:
    """A yellow shirt tints the arm beside it: nothing that she holds, and a sleeve covers it."""
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user = (labels == 1) * np.uint8(255)
    arm = np.zeros(SIZE, np.uint8)
    draw.stroke(arm, list(pose[[Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW], :2]), 32, 255)
    arm[: int(pose[Joint.RIGHT_SHOULDER, 1]) + 12] = arm[int(pose[Joint.RIGHT_ELBOW, 1]) - 24 :] = 0
    user[arm > 0] = 255
    for colour, kept in (((205, 150, 75), False), ((20, 30, 90), True)):
        photo[arm > 0] = colour
        assert (in_front(photo, user, pose, frozenset())[arm > 0] > 127).any() == kept


def test_a_scrap_of_the_clothes_beside_a_hand_goes_and_a_finger_does_not() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user = (labels == 1) * np.uint8(255)
    x, y = pose[Joint.LEFT_WRIST, :2].astype(int)
    user[y - 14 : y + 14, x - 20 : x - 7] = 0  # a gap between it and the hand
    scrap = np.s_[y - 10 : y + 10, x - 18 : x - 11]
    for colour, kept in (((180, 20, 30), False), (SKIN, True)):
        user[scrap], photo[scrap] = 255, colour
        assert (in_front(photo, user, pose, frozenset())[scrap] > 60).any() == kept


def with_hair(*, high: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A photo, its user, 0 or 255, and fair hair, HxW, that comes down to her chest on one side; with a high collar,
    or the chest bare."""
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    x, y = pose[Joint.NECK, :2].astype(int)
    hair, chest = np.zeros(SIZE, np.uint8), np.s_[y : y + 45, x - 45 : x + 45]
    draw.stroke(hair, [np.array([x + 32, y - 70]), np.array([x + 38, y + 70])], 30, 1)
    user = np.where((labels == 1) | (hair > 0), 255, 0).astype(np.uint8)
    user[chest] = np.where(hair[chest] > 0, 255, 0) if high else 255
    photo[user > 0] = SKIN
    return photo, user, hair > 0


def test_fair_hair_on_a_chest_stays_before_the_gown_and_a_bare_chest_does_not() -> None:
    pose, low = joints(2.0), int(joints(2.0)[Joint.NECK, 1]) + 15
    for high in (True, False):
        photo, user, hair = with_hair(high=high)
        front = in_front(photo, user, pose, frozenset())
        on_chest = hair & (np.arange(SIZE[0])[:, None] > low)
        assert (front[on_chest] > 200).mean() > 0.9 if high else front[on_chest].max() < 30, high


def test_a_bag_s_strap_of_skin_s_colour_is_no_hair() -> None:
    pose = joints(2.0)
    photo, user, _ = with_hair(high=True)
    x, y = pose[Joint.NECK, :2].astype(int)
    strap = np.zeros(SIZE, np.uint8)
    draw.stroke(strap, [np.array([x - 20, y - 20]), np.array([x - 50, y + 100])], 6, 1)
    user[strap > 0], photo[strap > 0] = 255, SKIN
    front = in_front(photo, user, pose, frozenset())
    assert front[(strap > 0) & (np.arange(SIZE[0])[:, None] > y + 20)].max() < 30
