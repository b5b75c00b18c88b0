"""The rendered brides before and after: their masks and joints are true, and the judge of the try-on reads them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from training import brides, cutouts, dresses, pairs, staged
from training.folder import Folder
from training.triples import Triples
from tryon import assets, cyclegan, gown
from tryon.archives import ROOT
from tryon.cyclegan import CycleGANConfig, Generator
from tryon.images import F32, U8
from tryon.joints import Joint
from tryon.pipeline import Nets
from tryon.segmentation import Region

DATA = Triples(ROOT / "samples" / "pairs")


@pytest.fixture
def nets(monkeypatch: pytest.MonkeyPatch) -> Nets:
    """An untrained generator; the exact masks and joints of the photo that is shown."""
    torch.manual_seed(0)
    config = CycleGANConfig(height=96, width=64, channels=4, blocks=1)
    last = cyclegan.ready(config, Generator(4, 1).eval())

    def look(_: Nets, photos: dict[str, U8]) -> tuple[dict[str, U8], dict[str, F32]]:
        name = next(n for n in DATA.records if (DATA.picture(n, "before") == photos["photo"]).all())
        masks = [DATA.mask(name, "before", what).astype(np.uint8) * 255 for what in ("user", "clothes")]
        return {"photo": np.dstack(masks)}, {"photo": DATA.joints(name)[None]}

    monkeypatch.setattr(pairs, "look", look)
    return Nets(unet=None, openpose=None, cyclegan=last)  # type: ignore[arg-type]


def test_all_of_a_triple_is_there() -> None:
    assert len({record["bride"] for record in DATA.records.values()}) >= 12
    for record in DATA.records.values():
        assert (DATA.root / "gowns" / record["gown"] / "gown.json").exists()
        files = [record[when][what] for when in ("before", "after") for what in record[when]]
        assert all((DATA.root / file).exists() for file in files)


@pytest.mark.parametrize("name", list(DATA.records)[:2])
def test_before_and_after_differ_in_clothes_alone(name: str) -> None:
    before, after = DATA.picture(name, "before"), DATA.picture(name, "after")
    gown, clothes = DATA.mask(name, "after", "gown"), DATA.mask(name, "before", "clothes")
    face = DATA.joints(name)[Joint.NOSE, :2].astype(int)
    patch = (slice(face[1] - 20, face[1] + 20), slice(face[0] - 12, face[0] + 12))
    assert np.abs(before[patch].astype(int) - after[patch]).mean() < 6, "it is the same bride"
    near = cv2.dilate((gown | clothes).astype(np.uint8), np.ones((25, 25), np.uint8)) > 0
    assert np.abs(before[~near].astype(int) - after[~near]).mean() < 6, "and the same place"
    assert np.abs(before[gown].astype(int) - after[gown]).mean() > 12


@pytest.mark.parametrize("name", list(DATA.records)[:2])
def test_masks_and_joints_are_of_one_body(name: str) -> None:
    user, clothes = DATA.mask(name, "before", "user"), DATA.mask(name, "before", "clothes")
    assert not (user & clothes).any()
    x, y = DATA.joints(name)[[Joint.NOSE, Joint.RIGHT_HIP, Joint.LEFT_KNEE], :2].astype(int).T
    assert user[y[0], x[0]]
    assert (user | clothes)[y[1:], x[1:]].all()
    assert not (DATA.mask(name, "after", "front") & DATA.mask(name, "after", "gown")).any()


def test_the_judge_reads_them(nets: Nets, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Nets, "load", lambda _: nets)
    figures = staged.tryon_figures(DATA.root, "val", tmp_path, 2, tmp_path / "sheet.jpg")
    assert (figures["pairs"], figures["unpaired"]) == (2, 0)
    assert figures["worn_iou"] > 0.6
    found = figures["stages"]
    assert found["tps"]["ssim"]["garment"] > found["paste"]["ssim"]["garment"]
    assert all(np.isfinite(found[stage]["psnr"]["garment"]) for stage in staged.STAGES)


def test_they_become_a_folder_to_train_with(tmp_path: Path) -> None:
    left_out = frozenset(record["gown"] for record in DATA.records.values()) - {"helena"}
    kept = [name for name, record in DATA.records.items() if record["gown"] == "helena"]
    dresses.draw(tmp_path, tmp_path / "out")  # none of its photos is there
    count = brides.draw(DATA.root, tmp_path / "out", left_out)
    samples = {sample.name: sample for sample in Folder(tmp_path / "out").samples("train")}
    assert count == len(samples) > 2 * len(kept)
    worn = samples[f"{kept[0]}-0"].labels
    for region, what in ((Region.GOWN, "gown"), (Region.USER, "user")):
        assert ((worn == region) == DATA.mask(kept[0], "after", what)).mean() > 0.9999
    before = Path(DATA.records[kept[0]]["before"]["picture"]).stem
    np.testing.assert_array_equal(samples[before].labels == Region.GOWN, DATA.mask(kept[0], "before", "clothes"))


def test_a_gown_before_a_ground_is_where_it_is_said_to_be() -> None:
    asset = gown.load(assets.folders(ROOT / "gowns")[0])
    case = cutouts.before(asset, "dark")
    shown = np.abs(case.picture.astype(int) - cutouts.GROUNDS["dark"]).max(2) > 40
    assert (shown & case.truth).sum() > 0.97 * (shown | case.truth).sum()
    rows = np.flatnonzero(case.truth.any(1))
    assert rows[0] - 25 < min(y for _, y in case.landmarks.values()) < rows[0] + 150
    assert rows[-1] - 60 < max(y for _, y in case.landmarks.values()) < rows[-1] + 25


def test_the_judge_of_cut_outs_knows_a_good_one(tmp_path: Path) -> None:
    figures = cutouts.gown_figures(ROOT / "gowns", DATA.root, ROOT / "weights", 1, tmp_path / "sheet.jpg")
    assert (tmp_path / "sheet.jpg").stat().st_size > 10_000
    for ground, row in figures.items():
        assert row["pictures"] == 1
        assert min(row["served"], row["added"]) > 0.9, ground
    assert figures["white"]["landmarks_off"] < 0.03
    assert figures["white"]["hung"] > 0.9
    assert figures[cutouts.WORN]["landmarks_off"] is None
