"""A gown's folder in the catalogue, read and written.

gown.json, gown.png (the cut-out), product.jpg and thumb.jpg (for the page), preview.jpg (to check), and filled.png,
white where a hand, hair or a bag hid the gown and something was filled in.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from pydantic import BaseModel, ValidationError

from tryon import backdrop, images, preview
from tryon.bride import Bride
from tryon.errors import GownNotFoundError
from tryon.gown import Gown
from tryon.landmarks import Points

UNDER_EDGE = 17  # pixels across that a cut-out's colour runs on beyond its edge


class Source(BaseModel):
    """The picture that a cut-out was made of, and where in it: so can landmarks edited by hand be kept."""

    file: str
    sha256: str
    corner: tuple[int, int]  # x, y of the cut-out's left top corner in it


class About(BaseModel):
    """A gown.json. What has a default the page does not need, and a rendered gown lacks."""

    name: str
    tags: dict[str, str]
    licence: str
    provenance: str
    landmarks: Points
    edited: list[str] = []  # landmarks set by hand: kept when the gown is made again
    guessed: list[str] = []  # tags that nobody gave
    found: str | None = None  # how the landmarks were found: pose or outline
    warnings: list[str] = []
    filled: float = 0.0  # share of the gown that was hidden; filled.png shows where
    picture: Source | None = None


def slug(text: str) -> str:
    """A folder's name, and part of an address."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "gown"


def folders(catalogue: Path) -> list[Path]:
    """The gowns' folders of a catalogue, or the one that `catalogue` is."""
    if (catalogue / "gown.json").exists():
        return [catalogue]
    return sorted(path for path in catalogue.iterdir() if path.is_dir() and not path.name.startswith("."))


def read(folder: Path) -> About:
    """A gown.json. Raises GownNotFoundError."""
    try:
        return About.model_validate_json((folder / "gown.json").read_bytes())
    except OSError as error:
        raise GownNotFoundError(f"{folder} holds no gown.json that can be read.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "its syntax"
        raise GownNotFoundError(f"{folder / 'gown.json'} is wrong at {place}: {first['msg']}.") from error


def write(folder: Path, about: About, gown: Gown, bride: Bride) -> None:
    """Write a gown's folder beside where it belongs, then rename it: nobody ever sees half of one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".", suffix=".tmp") as scratch:
        new = Path(scratch) / folder.name
        new.mkdir()
        _fill_folder(new, about, gown, bride)
        if folder.exists():
            folder.rename(Path(scratch) / "old")
        new.rename(folder)


def _fill_folder(folder: Path, about: About, gown: Gown, bride: Bride) -> None:
    near = cv2.dilate(gown.rgba[:, :, 3], np.ones((UNDER_EDGE, UNDER_EDGE), np.uint8)) > 0
    cut_out = Image.fromarray(np.where(near[:, :, None], gown.rgba, 0).astype(np.uint8))
    cut_out.save(folder / "gown.png", optimize=True)
    product = backdrop.product(cut_out)
    product.save(folder / "product.jpg", quality=86)
    backdrop.thumb(product).save(folder / "thumb.jpg", quality=82)
    if gown.filled is not None and about.filled:
        (folder / "filled.png").write_bytes(images.encode(gown.filled))
    (folder / "preview.jpg").write_bytes(images.encode(preview.draw_on(gown, bride, about.edited), fmt="jpeg"))
    (folder / "gown.json").write_text(json.dumps(about.model_dump(), indent=1) + "\n")
