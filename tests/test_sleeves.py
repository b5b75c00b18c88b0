"""Sleeves: they flow into the bodice, follow bent arms in one piece, keep their breadth, and need an arm."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn import gown, joints, person

from tryon import anchors, bare_limbs, draw, reveal, warp
from tryon.anchors import Body
from tryon.gown import Gown
from tryon.joints import Joint
from tryon.options import Fit

SIZE = (720, 480)


def body(elbow: float = 0.0, wrist: tuple[float, float] = (0.0, 0.0)) -> Body:
    """The drawn person, her right elbow further out and her right wrist moved."""
    pose = joints(2.0)
    pose[Joint.RIGHT_ELBOW, 0] -= elbow
    pose[Joint.RIGHT_WRIST, :2] += wrist
    _, labels = person(pose, SIZE)
    return anchors.find(pose, (labels > 0).astype(np.uint8) * 255)


def sleeved(breadth: float = 34) -> Gown:
    """The drawn gown with long sleeves and a yoke up to the neck."""
    plain = gown()
    marks, alpha = dict(plain.landmarks), plain.rgba[:, :, 3].copy()
    for side, out in (("right", -1), ("left", 1)):
        x, y = marks[f"shoulder_{side}"]
        marks[f"elbow_{side}"], marks[f"wrist_{side}"] = (x + 34 * out, y + 90), (x + 50 * out, y + 175)
        draw.stroke(alpha, np.array([(x, y), marks[f"elbow_{side}"], marks[f"wrist_{side}"]]), breadth, 255)
    top = np.array([marks["shoulder_right"], marks["shoulder_left"], marks["bust_left"], marks["bust_right"]])
    draw.polygon(alpha, top, 255)
    draw.polygon(alpha, np.array([(140, 48), (178, 36), (222, 36), (260, 48), (256, 70), (144, 70)]), 255)
    return Gown(np.dstack([np.full((*alpha.shape, 3), 240, np.uint8), alpha]), marks)


@pytest.mark.parametrize("elbow", [0.0, 50.0, 90.0])
def test_a_sleeve_hangs_together_with_the_bodice(elbow: float) -> None:
    hers = body(elbow, (-elbow, 0))
    alpha = warp.hang(sleeved(), hers, Fit(), SIZE)[:, :, 3]
    x, y = (round(float(v)) for v in hers.shoulders[0])
    for column in range(x - 8, round(float(hers.neck[0]))):  # from above the shoulder down: gown without a gap
        inside = alpha[: y + 20, column] > 127
        assert inside[int(inside.argmax()) :].all()
    assert cv2.connectedComponents((alpha > 127).astype(np.uint8))[0] == 2  # nothing lies apart


def test_a_sleeve_is_as_broad_at_the_armpit_as_below_it_when_its_arm_goes_up() -> None:
    """In a cut-out a sleeve lies close to the bodice: its inner edge must go with the arm, and leave no piece."""
    hers = body(60, (-60, -30))
    alpha = warp.hang(sleeved(44), hers, Fit(), SIZE)[:, :, 3]
    start, end = hers.joints[[Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW], :2]
    down = np.array([end[1] - start[1], start[0] - end[0]]) / np.linalg.norm(end - start)
    breadths = []
    for share in (0.3, 0.45, 0.8):
        x, y = (start + share * (end - start) + np.arange(60)[:, None] * down).astype(int).T
        breadths.append(int((alpha[y, x] < 127).argmax()) or 60)
    assert min(breadths[:2]) > 0.9 * breadths[2]
    assert breadths[2] > 15


@pytest.mark.parametrize("wrist", [(0, 0), (60, -40), (-70, -150), (20, -154)])
def test_a_long_sleeve_covers_upper_arm_and_forearm_however_they_bend(wrist: tuple[float, float]) -> None:
    hers = body(30, wrist)
    alpha = warp.hang(sleeved(), hers, Fit(), SIZE)[:, :, 3]
    for a, b in ((Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW), (Joint.RIGHT_ELBOW, Joint.RIGHT_WRIST)):
        way = hers.joints[a, :2] + np.linspace(0.1, 0.85, 12)[:, None] * (hers.joints[b, :2] - hers.joints[a, :2])
        x, y = way.astype(int).T
        assert (alpha[y, x] > 127).mean() > 0.9


def test_a_sleeve_on_a_foreshortened_arm_is_shorter_and_not_thinner() -> None:
    hers = body()
    near = hers.joints.copy()
    near[Joint.RIGHT_WRIST, :2] = near[Joint.RIGHT_ELBOW, :2] + (0, 44)  # half as long: it points at us
    _, labels = person(near, SIZE)
    short = anchors.find(near, (labels > 0).astype(np.uint8) * 255)
    widths = []
    for one in (hers, short):
        alpha = warp.hang(sleeved(), one, Fit(), SIZE)[:, :, 3] > 127
        x, y = (one.joints[Joint.RIGHT_ELBOW, :2] + one.joints[Joint.RIGHT_WRIST, :2]).astype(int) // 2
        widths.append(int(alpha[y, x - 40 : x + 30].sum()))
    assert widths[1] == pytest.approx(widths[0], rel=0.25)


def test_a_sleeve_whose_arm_was_not_found_stays_with_the_bodice() -> None:
    hers = body()
    hers.joints[[Joint.RIGHT_ELBOW, Joint.RIGHT_WRIST], 2] = 0
    alpha = warp.hang(sleeved(), hers, Fit(), SIZE)[:, :, 3] > 127
    left, right = alpha[:, : int(hers.neck[0])].sum(), alpha[:, int(hers.neck[0]) :].sum()
    assert left == pytest.approx(right, rel=0.1)


@pytest.mark.parametrize("wrist", [(110, -120), (20, -154)])  # the last: a hand at the shoulder
def test_a_sleeve_has_no_corner_at_a_bent_elbow(wrist: tuple[float, float]) -> None:
    hers = body(30, wrist)
    alpha = warp.hang(sleeved(), hers, Fit(), SIZE)[:, :, 3]
    shoulder, elbow, wrist = hers.joints[[Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW, Joint.RIGHT_WRIST], :2]
    outwards = 2 * elbow - shoulder / 2 - wrist / 2 - elbow
    middle = np.arctan2(outwards[1], outwards[0])
    ends = []
    for angle in middle + np.radians(np.linspace(-40, 40, 9)):
        x, y = (elbow + np.arange(60)[:, None] * (np.cos(angle), np.sin(angle))).astype(int).T
        ends.append(int((alpha[y, x] < 127).argmax()))
    assert min(ends) > 5
    assert max(ends) < 1.2 * min(ends)


def test_a_sleeve_ends_at_the_elbow_of_an_arm_that_points_at_the_camera() -> None:
    """Its hand is seen before the upper arm: nothing of the sleeve stands out beside it."""
    straight, folded = body(30, (0, 0)), body(30, (0, -95))  # elbow to wrist: a few pixels, upwards
    elbow = folded.joints[Joint.RIGHT_ELBOW, :2]
    assert np.linalg.norm(folded.joints[Joint.RIGHT_WRIST, :2] - elbow) < 25
    far = [warp.hang(sleeved(), one, Fit(), SIZE)[:, :, 3] > 127 for one in (straight, folded)]
    beside = np.s_[int(elbow[1]) - 30 : int(elbow[1]) + 30, : int(elbow[0]) - 45]
    below = np.s_[int(elbow[1]) + 30 : int(elbow[1]) + 90, : int(elbow[0]) + 20]
    assert far[0][below].sum() > 500
    assert not far[1][beside].any()
    assert not far[1][below].any()


@pytest.mark.parametrize(("aside", "sleeve"), [(9, 30), (-9, 30), (0, 22)])
def test_a_sleeve_covers_a_bare_arm_that_lies_beside_its_joints_or_is_broader(aside: float, sleeve: float) -> None:
    plain, arm = body(30), np.zeros(SIZE, np.uint8)
    places = plain.joints[[Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW, Joint.RIGHT_WRIST], :2].copy()
    places[1:, 0] += aside
    draw.stroke(arm, list(places), 28, 255)
    arm[: int(places[0, 1] + 30)] = arm[int(places[2, 1] - 20) :] = 0

    def covered(hers: Body) -> float:
        return float((warp.hang(sleeved(sleeve), hers, Fit(), SIZE)[:, :, 3][arm > 0] > 127).mean())

    assert covered(plain) < 0.93
    assert covered(bare_limbs.bare_armed(plain, arm)) > 0.96


def test_a_sheer_sleeve_is_no_broader_than_the_bare_arm_in_it() -> None:
    plain, arm = body(30), np.zeros(SIZE, np.uint8)
    places = plain.joints[[Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW, Joint.RIGHT_WRIST], :2]
    draw.stroke(arm, list(places), 28, 255)
    arm[: int(places[0, 1] + 30)] = arm[int(places[2, 1] - 20) :] = 0
    hers, (x, y) = bare_limbs.bare_armed(plain, arm), places[1:].mean(0).astype(int)

    def breadth(share: float) -> int:
        wide = sleeved(56)
        rgba = wide.rgba.copy()
        rgba[:, :, 3] = share * rgba[:, :, 3]
        alpha = warp.hang(Gown(rgba, wide.landmarks), hers, Fit(), SIZE)[:, :, 3]
        return int((alpha[y, x - 40 : x + 40] > 127 * share).sum())

    shown = int((arm[y, x - 40 : x + 40] > 0).sum())
    assert shown <= breadth(0.4) < 1.2 * shown
    assert breadth(1.0) > 1.3 * shown


def test_no_wall_shows_between_an_arm_and_its_sheer_sleeve() -> None:
    pose, alpha = joints(2.0), np.zeros(SIZE, np.uint8)
    photo, labels = person(pose, SIZE)
    user, hole = ((labels == region) * np.uint8(255) for region in (1, 2))
    hole = cv2.dilate(hole, np.ones((31, 31), np.uint8))
    arm = [pose[joint, :2] for joint in (Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW)]
    draw.stroke(alpha, arm, 42, 90)
    x, y = (arm[0] + arm[1]).astype(int) // 2
    row = reveal.fill(photo, hole, user, pose, alpha, reveal.bare(pose, user, alpha)).picture[y].astype(int)
    skin, sleeve = row[:, 0] - row[:, 2] > 45, np.flatnonzero(alpha[y])
    assert skin[sleeve[0] + 5 : sleeve[-1] - 4].all()
    assert not skin[: sleeve[0]].any()


def test_no_wall_shows_between_a_bare_arm_and_a_sheer_sleeve_that_is_broader() -> None:
    pose, alpha = joints(2.0), np.zeros(SIZE, np.uint8)
    photo, labels = person(pose, SIZE)
    user, hole = ((labels == region) * np.uint8(255) for region in (1, 2))
    arm = [pose[joint, :2] for joint in (Joint.RIGHT_ELBOW, Joint.RIGHT_WRIST)]
    draw.stroke(alpha, arm, 34, 90)
    x, y = (arm[0] + arm[1]).astype(int) // 2
    filled = reveal.fill(photo, hole, user, pose, alpha, reveal.bare(pose, user, alpha))
    share = np.maximum(hole, filled.fade)[y, :, None] / 255
    row = (share * filled.picture[y] + (1 - share) * photo[y]).astype(int)
    skin, sleeve = row[:, 0] - row[:, 2] > 45, np.flatnonzero(alpha[y])
    bare = np.flatnonzero(user[y, : x + 40])
    assert sleeve[0] + 5 < bare[0]
    assert skin[sleeve[0] + 5 : x].all()
    assert not skin[: sleeve[0]].any()
