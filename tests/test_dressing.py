"""Dressing: outside the edit the photo stays bit for bit, old clothes go, the face stays; who is not dressed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from drawn import SKIN, gown, joints, masks, person

from tryon import anchors, cyclegan, dressing
from tryon.composer import in_front
from tryon.cyclegan import MOST, CycleGANConfig, Discriminator, Generator
from tryon.errors import MultiplePeopleError, NoPersonError, PoseError
from tryon.images import F32, U8
from tryon.joints import JOINTS, Joint
from tryon.options import Fit
from tryon.runtime import Ready

SIZE = (720, 480)
Net = Ready[CycleGANConfig]


@pytest.fixture(scope="module")
def net() -> Net:
    """An untrained generator: what is tested here holds for any weights."""
    torch.manual_seed(0)
    return cyclegan.ready(CycleGANConfig(height=96, width=64, channels=4, blocks=1), Generator(4, 1).eval())


@pytest.fixture
def seen() -> tuple[U8, U8, F32]:
    """Photo, its masks as the net gives them, its joints."""
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    return photo, masks(labels), pose


def scene_of(photo: U8, both: U8, pose: F32) -> dressing.Scene:
    drawn = gown()
    people = pose.reshape(-1, JOINTS, 3)  # she, or she and others
    return dressing.see(photo, drawn.rgba, drawn.landmarks, {"photo": both}, {"photo": people})


def test_outside_the_edit_the_photo_stays_bit_for_bit(net: Net, seen: tuple[U8, U8, F32]) -> None:
    scene = scene_of(*seen)
    result = dressing.dress(net, scene, Fit())
    untouched = result.edit == 0
    assert 0.3 < untouched.mean() < 0.9
    np.testing.assert_array_equal(result.picture[untouched], scene.photo[untouched])
    assert not np.array_equal(result.picture, scene.photo)


def test_the_face_is_never_touched(net: Net, seen: tuple[U8, U8, F32]) -> None:
    scene = scene_of(*seen)
    result = dressing.dress(net, scene, Fit())
    x, y = scene.joints[Joint.NOSE, :2].astype(int)
    face = np.s_[y - 20 : y + 20, x - 14 : x + 14]
    np.testing.assert_array_equal(result.picture[face], scene.photo[face])


def test_the_old_clothes_are_edited_everywhere(net: Net, seen: tuple[U8, U8, F32]) -> None:
    scene = scene_of(*seen)
    result = dressing.dress(net, scene, Fit())
    assert (result.edit[scene.clothes > 200] > 127).mean() > 0.98


def test_the_generator_changes_painted_skin_and_neither_the_gown_nor_the_wall(seen: tuple[U8, U8, F32]) -> None:
    bold = Generator(4, 1).eval()
    torch.nn.init.constant_(bold.light.bias, -0.5)
    scene = scene_of(*seen)
    result = dressing.dress(cyclegan.ready(CycleGANConfig(96, 64, 4, 1), bold), scene, Fit())
    plain = dressing.compose(scene, result.worn)
    change = np.abs(result.picture.astype(int) - plain.picture).max(2)
    free = (plain.edit == 255) & (dressing.showing(plain.worn, plain.front) == 0)
    wall = free & (plain.skin == 0)
    assert change[free & (plain.skin == 255)].mean() > 10
    assert wall.sum() > 1000
    assert change[wall].max() == 0, "a halo about her"
    assert change[dressing.showing(plain.worn, plain.front) == 255].max() == 0
    assert change[plain.edit == 0].max() == 0


def test_the_same_request_gives_the_same_picture(net: Net, seen: tuple[U8, U8, F32]) -> None:
    first, second = (dressing.dress(net, scene_of(*seen), Fit()).picture for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_forearms_are_before_the_gown_and_the_chest_is_behind(seen: tuple[U8, U8, F32]) -> None:
    photo, both, pose = seen
    user = np.maximum(both[:, :, 0], 0)
    user[200:240, 200:280] = 255  # a bare chest
    photo[200:240, 200:280] = (200, 150, 125)
    front = in_front(photo, user, pose, frozenset())
    forearm = ((pose[Joint.RIGHT_ELBOW] + pose[Joint.RIGHT_WRIST]) / 2)[:2].astype(int)
    assert front[forearm[1], forearm[0]] > 200
    assert front[220, 240] < 30
    sleeved = in_front(photo, user, pose, frozenset({"right"}))
    assert sleeved[forearm[1], forearm[0]] < 60


def test_a_bag_of_skins_colour_is_held_if_its_hand_is_seen(seen: tuple[U8, U8, F32]) -> None:
    photo, both, pose = seen
    elbow, wrist = pose[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST], :2]
    x, y = (wrist + 0.5 * (wrist - elbow)).astype(int)
    user = both[:, :, 0].copy()
    bag = np.s_[y : y + 90, x + 20 : x + 100]
    user[bag], photo[bag] = 255, SKIN
    assert in_front(photo, user, pose, frozenset())[y + 45, x + 60] > 200
    pose[Joint.LEFT_WRIST] = pose[Joint.RIGHT_WRIST] = 0
    assert in_front(photo, user, pose, frozenset())[y + 45, x + 60] == 0


def _nobody(photo: U8, both: U8, pose: F32) -> None:
    pose[:] = np.nan
    pose[:, 2] = 0


def _no_body(photo: U8, both: U8, pose: F32) -> None:
    both[:] = 0


def _no_hip(photo: U8, both: U8, pose: F32) -> None:
    pose[Joint.LEFT_HIP] = np.nan, np.nan, 0


def _twins(photo: U8, both: U8, pose: F32) -> None:
    both[:, :230] = both[:, 250:480][:, ::-1]
    both[:, 230:250] = 0


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        (_nobody, NoPersonError, "Nobody"),
        (_no_body, NoPersonError, "Nobody"),
        (_no_hip, PoseError, "left hip.*stand back"),
        (_twins, MultiplePeopleError, "alone"),
    ],
)
def test_who_is_not_dressed(
    seen: tuple[U8, U8, F32], spoil: Callable[[U8, U8, F32], None], error: type[Exception], words: str
) -> None:
    photo, both, pose = seen
    spoil(photo, both, pose)
    with pytest.raises(error, match=words):
        scene_of(photo, both, pose)


def test_a_turned_body_and_missing_feet_are_said(seen: tuple[U8, U8, F32]) -> None:
    photo, both, pose = seen
    pose[[Joint.RIGHT_ANKLE, Joint.LEFT_ANKLE]] = np.nan, np.nan, 0
    for joint in (Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER):
        pose[joint, 0] = 240 + 0.4 * (pose[joint, 0] - 240)
    notes = " ".join(scene_of(photo, both, pose).warnings)
    assert "turned" in notes
    assert "feet" in notes


def _beside(seen: tuple[U8, U8, F32], scale: float) -> tuple[U8, U8, F32]:
    """The photo with another person who stands behind her, so that their masks are one piece."""
    photo, both, pose = (part.copy() for part in seen)
    other = joints(scale, (370 - 120 * scale, 620 - 310 * scale))
    picture, labels = person(other, SIZE)
    there = (labels > 0) & (both.sum(2) == 0)
    photo[there], both[there] = picture[there], masks(labels)[there]
    return photo, both, np.stack([pose, other])


def test_the_main_person_alone_is_dressed(net: Net, seen: tuple[U8, U8, F32]) -> None:
    photo, both, people = _beside(seen, 1.2)
    scene = scene_of(photo, both, people)
    assert any("Somebody else" in note for note in scene.warnings)
    x, y = people[1, Joint.LEFT_HIP, :2].astype(int)
    assert both[y, x].max() == 255
    assert max(scene.user[y, x], scene.clothes[y, x]) == 0
    hers = scene.joints[Joint.RIGHT_HIP, :2].astype(int)
    assert scene.clothes[hers[1], hers[0]] == 255


def test_a_belt_that_nobody_saw_does_not_make_two_of_her(net: Net, seen: tuple[U8, U8, F32]) -> None:
    photo, both, pose = seen
    waist = int(pose[[Joint.RIGHT_HIP, Joint.RIGHT_SHOULDER], 1].mean())
    both[waist + 30 : waist + 46] = 0
    scene = scene_of(photo, both, pose)
    assert scene.warnings == ()
    assert scene.clothes[int(pose[Joint.LEFT_KNEE, 1]), int(pose[Joint.LEFT_KNEE, 0])] > 127


def test_two_alike_are_refused_although_they_touch(seen: tuple[U8, U8, F32]) -> None:
    with pytest.raises(MultiplePeopleError, match="alone"):
        scene_of(*_beside(seen, 1.8))


def test_somebody_whom_the_masks_leave_out_looks_on(seen: tuple[U8, U8, F32]) -> None:
    photo, _, people = _beside(seen, 1.4)
    assert any("Somebody else" in note for note in scene_of(photo, seen[1], people).warnings)


def test_a_pattern_in_the_background_is_nobody(seen: tuple[U8, U8, F32]) -> None:
    photo, both, people = _beside(seen, 1.8)
    people[1, :, 2] = 0.2
    scene_of(photo, both, people)


def _bent_arm(photo: U8, both: U8, pose: F32) -> None:
    pose[Joint.LEFT_WRIST, :2] = 240, 260


def _leaning(photo: U8, both: U8, pose: F32) -> None:
    for joint in Joint:
        pose[joint, 0] += 0.3 * (344 - pose[joint, 1])


def _sitting(photo: U8, both: U8, pose: F32) -> None:
    for side in ("RIGHT", "LEFT"):
        pose[Joint[f"{side}_KNEE"], 1] = pose[Joint[f"{side}_HIP"], 1] + 30


def _long_hair(photo: U8, both: U8, pose: F32) -> None:
    x, y = pose[Joint.RIGHT_SHOULDER, :2].astype(int)
    photo[y - 40 : y + 80, x : x + 50] = 30
    both[y - 40 : y + 80, x : x + 50] = 255, 0


@pytest.mark.parametrize(
    ("spoil", "words"), [(_bent_arm, "arm lies"), (_leaning, "lean"), (_sitting, "sit"), (_long_hair, "Hair")]
)
def test_advice_on_the_photo(seen: tuple[U8, U8, F32], spoil: Callable[[U8, U8, F32], None], words: str) -> None:
    assert not any(words in note for note in scene_of(*seen).warnings)
    spoil(*seen)
    assert any(words in note for note in scene_of(*seen).warnings)


def test_anchors_say_how_sure_they_are(seen: tuple[U8, U8, F32]) -> None:
    _, both, pose = seen
    pose[Joint.LEFT_HIP, 2] = 0.4
    silhouette = np.maximum(both[:, :, 0], both[:, :, 1])
    body = anchors.find(pose, silhouette)
    sure = body.confidence
    assert sure["shoulders"] == pytest.approx(0.9)
    assert sure["hips"] == pytest.approx(0.4)
    assert 0 < sure["waist"] == sure["bust"] < sure["hips"]
    assert abs(body.lean) < 1
    assert body.turn < 40
    floor = body.pelvis[1] + body.floor
    assert abs(floor - pose[Joint.LEFT_ANKLE, 1]) < 0.3 * body.torso
    pose[[Joint.RIGHT_ANKLE, Joint.LEFT_ANKLE]] = np.nan, np.nan, 0
    assert anchors.find(pose, silhouette).confidence["hem"] < sure["hem"]


def test_anchors_lie_between_shoulders_and_hips(seen: tuple[U8, U8, F32]) -> None:
    _, both, pose = seen
    body = anchors.find(pose, np.maximum(both[:, :, 0], both[:, :, 1]))
    lines = body.as_json()
    heights = [np.mean([end[1] for end in lines[name]]) for name in ("shoulders", "bust", "waist", "hips")]
    assert heights == sorted(heights)
    assert all(right[0] < left[0] for right, left in lines.values()), "her right is on our left"


def test_generator_and_discriminator_have_the_papers_shapes() -> None:
    picture = torch.rand(1, 3, 96, 64) * 2 - 1
    out = Generator(8, 2)(picture)
    assert out.shape == picture.shape
    assert (out - picture).abs().mean() < 0.02, "it begins as nearly nothing"
    torch.nn.init.normal_((bold := Generator(8, 2)).light.weight, 0, 0.02)
    gain = bold.gain(picture)
    assert 1 / MOST <= gain.min() < gain.max() - 0.1 < gain.max() <= MOST
    assert gain.diff(dim=3).abs().max() < 0.25 * (gain - 1).abs().max(), "light moves, texture does not"
    torch.testing.assert_close(bold(picture / 4 - 0.5) + 1, (picture / 4 + 0.5) * bold.gain(picture / 4 - 0.5))
    judge = Discriminator(8)
    far = torch.zeros(1, 3, 160, 160, requires_grad=True)
    verdict = judge.net[0:2](far)
    for layer in judge.net[2:]:  # without the instance norms, which see the whole picture
        verdict = verdict if isinstance(layer, torch.nn.InstanceNorm2d) else layer(verdict)
    verdict[0, 0, 9, 9].backward()
    rows = np.flatnonzero(far.grad[0].abs().sum((0, 2)).numpy())
    assert rows[-1] - rows[0] + 1 == 70


def test_what_lies_apart_from_her_stays_in_the_photo(net: Net, seen: tuple[U8, U8, F32]) -> None:
    """A flower pot that the net took for a bag or a skirt, or nearly did, is background, and nobody is told of a second
    person."""
    photo, both, pose = seen
    pot = np.s_[600:690, 10:70]
    for channel, likely in ((0, 255), (1, 255), (1, 110)):
        mistaken = both.copy()
        mistaken[pot] = 0
        mistaken[(*pot, channel)] = likely
        scene = scene_of(photo, mistaken, pose)
        result = dressing.dress(net, scene, Fit())
        np.testing.assert_array_equal(result.picture[640:690, 10:40], photo[640:690, 10:40])
        assert not any("Somebody else" in note for note in scene.warnings)
