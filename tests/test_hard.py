"""What is said of hard photos: kinds are chosen and made as their names say, and shares are counted right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn import ccp

from training import hard
from training.ccp import CCP
from tryon.joints import Joint


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> CCP:
    root: Path = ccp(tmp_path_factory.mktemp("ccp"))
    return CCP(root)


def test_plain_photos_are_made_hard(data: CCP) -> None:
    found = list(hard.photos(data, "val", 0))
    kinds = [photo.kind for photo in found]
    assert set(kinds) == {hard.PLAIN, *hard.MADE}
    by_kind = {photo.kind: photo.picture for photo in found}
    plain, dark = by_kind[hard.PLAIN], by_kind["dark"]
    assert dark.mean() < 0.3 * plain.mean()
    assert len(by_kind["cropped at the waist"]) < len(by_kind["cropped at the hips"]) < len(plain)
    assert by_kind["two alike"].shape[1] == 2 * plain.shape[1]
    assert [photo.kind for photo in hard.photos(data, "val", 1)] == [hard.PLAIN, *hard.MADE]


def test_hard_photos_are_chosen_by_labels_and_joints(data: CCP) -> None:
    photo_id = data.split("val")[0]
    joints, raw, names = data.joints(photo_id).copy(), data.raw_labels(photo_id).copy(), data.label_names
    assert not any(is_so(joints, raw, names) for is_so in hard.CHOSEN.values())
    crossed = joints.copy()
    crossed[Joint.RIGHT_WRIST, :2] = joints[Joint.NECK, :2] + (4, 40)
    assert hard.CHOSEN["arms before the body"](crossed, raw, names)
    turned = joints.copy()
    turned[Joint.LEFT_SHOULDER, 0] = turned[Joint.RIGHT_SHOULDER, 0] + 8
    assert hard.CHOSEN["seen from the side"](turned, raw, names)
    hair = raw.copy()
    x, y = joints[Joint.NECK, :2].astype(int)
    hair[y : y + 40, x - 20 : x + 20] = names.index("hair")
    assert hard.CHOSEN["long hair in front"](joints, hair, names)


def test_what_is_said_is_counted() -> None:
    dark, error = "The photo is dark; more light ...", "PoseError: the right hip ..."
    shares = hard._shares("dark", [(dark,), (dark, "other"), (error,), ()])
    assert (shares["photos"], shares["expected"], shares["refused"], shares["silent"]) == (4, 0.5, 0.25, 0.25)
    assert shares["words"][dark] == 2
    assert hard.table({"dark": shares}).row_count == 1
    assert np.isclose(hard._shares("plain", [()])["silent"], 1)
