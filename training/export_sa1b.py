"""Write Clothing Co-Parsing as SA-1B does, to try and test its reader: `python -m training.export_sa1b CCP OUT`.

No pixel is SA-1B's: that data set's licence and size keep it out of this project.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import typer
from pycocotools import mask as rle
from tqdm import tqdm

from training.ccp import CCP
from training.metrics import Mask
from tryon.segmentation import Region

SMALLEST = 100  # pixels; SA-1B drops smaller masks too


def export(data: CCP, ids: list[str], out: Path, per_tar: int = 100) -> list[Path]:
    """Tars `sa_000000.tar` … of pairs `sa_N.jpg`, `sa_N.json`, in SA-1B's schema."""
    out.mkdir(parents=True, exist_ok=True)
    tars = []
    for start in tqdm(range(0, len(ids), per_tar), f"writing to {out}", unit="tar"):
        path = out / f"sa_{start // per_tar:06d}.tar"
        temporary = path.with_suffix(".tmp")
        with tarfile.open(temporary, "w") as tar:
            for photo_id in ids[start : start + per_tar]:
                name = f"sa_{int(photo_id)}"
                _add(tar, f"{name}.jpg", (data.root / "photos" / f"{photo_id}.jpg").read_bytes())
                _add(tar, f"{name}.json", json.dumps(record(data, photo_id)).encode())
        tars.append(temporary.replace(path))
    return tars


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def record(data: CCP, photo_id: str) -> dict[str, Any]:
    """A photo's JSON: `image` and class-agnostic `annotations`."""
    masks = list(_masks(data, photo_id))
    height, width = masks[0].shape
    number = int(photo_id)
    return {
        "image": {"image_id": number, "width": width, "height": height, "file_name": f"sa_{number}.jpg"},
        "annotations": [_annotation(number * 1000 + i, mask) for i, mask in enumerate(masks)],
    }


def _masks(data: CCP, photo_id: str) -> Iterator[Mask]:
    """The person, and each connected piece of each label: what a segmenter without classes finds."""
    raw, regions = data.raw_labels(photo_id), data.labels(photo_id)
    yield regions != Region.BACKGROUND
    for label in np.unique(raw[raw > 0]):
        count, parts, stats, _ = cv2.connectedComponentsWithStats((raw == label).astype(np.uint8))
        for part in range(1, count):
            if stats[part, cv2.CC_STAT_AREA] >= SMALLEST:
                yield parts == part


def _annotation(number: int, mask: Mask) -> dict[str, Any]:
    code = rle.encode(np.asfortranarray(mask.astype(np.uint8)))
    rows, columns = np.nonzero(mask)
    middle = len(rows) // 2
    height, width = mask.shape
    return {
        "id": number,
        "segmentation": {"size": [height, width], "counts": code["counts"].decode()},
        "bbox": rle.toBbox(code).tolist(),
        "area": int(mask.sum()),
        "predicted_iou": 1.0,
        "stability_score": 1.0,
        "crop_box": [0, 0, width, height],
        "point_coords": [[float(columns[middle]), float(rows[middle])]] if len(rows) else [],
    }


def main(
    data: Annotated[Path, typer.Argument(help="a folder in CCP's layout")],
    out: Annotated[Path, typer.Argument(help="where the tars go")],
    split: str = "train",
) -> None:
    """Write a split of CCP in SA-1B's format."""
    photos = CCP(data)
    tars = export(photos, photos.split(split, labelled=True), out)
    print(f"{len(tars)} tars in {out}")


if __name__ == "__main__":
    typer.run(main)
