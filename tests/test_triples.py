"""The rendered brides before and after: their masks and joints are true, and the judge of the try-on reads them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from training import pairs, staged
from training.triples import Triples
from tryon import cyclegan
from tryon.archives import ROOT
from tryon.cyclegan import CycleGANConfig, Generator
from tryon.images import F32, U8
from tryon.joints import Joint
from tryon.pipeline import Nets

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
