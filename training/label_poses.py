"""Joints for a shop's own photos from permissive teachers:
`python -m training.label_poses PHOTOS OUT --movenet MODEL --blazepose`.

Teachers are MoveNet Thunder (an ONNX file) and BlazePose, both Apache-2.0; one or both. Each sees each photo and its
mirror image. Where all views agree, a joint is trusted (v = 2); where they differ or are unsure, it is a guess (v = 1).
OUT is a keypoints.json in COCO's format, as CCP/poses has it, and a sheet of skeletons beside it. Photos without a
clear person are named and left out.

BlazePose comes with mediapipe, which wants an older protobuf than TensorBoard: label in an environment of its own,
where `pip install --no-deps mediapipe==0.10.14 absl-py attrs flatbuffers matplotlib 'protobuf<5'` was said last.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Protocol

import numpy as np
import typer
from tqdm import tqdm

from training.blazepose import BlazePose
from training.ccp import GUESSED, TRUSTED
from training.metrics import ANCHORS
from training.movenet import MoveNet
from training.samples import SUFFIXES, Skipped, read_photo
from training.visualize import sheet, tile
from tryon import overlays
from tryon.images import F32, U8
from tryon.joints import COCO_TO_OPENPOSE, MIRRORED, Joint

AGREE = 0.1  # of the torso: how far a view of a trusted joint may lie from the middle of all
SURE = 0.3  # score of a trusted joint


class Teacher(Protocol):
    def joints(self, picture: U8) -> F32: ...


def labelled(teachers: Sequence[Teacher], photo: U8) -> F32 | None:
    """Joints 18x3 of x, y and COCO's visibility; None where shoulders and hips are not trusted."""
    views = []
    for teacher in teachers:
        mirrored = teacher.joints(np.ascontiguousarray(photo[:, ::-1]))[list(MIRRORED)]
        mirrored[:, 0] = photo.shape[1] - mirrored[:, 0]
        views += [teacher.joints(photo), mirrored]
    seen = np.stack(views)
    places = np.median(seen[:, :, :2], axis=0)
    torso = max(1.0, float(np.linalg.norm(places[Joint.RIGHT_SHOULDER] - places[Joint.LEFT_HIP])))
    away = np.linalg.norm(seen[:, :, :2] - places, axis=2).max(0)
    trusted = (away < AGREE * torso) & (seen[:, :, 2].min(0) > SURE)
    if not trusted[list(ANCHORS)].all():
        return None
    return np.column_stack([places, np.where(trusted, TRUSTED, GUESSED)]).astype(np.float32)


def coco(joints: F32) -> list[float]:
    """18x3 as COCO's flat list of 17 joints."""
    return [round(float(value), 1) for value in joints[list(COCO_TO_OPENPOSE)].ravel()]


def main(
    photos: Annotated[Path, typer.Argument(help="a folder of pictures", exists=True)],
    out: Annotated[Path, typer.Argument(help="the keypoints.json to write")],
    movenet: Annotated[Path | None, typer.Option(help="movenet_thunder.onnx", exists=True)] = None,
    blazepose: Annotated[bool, typer.Option("--blazepose", help="mediapipe's, where it is installed")] = False,
) -> None:
    """Label the main person's joints in photos."""
    teachers: list[Teacher] = [*([MoveNet(movenet)] if movenet else []), *([BlazePose()] if blazepose else [])]
    if not teachers:
        raise typer.BadParameter("name a teacher: --movenet MODEL, --blazepose, or both")
    skipped = Skipped()
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
        joints = labelled(teachers, photo)
        if joints is None:
            unclear.append(path.name)
            continue
        number = len(images) + 1
        images.append({"id": number, "file_name": path.name, "height": photo.shape[0], "width": photo.shape[1]})
        annotations.append({"id": number, "image_id": number, "category_id": 1, "keypoints": coco(joints)})
        tiles.append(tile(overlays.skeleton(photo, joints, max(2, photo.shape[1] // 150))))
    info = {
        "teachers": [type(teacher).__name__ for teacher in teachers],
        "fields": "v: 2 trusted, 1 guessed",
        "recommended_exclude": [],
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_suffix(".tmp")
    temporary.write_text(json.dumps({"info": info, "images": images, "annotations": annotations}))
    temporary.replace(out)
    print(f"{len(images)} photos labelled in {out}; without a clear person: {', '.join(unclear) or 'none'}")
    if tiles:
        print("look at", sheet(out.with_suffix(".jpg"), tiles, 8))


if __name__ == "__main__":
    typer.run(main)
