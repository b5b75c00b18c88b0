"""Drawn people: a figure of plain shapes with its joints and label map, for tests that need a truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat

from tryon import draw
from tryon.gown import Gown
from tryon.images import F32, U8
from tryon.joints import COCO_TO_OPENPOSE, JOINTS, Joint
from tryon.segmentation import Region

SKIN, SHIRT, TROUSERS, WALL = (200, 150, 125), (40, 90, 160), (60, 60, 70), (225, 220, 205)


def joints(scale: float = 1.0, shift: tuple[float, float] = (0, 0)) -> F32:
    """18x3 of a person who stands in a picture 240 wide and 360 high, facing the camera, arms a little away."""
    places = {
        "NOSE": (120, 50), "NECK": (120, 85), "RIGHT_SHOULDER": (92, 88), "RIGHT_ELBOW": (76, 132),
        "RIGHT_WRIST": (68, 172), "LEFT_SHOULDER": (148, 88), "LEFT_ELBOW": (164, 132), "LEFT_WRIST": (172, 172),
        "RIGHT_HIP": (104, 172), "RIGHT_KNEE": (102, 240), "RIGHT_ANKLE": (101, 305), "LEFT_HIP": (136, 172),
        "LEFT_KNEE": (138, 240), "LEFT_ANKLE": (139, 305), "RIGHT_EYE": (114, 44), "LEFT_EYE": (126, 44),
        "RIGHT_EAR": (106, 47), "LEFT_EAR": (134, 47),
    }  # fmt: skip
    out = np.full((JOINTS, 3), 0.9, np.float32)
    for name, place in places.items():
        out[Joint[name], :2] = np.asarray(place) * scale + shift
    return out


def person(pose: F32, size: tuple[int, int] = (360, 240)) -> tuple[U8, U8]:
    """A picture HxWx3 and its label map HxW: bare head, forearms and hands; shirt and trousers."""
    labels = np.zeros(size, np.uint8)
    width = float(pose[Joint.LEFT_SHOULDER, 0] - pose[Joint.RIGHT_SHOULDER, 0])
    at = {joint: pose[joint, :2] for joint in Joint}
    for side in ("RIGHT", "LEFT"):
        draw.stroke(labels, [at[Joint[f"{side}_HIP"]], at[Joint[f"{side}_ANKLE"]]], 0.42 * width, 3)
    corners = [Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER, Joint.LEFT_HIP, Joint.RIGHT_HIP]
    draw.polygon(labels, pose[corners, :2], 2)
    draw.stroke(labels, [at[Joint.NECK], (at[Joint.RIGHT_HIP] + at[Joint.LEFT_HIP]) / 2], 0.85 * width, 2)
    for side in ("RIGHT", "LEFT"):
        draw.stroke(labels, [at[Joint[f"{side}_SHOULDER"]], at[Joint[f"{side}_ELBOW"]]], 0.28 * width, 2)
        elbow, wrist = at[Joint[f"{side}_ELBOW"]], at[Joint[f"{side}_WRIST"]]
        draw.stroke(labels, [elbow, wrist, wrist + 0.35 * (wrist - elbow)], 0.2 * width, 1)
    draw.stroke(labels, [at[Joint.NOSE], at[Joint.NECK]], 0.3 * width, 1)
    draw.disc(labels, at[Joint.NOSE], 0.38 * width, 1)
    palette = np.array([WALL, SKIN, SHIRT, TROUSERS], np.uint8)
    noise = np.random.default_rng(0).integers(-6, 7, (*size, 3))
    picture = (palette[labels] + noise).clip(0, 255).astype(np.uint8)
    region = np.array([Region.BACKGROUND, Region.USER, Region.GOWN, Region.GOWN], np.uint8)
    return picture, region[labels]


def masks(labels: U8) -> U8:
    """HxWx2 as the segmentation node gives them."""
    return np.dstack([(labels == Region.USER) * 255, (labels == Region.GOWN) * 255]).astype(np.uint8)


def gown() -> Gown:
    """A flared, sleeveless cut-out 400 wide and 800 high, with a grid drawn on it, and its landmarks."""
    marks = {
        "shoulder_right": (144.0, 60.0), "shoulder_left": (256.0, 60.0), "bust_right": (150.0, 120.0),
        "bust_left": (250.0, 120.0), "waist_right": (158.0, 175.0), "waist_left": (242.0, 175.0),
        "hip_right": (138.0, 230.0), "hip_left": (262.0, 230.0), "hem_right": (50.0, 680.0),
        "hem_left": (350.0, 680.0), "hem_center": (200.0, 690.0),
    }  # fmt: skip
    order = ["bust_right", "waist_right", "hip_right", "hem_right", "hem_center", "hem_left", "hip_left", "waist_left"]
    alpha = np.zeros((800, 400), np.uint8)
    draw.polygon(alpha, np.array([marks[name] for name in [*order, "bust_left"]]), 255)
    colour = np.full((800, 400, 3), (250, 246, 235), np.uint8)
    colour[::16] = colour[:, ::16] = (150, 40, 60)
    return Gown(np.dstack([colour, alpha]), marks)


def ccp(root: Path, count: int = 4) -> Path:
    """A folder in CCP's layout with `count` photos in `train` and the same in `val`."""
    names = ["null", "skin", "shirt", "pants", "dress", "hair", "bag"]
    for folder in ("photos", "pixel-level", "poses"):
        (root / folder).mkdir(parents=True)
    savemat(root / "label_list.mat", {"label_list": np.array([names], dtype=object)})
    images, annotations, ids = [], [], [f"{n:04d}" for n in range(1, count + 1)]
    for number, photo_id in enumerate(ids):
        pose = joints(0.9 + 0.02 * number, (8 - 2 * number, 10))
        picture, labels = person(pose)
        raw = np.array([0, 1, 4], np.uint8)[labels]
        Image.fromarray(picture).save(root / "photos" / f"{photo_id}.jpg", quality=95)
        savemat(root / "pixel-level" / f"{photo_id}.mat", {"groundtruth": raw})
        flat = np.column_stack([pose[list(COCO_TO_OPENPOSE), :2], np.full(17, 2)])
        images.append({"id": number, "file_name": f"{photo_id}.jpg"})
        annotations.append({"image_id": number, "keypoints": flat.ravel().tolist()})
    info = {"recommended_exclude": []}
    about = {"info": info, "images": images, "annotations": annotations}
    (root / "poses" / "keypoints.json").write_text(json.dumps(about))
    splits = {"train": ids, "val": ids, "long_gowns": ids[:2], "tagged_dress_unlabelled": []}
    (root / "splits.json").write_text(json.dumps(splits))
    return root
