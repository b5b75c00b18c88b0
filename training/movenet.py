"""Google's MoveNet SinglePose Thunder (Apache-2.0) as an ONNX file: a teacher for labels, a measure for our own net.

It is never shipped or served. In: RGB 1x3x256x256 in -1..1. Out: centre, regression, heatmap and offset heads.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from training.ccp import openpose_joints
from tryon.images import F32, U8

SIDE, GRID, CELL = 256, 64, 4
SEEN = 0.2  # score of a joint that helps to say where the person is
WIDE, CLOSE = 1.1, 1.35  # side of the square that is looked at, in the picture's or the person's longer side


class MoveNet:
    """Looks twice: at the whole picture, then at the square around whom it found."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._name = self._session.get_inputs()[0].name

    def joints(self, picture: U8) -> F32:
        """18x3 of an HxWx3 RGB picture: x, y in its pixels and a score 0..1, in OpenPose's order."""
        height, width = picture.shape[:2]
        coco = self._look(picture, np.array([width / 2, height / 2]), WIDE * max(height, width))
        sure = coco[coco[:, 2] > SEEN, :2]
        if len(sure) >= 4:
            low, high = sure.min(0), sure.max(0)
            coco = self._look(picture, (low + high) / 2, CLOSE * float((high - low).max()))
        return openpose_joints(coco.ravel().tolist())

    def _look(self, picture: U8, centre: NDArray[np.floating], side: float) -> F32:
        """COCO's 17 joints of whoever is in the middle of a square."""
        scale = SIDE / side
        matrix = np.array([[scale, 0, SIDE / 2 - centre[0] * scale], [0, scale, SIDE / 2 - centre[1] * scale]])
        square = cv2.warpAffine(picture, matrix, (SIDE, SIDE)).astype(np.float32) * (2 / 255) - 1
        heads = ["heatmap", "center", "regress", "offset"]
        maps, middle, away, offset = self._session.run(heads, {self._name: square.transpose(2, 0, 1)[None].copy()})
        out = _decoded(maps[0], middle[0, 0], away[0], offset[0])
        out[:, :2] = (out[:, :2] - SIDE / 2) / scale + centre
        return out


def _decoded(maps: F32, middle: F32, away: F32, offset: F32) -> F32:
    """Joints 17x3 in the square's pixels: the peak of each map near where the centre's regression expects it."""
    y, x = np.mgrid[:GRID, :GRID]
    row, column = np.unravel_index((middle / (np.hypot(y - GRID / 2, x - GRID / 2) + 1.8)).argmax(), middle.shape)
    out = np.zeros((len(maps), 3), np.float32)
    for k, belief in enumerate(maps):
        expected = row + away[2 * k, row, column], column + away[2 * k + 1, row, column]
        near = belief / (np.hypot(y - expected[0], x - expected[1]) + 1.8)
        r, c = np.unravel_index(near.argmax(), near.shape)
        out[k] = (c + offset[2 * k + 1, r, c]) * CELL, (r + offset[2 * k, r, c]) * CELL, belief[r, c]
    return out
