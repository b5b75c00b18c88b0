"""Photos of dresses that nobody wears, with masks corrected by hand: `python -m training.dresses DRESSES OUT`.

DRESSES is a copy of alexeygrigorev/clothing-dataset (CC0). `dresses.json` has the masks, in COCO's format: of four of
five senders, since every fifth judges. `label_garments` guessed them; of 99, floor, hangers, pictures on a wall and the
wall between straps were then taken out, or lost cloth put back. A net taught with the guesses alone keeps all that. OUT
is a folder that `tryon train segmentation --extra OUT` mixes in; the 99 are in it twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import typer
from pycocotools import mask as rle
from tqdm import tqdm

from training.folder import keep, listed
from training.samples import read_photo
from tryon.images import U8, bound
from tryon.segmentation import Region

MASKS = Path(__file__).with_suffix(".json")


class Noted(NamedTuple):
    """A photo's file, its mask HxW, 0 or 1, smaller than the photo, and whether that was corrected by hand."""

    path: Path
    mask: U8
    corrected: bool


def noted(dresses: Path, masks: Path = MASKS, *, guesses: bool = True, doing: str = "reading") -> Iterator[Noted]:
    """The photos with masks, with or without those that were only guessed; what DRESSES lacks is left out. doing: what
    the progress bar says."""
    table = json.loads(masks.read_text())
    images = {image["id"]: image for image in table["images"]}
    for note in tqdm([note for note in table["annotations"] if guesses or note["corrected"]], doing):
        path = dresses / "images" / images[note["image_id"]]["file_name"]
        if path.exists():
            yield Noted(path, np.asarray(rle.decode(note["segmentation"]), np.uint8), bool(note["corrected"]))


def draw(dresses: Path, out: Path, masks: Path = MASKS) -> int:
    """Write images, masks and splits; how many. Photos that DRESSES lacks are left out."""
    names = []
    for path, mask, corrected in noted(dresses, masks, doing=f"writing to {out}"):
        photo = bound(read_photo(path), max(mask.shape))
        copies = [path.stem, f"{path.stem}-2"][: 1 + corrected]
        names += copies
        for name in copies:
            keep(out, name, photo, mask * np.uint8(Region.GOWN))
    listed(out, names)
    return len(names)


def main(
    dresses: Annotated[Path, typer.Argument(help="a folder with images/")],
    out: Annotated[Path, typer.Argument(help="where images/ and masks/ go")],
) -> None:
    """Write photos of dresses and their corrected masks as a folder to train with."""
    print(f"{draw(dresses, out)} photos in {out}")


if __name__ == "__main__":
    typer.run(main)
