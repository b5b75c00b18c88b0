"""What the product says of hard photos, and whether it is silent on plain ones: warnings and named errors, counted.

A kind of photo is chosen by labels and trusted joints, never by the nets that are judged, or made from plain photos: a
crop, less light, somebody beside her.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from training import pairs
from training.ccp import CCP
from tryon import dressing, gown, threads
from tryon.dressing import Scene
from tryon.errors import TryOnError
from tryon.images import F32, U8
from tryon.joints import Joint
from tryon.pipeline import Nets

SHOULDERS = [Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER]
HIPS = [Joint.RIGHT_HIP, Joint.LEFT_HIP]
SIDEWAYS = 0.42  # shoulders' width as a share of the torso's length, below which she is seen from the side
DIM = 0.22  # share of the light that a dark photo has left
LONG_HAIR = 0.06  # of the upper body's frame that hair fills when it lies on the chest
HELD = 0.12  # of the body's frame that a bag fills when it is before her
# words of the answer that each kind of photo should bring; a named error says it too
EXPECTED = {
    "seen from the side": ("turned",),
    "arms before the body": ("arm lies before",),
    "long hair in front": ("Hair lies",),
    "bag in front": (),
    "dark": ("dark",),
    "cropped at the hips": ("feet", "PoseError", "stand back"),
    "cropped at the waist": ("PoseError",),
    "two alike": ("MultiplePeopleError",),
}
PLAIN = "plain"


@dataclass(frozen=True)
class Photo:
    """A photo of a kind."""

    kind: str
    picture: U8


def photos(data: CCP, split: str, limit: int) -> Iterator[Photo]:
    """Photos of every kind; those of no kind are plain."""
    for photo_id in data.with_joints(data.split(split, labelled=True))[: limit or None]:
        picture, joints, raw = data.photo(photo_id), data.joints(photo_id), data.raw_labels(photo_id)
        if not (joints[[*SHOULDERS, *HIPS], 2] == 2).all():
            continue
        kinds = [kind for kind, is_so in CHOSEN.items() if is_so(joints, raw, data.label_names)]
        yield from (Photo(kind, picture) for kind in kinds or [PLAIN])
        if not kinds:
            yield from (Photo(kind, change(picture, joints)) for kind, change in MADE.items())


def _torso(joints: F32) -> float:
    return float(np.linalg.norm(joints[HIPS, :2].mean(0) - joints[Joint.NECK, :2]))


def _frame(joints: F32, low: float, high: float, half: float) -> tuple[slice, slice]:
    """Rows and columns of a part of the torso: from `low` to `high` of its length, so many torsos to either side."""
    (x, y), size = joints[Joint.NECK, :2], _torso(joints)
    rows = slice(max(0, int(y + low * size)), max(1, int(y + high * size)))
    return rows, slice(max(0, int(x - half * size)), max(1, int(x + half * size)))


def _sideways(joints: F32, _: U8, __: list[str]) -> bool:
    return float(np.linalg.norm(joints[SHOULDERS[0], :2] - joints[SHOULDERS[1], :2])) < SIDEWAYS * _torso(joints)


def _arms_before(joints: F32, _: U8, __: list[str]) -> bool:
    rows, columns = _frame(joints, 0.1, 0.85, 0.18)
    wrists = [joints[j] for j in (Joint.RIGHT_WRIST, Joint.LEFT_WRIST) if joints[j, 2] == 2]
    return any(rows.start < y < rows.stop and columns.start < x < columns.stop for x, y, _ in wrists)


def _covered_by(name: str, share: float, low: float, high: float, half: float) -> Callable[[F32, U8, list[str]], bool]:
    def is_so(joints: F32, raw: U8, names: list[str]) -> bool:
        return bool((raw[_frame(joints, low, high, half)] == names.index(name)).mean() > share)

    return is_so


def _cut_at(share: float) -> Callable[[U8, F32], U8]:
    """A photo down to so many torsos below the shoulders."""
    return lambda picture, joints: picture[: max(64, int(joints[Joint.NECK, 1] + share * _torso(joints)))].copy()


def _dim(picture: U8, _: F32) -> U8:
    return (picture * DIM).astype(np.uint8)


def _twice(picture: U8, _: F32) -> U8:
    return np.hstack([picture, picture[:, ::-1]])


CHOSEN: dict[str, Callable[[F32, U8, list[str]], bool]] = {
    "seen from the side": _sideways,
    "arms before the body": _arms_before,
    "long hair in front": _covered_by("hair", LONG_HAIR, 0.0, 0.5, 0.35),
    "bag in front": _covered_by("bag", HELD, 0.2, 1.2, 0.35),
}
MADE: dict[str, Callable[[U8, F32], U8]] = {
    "dark": _dim,
    "cropped at the hips": _cut_at(1.15),
    "cropped at the waist": _cut_at(0.6),
    "two alike": _twice,
}


def said(nets: Nets, picture: U8, asset: gown.Gown) -> tuple[str, ...]:
    """The warnings that an answer would hold, or the error and its name."""
    masks, joints = pairs.look(nets, {"photo": picture})
    try:
        scene: Scene = dressing.see(picture, asset.rgba, asset.landmarks, masks, joints)
    except TryOnError as error:
        return (f"{type(error).__name__}: {error}",)
    return scene.warnings


def hard_figures(data: Path, split: str, weights: Path, limit: int = 0) -> dict[str, Any]:
    """By kind of photo: how many, the share that is refused by name, that gets the expected words, that gets others,
    and that gets none."""
    threads.use(1)
    nets, asset = Nets.load(weights), gown.load(min(p for p in pairs.CATALOGUE.iterdir() if p.is_dir()))
    found: dict[str, list[tuple[str, ...]]] = {}
    for photo in tqdm(photos(CCP(data), split, limit), "photos", mininterval=5):
        found.setdefault(photo.kind, []).append(said(nets, photo.picture, asset))
    figures = {kind: _shares(kind, words) for kind, words in found.items()}
    Console(width=120).print(table(figures))
    return figures


def _shares(kind: str, answers: list[tuple[str, ...]]) -> dict[str, Any]:
    refused = [any("Error:" in text for text in answer) for answer in answers]
    expected = [any(word in text for text in answer for word in EXPECTED.get(kind, ())) for answer in answers]
    words: dict[str, int] = {}
    for answer in answers:
        for text in answer:
            words[text] = words.get(text, 0) + 1
    return {
        "photos": len(answers),
        "refused": float(np.mean(refused)),
        "expected": float(np.mean(expected)),
        "silent": float(np.mean([not answer for answer in answers])),
        "words": dict(sorted(words.items(), key=lambda item: -item[1])),
    }


def table(figures: dict[str, dict[str, Any]]) -> Table:
    """Kinds down; what was said across."""
    out = Table("photos", "count", "said as hoped", "refused by name", "nothing said", title="What hard photos bring")
    for kind, row in figures.items():
        hoped = f"{row['expected']:.0%}" if EXPECTED.get(kind) else "-"
        out.add_row(kind, str(row["photos"]), hoped, f"{row['refused']:.0%}", f"{row['silent']:.0%}")
    return out
