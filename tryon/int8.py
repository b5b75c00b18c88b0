"""Nets in eight bits, as a CPU with VNNI multiplies them: in half the time, at the same IoU.

Post-training quantisation (Jacob et al., arXiv 1712.05877): each output channel's weights lie on a symmetric grid of
their own, what goes into a convolution on one grid. The ranges of these are measured on photos when training ends
(`measure`) and lie in the checkpoint beside the weights. `quantised` writes the rounding into the net as PyTorch's
own fake quantisation; OpenVINO recognises it and computes in integers. (NNCF finds the same grids, but leaves
them in an OpenVINO model, which would be a second file for the same net.)
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

Ranges = Mapping[str, Tensor]  # by a convolution's name: the least and the largest value that goes into it
INPUT, WEIGHT = 255, 127  # steps from the least to the largest input; from zero to the largest weight
VALUES = 10_000  # of a picture, whose extremes count: those of all are outliers, which would widen the steps
EXACT = ("trunk.stem", "trunk.rows.0")  # the first convolutions, whose channels differ most, stay in single precision


class Int8Conv(nn.Module):
    """A convolution whose inputs and weights are rounded to their grids."""

    scales: Tensor
    zeros: Tensor

    def __init__(self, conv: nn.Conv2d, low: float, high: float) -> None:
        super().__init__()
        self.conv = conv
        self.step = (max(high, 1e-4) - min(low, 0.0)) / INPUT
        self.zero = round(-min(low, 0.0) / self.step)  # zero lies on the grid: that is what padding is
        largest = conv.weight.detach().abs().amax((1, 2, 3)).clamp(min=1e-8)
        self.register_buffer("scales", largest / WEIGHT)
        self.register_buffer("zeros", torch.zeros_like(largest, dtype=torch.int32))

    def forward(self, x: Tensor) -> Tensor:
        x = torch.fake_quantize_per_tensor_affine(x, self.step, self.zero, 0, INPUT)
        weight = torch.fake_quantize_per_channel_affine(self.conv.weight, self.scales, self.zeros, 0, -WEIGHT, WEIGHT)
        out: Tensor = self.conv._conv_forward(x, weight, self.conv.bias)
        return out


def convolutions(net: nn.Module) -> dict[str, nn.Conv2d]:
    """The net's convolutions by name."""
    return {name: part for name, part in net.named_modules() if isinstance(part, nn.Conv2d)}


@torch.inference_mode()
def measure(net: nn.Module, batches: Iterable[Tensor]) -> dict[str, Tensor]:
    """What goes into each convolution but the first of a net that is ready to infer: the mean over pictures of the
    least and the largest of VALUES values."""
    seen: dict[str, list[Tensor]] = defaultdict(list)

    def note(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        return lambda _, inputs: seen[name].append(_extremes(inputs[0]))

    rounded = {name: conv for name, conv in convolutions(net).items() if not any(first in name for first in EXACT)}
    hooks = [conv.register_forward_pre_hook(note(name)) for name, conv in rounded.items()]
    for batch in batches:
        net(batch)
    for hook in hooks:
        hook.remove()
    return {name: torch.cat(values).mean(0) for name, values in seen.items()}


def _extremes(x: Tensor) -> Tensor:
    """The least and the largest of some values of each picture, Nx2."""
    flat = x.float().flatten(1)
    return torch.stack(flat[:, :: flat.shape[1] // VALUES | 1].aminmax(dim=1), 1)


def quantised(net: nn.Module, ranges: Ranges) -> nn.Module:
    """A copy of a net that is ready to infer: batch norm is folded into the convolutions, and those that have a range
    are rounded."""
    net = copy.deepcopy(net)
    for part in net.modules():
        match list(part.children())[:2]:
            case [nn.Conv2d() as conv, nn.BatchNorm2d() as norm] if isinstance(part, nn.Sequential):
                part[0], part[1] = fuse_conv_bn_eval(conv, norm), nn.Identity()
    for name, conv in convolutions(net).items():
        if name in ranges:
            net.set_submodule(name, Int8Conv(conv, *ranges[name].tolist()))
    return net
