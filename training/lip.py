"""Look Into Person (Gong et al., CVPR 2017): photos and 20-label parsing maps.

Layout: `train_images/NAME.jpg`, `train_segmentations/NAME.png`, `train_id.txt`, the same with `val`; directly in the
folder or in the folders of the official archives (`TrainVal_images/`, `TrainVal_parsing_annotations/`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from training.kinds import Kind
from training.samples import Sample, Skipped, read_map, read_photo, readable

# LIP's label numbers are the places in this table
TABLE = (
    ("background", Kind.BACKGROUND), ("hat", Kind.HEADWEAR), ("hair", Kind.HAIR), ("glove", Kind.JEWELLERY),
    ("sunglasses", Kind.HEADWEAR), ("upper-clothes", Kind.TOP), ("dress", Kind.DRESS), ("coat", Kind.COAT),
    ("socks", Kind.STOCKINGS), ("pants", Kind.TROUSERS), ("jumpsuits", Kind.DRESS), ("scarf", Kind.SCARF),
    ("skirt", Kind.SKIRT), ("face", Kind.SKIN), ("left-arm", Kind.SKIN), ("right-arm", Kind.SKIN),
    ("left-leg", Kind.SKIN), ("right-leg", Kind.SKIN), ("left-shoe", Kind.SHOES), ("right-shoe", Kind.SHOES),
)  # fmt: skip
KINDS = np.array([kind for _, kind in TABLE], np.uint8)


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
    if labels.max() >= len(KINDS):
        raise ValueError(f"label {labels.max()} is none of LIP's {len(KINDS)}")
    return Sample(read_photo(photos / f"{name}.jpg"), KINDS[labels], "lip", name)
