"""The last node: warp the gown, compose, refine, lock, encode; its answer is what the caller gets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import torch

from tryon import cyclegan, pipeline
from tryon.envelope import Envelope
from tryon.handler import LastHandler, blank


class CycleGANHandler(LastHandler):
    """Pictures, masks and joints to the answer."""

    name: ClassVar[str] = "cyclegan"
    parents: ClassVar[tuple[str, ...]] = ("prepare", "segmentation", "pose")

    def load(self, folder: Path, device: torch.device) -> None:
        self.net = cyclegan.load(folder / "cyclegan.safetensors", device)

    def run(self, inputs: Mapping[str, Any]) -> Envelope:
        return Envelope(meta=pipeline.generate(self.net, *(inputs[parent] for parent in self.parents)))

    def warm_up(self) -> None:
        cyclegan.refine(self.net, blank().tensors["photo"])
