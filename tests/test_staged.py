"""The judge of the try-on: pairs leak nothing, un-posed gowns carry their landmarks, faults show in the figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from drawn import ccp, gown, joints, masks, person
from PIL import Image

from training import pairs, staged
from training.ccp import CCP
from training.samples import read_photo
from tryon import cyclegan, dressing
from tryon.cyclegan import CycleGANConfig, Generator
from tryon.images import F32, U8
from tryon.options import Fit
from tryon.pipeline import Nets
from tryon.segmentation import Region


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> CCP:
    return CCP(ccp(tmp_path_factory.mktemp("ccp")))


@pytest.fixture
def nets(data: CCP, monkeypatch: pytest.MonkeyPatch) -> Nets:
    """An untrained generator; for masks and joints, the drawn ones of the photo that is shown, or of the one
    that is most like it."""
    torch.manual_seed(0)
    config = CycleGANConfig(height=96, width=64, channels=4, blocks=1)
    last = cyclegan.ready(config, Generator(4, 1).eval())

    def look(_: Nets, photos: dict[str, U8]) -> tuple[dict[str, U8], dict[str, F32]]:
        def known(photo: U8) -> str:
            return min(data.split("val"), key=lambda i: np.abs(data.photo(i)[:80].astype(int) - photo[:80]).sum())

        ids = {name: known(photo) for name, photo in photos.items()}
        return {n: masks(data.labels(i)) for n, i in ids.items()}, {
            n: data.joints(i)[None].copy() for n, i in ids.items()
        }

    monkeypatch.setattr(pairs, "look", look)
    return Nets(unet=None, openpose=None, cyclegan=last)  # type: ignore[arg-type]


def test_nothing_of_the_garment_is_left_in_a_paired_photo(data: CCP, nets: Nets) -> None:
    found = list(pairs.paired(data, "val", nets, 0))
    assert len(found) == 4
    for pair in found:
        garment = pair.regions["garment"]
        seen, points = pairs.look(nets, {"photo": data.photo(pair.name)})
        bare = pairs.own_gown(data, pair.name, seen["photo"], points["photo"])
        assert (bare.scene.photo[garment] == pairs.PLAIN).all()
        assert (pair.scene.user[garment] == 0).all()
        assert pair.regions["skin"].sum() > staged.LEAST, "some skin is hidden too, so that it must be revealed"
    again = next(pairs.paired(data, "val", nets, 1))
    np.testing.assert_array_equal(again.scene.photo, found[0].scene.photo)
    np.testing.assert_array_equal(again.scene.gown.rgba, found[0].scene.gown.rgba)


def test_a_paired_photo_shows_another_s_clothes(nets: Nets, tmp_path: Path) -> None:
    data = CCP(ccp(tmp_path / "ccp"))
    colours = dict(zip(data.split("val"), [(220, 30, 30), (30, 200, 40), (40, 50, 220), (230, 210, 40)], strict=True))
    for photo_id, colour in colours.items():
        photo = data.photo(photo_id).copy()
        photo[data.labels(photo_id) == Region.GOWN] = colour
        Image.fromarray(photo).save(tmp_path / "ccp" / "photos" / f"{photo_id}.jpg", quality=98)
    data = CCP(tmp_path / "ccp")
    for pair in pairs.paired(data, "val", nets, 0):
        seen = np.median(pair.scene.photo[pair.scene.clothes > 0], 0)
        near = min(colours, key=lambda photo_id: float(np.linalg.norm(seen - colours[photo_id])))
        assert near != pair.name
        assert np.linalg.norm(seen - colours[near]) < 30
        kept = pair.scene.clothes == 0
        np.testing.assert_array_equal(pair.scene.photo[kept], data.photo(pair.name)[kept])


def test_an_unposed_gown_carries_its_landmarks() -> None:
    plain = gown()
    for name in ("bust_left", "waist_right", "hem_center"):
        marked = np.zeros_like(plain.rgba)
        x, y = plain.landmarks[name]
        cv2.circle(marked, (round(x), round(y)), 9, (255, 255, 255, 255), -1)
        moved = pairs.unpose(replace(plain, rgba=marked), np.random.default_rng(3))
        rows, columns = np.nonzero(moved.rgba[:, :, 3] > 127)
        assert np.hypot(columns.mean() - moved.landmarks[name][0], rows.mean() - moved.landmarks[name][1]) < 2
        assert np.hypot(moved.landmarks[name][0] - x, moved.landmarks[name][1] - y) > 5, "it has moved"


def test_couples_are_two_people_and_every_gown_is_worn(data: CCP) -> None:
    couples = pairs.couples(data, "val")
    assert {gown for _, gown in couples} == {"0001", "0002"}
    assert all(bride != gown for bride, gown in couples)
    assert couples == pairs.couples(data, "val")


def test_every_fixed_figure_is_there(data: CCP, nets: Nets, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Nets, "load", lambda _: nets)
    figures = staged.tryon_figures(data.root, "val", tmp_path, 2, tmp_path / "sheet.jpg")
    assert figures["pairs"] == 4
    assert set(staged.RESULTS) <= set(figures)
    assert figures["keep_max_delta"] == 0
    for stage in staged.STAGES:
        found = figures["stages"][stage]
        assert {measure: set(found[measure]) for measure in staged.MEASURES} == dict.fromkeys(
            staged.MEASURES, set(staged.REGIONS)
        )
        low, high = figures["intervals"]["stages"][stage]["ssim"]["ring"]
        assert low <= found["ssim"]["ring"] <= high
    assert (tmp_path / "sheet.jpg").stat().st_size > 1000
    warped, pasted = (figures["stages"][s]["psnr"]["garment"] for s in ("tps", "paste"))
    assert warped > pasted


@pytest.fixture
def scene() -> dressing.Scene:
    pose = joints(2.0)
    photo, labels = person(pose, (720, 480))
    drawn = gown()
    return dressing.see(photo, drawn.rgba, drawn.landmarks, {"photo": masks(labels)}, {"photo": pose[None]})


def test_clothes_that_stay_are_a_leak(scene: dressing.Scene) -> None:
    inside = np.zeros(scene.clothes.shape, bool)
    inside[:400] = True
    assert staged.leak(scene, scene.clothes > 127, inside) == 1
    assert staged.leak(scene, inside, inside) == 0
    assert np.isnan(staged.leak(scene, inside, np.ones_like(inside)))


def test_joints_that_move_are_a_drift(scene: dressing.Scene) -> None:
    moved = scene.joints.copy()
    moved[:, 0] += 0.25 * scene.body.torso
    assert staged.drift(scene, scene.joints) == 0
    assert staged.drift(scene, moved) == pytest.approx(0.25, rel=1e-3)


def test_a_changed_pixel_far_from_the_gown_is_seen(scene: dressing.Scene, nets: Nets) -> None:
    result = dressing.dress(nets.cyclegan, scene, Fit())
    assert staged.kept_delta(scene, result) == 0
    result.picture[3, 3] += 9
    assert staged.kept_delta(scene, result) == 9


def test_what_an_eye_must_judge_is_written_at_full_size(
    data: CCP, nets: Nets, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Nets, "load", lambda _: nets)
    staged.look_at(data.root, "val", tmp_path, 2, tmp_path / "seen")
    names = sorted(path.stem for path in (tmp_path / "seen").glob("*.jpg"))
    assert len(names) == 4
    assert sum("in-000" in name for name in names) == 2, "others' gowns and the catalogue's"
    assert read_photo(tmp_path / "seen" / f"{names[0]}.jpg").shape == (360, 480, 3)
