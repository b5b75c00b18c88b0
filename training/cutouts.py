"""How well gowns are cut out of pictures as shops have them: the catalogue's own before plain grounds, and on rendered
brides (samples/pairs). What is right is known to the pixel, and nothing has to be downloaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from training.metrics import Mask, iou
from training.triples import Triples
from training.visualize import sheet as write_sheet
from tryon import adding, assets, blending, dressing, gown, images, pose, segmentation, threads
from tryon.adding import Nets
from tryon.errors import GownNotFoundError
from tryon.gown import Gown
from tryon.images import U8
from tryon.landmarks import Points

GROUNDS = {"white": (255, 255, 255), "pale grey": (232, 232, 230), "beige": (205, 190, 170), "dark": (70, 70, 76)}
WORN = "on a rendered bride"
SIZE, SHARE = (1024, 768), 0.9  # of a picture, height and width; of it that a gown fills
TILE = (384, 288)  # of a picture on the sheet, height and width
COLUMNS, WORST = 4, 24  # of the sheet; how many cut-outs are on it


@dataclass(frozen=True)
class Case:
    """A picture HxWx3; HxW each, where its gown is and where something hides it; the gown there, if known."""

    ground: str
    picture: U8
    truth: Mask
    hidden: Mask
    own: Gown | None = None

    @property
    def landmarks(self) -> Points:
        return self.own.landmarks if self.own else {}


@dataclass(frozen=True)
class Outcome:
    """What became of a case: IoU with the truth as served, which looks once, and as `tryon gown add` cuts, 0 where it
    refuses; how far its landmarks are off, in shares of the gown's height, and IoU of what was added and of the gown
    itself as they hang on the sample bride (both NaN if unknown); picture and cut-out."""

    ground: str
    served: float
    added: float
    off: float
    hung: float
    tile: U8


def before(asset: Gown, ground: str) -> Case:
    """A cut-out before one of GROUNDS, as a JPEG file has it."""
    height, width = asset.rgba.shape[:2]
    scale = SHARE * min(SIZE[0] / height, SIZE[1] / width)
    small = cv2.resize(asset.rgba, (round(scale * width), round(scale * height)), interpolation=cv2.INTER_AREA)
    top, left = ((a - b) // 2 for a, b in zip(SIZE, small.shape[:2], strict=True))
    laid = np.zeros((*SIZE, 4), np.uint8)
    laid[top : top + small.shape[0], left : left + small.shape[1]] = small
    picture = blending.mix(laid[:, :, :3], np.full((*SIZE, 3), GROUNDS[ground], np.uint8), laid[:, :, 3])
    marks = {name: (scale * x + left, scale * y + top) for name, (x, y) in asset.landmarks.items()}
    filed = images.decode(images.encode(picture, fmt="jpeg"))
    return Case(ground, filed, laid[:, :, 3] > 127, np.zeros(SIZE, bool), Gown(laid, marks))


def cases(folders: list[Path], brides: Triples, names: list[str]) -> Iterator[Case]:
    """Every gown before every ground, then every bride in hers."""
    for asset in map(gown.load, folders):
        yield from (before(asset, ground) for ground in GROUNDS)
    for name in names:
        masks = (brides.mask(name, "after", what) for what in ("gown", "front"))
        yield Case(WORN, brides.picture(name, "after"), *masks)


def judged(case: Case, nets: Nets) -> Outcome:
    """Cut the gown out, both ways."""
    masks = segmentation.closely(nets.unet, case.picture)
    joints = pose.estimate(nets.openpose, [case.picture])[0][0]
    served = _cut(case, lambda: dressing.gown_in(case.picture, masks, joints))
    added = _cut(case, lambda: adding.cut(case.picture, nets))
    ious = [iou((cut.rgba[:, :, 3] > 127) & ~case.hidden, case.truth) for cut in (served, added)]
    off = hung = float("nan")
    if case.own and added.landmarks:
        hung = iou(*(nets.bride.hung(gown)[:, :, 3] > 127 for gown in (added, case.own)))
    if common := sorted(set(case.landmarks) & set(added.landmarks)):
        found, right = (np.array([points[name] for name in common]) for points in (added.landmarks, case.landmarks))
        off = float(np.median(np.linalg.norm(found - right, axis=1)) / np.ptp(np.flatnonzero(case.truth.any(1))))
    sides = (case.picture, images.on_grey(added.rgba))
    tile = np.hstack([cv2.resize(side, TILE[::-1], interpolation=cv2.INTER_AREA) for side in sides])
    return Outcome(case.ground, *ious, off, hung, tile)


def _cut(case: Case, cut: Callable[[], Gown]) -> Gown:
    """What is cut out of a case; nothing where that is refused."""
    try:
        return cut()
    except GownNotFoundError:
        return Gown(np.zeros((*case.picture.shape[:2], 4), np.uint8), {})


def gown_figures(catalogue: Path, pairs: Path, weights: Path, limit: int, sheet: Path | None) -> dict[str, Any]:
    """By ground: how many pictures, mean and least IoU as served and as added, median error of landmarks, mean IoU as
    hung. `limit`: of gowns and of brides, 0 for all; `sheet`: the worst of what was added, the worst first."""
    threads.use(1)
    nets, brides = Nets.load(weights), Triples(pairs)
    folders, names = assets.folders(catalogue)[: limit or None], list(brides.records)[: limit or None]
    bar = tqdm(cases(folders, brides, names), "pictures", len(GROUNDS) * len(folders) + len(names), mininterval=5)
    outcomes = [judged(case, nets) for case in bar]
    figures = {ground: _summed([o for o in outcomes if o.ground == ground]) for ground in (*GROUNDS, WORN)}
    Console(width=120).print(_table(figures))
    if sheet:
        worst = sorted(outcomes, key=lambda outcome: outcome.added)[:WORST]
        write_sheet(sheet, [outcome.tile for outcome in worst], COLUMNS)
    return figures


def _summed(outcomes: list[Outcome]) -> dict[str, float | None]:
    served, added, off, hung = ([getattr(o, name) for o in outcomes] for name in ("served", "added", "off", "hung"))
    return {
        "pictures": len(outcomes),
        "served": float(np.mean(served)),
        "served_least": float(min(served)),
        "added": float(np.mean(added)),
        "added_least": float(min(added)),
        "landmarks_off": None if np.isnan(off).all() else float(np.nanmedian(off)),
        "hung": None if np.isnan(hung).all() else float(np.nanmean(hung)),
    }


def _table(figures: dict[str, dict[str, Any]]) -> Table:
    columns = ("pictures", "served", "least", "gown add", "least", "landmarks off", "hung")
    out = Table("ground", *columns, title="IoU of gowns cut out of pictures as shops have them, and as they hang")
    for ground, row in figures.items():
        count, *shares, off, hung = row.values()
        known = ["-", "-"] if off is None else [f"{off:.1%}", f"{hung:.3f}"]
        out.add_row(ground, str(count), *(f"{share:.3f}" for share in shares), *known)
    return out
