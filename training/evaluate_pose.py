"""Pose's figures, the only ones that README and model card quote. What is measured is what is served."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from training.ccp import CCP, GUESSED, TRUSTED
from training.evaluate import timed
from training.figures import smoothed
from training.lspet import LSPET
from training.metrics import pck
from training.movenet import MoveNet
from tryon import pose, threads
from tryon.images import F32, U8
from tryon.joints import COCO_TO_OPENPOSE, Joint
from tryon.pose import UPPER, PoseConfig
from tryon.runtime import Ready

# an affine map 2x3 of a photo with these joints to a canvas (height, width)
Change = Callable[[U8, F32], tuple[npt.NDArray[np.float64], tuple[int, int]]]
Scores = dict[str, dict[str, float]]  # PCK by share of the torso, by joint
LOW = (Joint.RIGHT_KNEE, Joint.LEFT_KNEE, Joint.RIGHT_ANKLE, Joint.LEFT_ANKLE)


def pose_figures(data: Path, split: str, weights: Path, limit: int = 0, beside: Path | None = None) -> dict[str, Any]:
    """PCK over trusted joints and OKS-AP, on a folder in CCP's layout or LSPET's (splits `all` and `frontal`).

    `conditions` has the same for the photos made harder, `guesses` how sure the net is of knees and ankles that the
    teachers only guessed. `beside`: MoveNet as an ONNX file, measured on the same photos.
    """
    is_lspet = (data / "joints.csv").exists()
    photos: CCP | LSPET = LSPET(data) if is_lspet else CCP(data)
    ids = photos.split(split)
    if isinstance(photos, CCP):
        ids = photos.with_joints(ids)
    ids = ids[: limit or None]
    threads.use(1)
    net = pose.load(weights)
    pictures, truth = [photos.photo(i) for i in ids], np.stack([photos.joints(i) for i in ids])
    found, milliseconds = _joints(net, pictures)
    scores = _scores(found, truth)
    plain = {**scores, "oks_ap": oks_ap(found, truth), "ms_per_photo": milliseconds}
    harder = {}
    for name, change in HARDER.items():
        changed = [_moved(*pair, change) for pair in zip(pictures, truth, strict=True)]
        guesses, milliseconds = _joints(net, [picture for picture, _ in changed])
        harder[name] = {**_scores(guesses, np.stack([j for _, j in changed])), "ms_per_photo": milliseconds}
    dark = [(picture // 4).astype(np.uint8) for picture in pictures]
    harder["dark"] = _scores(_joints(net, dark)[0], truth)
    more = {"conditions": harder, "guesses": _guesses(found, truth), **_beside(beside, pictures, truth, scores)}
    return {"photos": len(ids), **plain, **more}


def _joints(net: Ready[PoseConfig], pictures: list[U8]) -> tuple[F32, float]:
    """The main person's joints in each picture, Nx18x3, and milliseconds a picture."""
    found, milliseconds = timed(pictures, lambda picture: pose.estimate(net, [picture])[0][0])
    return np.stack(found), milliseconds


def _scores(found: F32, truth: F32) -> Scores:
    return {"pck_0.1": pck(found, truth, 0.1), "pck_0.2": pck(found, truth, 0.2)}


def _guesses(found: F32, truth: F32) -> dict[str, float]:
    """Mean score of knees and ankles that are seen, and of those that the teachers guessed."""
    scores, kind = found[:, LOW, 2], truth[:, LOW, 2]
    named = {"seen": TRUSTED, "guessed": GUESSED}
    return {name: float(scores[kind == v].mean()) for name, v in named.items() if (kind == v).any()}


def _beside(model: Path | None, pictures: list[U8], truth: F32, ours: Scores) -> dict[str, Any]:
    """MoveNet's figures, and ours as a share of them: PCK@0.2 over shoulders, hips, elbows, wrists."""
    if model is None:
        return {}
    teacher = MoveNet(model)
    theirs, milliseconds = timed(pictures, teacher.joints)
    other = _scores(np.stack(theirs), truth)
    both = [np.mean([s["pck_0.2"][joint.name.lower()] for joint in UPPER]) for s in (ours, other)]
    return {"beside": {**other, "ms_per_photo": milliseconds, "upper_pck_0.2": both[1]},
            "upper_pck_0.2": both[0], "share_of_beside": both[0] / both[1]}  # fmt: skip


def _moved(picture: U8, joints: F32, change: Change) -> tuple[U8, F32]:
    """The picture and its joints after an affine change; joints outside are absent."""
    matrix, size = change(picture, joints)
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    source = smoothed(picture, scale)
    out = cv2.warpAffine(source, matrix, size[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    places = joints.copy()
    places[:, :2] = joints[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    away = (places[:, :2] < 0).any(1) | (places[:, :2] >= size[::-1]).any(1)
    places[away, 2] = 0
    return np.asarray(out, np.uint8), places.astype(np.float32)


def upper_body(picture: U8, joints: F32) -> tuple[npt.NDArray[np.float64], tuple[int, int]]:
    """From above the head to a little below the hips."""
    seen = joints[joints[:, 2] > 0, 1]
    hips = joints[[Joint.RIGHT_HIP, Joint.LEFT_HIP], 1].max()
    top = max(0.0, float(seen.min() - 0.3 * (hips - seen.min())))
    bottom = min(float(picture.shape[0]), float(hips + 0.15 * (hips - seen.min())))
    return np.array([[1, 0, 0], [0, 1, -top]]), (round(bottom - top), picture.shape[1])


def small(picture: U8, joints: F32) -> tuple[npt.NDArray[np.float64], tuple[int, int]]:
    """Her joints 150 pixels high, in the middle of a picture of 480x640."""
    seen = joints[joints[:, 2] > 0, :2]
    scale = 150 / float(np.ptp(seen[:, 1]))
    middle = (seen.min(0) + seen.max(0)) / 2
    shift = np.array([240, 320]) - scale * middle
    return np.array([[scale, 0, shift[0]], [0, scale, shift[1]]]), (640, 480)


def _rotated(degrees: float) -> Change:
    def change(picture: U8, joints: F32) -> tuple[npt.NDArray[np.float64], tuple[int, int]]:
        height, width = picture.shape[:2]
        return np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 0.8)), (height, width)

    return change


HARDER: dict[str, Change] = {
    "upper_body": upper_body,
    "small": small,
    "rotated_30": _rotated(30),
    "rotated_-30": _rotated(-30),
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
