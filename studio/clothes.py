"""What the figures wear, cut from the base mesh's own tights or drawn from formulas, and draped by Blender's cloth."""

import numpy as np

from studio.figure import Figure, Floats
from studio.geometry import Surface, fallen, refined


def tights(figure: Figure, level: int = 2) -> Surface:
    """A smooth second skin from neck to toes: what every garment is cut from."""
    points, faces = figure.part("helper-tights")
    return refined(points, faces, level, {"arm": figure.arm_share})


def torso(second_skin: Surface) -> Surface:
    """A second skin without arms."""
    return second_skin.cut(0.3 - second_skin.values["arm"])


def angle(points: Floats) -> Floats:
    """Degrees around the body's axis, without sign: 0 in front, 180 behind."""
    return np.degrees(np.arctan2(np.abs(points[:, 0]), -points[:, 1] - 0.02))


def shirt(
    figure: Figure, second_skin: Surface, under: list[Surface], sleeve: float = 0.62, *, short: bool = False
) -> Surface:
    """A shirt with a round neck, to the hips or, `short`, to the waist; sleeves reach so far down the upper arm. One
    without any (below 0) or with long ones (1.8: to the wrist) is knitted: it does not fall."""
    p, arm = second_skin.points, second_skin.values["arm"]
    shoulder, elbow = figure.joint("l-shoulder"), figure.joint("l-elbow")
    mirrored = np.c_[np.abs(p[:, 0]), p[:, 1:]] - shoulder
    along = mirrored @ (elbow - shoulder) / ((elbow - shoulder) @ (elbow - shoulder))
    hem = figure.levels["waist"] - 0.025 if short else figure.levels["hip"] - 0.005
    collar = figure.joint("neck")[2] - 0.032 + 0.45 * p[:, 1] + 9 * p[:, 0] ** 2
    ends = np.where(arm > 0.3, 0.3 * (sleeve - along), 1.0) if sleeve > 0 else _armhole(figure, p, arm)
    cloth = second_skin.cut(np.minimum.reduce([p[:, 2] - hem, collar - p[:, 2], ends]))
    low = np.clip((figure.levels["bust"] - cloth.points[:, 2]) / 0.25, 0, 1) * (1 - cloth.values["arm"]).clip(0, 1)
    hollow = np.exp(-(((cloth.points[:, 2] - figure.levels["waist"]) / 0.09) ** 2)) * low
    if not 0 < sleeve < 1:
        return cloth.pushed(0.005 + 0.010 * low).smoothed(5)
    return fallen(cloth.pushed(0.005 + 0.018 * low + 0.020 * hollow).smoothed(3), under, 24)


def _armhole(figure: Figure, points: Floats, arm: Floats) -> Floats:
    """Positive where a top without sleeves is: between straps above the arms, and on the trunk below them."""
    edge = np.interp(
        points[:, 2],
        [figure.levels["bust"], figure.levels["bust"] + 0.06, figure.joint("neck")[2]],
        [0.3, 0.125, 0.105],
    )
    return np.minimum(edge - np.abs(points[:, 0]), 0.3 - arm)


def trousers(figure: Figure, second_skin: Surface, body: Surface) -> Surface:
    """Straight trousers that end above the ankle."""
    p = second_skin.points
    top = figure.levels["waist"] - 0.05
    keep = np.minimum.reduce([top - p[:, 2], p[:, 2] - 0.10, 0.3 - second_skin.values["arm"]])
    cloth = second_skin.cut(keep).pushed(0.007)
    joints = np.array([figure.joint(f"l-{name}") for name in ("ankle", "knee", "upper-leg")])
    height, side = cloth.points[:, 2], np.sign(cloth.points[:, 0])
    axis = np.stack([np.interp(height, joints[:, 2], joints[:, i]) for i in range(2)], 1)
    axis[:, 0] *= side
    out = cloth.points[:, :2] - axis
    radius = np.linalg.norm(out, axis=1).clip(1e-6)
    leg = np.interp(height, [0.10, joints[1, 2], joints[2, 2] - 0.12, joints[2, 2] - 0.06], [0.066, 0.070, 0.080, 0])
    cloth.points[:, :2] += out * (np.maximum(radius, leg) / radius - 1)[:, None]
    return fallen(cloth.smoothed(4), [body], 14, (cloth.points[:, 2] > top - 0.012).astype(float))


def shoes(figure: Figure, second_skin: Surface) -> Surface:
    """Ballerinas: pointed, low in front, with a thin sole."""
    p, ankle = second_skin.points, figure.joint("l-ankle")
    rim = np.interp(p[:, 1] - ankle[1], [-0.15, -0.105, -0.05, 0.05], [0.1, 0.02, 0.022, 0.05])
    shoe = second_skin.cut(np.minimum(rim - p[:, 2], 0.13 - p[:, 2])).smoothed(8).pushed(0.0045)
    middle = np.sign(shoe.points[:, 0]) * ankle[0]
    tip = np.clip((ankle[1] - 0.11 - shoe.points[:, 1]) / 0.09, 0, 1)
    shoe.points[:, 0] += 0.55 * tip**1.5 * (middle - shoe.points[:, 0])
    shoe.points[:, 2] = np.where(shoe.points[:, 2] < 0.010, -0.008, shoe.points[:, 2])
    return shoe
