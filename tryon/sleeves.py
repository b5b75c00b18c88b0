"""Sleeves: each follows its arm bone by bone, bends at the elbow and flows into the bodice at the shoulder.

The maps go from the photo back to the cut-out, since that is what a remap asks. Near the shoulder a sleeve moves as the
bodice does, along the arm as its bones do; between them the maps are blended (linear blend skinning), so that nothing
tears and lace goes on. An arm folded together would take such a map's inner side out of itself: there upper arm and
forearm are two pieces, round where they meet, the forearm before the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from tryon import draw
from tryon.anatomy import across
from tryon.anchors import ARMS, SIDES, Body
from tryon.body_parts import shoulder_width
from tryon.images import F32, U8, Mask

Field = Callable[[F32], F32]  # from points Mx2 on the photo to points Mx2 on the cut-out
ALONG = (0.4, 2.0)  # least and most by which a sleeve is drawn out
NEAR = (0.62, 0.5)  # breadth of the bands round upper arm and forearm in which a sleeve is, in shoulder widths
FREE = (0.0, 0.45)  # of the upper arm: up to where a sleeve moves with the bodice, from where with the arm
ARMPIT = 0.3  # how much farther down that is on its inner side, where it ends at the armpit
BEND = 0.06  # shoulder widths over which a sleeve bends at the elbow
STRAIGHT, FOLDED = 0.2, 2.1  # radians: an arm bent less has no corner; one bent more is of two pieces
SEAM = 0.05  # shoulder widths about the bodice that go with it: its landmarks lie about its edge
WITHIN = 1.15  # half breadths of a sleeve about its bone that do not: a bodice's straight edge runs through armpits
SHORT = 0.4  # share of its length in the cut-out, as the upper arm's goes, below which a forearm points at the camera
COVER, CLOSE = 1.15, 1.06  # of a bare arm's breadth, that a sleeve has at least; that one has which shows it
SHEER = 200  # mean alpha below which cloth shows the arm in it
LEVELS = (0.4, 0.6, 0.8)  # of an upper arm, where a sleeve's breadth is measured: many end above the elbow
ROOM = 0.45  # shoulder widths about an arm that a sleeve may fill


@dataclass(frozen=True)
class Bone:
    """An arm's bone on the photo, from start to end, and how it lies in the cut-out."""

    start: F32
    end: F32
    angle: float  # of its way on the photo, radians
    own: float  # of its way in the cut-out
    longer: float  # how much longer it is on the photo

    @classmethod
    def of(cls, a: F32, b: F32, start: F32, end: F32) -> Bone:
        """The bone from start to end on the photo that is a to b in the cut-out."""
        before, after = b - a, end - start
        longer = float(np.linalg.norm(after)) / max(float(np.linalg.norm(before)), 1e-3)
        angle, own = (float(np.arctan2(way[1], way[0])) for way in (after, before))
        return cls(start, end, angle, own, float(np.clip(longer, *ALONG)))

    def along(self, points: F32) -> F32:
        """Mx2 to M: 0 at the start, 1 at the end."""
        way = self.end - self.start
        return np.asarray((points - self.start) @ way / max(float(way @ way), 1e-6), np.float32)

    def away(self, points: F32) -> F32:
        """Mx2 to M: pixels to the bone."""
        on = self.along(points).clip(0, 1)[:, None]
        return np.asarray(np.linalg.norm(points - self.start - on * (self.end - self.start), axis=1), np.float32)


@dataclass(frozen=True)
class Sleeve:
    """A sleeve: where it is in the cut-out, and the map from the photo to it."""

    mask: Mask  # of the cut-out
    shown: Mask  # what of it is to be seen: the upper arm's alone where the forearm points at the camera
    trunk: Field | None  # where its bodice goes, if it hangs together with that
    bones: tuple[Bone, ...]  # upper arm and, of a long sleeve, forearm; of a folded one, either
    elbow: F32  # in the cut-out
    pivot: F32  # the elbow on the photo
    width: float  # of the shoulders on the photo
    wider: float  # how much wider than in the cut-out a sleeve is on the photo
    inwards: F32  # across the upper arm on the photo, towards the trunk: its product with half a sleeve's breadth is 1

    def __call__(self, points: F32) -> F32:
        if self.trunk is None:
            return self._on_arm(points)
        upper = self.bones[0]
        along = upper.along(points) - ARMPIT * ((points - upper.start) @ self.inwards).clip(0, 1)
        free = _smooth(np.asarray((along - FREE[0]) / (FREE[1] - FREE[0]), np.float32))[:, None]
        trunk = self.trunk(points)
        return np.asarray(trunk + free * (self._on_arm(points) - trunk), np.float32)

    def _on_arm(self, points: F32) -> F32:
        """As the bones move: about the elbow, by angles that go over from the one's to the other's there."""
        upper, lower = self.bones[0], self.bones[-1]
        bent = self._bent(points)
        angle = upper.angle + bent * _turn(lower.angle - upper.angle)
        own = upper.own + bent * _turn(lower.own - upper.own)
        longer = upper.longer + bent * (lower.longer - upper.longer)
        x, y = (points - self.pivot).T
        along = (x * np.cos(angle) + y * np.sin(angle)) / longer
        across = (y * np.cos(angle) - x * np.sin(angle)) / self.wider
        turned = (along * np.cos(own) - across * np.sin(own), along * np.sin(own) + across * np.cos(own))
        return np.asarray(self.elbow + np.stack(turned, 1), np.float32)

    def _bent(self, points: F32) -> F32:
        """Of points Mx2, how far each goes with the forearm, 0 to 1. Round the outside of the elbow that follows the
        point's own direction from it, so that the sleeve is as broad there as along the bones, and has no corner."""
        upper, lower = self.bones[0], self.bones[-1]
        inside = _smooth(0.5 + (upper.away(points) - lower.away(points)) / (2 * BEND * self.width))
        turn = _turn(lower.angle - upper.angle)
        if abs(turn) < STRAIGHT:
            return inside
        x, y = (points - self.pivot).T
        beside = y * np.cos(upper.angle) - x * np.sin(upper.angle), y * np.cos(lower.angle) - x * np.sin(lower.angle)
        out = -np.sign(turn) * np.stack(beside).mean(0)
        way = np.arctan2(y, x) + np.sign(turn) * np.pi / 2 - upper.angle - turn / 2
        round_it = (0.5 + np.angle(np.exp(1j * way)) / turn).clip(0, 1)
        share = _smooth(np.asarray(out / (BEND * self.width), np.float32))
        return np.asarray(inside + share * (round_it - inside), np.float32)

    def box(self, size: tuple[int, int]) -> tuple[slice, slice]:
        """The part of a photo of `size` (height, width) that the sleeve may fill."""
        ends = np.array([end for bone in self.bones for end in (bone.start, bone.end)])
        low = np.maximum(ends.min(0) - ROOM * self.width, 0).astype(int)
        high = np.minimum(ends.max(0) + ROOM * self.width, size[::-1]).astype(int)
        return slice(low[1], max(low[1], high[1])), slice(low[0], max(low[0], high[0]))


def find(alpha: U8, marks: dict[str, F32], bodice: F32, body: Body, trunk: Field) -> list[Sleeve]:
    """The sleeves of a cut-out whose alpha is HxW, of those arms that were found on the photo.

    marks: shoulder_, elbow_ and wrist_ in the cut-out; bodice: the torso's outline there, Nx2.
    """
    torso = np.zeros(alpha.shape, np.uint8)
    own = max(float(np.linalg.norm(marks["shoulder_left"] - marks["shoulder_right"])), 1.0)
    draw.polygon(torso, bodice, 1)
    inside = torso.copy()
    for start, end in zip(bodice, np.roll(bodice, -1, 0), strict=True):
        draw.stroke(inside, [start, end], 2 * SEAM * own)
    width, middle, sleeves = shoulder_width(body.joints), bodice.mean(0), []
    for side, joints, arm in zip(SIDES, ARMS, body.elbows, strict=True):
        names = [f"{part}_{side}" for part in ("shoulder", "elbow", "wrist")]
        seen = [body.joints[joint, 2] > 0 and name in marks for name, joint in zip(names, joints, strict=True)]
        count = (*seen, False).index(False)
        if count < 2:
            continue
        points, places = [marks[name] for name in names[:count]], body.joints[list(joints[:count])]
        free = (inside == 0) & (alpha > 0)
        bands = [_band(alpha, points[n : n + 2], NEAR[n] * own) & free for n in range(count - 1)]
        halves = [_half(bands[0], points[0], points[0] + at * (points[1] - points[0]), middle) for at in LEVELS]
        bands[0] |= _band(alpha, points[:2], 2 * WITHIN * max(halves)) & (alpha > 0) & (torso == 0)
        ends = zip(points, points[1:], places[:, :2], places[1:, :2], strict=False)
        bones, mask = tuple(Bone.of(*pair) for pair in ends), np.logical_or.reduce(bands)
        wider = width / own
        if arm and (half := halves[-1]):
            sheer = float(alpha[mask].mean()) < SHEER
            wider = CLOSE * arm / half if sheer else max(wider, COVER * arm / half)
        aside = across(bones[0].end - bones[0].start)
        towards = np.sign(float(aside @ (body.neck - bones[0].start)))
        inwards = np.asarray(towards / max(max(halves) * wider, 1.0) * aside, np.float32)
        whole = Sleeve(mask, mask, trunk, bones, points[1], places[1, :2], width, wider, inwards)
        if _foreshortened(points, places):
            sleeves.append(next(_folded(whole, bands, points, middle)))
        elif abs(_turn(bones[-1].angle - bones[0].angle)) > FOLDED:
            sleeves += _folded(whole, bands, points, middle)
        else:
            sleeves.append(whole)
    return sleeves


def _folded(whole: Sleeve, bands: list[Mask], points: list[F32], trunk: F32) -> Iterator[Sleeve]:
    """A sleeve's two pieces, the upper arm's and the forearm's: on the photo each ends in a half circle about the
    elbow. trunk: a point of it in the cut-out."""
    half = _half(bands[0], points[0], points[1], trunk)
    for band, bone, start, field in zip(bands, whole.bones, (points[0], points[2]), (whole.trunk, None), strict=True):
        beyond, aside = _past(band, start, points[1])
        piece = band.copy()
        piece[band] = (beyond < 0) | ((beyond * bone.longer / whole.wider) ** 2 + aside**2 < half**2)
        yield replace(whole, shown=piece, bones=(bone,), trunk=field)


def _half(band: Mask, start: F32, end: F32, trunk: F32) -> float:
    """Half the breadth at `end` of a sleeve that leads there from `start`, by its outer side: a bodice may be near the
    other, and lace has holes. trunk: a point there."""
    beyond, aside = _past(band, start, end)
    inner = float(across(end - start) @ (trunk - end))
    return float((-np.sign(inner) * aside[np.abs(beyond) < 1]).max(initial=0.0))


def _past(band: Mask, start: F32, end: F32) -> tuple[F32, F32]:
    """How far each of a band's N pixels lies beyond `end`, on the way there from `start`, and how far aside, N each."""
    away = np.argwhere(band)[:, ::-1].astype(np.float32) - end
    aside = across(end - start)
    return np.asarray(away @ np.array([aside[1], -aside[0]]), np.float32), np.asarray(away @ aside, np.float32)


def _band(alpha: U8, points: list[F32], breadth: float) -> Mask:
    """Where a band from one point to another is, HxW."""
    near = np.zeros(alpha.shape, np.uint8)
    draw.stroke(near, points, breadth)
    return near > 0


def _foreshortened(points: list[F32], places: F32) -> bool:
    """Whether a forearm points at the camera: it is much shorter than its upper arm, beside those of the cut-out."""
    if len(points) < 3:
        return False
    before, after = (np.linalg.norm(np.diff(np.asarray(p)[:, :2], axis=0), axis=1) for p in (points, places))
    return bool(after[1] / max(before[1], 1e-3) < SHORT * after[0] / max(before[0], 1e-3))


def _turn(angle: float) -> float:
    """The same turn the short way, radians."""
    return float(np.angle(np.exp(1j * angle)))


def _smooth(share: F32) -> F32:
    """From 0 below 0 to 1 above 1, without a corner."""
    x = share.clip(0, 1)
    return np.asarray(x * x * (3 - 2 * x), np.float32)


def without(alpha: U8, sleeves: list[Sleeve]) -> U8:
    """The alpha of what is no sleeve."""
    taken = np.zeros(alpha.shape, bool)
    for sleeve in sleeves:
        taken |= sleeve.mask
    return np.where(taken, 0, alpha).astype(np.uint8)


def alone(alpha: U8, sleeve: Sleeve) -> U8:
    """The alpha of a sleeve, a little into the bodice, so that no gap opens."""
    grown = cv2.dilate(sleeve.shown.astype(np.uint8), np.ones((5, 5), np.uint8))
    return np.where(grown > 0, alpha, 0).astype(np.uint8)
