"""Leeds Sports Pose Extended, upright people: joints labelled by people. For evaluation only."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from training.samples import read_photo
from tryon.images import F32, U8
from tryon.joints import JOINTS, Joint

PARTS = {"sho": "SHOULDER", "elb": "ELBOW", "wri": "WRIST", "hip": "HIP", "kne": "KNEE", "ank": "ANKLE"}
COLUMNS = {
    f"{s}{part}": Joint[f"{side}_{name}"] for s, side in (("l", "LEFT"), ("r", "RIGHT")) for part, name in PARTS.items()
}


@dataclass(frozen=True)
class LSPET:
    """A folder with images/ and joints.csv; the splits are `all` and `frontal`."""

    root: Path

    @cached_property
    def _rows(self) -> dict[str, dict[str, str]]:
        with (self.root / "joints.csv").open(newline="") as file:
            return {row["file"]: row for row in csv.DictReader(file)}

    def split(self, name: str) -> list[str]:
        return [i for i, row in self._rows.items() if name != "frontal" or row["frontal"] == "1"]

    def photo(self, photo_id: str) -> U8:
        """HxWx3 RGB."""
        return read_photo(self.root / "images" / photo_id)

    def joints(self, photo_id: str) -> F32:
        """18x3: x, y in pixels and 2 where labelled, 0 elsewhere."""
        row, joints = self._rows[photo_id], np.zeros((JOINTS, 3), np.float32)
        for column, joint in COLUMNS.items():
            if float(row[f"{column}_v"]) > 0:
                joints[joint] = float(row[f"{column}_x"]), float(row[f"{column}_y"]), 2
        return joints
