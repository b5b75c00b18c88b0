"""The try-on, stage by stage: what each adds, measured on pairs whose answer is known and on pairs that are not."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from training import likeness, pairs, triples
from training.ccp import CCP
from training.likeness import Perception
from training.metrics import Mask, iou
from training.pairs import Pair
from training.triples import Triples
from training.visualize import tile, write
from tryon import blending, dressing, images, segmentation, threads, warp
from tryon.dressing import Result, Scene
from tryon.images import F32, U8
from tryon.joints import Joint
from tryon.options import Fit
from tryon.pipeline import Nets
from tryon.segmentation import Region

STAGES = ("paste", "affine", "tps", "composer", "cyclegan")
REGIONS = ("garment", "ring", "skin")
MEASURES = ("ssim", "psnr", "perceptual")
RESULTS = (
    "worn_iou", "keep_max_delta", "keypoint_drift", "gown_iou", "delta_e2000", "sharpness_ratio", "seam_ratio",
    "leak_rate", "seconds_per_pair",
)  # fmt: skip
LEAST = 200  # pixels below which a region says nothing
# joints that a gown leaves where they are; knees and ankles are under it
SEEN = (Joint.NOSE, Joint.NECK, *(j for j in Joint if j.name.endswith(("SHOULDER", "ELBOW", "WRIST", "HIP"))))
KEPT = 0.04  # of the photo's height around old and new clothes, beyond which not a pixel may change


@dataclass
class Judge:
    """The product, what looks at its pictures, and every figure of every pair so far."""

    nets: Nets
    eye: Perception = field(default_factory=Perception)
    figures: dict[str, list[float]] = field(default_factory=dict)
    crops: dict[str, list[F32]] = field(default_factory=dict)
    rows: list[U8] = field(default_factory=list)

    def add(self, name: str, value: float) -> None:
        self.figures.setdefault(name, []).append(value)

    def paired(self, pair: Pair) -> None:
        """Every stage against the truth."""
        assert pair.truth is not None
        result = dressing.dress(self.nets.cyclegan, pair.scene, Fit())
        self.add("worn_iou", iou(dressing.showing(result.worn, result.front) > 127, pair.regions["garment"]))
        pictures = stages(self.nets, pair.scene, result)
        self.rows.append(_row([pair.truth, pair.scene.photo, *pictures.values()]))
        truth = self.eye.features(pair.truth)
        for stage, picture in pictures.items():
            ssim, seen = likeness.ssim_map(picture, pair.truth), self.eye.features(picture)
            for region, where in pair.regions.items():
                known = where.sum() >= LEAST
                scores = {
                    "ssim": float(ssim[where].mean()) if known else np.nan,
                    "psnr": likeness.psnr(picture, pair.truth, where) if known else np.nan,
                    "perceptual": self.eye.distance(seen, truth, where) if known else np.nan,
                }
                for measure, value in scores.items():
                    self.add(f"{stage}.{measure}.{region}", value)

    def unpaired(self, pair: Pair) -> None:
        """What can be said of a result without knowing the right one."""
        start = time.perf_counter()
        result = dressing.dress(self.nets.cyclegan, pair.scene, Fit())
        self.add("seconds_per_pair", pair.seconds + time.perf_counter() - start)
        pictures = stages(self.nets, pair.scene, result)
        self.rows.append(_row([pair.scene.photo, pair.scene.gown.rgba, *pictures.values()]))
        inside = dressing.showing(result.worn, result.front) > 127
        for stage, picture in pictures.items():
            self.crops.setdefault(stage, []).append(self.eye.embed(picture, inside))
        masks, joints = pairs.look(self.nets, {"photo": result.picture})
        gown = segmentation.enlarge(masks["photo"], result.picture)[1] > 127
        self.add("gown_iou", iou(gown, inside))
        self.add("leak_rate", leak(pair.scene, gown, inside))
        self.add("keypoint_drift", drift(pair.scene, joints["photo"][0]))
        self.add("keep_max_delta", kept_delta(pair.scene, result))
        self.add("seam_ratio", likeness.seam(result.picture, inside) / pair.seam)
        solid = cv2.erode((inside & (result.front == 0)).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        self.add("delta_e2000", likeness.colour_shift(result.picture, result.worn[:, :, :3], solid))
        best = likeness.sharpness(*pairs.resized(pair.scene.gown, (result.worn[:, :, 3] > 250).sum()))
        self.add("sharpness_ratio", likeness.sharpness(result.picture, solid) / best)


def stages(nets: Nets, scene: Scene, result: Result) -> dict[str, U8]:
    """The picture after each stage, the last being the product's own. The first three leave the old clothes."""
    size = (scene.photo.shape[0], scene.photo.shape[1])
    source, target = warp.pins(scene.gown, scene.body, Fit())
    shift = target[:2].mean(0) - source[:2].mean(0)  # shoulders on shoulders
    matrices = {
        "paste": np.column_stack([np.eye(2), shift]),
        "affine": np.linalg.lstsq(np.column_stack([source, np.ones(len(source))]), target, rcond=None)[0].T,
    }
    worn = {name: cv2.warpAffine(scene.gown.rgba, m, size[::-1]).astype(np.uint8) for name, m in matrices.items()}
    worn["tps"] = result.worn
    pictures = {name: blending.mix(w[:, :, :3], scene.photo, w[:, :, 3]) for name, w in worn.items()}
    composed = dressing.compose(scene, result.worn)
    return {**pictures, "composer": composed.picture, "cyclegan": result.picture}


def leak(scene: Scene, gown: Mask, inside: Mask) -> float:
    """Of the old clothes outside the new gown, the share that is still taken for a gown in the result."""
    beside = (scene.clothes > 127) & (cv2.dilate(inside.astype(np.uint8), np.ones((11, 11), np.uint8)) == 0)
    return float((gown & beside).sum() / beside.sum()) if beside.sum() >= LEAST else float("nan")


def drift(scene: Scene, after: F32) -> float:
    """Mean way of the joints that a gown does not hide, in torsos."""
    seen = [j for j in SEEN if scene.joints[j, 2] > 0 and after[j, 2] > 0]
    away = np.linalg.norm(scene.joints[seen, :2] - after[seen, :2], axis=1)
    return float(away.mean() / scene.body.torso)


def kept_delta(scene: Scene, result: Result) -> float:
    """The largest change of a pixel that should be the photo's own: outside the edit, and far from old and new gown."""
    touched = np.maximum(np.where(scene.clothes > 64, 255, 0), result.worn[:, :, 3]).astype(np.uint8)
    size = 2 * round(KEPT * touched.shape[0]) + 1
    kept = (result.edit == 0) | (cv2.dilate(touched, np.ones((size, size), np.uint8)) == 0)
    change = np.abs(result.picture.astype(int) - scene.photo).max(2)
    return float(change[kept].max(initial=0))


def _row(pictures: Iterable[U8]) -> U8:
    return np.hstack([tile(images.on_grey(p)) for p in pictures])


def look_at(data: Path, split: str, weights: Path, limit: int, folder: Path) -> None:
    """Write what an eye must judge, photo and result side by side at full size: others' gowns, the catalogue's."""
    threads.use(1)
    photos, nets = CCP(data), Nets.load(weights)
    both = chain(pairs.unpaired(photos, split, nets, limit), pairs.shop(photos, split, nets, pairs.CATALOGUE, limit))
    for pair in tqdm(both, f"writing to {folder}", mininterval=5):
        result = dressing.dress(nets.cyclegan, pair.scene, Fit())
        write(folder / f"{pair.name.replace(' ', '-')}.jpg", np.hstack([pair.scene.photo, result.picture]))


def tryon_figures(data: Path, split: str, weights: Path, limit: int = 0, sheet: Path | None = None) -> dict[str, Any]:
    """Every figure, with 95 % of each in `intervals`; the pairs with all stages on `sheet`, and a table printed."""
    threads.use(1)
    judge, photos = Judge(Nets.load(weights)), CCP(data)
    rendered = (data / triples.MANIFEST).exists()
    known = Triples(data).paired(judge.nets, limit) if rendered else pairs.paired(photos, split, judge.nets, limit)
    for pair in tqdm(known, "paired", mininterval=5):
        judge.paired(pair)
    if not rendered:
        for pair in tqdm(pairs.unpaired(photos, split, judge.nets, limit), "unpaired", mininterval=5):
            judge.unpaired(pair)
    if sheet:
        write(sheet, np.vstack(judge.rows))
    figures = summary(judge, None if rendered else real_crops(photos, judge.eye))
    Console(width=120).print(table(figures))
    return figures


def real_crops(data: CCP, eye: Perception) -> F32:
    """Features of the labelled long gowns that people wear in photos for training, none of which is tried on."""
    ids = sorted(set(data.split("train", labelled=True)) & set(data.split("long_gowns")))
    return np.stack([eye.embed(data.photo(i), data.labels(i) == Region.GOWN) for i in ids])


def summary(judge: Judge, real: F32 | None) -> dict[str, Any]:
    """Means and their intervals, nested by the dots in their names; `real`: features of gowns in real photos."""
    means = {name: likeness.mean(values) for name, values in judge.figures.items()}
    spread = {name: likeness.interval(values) for name, values in judge.figures.items()}
    if real is not None:
        means["keep_max_delta"] = max(judge.figures["keep_max_delta"])
        centre, scale = real.mean(0), real.std(0) + 1e-6
        real = (real - centre) / scale
        for stage, crops in judge.crops.items():
            fakes = (np.stack(crops) - centre) / scale
            means[f"{stage}.kid"] = likeness.kid(fakes, real)
            spread[f"{stage}.kid"] = likeness.kid_interval(fakes, real)
    counts = {"pairs": len(judge.rows), "unpaired": len(judge.crops.get("paste", [])), "perceptual_net": likeness.NET}
    return {**counts, **_nested(means), "intervals": _nested(spread)}


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {"stages": {}}
    for name, value in values.items():
        first, *rest = name.split(".")
        place = out["stages"].setdefault(first, {}) if first in STAGES else out
        *folders, leaf = rest or [first]
        for folder in folders:
            place = place.setdefault(folder, {})
        place[leaf] = value
    return out


def table(figures: dict[str, Any]) -> Table:
    """Stages down, measures across, each with its interval."""
    out = Table("", *STAGES, title=f"{figures['pairs'] - figures['unpaired']} paired, {figures['unpaired']} unpaired")
    means, spread = figures["stages"], figures["intervals"]["stages"]
    for measure in MEASURES:
        for region in REGIONS:
            cells = [_cell(means[s][measure][region], spread[s][measure][region]) for s in STAGES]
            out.add_row(f"{measure}, {region}", *cells)
    if figures["unpaired"]:
        out.add_row("KID x 1000", *(_cell(means[s]["kid"], spread[s]["kid"]) for s in STAGES))
    out.add_section()
    for name in [name for name in RESULTS if name in figures]:
        out.add_row(name, *[""] * (len(STAGES) - 1), _cell(figures[name], figures["intervals"][name]))
    return out


def _cell(value: float, spread: tuple[float, float]) -> str:
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f} ({spread[0]:.{digits}f}-{spread[1]:.{digits}f})"
