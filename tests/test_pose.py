"""Pose: belief maps and decoding are inverse to each other; mirrored people swap sides; OpenPose's format."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn import joints as standing
from pose_format.utils.openpose import load_openpose_directory

from training.ccp import openpose_joints
from training.metrics import pck
from training.pose import targets
from tryon import people, pose
from tryon.images import F32, U8
from tryon.joints import JOINTS, LIMBS, MIRRORED, STRIDE, Joint
from tryon.pose import (
    BothWays,
    OpenPose,
    PoseConfig,
    field_targets,
    openpose_json,
)

SIZE = (72, 48)


def scattered(seed: int = 0) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return chance.uniform((12, 12), (SIZE[1] * STRIDE - 12, SIZE[0] * STRIDE - 12), (JOINTS, 2)).astype(np.float32)


class Pointing:
    """Stands for a trained net: ideal maps of one person, whose joints it knows in the whole picture. Red and green
    tell it which part of the picture it is shown. It hardly sees what is shown smaller than `least` of its size."""

    canvas = (288, 192)

    def __init__(self, joints: F32, least: float = 0) -> None:
        self.joints, self.least, self.looks = joints, least, 0

    def __call__(self, batch: torch.Tensor) -> torch.Tensor:
        self.looks += 1
        shown = batch[0].float().numpy()
        rows, columns = np.nonzero(shown[2] > 250)
        there = np.column_stack([columns, rows]) + 0.5
        here, slope = np.zeros((JOINTS, 2)), 0.0
        for axis, size in ((0, 800), (1, 1200)):
            slope, start = np.polyfit(shown[axis, rows, columns] / 255 * size, there[:, axis], 1)
            here[:, axis] = slope * self.joints[:, axis] + start
        scene = np.column_stack([here, self.joints[:, 2]]).astype(np.float32)
        return targets(torch.from_numpy(scene)[None, None], SIZE)[0] * (1 if slope > self.least else 0.05)


def chart() -> U8:
    """The picture whose places Pointing reads: 1200x800."""
    y, x = np.mgrid[0:1200, 0:800]
    return np.dstack([x / 800 * 255, y / 1200 * 255, np.full(x.shape, 255)]).round().astype(np.uint8)


def maps_of(*group: F32) -> F32:
    """The ideal maps of a scene with these people, each 18x3."""
    scene = torch.from_numpy(np.stack(group).astype(np.float32))[None]
    return targets(scene, SIZE)[0][0].numpy()


def test_decoding_finds_the_joints_to_a_fraction_of_a_cell() -> None:
    joints = scattered()
    joints[[Joint.RIGHT_EYE, Joint.LEFT_EYE]] = joints[Joint.NOSE] + np.array([[-8, -9], [8, -9]], np.float32)
    found = people.find(maps_of(np.column_stack([joints, np.full(JOINTS, 2)])))
    assert len(found) == 1
    assert np.linalg.norm(found[0, :, :2] - joints, axis=1).max() < 0.35 * STRIDE
    assert (found[0, :, 2] > 0.8).all()


def test_two_peoples_joints_are_never_mixed() -> None:
    """They stand so near that an arm of each is before the other's body."""
    first, second = standing(0.68, (5, 20)), standing(0.6, (40, 50))
    found = people.find(maps_of(first, second))
    assert len(found) == 2
    for person, truth in zip(found, (first, second), strict=True):
        assert np.linalg.norm(person[:, :2] - truth[:, :2], axis=1).max() < STRIDE, "the larger comes first"


def test_the_main_person_gets_no_joint_of_another() -> None:
    """Her wrist is hidden; the other's must not be taken for it."""
    first, second = standing(0.68, (5, 20)), standing(0.6, (40, 50))
    first[Joint.LEFT_WRIST, 2] = 0
    main = people.find(maps_of(first, second))[0]
    assert main[Joint.LEFT_WRIST, 2] == 0
    assert np.delete(main[:, 2], Joint.LEFT_WRIST).min() > 0.8


def test_a_face_on_a_shirt_takes_no_hip() -> None:
    """A skull with arms and bones, whose neck the net joins to the wearer's own right leg."""
    leg = [Joint.RIGHT_HIP, Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE]
    truth = standing(0.7, (10, 10))
    wearer, skull = truth.copy(), standing(0.25, (0, 0))
    chest = truth[[Joint.NECK, Joint.RIGHT_HIP, Joint.LEFT_HIP], :2].mean(0)
    skull[:, :2] += chest - skull[Joint.NECK, :2]
    wearer[leg, 2], skull[leg] = 0, truth[leg]
    skull[[Joint.LEFT_HIP, Joint.LEFT_KNEE, Joint.LEFT_ANKLE], 2] = 0
    found = people.find(maps_of(wearer, skull))
    assert len(found) == 1
    assert np.abs(found[0, leg, :2] - truth[leg, :2]).max() < STRIDE


def test_faint_ankles_beside_the_hips_are_not_believed() -> None:
    """A photo that ends at the hips: the net sees a little of everything at its lower edge."""
    person = standing(0.7, (10, 10))
    hip = person[Joint.RIGHT_HIP, :2]
    person[[Joint.RIGHT_ANKLE, Joint.LEFT_KNEE], :2] = hip + np.array([[-4, 12], [30, 10]])
    maps = maps_of(person)
    assert people.find(maps)[0][Joint.LEFT_KNEE, 2] > 0.5, "she may sit"
    maps[[Joint.RIGHT_ANKLE, Joint.LEFT_KNEE]] *= 0.2
    found = people.find(maps)[0]
    assert (found[[Joint.RIGHT_ANKLE, Joint.LEFT_KNEE], 2] == 0).all()
    assert found[[Joint.LEFT_ANKLE, Joint.RIGHT_KNEE], 2].min() > 0.5


@pytest.mark.parametrize("away", [None, (90, 20)], ids=["not found", "somebody else's"])
def test_a_nose_lies_below_the_eyes(away: tuple[int, int] | None) -> None:
    person = standing(0.7, (10, 10))
    wrong = person.copy()
    if away is None:
        wrong[Joint.NOSE] = 0
    else:
        wrong[Joint.NOSE, :2] += away
    assert np.linalg.norm(people._with_nose(wrong, [])[Joint.NOSE, :2] - person[Joint.NOSE, :2]) < STRIDE
    np.testing.assert_array_equal(people._with_nose(person, []), person)
    own = people.Peak(*person[Joint.NOSE, :2].tolist(), 0.3)
    np.testing.assert_allclose(people._with_nose(wrong, [own])[Joint.NOSE], (own.x, own.y, own.score), atol=1e-4)


def test_who_is_alone_has_her_own_nose_though_a_stranger_has_a_clearer_one() -> None:
    person = standing(0.68, (5, 20))
    maps = maps_of(person)
    maps[Joint.NOSE] *= 0.6
    maps[Joint.NOSE, 60, 3] = 1
    found = people.find(maps)[0, Joint.NOSE]
    assert np.linalg.norm(found[:2] - person[Joint.NOSE, :2]) < STRIDE
    assert found[2] > 0.4


def test_fields_point_along_the_limbs() -> None:
    joints = standing(0.7, (10, 10))
    fields = field_targets(torch.from_numpy(joints[None, :, :2]), SIZE)[0].numpy().reshape(len(LIMBS), 2, *SIZE)
    for number, (a, b) in enumerate(LIMBS):
        start, end = (people.Peak(*joints[j, :2].tolist(), 1.0) for j in (a, b))
        assert people.along(start, end, fields[number]) > 0.85
        assert people.along(end, start, fields[number]) == 0


@pytest.mark.parametrize(("scale", "looks"), [(0.7, 2), (2.8, 1)])
def test_who_is_small_is_looked_at_again_and_closer(scale: float, looks: int) -> None:
    truth = standing(scale, (60, 80))
    truth[Joint.LEFT_EAR, 2] = 0
    net = Pointing(truth)
    found = pose.estimate(net, [chart()])[0]  # type: ignore[arg-type]
    assert net.looks == looks
    assert np.isnan(found[0, Joint.LEFT_EAR, :2]).all()
    away = np.linalg.norm(found[0, :, :2] - truth[:, :2], axis=1)
    assert np.nanmax(away) < 1.2 * scale * STRIDE


@pytest.mark.parametrize("place", [(60, 80), (560, 780)])
def test_whom_the_whole_picture_does_not_show_one_of_its_parts_does(place: tuple[int, int]) -> None:
    truth = standing(0.9, place)
    found = pose.estimate(Pointing(truth, least=0.3), [chart()])[0]  # type: ignore[arg-type]
    assert np.linalg.norm(found[0, :, :2] - truth[:, :2], axis=1).max() < STRIDE
    nobody = pose.estimate(Pointing(truth, least=9), [chart()])[0]  # type: ignore[arg-type]
    assert (nobody[0, :, 2] == 0).all()


@pytest.mark.parametrize("own", [0.6, 0])
def test_an_arm_is_no_longer_than_an_arm(own: float) -> None:
    """Something far from her looks more like an elbow than hers does, or hers is not to be seen."""
    person = standing(0.6, (5, 20))
    maps = maps_of(person)
    maps[Joint.RIGHT_ELBOW] *= own
    maps[Joint.RIGHT_ELBOW, 66, 44] = 1
    found = people.find(maps)[0, Joint.RIGHT_ELBOW]
    assert found[2] == pytest.approx(own, abs=0.1)
    assert own == 0 or np.linalg.norm(found[:2] - person[Joint.RIGHT_ELBOW, :2]) < STRIDE


def test_mirroring_twice_is_nothing_and_swaps_sides() -> None:
    assert [MIRRORED[MIRRORED[j]] for j in range(JOINTS)] == list(range(JOINTS))
    for joint in Joint:
        other = Joint(MIRRORED[joint]).name
        assert other == joint.name or {other.split("_")[0], joint.name.split("_")[0]} == {"LEFT", "RIGHT"}


def test_the_net_gives_a_map_for_every_joint_and_stage() -> None:
    net = OpenPose(PoseConfig(height=64, width=32, stages=2)).eval()
    beliefs = net(torch.zeros(2, 3, 64, 32, dtype=torch.uint8))
    assert [tuple(b.shape) for b in beliefs] == [(2, JOINTS + 2 * len(LIMBS), 16, 8)] * 2


def test_coco_joints_become_openpose_joints() -> None:
    coco = [float(v) for i in range(17) for v in (i, 100 + i, 2)]
    joints = openpose_joints(coco)
    assert joints[Joint.NOSE].tolist() == [0, 100, 2]
    assert joints[Joint.LEFT_SHOULDER].tolist() == [5, 105, 2]
    assert joints[Joint.RIGHT_ANKLE].tolist() == [16, 116, 2]
    assert joints[Joint.NECK].tolist() == [5.5, 105.5, 2]


def test_limbs_join_every_joint() -> None:
    assert {joint for limb in LIMBS for joint in limb} == set(Joint)


def test_openpose_json_writes_absent_joints_as_zeros() -> None:
    joints = np.column_stack([scattered(), np.full(JOINTS, 0.9)]).astype(np.float32)
    joints[Joint.LEFT_WRIST] = np.nan, np.nan, 0
    written = openpose_json(joints)["people"]
    flat = written[0]["pose_keypoints_2d"]
    assert len(written) == 1
    assert len(flat) == 54
    assert flat[3 * Joint.LEFT_WRIST : 3 * Joint.LEFT_WRIST + 3] == [0, 0, 0]


def test_a_program_that_reads_openpose_files_reads_ours(tmp_path: Path) -> None:
    """pose-format was written for OpenPose's own output. Its names are BODY_25's, places and scores must be ours."""
    joints = np.column_stack([scattered(), np.full(JOINTS, 0.9)]).astype(np.float32)
    joints[Joint.LEFT_WRIST] = np.nan, np.nan, 0
    (tmp_path / "photo_000000000000_keypoints.json").write_text(json.dumps(openpose_json(joints)))
    body = load_openpose_directory(str(tmp_path), width=192, height=288).body
    assert body.data.shape[:2] == (1, 1)
    np.testing.assert_allclose(body.confidence[0, 0, :JOINTS], np.nan_to_num(joints[:, 2]), atol=1e-3)
    seen = joints[:, 2] > 0
    np.testing.assert_allclose(body.data[0, 0, :JOINTS].data[seen], joints[seen, :2], atol=1e-3)
    assert body.data.mask[0, 0, Joint.LEFT_WRIST].all(), "absent, not at (0, 0)"


def test_pck_counts_trusted_joints_by_the_torso() -> None:
    truth = np.column_stack([scattered(), np.full(JOINTS, 2)]).astype(np.float32)[None]
    shoulders_and_hips = {
        Joint.RIGHT_SHOULDER: (0, 0),
        Joint.LEFT_SHOULDER: (40, 0),
        Joint.RIGHT_HIP: (0, 30),
        Joint.LEFT_HIP: (40, 30),
    }
    for joint, place in shoulders_and_hips.items():
        truth[0, joint, :2] = place
    guess = truth.copy()
    guess[0, Joint.NOSE, 0] += 4  # the torso is 50: inside a tenth
    guess[0, Joint.LEFT_KNEE, 0] += 6  # outside
    guess[0, Joint.LEFT_EAR] = np.nan
    truth[0, Joint.RIGHT_ANKLE, 2] = 1  # only guessed: does not count
    guess[0, Joint.RIGHT_ANKLE, 0] += 500
    scores = pck(guess, truth, 0.1)
    assert scores["nose"] == 1
    assert scores["left_knee"] == scores["left_ear"] == 0
    assert "right_ankle" not in scores
    assert scores["all"] == 15 / 17


def test_a_mirrored_pictures_maps_are_mirrored_back() -> None:
    there = np.column_stack([scattered(), np.full(JOINTS, 2)]).astype(np.float32)
    mirror = there[list(MIRRORED)] * (-1, 1, 1) + (SIZE[1] * STRIDE, 0, 0)
    np.testing.assert_allclose(pose.mirrored(torch.from_numpy(maps_of(mirror))[None])[0], maps_of(there), atol=1e-4)


def test_left_and_right_are_told_alike() -> None:
    torch.manual_seed(0)
    net = BothWays(OpenPose(PoseConfig(height=64, width=64))).eval()
    pictures = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    with torch.inference_mode():
        torch.testing.assert_close(pose.mirrored(net(pictures.flip(3))), net(pictures))
