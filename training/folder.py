"""Your own data: `images/NAME.jpg` (or png, webp) and greyscale masks `masks/NAME.png`.

A mask's grey says what a pixel is: 0 background, 128 user, 255 gown (or 0, 1, 2). Every tenth picture by name is
held out as `val`, unless `splits.json` says otherwise: {"train": [NAME, …], "val": [NAME, …]}.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from training.samples import SUFFIXES, Sample, Skipped, read_map, read_photo, readable
from tryon.images import U8
from tryon.segmentation import Region

SPLITS = "splits.json"
GREYS = {0: Region.BACKGROUND, 1: Region.USER, 2: Region.GOWN, 127: Region.USER, 128: Region.USER, 255: Region.GOWN}


@dataclass(frozen=True)
class Folder:
    """A folder of pictures and masks."""

    root: Path
    skipped: Skipped = field(default_factory=Skipped)

    def samples(self, split: str) -> Iterator[Sample]:
        """Those of `train` or `val` that can be read."""
        return readable(self._names(split), self._sample, self.skipped)

    def _names(self, split: str) -> list[str]:
        table = self.root / SPLITS
        if table.exists():
            names: list[str] = json.loads(table.read_text())[split]
            return names
        return [name for number, name in enumerate(self._pictures) if (number % 10 == 9) == (split == "val")]

    @cached_property
    def _pictures(self) -> dict[str, Path]:
        files = sorted((self.root / "images").iterdir())
        return {path.stem: path for path in files if path.suffix.lower() in SUFFIXES}

    def _sample(self, name: str) -> Sample:
        photo = read_photo(self._pictures[name])
        return Sample(photo, regions(read_map(self.root / "masks" / f"{name}.png")), "folder", name)


def regions(mask: U8) -> U8:
    """A greyscale mask as a map of Region values. Raises ValueError for a grey that means nothing."""
    unknown = sorted(set(np.unique(mask).tolist()) - set(GREYS))
    if unknown:
        raise ValueError(f"the mask's grey {unknown[0]} means nothing: 0 is background, 128 user, 255 gown")
    table = np.zeros(256, np.uint8)
    table[list(GREYS)] = list(GREYS.values())
    return table[mask]


def keep(root: Path, name: str, photo: U8, labels: U8) -> None:
    """Write a photo HxWx3 and its HxW map of Region values into a folder of this layout."""
    for part in ("images", "masks"):
        (root / part).mkdir(parents=True, exist_ok=True)
    greys = np.array([0, 128, 255], np.uint8)
    Image.fromarray(photo).save(root / "images" / f"{name}.jpg", quality=92)
    Image.fromarray(greys[labels]).save(root / "masks" / f"{name}.png")


def listed(root: Path, names: list[str]) -> None:
    """Write down which pictures of a folder are to be trained with, beside those that are listed already."""
    root.mkdir(parents=True, exist_ok=True)
    table = root / SPLITS
    before: list[str] = json.loads(table.read_text())["train"] if table.exists() else []
    table.write_text(json.dumps({"train": list(dict.fromkeys([*before, *names])), "val": []}))
