"""Brides rendered before and in the gown (samples/pairs, by studio/triples.py): the answer is known to the pixel."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from training import pairs
from training.ccp import openpose_joints
from training.likeness import ring
from training.metrics import Mask
from training.pairs import Pair
from training.samples import read_photo
from tryon import dressing, gown
from tryon.errors import TryOnError
from tryon.gown import Gown
from tryon.images import F32, U8
from tryon.pipeline import Nets

MANIFEST = "triples.json"


@dataclass(frozen=True)
class Triples:
    """A folder with triples.json, before/, after/ and gowns/: the cut-outs as they were when she was rendered."""

    root: Path

    @cached_property
    def records(self) -> dict[str, Any]:
        """What is known of each triple, by name."""
        found: dict[str, Any] = json.loads((self.root / MANIFEST).read_text())
        return found

    def picture(self, name: str, when: str) -> U8:
        """HxWx3 RGB: the bride `before`, or `after` in the gown."""
        return read_photo(self.root / self.records[name][when]["picture"])

    def mask(self, name: str, when: str, what: str) -> Mask:
        """HxW: `user` of either picture, `clothes` before, `gown` and `front` (what of her hides it) after."""
        return read_photo(self.root / self.records[name][when][what])[:, :, 0] > 127

    def gown(self, name: str) -> Gown:
        """The cut-out that she puts on."""
        return gown.load(self.root / "gowns" / self.records[name]["gown"])

    def joints(self, name: str) -> F32:
        """18x3: x, y in pixels of both pictures, and COCO's visibility."""
        return openpose_joints([value for joint in self.records[name]["joints"] for value in joint])

    def paired(self, nets: Nets, limit: int) -> Iterator[Pair]:
        """Each bride as the product sees her before, the catalogue's gown, and the picture that is right."""
        for name in list(self.records)[: limit or None]:
            try:
                yield self._pair(name, nets)
            except TryOnError:
                continue  # the product would refuse this photo, and say why

    def _pair(self, name: str, nets: Nets) -> Pair:
        photo = self.picture(name, "before")
        asset = self.gown(name)
        masks, joints = pairs.look(nets, {"photo": photo})
        scene = dressing.see(photo, asset.rgba, asset.landmarks, masks, joints)
        garment = self.mask(name, "after", "gown")
        revealed = self.mask(name, "after", "user") & self.mask(name, "before", "clothes")
        regions = {"garment": garment, "ring": ring(garment, pairs.RING), "skin": revealed}
        return Pair(name, scene, self.picture(name, "after"), regions)
