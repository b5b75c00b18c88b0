"""Evaluation: the only source of figures in the README and the model cards. What is measured is what is served."""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from tqdm import tqdm

from training.ccp import CCP
from training.lspet import LSPET
from training.metrics import boundary_iou, pck, region_ious
from tryon import dressing, pose, segmentation, threads
from tryon.images import F32, U8
from tryon.pose import COCO_TO_OPENPOSE
from tryon.runtime import Ready
from tryon.segmentation import UNetConfig

Out = TypeVar("Out")
WARM_UP = 2  # photos that are run but not timed


def _timed(photos: Iterable[U8], call: Callable[[U8], Out]) -> tuple[list[Out], float]:
    """`call` on each photo, and its median milliseconds."""
    results, times = [], []
    for photo in tqdm(photos, mininterval=5):
        start = time.perf_counter()
        results.append(call(photo))
        times.append(1000 * (time.perf_counter() - start))
    return results, float(np.median(times[WARM_UP:] or times))


def segmentation_figures(data: Path, split: str, weights: Path, limit: int = 0) -> dict[str, Any]:
    """Mean over photos of per-photo IoU at the photo's own size; a class absent from both does not count.

    `conditions` has the same for the photos made harder: see HARDER.
    """
    threads.use(1)
    photos, net = CCP(data), segmentation.load(weights)
    ids = photos.split(split, labelled=True)[: limit or None]
    pairs = [(photos.photo(i), photos.labels(i)) for i in tqdm(ids, "loading photos")]
    plain, milliseconds = _segmentation_scores(net, pairs)
    harder = {name: [make(*pair) for pair in pairs] for name, make in HARDER.items()}
    return {
        "photos": len(ids),
        "iou": {name: plain[name] for name in ("user", "gown", "person")},
        "boundary_iou": {"person": plain["boundary"]},
        "ms_per_photo": milliseconds,
        "conditions": {name: _segmentation_scores(net, changed)[0] for name, changed in harder.items()},
    }


def _segmentation_scores(net: Ready[UNetConfig], pairs: list[tuple[U8, U8]]) -> tuple[dict[str, float], float]:
    """Mean IoUs of photos with label maps, the person's boundary IoU, and milliseconds a photo."""
    photos = [photo for photo, _ in pairs]
    masks, milliseconds = _timed(photos, lambda photo: segmentation.segment(net, [photo])[0])
    scores = []
    for (photo, truth), mask in zip(pairs, masks, strict=True):
        guess = segmentation.label_map(np.dstack(dressing.enlarge(mask, photo)))
        scores.append({**region_ious(guess, truth), "boundary": boundary_iou(guess > 0, truth > 0)})
    return {name: float(np.nanmean([s[name] for s in scores])) for name in scores[0]}, milliseconds


def upper_body(photo: U8, labels: U8) -> tuple[U8, U8]:
    """The upper half of the person, as a selfie shows her."""
    rows = np.flatnonzero((labels > 0).any(1))
    height = rows[-1] - rows[0]
    part = slice(max(0, rows[0] - height // 10), rows[0] + height // 2)
    return photo[part], labels[part]


def dark(photo: U8, labels: U8) -> tuple[U8, U8]:
    """A quarter of the light."""
    return (photo // 4).astype(np.uint8), labels


def blurred(photo: U8, labels: U8) -> tuple[U8, U8]:
    """Out of focus: a Gaussian of 1/250 of the photo's width."""
    return np.asarray(cv2.GaussianBlur(photo, (0, 0), photo.shape[1] / 250), np.uint8), labels


HARDER = {"upper_body": upper_body, "dark": dark, "blurred": blurred}


def pose_figures(data: Path, split: str, weights: Path, limit: int = 0) -> dict[str, Any]:
    """PCK over trusted joints and OKS-AP, on a folder in CCP's layout or LSPET's (splits `all` and `frontal`)."""
    is_lspet = (data / "joints.csv").exists()
    photos: CCP | LSPET = LSPET(data) if is_lspet else CCP(data)
    ids = photos.split(split)
    if isinstance(photos, CCP):
        ids = photos.with_joints(ids)
    ids = ids[: limit or None]
    threads.use(1)
    net = pose.load(weights)
    guesses, milliseconds = _timed(map(photos.photo, ids), lambda photo: pose.estimate(net, [photo])[0])
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
