"""Look Into Person (Gong et al., CVPR 2017): photos and 20-label parsing maps, for user and gown.

Layout: `train_images/NAME.jpg`, `train_segmentations/NAME.png`, `train_id.txt`, the same with `val`; directly in the
folder or in the folders of the official archives (`TrainVal_images/`, `TrainVal_parsing_annotations/`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from training.samples import Sample, Skipped, read_map, read_photo, readable
from tryon.images import U8
from tryon.segmentation import Region

U, G = Region.USER, Region.GOWN
# LIP's label numbers are the places in this table
TABLE = (
    ("background", Region.BACKGROUND), ("hat", U), ("hair", U), ("glove", U), ("sunglasses", U), ("upper-clothes", G),
    ("dress", G), ("coat", G), ("socks", G), ("pants", G), ("jumpsuits", G), ("scarf", G), ("skirt", G), ("face", U),
    ("left-arm", U), ("right-arm", U), ("left-leg", U), ("right-leg", U), ("left-shoe", U), ("right-shoe", U),
)  # fmt: skip
REGIONS = np.array([region for _, region in TABLE], np.uint8)


@dataclass(frozen=True)
class LIP:
    """A folder in LIP's layout."""

    root: Path
    skipped: Skipped = field(default_factory=Skipped)

    def samples(self, split: str) -> Iterator[Sample]:
        """Those of `train` or `val` that can be read."""
        names = self._find(f"{split}_id.txt").read_text().split()
        photos, maps = self._find(f"{split}_images"), self._find(f"{split}_segmentations")
        return readable(names, lambda name: _sample(photos, maps, name), self.skipped)

    def _find(self, name: str) -> Path:
        for path in (self.root / name, *sorted(self.root.glob(f"*/{name}")), *sorted(self.root.glob(f"*/*/{name}"))):
            if path.exists():
                return path
        raise FileNotFoundError(f"{self.root} is not in LIP's layout: there is no {name}")


def _sample(photos: Path, maps: Path, name: str) -> Sample:
    labels = read_map(maps / f"{name}.png")
    if labels.max() >= len(REGIONS):
        raise ValueError(f"label {labels.max()} is none of LIP's {len(REGIONS)}")
    regions: U8 = REGIONS[labels]
    return Sample(read_photo(photos / f"{name}.jpg"), regions, "lip", name)
