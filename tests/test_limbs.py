"""People whose arms and legs are turned: joints and pictures move together, and nothing is left where they were."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import joints, person

from training.figures import CACHE, Chance, Person, moved
from training.limbs import LIMBS, TRUNK, Cut, rearranged, roomy
from tryon.images import F32
from tryon.joints import Joint


@pytest.fixture
def standing() -> Cut:
    pose = joints(CACHE[0] / 360)
    picture, labels = person(pose, CACHE)
    pose[pose[:, 2] > 0, 2] = 2
    return Cut(picture, ((labels > 0) * 255).astype(np.uint8), pose)


def length(pose: F32, a: Joint, b: Joint) -> float:
    return float(np.linalg.norm(pose[a, :2] - pose[b, :2]))


@pytest.mark.parametrize("seed", range(6))
def test_limbs_turn_about_their_joints_and_keep_their_look(standing: Cut, seed: int) -> None:
    before = roomy(standing)
    after = rearranged(standing, 1, 1, np.random.default_rng(seed))
    assert after.picture.shape[:2] == after.matte.shape == before.matte.shape
    np.testing.assert_array_equal(after.joints[list(TRUNK)], before.joints[list(TRUNK)])
    for limb in LIMBS:
        first, second, third = limb.joints
        for a, b in ((first, second), (second, third)):
            assert 0.59 < length(after.joints, a, b) / length(before.joints, a, b) < 1.01
        assert not np.allclose(after.joints[second], before.joints[second]), "it turned"
        x, y = after.joints[third, :2].round().astype(int)
        assert after.matte[y, x] > 127, "hands and feet are where their joints are"


def test_nothing_is_left_where_a_raised_arm_hung(standing: Cut) -> None:
    pose = standing.joints
    pose[[Joint.RIGHT_WRIST, Joint.RIGHT_ANKLE, Joint.LEFT_ANKLE], 2] = 1
    elbow, wrist = (roomy(standing).joints[joint, :2] for joint in (Joint.LEFT_ELBOW, Joint.LEFT_WRIST))
    x, y = (wrist + 0.2 * (wrist - elbow)).round().astype(int)
    assert roomy(standing).matte[y, x] == 255
    for seed in range(9):
        after = rearranged(standing, 1, 0, np.random.default_rng(seed))
        np.testing.assert_array_equal(after.joints[Joint.RIGHT_WRIST], roomy(standing).joints[Joint.RIGHT_WRIST])
        if np.linalg.norm(after.joints[Joint.LEFT_WRIST, :2] - wrist) > 80:
            assert after.matte[y, x] == 0
            return
    pytest.fail("no arm was raised")


def test_a_person_without_hips_stays_as_she_is(standing: Cut) -> None:
    chance, random = Chance(rearranged=1), np.random.default_rng(0)
    whole = Person(*standing)
    assert moved(whole, chance, random).picture.shape != whole.picture.shape
    assert moved(whole, Chance(rearranged=0), random) is whole
    whole.joints[Joint.RIGHT_HIP, 2] = 0
    assert moved(whole, chance, random) is whole
