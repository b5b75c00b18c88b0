"""How alike pictures are, and how real: SSIM, PSNR, CIEDE2000, deep features, KID, sharpness, seams, intervals."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from training.metrics import Mask
from training.run import pretrained_trunk
from tryon import trunk
from tryon.images import F32, U8, Letterbox

F64 = npt.NDArray[np.float64]
NET = "EfficientNet-Lite0 (ImageNet): unit-length features at strides 2 to 32; KID: mean of the last, standardised"
CANVAS = (768, 512)  # height, width at which pictures are compared by features
CROP = (256, 192)  # of a gown's crop for KID


def ssim_map(a: U8, b: U8) -> F32:
    """Structural similarity of two pictures' greys at every pixel (Wang et al. 2004: Gaussian of 1.5 pixels)."""
    x, y = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float32) for p in (a, b))

    def local(values: F32) -> F32:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5), np.float32)

    mx, my = local(x), local(y)
    vx, vy, vxy = local(x * x) - mx * mx, local(y * y) - my * my, local(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    out = (2 * mx * my + c1) * (2 * vxy + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))
    return out.astype(np.float32)


def psnr(a: U8, b: U8, where: Mask) -> float:
    """Decibels inside a mask."""
    error = (a[where].astype(np.float32) - b[where]) ** 2
    return float(10 * np.log10(255**2 / max(float(error.mean()), 1e-6)))


def lab(picture: U8) -> F32:
    """CIE L*a*b* (D65), L 0..100."""
    return np.asarray(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def delta_e2000(first: npt.ArrayLike, second: npt.ArrayLike) -> F64:
    """Colour difference CIEDE2000 of L*a*b* values (..., 3), by the formulas of Sharma, Wu and Dalal (2005)."""
    (l1, a1, b1), (l2, a2, b2) = (np.moveaxis(np.asarray(v, np.float64), -1, 0) for v in (first, second))
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25.0**7))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, stretch * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    grey = c1 * c2 == 0
    turn = np.where(grey, 0, (h2 - h1 + 180) % 360 - 180)
    hue = np.where(grey, h1 + h2, (h1 + turn / 2) % 360)
    level, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    wave = [np.cos(np.radians(k * hue - shift)) for k, shift in ((1, 30), (2, 0), (3, -6), (4, 63))]
    t = 1 - 0.17 * wave[0] + 0.24 * wave[1] + 0.32 * wave[2] - 0.20 * wave[3]
    light = (l2 - l1) / (1 + 0.015 * (level - 50) ** 2 / np.sqrt(20 + (level - 50) ** 2))
    full = (c2 - c1) / (1 + 0.045 * chroma)
    tint = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2) / (1 + 0.015 * chroma * t)
    bend = 60 * np.exp(-(((hue - 275) / 25) ** 2))
    rotation = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(np.radians(bend))
    squared: F64 = np.maximum(light**2 + full**2 + tint**2 + rotation * full * tint, 0)
    return np.sqrt(squared)


def colour_shift(a: U8, b: U8, where: Mask) -> float:
    """Median CIEDE2000 of two pictures' low-pass colours inside a mask."""
    sigma = where.shape[0] / 100
    weight = np.maximum(cv2.GaussianBlur(where.astype(np.float32), (0, 0), sigma), 1e-6)[:, :, None]
    soft = [cv2.GaussianBlur(lab(p) * where[:, :, None], (0, 0), sigma) / weight for p in (a, b)]
    return float(np.median(delta_e2000(soft[0][where], soft[1][where])))


def sharpness(picture: U8, where: Mask) -> float:
    """Mean energy of the grey's Laplacian inside a mask."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float((cv2.Laplacian(grey, cv2.CV_32F)[where] ** 2).mean())


def ring(mask: Mask, width: int) -> Mask:
    """The band of `width` pixels on both sides of a mask's outline; the picture's frame is no outline."""
    kernel = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    solid = mask.astype(np.uint8)
    band: Mask = cv2.dilate(solid, kernel) > cv2.erode(solid, kernel, borderValue=1)
    return band


def seam(picture: U8, mask: Mask) -> float:
    """Mean magnitude of the grey's gradient along a mask's outline."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    slope = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    return float(slope[ring(mask, 3)].mean())


def frozen_trunk() -> trunk.Trunk:
    """The net of NET, which never learns."""
    net = trunk.Trunk("lite0").eval()
    pretrained_trunk(net)
    return net.requires_grad_(False)


def unit_features(net: trunk.Trunk, pictures: Tensor) -> list[Tensor]:
    """NxCxhxw at five strides of pictures Nx3xHxW, RGB 0..255: each pixel's features of length 1."""
    return [m / m.norm(dim=1, keepdim=True).clamp_min(1e-6) for m in net(trunk.normalise(pictures))]


class Perception:
    """Deep features of pictures: see NET."""

    def __init__(self) -> None:
        self.net = frozen_trunk()

    @torch.inference_mode()
    def features(self, picture: U8) -> list[Tensor]:
        """1xCxhxw at five strides, each pixel's features of length 1."""
        return unit_features(self.net, trunk.on_canvas([picture], CANVAS)[0])

    def distance(self, a: list[Tensor], b: list[Tensor], where: Mask) -> float:
        """Squared distance of two pictures' features inside a mask, summed over the strides."""
        box = Letterbox.fit((where.shape[0], where.shape[1]), CANVAS)
        mask = box.image(where.astype(np.float32), fill=0)
        total = 0.0
        for x, y in zip(a, b, strict=True):
            away = ((x - y) ** 2).sum(1)[0].numpy()
            share = cv2.resize(mask, away.shape[::-1], interpolation=cv2.INTER_AREA)
            total += float((away * share).sum() / max(float(share.sum()), 1e-6))
        return total

    @torch.inference_mode()
    def embed(self, picture: U8, mask: Mask) -> F32:
        """One vector for the part of a picture around a mask."""
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        margin = round(0.06 * len(rows))
        part = picture[max(0, rows[0] - margin) : rows[-1] + margin, max(0, columns[0] - margin) : columns[-1] + margin]
        canvas, _ = trunk.on_canvas([part], CROP)
        return np.asarray(self.net(trunk.normalise(canvas))[-1].mean((2, 3))[0].numpy(), np.float32)


def kid(fakes: F32, reals: F32) -> float:
    """Kernel Inception Distance x 1000 (Binkowski et al., arXiv 1801.01401), unbiased, on any net's features NxD."""

    def kernel(x: F32, y: F32) -> F64:
        out: F64 = (x.astype(np.float64) @ y.T / x.shape[1] + 1) ** 3
        return out

    def within(k: F64) -> float:
        return float((k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)))

    same = within(kernel(fakes, fakes)) + within(kernel(reals, reals))
    return 1000 * (same - 2 * float(kernel(fakes, reals).mean()))


def kid_interval(fakes: F32, reals: F32, rounds: int = 200) -> tuple[float, float]:
    """95 % of KID over random halves of both sides: drawing with replacement would pair pictures with themselves."""
    chance = np.random.default_rng(0)
    values = [
        kid(*(x[chance.permutation(len(x))[: max(2, len(x) // 2)]] for x in (fakes, reals))) for _ in range(rounds)
    ]
    return _middle(np.asarray(values))


def interval(values: Sequence[float], rounds: int = 2000) -> tuple[float, float]:
    """95 % of the mean over bootstrap samples of the pairs (Efron 1979); NaN is a pair without that region."""
    known = np.asarray([v for v in values if np.isfinite(v)])
    if not len(known):
        return float("nan"), float("nan")
    chance = np.random.default_rng(0)
    return _middle(known[chance.integers(0, len(known), (rounds, len(known)))].mean(1))


def mean(values: Sequence[float]) -> float:
    """The mean of what is known; NaN if nothing is."""
    known = [v for v in values if np.isfinite(v)]
    return float(np.mean(known)) if known else float("nan")


def _middle(values: F64) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
