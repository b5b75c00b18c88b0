"""What is measured on a gown in the scene: the camera that frames it, its landmarks, its neckline."""

import math

import numpy as np
from PIL import Image

from studio import bodices, scene
from studio.dressmaking import Worn
from studio.figure import SIDES, Floats

SIZE = (1024, 1536)  # width and height of a cut-out; a wide gown's is wider
FILLED, LEAST = 0.95, 0.905  # of the picture's height: gown and landmarks; the gown alone, which may lie far below them
DISTANCE = 5.0  # metres from the camera to the figure
SLEEVES = {"short": {"elbow": "elbow"}, "long": {"elbow": "elbow", "wrist": "hand"}}
MARGIN = 24  # pixels around a gown that is cropped to
NEAR = 0.012  # metres above and below a line that still lie on it

Marks = dict[str, tuple[float, float]]


def camera_for(worn: Worn, scale: float = 1.0) -> scene.Camera:
    """The camera whose picture the gown fills, with a margin all round."""
    shoulders = worn.figure.shoulders  # landmarks, above a strapless gown
    x, y, z = np.concatenate([shoulders, *(piece.points for piece in worn.pieces.values())]).T
    nearer = DISTANCE / (DISTANCE + y)
    middle = float(z.mean())
    for _ in range(5):
        up = (z - middle) * nearer
        middle += float(up.max() + up.min()) / 2
    height = min(float(np.ptp(up)) / FILLED, float(np.ptp(up[len(shoulders) :])) / LEAST)
    wide = 2 * float(np.abs(x * nearer).max()) / FILLED * SIZE[1] / height
    pixels = round(scale * max(SIZE[0], 2 * math.ceil(wide / 2))), round(scale * SIZE[1])
    return scene.Camera(middle - height / 2, middle + height / 2, pixels, DISTANCE)


def framed(cut_out: Image.Image) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what a cut-out is cropped to: the gown and a margin around it."""
    box = cut_out.getchannel("A").point(lambda a: 255 * (a > 127)).getbbox()
    if box is None:
        raise ValueError("nothing of the gown is in its picture")
    left, top, right, bottom = box
    limits = cut_out.size
    return (
        max(0, left - MARGIN),
        max(0, top - MARGIN),
        min(limits[0], right + MARGIN),
        min(limits[1], bottom + MARGIN),
    )


def landmarks(worn: Worn, camera: scene.Camera, sleeve: str) -> Marks:
    """In pixels of the picture, measured on the gown's surfaces: a sleeve cannot be taken for bodice. Where there are
    sleeves, elbows and wrists say along which bones they lie."""
    joints = {"hip_joint": "upper-leg", "knee": "knee", **SLEEVES.get(sleeve, {})}
    marks = {f"shoulder_{side}": camera.project(at) for side, at in zip(SIDES, worn.figure.shoulders, strict=True)}
    marks |= {
        f"{name}_{side}": camera.project(worn.figure.joint(f"{side[0]}-{joint}"))
        for name, joint in joints.items()
        for side in SIDES
    }
    levels = worn.figure.levels
    trunk = worn.bodice.points[worn.bodice.values["arm"] < bodices.ARMHOLE]
    for name, height in {
        "bust": levels["bust"],
        "underbust": 0.5 * (levels["bust"] + levels["waist"]),
        "waist": levels["waist"],
    }.items():
        marks |= _ends(name, trunk[np.abs(trunk[:, 2] - height) < NEAR], camera)
    skirt = worn.skirt.points
    marks |= _ends("hip", skirt[np.abs(skirt[:, 2] - levels["hip"]) < NEAR], camera)
    hem = skirt[worn.skirt.values["hem"] > 0.999]
    front = hem[hem[:, 1] < 0]
    return marks | _ends("hem", hem, camera) | {"hem_center": camera.project(front[np.abs(front[:, 0]).argmin()])}


def _ends(name: str, points: Floats, camera: scene.Camera) -> Marks:
    projected = sorted(camera.project(point) for point in points)
    return {f"{name}_right": projected[0], f"{name}_left": projected[-1]}


def neckline(worn: Worn, camera: scene.Camera, count: int = 15) -> list[tuple[float, float]]:
    """The upper edge of the bodice's front from the wearer's right to left, in pixels."""
    points = worn.bodice.points[worn.bodice.values["arm"] < bodices.ARMHOLE]
    front = points[points[:, 1] < np.median(points[:, 1])]
    found = []
    for x in np.linspace(0.98 * front[:, 0].min(), 0.98 * front[:, 0].max(), count):
        near = front[np.abs(front[:, 0] - x) < NEAR]
        found.append(camera.project(near[near[:, 2].argmax()]))
    return found
