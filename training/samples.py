"""One interface for every labelled data set: a photo, its label map, and where they came from."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image
from scipy.io.matlab import MatReadError

from training.kinds import REGIONS
from tryon.images import U8

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
# what readers of pictures, .mat and .json files raise on broken ones
BROKEN = (OSError, ValueError, KeyError, TypeError, IndexError, SyntaxError, EOFError, MatReadError)


@dataclass(frozen=True)
class Sample:
    """photo: HxWx3 RGB; kinds: HxW of Kind (or Region) values; source and name say which file it is."""

    photo: U8
    kinds: U8
    source: str
    name: str

    def __post_init__(self) -> None:
        if self.photo.shape[:2] != self.kinds.shape:
            raise ValueError(f"the photo is {self.photo.shape[:2]}, its label map {self.kinds.shape}")

    @property
    def labels(self) -> U8:
        """HxW of Region values."""
        regions: U8 = REGIONS[self.kinds]
        return regions


@dataclass
class Skipped:
    """Files that could not be read: each is named, all are counted, none ends a run."""

    names: list[str] = field(default_factory=list)

    def add(self, name: str, error: Exception) -> None:
        self.names.append(name)
        print(f"skipped {name}: {type(error).__name__}: {error}", file=sys.stderr)


class Reader(Protocol):
    """A data set on a disk."""

    skipped: Skipped

    def samples(self, split: str) -> Iterator[Sample]:
        """Those of `train` or `val` that can be read, always in the same order."""
        ...


def readable(names: Iterable[str], read: Callable[[str], Sample], skipped: Skipped) -> Iterator[Sample]:
    """The samples of these names; a broken one is skipped and noted."""
    for name in names:
        try:
            sample = read(name)
        except BROKEN as error:
            skipped.add(name, error)
        else:
            yield sample


def read_photo(path: Path, *, alpha: bool = False) -> U8:
    """HxWx3 RGB, or HxWx4 with `alpha`."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGBA" if alpha else "RGB"))


def read_map(path: Path) -> U8:
    """A one-channel picture's numbers as they are, HxW: greyscale or palette indices."""
    with Image.open(path) as picture:
        if picture.mode not in ("L", "P", "1"):
            raise ValueError(f"a label map has one channel, this one is {picture.mode}")
        return np.asarray(picture.convert("L") if picture.mode == "1" else picture)
