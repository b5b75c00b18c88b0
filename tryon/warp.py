"""The warp: hang a gown on a body by landmarks. Analytic, milliseconds, applied once at the photo's own resolution.

Bodice and skirt follow one smooth thin-plate spline (Bookstein 1989) through the shoulders and near bust, waist, hips
and the skirt's own outline; sleeves follow their arms (`tryon.sleeves`). The skirt keeps the gown's cut: its points are
carried by the hips' width and the leg's length, never pulled to the legs.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tryon import anchors, sleeves
from tryon.anchors import BODY, BUST, SIDES, WAIST, Body
from tryon.blending import bleed
from tryon.gown import Gown
from tryon.images import F32, U8, touched, with_alpha
from tryon.landmarks import row_ends
from tryon.options import Fit
from tryon.sleeves import Field

SKIRT = (0.3, 0.65, 1.0)  # where along the skirt its outline is pinned
NEARER = 0.055  # how much lower than the heels the hem's front, nearer to the camera, is seen on the floor
WIDEST = {"bust": 1.25, "waist": 1.45, "hip": 8.0}  # how much wider than the body a gown may stand, by line
STRETCH = 1.1  # how much longer or shorter than in the cut-out the way from the shoulders to a line may be
SHOULDERS = 3  # of the pins are the first: both shoulders, and the neck between them
TORSO = [0, 3, 6, 9, 11, 8, 5, 1]  # of the pins: shoulders, bust, waist and hips, round it
ARM = ("shoulder", "elbow", "wrist")
STIFF = 0.1  # how much smoother than exact the spline is, since landmarks err by some hundredths of a gown
FIRM = 0.01  # share of that at the shoulders, which straps must meet
STEP = 8  # pixels between the points at which a map is evaluated; between them it is interpolated
EDGE = 4  # pixels beyond its frame to which a cut-out may still be read


@dataclass(frozen=True)
class Spline:
    """A thin-plate spline R^2 -> R^2."""

    centres: F32  # Nx2
    weights: F32  # (N+3)x2: kernels, then constant, x, y

    @classmethod
    def through(cls, points: F32, values: F32, stiffness: float | F32) -> Spline:
        """The spline that maps `points` to `values` (both Nx2); `stiffness`, of all or of each (N), 0 hits exactly."""
        count = len(points)
        system = np.zeros((count + 3, count + 3))
        system[:count, :count] = _kernel(points, points) + stiffness * np.eye(count)
        system[:count, count] = system[count, :count] = 1
        system[:count, count + 1 :] = points
        system[count + 1 :, :count] = points.T
        right = np.concatenate([values, np.zeros((3, 2))])
        return cls(points, np.linalg.solve(system, right).astype(np.float32))

    def __call__(self, points: F32) -> F32:
        """points: Mx2. Returns Mx2."""
        terms = np.concatenate([_kernel(points, self.centres), np.ones((len(points), 1)), points], 1)
        return (terms @ self.weights).astype(np.float32)


def _kernel(a: F32, b: F32) -> F32:
    squared = ((a[:, None] - b[None]) ** 2).sum(2)
    return np.where(squared > 0, squared * np.log(np.maximum(squared, 1e-12)) / 2, 0).astype(np.float32)


def pins(gown: Gown, body: Body, fit: Fit) -> tuple[F32, F32]:
    """Where the gown's points are in its cut-out and where they go on the photo: two Nx2 arrays."""
    source: list[F32] = []
    target: list[F32] = []
    shift = np.array([fit.x, fit.y], np.float32) * body.shoulder_width
    width = max(float(np.linalg.norm(gown.point("shoulder_left") - gown.point("shoulder_right"))), 1.0)
    for number, side in enumerate(SIDES):
        source.append(gown.point(f"shoulder_{side}"))
        target.append(body.shoulders[number])
    middle = np.asarray((source[0] + source[1]) / 2, np.float32)
    source.append(middle)
    target.append(body.neck)
    scale = 1.0
    drop = max(float(_level(gown, "hip") - middle[1]), 1.0)
    for name, factor in (("bust", fit.bust), ("waist", fit.waist), ("hip", fit.hips)):
        right, left = gown.point(f"{name}_right"), gown.point(f"{name}_left")
        half = float(np.linalg.norm(left - right)) / 2
        ease = float(np.clip(half / (BODY[name] * width), 1.0, WIDEST[name]))
        share = _share(name, (_level(gown, name) - float(middle[1])) / drop)
        centre = body.neck + share * (body.pelvis - body.neck)
        reach = body.half[name] * ease * factor * body.across
        source += [right, np.mean([right, left], 0), left]
        target += [centre - reach, centre, centre + reach]
        scale = float(np.linalg.norm(reach)) / max(half, 1.0)
    skirt = _skirt(gown, body, middle, scale, fit.hem)
    source += skirt[0]
    target += skirt[1]
    return np.stack(source).astype(np.float32), (np.stack(target) + shift).astype(np.float32)


def _share(name: str, own: float) -> float:
    """Where a line of the gown goes on the way from shoulders to hips: to the body's own line, unless that would draw
    the bodice out or press it together by more than STRETCH. Whoever marks a cut-out may call another height the bust.
    """
    return float(np.clip({"bust": BUST, "waist": WAIST, "hip": 1.0}[name], own / STRETCH, own * STRETCH))


def _level(gown: Gown, name: str) -> float:
    """The row of one of the gown's lines."""
    return float(gown.point(f"{name}_right")[1] + gown.point(f"{name}_left")[1]) / 2


def _skirt(gown: Gown, body: Body, neck: F32, scale: float, hem: float) -> tuple[list[F32], list[F32]]:
    """The skirt's outline at three heights, carried by `scale` sideways and by the leg's length down."""
    top = (gown.point("hip_right") + gown.point("hip_left")) / 2
    bottom = gown.point("hem_center")
    torso = max(float(np.linalg.norm(top - neck)), 1.0)
    # of the way from hip to floor; a train is cut short
    share = min(float(bottom[1] - top[1]) / torso / anchors.LEG, 1.06)
    length = share * body.floor * (1 + NEARER * share**3)
    tall = max(float(bottom[1] - top[1]), 1.0)
    flare = length / tall
    source: list[F32] = []
    target: list[F32] = []
    for level in SKIRT:
        y = top[1] + level * (bottom[1] - top[1])
        axis = top[0] + level * (bottom[0] - top[0])
        corners = (gown.point("hem_right"), gown.point("hem_left"))
        start, end = (c[0] for c in corners) if level == 1 else row_ends(gown.rgba[:, :, 3], y, axis)
        for x in (start, axis, end):
            row = corners[0][1] if level == 1 and x != axis else y
            source.append(np.array([x, row], np.float32))
            down = (row - top[1]) / tall * (length * hem)
            target.append(body.pelvis + np.array([(x - top[0]) * (scale + level * (flare - scale)), down], np.float32))
    return source, target


def hang(gown: Gown, body: Body, fit: Fit, size: tuple[int, int]) -> U8:
    """The gown on the photo's canvas: HxWx4, straight alpha, for a photo of `size` (height, width)."""
    source, target = pins(gown, body, fit)
    shrink = _shrink(source, target)
    rgba, points = _presized(gown.rgba, shrink), source * shrink
    # under a transparent edge a file's colour is often black, and interpolation would draw it as an outline
    rgba = with_alpha(bleed(rgba[:, :, :3], rgba[:, :, 3] > 250), rgba[:, :, 3])
    marks = {name: gown.point(name) * shrink for name in gown.landmarks if name.startswith(ARM)}
    back = _back(points, target if fit == Fit() else pins(gown, body, Fit())[1], target)
    found = sleeves.find(rgba[:, :, 3], marks, points[TORSO], body, back)
    trunk = with_alpha(rgba[:, :, :3], sleeves.without(rgba[:, :, 3], found))
    canvas = remap(trunk, back, size)
    for sleeve in found:
        box = sleeve.box(size)
        layer, below = with_alpha(rgba[:, :, :3], sleeves.alone(rgba[:, :, 3], sleeve)), canvas[box]
        canvas[box] = over(remap(layer, sleeve, below.shape[:2], (box[0].start, box[1].start)), below)
    return canvas


def _shrink(source: F32, target: F32) -> float:
    """How much to scale the cut-out down before the remap, which does not average and would drop pixels of lace.

    1 where the gown is nearly as large on the photo: resampling twice would only blur it.
    """
    spread = [float(np.linalg.norm(p.max(0) - p.min(0))) for p in (source, target)]
    ratio = spread[1] / max(spread[0], 1.0)
    return ratio if ratio <= 0.9 else 1.0


def _presized(rgba: U8, shrink: float) -> U8:
    """The cut-out, scaled down by `shrink`."""
    if shrink == 1:
        return rgba
    size = (max(1, round(rgba.shape[1] * shrink)), max(1, round(rgba.shape[0] * shrink)))
    return cv2.resize(rgba, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _back(source: F32, usual: F32, target: F32) -> Field:
    """The map from photo to cut-out, whose points `source` go to `usual`, smoothly, and from there exactly to where
    `fit` wants them."""
    least = np.full(len(source), STIFF, np.float32)
    least[:SHOULDERS] *= FIRM
    smooth = _inverse(source, usual, least)
    if usual is target:
        return smooth
    by_hand = _inverse(usual, target)
    return lambda points: smooth(by_hand(points))


def _inverse(source: F32, target: F32, least: float | F32 = 0.0) -> Spline:
    """The spline from target to source: as exact as it can be without folding, and as `least` allows."""
    scale = float(np.ptp(target, 0).max()) ** 2
    for stiffness in (0.0005, 0.005, 0.03, 0.2):
        spline = Spline.through(target, source, np.asarray(np.maximum(least, stiffness) * scale, np.float32))
        if not _folds(spline, target):
            return spline
    return Spline.through(target, source, 10 * scale)


def _folds(spline: Spline, around: F32) -> bool:
    """Whether the map turns over anywhere in the points' bounding box."""
    low, high = around.min(0), around.max(0)
    x, y = np.meshgrid(np.linspace(low[0], high[0], 24), np.linspace(low[1], high[1], 36))
    mapped = spline(np.stack([x.ravel(), y.ravel()], 1).astype(np.float32)).reshape(36, 24, 2)
    du, dv = np.diff(mapped, axis=1)[:-1], np.diff(mapped, axis=0)[:, :-1]
    return bool((du[..., 0] * dv[..., 1] - du[..., 1] * dv[..., 0] <= 0).any())


def remap(rgba: U8, field: Field, size: tuple[int, ...], corner: tuple[int, int] = (0, 0)) -> U8:
    """HxWx4, straight alpha, of a `size` (height, width) at a `corner` (row, column) of the photo's canvas, through a
    map that is evaluated every STEP pixels."""
    top, left = corner
    rows, columns = size[0] // STEP + 2, size[1] // STEP + 2
    x, y = np.meshgrid(np.arange(columns) * STEP + left, np.arange(rows) * STEP + top)
    coarse = field(np.stack([x.ravel(), y.ravel()], 1).astype(np.float32)).reshape(rows, columns, 2)
    canvas = np.zeros((size[0], size[1], 4), np.uint8)
    part = _reached(coarse, rgba.shape, size)
    fine_x, fine_y = np.meshgrid(*(np.arange(s.start, s.stop, dtype=np.float32) / STEP for s in part[::-1]))
    if fine_x.size:
        x_map, y_map = cv2.split(cv2.remap(coarse, fine_x, fine_y, cv2.INTER_LINEAR))
        # beyond the cut-out's frame its colour runs on and its alpha is nothing: no dark line where the frame cuts it
        canvas[part][..., :3] = cv2.remap(rgba[..., :3], x_map, y_map, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        canvas[part][..., 3] = cv2.remap(rgba[..., 3], x_map, y_map, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT)
    return canvas


def _reached(coarse: F32, source: tuple[int, ...], size: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a canvas of `size` outside of which a map, evaluated every STEP pixels, leads beyond a source
    of some height and width."""
    inside = np.all((coarse > -EDGE) & (coarse < np.array(source[1::-1]) + EDGE), 2)
    grown = touched(np.asarray(cv2.dilate(inside.astype(np.uint8), np.ones((3, 3), np.uint8)), np.uint8))
    return tuple(slice(s.start * STEP, min(s.stop * STEP, most)) for s, most in zip(grown, size, strict=True))  # type: ignore[return-value]


def over(top: U8, bottom: U8) -> U8:
    """Porter and Duff's over, straight alpha, HxWx4 each."""
    a, b = top[:, :, 3:] / np.float32(255), bottom[:, :, 3:] / np.float32(255)
    alpha = a + b * (1 - a)
    colour = (top[:, :, :3] * a + bottom[:, :, :3] * b * (1 - a)) / np.maximum(alpha, 1e-6)
    return np.concatenate([colour.round(), (alpha * 255).round()], 2).clip(0, 255).astype(np.uint8)
