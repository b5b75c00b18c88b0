"""The first node: the request's fields, checked, decoded, upright and bounded, once for all nodes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import torch

from tryon import pipeline
from tryon.envelope import Envelope
from tryon.handler import Handler, blank


class PrepareHandler(Handler):
    """Form fields to pictures."""

    name: ClassVar[str] = "prepare"
    parents: ClassVar[tuple[str, ...]] = ()

    def load(self, folder: Path, device: torch.device) -> None:
        """No weights."""

    def run(self, inputs: Mapping[str, Any]) -> Envelope:
        return pipeline.prepare(inputs)

    def warm_up(self) -> None:
        blank()
