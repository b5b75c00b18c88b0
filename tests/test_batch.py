"""What `tryon predict` reads and writes."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tryon import batch
from tryon.archives import ROOT
from tryon.batch import Pair
from tryon.errors import InputValidationError

PHOTO, FOLDER = ROOT / "samples" / "bride.jpg", ROOT / "gowns" / "rosalie"


def sent(gown: Path, landmarks: Path | None = None) -> dict[str, bytes]:
    return batch.fields(Pair(PHOTO, gown, Path("out.png")), {}, landmarks)


def test_a_cut_out_of_the_catalogue_brings_its_landmarks_as_its_folder_does(tmp_path: Path) -> None:
    told = json.loads((FOLDER / "gown.json").read_text())["landmarks"]
    assert sent(FOLDER / "gown.png") == sent(FOLDER)
    assert json.loads(sent(FOLDER)["landmarks"]) == {"landmarks": told}
    alone = tmp_path / "gown.png"
    alone.write_bytes((FOLDER / "gown.png").read_bytes())
    assert "landmarks" not in sent(alone)
    assert "landmarks" not in sent(FOLDER / "product.jpg"), "those are the cut-out's"


def test_landmarks_that_are_given_win_and_broken_ones_are_named(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"landmarks": {"hem": [1, 2]}}')
    assert json.loads(sent(FOLDER / "gown.png", other)["landmarks"]) == {"landmarks": {"hem": [1, 2]}}
    other.write_text("{}")
    with pytest.raises(InputValidationError, match=r"other\.json holds no landmarks"):
        sent(FOLDER / "gown.png", other)


def test_a_result_and_its_views_are_written_whole(tmp_path: Path) -> None:
    answer = {"image": base64.b64encode(b"picture"), "views": {"pose": base64.b64encode(b"pose")}}
    target = tmp_path / "new" / "out.png"
    assert batch.save(answer, target) == [target, target.with_name("out.pose.png")]
    assert {p.name: p.read_bytes() for p in target.parent.iterdir()} == {"out.png": b"picture", "out.pose.png": b"pose"}
