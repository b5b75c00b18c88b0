"""The pose node: where the joints are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import torch

from tryon import pipeline, pose
from tryon.envelope import Envelope
from tryon.handler import Handler, blank


class PoseHandler(Handler):
    """Pictures to joints."""

    name: ClassVar[str] = "pose"
    parents: ClassVar[tuple[str, ...]] = ("prepare",)

    def load(self, folder: Path, device: torch.device) -> None:
        self.net = pose.load(folder / "pose.safetensors", device)

    def run(self, inputs: Mapping[str, Any]) -> Envelope:
        return pipeline.estimate_pose(self.net, inputs["prepare"])

    def warm_up(self) -> None:
        pipeline.estimate_pose(self.net, blank())
