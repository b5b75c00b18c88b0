"""Rendered brides as pictures to learn segmentation from: `python -m training.brides TRIPLES OUT`.

TRIPLES is a folder made by `python -m studio.triples`: brides in everyday clothes and in the gown, with exact masks. On
street photos nobody's bodice is strapless and white, nobody folds bare arms before a full skirt. OUT is a folder that
`tryon train segmentation --extra OUT` mixes in, alone or with what `python -m training.dresses` has put there; each
bride in her gown is in it twice. Gowns named by --without are left out, to judge by.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from tqdm import tqdm

from training.folder import keep, listed
from training.triples import Triples
from tryon.images import U8
from tryon.segmentation import Region

COPIES = 2


def draw(triples: Path, out: Path, without: frozenset[str] = frozenset()) -> int:
    """Write images, masks and splits; how many."""
    source, names, seen = Triples(triples), list[str](), set[str]()
    for name, record in tqdm(source.records.items(), f"writing to {out}"):
        if record["gown"] in without:
            continue
        copies = [f"{name}-{number}" for number in range(COPIES)]
        for copy in copies:
            keep(out, copy, source.picture(name, "after"), labels(source, name, "after", "gown"))
        names += copies
        photo = Path(record["before"]["picture"]).stem
        if photo not in seen:  # some triples share it
            keep(out, photo, source.picture(name, "before"), labels(source, name, "before", "clothes"))
            names.append(photo)
            seen.add(photo)
    listed(out, names)
    return len(names)


def labels(source: Triples, name: str, when: str, garment: str) -> U8:
    """HxW Region values of one of a triple's two pictures."""
    masks = [source.mask(name, when, what) for what in (garment, "user")]
    return np.select(masks, [Region.GOWN, Region.USER], Region.BACKGROUND).astype(np.uint8)


def main(
    triples: Annotated[Path, typer.Argument(help="a folder with triples.json")],
    out: Annotated[Path, typer.Argument(help="where images/ and masks/ go")],
    without: Annotated[list[str] | None, typer.Option(help="a gown to leave out; may be said several times")] = None,
) -> None:
    """Write rendered brides and their masks as a folder to train with."""
    print(f"{draw(triples, out, frozenset(without or ()))} pictures in {out}")


if __name__ == "__main__":
    typer.run(main)
