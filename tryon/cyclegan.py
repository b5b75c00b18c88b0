"""CycleGAN (Zhu et al., arXiv 1703.10593): from the look of composites to the look of photographs.

Domain A is our own composites, B real photos of people in dresses. The served generator sees the composite small and
says how much lighter or darker each place becomes, smoothly: no hue can change, and lace cannot blur.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from tryon import checkpoint
from tryon.images import F32, U8, Letterbox
from tryon.runtime import CPU, Ready

MOST = 1.3  # how much lighter or darker a generator makes anything at most


@dataclass(frozen=True)
class CycleGANConfig:
    """What a checkpoint needs to rebuild the generator."""

    height: int = 384
    width: int = 256
    channels: int = 16
    blocks: int = 6


def _conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, padding_mode="reflect", bias=False),
        nn.InstanceNorm2d(outputs, affine=True),
        nn.ReLU(inplace=True),
    )


class ResidualBlock(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _conv(channels, channels),
            nn.Conv2d(channels, channels, 3, 1, 1, padding_mode="reflect", bias=False),
            nn.InstanceNorm2d(channels, affine=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.body(x)
        return out


class Generator(nn.Module):
    """ResNet generator (section 7.1 of the paper), thin, that ends where the paper's begins to enlarge.

    In and out: Nx3xHxW (multiples of 8), -1..1. It predicts light on its input, none at first: by how much 8x8 pixels
    together become lighter or darker, smoothly enlarged, so that no hue, edge or texture can change.
    """

    def __init__(self, channels: int, blocks: int) -> None:
        super().__init__()
        c = channels
        self.down = nn.Sequential(_conv(3, c, 7), _conv(c, 2 * c, 3, 2), _conv(2 * c, 4 * c, 3, 2))
        self.blocks = nn.Sequential(*(ResidualBlock(4 * c) for _ in range(blocks)))
        self.light = nn.Conv2d(4 * c, 1, 7, 1, 3, padding_mode="reflect")
        self.enlarge = nn.Sequential(nn.AvgPool2d(2), nn.Upsample(scale_factor=8, mode="bilinear"))
        nn.init.normal_(self.light.weight, 0, 1e-4)
        nn.init.constant_(self.light.bias, 0)  # type: ignore[arg-type]

    def gain(self, x: Tensor) -> Tensor:
        """By how much each pixel's light is multiplied, Nx1xHxW, between 1 / MOST and MOST."""
        light: Tensor = self.enlarge(self.light(self.blocks(self.down(x))).tanh())
        return torch.exp(math.log(MOST) * light)

    def forward(self, x: Tensor) -> Tensor:
        return ((x + 1) * self.gain(x) - 1).clamp(-1, 1)


class Discriminator(nn.Module):
    """PatchGAN: each output cell judges a 70x70 patch. In: Nx3xHxW, -1..1. Out: Nx1xhxw, 1 means real."""

    def __init__(self, channels: int = 32) -> None:
        super().__init__()
        c = channels
        layers: list[nn.Module] = [nn.Conv2d(3, c, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True)]
        for inputs, outputs, stride in ((c, 2 * c, 2), (2 * c, 4 * c, 2), (4 * c, 8 * c, 1)):
            layers += [
                nn.Conv2d(inputs, outputs, 4, stride, 1),
                nn.InstanceNorm2d(outputs),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        self.net = nn.Sequential(*layers, nn.Conv2d(8 * c, 1, 4, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.net(x)
        return out


def restore(path: Path) -> tuple[CycleGANConfig, Generator]:
    """Configuration and generator of a checkpoint, as a PyTorch module. Raises CheckpointError."""
    saved, states = checkpoint.load(path)
    config = checkpoint.rebuild(CycleGANConfig, saved)
    generator = Generator(config.channels, config.blocks)
    checkpoint.restore(generator, states["generator"], path)
    return config, generator


class Gain(nn.Module):
    """A generator as it serves: see `Generator.gain`."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, pictures: Tensor) -> Tensor:
        return self.generator.gain(pictures)


def ready(config: CycleGANConfig, generator: Generator, device: torch.device = CPU) -> Ready[CycleGANConfig]:
    """The generator's gain, ready to infer on a device. In bfloat16 it moves a pixel by one grey level at most."""
    return Ready(Gain(generator), config, torch.zeros((1, 3, config.height, config.width)), device, rough=True)


def load(path: Path, device: torch.device = CPU) -> Ready[CycleGANConfig]:
    """The generator of a checkpoint, ready to infer. Raises CheckpointError."""
    return ready(*restore(path), device)


def refine(net: Ready[CycleGANConfig], picture: U8) -> F32:
    """By how much the generator multiplies the light of a picture HxWx3: HxW."""
    box = Letterbox.fit((picture.shape[0], picture.shape[1]), net.canvas)
    small = torch.from_numpy(box.image(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1
    return np.asarray(box.inverse_image(net(small)[0, 0].numpy()), np.float32)
