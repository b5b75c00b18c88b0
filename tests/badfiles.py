"""Files that are sent to do harm, made on the fly: bombs, liars, polyglots, and files with secrets in them."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable

from PIL import Image

from tryon import serving

MANY = 10_000  # frames
SECRETS = (b"Exif", b"GPS", b"<?php", b"<script", b"Photoshop", b"PK\x03\x04", b"iPhone")


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, data: bytes, *extra: bytes) -> bytes:
    """A greyscale PNG of compressed rows, with further chunks before them."""
    header = chunk(b"IHDR", struct.pack("!IIBBBBB", width, height, depth, 0, 0, 0, 0))
    return b"".join([b"\x89PNG\r\n\x1a\n", header, *extra, chunk(b"IDAT", data), chunk(b"IEND", b"")])


def zeros(count: int) -> bytes:
    """So many zero bytes, compressed."""
    packer = zlib.compressobj(9)
    blocks = [packer.compress(bytes(2**20)) for _ in range(count // 2**20)]
    return b"".join([*blocks, packer.compress(bytes(count % 2**20)), packer.flush()])


def photo() -> Image.Image:
    return Image.open(io.BytesIO(serving.PHOTO.read_bytes())).convert("RGB")


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def pixel_bomb() -> bytes:
    """50,000 x 50,000 pixels in about 300 kB."""
    return png(50_000, 50_000, 1, zeros(50_000 * 6251))


def text_bomb() -> bytes:
    """A good small picture with a comment of 300 MB."""
    return png(256, 256, 8, zeros(256 * 257), chunk(b"zTXt", b"Comment\0\0" + zeros(300 * 2**20)))


def profile_bomb() -> bytes:
    """The same with a colour profile of 300 MB."""
    return png(256, 256, 8, zeros(256 * 257), chunk(b"iCCP", b"sRGB\0\0" + zeros(300 * 2**20)))


def giant_jpeg() -> bytes:
    """A JPEG whose header says 65535 x 65535."""
    data = saved(Image.new("RGB", (300, 400)), "JPEG")
    place = data.index(b"\xff\xc0") + 5
    return data[:place] + struct.pack("!HH", 65535, 65535) + data[place + 4 :]


def endless_apng() -> bytes:
    """10,000 frames."""
    frame = zeros(300 * 301)
    frames = [chunk(b"fcTL", struct.pack("!IIIIIHHBB", 0, 300, 300, 0, 0, 1, 10, 0, 0))]
    good = png(300, 300, 8, frame, chunk(b"acTL", struct.pack("!II", MANY, 0)), *frames)
    more = [
        chunk(b"fcTL", struct.pack("!IIIIIHHBB", 2 * n + 1, 300, 300, 0, 0, 1, 10, 0, 0))
        + chunk(b"fdAT", struct.pack("!I", 2 * n + 2) + frame)
        for n in range(MANY - 1)
    ]
    end = chunk(b"IEND", b"")
    return good.removesuffix(end) + b"".join(more) + end


def endless_webp() -> bytes:
    """10,000 frames."""
    still = saved(Image.new("RGB", (300, 300)), "WEBP", lossless=True)[12:]
    size = struct.pack("<I", 299)[:3]
    head = bytes(6) + size + size + b"\x0a\0\0\0"  # at the corner, its size, 10 ms
    frame = b"ANMF" + struct.pack("<I", len(head) + len(still)) + head + still
    body = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + size + size + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    body += MANY * frame
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def located() -> bytes:
    """The sample photo with a camera's EXIF: where it was taken, on what, and a thumbnail."""
    exif = Image.Exif()
    exif[0x0110] = "iPhone 99"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.6), 3: "E", 4: (2.0, 17.0, 40.2)})
    thumbnail = saved(photo().resize((120, 160)), "JPEG")
    exif.get_ifd(0x8769)[0x927C] = thumbnail
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>iPhone</x:xmpmeta>"
    return saved(photo(), "JPEG", quality=95, exif=exif.tobytes(), xmp=xmp, comment=b"<script>alert(1)</script>")


def polyglot(tail: bytes) -> Callable[[], bytes]:
    """The sample photo that is something else too."""
    return lambda: serving.PHOTO.read_bytes() + tail


def mutated(seed: int, kind: str) -> bytes:
    """A good picture with some bytes changed at random."""
    rng = random.Random(seed)
    data = bytearray(saved(photo().resize((300, 400)), kind))
    for _ in range(rng.choice((1, 4, 16, 64))):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


FILES: dict[str, Callable[[], bytes]] = {
    "pixel bomb": pixel_bomb,
    "text bomb": text_bomb,
    "profile bomb": profile_bomb,
    "giant JPEG header": giant_jpeg,
    "10,000 frames of APNG": endless_apng,
    "10,000 frames of WebP": endless_webp,
    "EXIF with place and thumbnail": located,
    "JPEG and ZIP": polyglot(b"PK\x03\x04" + bytes(60) + b"PK\x05\x06" + bytes(18)),
    "JPEG and HTML": polyglot(b"<html><script>alert(1)</script></html>"),
    "JPEG and PHP": polyglot(b"<?php system($_GET['c']); ?>"),
    "zero bytes": lambda: b"",
    "text": lambda: b"this is no picture",
    "half a JPEG": lambda: serving.PHOTO.read_bytes()[:20_000],
    "GIF": lambda: saved(photo(), "GIF"),
    "SVG": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "1 x 1": lambda: saved(Image.new("RGB", (1, 1)), "PNG"),
    "13 MiB": lambda: serving.PHOTO.read_bytes() + bytes(13 * 2**20),
    **{
        f"mutated {kind} {seed}": (lambda s=seed, k=kind: mutated(s, k))
        for kind in ("JPEG", "PNG", "WEBP")
        for seed in range(6)
    },
}


def stowaways(picture: bytes) -> list[bytes]:
    """The parts of a PNG or JPEG file that hold neither pixels nor what is needed to read them."""
    return _png_extras(picture) if picture.startswith(b"\x89PNG") else _jpeg_extras(picture)


def _png_extras(picture: bytes) -> list[bytes]:
    place, found = 8, []
    while place < len(picture):
        (size,) = struct.unpack_from("!I", picture, place)
        kind = picture[place + 4 : place + 8]
        if kind not in {b"IHDR", b"IDAT", b"IEND"}:
            found.append(kind + picture[place + 8 : place + 8 + size])
        place += 12 + size
        if kind == b"IEND" and place < len(picture):
            found.append(picture[place:])
    return found


def _jpeg_extras(picture: bytes) -> list[bytes]:
    place, found = 2, []
    while picture[place + 1] != 0xDA:  # start of scan
        (size,) = struct.unpack_from("!H", picture, place + 2)
        marker = picture[place + 1]
        if (0xE0 < marker <= 0xEF and marker != 0xEE) or marker == 0xFE:  # APP1.., COM; APP0 is JFIF, APP14 the colours
            found.append(picture[place : place + 2 + size])
        place += 2 + size
    end = picture.rindex(b"\xff\xd9") + 2
    return [*found, *([picture[end:]] if end < len(picture) else [])]
