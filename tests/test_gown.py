"""Gown assets: landmarks on a wearer and on a bare silhouette, holes filled, colour that bleeds under the edge."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from drawn import gown, joints, masks, person
from PIL import Image

from tryon import anchors
from tryon.errors import GownNotFoundError
from tryon.filling import fill
from tryon.gown import cut_out, load, wearer
from tryon.joints import Joint
from tryon.landmarks import NAMES
from tryon.segmentation import Region


def worn_gown() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A picture, its labels and joints: the drawn person, her clothes one garment."""
    pose = joints(2.0)
    picture, labels = person(pose, (720, 480))
    return picture, labels, pose


def test_landmarks_of_a_worn_gown() -> None:
    picture, labels, pose = worn_gown()
    body = anchors.find(pose, (labels > 0).astype(np.uint8) * 255)
    asset = cut_out(picture, masks(labels), body)
    assert set(NAMES) <= set(asset.landmarks)
    for name in ("bust", "waist", "hip", "hem"):
        assert asset.landmarks[f"{name}_right"][0] < asset.landmarks[f"{name}_left"][0]
    heights = [asset.landmarks[f"{name}_right"][1] for name in ("shoulder", "bust", "waist", "hip", "hem")]
    assert heights == sorted(heights)
    assert {"elbow_right", "elbow_left"} <= set(asset.landmarks), "the shirt's sleeves reach the elbows"
    assert "wrist_right" not in asset.landmarks, "the forearms are bare"


def test_joints_on_a_dress_that_shows_no_skin_are_no_wearer() -> None:
    picture, labels, pose = worn_gown()
    body = anchors.find(pose, (labels > 0).astype(np.uint8) * 255)
    labels[labels == Region.USER] = Region.BACKGROUND
    assert wearer(masks(labels), pose) is None
    assert cut_out(picture, masks(labels), body).found == "outline"


def test_an_arm_behind_the_bodice_is_no_sleeve() -> None:
    picture, labels, pose = worn_gown()
    pose[[Joint.LEFT_ELBOW, Joint.LEFT_WRIST], 0] = pose[Joint.LEFT_SHOULDER, 0] + 2
    asset = cut_out(picture, masks(labels), anchors.find(pose, (labels > 0).astype(np.uint8) * 255))
    assert "elbow_right" in asset.landmarks
    assert "wrist_left" not in asset.landmarks


def test_an_arm_that_points_at_the_camera_carries_no_sleeve() -> None:
    """Elbow and wrist lie together: laid on another's forearm, the little between them would grow to a banner."""
    picture, labels, pose = worn_gown()
    pose[Joint.RIGHT_WRIST, :2] = pose[Joint.RIGHT_ELBOW, :2] + (0, 12)
    asset = cut_out(picture, masks(labels), anchors.find(pose, (labels > 0).astype(np.uint8) * 255))
    assert "elbow_right" in asset.landmarks
    assert "wrist_right" not in asset.landmarks


def test_hair_on_a_bodice_is_filled_and_beside_a_neckline_is_not() -> None:
    picture, labels, pose = worn_gown()
    x, y = pose[Joint.RIGHT_SHOULDER, :2].astype(int)
    strands = np.s_[y + 8 : y + 50, x + 12 : x + 30]
    labels[strands], picture[strands] = Region.USER, (30, 20, 15)
    body = anchors.find(pose, (labels > 0).astype(np.uint8) * 255)
    asset = cut_out(picture, masks(labels), body)
    assert asset.filled is not None
    assert (asset.filled[strands] > 0).mean() > 0.8
    assert asset.rgba[y + 25, x + 20, :3].mean() > 70, "with the shirt's colour"
    low = int(body.line("bust")[0, 1])
    bare = labels.copy()
    bare[y - 20 : low, x : int(pose[Joint.LEFT_SHOULDER, 0])] = Region.USER
    strapless = cut_out(picture, masks(bare), body)
    assert strapless.filled is not None
    assert strapless.filled[strands].max() == 0


def test_a_hem_that_reaches_out_does_not_move_the_waist() -> None:
    drawn = gown()
    wide = np.zeros((800, 900, 4), np.uint8)
    wide[:, :400] = drawn.rgba
    wide[660:690, 300:880] = 255  # floor that was taken for hem
    marks = cut_out(wide, np.dstack([wide[:, :, 3] * 0, wide[:, :, 3]]), None).landmarks
    plain = cut_out(drawn.rgba, np.dstack([drawn.rgba[:, :, 3] * 0, drawn.rgba[:, :, 3]]), None).landmarks
    assert abs(marks["waist_right"][0] - plain["waist_right"][0]) < 8
    assert abs(marks["waist_left"][1] - plain["waist_left"][1]) < 25


def test_landmarks_of_a_gown_without_a_wearer() -> None:
    drawn = gown()
    picture = drawn.rgba[:, :, :3]
    both = np.dstack([np.zeros((800, 400), np.uint8), drawn.rgba[:, :, 3]])
    asset = cut_out(picture, both, None)
    for name in NAMES:
        away = np.linalg.norm(asset.point(name) - drawn.point(name))
        assert away < (40 if name.startswith(("hem", "waist")) else 90), name


def test_a_hand_before_the_gown_is_filled_and_said() -> None:
    picture, labels, pose = worn_gown()
    body = anchors.find(pose, (labels > 0).astype(np.uint8) * 255)
    labels[300:350, 220:270] = Region.USER
    picture[300:350, 220:270] = (200, 150, 125)
    asset = cut_out(picture, masks(labels), body)
    assert asset.rgba[325, 245, 3] > 200
    assert np.abs(asset.rgba[325, 245, :3].astype(int) - (40, 90, 160)).max() < 60, "the shirt's colour, not the hand's"
    assert any("filled" in note for note in asset.warnings)


def test_no_gown_is_said() -> None:
    nothing = np.zeros((100, 100, 2), np.uint8)
    with pytest.raises(GownNotFoundError):
        cut_out(np.zeros((100, 100, 3), np.uint8), nothing, None)


def test_the_catalogue_layout_is_read(tmp_path: Path) -> None:
    drawn = gown()
    Image.fromarray(drawn.rgba).save(tmp_path / "gown.png")
    (tmp_path / "gown.json").write_text(json.dumps({"name": "Grid", "landmarks": drawn.landmarks}))
    asset = load(tmp_path)
    assert asset.name == "Grid"
    assert asset.landmarks == drawn.landmarks
    (tmp_path / "gown.json").write_text("{}")
    with pytest.raises(GownNotFoundError):
        load(tmp_path)


def test_a_wall_is_no_gown_whatever_the_net_says() -> None:
    wall = np.full((400, 300, 3), (180, 190, 200), np.uint8)
    everything = np.zeros((400, 300, 2), np.uint8)
    everything[60:340, 60:240, 1] = 255
    with pytest.raises(GownNotFoundError, match="No gown"):
        cut_out(wall, everything, None)
    wall[60:340, 60:240] = (230, 228, 222)
    assert cut_out(wall, everything, None).rgba[200, 150, 3] == 255


def test_a_gowns_shadow_on_the_floor_does_not_hang_from_its_hem() -> None:
    picture, alpha = np.full((300, 200, 3), 200, np.uint8), np.zeros((300, 200), np.uint8)
    alpha[50:250, 60:140], picture[50:250, 60:140] = 255, 235
    picture[244:248, 60:140] = 20  # what the cut-out took of the shadow
    picture[100:110, 60:140] = 90  # a dark stripe of the gown's own
    marks = {
        f"{part}_{side}": (x, y)
        for part, y in (("bust", 60), ("hip", 150))
        for side, x in (("right", 60), ("left", 140))
    }
    filled = fill(picture, alpha, np.zeros_like(alpha), marks)
    assert filled[240:250, 62:138, :3].min() > 200
    np.testing.assert_array_equal(filled[52:240, 62:138, :3], picture[52:240, 62:138])
