"""What shows where the old clothes were: a body's outline, skin of her hue, a wall that goes on."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn import SHIRT, gown, joints, person

from tryon import anatomy, anchors, bare_limbs, behind, flesh, reveal, warp
from tryon.images import F32, U8
from tryon.joints import Joint
from tryon.options import Fit

SIZE = (720, 480)
NOTHING = np.zeros(SIZE, np.uint8)


def fill(photo: U8, hole: U8, pose: F32, user: U8, bare: U8 | None = None) -> U8:
    anywhere = flesh.Zones(*[np.full_like(hole, 255) if bare is None else bare] * 3)
    return reveal.fill(photo, hole, user, pose, NOTHING, anywhere).picture


@pytest.fixture
def bricks() -> U8:
    """A wall whose pattern comes again every 24 rows and 40 columns."""
    wall = np.full((*SIZE, 3), (170, 80, 60), np.uint8)
    wall[::24] = wall[:, ::40] = 220
    return np.asarray(cv2.GaussianBlur(wall, (0, 0), 0.8), np.uint8)


def test_a_body_lies_about_its_joints() -> None:
    pose = joints(2.0)
    body = anatomy.skin(pose, SIZE)
    for joint in (Joint.NECK, Joint.RIGHT_ELBOW, Joint.LEFT_WRIST, Joint.RIGHT_KNEE):
        x, y = pose[joint, :2].astype(int)
        assert body.outside[y, x] < 0
        assert body.normal[y, x, 2] > 0.6, "its middle faces the camera"
    x, y = pose[[Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW], :2].mean(0).astype(int)
    row = body.outside[y]
    edges = np.flatnonzero((row[:-1] < 0) != (row[1:] < 0))
    assert body.normal[y, edges[0] + 1, 0] < -0.2 < 0.2 < body.normal[y, edges[-1] - 1, 0], "its sides face away"
    assert body.outside[10, 10] > 20


def test_an_arm_lies_where_the_photo_shows_it() -> None:
    pose = joints(2.0)
    shown = NOTHING.copy()
    ends = pose[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST], :2] + (5, 0)  # the joints are a little off
    cv2.line(shown, *np.round(ends).astype(int).tolist(), 255, 24)
    placed, thick = bare_limbs.fitted(pose, shown)
    assert 2 < placed[Joint.LEFT_ELBOW, 0] - pose[Joint.LEFT_ELBOW, 0] < 8
    np.testing.assert_array_equal(placed[Joint.RIGHT_ELBOW], pose[Joint.RIGHT_ELBOW])
    assert thick[0] == anatomy.Arm()
    assert thick[1].wrist > 1.2, "thicker than usual there, as drawn"
    assert thick[1].elbow < 1.2 < thick[1].wrist


def test_the_outline_of_revealed_skin_is_sharp() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user, hole = ((labels == region) * np.uint8(255) for region in (1, 2))
    row = fill(photo, hole, pose, user)[int(pose[Joint.LEFT_SHOULDER, 1]) + 20].astype(int)
    inside = np.flatnonzero(hole[int(pose[Joint.LEFT_SHOULDER, 1]) + 20])
    steps = np.abs(np.diff(row[inside[-1] - 40 : inside[-1] + 1, 2]))
    assert steps.max() < 60 or (steps > 8).sum() <= 5


def test_a_wall_goes_on_behind_her(bricks: U8) -> None:
    hole = NOTHING.copy()
    hole[200:500, 150:250] = 255
    photo = bricks.copy()
    photo[hole > 0] = (0, 0, 255)
    plain = np.full_like(photo, 128)
    filled = behind.fill(photo, plain, hole, hole > 0)
    assert np.abs(filled[hole > 0].astype(int) - bricks[hole > 0]).mean() < 12
    edges = [cv2.Laplacian(p[210:490, 160:240], cv2.CV_32F).var() for p in (filled, bricks)]
    assert edges[0] > 0.5 * edges[1]


def test_nothing_of_her_is_moved_into_the_wall(bricks: U8) -> None:
    photo, user, hole = bricks.copy(), NOTHING.copy(), NOTHING.copy()
    user[200:500, 200:280], photo[200:500, 200:280] = 255, (0, 0, 255)
    hole[200:500, 150:200] = 255
    filled = fill(photo, hole, joints(2.0), user, NOTHING)
    assert filled[210:490, 152:196, 2].max() < 235
    assert filled[210:490, 152:196, 0].min() > 90


def test_where_no_part_of_the_photo_is_fit_the_plain_wall_is_taken() -> None:
    photo = np.full((*SIZE, 3), 90, np.uint8)
    everywhere = np.ones(SIZE, bool)
    hole = NOTHING.copy()
    hole[200:300, 200:300] = 255
    filled = behind.fill(photo, np.full_like(photo, 128), hole, everywhere)
    assert (filled[210:290, 210:290] == 128).all()


def test_what_is_taken_of_a_blurred_street_goes_on_at_both_sides() -> None:
    x = np.arange(SIZE[1])
    street = 30 + 200 * np.where(x < 240, np.clip((x - 135) / 70, 0, 1), np.clip((345 - x) / 70, 0, 1))  # bright once
    photo = np.repeat(np.repeat(street[None, :, None], SIZE[0], 0), 3, 2).astype(np.uint8)
    hole = NOTHING.copy()
    hole[200:400, 205:275] = 255
    filled = behind.fill(photo, np.full_like(photo, 128), hole, hole > 0).astype(int)
    assert np.abs(filled[210:390, [207, 272]] - 230).max() < 60, "it meets both sides"


def test_without_a_hole_the_photo_is_the_answer(bricks: U8) -> None:
    np.testing.assert_array_equal(fill(bricks, NOTHING, joints(2.0), NOTHING), bricks)


def test_hair_that_a_collar_parted_is_whole_again() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user = (labels == 1) * np.uint8(255)
    x, y = pose[Joint.NOSE, :2].astype(int)
    above, gap, below = (np.s_[y + a : y + b, x + 38 : x + 64] for a, b in ((-30, 28), (28, 48), (48, 110)))
    for lock in (above, below):
        photo[lock], user[lock] = (40, 28, 24), 255
    hole = NOTHING.copy()
    hole[gap], user[gap], photo[gap] = 255, 0, SHIRT
    filled = reveal.fill(photo, hole, user, pose, NOTHING, reveal.bare(pose, user, NOTHING)).picture
    assert filled[gap][4:-4, 4:-4].mean() < 80


def test_no_wall_shows_between_neck_and_hair() -> None:
    """A wide collar lay there; the hair hangs on behind it. Where the hair ends above it, the wall shows."""
    pose = joints(2.0)
    for ends, dark in ((110, True), (0, False)):
        photo, labels = person(pose, SIZE)
        user = (labels == 1) * np.uint8(255)
        x, y = pose[Joint.NOSE, :2].astype(int)
        collar = np.s_[y + 20 : y + 72, x + 24 : x + 66]
        for hair in (np.s_[y - 30 : y + 20, x + 24 : x + 90], np.s_[y - 30 : y + ends, x + 66 : x + 90]):
            photo[hair], user[hair] = (40, 28, 24), 255
        user[y + 20 : y + 100, x - 20 : x + 24] = 255
        hole, alpha = NOTHING.copy(), NOTHING.copy()
        hole[collar], user[collar], photo[collar] = 255, 0, SHIRT
        hole[y + 72 : y + 110, x - 40 : x + 90] = 255
        alpha[y + 70 :] = 255
        filled = reveal.fill(photo, hole, user, pose, alpha, flesh.Zones(*[NOTHING] * 3)).picture
        assert (filled[collar][8:-8, 8:-8].mean() < 80) == dark


def test_skin_shows_only_where_the_gown_bares_it() -> None:
    pose = joints(2.0)
    body = anchors.find(pose, np.full(SIZE, 255, np.uint8))
    worn = warp.hang(gown(), body, Fit(hem=0.6), SIZE)
    worn[:, : int(pose[Joint.RIGHT_HIP, 0])] = 0  # a skirt so narrow that it covers one leg only
    bare = np.maximum.reduce(reveal.bare(pose, np.zeros(SIZE, np.uint8), worn[:, :, 3]))

    def at(point: F32) -> int:
        return int(bare[int(point[1]), int(point[0])])

    assert at(pose[Joint.NECK]) == at(pose[Joint.LEFT_ELBOW]) == at(pose[Joint.RIGHT_ANKLE]) == 255
    beside_the_waist = body.line("waist")[0] - (4, 0)
    above_the_hem = np.array([pose[Joint.RIGHT_KNEE, 0] - 10, pose[Joint.RIGHT_HIP, 1] + 60])
    assert at(beside_the_waist) == at(above_the_hem) == 0


def test_an_arm_that_the_photo_shows_is_not_painted_a_second_time() -> None:
    pose = joints(2.0)
    user, nothing = np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
    ends = [pose[j, :2].astype(int) for j in (Joint.LEFT_ELBOW, Joint.LEFT_WRIST)]
    cv2.line(user, (ends[0] + (6, 0)).tolist(), (ends[1] + (6, 0)).tolist(), 255, 12)  # the joints are a little off
    x, y = (0.2 * ends[0] + 0.8 * ends[1]).astype(int) - (6, 0)
    bare = reveal.bare(pose, user, nothing).arms
    assert bare[y, x] == 0
    assert bare[ends[0][1] + 6, ends[0][0]] == 255, "the old sleeve may have ended below the elbow"
    assert reveal.bare(pose, nothing, nothing).arms[y, x] == 255


def test_an_arm_that_clothes_hid_to_the_fingers_goes_behind_the_gown() -> None:
    pose = joints(2.0)
    pose[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST], 0] += (8, 20)
    body = anchors.find(pose, np.full(SIZE, 255, np.uint8))
    alpha = warp.hang(gown(), body, Fit(), SIZE)[:, :, 3]
    none = np.zeros(SIZE, np.uint8)
    turned = reveal.tucked(pose, none, alpha, frozenset())
    x, y = turned[Joint.LEFT_WRIST, :2].astype(int)
    assert alpha[y, x] > 127 > alpha[tuple(pose[Joint.LEFT_WRIST, 1::-1].astype(int))]
    lengths = [np.linalg.norm(p[Joint.LEFT_WRIST, :2] - p[Joint.LEFT_ELBOW, :2]) for p in (pose, turned)]
    assert lengths[0] == pytest.approx(lengths[1], rel=1e-3)
    np.testing.assert_array_equal(reveal.tucked(pose, none, alpha, frozenset({"left", "right"})), pose)
    _, labels = person(pose, SIZE)
    seen = (labels == 1) * np.uint8(255)
    np.testing.assert_array_equal(reveal.tucked(pose, seen, alpha, frozenset()), pose)
    scrap = none.copy()
    scrap[int(pose[Joint.LEFT_WRIST, 1]) : int(pose[Joint.LEFT_WRIST, 1]) + 6, int(pose[Joint.LEFT_WRIST, 0])] = 255
    assert (reveal.vacated(scrap, pose, turned)[scrap > 0] == 255).all()
    assert reveal.vacated(scrap, pose, pose).max() == 0


def test_painted_legs_are_darker_than_painted_shoulders() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user, hole = ((labels == region) * np.uint8(255) for region in (1, 2))
    below = np.arange(SIZE[0])[:, None] > pose[Joint.LEFT_HIP, 1]
    hole, user = np.where(below, 255, hole).astype(np.uint8), np.where(below, 0, user).astype(np.uint8)
    painted = flesh.paint(photo, hole, user, pose, NOTHING).picture
    places = pose[[Joint.LEFT_SHOULDER, Joint.LEFT_KNEE], :2].astype(int)
    shoulder, knee = (painted[y + 10 : y + 20, x - 5 : x + 5].mean() for x, y in places)
    assert shoulder - knee > 15


def test_a_forearm_that_is_seen_in_parts_may_be_bare_up_to_the_last_hidden_one() -> None:
    pose = joints(2.0)
    elbow, wrist = pose[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST], :2]
    seen = NOTHING.copy()
    cv2.line(seen, *np.round([elbow, wrist]).astype(int).tolist(), 255, 24)
    gap = (elbow + 0.75 * (wrist - elbow)).astype(int)
    assert reveal.bare(pose, seen, NOTHING).arms[gap[1], gap[0]] == 0, "the photo shows it"
    cv2.circle(seen, gap.tolist(), 20, 0, -1)
    assert reveal.bare(pose, seen, NOTHING).arms[gap[1], gap[0]] == 255


def test_skin_beside_an_arm_is_the_arms_and_no_waist() -> None:
    pose = joints(2.0)
    waist = anchors.find(pose, np.full(SIZE, 255, np.uint8)).line("waist").mean(0).astype(int)
    body = anatomy.skin(pose, SIZE)
    assert body.outside[waist[1], waist[0]] < 0
    assert min(body.arms[waist[1], waist[0]], body.legs[waist[1], waist[0]]) > 0
    x, y = pose[Joint.LEFT_ELBOW, :2].astype(int)
    assert body.arms[y, x] < 0 < body.legs[y, x]


def test_legs_come_out_of_a_narrow_skirt_and_do_not_stand_beside_its_hem() -> None:
    pose, alpha = joints(2.0), NOTHING.copy()
    hem = int(pose[[Joint.RIGHT_KNEE, Joint.LEFT_KNEE], 1].min()) - 60
    middle = int(pose[[Joint.RIGHT_HIP, Joint.LEFT_HIP], 0].mean())
    alpha[200:hem, middle - 15 : middle + 16] = 255
    legs = reveal.bare(pose, NOTHING, alpha).legs
    breadths = [(legs[hem + down] > 0).sum() for down in (1, 20, 40)]
    assert breadths[0] <= 32
    assert breadths[0] < breadths[1] < breadths[2]
