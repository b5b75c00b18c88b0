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


def shirt(figure: Figure, second_skin: Surface, under: list[Surface], sleeve: float = 0.62) -> Surface:
    """A shirt with a round neck; sleeves reach so far down the upper arm. One without any (below 0) or with long ones
    (1.8: to the wrist) is knitted: it does not fall."""
    p, arm = second_skin.points, second_skin.values["arm"]
    shoulder, elbow = figure.joint("l-shoulder"), figure.joint("l-elbow")
    mirrored = np.c_[np.abs(p[:, 0]), p[:, 1:]] - shoulder
    along = mirrored @ (elbow - shoulder) / ((elbow - shoulder) @ (elbow - shoulder))
    hem = figure.levels["hip"] - 0.005
    collar = figure.joint("neck")[2] - 0.032 + 0.45 * p[:, 1] + 9 * p[:, 0] ** 2
    keep = np.minimum.reduce([p[:, 2] - hem, collar - p[:, 2], np.where(arm > 0.3, 0.3 * (sleeve - along), 1.0)])
    cloth = second_skin.cut(keep)
    low = np.clip((figure.levels["bust"] - cloth.points[:, 2]) / 0.25, 0, 1)
    loose = np.clip(cloth.values["arm"], 0, 1)
    if not 0 < sleeve < 1:
        return cloth.pushed(0.008 + 0.010 * low).smoothed(2)
    return fallen(cloth.pushed(0.007 + 0.022 * low + 0.012 * loose).smoothed(3), under, 24)


def trousers(figure: Figure, second_skin: Surface, body: Surface) -> Surface:
    """Straight trousers that end above the ankle."""
    p = second_skin.points
    top = figure.levels["waist"] - 0.05
    keep = np.minimum.reduce([top - p[:, 2], p[:, 2] - 0.13, 0.3 - second_skin.values["arm"]])
    cloth = second_skin.cut(keep)
    knee, ankle = figure.joint("l-knee"), figure.joint("l-ankle")
    low = np.clip((figure.levels["hip"] - 0.1 - cloth.points[:, 2]) / 0.45, 0, 1)
    t = np.clip((knee[2] - cloth.points[:, 2]) / (knee[2] - ankle[2]), 0, 1)[:, None]
    axis = (1 - t) * knee[:2] + t * ankle[:2]
    axis[:, 0] *= np.sign(cloth.points[:, 0])
    out = cloth.points[:, :2] - axis
    wide = out / np.linalg.norm(out, axis=1, keepdims=True).clip(1e-6) * 0.078
    cloth = cloth.pushed(0.006 + 0.006 * low)
    share = (0.75 * low * (cloth.points[:, 2] < knee[2] + 0.1))[:, None]
    share *= np.clip((knee[2] + 0.1 - cloth.points[:, 2:]) / 0.15, 0, 1)
    cloth.points[:, :2] += share * (axis + wide - cloth.points[:, :2])
    return fallen(cloth.smoothed(4), [body], 14, (cloth.points[:, 2] > top - 0.012).astype(float))


def shoes(figure: Figure, second_skin: Surface) -> Surface:
    """Flat shoes, open on the instep."""
    p = second_skin.points
    ankle = figure.joint("l-ankle")
    rim = np.interp(p[:, 1], [ankle[1] - 0.13, ankle[1] - 0.06, ankle[1] + 0.03], [0.10, 0.035, 0.062])
    shoe = second_skin.cut(np.minimum(rim - p[:, 2], 0.13 - p[:, 2])).smoothed(14).pushed(0.010)
    shoe.points[:, 2] = np.where(shoe.points[:, 2] < 0.012, -0.008, shoe.points[:, 2])
    return shoe
