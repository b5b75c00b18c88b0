"""Figures in any pose, for training the pose net: `python -m studio.puppets OUT --count 1200`.

Photos of people who stand show a net few raised arms, lunges or bent elbows. These quick pictures do, with exact
joints: random bodies, poses, clothes and light, flat-shaded by painting faces from far to near, without Blender.
OUT gets images/NNNN.png (RGBA, the figure alone) and keypoints.json in COCO's format; `tryon train pose --puppets OUT`
puts them before other photos' backgrounds.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from studio.attire import Layer, dressed
from studio.figure import BaseMesh, Figure, Floats, landmarks, skin
from studio.poses import random_pose, turn

HEIGHT = 480  # of a picture, in pixels
FINE = 2  # painted at so many times the size, then averaged
SHOULDERS, HIPS = 0.015, 0.03  # of the way from hips to shoulders, by which people mark them higher
BODIES = 24  # different figures; poses, clothes and light differ in every picture


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
    sex = "female" if random.random() < 0.8 else "male"
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


def picture(base: BaseMesh, random: np.random.Generator) -> tuple[np.ndarray, Floats]:
    """A figure HxWx4 and its joints 17x3: x, y, and COCO's visibility (a turned head's far side is a guess)."""
    yaw = float(np.clip(random.normal(0, 32), -85, 85))
    posed = skin(base, random_pose(random)) @ turn(yaw).T
    figure = Figure(base, posed)
    joints = landmarks(figure)
    tall = np.ptp(posed[:, 2])
    camera = Camera(random.uniform(2.5, 8), random.uniform(0.5, 1.8), HEIGHT / max(tall, 1.2))
    light = turn(random.uniform(-80, 80)) @ np.array([0.0, -0.8, 0.6])
    image, corner = paint(dressed(figure, random), camera, light)
    places, depth = camera.project(joints)
    seen = np.full(17, 2.0)
    far = depth[:5] > depth[:5].mean() + 0.035
    seen[:5][far] = 1
    return image, np.c_[as_marked(places) - corner, seen]


def as_marked(places: Floats) -> Floats:
    """COCO's joints 17x2 where people mark them: shoulders and hips higher than the bones' heads lie. By how much,
    MoveNet tells on 295 puppets, in the median."""
    up = places[5:7].mean(0) - places[11:13].mean(0)
    marked = places.copy()
    marked[5:7] += SHOULDERS * up
    marked[11:13] += HIPS * up
    return marked


def main() -> None:
    """Write the pictures and their joints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    folder = options.out / "images"
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(options.seed)
    figures = [BaseMesh.load(bodies(random)) for _ in range(min(BODIES, options.count))]
    images, annotations = [], []
    for number in tqdm(range(options.count), f"puppets into {options.out}"):
        image, joints = picture(figures[number % len(figures)], random)
        name = f"{number:04d}.png"
        cv2.imwrite(str(folder / name), cv2.cvtColor(image, cv2.COLOR_RGBA2BGRA))
        images.append({"id": number, "file_name": name, "height": image.shape[0], "width": image.shape[1]})
        annotations.append({"id": number, "image_id": number, "keypoints": joints.round(2).ravel().tolist()})
    text = json.dumps({"info": {"recommended_exclude": []}, "images": images, "annotations": annotations})
    temporary = options.out / "keypoints.tmp"
    temporary.write_text(text)
    temporary.replace(options.out / "keypoints.json")


if __name__ == "__main__":
    main()
