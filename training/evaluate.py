"""Evaluation: the only source of figures in the README and the model cards. What is measured is what is served."""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from tqdm import tqdm

from training.ccp import CCP
from training.lspet import LSPET
from training.metrics import boundary_iou, pck, region_ious
from tryon import dressing, pose, segmentation
from tryon.images import F32
from tryon.pose import COCO_TO_OPENPOSE

Out = TypeVar("Out")
WARM_UP = 2  # photos that are run but not timed


def _timed(items: list[str], one: Callable[[str], Out], call: Callable[[Out], Any]) -> tuple[list[Any], float]:
    """`call` on each loaded item, and its median milliseconds on one thread."""
    torch.set_num_threads(1)
    results, times = [], []
    for item in tqdm(items, mininterval=5):
        loaded = one(item)
        start = time.perf_counter()
        results.append(call(loaded))
        times.append(1000 * (time.perf_counter() - start))
    return results, float(np.median(times[WARM_UP:] or times))


def segmentation_figures(data: Path, split: str, weights: Path, limit: int = 0) -> dict[str, Any]:
    """Mean over photos of per-photo IoU at the photo's own size; a class absent from both does not count."""
    photos, net = CCP(data), segmentation.load(weights)
    ids = photos.split(split, labelled=True)[: limit or None]
    masks, milliseconds = _timed(ids, photos.photo, lambda photo: segmentation.segment(net, [photo])[0])
    scores, edges = [], []
    for photo_id, mask in zip(ids, masks, strict=True):
        guess = segmentation.label_map(np.dstack(dressing.enlarge(mask, photos.photo(photo_id))))
        truth = photos.labels(photo_id)
        scores.append(region_ious(guess, truth))
        edges.append(boundary_iou(guess > 0, truth > 0))
    return {
        "photos": len(ids),
        "iou": {name: float(np.nanmean([s[name] for s in scores])) for name in scores[0]},
        "boundary_iou": {"person": float(np.nanmean(edges))},
        "ms_per_photo": milliseconds,
    }


def pose_figures(data: Path, split: str, weights: Path, limit: int = 0) -> dict[str, Any]:
    """PCK over trusted joints and OKS-AP, on a folder in CCP's layout or LSPET's (splits `all` and `frontal`)."""
    is_lspet = (data / "joints.csv").exists()
    photos: CCP | LSPET = LSPET(data) if is_lspet else CCP(data)
    ids = photos.split(split)
    if isinstance(photos, CCP):
        ids = photos.with_joints(ids)
    ids = ids[: limit or None]
    net = pose.load(weights)
    guesses, milliseconds = _timed(ids, photos.photo, lambda photo: pose.estimate(net, [photo])[0])
    found, truth = np.stack(guesses), np.stack([photos.joints(i) for i in ids])
    return {
        "photos": len(ids),
        "pck_0.1": pck(found, truth, 0.1),
        "pck_0.2": pck(found, truth, 0.2),
        "oks_ap": oks_ap(found, truth),
        "ms_per_photo": milliseconds,
    }


def oks_ap(guesses: F32, truths: F32) -> float:
    """COCO's keypoint AP (OKS 0.50 to 0.95) over trusted joints, one person a photo; without the neck.

    The person's area is half of the joints' bounding box, about what COCO's masks cover.
    """
    order = list(COCO_TO_OPENPOSE)
    people, found = [], []
    for number, (guess, truth) in enumerate(zip(guesses[:, order], truths[:, order], strict=True), 1):
        seen = truth[:, 2] == 2
        low, high = truth[seen, :2].min(0), truth[seen, :2].max(0)
        points = np.where(seen[:, None], truth, 0)
        box = [*low.tolist(), *(high - low).tolist()]
        area = float(np.prod(high - low)) / 2
        common = {"image_id": number, "category_id": 1}
        people.append(
            {**common, "id": number, "keypoints": points.ravel().tolist(), "num_keypoints": int(seen.sum()),
             "bbox": box, "area": area, "iscrowd": 0}
        )  # fmt: skip
        score = float(guess[:, 2].mean())
        found.append({**common, "keypoints": np.nan_to_num(guess).ravel().tolist(), "score": score})
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools prints its tables
        coco = COCO()
        images = [{"id": p["image_id"]} for p in people]
        coco.dataset = {
            "info": {},
            "images": images,
            "annotations": people,
            "categories": [{"id": 1, "name": "person"}],
        }
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes(found), "keypoints")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return float(judge.stats[0])
