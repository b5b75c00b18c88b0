"""The trunk that segmentation and pose share: EfficientNet-Lite (Tan and Le, arXiv 1905.11946; the "lite" form without
squeeze-and-excitation, ReLU6 throughout), cut before its head, and the picture normalisation it expects."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from tryon.images import U8, Letterbox

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's, on 0..1
STEM = 32  # channels


class Row(NamedTuple):
    """Blocks of one kind; the first alone has the stride."""

    kernel: int
    stride: int
    expansion: int
    channels: int
    repeats: int


# Lite0; the picture is halved before the first row
ROWS = (
    Row(3, 1, 1, 16, 1),
    Row(3, 2, 6, 24, 2),
    Row(5, 2, 6, 40, 2),
    Row(3, 2, 6, 80, 3),
    Row(5, 1, 6, 112, 3),
    Row(5, 2, 6, 192, 4),
    Row(3, 1, 6, 320, 1),
)
SIZES = {"lite0": (1.0, 1.0), "lite2": (1.1, 1.2)}  # times the channels, times the repeats
TAPS = (0, 1, 2, 4, 6)  # rows whose output is a feature map: strides 2, 4, 8, 16, 32


def on_canvas(pictures: list[U8], size: tuple[int, int]) -> tuple[Tensor, list[Letterbox]]:
    """Pictures HxWx3 of any size as one uint8 batch Nx3xHxW, letterboxed to `size` (height, width), and the way back
    for each."""
    boxes = [Letterbox.fit((p.shape[0], p.shape[1]), size) for p in pictures]
    canvases = np.stack([box.image(p) for box, p in zip(boxes, pictures, strict=True)])
    return torch.from_numpy(canvases).permute(0, 3, 1, 2), boxes


def normalise(pictures: Tensor) -> Tensor:
    """uint8 or float pictures Nx3xHxW in 0..255, RGB, to the trunk's input."""
    mean = pictures.new_tensor(MEAN, dtype=torch.float32).view(1, 3, 1, 1)
    std = pictures.new_tensor(STD, dtype=torch.float32).view(1, 3, 1, 1)
    return (pictures.float() / 255 - mean) / std


def conv_bn(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, batch norm, ReLU6; same padding."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(inplace=True),
    )


def separable(inputs: int, outputs: int, kernel: int = 3) -> nn.Sequential:
    """Depthwise then pointwise convolution, each with norm and ReLU6."""
    return nn.Sequential(conv_bn(inputs, inputs, kernel, groups=inputs), conv_bn(inputs, outputs, 1))


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project (Sandler et al., arXiv 1801.04381, figure 4)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand = conv_bn(inputs, wide, 1) if expansion > 1 else nn.Identity()
        self.filter = conv_bn(wide, wide, kernel, stride, groups=wide)
        self.project = nn.Sequential(nn.Conv2d(wide, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.project(self.filter(self.expand(x)))
        return x + out if self.residual else out


class Trunk(nn.Module):
    """Nx3xHxW (H, W multiples of 32) to five feature maps with `channels` channels at strides 2 to 32.

    size: a key of SIZES.
    """

    def __init__(self, size: str) -> None:
        super().__init__()
        rows = rows_of(size)
        self.size = size
        self.channels = tuple(rows[tap].channels for tap in TAPS)
        self.stem = conv_bn(3, STEM, 3, 2)
        self.rows = nn.ModuleList(_blocks(rows))

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.stem(x)
        maps = []
        for number, row in enumerate(self.rows):
            x = row(x)
            if number in TAPS:
                maps.append(x)
        return maps


def rows_of(size: str) -> list[Row]:
    """The rows at a size: channels in eights, and the first and last row as deep as in the smallest."""
    wide, deep = SIZES[size]
    last = len(ROWS) - 1
    return [
        row._replace(
            channels=int(row.channels * wide + 4) // 8 * 8,
            repeats=row.repeats if number in (0, last) else math.ceil(row.repeats * deep),
        )
        for number, row in enumerate(ROWS)
    ]


def _blocks(rows: list[Row]) -> Iterator[nn.Sequential]:
    channels = STEM
    for kernel, stride, expansion, outputs, repeats in rows:
        blocks = []
        for repeat in range(repeats):
            blocks.append(InvertedResidual(channels, outputs, kernel, stride if repeat == 0 else 1, expansion))
            channels = outputs
        yield nn.Sequential(*blocks)
