"""Label maps for photos of people that nobody labelled, from the net's own guess: `python -m training.label_people CCP
OUT`.

Self-training: the guess is the mean over two sizes and their mirror images, which knows more than one look (on `val`
user IoU 0.810 instead of 0.804), and a net that learns from it under augmentation gets nearer to that in one look. A
photo is left out where the guess and the person mask of another net (`person-mattes/`) disagree. OUT is a folder of
images and masks that `tryon train segmentation --extra OUT` mixes in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from training.ccp import CCP
from training.folder import keep
from training.metrics import iou
from tryon import cutting, segmentation
from tryon.segmentation import Region

AGREE = 0.85  # least IoU of the guess and the person mask, which drops bags and some long skirts


def main(
    data: Annotated[Path, typer.Argument(help="a folder in CCP's layout")],
    out: Annotated[Path, typer.Argument(help="where images/ and masks/ go")],
    weights: Path = Path("weights/segmentation.safetensors"),
) -> None:
    """Label the photos of `train` that have no label map."""
    ccp = CCP(data)
    net = segmentation.load(weights)
    labelled = set(ccp.split("train", labelled=True))
    names = [name for name in ccp.split("train") if name not in labelled]
    kept = 0
    for name in tqdm(names, f"labelling into {out}"):
        photo = ccp.photo(name)
        matte = ccp.matte(name, photo.shape[:2])
        labels = segmentation.label_map(cutting.look(net, photo))
        if matte is not None and iou(labels != Region.BACKGROUND, matte > 127) >= AGREE:
            keep(out, f"ccp-{name}", photo, labels)
            kept += 1
    print(f"{kept} of {len(names)} photos labelled in {out}")


if __name__ == "__main__":
    typer.run(main)
