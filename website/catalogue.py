"""The catalogue: folders of `gowns/`, read once at start."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ValidationError

PICTURES = {"product": "product.jpg", "thumb": "thumb.jpg", "cut-out": "gown.png"}


class Tags(BaseModel):
    """What the page filters by."""

    silhouette: str
    neckline: str
    sleeve: str
    colour: str
    length: str
    fabric: str = ""


class About(BaseModel):
    """A gown.json, as far as the website reads it."""

    name: str
    tags: Tags
    licence: str
    provenance: str
    landmarks: dict[str, tuple[float, float]]


class Listed(BaseModel):
    """A gown as the API lists it."""

    id: str
    name: str
    tags: Tags
    thumb: str
    product: str
    licence: str
    provenance: str


@dataclass(frozen=True)
class CatalogueGown:
    """A gown's folder."""

    folder: Path
    about: About

    @property
    def id(self) -> str:
        return self.folder.name

    @cached_property
    def landmarks(self) -> bytes:
        return json.dumps({"landmarks": self.about.landmarks}).encode()

    @cached_property
    def cut_out(self) -> bytes:
        return (self.folder / PICTURES["cut-out"]).read_bytes()

    def listed(self) -> Listed:
        address = f"/gowns/{self.id}"
        return Listed(
            id=self.id, thumb=f"{address}/thumb.jpg", product=f"{address}/product.jpg",
            **self.about.model_dump(include={"name", "tags", "licence", "provenance"}),
        )  # fmt: skip


class CatalogueError(Exception):
    """A gown's folder is not whole; the message says which and why."""


def read(folder: Path) -> dict[str, CatalogueGown]:
    """The gowns by their folder's name. Raises CatalogueError: a broken catalogue is found at start, not by a bride."""
    found = {}
    for path in sorted(folder.glob("*/gown.json")):
        try:
            gown = CatalogueGown(path.parent, About.model_validate_json(path.read_bytes()))
        except ValidationError as error:
            raise CatalogueError(f"{path}: {error.errors()[0]['loc']} {error.errors()[0]['msg']}") from error
        if missing := [name for name in PICTURES.values() if not (path.parent / name).exists()]:
            raise CatalogueError(f"{path.parent} lacks {', '.join(missing)}")
        found[gown.id] = gown
    return found
