"""Readers of labelled data, each on files in exactly its format; broken files are named, counted and passed over."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from conftest import DATA
from drawn import ccp, joints, person
from PIL import Image
from pycocotools import mask as rle

from training import lip, sa1b
from training.ccp import CCP
from training.export_sa1b import export
from training.folder import Folder
from training.kinds import UNKNOWN, Kind
from training.lip import LIP
from training.metrics import iou, region_ious
from training.photos import Photos, Stream, around
from training.readers import READERS, open_sa1b
from training.sa1b import SA1B
from training.segmentation import plain
from tryon.images import F32, U8
from tryon.joints import Joint
from tryon.segmentation import Region, UNetConfig


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> CCP:
    return CCP(ccp(tmp_path_factory.mktemp("ccp"), 6))


@pytest.fixture
def exported(data: CCP, tmp_path: Path) -> SA1B:
    """The drawn photos in three tars; joints come from the drawing instead of a net that never saw drawings."""
    export(data, data.split("train"), tmp_path, per_tar=2)
    truth = {data.photo(i).tobytes(): data.joints(i) for i in data.split("train")}
    return SA1B(tmp_path, lambda photo: truth[photo.tobytes()])


def lip_folder(root: Path) -> Path:
    """Two photos in LIP's layout, the maps with all of its labels."""
    for name in ("train_images", "train_segmentations"):
        (root / "TrainVal" / name).mkdir(parents=True)
    picture, _ = person(joints())
    labels = np.repeat(np.arange(20, dtype=np.uint8), 18)[:, None].repeat(240, 1)
    for name in ("1_2", "3_4"):
        Image.fromarray(picture).save(root / "TrainVal" / "train_images" / f"{name}.jpg")
        Image.fromarray(labels).save(root / "TrainVal" / "train_segmentations" / f"{name}.png")
    (root / "TrainVal" / "train_id.txt").write_text("1_2\n3_4\n")
    return root


def own_folder(root: Path, count: int = 10) -> Path:
    """Pictures with greyscale masks."""
    for name in ("images", "masks"):
        (root / name).mkdir()
    picture, labels = person(joints())
    for number in range(count):
        Image.fromarray(picture).save(root / "images" / f"{number}.png")
        Image.fromarray(np.array([0, 128, 255], np.uint8)[labels]).save(root / "masks" / f"{number}.png")
    return root


def test_lip_labels_are_mapped_by_its_table(tmp_path: Path) -> None:
    samples = list(LIP(lip_folder(tmp_path)).samples("train"))
    assert [s.name for s in samples] == ["1_2", "3_4"]
    rows = samples[0].labels[9::18, 0]
    gown = {lip.TABLE[i][0] for i in np.flatnonzero(rows == Region.GOWN)}
    assert gown == {"upper-clothes", "dress", "coat", "socks", "pants", "jumpsuits", "scarf", "skirt"}
    assert rows[0] == Region.BACKGROUND
    assert (rows[13:] == Region.USER).all()
    assert set(samples[0].kinds[9::18, 0]) == set(Kind) - {*UNKNOWN, Kind.BAG, Kind.BELT}


def test_a_folder_of_pictures_and_masks_holds_every_tenth_out(tmp_path: Path) -> None:
    reader = Folder(own_folder(tmp_path))
    assert [s.name for s in reader.samples("train")] == [str(n) for n in range(9)]
    (held_out,) = reader.samples("val")
    _, truth = person(joints())
    np.testing.assert_array_equal(held_out.labels, truth)


def test_broken_files_are_named_counted_and_skipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reader = Folder(own_folder(tmp_path))
    (tmp_path / "images" / "0.png").write_bytes(b"no picture")
    (tmp_path / "masks" / "1.png").unlink()
    Image.fromarray(np.full((360, 240), 77, np.uint8)).save(tmp_path / "masks" / "2.png")
    Image.fromarray(np.zeros((10, 10), np.uint8)).save(tmp_path / "masks" / "3.png")
    assert [s.name for s in reader.samples("train")] == ["4", "5", "6", "7", "8"]
    assert reader.skipped.names == ["0", "1", "2", "3"]
    assert "grey 77 means nothing" in capsys.readouterr().err


def test_a_broken_ccp_label_file_is_skipped(tmp_path: Path) -> None:
    data = CCP(ccp(tmp_path, 3))
    (tmp_path / "pixel-level" / "0002.mat").write_bytes(b"no matlab file" * 20)
    assert [s.name for s in data.samples("train")] == ["0001", "0003"]
    assert data.skipped.names == ["0002"]


def test_sa1b_masks_get_their_labels_from_joints(data: CCP, exported: SA1B) -> None:
    samples = [*exported.samples("train"), *exported.samples("val")]
    assert [s.name for s in samples] == [f"sa_{n}" for n in range(1, 7)]
    for sample, photo_id in zip(samples, data.split("train"), strict=True):
        scores = region_ious(sample.labels, data.labels(photo_id))
        assert min(scores.values()) > 0.9, scores


def test_sa1b_from_a_plain_folder_equals_the_tars(exported: SA1B, tmp_path: Path) -> None:
    plain_folder = tmp_path / "plain"
    for path in tmp_path.glob("*.tar"):
        with tarfile.open(path) as tar:
            tar.extractall(plain_folder)  # our own; Python 3.11.2, as Debian has it, knows no filter
    unpacked = SA1B(plain_folder, exported.joints_of)
    found = {s.name: s.labels for split in ("train", "val") for s in unpacked.samples(split)}
    for split in ("train", "val"):
        for sample in exported.samples(split):
            np.testing.assert_array_equal(sample.labels, found[sample.name])


def test_a_broken_pair_and_a_cut_tar_are_skipped_and_counted(exported: SA1B, tmp_path: Path) -> None:
    first, second, _ = sorted(tmp_path.glob("*.tar"))
    content = second.read_bytes()
    second.write_bytes(content[: len(content) // 3])
    with tarfile.open(first, "a") as tar:
        broken = tmp_path / "sa_99.json"
        broken.write_text("{")
        tar.add(broken, "sa_99.json")
    broken.unlink()
    names = [s.name for s in exported.samples("train")]
    assert names[:2] == ["sa_1", "sa_2"]
    assert "sa_4" not in names
    assert any(name.startswith(second.name) for name in exported.skipped.names)
    assert f"{first.name}:sa_99" in exported.skipped.names


def test_a_stream_deals_its_shards_to_ranks_and_gives_every_epoch_its_length(exported: SA1B) -> None:
    def names(rank: int, epoch: int) -> list[str]:
        stream = Stream(exported, 8, plain(UNetConfig()), rank, 2)
        return [s.name for s in stream._endless(rank, 2, 4)] if epoch == 0 else [str(p[0].sum()) for p in stream]

    first, second = names(0, 0), names(1, 0)
    assert len(first) == len(second) == 4
    assert not set(first) & set(second)
    assert len(names(0, 1)) == 4


def test_a_streamed_photo_is_cut_around_the_person() -> None:
    picture, labels = person(joints(0.5, (150, 100)), (400, 500))
    cut = around(sa1b.Sample(picture, labels, "sa-1b", "1"))
    assert cut.photo.shape[:2] == cut.labels.shape
    assert (cut.labels > 0).sum() == (labels > 0).sum()
    assert cut.labels.size < labels.size / 2


def test_masks_are_named_by_what_they_hold() -> None:
    pose: F32 = joints()
    whole = np.ones((360, 240), bool)
    torso = whole.copy()
    torso[:70] = torso[250:] = False
    feet = whole.copy()
    feet[:290] = False
    assert sa1b.region_of(whole, pose) is Region.USER
    assert sa1b.region_of(torso, pose) is Region.GOWN
    assert sa1b.region_of(feet, pose) is Region.USER
    assert sa1b.region_of(~whole, pose) is None
    absent = pose.copy()
    absent[[Joint.RIGHT_ANKLE, Joint.LEFT_ANKLE]] = (np.nan, np.nan, 0)
    assert sa1b.region_of(feet, absent) is None


def test_a_photo_of_nobody_is_passed_over(exported: SA1B) -> None:
    nobody = SA1B(exported.root, lambda photo: np.full((18, 3), (np.nan, np.nan, 0), np.float32))
    assert list(nobody.samples("train")) == []
    assert nobody.skipped.names == []


def test_run_lengths_are_cocos() -> None:
    mask = np.zeros((7, 5), np.uint8)
    mask[2:5, 1:4] = 1
    code = rle.encode(np.asfortranarray(mask))
    found = sa1b.decoded({"size": [7, 5], "counts": code["counts"].decode()})
    np.testing.assert_array_equal(found, mask.astype(bool))


def test_every_reader_feeds_training(tmp_path: Path) -> None:
    assert set(READERS) == {"ccp", "lip", "sa1b", "folder"}
    photos = Photos(Folder(own_folder(tmp_path)).samples("train"), plain(UNetConfig()))
    photo, labels = photos[0]
    assert photo.shape == (3, 384, 256)
    assert labels.shape == (1, 384, 256)


@pytest.mark.data
def test_real_sa_v_run_lengths_are_read() -> None:
    masks = json.loads((DATA / "sav-rle-example" / "sav_000001_manual.json").read_text())
    first, sizes = masks["masklet"][0], masks["masklet_size_abs"]
    for code in first:
        assert sa1b.decoded(code).shape == (848, 480)
    areas = np.mean([[sa1b.decoded(code).sum() for code in frame] for frame in masks["masklet"]], 0)
    assert areas[1] == pytest.approx(sizes[1], rel=0.02)


@pytest.mark.data
def test_ccp_in_sa1b_format_gets_its_labels_back_from_the_pose_net(tmp_path: Path) -> None:
    data = CCP(DATA / "ccp")
    ids = data.split("val", labelled=True)[:12]
    export(data, ids, tmp_path, per_tar=6)
    reader = open_sa1b(tmp_path)
    samples: dict[str, U8] = {s.name: s.labels for split in ("train", "val") for s in reader.samples(split)}
    scores = [iou(samples[f"sa_{int(i)}"] > 0, data.labels(i) > 0) for i in ids if f"sa_{int(i)}" in samples]
    gowns = [region_ious(samples[f"sa_{int(i)}"], data.labels(i))["gown"] for i in ids if f"sa_{int(i)}" in samples]
    assert len(scores) >= 10
    assert np.median(scores) > 0.95
    assert np.median(gowns) > 0.7
