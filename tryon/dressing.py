"""From masks, joints and a gown to the picture: warp, compose, refine, lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from tryon import (
    anchors,
    bare_limbs,
    blending,
    body_parts,
    composer,
    cutting,
    cyclegan,
    fingers,
    images,
    relight,
    remains,
    reveal,
    segmentation,
    shadows,
    subject,
    warp,
    yoke,
)
from tryon.anchors import Body
from tryon.cyclegan import CycleGANConfig
from tryon.gown import Gown, cut_out, wearer
from tryon.images import F32, U8
from tryon.joints import Joint
from tryon.options import Fit
from tryon.runtime import Ready
from tryon.skin import from_skin, skin_colour, unlike

# half breadth and half height of a face about the nose, in shoulder widths; share of it over which its edge fades
FACE, CHIN = (0.30, 0.31), 0.2
THROAT = 0.7  # shoulder widths across the neck and what is beside it
# shoulder widths from clothes: up to the first the neck is painted, from there to the second it goes over to real skin
FADES = (0.03, 0.1)
EDGE = 0.012  # shoulder widths from clothes within which a pixel of the bride shows some of them


@dataclass(frozen=True)
class Scene:
    """All that is known before the gown is put on, at the photo's own size."""

    photo: U8  # HxWx3
    user: U8  # HxW, 0..255
    clothes: U8  # HxW, 0..255
    joints: F32  # 18x3
    body: Body
    gown: Gown
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """The picture and what led to it, at the photo's own size."""

    picture: U8  # HxWx3
    worn: U8  # HxWx4: the warped gown
    edit: U8  # HxW: 255 where the picture may differ from the photo
    front: U8  # HxW: what of the bride stays before the gown
    skin: U8  # HxW: what of her is painted


def see(
    photo: U8, gown: U8, landmarks: Mapping[str, Any] | None, masks: Mapping[str, U8], joints: Mapping[str, F32]
) -> Scene:
    """Put together what the nets found. masks and joints (of people, PxJOINTSx3) hold `photo` and, unless the gown is
    ready made, `gown`.

    Raises NoPersonError, MultiplePeopleError, PoseError, GownNotFoundError.
    """
    seen, clothes = segmentation.enlarge(masks["photo"], photo)
    user, clothes, notes = subject.find(seen, clothes, joints["photo"])
    hers = joints["photo"][0]
    for taken_by in (remains.strays, remains.found, remains.strays):  # what is found may leave slivers
        taken = taken_by(photo, user, clothes, hers)
        user, clothes = np.where(taken, 0, user).astype(np.uint8), np.where(taken, 255, clothes).astype(np.uint8)
    user, clothes = subject.head_covered(user, clothes, hers)
    user, clothes = fingers.drawn(photo, user, clothes, hers)
    user = remains.shrunk(user, clothes, EDGE * body_parts.shoulder_width(hers))
    body = bare_limbs.bare_armed(anchors.find(hers, np.maximum(user, clothes)), seen)
    if "gown" in masks:
        asset = gown_in(gown, masks["gown"], joints["gown"][0])
    else:
        asset = Gown(gown, {name: (float(x), float(y)) for name, (x, y) in (landmarks or {}).items()})
    advice = subject.advice(body, photo, user)
    return Scene(photo, user, clothes, hers, body, asset, (*notes, *advice, *asset.warnings))


def gown_in(picture: U8, masks: U8, joints: F32) -> Gown:
    """The gown of a product picture, with its wearer if there is one. masks: what the net sees, hxwx2 (user, gown)."""
    both = np.dstack(segmentation.enlarge(masks, picture))
    if body := wearer(both, joints) if subject.somebody(joints) else None:
        return cut_out(picture, both, body)
    return cutting.alone(picture, masks, cutting.SERVED)


def dress(net: Ready[CycleGANConfig], scene: Scene, fit: Fit) -> Result:
    """The bride in the gown. Outside `edit` the picture is the photo, bit for bit."""
    worn = warp.hang(scene.gown, scene.body, fit, (scene.photo.shape[0], scene.photo.shape[1]))
    plain = compose(scene, worn)
    refined = _shade(plain.picture, cyclegan.refine(net, plain.picture), shaded(plain))
    return replace(plain, picture=np.asarray(cv2.copyTo(refined, plain.edit, scene.photo.copy()), np.uint8))


def compose(scene: Scene, worn: U8) -> Result:
    """The bride with a warped gown HxWx4 on her and her old clothes gone, before any refinement."""
    sleeves = frozenset(side for side in anchors.SIDES if f"wrist_{side}" in scene.gown.landmarks)
    worn = yoke.laid(worn, scene.user, scene.joints)
    front, hole, joints = uncovered(scene, worn[:, :, 3], sleeves)
    bare = reveal.bare(joints, scene.user, worn[:, :, 3])
    filled = reveal.fill(scene.photo, whole(hole), scene.user, joints, worn[:, :, 3], bare)
    before = front
    for side, forearm in zip(anchors.SIDES, filled.before, strict=True):
        if side not in sleeves:
            before = np.maximum(before, forearm)
    alpha = showing(worn, before)
    floor = shadows.on_floor(worn[:, :, 3], scene.body)
    hole = np.maximum(hole, filled.fade)
    scenery = shadows.cast(blending.mix(filled.picture, scene.photo, hole), floor)
    lit = worn if filled.light is None else relight.towards(worn, filled.light)
    composite = blending.mix(shadows.cast(lit[:, :, :3], shadows.on_gown(before, scene.body)), scenery, alpha)
    edit = np.where(floor > 0, np.uint8(255), np.maximum(hole, alpha))
    return Result(composite, worn, edit, before, filled.skin)


def uncovered(scene: Scene, alpha: U8, sleeves: frozenset[str]) -> tuple[U8, U8, F32]:
    """What of her stays before a gown of this alpha, HxW; what is to be painted without her clothes, HxW; and her
    joints for that, 18x3. sleeves: the sides on which the gown has long ones."""
    fringe = _fringe(scene)
    front = _without(composer.in_front(scene.photo, scene.user, scene.joints, sleeves), fringe).astype(np.uint8)
    joints = reveal.closer(reveal.tucked(scene.joints, scene.user, alpha, sleeves), scene.user, alpha)
    joints = bare_limbs.on_feet(joints, scene.user)
    hole = np.maximum.reduce([_hole(scene, front), fringe, reveal.vacated(scene.user, scene.joints, joints)])
    return front, hole, joints


def shaded(result: Result) -> U8:
    """Where the generator's change counts, HxW 0..255: on painted skin inside the edit mask, and not on the gown, whose
    colours are the shop's. A wall that it moved showed a halo about her."""
    return _without(np.minimum(result.edit, result.skin), showing(result.worn, result.front)).astype(np.uint8)


def showing(worn: U8, front: U8) -> U8:
    """The alpha of the warped gown where nothing of the bride is before it."""
    return _without(worn[:, :, 3], front).astype(np.uint8)


def _without(mask: U8 | F32, other: U8) -> F32:
    """A mask, 0..255, less what another covers of it."""
    out, part = mask.astype(np.float32), images.touched(other)
    out[part] *= 1 - other[part].astype(np.float32) / 255
    return out


def _hole(scene: Scene, front: U8) -> U8:
    """Where the old clothes were, with a soft margin: a narrow one over the skin too, since clothes leave a fringe
    there, and a wide one over the background. What stays in front is never in it."""
    height = float(np.ptp(scene.joints[scene.joints[:, 2] > 0, 1]))
    clothes = ((scene.clothes > 64) & (scene.clothes >= scene.user)).astype(np.uint8) * 255
    narrow, wide = (_grown(clothes, share * height) for share in (0.006, 0.016))
    skin = np.where(scene.user > scene.clothes, scene.user, 0)
    return _without(np.maximum(narrow, _without(wide, skin)), front).astype(np.uint8)


def _fringe(scene: Scene) -> U8:
    """Skin of the neck beside clothes, HxW, 255 at their edge and fading: a collar leaves a fringe there, and painted
    skin must flow into real skin. No hair, and nothing of the face."""
    width, joints = body_parts.shoulder_width(scene.joints), scene.joints
    neck = np.zeros_like(scene.user)
    body_parts.capsule(neck, joints, Joint.NECK, Joint.NOSE, THROAT * width)
    part = images.touched(neck)
    if not neck[part].size:
        return neck
    photo, user = scene.photo[part], scene.user[part]
    skin = skin_colour(scene.photo, scene.user, joints)
    hair = images.around(unlike(from_skin(photo, skin), user, width) > 0, FADES[0] * width)
    rows, columns = np.mgrid[part].astype(np.float32)
    (x, y), (across, down) = joints[Joint.NOSE, :2], np.array(FACE) * width
    below = ((np.hypot((columns - x) / across, (rows - y) / down) - 1) / CHIN).clip(0, 1)
    away = cv2.distanceTransform((scene.clothes[part] <= 64).astype(np.uint8), cv2.DIST_L2, 3) / width
    band = ((FADES[1] - away) / (FADES[1] - FADES[0])).clip(0, 1) * below * 255 * (neck[part] > 0) * ~hair
    out = np.zeros_like(scene.user)
    out[part] = band
    return out


def _grown(mask: U8, reach: float) -> U8:
    """A mask grown by `reach` pixels, its edge soft over half of that."""
    size, out = max(1, round(reach)) * 2 + 1, np.zeros_like(mask)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    part = images.grown(images.touched(mask), 2 * size)
    if mask[part].size:
        out[part] = cv2.GaussianBlur(cv2.dilate(mask[part], kernel), (0, 0), max(0.5, reach / 4))
    return out


def whole(hole: U8) -> U8:
    """The hole as what is painted must take it: every touched pixel is missing."""
    return np.where(hole > 8, 255, 0).astype(np.uint8)


def _shade(picture: U8, gain: F32, where: U8) -> U8:
    """The generator's light on a picture, inside a mask."""
    out, part = picture.copy(), images.touched(where)
    if where[part].size:
        share = where[part].astype(np.float32) / np.float32(255)
        out[part] = blending.lit(picture[part], 1 + share * (gain[part] - 1))
    return out
