"""What shows where the old clothes were: sharp outlines, a wall with its grain, skin of her hue and in its place."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
import pytest
import torch
from drawn import gown, joints, person
from torch import Tensor

from tryon import anchors, reveal, warp
from tryon.composer import ComposerConfig, in_front
from tryon.images import F32, U8
from tryon.joints import Joint
from tryon.options import Fit
from tryon.runtime import Ready

SIZE = (720, 480)


class Painter:
    """In the composer's place: grey walls, pale skin, a layout that changes its mind slowly at the middle."""

    canvas = (288, 192)

    def __call__(self, planes: Tensor) -> Tensor:
        height, width = self.canvas
        out = torch.zeros(1, 7, height, width)
        out[:, 3:6] = 0.5
        out[:, 6] = torch.linspace(-4, 4, width)[None]
        return out


def fill(photo: U8, hole: U8, pose: F32, user: U8, bare: U8 | None = None) -> U8:
    everywhere = np.full_like(hole, 255)
    net = cast(Ready[ComposerConfig], Painter())
    return reveal.fill(net, photo, hole, user, pose, everywhere if bare is None else bare)


@pytest.fixture
def wall() -> U8:
    noise = np.random.default_rng(0).integers(0, 256, (*SIZE, 3)).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 0.8), np.uint8)


def test_the_outline_of_revealed_skin_is_sharp() -> None:
    """The composer hesitates over half of its picture, as at a cloud; a photo's edges take two or three pixels."""
    grey = np.full((*SIZE, 3), 128, np.uint8)
    hole = np.zeros(SIZE, np.uint8)
    hole[200:500, 100:380] = 255
    row = fill(grey, hole, joints(2.0), np.zeros(SIZE, np.uint8))[350, 100:380, 0].astype(int)
    low, high = row[:40].mean(), row[-40:].mean()
    assert high - low > 40
    between = (row > low + 0.1 * (high - low)) & (row < high - 0.1 * (high - low))
    assert between.sum() <= 4


def test_the_wall_keeps_its_grain_beside_her(wall: U8) -> None:
    hole = np.zeros(SIZE, np.uint8)
    hole[200:500, 100:380] = 255
    filled = fill(wall, hole, joints(2.0), np.zeros(SIZE, np.uint8), np.zeros_like(hole))
    energy = [cv2.Laplacian(p[250:450, 104:120], cv2.CV_32F).var() for p in (filled, wall)]
    assert energy[0] > 0.25 * energy[1]


def test_nothing_of_her_is_mirrored_into_the_wall() -> None:
    photo = np.full((*SIZE, 3), 128, np.uint8)
    user, hole = np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
    user[200:500, 200:280], photo[200:500, 200:280] = 255, (255, 0, 0)
    hole[200:500, 150:200] = 255
    filled = fill(photo, hole, joints(2.0), user, np.zeros_like(hole))
    assert filled[210:490, 152:198, 0].max() < 150


def test_without_a_hole_the_photo_is_the_answer(wall: U8) -> None:
    empty = np.zeros(SIZE, np.uint8)
    np.testing.assert_array_equal(fill(wall, empty, joints(2.0), empty), wall)


def test_painted_skin_has_the_hue_of_her_own() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user, hole = ((labels == region) * np.uint8(255) for region in (1, 2))
    filled = fill(photo, hole, pose, user)
    face = photo[90:110, 230:250].reshape(-1, 3).mean(0)
    x, y = pose[Joint.LEFT_SHOULDER, :2].astype(int)
    painted = filled[y + 20, x - 6].astype(float)
    assert np.abs((painted - painted.mean()) - (face - face.mean())).max() < 12, "the painter's own skin is grey"


def test_skin_shows_only_where_the_gown_bares_it() -> None:
    pose = joints(2.0)
    body = anchors.find(pose, np.full(SIZE, 255, np.uint8))
    worn = warp.hang(gown(), body, Fit(hem=0.6), SIZE)
    worn[:, : int(pose[Joint.RIGHT_HIP, 0])] = 0  # a skirt so narrow that it covers one leg only
    bare = reveal.bare(pose, np.zeros(SIZE, np.uint8), worn[:, :, 3])

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
    bare = reveal.bare(pose, user, nothing)
    assert bare[y, x] == 0
    assert bare[ends[0][1] + 6, ends[0][0]] == 255, "the old sleeve may have ended below the elbow"
    assert reveal.bare(pose, nothing, nothing)[y, x] == 255


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
