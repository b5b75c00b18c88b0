"""Pictures: what is read, what is refused, and the letterbox's law: a painted pixel and its point travel together."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tryon import images
from tryon.errors import ImageLoadError, ImageTooLarge, ImageTooSmall
from tryon.images import Letterbox


def file_of(picture: Image.Image, fmt: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, fmt, **options)
    return buffer.getvalue()


@pytest.fixture
def gradient() -> Image.Image:
    """200 wide, 300 high, red to the right, green downwards."""
    x, y = np.meshgrid(np.arange(200), np.arange(300))
    return Image.fromarray(np.stack([x, y * 0.8, 0 * x + 90], 2).astype(np.uint8))


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "WEBP"])
def test_reads_the_three_formats(gradient: Image.Image, fmt: str) -> None:
    assert images.decode(file_of(gradient, fmt)).shape == (300, 200, 3)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "CMYK", "I;16", "RGBA", "RGB"])
def test_every_mode_becomes_rgb_or_rgba(gradient: Image.Image, mode: str) -> None:
    if mode == "I;16":
        picture = Image.fromarray((np.asarray(gradient.convert("L"), np.uint16) * 257).astype(np.uint16))
    else:
        picture = gradient.convert(mode)
    if mode in ("LA", "RGBA"):
        picture.putalpha(gradient.getchannel("R"))
    data = file_of(picture, "JPEG" if mode == "CMYK" else "PNG")
    array = images.decode(data)
    assert array.dtype == np.uint8
    assert array.shape[2] == (4 if mode in ("LA", "RGBA") else 3)
    assert array[:, :, :3].std() > 10, "the picture's content survives"


def test_palette_transparency_is_alpha(gradient: Image.Image) -> None:
    picture = gradient.quantize(16)
    array = images.decode(file_of(picture, "PNG", transparency=0))
    assert array.shape[2] == 4
    assert array[:, :, 3].min() == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_and_dropped(gradient: Image.Image, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = images.decode(file_of(gradient, "PNG"))
    array = images.decode(file_of(gradient, "PNG", exif=exif))
    turned = {1: stored, 2: stored[:, ::-1], 3: stored[::-1, ::-1], 4: stored[::-1], 5: stored.transpose(1, 0, 2),
              6: np.rot90(stored, -1), 7: np.rot90(stored, 2).transpose(1, 0, 2), 8: np.rot90(stored)}  # fmt: skip
    np.testing.assert_array_equal(array, turned[orientation])


def test_the_first_frame_of_an_animation_is_taken(gradient: Image.Image) -> None:
    other = Image.new("RGB", gradient.size, "blue")
    data = file_of(gradient, "WEBP", save_all=True, append_images=[other], lossless=True)
    np.testing.assert_array_equal(images.decode(data), np.asarray(gradient))


def test_bad_bytes_are_named(gradient: Image.Image) -> None:
    whole = file_of(gradient, "JPEG")
    for data in (b"", b"hello", whole[: len(whole) // 2], b"\x89PNG\r\n\x1a\n" + bytes(100), file_of(gradient, "BMP")):
        with pytest.raises(ImageLoadError, match="gown picture"):
            images.decode(data, what="gown picture")


def test_too_many_pixels_are_refused_before_decoding() -> None:
    bomb = file_of(Image.new("1", (20_000, 20_000)), "PNG")
    assert len(bomb) < 100_000
    with pytest.raises(ImageTooLarge, match="megapixels"):
        images.decode(bomb)


def test_too_small_and_too_heavy() -> None:
    with pytest.raises(ImageTooSmall):
        images.decode(file_of(Image.new("RGB", (1, 1))))
    with pytest.raises(ImageTooLarge):
        images.decode(bytes(images.MAX_BYTES + 1))


@pytest.mark.parametrize("fmt", ["png", "jpeg", "webp"])
def test_encoded_files_carry_no_metadata(gradient: Image.Image, fmt: str) -> None:
    data = images.encode(np.asarray(gradient), fmt=fmt)  # type: ignore[arg-type]
    picture = Image.open(io.BytesIO(data))
    assert not picture.getexif()
    assert "icc_profile" not in picture.info


def test_png_is_lossless(gradient: Image.Image) -> None:
    array = np.asarray(gradient)
    np.testing.assert_array_equal(images.decode(images.encode(array)), array)


def test_a_mask_is_a_grey_png() -> None:
    mask = np.arange(48, dtype=np.uint8).reshape(6, 8)
    with Image.open(io.BytesIO(images.encode(mask))) as file:
        assert file.mode == "L"
        np.testing.assert_array_equal(np.asarray(file), mask)


def test_png_keeps_alpha_and_the_order_of_colours() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (90, 70, 4)).astype(np.uint8)
    made = images.with_alpha(picture[:, :, :3], picture[:, :, 3])
    np.testing.assert_array_equal(made, picture)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(images.encode(made)))), picture)


@pytest.mark.parametrize("place", [(0, 0), (40, 30), (89, 69), None])
def test_what_is_around_a_mask_is_the_same_as_if_all_were_looked_at(place: tuple[int, int] | None) -> None:
    mask = np.zeros((90, 70), bool)
    rows, columns = np.indices(mask.shape)
    near = np.zeros_like(mask)
    if place:
        mask[place] = True
        near = np.hypot(rows - place[0], columns - place[1]) <= 7.3
    found = images.around(mask, 7.3)
    assert (found != near).mean() < 0.005, "but for what OpenCV's steps from pixel to pixel round"
    part = images.grown(images.touched(mask), 2)
    assert mask[part].sum() == mask.sum()
    assert mask[part].size <= 25


@pytest.mark.parametrize("source", [(300, 200), (200, 300), (64, 512), (1000, 400)])
def test_a_pixel_and_its_point_travel_together(source: tuple[int, int]) -> None:
    box = Letterbox.fit(source, (384, 256))
    point = np.array([source[1] * 0.3, source[0] * 0.7], np.float32)
    picture = np.zeros((*source, 3), np.uint8)
    reach = max(3, round(4 / box.scale))
    x, y = point.astype(int)
    picture[y - reach : y + reach + 1, x - reach : x + reach + 1] = 255
    canvas = box.image(picture, fill=0)[:, :, 0].astype(float)
    rows, columns = np.mgrid[0:384, 0:256] + 0.5
    centre = np.array([(canvas * columns).sum(), (canvas * rows).sum()]) / canvas.sum()
    np.testing.assert_allclose(centre, box.points(point), atol=1.0)
    np.testing.assert_allclose(box.inverse_points(box.points(point)), point, atol=1e-3)


def test_the_inverse_restores_the_size() -> None:
    box = Letterbox.fit((301, 199), (288, 192))
    canvas = np.random.default_rng(0).random((288, 192, 2)).astype(np.float32)
    assert box.inverse_image(canvas).shape == (301, 199, 2)
    assert box.crop(canvas).shape[:2] == box.inner


def test_bound_shrinks_and_never_enlarges() -> None:
    picture = np.zeros((300, 200, 3), np.uint8)
    assert images.bound(picture, 150).shape == (150, 100, 3)
    assert images.bound(picture, 1000) is picture


def test_an_alpha_that_hides_nothing_is_none() -> None:
    """Browsers write PNG with alpha whatever they were given; that makes no cut-out of a photo."""
    opaque = np.full((200, 200, 4), 255, np.uint8)
    assert images.decode(images.encode(opaque)).shape == (200, 200, 3)
    opaque[5, 5, 3] = 254
    assert images.decode(images.encode(opaque)).shape == (200, 200, 4)
