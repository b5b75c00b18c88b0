"""The answer of the REST contract: pictures as base64, OpenPose JSON, anchors, warnings."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from tryon import images, overlays, pose
from tryon.dressing import Result, Scene
from tryon.images import U8
from tryon.options import Options

MARK = "AI preview"


def build(scene: Scene, result: Result, options: Options) -> dict[str, Any]:
    """Everything of the answer but timings and versions."""
    picture = watermarked(result.picture) if options.watermark else result.picture
    height, width = picture.shape[:2]
    return {
        "image": _file(picture, options),
        "format": options.format,
        "width": width,
        "height": height,
        "views": {name: _file(VIEWS[name](scene, result), options) for name in options.views},
        "pose": pose.openpose_json(scene.joints),
        "anchors": scene.body.as_json(),
        "body": scene.body.stance_json(),
        "warnings": list(scene.warnings),
    }


def _file(picture: U8, options: Options) -> str:
    return base64.b64encode(images.encode(picture, fmt=options.format, quality=options.quality)).decode()


def watermarked(picture: U8) -> U8:
    """The picture with a small line in its lower right corner."""
    out = picture.copy()
    scale = picture.shape[1] / 900
    thick = max(1, round(1.5 * scale))
    (width, height), _ = cv2.getTextSize(MARK, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
    place = (picture.shape[1] - width - height, picture.shape[0] - height)
    for shift, colour in ((thick, (40, 40, 40)), (0, (245, 245, 245))):  # a bolder outline would be a wider one
        at = (place[0] + shift, place[1] + shift)
        cv2.putText(out, MARK, at, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, thick, cv2.LINE_AA)
    return out


def masks_view(scene: Scene, result: Result) -> U8:
    """The photo with user in warm and clothes in cool colour."""
    return overlays.masks(scene.photo, scene.user, scene.clothes)


def pose_view(scene: Scene, result: Result) -> U8:
    """The photo with skeleton and anchor lines."""
    thick = max(2, round(scene.body.shoulder_width / 25))
    lines = [np.asarray(ends, np.float32) for ends in scene.body.as_json().values()]
    return overlays.skeleton(scene.photo, scene.joints, thick, lines)


def warp_view(scene: Scene, result: Result) -> U8:
    """The warped gown alone, on grey."""
    return images.on_grey(result.worn)


def before_after(scene: Scene, result: Result) -> U8:
    """Photo and result side by side."""
    return np.hstack([scene.photo, result.picture])


VIEWS: dict[str, Callable[[Scene, Result], U8]] = {
    "result": lambda scene, result: result.picture,
    "masks": masks_view,
    "pose": pose_view,
    "warp": warp_view,
    "before_after": before_after,
}
