"""The answer of the REST contract: pictures as base64, OpenPose JSON, anchors, warnings."""

from __future__ import annotations

import base64
import colorsys
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from tryon import draw, images, pose
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
    cv2.putText(out, MARK, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (40, 40, 40), 2 * thick + 1, cv2.LINE_AA)
    cv2.putText(out, MARK, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (245, 245, 245), thick, cv2.LINE_AA)
    return out


def masks_view(scene: Scene, result: Result) -> U8:
    """The photo with user in warm and clothes in cool colour."""
    warm, cool = np.array([1, 0.6, 0.3], np.float32), np.array([0.3, 0.6, 1], np.float32)
    tint = scene.user[:, :, None] * warm + scene.clothes[:, :, None] * cool
    return np.asarray((0.55 * scene.photo + 0.45 * tint.clip(0, 255)).clip(0, 255), np.uint8)


def pose_view(scene: Scene, result: Result) -> U8:
    """The photo with skeleton and anchor lines."""
    out = scene.photo.copy()
    thick = max(2, round(scene.body.shoulder_width / 25))
    for number, (a, b) in enumerate(pose.LIMBS):
        if scene.joints[a, 2] > 0 and scene.joints[b, 2] > 0:
            red, green, blue = colorsys.hsv_to_rgb(number / len(pose.LIMBS), 0.85, 1)
            colour = (round(255 * red), round(255 * green), round(255 * blue))
            draw.stroke(out, [scene.joints[a, :2], scene.joints[b, :2]], thick, colour)
    for ends in scene.body.as_json().values():
        draw.stroke(out, np.asarray(ends), thick / 2, (255, 255, 255))
    return out


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
