"""Dresses with masks corrected by hand: the committed masks are sound, and become a folder to train with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image
from pycocotools import mask as rle

from training import dresses
from training.folder import Folder
from tryon.segmentation import Region


def test_every_committed_mask_is_a_gown_of_its_photos_size() -> None:
    table = json.loads(dresses.MASKS.read_text())
    images = {image["id"]: image for image in table["images"]}
    assert len(images) == len(table["annotations"]) > 200
    for note in table["annotations"]:
        image, mask = images[note["image_id"]], rle.decode(note["segmentation"])
        assert mask.shape == (image["height"], image["width"]), image["file_name"]
        assert max(mask.shape) <= 512, image["file_name"]
        assert 0.05 < mask.mean() < 0.9, image["file_name"]


def test_masks_become_a_folder_in_which_corrected_ones_are_twice(tmp_path: Path) -> None:
    mask = np.zeros((512, 256), np.uint8)
    mask[100:400, 60:190] = 1
    shape = rle.encode(np.asfortranarray(mask))
    shape["counts"] = shape["counts"].decode()
    names = ("guessed", "corrected", "missing")
    notes = [{"image_id": i, "corrected": int(n == "corrected"), "segmentation": shape} for i, n in enumerate(names)]
    images = [{"id": i, "file_name": f"{n}.jpg"} for i, n in enumerate(names)]
    (tmp_path / "masks.json").write_text(json.dumps({"images": images, "annotations": notes}))
    (tmp_path / "images").mkdir()
    for name in names[:2]:
        Image.new("RGB", (512, 1024), "teal").save(tmp_path / "images" / f"{name}.jpg")
    assert dresses.draw(tmp_path, tmp_path / "out", tmp_path / "masks.json") == 3
    samples = list(Folder(tmp_path / "out").samples("train"))
    assert [sample.name for sample in samples] == ["guessed", "corrected", "corrected-2"]
    for sample in samples:
        np.testing.assert_array_equal(sample.labels, mask * np.uint8(Region.GOWN))
    assert not list(Folder(tmp_path / "out").samples("val"))
