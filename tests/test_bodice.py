"""A worn gown's straps and the air beside it, told by colour where the net's mask is too coarse."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn import joints

from tryon import anchors, bodice, draw
from tryon.anchors import ARMS, Body
from tryon.images import U8

SIZE = (720, 480)
WALL, SKIN, CLOTH = (196, 197, 200), (214, 168, 142), (238, 236, 230)
Worn = tuple[U8, U8, U8, Body]


def noisy(picture: U8) -> U8:
    grain = np.random.default_rng(0).normal(0, 2, picture.shape)
    return np.asarray((picture + grain).clip(0, 255).round(), np.uint8)


@pytest.fixture
def worn() -> Worn:
    """A picture, the net's mask of the gown (with air beside it and without straps) and of its wearer, her body."""
    pose = joints(2.0)
    body = anchors.find(pose, np.full(SIZE, 255, np.uint8))
    picture = np.full((*SIZE, 3), WALL, np.uint8)
    gown, user = np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
    width = body.shoulder_width
    for shoulder, elbow, wrist in ARMS:
        draw.stroke(user, pose[[shoulder, elbow, wrist], :2], 0.2 * width, 255)
    bust, waist = body.line("bust"), body.line("waist")
    draw.polygon(user, np.array([*body.shoulders, *bust[::-1]]), 255)
    draw.polygon(gown, np.array([*bust, *waist[::-1]]), 255)
    draw.polygon(gown, np.array([*waist, *(body.hips[::-1] + ((60, 200), (-60, 200)))]), 255)
    picture[user > 0], picture[gown > 0] = SKIN, CLOTH
    for end, way in zip(body.shoulders, (1, -1), strict=True):
        top = end + (0.2 * way * width, 0)
        ends = draw.pixel(top), draw.pixel((top[0], bust[0, 1] + 3))
        cv2.line(picture, *ends, CLOTH, 5)
        cv2.line(user, *ends, 150, 5)  # the net is less sure of skin there
    user[gown > 0] = 0
    return noisy(picture), gown, user, body


def pocket(body: Body) -> tuple[int, int]:
    """A pixel (x, y) of air beside the waist."""
    x, y = body.line("waist")[1]
    return int(x + 0.04 * body.shoulder_width), int(y - 0.1 * body.shoulder_width)


def test_air_beside_the_body_goes_and_the_bodice_stays(worn: Worn) -> None:
    picture, gown, user, body = worn
    x, y = pocket(body)
    wide = gown.copy()
    wide[y - 12 : y + 12, x - 6 : x + 8] = np.where(user[y - 12 : y + 12, x - 6 : x + 8] > 0, 0, 255)
    assert wide[y, x] == 255 > gown[y, x]
    drawn = bodice.corrected(picture, wide, user, body)
    assert drawn[y, x] == 0
    middle = np.s_[int(body.line("bust")[0, 1]) + 8 : int(body.line("waist")[0, 1]) - 8, int(body.neck[0])]
    assert (drawn[middle] == 255).all()


def test_a_bodice_that_was_taken_for_skin_comes_back_and_the_chest_stays_bare(worn: Worn) -> None:
    picture, gown, user, body = worn
    rows = np.s_[: int(body.line("waist")[0, 1])]
    lost = gown[rows] > 0
    masks = np.dstack([user, gown])
    masks[rows][lost] = (140, 90)
    found = bodice.regained(picture, masks, body)
    assert (found[rows][lost][:, 1] > 127).mean() > 0.9
    assert (found[rows][lost][:, 0] < 128).mean() > 0.9
    assert (found[..., 1][user == 255] > 127).mean() < 0.03
    picture[rows][lost] = SKIN
    assert (bodice.regained(picture, masks, body)[rows][lost][:, 1] > 127).mean() < 0.1
    masks[..., 0] = 0
    assert bodice.regained(picture, masks, body).shape == masks.shape, "nobody's skin is seen"


def test_straps_come_and_stubs_go(worn: Worn) -> None:
    picture, gown, user, body = worn
    bust = body.line("bust")[:, 1].mean()
    x, y = int(body.shoulders[0, 0] + 0.2 * body.shoulder_width), int((body.shoulders[0, 1] + bust) / 2)
    stubs = gown.copy()
    middle = int(body.neck[0])
    stubs[int(bust) - 28 : int(bust), middle : middle + 4] = 255  # of a strap that is none
    drawn = bodice.corrected(picture, stubs, user, body)
    assert drawn[y, x] > 127 > gown[y, x]
    assert drawn[y, x + 12] == 0, "skin beside the strap"
    assert drawn[int(bust) - 20, middle + 2] == 0


def test_straps_that_the_net_sees_stay_though_shoulders_shine_beside_them(worn: Worn) -> None:
    picture, gown, user, body = worn
    straps = user == 150
    top = int(np.flatnonzero(straps.any(1))[0]) + 6
    picture[top : top + 11, int(body.shoulders[0, 0]) : int(body.shoulders[1, 0])] = CLOTH
    user[straps], gown[straps] = 0, 255
    drawn = bodice.corrected(picture, gown, user, body)
    assert (drawn[straps] > 127).mean() > 0.85


def test_sleeves_are_left_alone(worn: Worn) -> None:
    picture, gown, user, body = worn
    for shoulder, elbow, _ in ARMS:
        draw.stroke(user, body.joints[[shoulder, elbow], :2], 0.25 * body.shoulder_width, 0)
    np.testing.assert_array_equal(bodice.corrected(picture, gown, user, body), gown)
