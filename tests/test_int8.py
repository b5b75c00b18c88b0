"""Nets in eight bits, and the generator in bfloat16: what PyTorch rounds is what OpenVINO computes in integers, and all
say nearly what they say in single precision."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tryon import checkpoint, cpu, cyclegan, int8, pose, runtime, segmentation
from tryon.archives import ROOT
from tryon.images import decode
from tryon.runtime import Ready
from tryon.trunk import conv_bn, on_canvas, separable

needs_vnni = pytest.mark.skipif(not cpu.exact_int8(), reason="this CPU has no VNNI: nets run in single precision on it")


@pytest.fixture
def net() -> nn.Module:
    torch.manual_seed(0)
    layers = nn.Sequential(conv_bn(3, 8), separable(8, 16), nn.Sequential(nn.Conv2d(16, 4, 1)))
    layers.train()(torch.randn(8, 3, 16, 16))  # so that batch norm has something to fold in
    return layers.eval().requires_grad_(False)


@pytest.fixture
def pictures() -> Tensor:
    return torch.randn((4, 3, 16, 16), generator=torch.Generator().manual_seed(1))


def test_rounding_changes_little_and_leaves_the_net_alone(net: nn.Module, pictures: Tensor) -> None:
    before = net(pictures)
    rounded = int8.quantised(net, int8.measure(net, [pictures]))(pictures)
    torch.testing.assert_close(net(pictures), before)
    away = (rounded - before).abs().mean()
    assert 0 < away < 0.03 * before.std()
    assert not any(isinstance(part, int8.Int8Conv) for part in net.modules())


def test_a_range_is_the_mean_of_the_pictures_extremes(net: nn.Module, pictures: Tensor) -> None:
    whole, singly = int8.measure(net, [pictures]), int8.measure(net, pictures.split(1))
    low, high = whole["0.0"].tolist()
    assert low == pytest.approx(float(pictures.flatten(1).amin(1).mean()))
    assert high == pytest.approx(float(pictures.flatten(1).amax(1).mean()))
    for name, values in whole.items():
        torch.testing.assert_close(singly[name], values)


def test_a_convolution_without_a_range_stays_as_it_is(net: nn.Module, pictures: Tensor) -> None:
    torch.testing.assert_close(int8.quantised(net, {})(pictures), net(pictures), rtol=1e-4, atol=1e-4)


def test_outliers_do_not_widen_a_range(net: nn.Module) -> None:
    pictures = torch.rand((2, 3, 512, 512))
    usual = int8.measure(net, [pictures])["0.0"]
    pictures[:, 0, 7, 11] = 1000
    torch.testing.assert_close(int8.measure(net, [pictures])["0.0"], usual)


@needs_vnni
def test_openvino_computes_in_integers_what_pytorch_rounds(net: nn.Module, pictures: Tensor) -> None:
    rounded = int8.quantised(net, int8.measure(net, [pictures]))
    model = runtime.compiled(rounded, pictures[:1])
    kinds = [op.get_rt_info()["runtimePrecision"].astype(str) for op in model.get_runtime_model().get_ops()]
    assert kinds.count("i8") + kinds.count("u8") >= 4, kinds  # one for each convolution
    request = model.create_infer_request()
    request.infer([pictures[:1].numpy()])
    steps = np.abs(request.get_output_tensor(0).data - rounded(pictures[:1]).numpy())
    assert np.median(steps) < 1e-3
    assert steps.max() < 0.1  # a value between two levels may go either way, in a later layer too


def test_a_cpu_that_would_overflow_gets_the_net_itself(
    net: nn.Module, pictures: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranges = int8.measure(net, [pictures])
    monkeypatch.setattr(cpu, "exact_int8", lambda: False)
    ready = Ready(net, None, pictures[:1], ranges=ranges)
    torch.testing.assert_close(ready(pictures), net(pictures), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("restore", "name"), [(segmentation.restore, "segmentation"), (pose.restore, "pose")])
def test_the_committed_nets_say_the_same_in_eight_bits(
    restore: Callable[..., tuple[segmentation.UNetConfig, nn.Module, int8.Ranges]], name: str
) -> None:
    config, net, ranges = restore(ROOT / "weights" / f"{name}.safetensors")
    photo = decode((ROOT / "samples/bride.jpg").read_bytes())
    batch = on_canvas([photo], (config.height, config.width))[0]
    says, rounded = net(batch), int8.quantised(net, ranges)(batch)
    if name == "segmentation":
        says, rounded = (segmentation.with_background(x).softmax(1) for x in (says, rounded))
    assert 0 < (says - rounded).abs().mean() < 0.02


def test_ranges_lie_beside_the_weights(net: nn.Module, pictures: Tensor, tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    ranges = int8.measure(net, [pictures])
    checkpoint.save(path, {"net": net}, segmentation.UNetConfig(), {}, ranges)
    states = checkpoint.load(path)[1]
    assert set(states) == {"net", checkpoint.RANGES}
    for name, values in states[checkpoint.RANGES].items():
        torch.testing.assert_close(values, ranges[name], rtol=1e-3, atol=1e-3)


@pytest.mark.skipif(
    not cpu.fast_bf16(), reason="this CPU has no bfloat16: the generator runs in single precision on it"
)
def test_the_generator_in_bfloat16_changes_no_pixel_by_a_grey_level_more(monkeypatch: pytest.MonkeyPatch) -> None:
    weights, photo = ROOT / "weights" / "cyclegan.safetensors", decode((ROOT / "samples" / "bride.jpg").read_bytes())
    rough = cyclegan.refine(cyclegan.load(weights), photo)
    monkeypatch.setattr(cpu, "fast_bf16", lambda: False)
    exact = cyclegan.refine(cyclegan.load(weights), photo)
    assert 0 < np.abs(rough - exact).max() * 255 < 1.5
    assert np.abs(rough - exact).mean() * 255 < 0.3
