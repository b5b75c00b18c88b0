"""Rebuilt scenes: clothes that nobody wears lie on drawn floors, and nothing of who wore them is left."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from training import backdrops, label_garments
from training.augment import Chances, Scenes, lit
from training.folder import Folder
from training.kinds import Kind
from tryon.archives import ROOT
from tryon.images import U8
from tryon.segmentation import Region

SKIN, CLOTH, GROUND = (220, 170, 140), (200, 30, 40), (60, 160, 60)


def wearer() -> tuple[U8, U8]:
    """A photo of a red dress under a head, and its kinds."""
    kinds = np.full((180, 120), Kind.BACKGROUND, np.uint8)
    kinds[10:50, 45:75] = Kind.SKIN
    kinds[50:150, 30:90] = Kind.DRESS
    photo = np.full((180, 120, 3), GROUND, np.uint8)
    photo[kinds == Kind.SKIN], photo[kinds == Kind.DRESS] = SKIN, CLOTH
    return photo, kinds


def test_clothes_that_are_taken_off_leave_no_wearer() -> None:
    photo, kinds = wearer()
    scenes = Scenes([photo], [kinds], Chances(white=0, laid=1, surface=0, dyed=0))
    laid, left = scenes(photo, kinds, np.random.default_rng(0))
    np.testing.assert_array_equal(left == Kind.DRESS, kinds == Kind.DRESS)
    assert set(np.unique(left)) == {Kind.BACKGROUND, Kind.DRESS}
    assert (laid[12:45, 47:73] != SKIN).any(2).mean() > 0.95
    assert (laid[60:140, 40:80] == CLOTH).all()


def test_a_garment_that_nobody_wears_gets_another_floor() -> None:
    photo, kinds = wearer()
    kinds[kinds == Kind.SKIN] = Kind.BACKGROUND
    for chance, changed in ((1.0, True), (0.0, False)):
        scenes = Scenes([photo], [kinds], Chances(white=0, elsewhere=1, surface=chance, dyed=0))
        laid, left = scenes(photo, kinds, np.random.default_rng(1))
        np.testing.assert_array_equal(left, kinds)
        assert ((laid[160:] != GROUND).any(2).mean() > 0.95) == changed
        assert (laid[60:140, 40:80] == CLOTH).all()


def test_a_dress_is_dyed_and_nothing_else_is() -> None:
    photo, kinds = wearer()
    chances = Chances(white=0, laid=0, elsewhere=0, dyed=1)
    dyed, left = Scenes([photo], [kinds], chances)(photo, kinds, np.random.default_rng(0))
    np.testing.assert_array_equal(left, kinds)
    assert np.abs(dyed[60:140, 40:80].astype(int) - CLOTH).max(2).min() > 20
    np.testing.assert_array_equal(dyed[10:45], photo[10:45])
    np.testing.assert_array_equal(dyed[155:], photo[155:])


def test_another_s_bag_comes_before_somebody() -> None:
    (photo, kinds), bag = wearer(), (20, 40, 200)
    hers, other = photo.copy(), kinds.copy()
    hers[100:130, 5:30], other[100:130, 5:30] = bag, Kind.BAG
    scenes = Scenes([hers], [other], Chances(white=0, laid=0, elsewhere=0, dyed=0, carried=1))
    for seed in range(8):
        made, left = scenes(photo, kinds, np.random.default_rng(seed))
        there = left == Kind.BAG
        assert there.mean() > 0.004, "about as large as it was"
        assert (np.abs(made[there].astype(int) - bag).max(1) < 40).mean() > 0.8
        assert (there & (kinds != Kind.BACKGROUND)).any(), "before her"
        np.testing.assert_array_equal(left[~there], kinds[~there])


def test_each_picture_of_a_batch_is_lit_in_its_own_way_by_the_seed() -> None:
    picture = torch.randint(0, 256, (3, 24, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    batches = []
    for _ in range(2):
        torch.manual_seed(5)
        batches.append(lit(picture.expand(8, -1, -1, -1)))
    torch.testing.assert_close(batches[0], batches[1], rtol=0, atol=0)
    assert batches[0].dtype == torch.uint8
    assert batches[0].shape == (8, 3, 24, 16)
    assert len({bytes(p.numpy().tobytes()) for p in batches[0]}) > 5
    assert not (batches[0] == picture).all()


@pytest.mark.parametrize("pattern", backdrops.PATTERNS, ids=lambda pattern: pattern.__name__)
def test_every_backdrop_is_drawn_alike_from_one_seed(pattern: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backdrops, "PATTERNS", (pattern,))
    near = np.array([200, 60, 60], np.float32)
    for seed in range(4):
        first, again = (backdrops.drawn((90, 60), np.random.default_rng(seed), near) for _ in range(2))
        np.testing.assert_array_equal(first, again)
        assert first.shape == (90, 60, 3)
        assert first.std() > 1
    assert not np.array_equal(first, backdrops.drawn((90, 60), np.random.default_rng(9), near))


def test_garments_are_labelled_and_shown(tmp_path: Path) -> None:
    """Of two senders the first judges; the other's photo gets a mask, and a cut-out to look at."""
    (tmp_path / "in" / "images").mkdir(parents=True)
    for name in ("judge", "dress"):
        shutil.copy(ROOT / "samples" / "gown.jpg", tmp_path / "in" / "images" / f"{name}.jpg")
    with (tmp_path / "in" / "images.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("image", "sender_id"), ("judge", 1), ("dress", 2)])
    label_garments.main(tmp_path / "in", tmp_path / "out", ROOT / "weights" / "segmentation.safetensors")
    (sample,) = Folder(tmp_path / "out").samples("train")
    assert sample.name == "dress"
    assert 0.05 < (sample.labels == Region.GOWN).mean() < 0.9
    assert [path.name for path in (tmp_path / "out" / "cutouts").iterdir()] == ["dress.jpg"]
