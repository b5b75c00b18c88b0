"""Segmentation's figures, the only ones that README and model card quote. What is measured is what is served."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
from tqdm import tqdm

from training.ccp import CCP
from training.metrics import boundary_iou, region_ious
from tryon import segmentation, threads
from tryon.images import U8
from tryon.runtime import Ready
from tryon.segmentation import UNetConfig

Out = TypeVar("Out")
WARM_UP = 2  # photos that are run but not timed


def timed(photos: Iterable[U8], call: Callable[[U8], Out]) -> tuple[list[Out], float]:
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
    masks, milliseconds = timed(photos, lambda photo: segmentation.closely(net, photo))
    scores = []
    for (photo, truth), mask in zip(pairs, masks, strict=True):
        guess = segmentation.label_map(np.dstack(segmentation.enlarge(mask, photo)))
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
