"""SA-1B (Kirillov et al., arXiv 2304.02643): 11 million photos with class-agnostic masks, streamed from its tar files.

Each tar holds pairs `sa_N.jpg`, `sa_N.json`; masks are COCO run lengths. They have no labels, so the pose net's joints
give them: a mask that holds shoulders or hips and no face is gown, one that holds face or hands is user. Photos
without both are passed over. Plain folders of the same pairs are read too. Nothing is unpacked.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pycocotools import mask as rle
from webdataset.tariterators import group_by_keys, tar_file_expander

from training.metrics import Mask
from training.samples import BROKEN, Sample, Skipped
from tryon.images import F32, U8
from tryon.joints import Joint
from tryon.segmentation import Region

FACE = (Joint.NOSE, Joint.RIGHT_EYE, Joint.LEFT_EYE, Joint.RIGHT_EAR, Joint.LEFT_EAR)
HANDS = (Joint.RIGHT_WRIST, Joint.LEFT_WRIST)
TORSO = (Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER, Joint.RIGHT_HIP, Joint.LEFT_HIP)
ANKLES, KNEES = (Joint.RIGHT_ANKLE, Joint.LEFT_ANKLE), (Joint.RIGHT_KNEE, Joint.LEFT_KNEE)
Pair = dict[str, Any]  # __key__, jpg and json as bytes


@dataclass(frozen=True)
class SA1B:
    """A folder of SA-1B's tars, or of its unpacked pairs. `joints_of` gives 18x3 joints of a photo's main person."""

    root: Path
    joints_of: Callable[[U8], F32]
    skipped: Skipped = field(default_factory=Skipped)

    def samples(self, split: str) -> Iterator[Sample]:
        """Those of `train` (all shards but the last) or `val` (the last) that can be read and show a dressed person."""
        return self.stream(self.shards(split))

    def shards(self, split: str) -> list[Path]:
        """The tars, or the pairs of a plain folder, of a split."""
        found = sorted(self.root.rglob("*.tar")) or sorted(self.root.rglob("*.json"))
        if len(found) < 2:
            raise FileNotFoundError(f"{self.root} needs two tars or pairs at least: the last is held out as `val`")
        return found[:-1] if split == "train" else found[-1:]

    def stream(self, shards: Iterable[Path]) -> Iterator[Sample]:
        """The samples of these shards, one after the other."""
        for shard in shards:
            for pair in self._pairs(shard):
                try:
                    sample = labelled(pair, self.joints_of)
                except BROKEN as error:
                    self.skipped.add(f"{shard.name}:{pair['__key__']}", error)
                else:
                    if sample:
                        yield sample

    def _pairs(self, shard: Path) -> Iterator[Pair]:
        if shard.suffix == ".json":
            photo = shard.with_suffix(".jpg")
            files = {path.suffix[1:]: path.read_bytes() for path in (shard, photo) if path.exists()}
            yield {"__key__": shard.stem, **files}
            return

        def noted(error: Exception) -> bool:
            self.skipped.add(shard.name, error)
            return True  # go on

        with shard.open("rb") as stream:
            files = tar_file_expander([{"url": shard.name, "stream": stream}], handler=noted)
            yield from group_by_keys(files, handler=noted)


def labelled(pair: Pair, joints_of: Callable[[U8], F32]) -> Sample | None:
    """A pair as a sample; None if no dressed person is seen in it. Raises one of BROKEN."""
    with Image.open(io.BytesIO(pair["jpg"])) as picture:
        photo = np.asarray(picture.convert("RGB"))
    annotations = json.loads(pair["json"])["annotations"]
    joints = joints_of(photo)
    labels = np.zeros(photo.shape[:2], np.uint8)
    for annotation in sorted(annotations, key=lambda one: -one["area"]):  # parts over wholes
        mask = decoded(annotation["segmentation"])
        if region := region_of(mask, joints):
            labels[mask] = region
    if not {Region.USER, Region.GOWN} <= set(np.unique(labels).tolist()):
        return None
    return Sample(photo, labels, "sa-1b", pair["__key__"])


def decoded(segmentation: Pair) -> Mask:
    """A COCO run-length mask as HxW."""
    mask: Mask = rle.decode(segmentation).astype(bool)
    return mask


def region_of(mask: Mask, joints: F32) -> Region | None:
    """What a mask is by the joints in it: 18x3 in pixels, a score of 0 where absent. None: neither user nor gown."""
    held = {joint for joint in Joint if joints[joint, 2] > 0 and _holds(mask, joints[joint, :2])}
    if held.intersection(TORSO) and not held.intersection(FACE):
        return Region.GOWN
    if held.intersection(FACE + HANDS):
        return Region.USER
    if held.intersection(ANKLES) and not held.intersection(KNEES):  # a shoe, and not a trouser leg
        return Region.USER
    return None


def _holds(mask: Mask, point: F32) -> bool:
    x, y = (int(v) for v in point)
    return 0 <= y < mask.shape[0] and 0 <= x < mask.shape[1] and bool(mask[y, x])
