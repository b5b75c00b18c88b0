"""Pose, the model's whole story: the net, its ideal maps, from pictures to people's joints, the OpenPose JSON.

The net follows Convolutional Pose Machines (Wei et al., arXiv 1602.00134): each stage reads the picture's features and
the maps of the stage before, and every stage is supervised. Beside the belief maps of the joints it gives the part
affinity fields of the limbs (Cao et al., arXiv 1611.08050), by which `tryon.people` keeps two people apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tryon import checkpoint, int8, people, runtime
from tryon.images import F32, U8, Letterbox
from tryon.joints import JOINTS, LIMBS, MIRRORED, STRIDE, Joint
from tryon.runtime import CPU, Ready
from tryon.trunk import Trunk, conv_bn, normalise, on_canvas, separable

MAPS = JOINTS + 2 * len(LIMBS)  # channels of a stage
SEEN = 0.2  # a joint surer than this says where its person is
FEW = 6  # joints seen below which nobody knows where to look again
ROOM = 1.35  # height or width of the box around a person, in those of her joints
GAIN = 1.25  # a second look is worth its time if it sees her at least so much larger
CLEAR = 0.3  # a main person less sure than this may not be there at all
PART, PARTS = 0.6, ((0.5, 0.5), (0, 0), (0, 1), (1, 0), (1, 1))  # of height and width, and where parts of it lie
UPPER = [Joint[f"{side}_{part}"] for side in ("RIGHT", "LEFT") for part in ("SHOULDER", "HIP", "ELBOW", "WRIST")]


@dataclass(frozen=True)
class PoseConfig:
    """What a checkpoint needs to rebuild the net."""

    height: int = 288  # the canvas that pictures are letterboxed to
    width: int = 192
    features: int = 96
    stages: int = 3
    trunk: str = "lite0"  # a key of trunk.SIZES; older checkpoints do not say


class Stage(nn.Module):
    """One stage of maps: wide depthwise kernels see far, so that a limb can place the next."""

    def __init__(self, inputs: int, features: int, kernel: int) -> None:
        super().__init__()
        self.look = nn.Sequential(
            separable(inputs, features, kernel), separable(features, features, kernel), separable(features, features, 3)
        )
        self.maps = nn.Conv2d(features, MAPS, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.maps(self.look(x))
        return out


class OpenPose(nn.Module):
    """In: pictures Nx3xHxW, RGB 0..255. Out: one NxMAPSxH/4xW/4 tensor a stage: JOINTS belief maps, 1 at a joint, then
    x and y of each limb's field, a unit vector on the limb."""

    def __init__(self, config: PoseConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = Trunk(config.trunk)
        self.lateral = nn.ModuleList(conv_bn(c, config.features, 1) for c in self.trunk.channels[1:])
        self.join = separable(config.features, config.features)
        kernels = [3] + [7] * (config.stages - 1)
        joined = [config.features] + [config.features + MAPS] * (config.stages - 1)
        self.stages = nn.ModuleList(Stage(i, config.features, k) for i, k in zip(joined, kernels, strict=True))

    def forward(self, pictures: Tensor) -> list[Tensor]:
        maps = self.trunk(normalise(pictures))[1:]  # strides 4, 8, 16, 32
        size = maps[0].shape[2:]
        sides = [
            nn.functional.interpolate(lat(m), size, mode="bilinear") for lat, m in zip(self.lateral, maps, strict=True)
        ]
        features = self.join(torch.stack(sides).sum(0))
        out = [self.stages[0](features)]
        for stage in list(self.stages)[1:]:
            out.append(stage(torch.cat([features, out[-1]], 1)))
        return out


def belief_targets(joints: Tensor, size: tuple[int, int], sigma: float = 1.5) -> Tensor:
    """Ideal belief maps (CPM, section 3.2): a Gaussian of `sigma` cells on each joint.

    joints: NxJOINTSx2 in picture pixels. Returns NxJOINTSxHxW for a map of `size`.
    """
    rows = (torch.arange(size[0], device=joints.device) + 0.5) * STRIDE
    columns = (torch.arange(size[1], device=joints.device) + 0.5) * STRIDE
    dx = columns.view(1, 1, 1, -1) - joints[..., 0, None, None]
    dy = rows.view(1, 1, -1, 1) - joints[..., 1, None, None]
    return torch.exp(-(dx**2 + dy**2) / (2 * (sigma * STRIDE) ** 2))


def field_targets(joints: Tensor, size: tuple[int, int], width: float = 1.2) -> Tensor:
    """Ideal part affinity fields (arXiv 1611.08050, equation 8): the limb's unit vector within `width` cells of it.

    joints: NxJOINTSx2 in picture pixels. Returns Nx(2 LIMBS)xHxW, x and y of each limb in turn.
    """
    limbs = torch.tensor(LIMBS, device=joints.device)
    starts, ends = joints[:, limbs[:, 0]], joints[:, limbs[:, 1]]
    reach = ends - starts
    length = reach.norm(dim=2, keepdim=True).clamp(min=1e-3)
    unit = (reach / length)[..., None, None]
    rows = ((torch.arange(size[0], device=joints.device) + 0.5) * STRIDE).view(1, 1, -1, 1)
    columns = ((torch.arange(size[1], device=joints.device) + 0.5) * STRIDE).view(1, 1, 1, -1)
    dx, dy = columns - starts[..., 0, None, None], rows - starts[..., 1, None, None]
    forth = dx * unit[:, :, 0] + dy * unit[:, :, 1]
    aside = (dx * unit[:, :, 1] - dy * unit[:, :, 0]).abs()
    on = (aside <= width * STRIDE) & (forth >= -STRIDE) & (forth <= length[..., None] + STRIDE)
    fields: Tensor = on[:, :, None] * unit
    return fields.flatten(1, 2)


class BothWays(nn.Module):
    """The maps that count, of the last stage: NxMAPSxH/4xW/4, the mean over each picture and its mirror image."""

    def __init__(self, net: OpenPose) -> None:
        super().__init__()
        self.net = net

    def forward(self, pictures: Tensor) -> Tensor:
        ahead, behind = self.net(torch.cat([pictures, pictures.flip(3)]))[-1].chunk(2)
        out: Tensor = (ahead + mirrored(behind)) / 2
        return out


def mirrored(maps: Tensor) -> Tensor:
    """Maps NxMAPSxHxW of the mirror image: left is right, and fields point the other way."""
    limbs = [LIMBS.index((Joint(MIRRORED[a]), Joint(MIRRORED[b]))) for a, b in LIMBS]
    channels = [*MIRRORED, *(JOINTS + 2 * limb + way for limb in limbs for way in (0, 1))]
    signs = [1.0] * JOINTS + [-1.0, 1.0] * len(LIMBS)
    out: Tensor = maps.flip(3)[:, channels] * maps.new_tensor(signs)[:, None, None]
    return out


def restore(path: Path) -> tuple[PoseConfig, BothWays, int8.Ranges | None]:
    """Configuration, net and ranges of a checkpoint, as a PyTorch module. Raises CheckpointError."""
    saved, states = checkpoint.load(path)
    config = checkpoint.rebuild(PoseConfig, saved)
    net = OpenPose(config)
    checkpoint.restore(net, states["openpose"], path)
    return config, BothWays(net).eval(), states.get(checkpoint.RANGES)


def load(path: Path, device: torch.device = CPU, *, eager: bool = False) -> Ready[PoseConfig]:
    """The net of a checkpoint, ready to infer. Raises CheckpointError."""
    config, net, ranges = restore(path)
    return Ready(net, config, runtime.pictures(config.height, config.width), device, eager=eager, ranges=ranges)


def estimate(net: Ready[PoseConfig], pictures: list[U8]) -> list[F32]:
    """The people in each HxWx3 RGB picture, the main person first: PxJOINTSx3, x, y in the picture's pixels and a score
    0..1. There is always one. A joint that is not there has NaN for x and y and score 0.

    Whoever is small in the picture is looked at a second time, closer; if nobody is clearly there, so are its parts.
    """
    return [_clearest(net, picture, _closer(net, picture, _look(net, picture))) for picture in pictures]


def _look(net: Ready[PoseConfig], picture: U8, top: int = 0, left: int = 0) -> F32:
    """The people in a part of a picture that begins at a row and a column of it."""
    batch, boxes = on_canvas([picture], net.canvas)
    return _on_picture(people.find(net(batch).numpy()[0]), boxes[0]) + np.array([left, top, 0], np.float32)


def _closer(net: Ready[PoseConfig], picture: U8, found: F32) -> F32:
    """The main person's joints from a second look at the box around her, where that shows her much larger."""
    main = found[0]
    seen = main[main[:, 2] > SEEN, :2]
    if len(seen) < FEW:
        return found
    low, high = seen.min(0), seen.max(0)
    reach = ROOM / 2 * np.maximum(high - low, (high - low)[::-1] * (0.5, 0.75))
    top, left = np.maximum(((low + high) / 2 - reach)[::-1].astype(int), 0)
    bottom, right = ((low + high) / 2 + reach)[::-1].astype(int) + 1
    part = np.ascontiguousarray(picture[top:bottom, left:right])
    shapes = [(p.shape[0], p.shape[1]) for p in (part, picture)]
    scales = [Letterbox.fit(shape, net.canvas).scale for shape in shapes]
    if scales[0] < GAIN * scales[1]:
        return found
    again = _look(net, part, top, left)
    both = (again[:, :, 2] > 0) & (main[:, 2] > 0)
    away = np.linalg.norm(again[:, :, :2] - main[:, :2], axis=2)
    off = [float(away[i, same].mean()) if same.any() else np.inf for i, same in enumerate(both)]
    return np.concatenate([again[[int(np.argmin(off))]], found[1:]])


def _clearest(net: Ready[PoseConfig], picture: U8, found: F32) -> F32:
    """The people found, or, if none of them is clearly there, those of the part that shows somebody best."""
    if _sureness(found) >= CLEAR:
        return found
    height, width = (round(PART * side) for side in picture.shape[:2])
    places = [(int(y * (picture.shape[0] - height)), int(x * (picture.shape[1] - width))) for y, x in PARTS]
    parts = [_look(net, np.ascontiguousarray(picture[y : y + height, x : x + width]), y, x) for y, x in places]
    best = max(parts, key=_sureness)
    return _closer(net, picture, best) if _sureness(best) >= CLEAR else found


def _sureness(found: F32) -> float:
    """The mean score of the main person's shoulders, hips, elbows and wrists."""
    return float(found[0, UPPER, 2].mean())


def _on_picture(joints: F32, box: Letterbox) -> F32:
    """Joints PxJOINTSx3 of a canvas on its picture; what is too unsure or outside is absent."""
    out = joints.copy()
    out[..., :2] = box.inverse_points(joints[..., :2])
    height, width = box.source
    outside = (out[..., 0] < 0) | (out[..., 1] < 0) | (out[..., 0] >= width) | (out[..., 1] >= height)
    out[outside | (out[..., 2] < people.PEAK)] = (np.nan, np.nan, 0)
    return out


def openpose_json(joints: F32) -> dict[str, Any]:
    """OpenPose's own output format, COCO-18, as it writes it without hands and face; absent joints are 0, 0, 0."""
    flat = [round(float(v), 3) for v in np.nan_to_num(joints).reshape(-1)]
    parts = ("pose", "face", "hand_left", "hand_right")
    nothing: dict[str, list[float]] = {f"{part}_keypoints_{d}d": [] for d in (2, 3) for part in parts}
    return {"version": 1.3, "people": [{"person_id": [-1], **nothing, "pose_keypoints_2d": flat}]}
