"""The last node: warp the gown, compose, refine, lock, encode; its answer is what the caller gets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from tryon import cyclegan, pipeline, pose, reveal
from tryon.envelope import Envelope
from tryon.handler import LastHandler, blank


class CycleGANHandler(LastHandler):
    """Pictures, masks and joints to the answer."""

    name: ClassVar[str] = "cyclegan"
    parents: ClassVar[tuple[str, ...]] = ("prepare", "segmentation", "pose")

    def load(self, folder: Path, device: torch.device) -> None:
        self.nets = cyclegan.load(folder / "cyclegan.safetensors", device)

    def run(self, inputs: Mapping[str, Any]) -> Envelope:
        return Envelope(meta=pipeline.generate(self.nets, *(inputs[parent] for parent in self.parents)))

    def warm_up(self) -> None:
        grey = blank().tensors["photo"]
        nothing, nobody = np.zeros(grey.shape[:2], np.uint8), np.zeros((pose.JOINTS, 3), np.float32)
        hole = nothing.copy()
        hole[: len(hole) // 2] = 255  # without a hole nothing would be composed
        reveal.fill(self.nets.composer, grey, hole, nothing, nobody, nothing)
        cyclegan.refine(self.nets.generator, grey)
