"""What may be wrong with a gown of the catalogue, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from tryon import assets, backdrop, gown, images, preview, tags
from tryon.adding import NO_LICENCE
from tryon.anchors import SIDES
from tryon.assets import About
from tryon.bride import Bride
from tryon.errors import TryOnError
from tryon.images import U8
from tryon.landmarks import LINES, NAMES, Points

PICTURES = ("product.jpg", "thumb.jpg")
PART = 0.1  # of the main part's area: a second part so large needs a reason
SPECKS = 0.005  # of the gown's area that may lie in small parts
TILE, COLUMNS = 480, 5  # pixels of a preview's longer side on the sheet, and previews in a row
STALE = 12  # of 255: a thumbnail differs more than that from its product picture only if it shows another


def problems(folder: Path) -> list[str]:
    """What is wrong with a gown's folder; nothing where it is whole."""
    try:
        about = assets.read(folder)
    except TryOnError as error:
        return [str(error)]
    found = [*_words(about), *_pictures(folder)]
    try:
        cut = images.decode((folder / "gown.png").read_bytes(), what="cut-out gown.png")
    except (OSError, TryOnError) as error:
        return [*found, str(error)]
    if cut.shape[2] == 3:
        return [*found, "gown.png has no transparent part: it must be a cut-out."]
    return [*found, *_alpha(cut[:, :, 3]), *_points(about.landmarks, cut)]


def _words(about: About) -> Iterator[str]:
    if about.licence in ("", NO_LICENCE):
        yield "No licence is given: say with --licence who may show the gown's picture."
    if not about.provenance:
        yield "No provenance is given: say where the picture comes from."
    for name in tags.NAMES:
        if about.tags.get(name, tags.UNKNOWN) in ("", tags.UNKNOWN):
            yield f"The tag `{name}` is not given: brides filter by it."
    for name in sorted(set(about.edited) - set(about.landmarks)):
        yield f"`edited` names `{name}`, which is no landmark."


def _pictures(folder: Path) -> Iterator[str]:
    opened = {}
    for name in PICTURES:
        try:
            opened[name] = Image.open(folder / name).convert("RGB")
        except (OSError, UnidentifiedImageError):
            yield f"{name} is missing or cannot be read."
    if len(opened) == len(PICTURES):
        product, thumb = (opened[name] for name in PICTURES)
        small = product.resize(thumb.size, Image.Resampling.LANCZOS)
        away = np.abs(np.asarray(small, np.float32) - np.asarray(thumb, np.float32)).mean()
        if thumb.size != backdrop.THUMB:
            yield f"thumb.jpg is {thumb.width}x{thumb.height}, not {backdrop.THUMB[0]}x{backdrop.THUMB[1]}."
        if away > STALE:
            yield "thumb.jpg shows something else than product.jpg."


def _alpha(alpha: U8) -> Iterator[str]:
    inside = (alpha > 127).astype(np.uint8)
    if inside.mean() < 0.02:
        yield "gown.png is empty, or nearly so."
        return
    frame = {"top": alpha[0], "bottom": alpha[-1], "left": alpha[:, 0], "right": alpha[:, -1]}
    if cut := [name for name, line in frame.items() if line.max() > 8]:
        yield f"The gown touches the frame of gown.png ({', '.join(cut)}): it is cut off, or lacks a margin."
    areas = np.sort(cv2.connectedComponentsWithStats(inside)[2][1:, cv2.CC_STAT_AREA])[::-1]
    if len(areas) > 1 and areas[1] >= PART * areas[0]:
        yield f"gown.png shows {int((areas >= PART * areas[0]).sum())} separate parts: is one of them no gown?"
    if areas[areas < PART * areas[0]].sum() > SPECKS * areas.sum():
        yield "Specks lie around the gown in gown.png."


def _points(points: Points, cut: U8) -> Iterator[str]:
    if missing := [name for name in NAMES if name not in points]:
        yield f"Landmarks are missing: {', '.join(missing)}."
        return
    height, width = cut.shape[:2]
    for name, (x, y) in points.items():
        if not (0 <= x <= width and 0 <= y <= height):
            yield f"The landmark {name} ({x:.0f}, {y:.0f}) lies outside the picture of {width}x{height}."
    for part in LINES:
        if points[f"{part}_right"][0] >= points[f"{part}_left"][0]:
            yield f"{part}_right lies right of {part}_left: seen from the front, the wearer's right is on the left."
    middles = {part: sum(points[f"{part}_{side}"][1] for side in SIDES) / 2 for part in LINES}
    for upper, lower in pairwise(LINES):
        if middles[upper] >= middles[lower]:
            yield f"The {upper} lies below the {lower}."


def draw(folders: Iterable[Path], out: Path, bride: Bride) -> None:
    """Each gown's preview as it is now, ID.jpg in `out`, and all of them on sheet.jpg."""
    out.mkdir(parents=True, exist_ok=True)
    tiles = []
    for folder in folders:
        try:
            wearer = None if problems(folder) else bride
            seen = preview.draw_on(gown.load(folder), wearer, assets.read(folder).edited)
        except TryOnError:
            continue  # named as a problem already
        (out / f"{folder.name}.jpg").write_bytes(images.encode(seen, fmt="jpeg"))
        tiles.append(images.bound(seen, TILE))
    if tiles:
        (out / "sheet.jpg").write_bytes(images.encode(images.sheet(tiles, COLUMNS), fmt="jpeg"))
