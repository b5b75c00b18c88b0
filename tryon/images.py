"""Pictures: bytes to arrays and back, limits, orientation, colour, and the letterbox with its inverse. No torch.

Arrays are uint8 HWC, RGB or RGBA, values 0..255. Points are (x, y) in pixels; the centre of the
top left pixel is (0.5, 0.5), so that scaling a point and scaling a picture agree.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from tryon.errors import ImageLoadError, ImageTooLarge, ImageTooSmall

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_BYTES = 12 * 2**20
MAX_PIXELS = 25_000_000
MIN_SIDE = 128
Format = Literal["png", "jpeg", "webp"]


def decode(data: bytes, *, what: str = "picture") -> U8:
    """Bytes of a JPEG, PNG or WebP file to an upright sRGB array, HxWx3, or HxWx4 where a part is transparent.

    The first frame of an animation is taken; the EXIF orientation is applied and all metadata dropped.
    Raises ImageLoadError, ImageTooLarge or ImageTooSmall; `what` names the field in the message.
    """
    if not data:
        raise ImageLoadError(f"The {what} is empty: no bytes arrived.")
    if len(data) > MAX_BYTES:
        raise ImageTooLarge(f"The {what} has {len(data) / 2**20:.1f} MiB; at most {MAX_BYTES // 2**20} are accepted.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd EXIF and large pictures; both are judged below
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
            _check_size(picture.size, what)
            upright = ImageOps.exif_transpose(picture)
            return np.ascontiguousarray(np.asarray(_to_srgb(upright)))
    except UnidentifiedImageError as error:
        raise ImageLoadError(f"The {what} is not a JPEG, PNG or WebP picture.") from error
    except Image.DecompressionBombError as error:
        raise ImageTooLarge(f"The {what} has more than {MAX_PIXELS / 1e6:.0f} megapixels.") from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, KeyError) as error:
        # what Pillow's decoders raise on broken files
        raise ImageLoadError(f"The {what} is damaged and cannot be read.") from error


def _check_size(size: tuple[int, int], what: str) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise ImageTooLarge(f"The {what} is {width}x{height}; at most {MAX_PIXELS / 1e6:.0f} megapixels are accepted.")
    if min(size) < MIN_SIDE:
        raise ImageTooSmall(f"The {what} is {width}x{height}; each side needs at least {MIN_SIDE} pixels.")


def _to_srgb(picture: Image.Image) -> Image.Image:
    """RGB or RGBA in sRGB. 16-bit greyscale is scaled to 8 bits; CMYK goes through its own profile if it has one."""
    if picture.mode.startswith("I"):
        picture = Image.fromarray((np.asarray(picture, np.float32) / 257).clip(0, 255).astype(np.uint8))
    profile = picture.info.get("icc_profile")
    if picture.mode in ("P", "PA", "LA", "La", "RGBa", "1") or "transparency" in picture.info:
        has_alpha = picture.mode in ("PA", "LA", "La", "RGBa") or "transparency" in picture.info
        picture = picture.convert("RGBA" if has_alpha else "RGB")
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    colour = picture.convert("RGB") if alpha is not None else picture
    colour = _apply_profile(colour, profile) if profile else colour.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):  # browsers write an alpha that hides nothing
        colour.putalpha(alpha)
    return colour


def _apply_profile(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        return converted if converted is not None else picture.convert("RGB")
    except (ImageCms.PyCMSError, OSError):  # a broken or mismatched profile is no reason to refuse a photo
        return picture.convert("RGB")


def on_grey(picture: U8) -> U8:
    """HxWx3 of a picture that may have alpha, laid on grey where it is transparent."""
    if picture.shape[2] == 3:
        return picture
    alpha = picture[:, :, 3:].astype(np.float32) / 255
    return (picture[:, :, :3] * alpha + 200 * (1 - alpha)).round().astype(np.uint8)


def encode(picture: U8, *, fmt: Format = "png", quality: int = 92) -> bytes:
    """A picture as a file without any metadata. `quality` (1..100) applies to jpeg and webp."""
    if fmt == "png":
        return _png(picture)
    options: dict[str, dict[str, Any]] = {
        "jpeg": {"quality": quality, "subsampling": 0},
        "webp": {"quality": quality, "method": 2},
    }
    buffer = io.BytesIO()
    image = Image.fromarray(picture)
    if fmt == "jpeg" and image.mode == "RGBA":
        image = image.convert("RGB")
    image.save(buffer, fmt.upper(), **options[fmt])
    return buffer.getvalue()


def _png(picture: U8) -> bytes:
    """HxW, HxWx3 or HxWx4 as PNG. With the least compression, and each row as its change from the one above, in half of
    Pillow's time and no more bytes."""
    settings = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP]
    if picture.ndim == 3:
        picture = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA if picture.shape[2] == 4 else cv2.COLOR_RGB2BGR))
    return bytes(cv2.imencode(".png", picture, settings)[1])


def bound(picture: U8, max_side: int) -> U8:
    """The picture, scaled down (never up) so that no side exceeds `max_side`."""
    height, width = picture.shape[:2]
    scale = max_side / max(height, width)
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def sheet(tiles: Sequence[U8], columns: int) -> U8:
    """Tiles of one size as one picture, `columns` a row."""
    full = [*tiles, *[np.full_like(tiles[0], 255)] * (-len(tiles) % columns)]
    return np.vstack([np.hstack(full[i : i + columns]) for i in range(0, len(full), columns)])


def with_alpha(picture: U8, alpha: U8) -> U8:
    """HxWx4 of a picture HxWx3 and its alpha HxW."""
    return np.asarray(cv2.merge([*cv2.split(picture), alpha]), np.uint8)


def touched(mask: U8 | npt.NDArray[np.bool_]) -> tuple[slice, slice]:
    """The rows and columns outside of which a mask is 0: work on the rest would be wasted."""
    left, top, width, height = cv2.boundingRect(np.ascontiguousarray(mask).view(np.uint8))
    return slice(top, top + height), slice(left, left + width)


def grown(part: tuple[slice, slice], reach: int) -> tuple[slice, slice]:
    """Rows and columns, `reach` more of them on every side; none stay none."""
    rows, columns = (slice(max(0, s.start - reach), s.stop + reach) if s.stop > s.start else s for s in part)
    return rows, columns


def scaled(part: tuple[slice, slice], scale: float, size: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns on a picture that is `scale` times as large and of `size` (height, width)."""
    rows, columns = (
        slice(round(s.start * scale), min(most, round(s.stop * scale))) for s, most in zip(part, size, strict=True)
    )
    return rows, columns


def within(part: tuple[slice, slice], whole: tuple[slice, slice]) -> tuple[slice, slice]:
    """Rows and columns of a part of a picture, counted in a larger part that holds it."""
    rows, columns = (slice(s.start - w.start, s.stop - w.start) for s, w in zip(part, whole, strict=True))
    return rows, columns


def spans(mask: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The first column of each row of a mask HxW, and one beyond its last; all columns of a row that holds nothing."""
    return mask.argmax(1), mask.shape[1] - mask[:, ::-1].argmax(1)


def beside(mask: npt.NDArray[np.bool_], margin: int = 0) -> npt.NDArray[np.bool_]:
    """What lies left or right of all of a mask HxW by more than so many pixels, in the rows that hold some of it."""
    x = np.arange(mask.shape[1])
    first, beyond = (ends[:, None] for ends in spans(mask))
    return np.asarray(np.asarray(mask.any(1))[:, None] & ((x < first - margin) | (x >= beyond + margin)))


def around(mask: npt.NDArray[np.bool_], reach: float) -> npt.NDArray[np.bool_]:
    """What lies within so many pixels of a mask HxW, itself included; as fast for a wide reach as for a narrow one."""
    out, part = np.zeros_like(mask), grown(touched(mask), int(reach) + 1)
    if mask[part].any():
        out[part] = cv2.distanceTransform((~mask[part]).astype(np.uint8), cv2.DIST_L2, 3) <= reach
    return out


def touching(pieces: npt.NDArray[np.bool_], others: npt.NDArray[np.bool_], reach: float = 0) -> npt.NDArray[np.bool_]:
    """The pieces of a mask HxW that lie within so many pixels of others."""
    parts = cv2.connectedComponents(pieces.astype(np.uint8))[1]
    return np.asarray(np.isin(parts, np.setdiff1d(parts[around(others, reach)], 0)))


def large(mask: npt.NDArray[np.bool_], least: float) -> npt.NDArray[np.bool_]:
    """The pieces of a mask HxW that have so many pixels or more."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    kept = stats[:, cv2.CC_STAT_AREA] >= least
    kept[0] = False
    return np.asarray(kept[parts])


def rims(parts: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Of numbered parts HxW, 0 where there is none, the number of the part that a pixel beside one touches; else 0."""
    near = np.asarray(cv2.dilate(parts.astype(np.float32), np.ones((3, 3), np.uint8)), np.int32)
    return np.asarray(np.where(parts > 0, 0, near), np.int32)


def shares(mask: npt.NDArray[np.bool_], parts: npt.NDArray[np.int32], count: int) -> npt.NDArray[np.float64]:
    """How much of each of `count` numbered parts lies in a mask."""
    inner = np.bincount(parts[mask], minlength=count)
    return np.asarray(inner / np.maximum(np.bincount(parts.ravel(), minlength=count), 1), np.float64)


@dataclass(frozen=True)
class Letterbox:
    """The map from a picture of any size to a fixed canvas, aspect kept, centred, and its inverse."""

    source: tuple[int, int]  # height, width
    target: tuple[int, int]  # height, width
    scale: float
    left: int
    top: int
    inner: tuple[int, int]  # height, width of the picture on the canvas

    @classmethod
    def fit(cls, source: tuple[int, int], target: tuple[int, int]) -> Letterbox:
        scale = min(target[0] / source[0], target[1] / source[1])
        inner = (max(1, round(source[0] * scale)), max(1, round(source[1] * scale)))
        return cls(source, target, scale, (target[1] - inner[1]) // 2, (target[0] - inner[0]) // 2, inner)

    def image(self, picture: npt.NDArray[Any], *, fill: float = 127, nearest: bool = False) -> npt.NDArray[Any]:
        """The picture (HxW or HxWxC) on the canvas; `nearest` for label maps."""
        shrinks = self.scale < 1
        method = cv2.INTER_NEAREST if nearest else cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        small = cv2.resize(picture, self.inner[::-1], interpolation=method)
        canvas = np.full((*self.target, *picture.shape[2:]), fill, picture.dtype)
        canvas[self.top : self.top + self.inner[0], self.left : self.left + self.inner[1]] = small
        return canvas

    def points(self, points: npt.NDArray[Any]) -> F32:
        """Points of the picture (..., 2) on the canvas."""
        return (points * self.scale + (self.left, self.top)).astype(np.float32)

    def inverse_points(self, points: npt.NDArray[Any]) -> F32:
        """Points of the canvas (..., 2) on the picture."""
        return ((points - (self.left, self.top)) / self.scale).astype(np.float32)

    def crop(self, canvas: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The part of a canvas (HxW or HxWxC) that the picture covers, still at the canvas's scale."""
        return canvas[self.top : self.top + self.inner[0], self.left : self.left + self.inner[1]]

    def inverse_image(self, canvas: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A canvas (HxW or HxWxC) back at the picture's own size."""
        return cv2.resize(self.crop(canvas), self.source[::-1], interpolation=cv2.INTER_LINEAR)
