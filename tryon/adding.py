"""From a shop's product picture to a gown of the catalogue."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from tryon import assets, cutting, held, images, pose, segmentation, tags
from tryon.assets import About, Source
from tryon.bride import Bride
from tryon.errors import InputValidationError
from tryon.gown import Gown, cut_out, wearer
from tryon.images import U8
from tryon.pose import PoseConfig
from tryon.runtime import Ready
from tryon.segmentation import UNetConfig

MARGIN = 24  # transparent pixels around the cut-out
LARGEST = 2048  # pixels of a picture's longer side; more of a gown is never shown
NO_LICENCE = "not stated"


@dataclass(frozen=True)
class Told:
    """What the shop says of a gown; None where it says nothing."""

    name: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    licence: str | None = None
    provenance: str | None = None


@dataclass(frozen=True)
class Nets:
    """The two nets that look at a product picture."""

    unet: Ready[UNetConfig]
    openpose: Ready[PoseConfig]

    @classmethod
    def load(cls, weights: Path) -> Nets:
        return cls(segmentation.load(weights / "segmentation.safetensors"), pose.load(weights / "pose.safetensors"))

    @cached_property
    def bride(self) -> Bride:
        """Who shows gowns."""
        return Bride.seen(self)


def add(picture: Path, folder: Path, told: Told, nets: Nets, *, again: bool = False) -> About:
    """Make a gown's folder of a picture. `again`: in place of the one there, whose words and edited landmarks stay.

    Raises TryOnError and OSError.
    """
    if folder.exists() and not again:
        raise InputValidationError(f"{folder} is there already: use --replace to make it anew, or another --id.")
    data = picture.read_bytes()
    old = assets.read(folder) if folder.exists() else None
    gown, corner = trimmed(cut(images.bound(images.decode(data), LARGEST), nets))
    source = Source(file=picture.name, sha256=hashlib.sha256(data).hexdigest(), corner=corner)
    gown = _with_edits(gown, old, source) if old else gown
    about = _describe(gown, told, old, source)
    assets.write(folder, about, gown, nets.bride)
    return about


def cut(picture: U8, nets: Nets) -> Gown:
    """The gown in a picture HxWx3 or HxWx4, with notes on what to look at. Raises GownNotFoundError."""
    seen = images.on_grey(picture)
    joints = pose.estimate(nets.openpose, [seen])[0][0]
    rough = cutting.look(nets.unet, images.bound(seen, cutting.SIDE))
    if body := wearer(np.dstack(segmentation.enlarge(rough, seen)), joints):
        masks, agree = cutting.sharpen(seen, rough, worn=True)
        gown = cutting.noted(cut_out(picture, held.cleared(seen, masks, body), body), picture, agree=agree)
    else:
        gown = cutting.alone(picture, rough)
    return replace(gown, warnings=(*gown.warnings, *_at_the_edge(gown.rgba)))


def _at_the_edge(rgba: U8) -> list[str]:
    """A note if the gown runs out of its picture."""
    inside = rgba[:, :, 3] > 127
    sides = {"top": inside[0], "bottom": inside[-1], "left": inside[:, 0], "right": inside[:, -1]}
    found = [name for name, line in sides.items() if line.sum() > 0.01 * sum(inside.shape)]
    return [f"The gown reaches the edge of its picture ({', '.join(found)}): a part may be missing."] if found else []


def trimmed(gown: Gown) -> tuple[Gown, tuple[int, int]]:
    """The gown with MARGIN transparent pixels around it, more where a landmark lies (shoulders, above a strapless one);
    and where its corner now lies in the picture."""
    rows, columns = (np.flatnonzero((gown.rgba[:, :, 3] > 8).any(axis)) for axis in (1, 0))
    marks = np.asarray(list(gown.landmarks.values()))
    gown_box = np.array([[columns[0], rows[0]], [columns[-1] + 1, rows[-1] + 1]])
    low = np.floor(np.minimum(gown_box[0] - MARGIN, marks.min(0))).astype(int)
    high = np.ceil(np.maximum(gown_box[1] + MARGIN, marks.max(0))).astype(int)
    points = {name: (round(x - low[0], 1), round(y - low[1], 1)) for name, (x, y) in gown.landmarks.items()}
    filled = None if gown.filled is None else _window(gown.filled, low, high)
    return replace(gown, rgba=_window(gown.rgba, low, high), landmarks=points, filled=filled), (
        int(low[0]),
        int(low[1]),
    )


def _window(picture: U8, low: npt.NDArray[np.intp], high: npt.NDArray[np.intp]) -> U8:
    """The part of a picture between two corners (x, y), 0 where it has none."""
    height, width = picture.shape[:2]
    before, after = np.maximum(0, -low), np.maximum(0, high - (width, height))
    wide = cv2.copyMakeBorder(picture, before[1], after[1], before[0], after[0], cv2.BORDER_CONSTANT)
    (left, top), (right, bottom) = low + before, high + before
    return np.asarray(wide[top:bottom, left:right], np.uint8)


def _with_edits(gown: Gown, old: About, source: Source) -> Gown:
    """The gown with the landmarks that were set by hand, moved to where the new cut-out has them."""
    if not old.edited:
        return gown
    if not old.picture or old.picture.sha256 != source.sha256:
        raise InputValidationError(
            f"The landmarks {', '.join(old.edited)} were edited by hand for another picture;"
            " empty `edited` in its gown.json to find them anew."
        )
    shift = np.subtract(old.picture.corner, source.corner)
    kept = {name: (old.landmarks[name][0] + shift[0], old.landmarks[name][1] + shift[1]) for name in old.edited}
    return replace(gown, landmarks=gown.landmarks | kept)


def _describe(gown: Gown, told: Told, old: About | None, source: Source) -> About:
    """The gown.json: what the shop says, else what it said before, else what can be guessed."""
    before = {k: v for k, v in old.tags.items() if k not in old.guessed} if old else {}
    known = before | dict(told.tags)
    filled = 0.0 if gown.filled is None else (gown.filled > 0).sum() / max(1, (gown.rgba[:, :, 3] > 127).sum())
    return About(
        name=told.name or (old.name if old else Path(source.file).stem.replace("-", " ").replace("_", " ").title()),
        tags=tags.guess(gown) | known,
        licence=told.licence or (old.licence if old else NO_LICENCE),
        provenance=told.provenance or f"cut out of {source.file} by `tryon gown add`",
        landmarks=gown.landmarks,
        edited=old.edited if old else [],
        guessed=[name for name in tags.NAMES if name not in known],
        found=gown.found,
        warnings=list(gown.warnings),
        filled=round(float(filled), 3),
        picture=source,
    )
