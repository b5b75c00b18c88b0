"""The whole try-on: start reading here.

`try_on` is the product in five lines, and the reference that a served answer must equal: the four nodes of the
workflow call the same four functions, each in its own process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from tryon import answer, cyclegan, dressing, images, pose, segmentation
from tryon.cyclegan import CycleGANConfig
from tryon.envelope import Envelope
from tryon.errors import InputValidationError
from tryon.landmarks import NAMES
from tryon.options import Landmarks, Options, parse
from tryon.pose import PoseConfig
from tryon.runtime import CPU, Ready
from tryon.segmentation import UNetConfig

FIELDS = ("photo", "gown", "landmarks", "options")


@dataclass(frozen=True)
class Nets:
    """The three models, ready to infer."""

    unet: Ready[UNetConfig]
    openpose: Ready[PoseConfig]
    cyclegan: Ready[CycleGANConfig]

    @classmethod
    def load(cls, weights: Path, device: torch.device = CPU) -> Nets:
        return cls(
            segmentation.load(weights / "segmentation.safetensors", device),
            pose.load(weights / "pose.safetensors", device),
            cyclegan.load(weights / "cyclegan.safetensors", device),
        )


def try_on(fields: Mapping[str, bytes], nets: Nets) -> dict[str, Any]:
    """The answer to a request: see `answer.build`. Raises TryOnError for what the caller can mend."""
    prepared = prepare(fields)
    masks = segment(nets.unet, prepared)
    joints = estimate_pose(nets.openpose, prepared)
    return generate(nets.cyclegan, prepared, masks, joints)


def prepare(fields: Mapping[str, bytes]) -> Envelope:
    """The request's fields, checked: `photo` HxWx3 and `gown` HxWx3 or HxWx4, upright sRGB; options and landmarks."""
    if unknown := sorted(set(fields) - set(FIELDS)):
        raise InputValidationError(f"Unknown field `{unknown[0]}`; the fields are {', '.join(FIELDS)}.")
    for name in ("photo", "gown"):
        if name not in fields:
            raise InputValidationError(f"The field `{name}` is missing: send a JPEG, PNG or WebP file.")
    options = parse(Options, fields.get("options"), "options") or Options()
    landmarks = parse(Landmarks, fields.get("landmarks"), "landmarks")
    if landmarks and (missing := sorted(set(NAMES) - set(landmarks.landmarks))):
        raise InputValidationError(f"The field `landmarks` lacks {', '.join(missing)}.")
    photo = images.on_grey(images.decode(fields["photo"], what="photo"))
    gown = images.decode(fields["gown"], what="gown picture")
    scale = min(1.0, options.max_side / max(gown.shape[:2]))
    points = {k: [x * scale, y * scale] for k, (x, y) in landmarks.landmarks.items()} if landmarks else None
    return Envelope(
        {"photo": images.bound(photo, options.max_side), "gown": images.bound(gown, options.max_side)},
        {"options": options.model_dump(), "landmarks": points},
    )


def ready_made(prepared: Envelope) -> bool:
    """Whether the gown is a prepared cut-out with landmarks, so that no net need look at it."""
    gown = prepared.tensors["gown"]
    return bool(prepared.meta["landmarks"]) and gown.shape[2] == 4 and bool((gown[:, :, 3] < 128).any())


def _pictures(prepared: Envelope) -> list[images.U8]:
    gown = [] if ready_made(prepared) else [images.on_grey(prepared.tensors["gown"])]
    return [prepared.tensors["photo"], *gown]


def segment(net: Ready[UNetConfig], prepared: Envelope) -> Envelope:
    """Masks `photo` and, unless the gown is ready made, `gown`: see `segmentation.closely`."""
    masks = [segmentation.closely(net, picture) for picture in _pictures(prepared)]
    return Envelope(dict(zip(("photo", "gown"), masks, strict=False)))


def estimate_pose(net: Ready[PoseConfig], prepared: Envelope) -> Envelope:
    """Joints of people, `photo` and, unless the gown is ready made, `gown`: see `pose.estimate`."""
    joints = pose.estimate(net, _pictures(prepared))
    return Envelope(dict(zip(("photo", "gown"), joints, strict=False)))


def generate(net: Ready[CycleGANConfig], prepared: Envelope, masks: Envelope, joints: Envelope) -> dict[str, Any]:
    """Warp the gown, compose, refine, lock; the answer as the REST contract words it, without timings."""
    options = Options.model_validate(prepared.meta["options"])
    photo, gown = prepared.tensors["photo"], prepared.tensors["gown"]
    scene = dressing.see(photo, gown, prepared.meta["landmarks"], masks.tensors, joints.tensors)
    result = dressing.dress(net, scene, options.fit)
    return answer.build(scene, result, options)
