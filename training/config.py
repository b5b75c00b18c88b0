"""What can be set of each training run. A field is a command-line option of `tryon train`; no torch here."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


def option(default: Any, text: str) -> Any:
    """A field with its help text."""
    return field(default=default, metadata={"help": text})


class Trunk(StrEnum):
    """Sizes of `tryon.trunk` for which ImageNet weights come as a package."""

    LITE0 = "lite0"
    LITE2 = "lite2"


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Alike for all models."""

    data: Path = field(metadata={"help": "the data's folder, in the layout of Clothing Co-Parsing"})
    out: Path = field(metadata={"help": "the run's folder: made, or resumed from"})
    epochs: int = option(12, "passes over the photos")
    batch: int = option(8, "photos a step, over all processes")
    rate: float = option(1e-3, "peak learning rate")
    seed: int = option(0, "of weights, order and augmentation")
    workers: int = option(1, "loader processes; 0 loads in the training process")
    every: int = option(1, "validate and save after so many epochs, and after the last: a GPU does one in seconds")
    limit: int = option(0, "use only so many photos (0: all), to try the loop")


@dataclass(frozen=True, kw_only=True)
class SegmentationRun(RunConfig):
    """The U-Net."""

    reader: str = option("ccp", "the layout of the data: ccp, lip, sa1b or folder")
    held_out: Path | None = option(None, "a folder in CCP's layout to validate on instead of the data's own `val`")
    extra: Path | None = option(None, "a folder of images and masks that is mixed in, of garments nobody wears, say")
    steps: int = option(0, "steps an epoch, for SA-1B alone, whose photos nobody counts beforehand")
    height: int = option(672, "of the canvas that photos are letterboxed to; its width is two thirds of that")
    windows: float = option(0.6, "share of the epochs that sees windows of the canvas: cheap steps first")
    trunk: Trunk = option(Trunk.LITE2, "the contracting path: EfficientNet-Lite's size")
    start: Path | None = option(None, "a checkpoint to start from, with its trunk, instead of ImageNet weights")


@dataclass(frozen=True, kw_only=True)
class PoseRun(RunConfig):
    """The belief-map net."""

    epochs: int = option(10, "passes over the photos")
    batch: int = option(12, "photos a step, over all processes")
    puppets: Path | None = option(None, "what `python -m studio.puppets` made: rendered people in any pose, mixed in")
    copies: int = option(1, "how often a pass shows each photo, where puppets are many")
    trunk: Trunk = option(Trunk.LITE2, "EfficientNet-Lite's size")
    start: Path | None = option(None, "a checkpoint to start from, with its trunk, instead of ImageNet weights")


@dataclass(frozen=True, kw_only=True)
class CycleGANRun(RunConfig):
    """The two generators and two discriminators."""

    epochs: int = option(16, "passes over the composites")
    alone: int = option(
        12, "of these, first, in which the served generator alone learns, of composites whose truth is known"
    )
    batch: int = option(4, "pairs a step, over all processes")
    rate: float = option(
        2e-4, "learning rate, falling to nothing over the second half of the epochs of both generators"
    )
    triples: Path | None = option(
        None, "rendered brides before and in the gown, mixed in: what `python -m studio.triples --first 12` made"
    )
    composites: int = option(520, "how many composites to make")
