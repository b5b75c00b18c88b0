"""Masks for photos of garments that nobody wears, from the net's own guess and the garment's colours:
`python -m training.label_garments DRESSES OUT`.

DRESSES is a folder with `images/` and `images.csv` (image, sender_id), as alexeygrigorev/clothing-dataset has them. The
guess over several sizes, mirrored too, starts GrabCut (Rother et al., SIGGRAPH 2004); where both disagree much, the
photo is left out. Every fifth sender's photos are left out as well, so that they can judge. OUT is a folder of images
and masks that `tryon train segmentation --extra OUT` mixes in. Look through OUT/cutouts first: a third of them keep
some floor, a hanger, or the wall between straps, and a net that is taught so cuts out like that. Retouch the file of
the same name in OUT/masks, or delete it in OUT/images; `training.dresses` has such masks, retouched.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from tqdm import tqdm

from training.folder import keep
from training.metrics import iou
from training.samples import read_photo
from training.visualize import write
from tryon import cutting, images, segmentation
from tryon.images import U8, bound
from tryon.runtime import Ready
from tryon.segmentation import Region, UNetConfig

SIDE = 512  # pixels of the longer side at which a photo is labelled and kept
AGREE = 0.9  # least IoU of the guess and what GrabCut makes of it
SENDERS = 5  # every fifth is held out


def mask_of(net: Ready[UNetConfig], photo: U8) -> U8 | None:
    """The garment's map of Region values, HxW; None if the photo does not say clearly where it ends."""
    likely = cutting.look(net, photo).sum(2) / 255
    if not 0.05 < (likely > 0.5).mean() < 0.9:
        return None
    marks = np.select([likely > 0.85, likely > 0.35, likely > 0.03], [cv2.GC_FGD, cv2.GC_PR_FGD, cv2.GC_PR_BGD], 0)
    marks = marks.astype(np.uint8)
    cv2.setRNGSeed(0)
    cv2.grabCut(photo, marks, None, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    found = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    found = cv2.morphologyEx(cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((5, 5))), cv2.MORPH_CLOSE, np.ones((9, 9)))
    count, parts, stats, _ = cv2.connectedComponentsWithStats(np.asarray(found, np.uint8))
    if count < 2:
        return None
    largest = parts == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    if iou(largest, likely > 0.5) < AGREE:
        return None
    return largest.astype(np.uint8) * np.uint8(Region.GOWN)


def main(
    dresses: Annotated[Path, typer.Argument(help="a folder with images/ and images.csv")],
    out: Annotated[Path, typer.Argument(help="where images/ and masks/ go")],
    weights: Path = Path("weights/segmentation.safetensors"),
) -> None:
    """Label photos of garments that nobody wears."""
    net = segmentation.load(weights)
    with (dresses / "images.csv").open(newline="") as file:
        rows = [(row["image"], int(row["sender_id"])) for row in csv.DictReader(file)]
    held_out = set(sorted({sender for _, sender in rows})[::SENDERS])
    kept = 0
    for name, sender in tqdm(rows, f"labelling into {out}"):
        path = dresses / "images" / f"{name}.jpg"
        if sender in held_out or not path.exists():
            continue
        photo = bound(read_photo(path), SIDE)
        mask = mask_of(net, photo)
        if mask is not None:
            keep(out, name, photo, mask)
            write(out / "cutouts" / f"{name}.jpg", images.on_grey(np.dstack([photo, mask // Region.GOWN * 255])))
            kept += 1
    print(f"{kept} photos labelled in {out}; photos of {len(held_out)} senders are held out")
    print(f"look through {out / 'cutouts'}, and retouch in {out / 'masks'} what is cut out badly")


if __name__ == "__main__":
    typer.run(main)
