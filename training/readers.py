"""The data sets that segmentation can be trained on, by name."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from training.ccp import CCP
from training.folder import Folder
from training.lip import LIP
from training.sa1b import SA1B
from training.samples import Reader
from tryon import pose
from tryon.archives import ROOT
from tryon.images import F32, U8


def open_sa1b(root: Path) -> SA1B:
    """SA-1B, its joints from the committed pose net."""
    return SA1B(root, _joints)


@functools.cache
def _pose() -> pose.Ready[pose.PoseConfig]:
    # eager: loader processes are forked, and OpenVINO's threads do not survive that
    return pose.load(ROOT / "weights" / "pose.safetensors", eager=True)


def _joints(photo: U8) -> F32:
    return pose.estimate(_pose(), [photo])[0][0]


READERS: dict[str, Callable[[Path], Reader]] = {"ccp": CCP, "lip": LIP, "sa1b": open_sa1b, "folder": Folder}
