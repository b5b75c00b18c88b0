"""Clothing Co-Parsing (Yang, Luo and Lin, CVPR 2014): photos, label maps, joints, splits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from scipy.io import loadmat

from training.kinds import REGIONS, Kind
from training.samples import Sample, Skipped, read_photo, readable
from tryon.images import F32, U8
from tryon.joints import COCO_TO_OPENPOSE, JOINTS, Joint

# a label that is not here is of a garment
KINDS = {
    Kind.BACKGROUND: "null",
    Kind.SKIN: "skin",
    Kind.HAIR: "hair",
    Kind.SHOES: "boots clogs flats heels loafers pumps sandals shoes sneakers wedges",
    Kind.BAG: "bag purse wallet",
    Kind.HEADWEAR: "hat glasses sunglasses",
    Kind.JEWELLERY: "accessories bracelet necklace watch ring earrings gloves",
    Kind.DRESS: "dress romper bodysuit jumper swimwear",
    Kind.SKIRT: "skirt",
    Kind.TOP: "blouse shirt t-shirt top sweater sweatshirt hoodie bra intimate",
    Kind.COAT: "coat jacket blazer suit cape cardigan vest",
    Kind.TROUSERS: "pants jeans leggings shorts panties",
    Kind.STOCKINGS: "stockings tights socks",
    Kind.SCARF: "scarf tie",
    Kind.BELT: "belt",
}
TRUSTED, GUESSED = 2, 1  # COCO's visibility
FAULTY = frozenset({"0536", "0868", "0940", "0161"})  # label files that are empty, half, or of two people


@dataclass(frozen=True)
class CCP:
    """A folder in CCP's layout: photos/, pixel-level/, label_list.mat, poses/keypoints.json, splits.json."""

    root: Path
    skipped: Skipped = field(default_factory=Skipped, compare=False)

    def samples(self, split: str) -> Iterator[Sample]:
        """The labelled photos of a split that can be read."""
        return readable(self.split(split, labelled=True), self._sample, self.skipped)

    def _sample(self, photo_id: str) -> Sample:
        return Sample(self.photo(photo_id), self.kinds[self.raw_labels(photo_id)], "ccp", photo_id)

    def split(self, name: str, *, labelled: bool = False) -> list[str]:
        """Photo ids of a key of splits.json; `labelled` keeps those with a sound label map."""
        ids: list[str] = json.loads((self.root / "splits.json").read_text())[name]
        if not labelled:
            return ids
        return [i for i in ids if self._labelled(i)]

    def _labelled(self, photo_id: str) -> bool:
        return photo_id not in FAULTY and (self.root / "pixel-level" / f"{photo_id}.mat").exists()

    def photo(self, photo_id: str) -> U8:
        """HxWx3 RGB."""
        return read_photo(self.root / "photos" / f"{photo_id}.jpg")

    def labels(self, photo_id: str) -> U8:
        """HxW map of Region values."""
        regions: U8 = REGIONS[self.kinds[self.raw_labels(photo_id)]]
        return regions

    def raw_labels(self, photo_id: str) -> U8:
        """HxW map of CCP's own 59 labels; 0 is background."""
        truth: U8 = loadmat(str(self.root / "pixel-level" / f"{photo_id}.mat"))["groundtruth"]
        return truth

    @cached_property
    def label_names(self) -> list[str]:
        table = loadmat(str(self.root / "label_list.mat"))["label_list"]
        return [str(np.squeeze(name)) for name in np.squeeze(table)]

    @cached_property
    def kinds(self) -> U8:
        """CCP label number to Kind."""
        found = {name: kind for kind, names in KINDS.items() for name in names.split()}
        return np.array([found.get(name, Kind.GOWN) for name in self.label_names], np.uint8)

    def matte(self, photo_id: str, size: tuple[int, int]) -> U8 | None:
        """HxW person mask of a photo of `size`, 255 inside: of the label map, or soft and machine-made where it has
        none."""
        if self._labelled(photo_id):
            return np.asarray((self.raw_labels(photo_id) > 0) * 255, np.uint8)
        if not self.has_matte(photo_id):
            return None
        return np.asarray(cv2.resize(read_photo(self._soft(photo_id))[:, :, 0], size[::-1]), np.uint8)

    def has_matte(self, photo_id: str) -> bool:
        """Whether there is a person mask of a photo."""
        return self._labelled(photo_id) or self._soft(photo_id).exists()

    def _soft(self, photo_id: str) -> Path:
        return self.root / "person-mattes" / f"{photo_id}.png"

    @cached_property
    def _poses(self) -> tuple[dict[str, F32], frozenset[str]]:
        return keypoints_file(self.root / "poses" / "keypoints.json")

    def joints(self, photo_id: str) -> F32:
        """18x3: x, y in pixels and COCO's visibility (2 trusted, 1 guessed, 0 absent)."""
        return self._poses[0][photo_id]

    def with_joints(self, ids: list[str]) -> list[str]:
        """Those ids whose joints can be trained on."""
        joints, excluded = self._poses
        return [i for i in ids if i in joints and i not in excluded]


def keypoints_file(path: Path) -> tuple[dict[str, F32], frozenset[str]]:
    """Joints 18x3 by photo id of a file in COCO's format, and the ids that it recommends to leave out."""
    data = json.loads(path.read_text())
    names = {image["id"]: image["file_name"][:-4] for image in data["images"]}
    joints = {names[a["image_id"]]: openpose_joints(a["keypoints"]) for a in data["annotations"]}
    return joints, frozenset(name[:-4] for name in data["info"]["recommended_exclude"])


def openpose_joints(keypoints: list[float]) -> F32:
    """COCO's 17 joints, flat x, y, v, to OpenPose's 18: the neck is the middle of the shoulders."""
    coco: npt.NDArray[np.float32] = np.asarray(keypoints, np.float32).reshape(17, 3)
    joints = np.zeros((JOINTS, 3), np.float32)
    joints[list(COCO_TO_OPENPOSE)] = coco
    shoulders = joints[[Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER]]
    joints[Joint.NECK, :2] = shoulders[:, :2].mean(0)
    joints[Joint.NECK, 2] = shoulders[:, 2].min()
    return joints
