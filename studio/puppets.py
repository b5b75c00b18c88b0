"""Figures in any pose, for training the pose net: `python -m studio.puppets OUT --count 1200 --photos CCP`.

Photos of people who stand show a net few raised arms, lunges or bent elbows. These quick pictures do, with exact
joints: random bodies, poses, clothes and light, flat-shaded by painting faces from far to near, without Blender; over
half of them in the colours of people in photos (`studio/textures.py`), if a folder in CCP's layout is given. OUT gets
images/NNNN.png (RGBA, the figure alone) and keypoints.json in COCO's format; `tryon train pose --puppets OUT` puts
them before other photos' backgrounds.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from studio.attire import Layer, clad, dressed
from studio.figure import BaseMesh, Figure, Floats, landmarks, rotation, skin
from studio.poses import LEFT, random_pose, turn
from studio.textures import Texture
from training.ccp import CCP
from tryon.joints import COCO_TO_OPENPOSE

HEIGHT = 480  # of a picture, in pixels
FINE = 2  # painted at so many times the size, then averaged
SHOULDERS, HIPS = 0.015, 0.03  # of the way from hips to shoulders, by which people mark them higher
BODIES = 24  # different figures; poses, clothes and light differ in every picture
PHOTOGRAPHED = 0.6  # of the puppets wear a photo's colours
Drawn = tuple[str, tuple[int, ...], list[float]]


@dataclass(frozen=True)
class Camera:
    """A pinhole before the figure, looking along +y; metres."""

    distance: float
    height: float
    zoom: float  # pixels per metre at the figure's distance

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """Pixels (V, 2) about the picture's own middle, and depths (V,)."""
        depth = points[:, 1] + self.distance
        scale = self.zoom * self.distance / depth
        return np.stack([points[:, 0] * scale, (self.height - points[:, 2]) * scale], 1), depth


def bodies(random: np.random.Generator) -> dict[str, float]:
    """Morphs of a random adult: sex, origin, weight, muscle."""
    sex = "female" if random.random() < 0.7 else "male"
    origin = random.choice(["caucasian", "asian", "african"])
    muscle = random.choice(["minmuscle", "averagemuscle", "maxmuscle"])
    weight = random.choice(["minweight", "averageweight", "maxweight"], p=[0.35, 0.45, 0.2])
    shape = f"{sex}-young-{muscle}-{weight}"
    return {
        f"macrodetails/{origin}-{sex}-young": 1.0,
        f"macrodetails/universal-{shape}": 1.0,
        f"macrodetails/proportions/{shape}-idealproportions": float(random.uniform(0.2, 0.8)),
    }


def paint(layers: list[Layer], camera: Camera, light: Floats) -> tuple[np.ndarray, Floats]:
    """The picture HxWx4 of all layers, from far to near, and where its corner lies in the camera's pixels."""
    polygons, depths, colours = [], [], []
    for layer in layers:
        flat, depth = camera.project(layer.points)
        corners = layer.points[layer.faces]
        normal = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
        normal /= np.linalg.norm(normal, axis=1, keepdims=True).clip(1e-12)
        seen = (normal * (corners.mean(1) + [0, camera.distance, -camera.height])).sum(1) < 0
        seen |= layer.both_sides
        shade = 0.55 + 0.45 * np.abs(normal @ light) * np.where(normal @ light < 0, 0.3, 1)
        polygons.append(flat[layer.faces][seen])
        depths.append(depth[layer.faces].mean(1)[seen] - layer.nearer)
        colours.append((layer.colours * shade[:, None])[seen])
    shapes, colour = np.concatenate(polygons) * FINE, np.concatenate(colours).clip(0, 255)
    corner = np.floor(shapes.min((0, 1))) - 8 * FINE
    width, height = (np.ceil(shapes.max((0, 1)) - corner) + 8 * FINE).astype(int)
    canvas = np.zeros((height, width, 3), np.uint8)
    matte = np.zeros((height, width), np.uint8)
    fixed = np.round((shapes - corner) * 16).astype(np.int32)
    for index in np.concatenate(depths).argsort()[::-1]:
        cv2.fillConvexPoly(canvas, fixed[index], colour[index].tolist(), shift=4)
        cv2.fillConvexPoly(matte, fixed[index], 255, shift=4)
    size = (width // FINE, height // FINE)
    small = cv2.resize(cv2.GaussianBlur(canvas, (0, 0), 0.8 * FINE), size, interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(matte, size, interpolation=cv2.INTER_AREA)
    return np.dstack([small, alpha]), corner / FINE


def picture(base: BaseMesh, texture: Texture | None, random: np.random.Generator) -> tuple[np.ndarray, Floats]:
    """A figure HxWx4 and its joints 17x3: x, y, and COCO's visibility (a turned head's far side is a guess)."""
    yaw = float(np.clip(random.normal(0, 35), -85, 85))
    tilt = float(np.clip(random.normal(0, 12), -35, 35))  # of the camera
    posed = skin(base, random_pose(random)) @ turn(yaw).T @ rotation(LEFT, tilt).T
    figure = Figure(base, posed)
    joints = landmarks(figure)
    tall, middle = np.ptp(posed[:, 2]), posed[:, 2].mean()
    camera = Camera(random.uniform(2.5, 8), middle + random.uniform(-0.5, 0.8), HEIGHT / max(tall, 1.2))
    light = turn(random.uniform(-80, 80)) @ np.array([0.0, -0.8, 0.6])
    layers = clad(figure, random) if texture else dressed(figure, random)
    image, corner = paint([texture.wrapped(figure, layer) for layer in layers] if texture else layers, camera, light)
    places, depth = camera.project(joints)
    seen = np.full(17, 2.0)
    far = depth[:5] > depth[:5].mean() + 0.035
    seen[:5][far] = 1
    return image, np.c_[as_marked(places) - corner, seen]


def photographed(data: CCP) -> list[str]:
    """The photos of `train` whose people stand before the camera, all joints and a matte known."""
    ids = data.with_joints(data.split("train"))
    return [i for i in ids if _frontal(_joints(data, i)) and data.has_matte(i)]


def _joints(data: CCP, photo_id: str) -> Floats:
    """COCO's 17 joints 17x3."""
    return np.asarray(data.joints(photo_id)[list(COCO_TO_OPENPOSE)], np.float64)


def _frontal(joints: Floats) -> bool:
    """Whether all joints are there, and both sides' shoulders and hips where they are seen from the front."""
    torso = joints[[11, 12], 1].mean() - joints[[5, 6], 1].mean()
    shoulders, hips = joints[5, 0] - joints[6, 0], joints[11, 0] - joints[12, 0]
    return bool((joints[:, 2] > 0).all() and shoulders > 0.35 * torso and hips > 0)


def texture_of(data: CCP, photo_id: str) -> Texture:
    """The person of a photo as a texture."""
    photo = data.photo(photo_id)
    matte = data.matte(photo_id, (photo.shape[0], photo.shape[1]))
    assert matte is not None  # photographed() saw to it
    return Texture(photo, matte, _joints(data, photo_id)[:, :2])


def as_marked(places: Floats) -> Floats:
    """COCO's joints 17x2 where people mark them: shoulders and hips higher than the bones' heads lie. By how much,
    MoveNet tells on 295 puppets, in the median."""
    up = places[5:7].mean(0) - places[11:13].mean(0)
    marked = places.copy()
    marked[5:7] += SHOULDERS * up
    marked[11:13] += HIPS * up
    return marked


@dataclass(frozen=True)
class Booth:
    """Where puppets are drawn: what all of them share."""

    folder: Path
    seed: int
    figures: list[BaseMesh]
    data: CCP | None
    ids: list[str]

    def draw(self, number: int) -> Drawn:
        """Draw and keep one puppet: its name, height and width, and joints."""
        random = np.random.default_rng((self.seed, number))
        in_photo = self.data is not None and random.random() < PHOTOGRAPHED
        texture = texture_of(self.data, str(random.choice(self.ids))) if self.data and in_photo else None
        image, joints = picture(self.figures[number % len(self.figures)], texture, random)
        name = f"{number:04d}.png"
        cv2.imwrite(str(self.folder / name), cv2.cvtColor(image, cv2.COLOR_RGBA2BGRA))
        return name, image.shape[:2], joints.round(2).ravel().tolist()


_booth: list[Booth] = []  # of this process


def _drawn(number: int) -> Drawn:
    return _booth[0].draw(number)


def main() -> None:
    """Write the pictures and their joints, on all cores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--photos", type=Path, help="a folder in CCP's layout, whose people lend their colours")
    options = parser.parse_args()
    folder = options.out / "images"
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(options.seed)
    figures = [BaseMesh.load(bodies(random)) for _ in range(min(BODIES, options.count))]
    data = CCP(options.photos) if options.photos else None
    booth = Booth(folder, options.seed, figures, data, photographed(data) if data else [])
    images, annotations = [], []
    with ProcessPoolExecutor(initializer=_booth.append, initargs=(booth,), mp_context=get_context("fork")) as cores:
        every = tqdm(cores.map(_drawn, range(options.count), chunksize=8), f"puppets into {options.out}", options.count)
        for number, (name, (height, width), joints) in enumerate(every):
            images.append({"id": number, "file_name": name, "height": height, "width": width})
            annotations.append({"id": number, "image_id": number, "keypoints": joints})
    text = json.dumps({"info": {"recommended_exclude": []}, "images": images, "annotations": annotations})
    temporary = options.out / "keypoints.tmp"
    temporary.write_text(text)
    temporary.replace(options.out / "keypoints.json")


if __name__ == "__main__":
    main()
