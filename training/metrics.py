"""Measures of segmentation and pose, on arrays."""

from __future__ import annotations

import cv2
import numpy as np

from tryon.images import F32, U8, Mask
from tryon.joints import Joint
from tryon.segmentation import Region

ANCHORS = (Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER, Joint.RIGHT_HIP, Joint.LEFT_HIP)


def iou(a: Mask, b: Mask) -> float:
    """Intersection over union; NaN where both are empty."""
    union = (a | b).sum()
    return float((a & b).sum() / union) if union else float("nan")


def region_ious(guess: U8, truth: U8) -> dict[str, float]:
    """IoU of user, gown and person of two HxW maps of Region values."""
    classes = {"user": Region.USER, "gown": Region.GOWN}
    scores = {name: iou(guess == value, truth == value) for name, value in classes.items()}
    return scores | {"person": iou(guess > 0, truth > 0)}


def boundary_iou(a: Mask, b: Mask, width: int = 8) -> float:
    """IoU of the inner bands of `width` pixels along both outlines (Cheng et al., arXiv 2103.16562)."""
    kernel = np.ones((3, 3), np.uint8)
    bands = [m & (cv2.erode(m.astype(np.uint8), kernel, iterations=width, borderValue=0) == 0) for m in (a, b)]
    return iou(*bands)


def pck(guesses: F32, truths: F32, share: float) -> dict[str, float]:
    """Share of trusted joints (v = 2) found within `share` of the torso, by joint, for the anchors and over all.

    guesses, truths: Nx18x3. The torso is the mean of the two shoulder-to-opposite-hip distances; an absent guess
    is a miss.
    """
    first = np.linalg.norm(truths[:, Joint.RIGHT_SHOULDER, :2] - truths[:, Joint.LEFT_HIP, :2], axis=1)
    second = np.linalg.norm(truths[:, Joint.LEFT_SHOULDER, :2] - truths[:, Joint.RIGHT_HIP, :2], axis=1)
    reach = share * (first + second) / 2
    away = np.linalg.norm(guesses[:, :, :2] - truths[:, :, :2], axis=2)
    hits = np.nan_to_num(away, nan=np.inf) <= reach[:, None]
    seen = truths[:, :, 2] == 2
    scores = {j.name.lower(): float(hits[seen[:, j], j].mean()) for j in Joint if seen[:, j].any()}
    anchors = list(ANCHORS)
    scores["anchors"] = float(hits[:, anchors][seen[:, anchors]].mean())
    scores["all"] = float(hits[seen].mean())
    return scores
