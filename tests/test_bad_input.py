"""Whatever is sent to a real server: a named error or a picture, never a 500, and nothing stays behind."""

from __future__ import annotations

import base64
import io
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from conftest import Fields, Serving
from PIL import Image

from tryon import client, images
from tryon.errors import CODES, TryOnError

pytestmark = pytest.mark.server


def _picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def _file(picture: Image.Image, fmt: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, fmt, **options)
    return buffer.getvalue()


def _rotated(photo: bytes) -> bytes:
    """The photo as a phone held sideways writes it: pixels turned, and a note to turn them back."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return _file(_picture(photo).rotate(90, expand=True), "JPEG", quality=95, exif=exif.tobytes())


def _sixteen_bit(photo: bytes) -> bytes:
    grey = np.asarray(_picture(photo).convert("L"), np.uint16) * 257
    return _file(Image.fromarray(grey), "PNG")


def _palette(photo: bytes) -> bytes:
    return _file(_picture(photo).convert("P", palette=Image.Palette.ADAPTIVE), "PNG", transparency=0)


def _animated(photo: bytes) -> bytes:
    frame = _picture(photo).convert("RGB")
    return _file(frame, "WEBP", save_all=True, append_images=[frame.rotate(180)], duration=100)


# name -> what becomes of a good request, and the code it is answered with; None: a picture or any named error
PHOTOS: dict[str, tuple[Callable[[bytes], bytes], str | None]] = {
    "text": (lambda _: b"this is no picture", "ImageLoadError"),
    "zero bytes": (lambda _: b"", "ImageLoadError"),
    "truncated JPEG": (lambda photo: photo[: len(photo) // 2], "ImageLoadError"),
    "GIF": (lambda photo: _file(_picture(photo), "GIF"), "ImageLoadError"),
    "1x1": (lambda _: _file(Image.new("RGB", (1, 1)), "PNG"), "ImageTooSmall"),
    "40 megapixels": (lambda _: _file(Image.new("RGB", (8000, 5000)), "PNG"), "ImageTooLarge"),
    "13 MiB": (lambda photo: photo + bytes(13 * 2**20), "ImageTooLarge"),
    "no person": (lambda _: _file(Image.new("RGB", (480, 640), (180, 190, 200)), "JPEG"), "NoPersonError"),
    "CMYK": (lambda photo: _file(_picture(photo).convert("CMYK"), "JPEG", quality=95), None),
    "16-bit PNG": (_sixteen_bit, None),
    "animated": (_animated, None),
    "palette with alpha": (_palette, None),
    "EXIF-rotated": (_rotated, None),
}
REQUESTS: dict[str, tuple[Callable[[Fields], Fields], str]] = {
    "empty": (lambda _: {}, "InputValidationError"),
    "missing gown": (lambda f: {k: v for k, v in f.items() if k != "gown"}, "InputValidationError"),
    "missing photo": (lambda f: {k: v for k, v in f.items() if k != "photo"}, "InputValidationError"),
    "broken options": (lambda f: {**f, "options": b'{"format": '}, "InputValidationError"),
    "unknown option": (lambda f: {**f, "options": b'{"colour": "red"}'}, "InputValidationError"),
    "options out of range": (lambda f: {**f, "options": b'{"max_side": 100000}'}, "InputValidationError"),
    "broken landmarks": (lambda f: {**f, "landmarks": b'{"landmarks": {}}'}, "InputValidationError"),
    "unknown field": (lambda f: {**f, "dress": b"x"}, "InputValidationError"),
    "broken gown": (lambda f: {**f, "gown": b"no gown"}, "ImageLoadError"),
}


def bad_requests(fields: Fields) -> Iterator[tuple[str, Fields, str | None]]:
    for name, (spoil, code) in PHOTOS.items():
        yield name, {**fields, "photo": spoil(fields["photo"])}, code
    for name, (change, code) in REQUESTS.items():
        yield name, change(fields), code


def outcome(speaker: client.Client, fields: Fields) -> str | None:
    """The code of a named error, None for a picture; a 500 raises ServerError."""
    try:
        answer = speaker.try_on(fields)
    except TryOnError as error:
        return error.code
    images.decode(base64.b64decode(answer["image"]))
    return None


@pytest.mark.parametrize("name", [*PHOTOS, *REQUESTS])
def test_bad_input_is_answered_with_a_named_error_or_a_picture(server: Serving, fields: Fields, name: str) -> None:
    spoilt, code = {n: (f, c) for n, f, c in bad_requests(fields)}[name]
    found = outcome(server.client(), spoilt)
    assert found == code if code else found is None or found in set(CODES) - {"PipelineError"}


def test_a_sideways_photo_is_answered_upright(server: Serving, fields: Fields) -> None:
    answer = server.client().try_on({**fields, "photo": _rotated(fields["photo"])})
    width, height = _picture(fields["photo"]).size
    assert (answer["width"] < answer["height"]) == (width < height)


@pytest.mark.parametrize(
    "kind",
    [
        {"method": "GET"},
        {"method": "OPTIONS"},
        {"data": b"\xff\xd8\xff", "headers": {"Content-Type": "image/jpeg"}},
        {"json": {"photo": "x"}},
        {"data": {"photo": "text", "gown": "text"}},
        {"data": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=y"}},
    ],
)
def test_no_kind_of_request_makes_the_server_stumble(server: Serving, kind: dict[str, Any]) -> None:
    headers = {**kind.get("headers", {}), "Authorization": f"Bearer {server.client().key('inference')}"}
    address = f"{server.state.inference}/wfpredict/tryon"
    response = requests.request(**{"method": "POST", **kind, "headers": headers}, url=address, timeout=60)
    assert response.status_code == 200
    assert response.json()["error"]["code"] in {"InputValidationError", "ImageLoadError"}


def _threads(pid: int) -> Counter[str]:
    """Java's threads by name, without the JVM's own (compilers, garbage collection): they follow the load."""
    names: Counter[str] = Counter()
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # it has ended meanwhile
            names[(task / "comm").read_text().strip()] += 1
    return Counter({name: n for name, n in names.items() if not name.startswith(("C1 ", "C2 ", "GC ", "G1 "))})


def test_bad_input_leaks_no_thread(server: Serving, fields: Fields) -> None:
    speaker, java = server.client(), server.state.java
    spoilt = [request for _, request, _ in bad_requests(fields)]
    with ThreadPoolExecutor(8) as pool:  # so that the pools have the size that load gives them:
        list(pool.map(lambda _: outcome(server.client(), fields), range(16)))
        list(pool.map(lambda _: server.client().ping(), range(100)))  # each of netty's 32 threads had a connection
    before = _threads(java)
    for request in spoilt:
        outcome(speaker, request)
    give_up = time.monotonic() + 5
    while _threads(java) - before and time.monotonic() < give_up:
        time.sleep(0.2)
    assert _threads(java) - before == Counter()


def test_nothing_of_a_request_reaches_the_disk(server: Serving, fields: Fields) -> None:
    def files() -> set[str]:
        return {str(path) for path in Path(server.state.folder).rglob("*") if "__pycache__" not in path.parts}

    before = files()
    large = {**fields, "photo": fields["photo"] + bytes(8 * 2**20)}
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(outcome, server.client(), large)
        seen = set(before)
        while not waiting.done():
            seen |= files()
    assert waiting.result() is None
    assert seen | files() == before
