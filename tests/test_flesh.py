"""Painted skin: her own hue, in the light that her arms stand in, with the shadows of a gown and of sleeves."""

from __future__ import annotations

import cv2
import numpy as np
from drawn import SKIN, joints, person

from tryon import anatomy, body_parts, flesh, tones
from tryon.images import F32, U8
from tryon.joints import Joint
from tryon.skin import skin_colour

SIZE = (720, 480)
NOTHING = np.zeros(SIZE, np.uint8)


def bride(pose: F32 | None = None) -> tuple[F32, U8, U8, U8]:
    """Her joints, photo, and what is hers and what clothes hide, 0 or 255."""
    pose = joints(2.0) if pose is None else pose
    photo, labels = person(pose, SIZE)
    user, hole = ((labels == region) * np.uint8(255) for region in (1, 2))
    return pose, photo, user, hole


def test_painted_skin_has_the_hue_of_her_own() -> None:
    pose, photo, user, hole = bride()
    painted = flesh.paint(photo, hole, user, pose, NOTHING)
    face = photo[90:110, 230:250].reshape(-1, 3).mean(0)
    x, y = pose[Joint.LEFT_SHOULDER, :2].astype(int)
    skin = painted.picture[y + 10 : y + 20, x - 12 : x - 2].reshape(-1, 3).mean(0)
    assert painted.cover.chest[y + 15, x - 6] == 255
    assert np.abs(skin / skin.sum() - face / face.sum()).max() < 0.03
    assert 0.75 < skin.mean() / face.mean() < 1.15


def test_a_shoulder_is_lighter_than_a_shaded_face_where_arms_are_seen_to_be() -> None:
    """A hat's shade lies on the face, the sun on both forearms. Of people whose forearms are 25 L* lighter than their
    faces, upper arms are 12 and chests 20 lighter."""
    pose, photo, user, hole = bride()
    x, y = pose[Joint.LEFT_SHOULDER, :2].astype(int)
    chest = np.s_[y + 10 : y + 20, x - 12 : x - 2]
    photo[user > 0] = (120, 84, 70)
    dark = flesh.paint(photo, hole, user, pose, NOTHING).picture[chest].mean()
    for elbow, wrist in ((Joint.RIGHT_ELBOW, Joint.RIGHT_WRIST), (Joint.LEFT_ELBOW, Joint.LEFT_WRIST)):
        ends = pose[[elbow, wrist], :2].round().astype(int).tolist()
        cv2.line(photo, *ends, (236, 180, 156), 40)
        cv2.line(user, *ends, 255, 40)
        cv2.line(hole, *ends, 0, 40)
    lit = flesh.paint(photo, hole, user, pose, NOTHING).picture[chest].mean()
    assert lit > 1.3 * dark


def test_a_gown_throws_a_soft_shadow_on_skin() -> None:
    pose, photo, user, hole = bride()
    alpha = NOTHING.copy()
    alpha[260:] = 255
    bare, dressed = (flesh.paint(photo, hole, user, pose, a).picture.astype(int) for a in (NOTHING, alpha))
    change = (bare - dressed)[200:260, 230:250].mean((1, 2))
    assert change[-1] - change[0] > 8, "darker beside the gown than far from it"
    assert np.abs(np.diff(change)).max() < 6


def test_a_forearm_lies_before_the_gown_if_the_photo_shows_its_hand() -> None:
    pose, photo, user, hole = bride()
    elbow, wrist = pose[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST], :2]
    x, y = ((elbow + wrist) / 2).astype(int)
    assert flesh.paint(photo, hole, user, pose, NOTHING).forearms[1][y, x] == 255
    cv2.circle(user, (wrist + 0.3 * (wrist - elbow)).astype(int).tolist(), 30, 0, -1)
    assert flesh.paint(photo, hole, user, pose, NOTHING).forearms[1][y, x] == 0


def test_the_shadow_of_a_sleeve_goes_with_it_and_hands_stay() -> None:
    pose, photo, user, hole = bride()
    elbow, wrist = pose[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST], :2]
    sleeve = NOTHING.copy()
    cv2.line(sleeve, *np.round([elbow, elbow + 0.3 * (wrist - elbow)]).astype(int).tolist(), 255, 40)
    user[sleeve > 0], hole[sleeve > 0] = 0, 255
    shaded = flesh.paint(photo, hole, user, pose, NOTHING).shaded
    below, lower, at_hand = (
        int(shaded[tuple((elbow + along * (wrist - elbow)).astype(int)[::-1])]) for along in (0.5, 0.6, 1.1)
    )
    assert 255 > below > lower > at_hand == 0
    upper = pose[[Joint.LEFT_SHOULDER, Joint.LEFT_ELBOW], :2]
    cv2.line(user, *np.round(upper).astype(int).tolist(), 255, 30)
    cv2.line(user, *np.round([elbow, wrist]).astype(int).tolist(), 255, 30)
    side = np.s_[:, int(pose[Joint.LEFT_HIP, 0]) :]
    assert flesh.paint(photo, hole, user, pose, NOTHING).shaded[side].max() == 0, "no sleeve, no shadow"


def test_a_sleeves_dark_edge_goes_with_it_and_a_bracelet_stays() -> None:
    pose, photo, user, hole = bride()
    elbow, wrist = pose[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST], :2]
    sleeve, bracelet = NOTHING.copy(), NOTHING.copy()
    for canvas, ends in ((sleeve, (0.0, 0.25)), (bracelet, (0.65, 0.67))):
        cv2.line(canvas, *(tuple((elbow + end * (wrist - elbow)).astype(int)) for end in ends), 255, 20)
    edge = cv2.dilate(sleeve, np.ones((5, 5), np.uint8)) & ~sleeve
    photo[(edge | bracelet) > 0] = 20
    user[sleeve > 0], hole[sleeve > 0] = 0, 255
    shaded = flesh.paint(photo, hole, user, pose, NOTHING).shaded
    arm = anatomy.forearms(pose, user.shape, anatomy.USUAL)[1] < -2
    assert shaded[arm & (edge > 0)].min() > 200
    assert np.median(shaded[arm & (bracelet > 0)]) == 0


def test_a_brown_bag_before_her_makes_no_body_darker() -> None:
    pose, photo, user, hole = bride()
    x, y = pose[Joint.LEFT_SHOULDER, :2].astype(int)
    chest = np.s_[y + 10 : y + 20, x - 12 : x - 2]
    alone = flesh.paint(photo, hole, user, pose, NOTHING).picture[chest].mean()
    wrist = pose[Joint.LEFT_WRIST, :2].astype(int)
    bag = np.s_[wrist[1] - 90 : wrist[1] + 30, 180 : wrist[0] - 35]
    photo[bag], user[bag], hole[bag] = (140, 105, 88), 255, 0
    beside = flesh.paint(photo, hole, user, pose, NOTHING).picture[chest].mean()
    assert beside > 0.95 * alone


def test_a_strand_of_hair_on_an_arm_makes_no_body_darker() -> None:
    pose, photo, user, hole = bride()
    bones = [
        pose[[Joint[f"{side}_ELBOW"], Joint[f"{side}_WRIST"]], :2].astype(int).tolist() for side in ("RIGHT", "LEFT")
    ]
    for bone in bones:  # sleeves down to the hands
        cv2.line(user, *bone, 0, 60)
        cv2.line(hole, *bone, 255, 60)
    x, y = pose[Joint.RIGHT_SHOULDER, :2].astype(int)
    chest = np.s_[y + 10 : y + 20, x + 2 : x + 12]
    alone = flesh.paint(photo, hole, user, pose, NOTHING).picture[chest].mean()
    strand = pose[[Joint.LEFT_SHOULDER, Joint.LEFT_ELBOW], :2].astype(int).tolist()
    for canvas, value in ((photo, (88, 62, 50)), (user, 255), (hole, 0)):
        cv2.line(canvas, *strand, value, 12)
    seen = flesh.skin(photo, hole, user, pose)
    assert tones.MANY <= sum(len(seen[part]) for part in tones.ARMS) < tones.PLENTY
    beside = flesh.paint(photo, hole, user, pose, NOTHING).picture[chest].mean()
    assert 0.97 < beside / alone < 1.03


def test_a_hand_below_the_hips_is_as_light_as_its_arm_and_not_as_legs_in_the_skirts_shade() -> None:
    pose = joints(2.0)
    pose[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST], :2] = (330, 290), (340, 400)
    _, photo, user, hole = bride(pose)
    forearm = NOTHING.copy()
    cv2.line(forearm, (330, 290), (340, 400), 255, 44)
    user[forearm > 0], hole[forearm > 0] = 0, 255
    row = int(pose[Joint.LEFT_HIP, 1])
    painted = flesh.paint(photo, hole, user, pose, NOTHING).picture
    above, below = (painted[r - 4 : r + 4, 330:342].mean() for r in (row - 14, row + 18))
    assert 0.95 < below / above < 1.05


def test_hair_about_a_face_is_not_taken_for_its_colour() -> None:
    pose, photo, user, _ = bride()
    nose, width = pose[Joint.NOSE, :2], body_parts.shoulder_width(pose)
    away = np.linalg.norm(np.indices(SIZE).transpose(1, 2, 0)[..., ::-1] - nose, axis=2)
    photo[(away > 0.2 * width) & (away < 0.4 * width)] = (110, 84, 70)
    assert np.abs(skin_colour(photo, user, pose) - SKIN).max() < 12


def test_legs_below_a_short_skirt_are_shaded_without_a_step() -> None:
    pose, photo, user, hole = bride()
    alpha = NOTHING.copy()
    knee = int(pose[[Joint.RIGHT_KNEE, Joint.LEFT_KNEE], 1].min())
    alpha[260 : knee - 60] = 255
    painted = flesh.paint(photo, hole, user, pose, alpha)
    x = int((pose[Joint.LEFT_KNEE, 0] + pose[Joint.LEFT_HIP, 0]) / 2)
    leg = painted.picture[knee - 40 : knee + 40, x - 3 : x + 4].astype(float).mean((1, 2))
    assert painted.cover.legs[knee - 40, x] == 255
    assert np.abs(np.diff(cv2.blur(leg[:, None], (1, 5))[:, 0])).max() < 2
