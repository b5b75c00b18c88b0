"""Pose: belief maps and decoding are inverse to each other; mirrored people swap sides; OpenPose's format."""

from __future__ import annotations

import numpy as np
import torch

from training.ccp import openpose_joints
from training.metrics import pck
from training.pose import mirror
from tryon.pose import (
    JOINTS,
    LIMBS,
    MIRRORED,
    STRIDE,
    Joint,
    OpenPose,
    PoseConfig,
    belief_targets,
    decode,
    openpose_json,
)

SIZE = (72, 48)


def scattered(seed: int = 0) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return chance.uniform((12, 12), (SIZE[1] * STRIDE - 12, SIZE[0] * STRIDE - 12), (JOINTS, 2)).astype(np.float32)


def test_decoding_finds_the_joints_to_a_fraction_of_a_cell() -> None:
    joints = scattered()
    found = decode(belief_targets(torch.from_numpy(joints)[None], SIZE)[0].numpy())
    assert np.linalg.norm(found[:, :2] - joints, axis=1).max() < 0.35 * STRIDE
    assert (found[:, 2] > 0.8).all()


def test_mirroring_twice_is_nothing_and_swaps_sides() -> None:
    assert [MIRRORED[MIRRORED[j]] for j in range(JOINTS)] == list(range(JOINTS))
    for joint in Joint:
        other = Joint(MIRRORED[joint]).name
        assert other == joint.name or {other.split("_")[0], joint.name.split("_")[0]} == {"LEFT", "RIGHT"}
    picture = torch.arange(60, dtype=torch.uint8).reshape(3, 4, 5)
    joints = torch.from_numpy(np.column_stack([scattered(), np.full(JOINTS, 2)]).astype(np.float32))
    twice = mirror(*mirror(picture, joints))
    assert torch.equal(twice[0], picture)
    torch.testing.assert_close(twice[1], joints)


def test_the_net_gives_a_map_for_every_joint_and_stage() -> None:
    net = OpenPose(PoseConfig(height=64, width=32, stages=2)).eval()
    beliefs = net(torch.zeros(2, 3, 64, 32, dtype=torch.uint8))
    assert [tuple(b.shape) for b in beliefs] == [(2, JOINTS, 16, 8)] * 2


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
    people = openpose_json(joints)["people"]
    flat = people[0]["pose_keypoints_2d"]
    assert len(people) == 1
    assert len(flat) == 54
    assert flat[3 * Joint.LEFT_WRIST : 3 * Joint.LEFT_WRIST + 3] == [0, 0, 0]


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
