"""The teacher that labels a shop's own photos: skipped where its file is not at hand."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training import label_poses
from training.ccp import TRUSTED, keypoints_file
from tryon import archives, serving
from tryon.joints import Joint

TEACHER = Path(os.environ.get("TRYON_TEACHER", archives.ROOT.parent / "shared" / "reference" / "movenet_thunder.onnx"))
pytestmark = pytest.mark.skipif(
    not TEACHER.exists(), reason=f"there is no {TEACHER}; set TRYON_TEACHER to a MoveNet Thunder ONNX file"
)


def test_photos_are_labelled_and_what_is_none_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos, out = tmp_path / "photos", tmp_path / "poses" / "keypoints.json"
    photos.mkdir()
    shutil.copy(serving.PHOTO, photos / "bride.jpg")
    (photos / "broken.jpg").write_bytes(b"no picture")
    Image.new("RGB", (300, 400), (180, 190, 200)).save(photos / "wall.jpg")
    label_poses.main(photos, out, movenet=TEACHER)
    joints, excluded = keypoints_file(out)
    assert set(joints) == {"bride"}
    assert not excluded
    bride = joints["bride"]
    trusted = [Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER, Joint.RIGHT_HIP, Joint.LEFT_HIP]
    assert (bride[trusted, 2] == TRUSTED).all()
    assert bride[Joint.RIGHT_SHOULDER, 0] < bride[Joint.LEFT_SHOULDER, 0], "she faces the camera"
    assert bride[Joint.RIGHT_HIP, 1] > bride[Joint.RIGHT_SHOULDER, 1] + 50
    assert np.array(Image.open(out.with_suffix(".jpg"))).ndim == 3
    assert len(json.loads(out.read_text())["images"][0]) == 4
    said = capsys.readouterr()
    assert "wall.jpg" in said.out
    assert "skipped broken.jpg" in said.err
