"""From masks, joints and a gown to the picture: warp, compose, refine, lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from tryon import anchors, composer, cyclegan, draw, images, reveal, warp
from tryon.anchors import Body
from tryon.composer import ComposerConfig
from tryon.errors import MultiplePeopleError, NoPersonError, PoseError
from tryon.gown import Gown, cut_out
from tryon.images import F32, U8
from tryon.options import Fit
from tryon.pose import Joint
from tryon.runtime import Ready

SMALLEST_PERSON = 0.01  # of the photo
CORE = (Joint.NECK, Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER, Joint.RIGHT_HIP, Joint.LEFT_HIP)
# near these, skin, hair, shoes and bags are seen
BARE = tuple(j for j in Joint if j == Joint.NOSE or j.name.endswith(("ELBOW", "WRIST", "ANKLE")))
HERS = 0.4  # shoulder widths from the main person within which a separate piece is taken for hers: a bag, a foot
SURE = 0.3  # mean belief of the core joints below which there is nobody


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


def see(
    photo: U8, gown: U8, landmarks: Mapping[str, Any] | None, masks: Mapping[str, U8], joints: Mapping[str, F32]
) -> Scene:
    """Put together what the nets found. masks and joints hold `photo` and, unless the gown is ready made, `gown`.

    Raises NoPersonError, MultiplePeopleError, PoseError, GownNotFoundError.
    """
    user, clothes = enlarge(masks["photo"], photo)
    person = np.maximum(user, clothes)
    _check_person(person, joints["photo"])
    user, clothes, notes = _main_person(user, clothes, joints["photo"])
    user, clothes = _tidy(user, clothes, joints["photo"])
    body = anchors.find(joints["photo"], np.maximum(user, clothes))
    if "gown" in masks:
        asset = _gown_in(gown, enlarge(masks["gown"], gown), joints["gown"])
    else:
        asset = Gown(gown, {name: (float(x), float(y)) for name, (x, y) in (landmarks or {}).items()})
    return Scene(photo, user, clothes, joints["photo"], body, asset, (*notes, *_advice(body, photo), *asset.warnings))


def enlarge(masks: U8, picture: U8) -> tuple[U8, U8]:
    """A net's masks hxwx2 at the picture's size, their edges drawn to the picture's own by a guided filter."""
    size = (picture.shape[1], picture.shape[0])
    large = np.asarray(cv2.resize(masks, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    guide = np.asarray(cv2.cvtColor(np.ascontiguousarray(picture[:, :, :3]), cv2.COLOR_RGB2GRAY), np.uint8)
    scale = max(picture.shape[0] / masks.shape[0], 1.0)
    sharp = [_guided(guide, large[:, :, i], round(3 * scale)) for i in range(2)]
    return sharp[0], sharp[1]


def _guided(guide: U8, mask: U8, radius: int) -> U8:
    """Guided filter (He, Sun and Tang, ECCV 2010) of a mask by a grey picture."""
    box = (2 * radius + 1, 2 * radius + 1)
    i, p = guide.astype(np.float32) / 255, mask.astype(np.float32) / 255
    mean_i, mean_p = cv2.blur(i, box), cv2.blur(p, box)
    slope = (cv2.blur(i * p, box) - mean_i * mean_p) / (cv2.blur(i * i, box) - mean_i**2 + 1e-3)
    out = cv2.blur(slope, box) * i + cv2.blur(mean_p - slope * mean_i, box)
    sharp = ((out - 0.2) / 0.6).clip(0, 1)  # the filter is soft where the net is unsure; a matte is not
    return np.asarray((sharp * 255).round(), np.uint8)


def _check_person(person: U8, joints: F32) -> None:
    core = joints[list(CORE), 2]
    if (person > 127).mean() < SMALLEST_PERSON or core.mean() < SURE / 2:
        raise NoPersonError("Nobody was found in the photo: use one of yourself, standing, facing the camera.")


def _main_person(user: U8, clothes: U8, joints: F32) -> tuple[U8, U8, tuple[str, ...]]:
    """The masks of the person whose joints were found; somebody else of like size is an error, of less a warning, and
    what lies apart from her (a flower pot, a sign) is background."""
    person = (np.maximum(user, clothes) > 127).astype(np.uint8)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(person)
    core = joints[[j for j in CORE if joints[j, 2] > 0], :2].astype(int)
    height, width = person.shape
    hits = [int(parts[min(y, height - 1), min(x, width - 1)]) for x, y in core]
    hits = [h for h in hits if h] or [int(stats[1:, cv2.CC_STAT_AREA].argmax()) + 1]
    main = max(set(hits), key=hits.count)
    areas = {n: int(stats[n, cv2.CC_STAT_AREA]) for n in range(1, count) if n != main}
    tall = {n for n in areas if stats[n, cv2.CC_STAT_HEIGHT] > 0.5 * stats[main, cv2.CC_STAT_HEIGHT]}
    largest = max((areas[n] for n in tall), default=0) / max(1, int(stats[main, cv2.CC_STAT_AREA]))
    if largest > 0.7:
        raise MultiplePeopleError("Several people are equally prominent: use a photo of yourself alone.")
    notes = ("Somebody else is in the photo; the main person was dressed.",) if largest > 0.1 else ()
    away = cv2.distanceTransform((parts != main).astype(np.uint8), cv2.DIST_L2, 3)
    hers = set(np.unique(parts[away <= HERS * composer.shoulder_width(joints)]).tolist())
    others = np.isin(parts, sorted((areas.keys() - hers) | (tall if notes else set())))
    keep = cv2.dilate(others.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    return np.where(keep, user, 0).astype(np.uint8), np.where(keep, clothes, 0).astype(np.uint8), notes


def _tidy(user: U8, clothes: U8, joints: F32) -> tuple[U8, U8]:
    """Masks in which the user's body is all of one piece with head, arms or feet: a badge on a jacket is clothing."""
    width = composer.shoulder_width(joints)
    reach = np.zeros(user.shape, np.uint8)
    for joint in BARE:
        if joints[joint, 2] > 0:
            draw.disc(reach, joints[joint, :2], 0.5 * width)
    count, parts = cv2.connectedComponents((user > 127).astype(np.uint8))
    kept = np.zeros(count, bool)
    kept[np.unique(parts[reach > 0])] = True
    stray = ~kept[parts] & (user > 127)
    return np.where(stray, 0, user).astype(np.uint8), np.where(stray, 255, clothes).astype(np.uint8)


def _advice(body: Body, photo: U8) -> tuple[str, ...]:
    """What would have made a better picture."""
    notes = []
    if body.turned:
        notes.append("You are turned to the side; gowns fit best on a photo from the front.")
    if (body.joints[[Joint.RIGHT_ANKLE, Joint.LEFT_ANKLE], 2] == 0).all():
        notes.append("Your feet are not in the photo; the gown's length is a guess.")
    if photo.mean() < 50:
        notes.append("The photo is dark; more light shows the gown better.")
    return tuple(notes)


def _gown_in(picture: U8, masks: tuple[U8, U8], joints: F32) -> Gown:
    """The gown of a product picture, with its wearer if there is one."""
    worn = None
    if joints[list(CORE), 2].mean() > SURE:
        try:
            worn = anchors.find(joints, np.maximum(*masks))
        except PoseError:
            worn = None  # a dress on a hanger can look a little like a person
    return cut_out(picture, np.dstack(masks), worn)


def dress(nets: cyclegan.Nets, scene: Scene, fit: Fit) -> Result:
    """The bride in the gown. Outside `edit` the picture is the photo, bit for bit."""
    worn = warp.hang(scene.gown, scene.body, fit, (scene.photo.shape[0], scene.photo.shape[1]))
    plain = compose(nets.composer, scene, worn)
    refined = _shade(plain.picture, cyclegan.refine(nets.generator, plain.picture), plain.edit)
    return replace(plain, picture=np.where(plain.edit[:, :, None] > 0, refined, scene.photo).astype(np.uint8))


def compose(net: Ready[ComposerConfig], scene: Scene, worn: U8) -> Result:
    """The bride with a warped gown HxWx4 on her and her old clothes gone, before any refinement."""
    sleeves = frozenset(side for side in anchors.SIDES if f"wrist_{side}" in scene.gown.landmarks)
    front = composer.in_front(scene.photo, scene.user, scene.joints, sleeves)
    hole = _hole(scene, front)
    bare = reveal.bare(scene.joints, scene.user, worn[:, :, 3])
    filled = reveal.fill(net, scene.photo, _whole(hole), scene.user, scene.joints, bare)
    alpha = showing(worn, front)
    composite = images.mix(worn[:, :, :3], images.mix(filled, scene.photo, hole), alpha)
    return Result(composite, worn, np.maximum(hole, alpha), front)


def showing(worn: U8, front: U8) -> U8:
    """The alpha of the warped gown where nothing of the bride is before it."""
    return (worn[:, :, 3].astype(np.float32) * (1 - front.astype(np.float32) / 255)).astype(np.uint8)


def _hole(scene: Scene, front: U8) -> U8:
    """Where the old clothes were, with a soft margin: a narrow one over the skin too, since clothes leave a fringe
    there, and a wide one over the background. What stays in front is never in it."""
    height = float(np.ptp(scene.joints[scene.joints[:, 2] > 0, 1]))
    clothes = (scene.clothes > 64).astype(np.uint8) * 255
    narrow, wide = (_grown(clothes, share * height) for share in (0.006, 0.016))
    skin = np.where(scene.user > scene.clothes, scene.user, 0)
    hole = np.maximum(narrow, wide.astype(np.float32) * (1 - skin.astype(np.float32) / 255))
    return (hole * (1 - front.astype(np.float32) / 255)).astype(np.uint8)


def _grown(mask: U8, reach: float) -> U8:
    """A mask grown by `reach` pixels, its edge soft over half of that."""
    size = max(1, round(reach)) * 2 + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.GaussianBlur(cv2.dilate(mask, kernel), (0, 0), max(0.5, reach / 4)), np.uint8)


def _whole(hole: U8) -> U8:
    """The hole as the composer is shown it: every touched pixel is missing."""
    return np.where(hole > 8, 255, 0).astype(np.uint8)


def _shade(picture: U8, change: F32, edit: U8) -> U8:
    """Add the generator's change inside the edit mask."""
    out, part = picture.copy(), images.touched(edit)
    share = edit[part][:, :, None].astype(np.float32) / 255
    out[part] = (picture[part] + change[part] * share).round().clip(0, 255)
    return out
