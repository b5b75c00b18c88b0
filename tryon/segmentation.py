"""Segmentation, the model's whole story: labels, the U-Net, what goes in, what comes out.

Two output channels, user and gown; background is the implicit class whose logit is 0, so softmax
and cross entropy hold. On the bride's photo `gown` is what she wears and what is to be replaced;
on the product picture it is the gown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from tryon import blending, checkpoint, images, int8, runtime
from tryon.images import F32, U8, Letterbox, grown, touched
from tryon.runtime import CPU, Ready
from tryon.trunk import Trunk, conv_bn, normalise, on_canvas, separable

# somebody is there if so much of her is no clothes; her upper body: of her height, with so much of it above and of her
# breadth beside; what a second look at it fades over below, and where it sees no more a gown that a first one saw; how
# much closer it must be
SOMEBODY, UPPER, ABOVE, BESIDE, FADE, LOST, CLOSER = 0.04, 0.62, 0.06, 0.15, 0.08, 0.3, 1.15


class Region(IntEnum):
    """The classes of a label map, and the channels of `probabilities`."""

    BACKGROUND = 0
    USER = 1  # skin, hair, shoes, glasses, jewellery, bag: what stays
    GOWN = 2  # every other garment


@dataclass(frozen=True)
class UNetConfig:
    """What a checkpoint needs to rebuild the net."""

    height: int = 384  # the canvas that pictures are letterboxed to
    width: int = 256
    widths: tuple[int, ...] = (192, 96, 64, 32, 16)  # decoder channels, deepest first
    trunk: str = "lite0"  # a key of trunk.SIZES; older checkpoints do not say


def double(x: Tensor) -> Tensor:
    """Twice the height and width, bilinear."""
    return nn.functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class Up(nn.Module):
    """Double the size, join the skip of that size, mix."""

    def __init__(self, inputs: int, skip: int, outputs: int) -> None:
        super().__init__()
        self.mix = nn.Sequential(separable(inputs + skip, outputs), separable(outputs, outputs))

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        out: Tensor = self.mix(torch.cat([double(x), skip], 1))
        return out


class UNet(nn.Module):
    """U-Net (Ronneberger et al., arXiv 1505.04597) with same padding on an EfficientNet-Lite contracting path.

    In: pictures Nx3xHxW, RGB 0..255. Out: logits Nx2xHxW (user, gown) at the same size.
    """

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = Trunk(config.trunk)
        half, quarter, eighth, sixteenth, deepest = self.trunk.channels
        a, b, c, d, e = config.widths
        self.up4 = Up(deepest, sixteenth, a)
        self.up3 = Up(a, eighth, b)
        self.up2 = Up(b, quarter, c)
        self.up1 = Up(c, half, d)
        self.thin = conv_bn(d, e - 4, 1)  # full-size maps cost most: bring few channels up
        self.up0 = conv_bn(e - 4 + 3, e)  # joins the picture itself, for sharp edges
        self.head = nn.Conv2d(e, 2, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        x0, *_, half = self.features(pictures)
        return self.logits(x0, half)

    def features(self, pictures: Tensor) -> list[Tensor]:
        """The normalised pictures, and the expansive path's maps of 1/16, 1/8, 1/4 and 1/2 of their size."""
        x0 = normalise(pictures)
        x1, x2, x3, x4, x = self.trunk(x0)
        ups = ((self.up4, x4), (self.up3, x3), (self.up2, x2), (self.up1, x1))
        return [x0, *(x := up(x, skip) for up, skip in ups)]

    def logits(self, x0: Tensor, half: Tensor) -> Tensor:
        """Nx2xHxW of `features`."""
        logits: Tensor = self.head(self.up0(torch.cat([double(self.thin(half)), x0], 1)))
        return logits


def with_background(logits: Tensor) -> Tensor:
    """Logits of user and gown, Nx2xHxW, with background's zero in front: Nx3xHxW, in Region's order."""
    return torch.cat([torch.zeros_like(logits[:, :1]), logits], 1)


def restore(path: Path) -> tuple[UNetConfig, UNet, int8.Ranges | None]:
    """Configuration, net and ranges of a checkpoint, as a PyTorch module. Raises CheckpointError."""
    saved, states = checkpoint.load(path)
    config = checkpoint.rebuild(UNetConfig, saved)
    net = UNet(config)
    checkpoint.restore(net, states["unet"], path)
    return config, net, states.get(checkpoint.RANGES)


def load(path: Path, device: torch.device = CPU) -> Ready[UNetConfig]:
    """The net of a checkpoint, ready to infer. Raises CheckpointError."""
    config, net, ranges = restore(path)
    return Ready(net, config, runtime.pictures(config.height, config.width), device, ranges=ranges)


def segment(net: Ready[UNetConfig], picture: U8) -> U8:
    """Masks of a picture of any size, HxWx3 RGB: hxwx2 (user, gown), 255 = certain.

    h x w is the size of the picture inside the net's canvas: enlarge it to the picture's own.
    """
    batch, (box,) = on_canvas([picture], net.canvas)
    masks = with_background(net(batch)).softmax(1)[0, 1:].mul(255).round().byte()
    return np.ascontiguousarray(box.crop(masks.permute(1, 2, 0).numpy()))


def closely(net: Ready[UNetConfig], picture: U8, look: Callable[[Ready[UNetConfig], U8], U8] = segment) -> U8:
    """Masks of a picture as of `segment`, but larger if somebody is in it: the net looks again, at her upper body,
    where hands, hair and straps are, small on a canvas that shows all of her. Both looks count alike. One look is
    enough where nobody is seen, or a second would be little closer. `look`: how the net looks."""
    masks = look(net, picture)
    height, width = picture.shape[:2]
    scale = masks.shape[0] / height
    part = images.scaled(_upper_body(masks), 1 / scale, (height, width))
    crop = np.ascontiguousarray(picture[part])
    if not crop.size:
        return masks
    whole, near = (Letterbox.fit((p.shape[0], p.shape[1]), net.canvas).scale for p in (picture, crop))
    if min(near, max(1.0, whole)) < CLOSER * whole:
        return masks
    closer = max(1.0, min(near, 1.0) / scale)
    size = (round(masks.shape[0] * closer), round(masks.shape[1] * closer))
    both = np.asarray(cv2.resize(masks, size[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    place = images.scaled(part, closer * scale, size)
    height, width = both[place].shape[:2]
    second = np.asarray(cv2.resize(look(net, crop), (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    both[place] += _share(both[place], second) * (second - both[place])
    return np.asarray(both.round(), np.uint8)


def _share(first: F32, second: U8) -> F32:
    """What a second look counts, HxWx1: half, and less at its lower end, where it takes a cut-off skirt for floor."""
    lost = (first.sum(2) > second.sum(2)) & (first[..., 1] > first[..., 0])
    above = 1 - np.arange(len(first))[:, None] / len(first)
    return np.asarray(0.5 * (above / np.where(lost, LOST, FADE)).clip(0, 1)[..., None], np.float32)


def _upper_body(masks: U8) -> tuple[slice, slice]:
    """Rows and columns of masks hxwx2 where the upper body of whom they show is, and a little more; none if nobody is
    there, or hardly anything of her."""
    hers = masks > 127
    rows, columns = np.nonzero(hers.any(2))
    if not len(rows) or hers[..., 0].sum() < SOMEBODY * len(rows):
        return slice(0, 0), slice(0, 0)
    (top, bottom), (left, right) = (np.percentile(places, [0.5, 99.5]) for places in (rows, columns))
    height, beside = bottom - top, BESIDE * (right - left)
    down = slice(max(0, round(top - ABOVE * height)), round(top + UPPER * height))
    return down, slice(max(0, round(left - beside)), round(right + beside))


def enlarge(masks: U8, picture: U8) -> tuple[U8, U8]:
    """A net's masks hxwx2 at the picture's size, their edges drawn to the picture's own by a guided filter."""
    size = (picture.shape[1], picture.shape[0])
    large = np.asarray(cv2.resize(masks, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    guide = np.asarray(cv2.cvtColor(np.ascontiguousarray(picture[:, :, :3]), cv2.COLOR_RGB2GRAY), np.uint8)
    scale = max(picture.shape[0] / masks.shape[0], 1.0)
    sharp = [_guided(guide, large[:, :, i], round(3 * scale)) for i in range(2)]
    return sharp[0], sharp[1]


def _guided(guide: U8, mask: U8, radius: int) -> U8:
    """A mask drawn to the edges of a grey picture."""
    out = np.zeros_like(mask)
    part = grown(touched(mask), 2 * radius + 1)  # beyond that all is 0
    if not mask[part].size:
        return out
    light, share = (np.asarray(whole[part].astype(np.float32) / np.float32(255), np.float32) for whole in (guide, mask))
    soft = blending.guided(light, share, radius, 1e-3)
    sharp = ((soft - 0.2) / 0.6).clip(0, 1)  # the filter is soft where the net is unsure; a matte is not
    out[part] = (sharp * 255).round()
    return out


def label_map(masks: U8 | F32) -> U8:
    """HxWx2 probabilities on 0..255 to an HxW map of Region values."""
    scores = np.concatenate([255.0 - masks.sum(2, keepdims=True, dtype=np.float32), masks], 2)
    return np.asarray(scores.argmax(2), np.uint8)
