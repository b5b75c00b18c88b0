"""What `tryon predict` reads and writes: photos and gowns on disk to request fields, answers to picture files."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tryon import images
from tryon.archives import write
from tryon.errors import GownNotFoundError, ImageLoadError, InputValidationError

SUFFIXES = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}
TILE = (320, 240)  # height, width of a picture on the contact sheet

TryOn = Callable[[Mapping[str, bytes]], dict[str, Any]]


@dataclass(frozen=True)
class Pair:
    """One picture to make. `gown` is a picture, or a catalogue folder with gown.json and gown.png."""

    photo: Path
    gown: Path
    target: Path

    def __str__(self) -> str:
        return f"{self.photo.name} in {self.gown.name}"


def pairs(photo: Path, gown: Path, out: Path, suffix: str, *, landmarks: Path | None = None) -> list[Pair]:
    """Every photo with every gown. `out` is a file, for one pair, if it is named like a picture, else a folder."""
    photos, gowns = _pictures(photo), _gowns(gown)
    if not photos:
        raise ImageLoadError(f"There is no JPEG, PNG or WebP picture at {photo}.")
    if not gowns:
        raise GownNotFoundError(f"There is no gown at {gown}: no picture, and no folder with gown.json and gown.png.")
    if landmarks and len(gowns) > 1:
        raise InputValidationError(f"The landmarks describe one gown, but there are {len(gowns)} at {gown}.")
    if out.suffix.lower() in SUFFIXES:
        if len(photos) * len(gowns) > 1:
            raise InputValidationError(f"{len(photos) * len(gowns)} pictures do not fit into {out}: name a folder.")
        return [Pair(photos[0], gowns[0], out)]
    return [Pair(p, g, out / f"{p.stem}__{g.stem}{suffix}") for p in photos for g in gowns]


def _pictures(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
    return [path] if path.exists() else []


def _gowns(path: Path) -> list[Path]:
    if (path / "gown.json").exists():
        return [path]
    catalogue = sorted(p.parent for p in path.glob("*/gown.json")) if path.is_dir() else []
    return catalogue + _pictures(path)


def fields(pair: Pair, options: Mapping[str, Any], landmarks: Path | None) -> dict[str, bytes]:
    """The request. A catalogue gown, named by its folder or its gown.png, brings its own landmarks; those given win."""
    picture = pair.gown / "gown.png" if pair.gown.is_dir() else pair.gown
    beside = picture.with_name("gown.json")
    described = landmarks or (beside if picture.name == "gown.png" and beside.exists() else None)
    sent = {
        "photo": pair.photo.read_bytes(),
        "gown": picture.read_bytes(),
        "options": json.dumps(options).encode(),
    }
    return {**sent, "landmarks": _landmarks(described)} if described else sent


def _landmarks(path: Path) -> bytes:
    """The landmarks of a gown.json, without what else it says of the gown."""
    try:
        return json.dumps({"landmarks": json.loads(path.read_bytes())["landmarks"]}).encode()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputValidationError(f"{path} holds no landmarks: it needs to look like a gown.json.") from error


def options_of(text: str | None, out: Path) -> dict[str, Any]:
    """The options given, as JSON or as a file of it, and the format that the output's name asks for."""
    try:
        options = json.loads(_text(text)) if text else {}
        if not isinstance(options, dict):
            raise ValueError("not an object")
    except (OSError, ValueError) as error:
        raise InputValidationError(f"The options are no JSON object: {error}") from error
    return {"format": SUFFIXES.get(out.suffix.lower(), "png"), **options}


def _text(text: str) -> str:
    return text if text.lstrip().startswith("{") else Path(text).read_text()


def save(answer: Mapping[str, Any], target: Path) -> list[Path]:
    """Write the picture, and each view beside it as <name>.<view>.<suffix>."""
    target.parent.mkdir(parents=True, exist_ok=True)
    write(target, base64.b64decode(answer["image"]))
    written = [target]
    for name, data in answer.get("views", {}).items():
        written.append(target.with_name(f"{target.stem}.{name}{target.suffix}"))
        write(written[-1], base64.b64decode(data))
    return written


def contact_sheet(done: Sequence[Pair], path: Path) -> None:
    """One row a photo: the photo, then its results; for a first look at many."""
    rows: dict[Path, list[Path]] = {}
    for pair in done:
        rows.setdefault(pair.photo, [pair.photo]).append(pair.target)
    width = max(len(row) for row in rows.values())
    sheet = [np.hstack(list(_tiles(row, width))) for row in rows.values()]
    write(path, images.encode(np.vstack(sheet).astype(np.uint8), fmt="jpeg"))


def _tiles(row: Sequence[Path], width: int) -> Iterator[images.U8]:
    for path in row:
        picture = images.decode(path.read_bytes())[:, :, :3]
        box = images.Letterbox.fit((picture.shape[0], picture.shape[1]), TILE)
        yield np.pad(box.image(picture, fill=255), ((4, 4), (4, 4), (0, 0)), constant_values=255)
    for _ in range(width - len(row)):
        yield np.full((TILE[0] + 8, TILE[1] + 8, 3), 255, np.uint8)
