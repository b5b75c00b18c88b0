"""A gown that was laid flat, as broad as it hangs on a body: a cut-out is always of the gown as it is worn.

Flat, a gown is half as broad as it is round, while a body is seven tenths of that; photographed from above or on a
hanger it may look narrower than a body, which no gown is. Across the shoulders it hardly changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tryon.anchors import BODY
from tryon.images import F32, U8
from tryon.landmarks import Points, about

ROUND = 0.72  # breadth of a body in half its girth
LOOSE, FLAT = 1.1, 1.25  # breadths of a body's waist that a gown's has then, and from which on it was laid flat
SEAMS, BROAD = 0.1, 1.15  # of the way to the waist, where a gown's own shoulders are; in breadths of a body's


@dataclass(frozen=True)
class Drape:
    """How a gown is drawn in, or out, about its axis."""

    axis: F32  # Nx2: its points, from the top down, (x, y)
    levels: F32  # rows, from the top down, at which it is told,
    shares: F32  # and shares of its breadth that the gown has there then

    @classmethod
    def of(cls, alpha: U8, marks: Points) -> Drape | None:
        """That of a gown by its mask HxW and landmarks; None if its waist is about as broad as a body's."""
        points = {name: np.asarray(point, np.float32) for name, point in marks.items()}
        width = float(points["shoulder_left"][0] - points["shoulder_right"][0])
        waist = float(points["waist_left"][0] - points["waist_right"][0])
        body = 2 * BODY["waist"] * width / max(waist, 1.0)
        if 1 / FLAT < body < LOOSE:
            return None
        shoulder, hip = ((points[f"{line}_right"] + points[f"{line}_left"]) / 2 for line in ("shoulder", "hip"))
        columns = np.flatnonzero((alpha > 127).any(0))
        free, taken = (hip[0], alpha.shape[1] - hip[0]), (hip[0] - columns[0], columns[-1] + 1 - hip[0])
        room = min(max(1.0, a / max(b, 1.0)) for a, b in zip(free, taken, strict=True))
        share = float(np.clip(body if body > 1 else LOOSE * body, ROUND, room))
        first, last = about(alpha, shoulder[1] + SEAMS * (points["waist_right"][1] - shoulder[1]), shoulder[0])
        upper = float(np.clip(BROAD * width / max(last - first, 1.0), min(share, 1.0), max(share, 1.0)))
        levels = np.array([shoulder[1], points["bust_right"][1]], np.float32)
        return cls(np.stack([shoulder, hip, points["hem_center"]]), levels, np.array([upper, share], np.float32))

    def __call__(self, picture: U8) -> U8:
        """A picture or a mask, HxWxC or HxW; where it is drawn in, 0 comes in from its sides."""
        rows, columns = (np.arange(side, dtype=np.float32) for side in picture.shape[:2])
        axis, share = self._at(rows)
        x = axis[:, None] + (columns - axis[:, None]) / share[:, None]
        y = np.repeat(rows[:, None], len(columns), 1)
        return np.asarray(cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), np.uint8)

    def points(self, marks: Points) -> Points:
        """Where landmarks lie then."""
        x, y = np.array(list(marks.values()), np.float32).T
        axis, share = self._at(y)
        moved = zip((axis + (x - axis) * share).tolist(), y.tolist(), strict=True)
        return dict(zip(marks, moved, strict=True))

    def _at(self, rows: F32) -> tuple[F32, F32]:
        """On rows the axis, and the share of its breadth that the gown has there."""
        x, y = self.axis.T
        lines = np.interp(rows, y, x), np.interp(rows, self.levels, self.shares)
        return lines[0].astype(np.float32), lines[1].astype(np.float32)
