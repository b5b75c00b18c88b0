"""Joints for a shop's own photos from a permissive teacher:
`python -m training.label_poses PHOTOS OUT --teacher MODEL`.

The teacher (MoveNet Thunder as an ONNX file, Apache-2.0) sees each photo and its mirror image. Where both agree, a
joint is trusted (v = 2); where they differ or the teacher is unsure, it is a guess (v = 1). OUT is a keypoints.json in
COCO's format, as CCP/poses has it, and a sheet of skeletons beside it. Photos without a clear person are named and
left out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from tqdm import tqdm

from training.figures import GUESSED, TRUSTED
from training.movenet import MoveNet
from training.samples import SUFFIXES, Skipped, read_photo
from training.visualize import sheet, tile
from tryon import overlays
from tryon.images import F32, U8
from tryon.joints import COCO_TO_OPENPOSE, MIRRORED, Joint

AGREE = 0.1  # of the torso: how far the two views of a trusted joint may lie apart
SURE = 0.3  # score of a trusted joint
TORSO = (Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER, Joint.RIGHT_HIP, Joint.LEFT_HIP)


def labelled(teacher: MoveNet, photo: U8) -> F32 | None:
    """Joints 18x3 of x, y and COCO's visibility; None where shoulders and hips are not trusted."""
    plain = teacher.joints(photo)
    other = teacher.joints(np.ascontiguousarray(photo[:, ::-1]))[list(MIRRORED)]
    other[:, 0] = photo.shape[1] - other[:, 0]
    torso = np.linalg.norm(plain[TORSO[0], :2] - plain[TORSO[3], :2])
    away = np.linalg.norm(plain[:, :2] - other[:, :2], axis=1)
    trusted = (away < AGREE * max(float(torso), 1.0)) & (np.minimum(plain[:, 2], other[:, 2]) > SURE)
    if not trusted[list(TORSO)].all():
        return None
    places = (plain[:, :2] + other[:, :2]) / 2
    return np.column_stack([places, np.where(trusted, TRUSTED, GUESSED)]).astype(np.float32)


def coco(joints: F32) -> list[float]:
    """18x3 as COCO's flat list of 17 joints."""
    return [round(float(value), 1) for value in joints[list(COCO_TO_OPENPOSE)].ravel()]


def main(
    photos: Annotated[Path, typer.Argument(help="a folder of pictures", exists=True)],
    out: Annotated[Path, typer.Argument(help="the keypoints.json to write")],
    teacher: Annotated[Path, typer.Option(help="movenet_thunder.onnx", exists=True)],
) -> None:
    """Label the main person's joints in photos."""
    net, skipped = MoveNet(teacher), Skipped()
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    tiles: list[U8] = []
    unclear: list[str] = []
    paths = sorted(path for path in photos.iterdir() if path.suffix.lower() in SUFFIXES)
    for path in tqdm(paths, f"labelling into {out}"):
        try:
            photo = read_photo(path)
        except OSError as error:
            skipped.add(path.name, error)
            continue
        joints = labelled(net, photo)
        if joints is None:
            unclear.append(path.name)
            continue
        number = len(images) + 1
        images.append({"id": number, "file_name": path.name, "height": photo.shape[0], "width": photo.shape[1]})
        annotations.append({"id": number, "image_id": number, "category_id": 1, "keypoints": coco(joints)})
        tiles.append(tile(overlays.skeleton(photo, joints, max(2, photo.shape[1] // 150))))
    info = {"teachers": teacher.name, "fields": "v: 2 trusted, 1 guessed", "recommended_exclude": []}
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_suffix(".tmp")
    temporary.write_text(json.dumps({"info": info, "images": images, "annotations": annotations}))
    temporary.replace(out)
    print(f"{len(images)} photos labelled in {out}; without a clear person: {', '.join(unclear) or 'none'}")
    if tiles:
        print("look at", sheet(out.with_suffix(".jpg"), tiles, 8))


if __name__ == "__main__":
    typer.run(main)
