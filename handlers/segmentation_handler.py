"""The segmentation node: what the person's body is, what her clothes are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import torch

from tryon import pipeline, segmentation
from tryon.envelope import Envelope
from tryon.handler import Handler, blank


class SegmentationHandler(Handler):
    """Pictures to masks of user and gown."""

    name: ClassVar[str] = "segmentation"
    parents: ClassVar[tuple[str, ...]] = ("prepare",)

    def load(self, folder: Path, device: torch.device) -> None:
        self.net = segmentation.load(folder / "segmentation.safetensors", device)

    def run(self, inputs: Mapping[str, Any]) -> Envelope:
        return pipeline.segment(self.net, inputs["prepare"])

    def warm_up(self) -> None:
        pipeline.segment(self.net, blank())
