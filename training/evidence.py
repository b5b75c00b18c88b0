"""How gowns that nobody wears are cut out, measured on photos, and what clues to them weigh: `python -m
training.evidence DRESSES`.

DRESSES is as for `training.dresses`, whose 99 masks corrected by hand are the truth. Prints how well each net's looks,
and `tryon gown add`, agree with it; and WEIGHTS and BIAS of `tryon/evidence.py`: the logistic regression of truth by
what evidence.CLUES say, over the pixels of all photos as each net sees them. The committed net has learned from these
photos and is too sure of them; weights were fitted to it and the two before, which have not seen the corrected masks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import numpy.typing as npt
import typer

from training.dresses import MASKS, noted
from training.metrics import iou
from training.samples import read_photo
from training.visualize import sheet as write_sheet
from training.visualize import tile
from tryon import cutting, evidence, images, segmentation, threads
from tryon.images import F32, U8, Mask
from tryon.runtime import Ready
from tryon.segmentation import UNetConfig

SAMPLES = 3000  # pixels of a photo that the regression sees
STEPS, CALM = 12, 1e-3  # of Newton's method, and what keeps it from running off
GOOD = 0.95  # IoU with a mask of 512 pixels; what is below has faults that one sees
COLUMNS, WORST = 2, 24  # of the sheet: pictures a row, and how many


@dataclass(frozen=True)
class Seen:
    """A photo HxWx3 with its true mask HxW and a net's four looks at it, HxWx2."""

    photo: U8
    truth: Mask
    masks: U8

    def tile(self, cut: U8) -> U8:
        """The photo, and what a mask HxW and the truth cut out of it, side by side."""
        pictures = (images.on_grey(np.dstack([self.photo, m])) for m in (cut, self.truth * np.uint8(255)))
        return np.hstack([tile(picture) for picture in (self.photo, *pictures)])

    def sampled(self, random: np.random.Generator) -> tuple[F32, Mask]:
        """Clues of some pixels, Nx5, and whether they are gown, N; none where the net is sure of nothing."""
        own, other = cutting.surely(self.masks[:, :, 0], self.masks[:, :, 1])
        if not own.any() or not other.any():
            return np.empty((0, len(evidence.CLUES)), np.float32), np.empty(0, np.bool_)
        at = random.choice(self.truth.size, SAMPLES)
        clues = evidence.clues(self.photo, self.masks, own, other).reshape(self.truth.size, -1)
        return clues[at], self.truth.ravel()[at]


def looked(dresses: Path, net: Ready[UNetConfig], name: str) -> Iterator[Seen]:
    """The photos with corrected masks, as a net sees them; what DRESSES lacks is left out."""
    for path, mask, _ in noted(dresses, MASKS, guesses=False, doing=name):
        photo = images.bound(read_photo(path), cutting.SIDE)
        truth = cv2.resize(mask * np.uint8(255), photo.shape[1::-1]) > 127
        yield Seen(photo, truth, cutting.look(net, photo))


def fitted(clues: F32, truth: Mask) -> npt.NDArray[np.float64]:
    """The weights of clues Nx5 and the bias, 6, by which a logistic regression tells the truth, N: Newton's method."""
    x, weights = np.c_[clues, np.ones(len(clues))].astype(np.float64), np.zeros(clues.shape[1] + 1)
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-x @ weights))
        bent = (x * (chance * (1 - chance))[:, None]).T @ x + CALM * np.eye(len(weights))
        weights += np.linalg.solve(bent, x.T @ (truth - chance) - CALM * weights)
    return weights


def main(
    dresses: Annotated[Path, typer.Argument(help="a folder with images/")],
    weights: Annotated[list[Path], typer.Option(help="weights of a segmentation net; may be repeated")] = [  # noqa: B006
        Path("weights/segmentation.safetensors")
    ],
    sheet: Annotated[Path | None, typer.Option(help="a picture of the worst: photo, cut-out, truth")] = None,
) -> None:
    """Measure how gowns that nobody wears are cut out, and fit what evidence weighs."""
    threads.use(1)
    random, samples = np.random.default_rng(0), []
    tiles: list[tuple[float, U8]] = []
    for path in weights:
        ious = []
        for seen in looked(dresses, segmentation.load(path), path.parent.name):
            cut = cutting.sharpen(seen.photo, seen.masks, worn=False)[0]
            ious.append([iou(masks[:, :, 1] > 127, seen.truth) for masks in (seen.masks, cut)])
            samples.append(seen.sampled(random))
            tiles.append((ious[-1][1], seen.tile(cut[:, :, 1])))
        table = np.array(ious)
        for name, found in (("the net's looks", table[:, 0]), ("gown add", table[:, 1])):
            print(f"{path}: {name}: IoU {found.mean():.4f}; {(found < GOOD).sum()} of {len(found)} below {GOOD}")
    if sheet:
        worst = sorted(tiles, key=lambda scored: scored[0])[:WORST]
        print(f"the worst are on {write_sheet(sheet, [tile for _, tile in worst], COLUMNS)}")
    found = fitted(np.concatenate([x for x, _ in samples]), np.concatenate([y for _, y in samples]))
    print(dict(zip((*evidence.CLUES, "bias"), found.round(3).tolist(), strict=True)))


if __name__ == "__main__":
    typer.run(main)
