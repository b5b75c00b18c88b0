"""Pictures of what a net sees: overlays, truth against prediction, edges at the photo's own size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from training.ccp import CCP
from training.samples import SUFFIXES, Skipped, read_photo
from tryon import anchors, images, overlays, pose, segmentation
from tryon.errors import PoseError
from tryon.images import U8, Letterbox
from tryon.segmentation import Region

TILE = (480, 320)  # height, width of a picture on a sheet
CROP = 256  # pixels of a crop that shows an edge at 1:1
COLUMNS = 4  # rows of photo, truth, prediction side by side on a sheet


def segmentation_pictures(folder: Path, split: str, weights: Path, out: Path, limit: int) -> list[Path]:
    """Overlays of the pictures in a folder; with CCP's label maps also the truth beside them, and crops of edges.

    Writes NAME.jpg for each picture, sheet.jpg with all, and edges.jpg with 1:1 crops of the cut-out on grey.
    """
    net = segmentation.load(weights)
    rows: list[U8] = []
    edges: list[U8] = []
    for name, photo, truth in tqdm(list(_pictures(folder, split, limit)), f"writing to {out}"):
        user, gown = segmentation.enlarge(segmentation.closely(net, photo), photo)
        panels = [photo, *([_truth(photo, truth)] if truth is not None else []), overlays.masks(photo, user, gown)]
        write(out / f"{name}.jpg", np.hstack(panels))
        rows.append(np.hstack([tile(panel) for panel in panels]))
        edges.append(_edge(photo, np.maximum(user, gown)))
    return [sheet(out / "sheet.jpg", rows, COLUMNS), sheet(out / "edges.jpg", edges, COLUMNS)]


def pose_pictures(folder: Path, split: str, weights: Path, out: Path, limit: int) -> list[Path]:
    """The coloured skeleton on each picture of a folder, and the anchor lines where shoulders and hips were found."""
    net = pose.load(weights)
    rows: list[U8] = []
    for name, photo, _ in tqdm(list(_pictures(folder, split, limit)), f"writing to {out}"):
        joints = pose.estimate(net, [photo])[0][0]
        try:
            body = anchors.find(joints, np.full(photo.shape[:2], 255, np.uint8))
            lines = [body.shoulders, body.line("bust"), body.line("waist"), body.hips]
        except PoseError:
            lines = []
        drawn = overlays.skeleton(photo, joints, max(2, photo.shape[1] // 150), lines)
        write(out / f"{name}.jpg", drawn)
        rows.append(tile(drawn))
    return [sheet(out / "sheet.jpg", rows, 2 * COLUMNS)]


def _pictures(folder: Path, split: str, limit: int) -> Iterator[tuple[str, U8, U8 | None]]:
    """Name, photo and, where there are labels, the label map."""
    if (folder / "label_list.mat").exists():
        data = CCP(folder)
        for photo_id in data.split(split, labelled=True)[: limit or None]:
            yield photo_id, data.photo(photo_id), data.labels(photo_id)
        return
    skipped = Skipped()
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    for path in paths[: limit or None]:
        try:
            yield path.stem, read_photo(path), None
        except OSError as error:
            skipped.add(path.name, error)


def _truth(photo: U8, labels: U8) -> U8:
    user, gown = ((labels == region).astype(np.uint8) * 255 for region in (Region.USER, Region.GOWN))
    return overlays.masks(photo, user, gown)


def _edge(photo: U8, matte: U8) -> U8:
    """A square of the cut-out at 1:1, where hair meets background: around the top of the matte."""
    rows = np.flatnonzero((matte > 127).any(1))
    top = int(rows[0]) if len(rows) else 0
    columns = np.flatnonzero(matte[min(top + CROP // 8, matte.shape[0] - 1)] > 127)
    middle = int(columns.mean()) if len(columns) else matte.shape[1] // 2
    y = int(np.clip(top - CROP // 6, 0, max(0, matte.shape[0] - CROP)))
    x = int(np.clip(middle - CROP // 2, 0, max(0, matte.shape[1] - CROP)))
    part = np.dstack([photo, matte])[y : y + CROP, x : x + CROP]
    return np.asarray(Letterbox.fit(part.shape[:2], (CROP, CROP)).image(images.on_grey(part)), np.uint8)


def tile(picture: U8) -> U8:
    """The picture on a tile of a sheet."""
    box = Letterbox.fit((picture.shape[0], picture.shape[1]), TILE)
    return np.asarray(box.image(picture, fill=255), np.uint8)


def sheet(path: Path, tiles: list[U8], columns: int) -> Path:
    """Tiles of one size, `columns` a row, as one file."""
    write(path, images.sheet(tiles, columns))
    return path


def write(path: Path, picture: U8) -> None:
    """The picture as a JPEG file, its folder made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(images.encode(picture, fmt="jpeg"))


def show(paths: list[Path]) -> None:
    """A window with each sheet."""
    from matplotlib import pyplot

    for path in paths:
        pyplot.figure(path.name)
        pyplot.imshow(read_photo(path))
        pyplot.axis("off")
    pyplot.show()
