"""Training on a drawn data set: the loops run, write what is served, and a resumed run equals a whole one."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn import ccp

from training import composites, cyclegan, pose, segmentation, soup, visualize
from training.ccp import CCP
from training.config import CycleGANRun, PoseRun, SegmentationRun
from training.config import Trunk as Size
from training.evaluate import segmentation_figures
from training.evaluate_pose import oks_ap, pose_figures
from training.fit import FASTER
from training.kinds import Kind
from training.metrics import boundary_iou, region_ious
from training.run import pretrained_trunk
from training.samples import read_photo
from training.triples import Triples
from tryon import checkpoint
from tryon.archives import ROOT
from tryon.checkpoint import CheckpointError
from tryon.cyclegan import CycleGANConfig, Generator, restore
from tryon.int8 import convolutions
from tryon.pose import OpenPose, PoseConfig
from tryon.segmentation import Region, UNet, UNetConfig, with_background
from tryon.segmentation import restore as served
from tryon.trunk import Trunk

# torchvision's own JPEG augmentation uses decoders that it has deprecated
pytestmark = pytest.mark.filterwarnings("ignore:The image decoding and encoding:DeprecationWarning")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ccp(tmp_path_factory.mktemp("ccp"))


def test_the_reader_maps_labels_and_joints(data: Path) -> None:
    photos = CCP(data)
    labels = photos.labels("0001")
    assert labels.shape == photos.photo("0001").shape[:2]
    assert set(np.unique(labels)) == {Region.BACKGROUND, Region.USER, Region.GOWN}
    assert photos.joints("0001").shape == (18, 3)


def test_segmentation_trains_and_resumes_exactly(data: Path, tmp_path: Path) -> None:
    config = SegmentationRun(data=data, out=tmp_path / "whole", epochs=2, batch=2, workers=0)
    segmentation.train(config)
    state = torch.load(tmp_path / "whole" / "state.pt", weights_only=True)
    _, _, ranges = served(tmp_path / "whole" / "segmentation.safetensors")
    assert ranges
    net = UNet(UNetConfig(trunk=config.trunk))
    assert set(ranges) < set(convolutions(net))
    known, new = state["optimiser"]["param_groups"]
    assert len(new["params"]) == len(list(segmentation.Lessons(net).kinds.parameters()))
    assert new["max_lr"] == FASTER * known["max_lr"]
    stopped = Stopped(segmentation.Fit)
    again = dataclasses.replace(config, out=tmp_path / "parts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segmentation, "Fit", stopped)
        with pytest.raises(KeyboardInterrupt):
            segmentation.train(again)
    segmentation.train(again)
    resumed = torch.load(tmp_path / "parts" / "state.pt", weights_only=True)
    assert resumed["epoch"] == state["epoch"] == 1
    for name, value in state["net"].items():
        torch.testing.assert_close(resumed["net"][name], value)
    figures = segmentation_figures(data, "val", tmp_path / "whole" / "segmentation.safetensors")
    assert figures["photos"] == 4
    assert set(figures["iou"]) == {"user", "gown", "person"}


def test_a_run_rests_every_few_epochs_and_after_the_last(data: Path, tmp_path: Path) -> None:
    config = SegmentationRun(
        data=data, out=tmp_path, epochs=3, every=2, batch=2, workers=0, height=96, windows=0.0, trunk=Size.LITE0
    )
    finished: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segmentation.Fit, "finish", lambda fit, epoch, *rest: finished.append(epoch))
        segmentation.train(config)
    assert finished == [1, 2]


@pytest.mark.parametrize("size", Size)
def test_imagenet_weights_fill_a_trunk(size: Size) -> None:
    trunk = Trunk(size)
    before = {name: value.clone() for name, value in trunk.state_dict().items()}
    pretrained_trunk(trunk)
    assert not any(torch.equal(before[name], value) for name, value in trunk.state_dict().items() if value.ndim == 4)
    maps = trunk.eval()(torch.zeros(1, 3, 64, 64))
    assert tuple(m.shape[1] for m in maps) == trunk.channels
    assert [m.shape[2] for m in maps] == [32, 16, 8, 4, 2]


def test_a_run_that_starts_from_a_checkpoint_has_its_trunk(tmp_path: Path) -> None:
    nets: dict[str, torch.nn.Module] = {"unet": UNet(UNetConfig()), "openpose": OpenPose(PoseConfig())}
    old = {name: tmp_path / f"{name}.safetensors" for name in nets}
    for name, net in nets.items():
        checkpoint.save(old[name], {name: net}, net.config, {})
    runs = {
        "unet": segmentation.begun(SegmentationRun(data=tmp_path, out=tmp_path, start=old["unet"], height=96)),
        "openpose": pose.begun(PoseRun(data=tmp_path, out=tmp_path, start=old["openpose"])),
    }
    assert runs["unet"].config == UNetConfig(height=96, width=64, trunk="lite0")
    for name, net in runs.items():
        assert next(net.parameters()).requires_grad
        torch.testing.assert_close(net.state_dict(), nets[name].state_dict(), atol=1e-3, rtol=1e-2)


class Stopped:
    """A Fit that is interrupted after its first epoch."""

    def __init__(self, kind: type[segmentation.Fit]) -> None:
        self.kind = kind

    def __call__(self, *values: object, **named: object) -> segmentation.Fit:
        fit = self.kind(*values, **named)  # type: ignore[arg-type]
        finish = fit.finish

        def interrupted(*values: object) -> None:
            finish(*values)  # type: ignore[arg-type]
            raise KeyboardInterrupt

        fit.finish = interrupted  # type: ignore[method-assign]
        return fit


def test_two_processes_train_as_one(data: Path, tmp_path: Path) -> None:
    """torchrun with gloo: both ranks end with the same weights, and rank 0 alone writes."""
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "tryon",
        "train", "segmentation", "--data", str(data), "--out", str(tmp_path), "--epochs", "1", "--batch", "2",
        "--workers", "0", "--height", "96",
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("epoch 1: loss") == 1
    assert region_figures(tmp_path / "segmentation.safetensors") == {"user", "gown", "person"}
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    assert state["epoch"] == 0


def region_figures(path: Path) -> set[str]:
    """What was measured when a segmentation checkpoint was kept."""
    return set(checkpoint.figures(path)["val_iou"])


def test_pictures_are_drawn_of_what_the_nets_see(data: Path, tmp_path: Path) -> None:
    segmentation.train(SegmentationRun(data=data, out=tmp_path / "run", epochs=1, batch=2, workers=0, height=96))
    weights = tmp_path / "run" / "segmentation.safetensors"
    sheets = visualize.segmentation_pictures(data, "val", weights, tmp_path / "seen", 2)
    assert [path.name for path in sheets] == ["sheet.jpg", "edges.jpg"]
    plain = visualize.segmentation_pictures(data / "photos", "val", weights, tmp_path / "plain", 1)
    assert read_photo(plain[0]).shape[:2] == (480, 4 * 640)
    with_truth = read_photo(tmp_path / "seen" / "0001.jpg")
    assert with_truth.shape == (360, 3 * 240, 3)
    joints = visualize.pose_pictures(data, "val", ROOT / "weights" / "pose.safetensors", tmp_path / "pose", 1)
    assert joints[0].exists()


def test_pose_trains(data: Path, tmp_path: Path) -> None:
    pose.train(PoseRun(data=data, out=tmp_path, epochs=1, batch=2, workers=0))
    figures = pose_figures(data, "val", tmp_path / "pose.safetensors")
    assert {"anchors", "all", "nose"} <= set(figures["pck_0.1"])


def test_cyclegan_trains(data: Path, tmp_path: Path) -> None:
    cyclegan.train(CycleGANRun(data=data, out=tmp_path, epochs=2, alone=1, batch=1, workers=0, composites=2))
    torch.manual_seed(0)
    config, generator = restore(tmp_path / "cyclegan.safetensors")
    fresh = Generator(config.channels, config.blocks)
    moved = [not torch.equal(a, b) for a, b in zip(generator.parameters(), fresh.parameters(), strict=True)]
    assert any(moved)


def test_rendered_brides_teach_the_cyclegan_too(data: Path, tmp_path: Path) -> None:
    source, album = ROOT / "samples" / "pairs", tmp_path / "triples"
    some = dict(list(Triples(source).records.items())[:2])
    shutil.copytree(source / "gowns", album / "gowns")
    for record in some.values():
        for file in (*record["before"].values(), *record["after"].values()):
            (album / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / file, album / file)
    (album / "triples.json").write_text(json.dumps(some))
    shape = CycleGANConfig()
    fakes = composites.rendered(Triples(album), shape)
    assert len(fakes) == 2
    for fake in fakes:
        assert fake.truth is not None
        assert fake.picture.shape == (shape.height, shape.width, 4)
        apart = np.abs(fake.picture[:, :, :3].astype(int) - fake.truth).mean(2)
        edited = fake.picture[:, :, 3] > 127
        assert 0.005 < edited.mean() < 0.5
        assert apart[fake.picture[:, :, 3] == 0].mean() < apart[edited].mean(), "the same picture, but for the edit"
    run = CycleGANRun(data=data, out=tmp_path, triples=album, epochs=1, alone=1, batch=1, workers=0, composites=2)
    cyclegan.train(run)
    assert (tmp_path / "cyclegan.safetensors").exists()


def test_a_learner_learns(data: Path) -> None:
    """Thirty steps on one batch bring the loss well down: gradients reach the weights."""
    torch.manual_seed(0)
    net = UNet(UNetConfig(height=96, width=64)).train()
    photos = CCP(data)
    pictures = torch.from_numpy(np.stack([photos.photo("0001")[::4, ::4][:96, :64].copy()])).permute(0, 3, 1, 2)
    pictures = torch.nn.functional.pad(pictures, (0, 64 - pictures.shape[3], 0, 96 - pictures.shape[2]))
    labels = torch.nn.functional.pad(
        torch.from_numpy(photos.labels("0001")[::4, ::4].copy())[None], (0, 4, 0, 6)
    ).long()
    optimiser = torch.optim.AdamW(net.parameters(), 3e-3)
    losses = []
    for _ in range(30):
        loss = segmentation.loss_of(net(pictures), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]


def test_kinds_are_learned_where_they_are_known() -> None:
    logits = torch.randn(1, len(Kind), 2, 3, generator=torch.Generator().manual_seed(0))
    coarse = torch.full((1, 4, 6), Kind.GOWN, dtype=torch.long)
    assert segmentation.kinds_loss(logits, coarse) == 0
    coarse[:, :2] = Kind.BAG
    entropy = torch.nn.functional.cross_entropy(logits[:, :, :1], torch.full((1, 1, 3), Kind.BAG))
    torch.testing.assert_close(segmentation.kinds_loss(logits, coarse), entropy)


def test_background_is_the_class_with_logit_zero() -> None:
    logits = torch.tensor([[[[2.0]], [[-3.0]]]])
    full = with_background(logits)
    assert full[0, :, 0, 0].tolist() == [0, 2, -3]
    assert full.softmax(1).sum().item() == pytest.approx(1)


def test_checkpoints_are_strict(tmp_path: Path) -> None:
    config = UNetConfig(height=64, width=64)
    path = tmp_path / "net.safetensors"
    checkpoint.save(path, {"unet": UNet(config)}, config, {"iou": 0.5})
    saved, states = checkpoint.load(path)
    assert checkpoint.rebuild(UNetConfig, saved) == config
    assert checkpoint.figures(path) == {"iou": 0.5}
    state = states["unet"]
    state.pop(next(iter(state)))
    with pytest.raises(CheckpointError, match="does not fit"):
        checkpoint.restore(UNet(config), state, path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(CheckpointError):
        checkpoint.load(path)


def test_the_mean_of_checkpoints_counts_a_file_as_often_as_it_is_named(data: Path, tmp_path: Path) -> None:
    config = UNetConfig(height=96, width=64)
    nets = [UNet(config) for _ in range(2)]
    files = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    for net, file in zip(nets, files, strict=True):
        checkpoint.save(file, {"unet": net}, config, {"epoch": 1})
    soup.main(tmp_path / "mean.safetensors", [files[0], files[0], files[1]], data)
    _, mean, ranges = served(tmp_path / "mean.safetensors")
    weights = [net.head.weight for net in (*nets, mean)]
    torch.testing.assert_close(weights[2], (2 * weights[0] + weights[1]) / 3, rtol=1e-2, atol=1e-3)
    assert ranges
    figures = checkpoint.figures(tmp_path / "mean.safetensors")
    assert figures["mean_of"] == [{"epoch": 1}] * 3
    assert set(figures["val"]) == {"user", "gown", "person"}


def test_measures_know_right_from_wrong() -> None:
    truth = np.zeros((60, 60), np.uint8)
    truth[10:50, 10:30], truth[10:50, 30:50] = Region.USER, Region.GOWN
    assert region_ious(truth, truth) == {"user": 1, "gown": 1, "person": 1}
    shifted = np.roll(truth, 4, 0)
    assert region_ious(shifted, truth)["user"] == pytest.approx(36 / 44)
    assert boundary_iou(truth > 0, truth > 0) == 1
    assert boundary_iou(shifted > 0, truth > 0) < region_ious(shifted, truth)["person"]
    joints = np.random.default_rng(0).uniform(0, 300, (3, 18, 2)).astype(np.float32)
    people = np.concatenate([joints, np.full((3, 18, 1), 2, np.float32)], 2)
    guesses = np.concatenate([joints, np.full((3, 18, 1), 0.9, np.float32)], 2)
    assert oks_ap(guesses, people) == pytest.approx(1)
    guesses[..., 0] += 150
    assert oks_ap(guesses, people) == pytest.approx(0, abs=1e-3)
