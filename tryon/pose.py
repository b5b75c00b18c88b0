"""Pose, the model's whole story: joints and limbs, the belief-map net, decoding, the OpenPose JSON.

The net follows Convolutional Pose Machines (Wei et al., arXiv 1602.00134): each stage reads the picture's
features and the belief maps of the stage before, and every stage is supervised.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tryon import checkpoint, runtime
from tryon.images import F32, U8, Letterbox
from tryon.runtime import CPU, Ready
from tryon.trunk import Trunk, conv_bn, normalise, on_canvas, separable


class Joint(IntEnum):
    """COCO-18, OpenPose's order. Left and right are the person's own."""

    NOSE = 0
    NECK = 1
    RIGHT_SHOULDER = 2
    RIGHT_ELBOW = 3
    RIGHT_WRIST = 4
    LEFT_SHOULDER = 5
    LEFT_ELBOW = 6
    LEFT_WRIST = 7
    RIGHT_HIP = 8
    RIGHT_KNEE = 9
    RIGHT_ANKLE = 10
    LEFT_HIP = 11
    LEFT_KNEE = 12
    LEFT_ANKLE = 13
    RIGHT_EYE = 14
    LEFT_EYE = 15
    RIGHT_EAR = 16
    LEFT_EAR = 17


JOINTS = len(Joint)
# where each of COCO's 17 joints stands in Joint; the neck is no COCO joint
COCO_TO_OPENPOSE = (0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10)
MIRRORED = (0, 1, 5, 6, 7, 2, 3, 4, 11, 12, 13, 8, 9, 10, 15, 14, 17, 16)  # who is who in a mirrored picture
LIMBS = (
    (Joint.NECK, Joint.RIGHT_SHOULDER),
    (Joint.NECK, Joint.LEFT_SHOULDER),
    (Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW),
    (Joint.RIGHT_ELBOW, Joint.RIGHT_WRIST),
    (Joint.LEFT_SHOULDER, Joint.LEFT_ELBOW),
    (Joint.LEFT_ELBOW, Joint.LEFT_WRIST),
    (Joint.NECK, Joint.RIGHT_HIP),
    (Joint.RIGHT_HIP, Joint.RIGHT_KNEE),
    (Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE),
    (Joint.NECK, Joint.LEFT_HIP),
    (Joint.LEFT_HIP, Joint.LEFT_KNEE),
    (Joint.LEFT_KNEE, Joint.LEFT_ANKLE),
    (Joint.NECK, Joint.NOSE),
    (Joint.NOSE, Joint.RIGHT_EYE),
    (Joint.RIGHT_EYE, Joint.RIGHT_EAR),
    (Joint.NOSE, Joint.LEFT_EYE),
    (Joint.LEFT_EYE, Joint.LEFT_EAR),
)
STRIDE = 4  # picture pixels per belief-map cell
ABSENT = 0.12  # a belief below this is no joint


@dataclass(frozen=True)
class PoseConfig:
    """What a checkpoint needs to rebuild the net."""

    height: int = 288  # the canvas that pictures are letterboxed to
    width: int = 192
    features: int = 64
    stages: int = 3


class Stage(nn.Module):
    """One stage of belief maps: wide depthwise kernels see far, so that a limb can place the next."""

    def __init__(self, inputs: int, features: int, kernel: int) -> None:
        super().__init__()
        self.look = nn.Sequential(
            separable(inputs, features, kernel), separable(features, features, kernel), separable(features, features, 3)
        )
        self.belief = nn.Conv2d(features, JOINTS, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.belief(self.look(x))
        return out


class OpenPose(nn.Module):
    """In: pictures Nx3xHxW, RGB 0..255. Out: one NxJOINTSxH/4xW/4 tensor of belief maps a stage, 1 at a joint."""

    def __init__(self, config: PoseConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = Trunk()
        self.lateral = nn.ModuleList(conv_bn(c, config.features, 1) for c in (24, 40, 112, 320))
        self.join = separable(config.features, config.features)
        kernels = [3] + [7] * (config.stages - 1)
        joined = [config.features] + [config.features + JOINTS] * (config.stages - 1)
        self.stages = nn.ModuleList(Stage(i, config.features, k) for i, k in zip(joined, kernels, strict=True))

    def forward(self, pictures: Tensor) -> list[Tensor]:
        maps = self.trunk(normalise(pictures))[1:]  # strides 4, 8, 16, 32
        size = maps[0].shape[2:]
        sides = [
            nn.functional.interpolate(lat(m), size, mode="bilinear") for lat, m in zip(self.lateral, maps, strict=True)
        ]
        features = self.join(torch.stack(sides).sum(0))
        beliefs = [self.stages[0](features)]
        for stage in list(self.stages)[1:]:
            beliefs.append(stage(torch.cat([features, beliefs[-1]], 1)))
        return beliefs


def belief_targets(joints: Tensor, size: tuple[int, int], sigma: float = 1.5) -> Tensor:
    """Ideal belief maps (CPM, section 3.2): a Gaussian of `sigma` cells on each joint.

    joints: NxJOINTSx2 in picture pixels. Returns NxJOINTSxHxW for a map of `size`.
    """
    rows = (torch.arange(size[0], device=joints.device) + 0.5) * STRIDE
    columns = (torch.arange(size[1], device=joints.device) + 0.5) * STRIDE
    dx = columns.view(1, 1, 1, -1) - joints[..., 0, None, None]
    dy = rows.view(1, 1, -1, 1) - joints[..., 1, None, None]
    return torch.exp(-(dx**2 + dy**2) / (2 * (sigma * STRIDE) ** 2))


def decode(beliefs: F32) -> F32:
    """Belief maps JOINTSxHxW to joints JOINTSx3: x, y in picture pixels to a fraction of a cell, and a score in 0..1.

    The peak is moved to the centre of mass of the 5x5 cells around it.
    """
    count, height, width = beliefs.shape
    peaks = beliefs.reshape(count, -1).argmax(1)
    rows, columns = np.unravel_index(peaks, (height, width))
    joints = np.zeros((count, 3), np.float32)
    for number, (row, column) in enumerate(zip(rows, columns, strict=True)):
        top, left = max(0, row - 2), max(0, column - 2)
        window = beliefs[number, top : row + 3, left : column + 3].clip(0) + 1e-6
        window = window**2  # lean towards the peak: the Gaussian's foot is the noisiest part
        y, x = np.mgrid[top : top + window.shape[0], left : left + window.shape[1]] + 0.5
        joints[number] = (window * x).sum() / window.sum(), (window * y).sum() / window.sum(), 0
        joints[number, :2] *= STRIDE
        joints[number, 2] = np.clip(beliefs[number, row, column], 0, 1)
    return joints


class LastStage(nn.Module):
    """The belief maps that count, of the last stage: NxJOINTSxH/4xW/4."""

    def __init__(self, net: OpenPose) -> None:
        super().__init__()
        self.net = net

    def forward(self, pictures: Tensor) -> Tensor:
        beliefs: Tensor = self.net(pictures)[-1]
        return beliefs


def load(path: Path, device: torch.device = CPU, *, eager: bool = False) -> Ready[PoseConfig]:
    """The net of a checkpoint, ready to infer. Raises CheckpointError."""
    saved, states = checkpoint.load(path)
    config = checkpoint.rebuild(PoseConfig, saved)
    net = OpenPose(config)
    checkpoint.restore(net, states["openpose"], path)
    return Ready(LastStage(net), config, runtime.pictures(config.height, config.width), device, eager=eager)


def estimate(net: Ready[PoseConfig], pictures: list[U8]) -> list[F32]:
    """Joints of the main person in each HxWx3 RGB picture: JOINTSx3, x, y in the picture's pixels and a score 0..1.

    A joint that is not there has NaN for x and y and score 0.
    """
    if not pictures:
        return []
    batch, boxes = on_canvas(pictures, net.canvas)
    beliefs = net(batch).numpy()
    return [_on_picture(decode(b), box) for b, box in zip(beliefs, boxes, strict=True)]


def _on_picture(joints: F32, box: Letterbox) -> F32:
    out = joints.copy()
    out[:, :2] = box.inverse_points(joints[:, :2])
    height, width = box.source
    outside = (out[:, 0] < 0) | (out[:, 1] < 0) | (out[:, 0] >= width) | (out[:, 1] >= height)
    out[outside | (out[:, 2] < ABSENT)] = (np.nan, np.nan, 0)
    return out


def openpose_json(joints: F32) -> dict[str, Any]:
    """OpenPose's own output format, COCO-18; absent joints are 0, 0, 0 there, as OpenPose writes them."""
    flat = [round(float(v), 3) for v in np.nan_to_num(joints).reshape(-1)]
    return {"version": 1.3, "people": [{"person_id": [-1], "pose_keypoints_2d": flat}]}
