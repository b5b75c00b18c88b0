"""Brides and gowns to judge the try-on by: somebody's own gown, un-posed, to be hung back; another's gown."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np

from training.ccp import CCP
from training.holes import make_hole
from training.likeness import ring, seam
from training.metrics import Mask
from tryon import dressing, pose, segmentation, warp
from tryon.blending import bleed
from tryon.dressing import Scene
from tryon.errors import TryOnError
from tryon.gown import Gown, load
from tryon.images import F32, U8
from tryon.joints import Joint
from tryon.pipeline import Nets

SEED = 0
CATALOGUE = Path("gowns")
PER_GOWN, PER_SHOP_GOWN = 3, 2  # brides that each gown of somebody else, and of the catalogue, is tried on
RING = 12  # pixels of the band along the gown's outline
PLAIN = (96, 112, 128)  # what a bride's own clothes are painted over with: a colour that no skin has
CORNERS = (Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER, Joint.LEFT_HIP, Joint.RIGHT_HIP)


@dataclass(frozen=True)
class Pair:
    """A bride and a gown as the product sees them, and what is known of the answer."""

    name: str
    scene: Scene
    truth: U8 | None = None  # the photo that an ideal result equals
    regions: dict[str, Mask] = field(default_factory=dict)  # garment, ring, skin: where the truth is asked for
    seam: float = float("nan")  # gradient along the gown's outline in its own photo
    seconds: float = float("nan")  # that the product took to see bride and gown


def paired(data: CCP, split: str, nets: Nets, limit: int) -> Iterator[Pair]:
    """Upright wearers of dresses and skirts, each in somebody else's clothes, to be dressed in what they wear."""
    ids = upright(data, wearers(data, split))
    others = [*ids[len(ids) // 2 :], *ids[: len(ids) // 2]]
    for photo_id, other in list(zip(ids, others, strict=True))[: limit or None]:
        try:
            masks, joints = look(nets, {"photo": data.photo(photo_id)})
            pair = own_gown(data, photo_id, masks["photo"], joints["photo"])
        except TryOnError:
            continue  # the product would refuse this photo, and say why
        if other == photo_id:
            yield pair
        else:
            yield clad(pair, data.photo(other), data.labels(other) == segmentation.Region.GOWN)


def unpaired(data: CCP, split: str, nets: Nets, limit: int) -> Iterator[Pair]:
    """Upright brides and others' long gowns."""
    for bride, gown in couples(data, split)[: limit or None]:
        photos = {"photo": data.photo(bride), "gown": data.photo(gown)}
        start = time.perf_counter()
        masks, joints = look(nets, photos)
        try:
            scene = dressing.see(photos["photo"], photos["gown"], None, masks, joints)
        except TryOnError:
            continue
        seconds = time.perf_counter() - start
        own = seam(photos["gown"], segmentation.enlarge(masks["gown"], photos["gown"])[1] > 127)
        yield Pair(f"{bride} in {gown}", scene, seam=own, seconds=seconds)


def shop(data: CCP, split: str, nets: Nets, catalogue: Path, limit: int) -> Iterator[Pair]:
    """Upright brides in the catalogue's gowns, each gown on PER_SHOP_GOWN of them."""
    folders = sorted(path.parent for path in catalogue.glob("*/gown.json"))
    brides = upright(data, data.split(split))
    np.random.default_rng(SEED).shuffle(brides)
    gowns = [folder for folder in folders for _ in range(PER_SHOP_GOWN)]
    for bride, folder in list(zip(brides, gowns, strict=False))[: limit or None]:
        photo, asset = data.photo(bride), load(folder)
        masks, joints = look(nets, {"photo": photo})
        try:
            yield Pair(f"{bride} in {folder.name}", dressing.see(photo, asset.rgba, asset.landmarks, masks, joints))
        except TryOnError:
            continue


def look(nets: Nets, photos: dict[str, U8]) -> tuple[dict[str, U8], dict[str, F32]]:
    """Masks and joints of `photo` and of `gown`, or of one of them, as the nodes give them."""
    seen = {name: segmentation.closely(nets.unet, picture) for name, picture in photos.items()}
    return seen, dict(zip(photos, pose.estimate(nets.openpose, list(photos.values())), strict=True))


def couples(data: CCP, split: str) -> list[tuple[str, str]]:
    """Seeded couples (bride, gown) of two people: every gown once, then every gown again with another bride."""
    chance = np.random.default_rng(SEED)
    brides = upright(data, data.split(split))
    gowns = upright(data, sorted(set(data.split(split)) & set(data.split("long_gowns"))))
    return [(str(chance.choice([b for b in brides if b != gown])), gown) for _ in range(PER_GOWN) for gown in gowns]


def wearers(data: CCP, split: str) -> list[str]:
    """Labelled photos with a dress or a skirt."""
    kinds = [data.label_names.index(name) for name in ("dress", "skirt") if name in data.label_names]
    return [i for i in data.split(split, labelled=True) if np.isin(data.raw_labels(i), kinds).mean() > 0.02]


def upright(data: CCP, ids: list[str]) -> list[str]:
    """Those of whom shoulders and hips are trusted, who face the camera and stand straight, feet in the photo."""
    return [i for i in data.with_joints(ids) if _stands(data.joints(i))]


def _stands(joints: F32) -> bool:
    torso = joints[list(CORNERS[2:]), :2].mean(0) - joints[Joint.NECK, :2]
    length = float(np.linalg.norm(torso))
    across = float(joints[Joint.LEFT_SHOULDER, 0] - joints[Joint.RIGHT_SHOULDER, 0])
    feet = joints[[Joint.RIGHT_ANKLE, Joint.LEFT_ANKLE]]
    return bool(
        (joints[list(CORNERS), 2] == 2).all()
        and (feet[:, 2] > 0).all()
        and across > 0.55 * length
        and abs(torso[0]) < 0.2 * length
        and feet[:, 1].mean() - joints[Joint.NECK, 1] > 2.2 * length
    )


def own_gown(data: CCP, photo_id: str, masks: U8, people: F32) -> Pair:
    """A bride whose clothes, and some of her skin, are painted over, and her own gown cut out and un-posed. masks:
    hxwx2, people: PxJOINTSx3, as nets or labels give them. Raises TryOnError."""
    photo, labels, raw = data.photo(photo_id), data.labels(photo_id), data.raw_labels(photo_id)
    both, points = {"photo": masks, "gown": masks}, {"photo": people, "gown": people}
    scene = dressing.see(photo, photo, None, both, points)
    chance = np.random.default_rng([SEED, int(photo_id)])
    skin = raw == data.label_names.index("skin")
    hidden = make_hole(labels, skin, data.joints(photo_id), chance)
    garment = labels == segmentation.Region.GOWN
    regions = {"garment": garment, "ring": ring(garment, RING) & (hidden > 0), "skin": (hidden > 0) & skin}
    bride = replace(
        scene,
        photo=np.where(hidden[:, :, None] > 0, np.array(PLAIN, np.uint8), photo),
        user=np.where(hidden > 0, 0, np.maximum(scene.user, scene.clothes)).astype(np.uint8),
        clothes=hidden,
        gown=unpose(scene.gown, chance),
    )
    return Pair(photo_id, bride, photo, regions)


def clad(pair: Pair, photo: U8, garment: Mask) -> Pair:
    """The bride in the garment of another photo, HxW there, instead of paint: real old clothes have folds and colours,
    and what a stage leaves of them is seen."""
    (x, y, width, height), (left, top, *size) = (
        cv2.boundingRect(mask.astype(np.uint8)) for mask in (garment, pair.scene.clothes)
    )
    part = np.s_[y : y + height, x : x + width]
    cloth = cv2.resize(bleed(photo[part], garment[part]), size, interpolation=cv2.INTER_AREA)
    out = pair.scene.photo.copy()
    place = np.s_[top : top + size[1], left : left + size[0]]
    out[place] = np.where(pair.scene.clothes[place][:, :, None] > 0, cloth, out[place])
    return replace(pair, scene=replace(pair.scene, photo=out))


def unpose(gown: Gown, chance: np.random.Generator) -> Gown:
    """The gown on another body: turned, scaled, and bent by a smooth random map, landmarks and pixels alike.

    The map's points are a grid of their own, so that a spline through the landmarks cannot simply undo it.
    """
    height, width = gown.rgba.shape[:2]
    x, y = np.meshgrid(np.linspace(0, width, 4), np.linspace(0, height, 5))
    grid = np.stack([x.ravel(), y.ravel()], 1).astype(np.float32)
    angle, scale = chance.uniform(-0.1, 0.1), chance.uniform(0.85, 1.2)
    middle = np.array([width, height], np.float32) / 2
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    moved = (grid - middle) @ turn.T + chance.normal(0, 0.025 * width, grid.shape)
    low, high = moved.min(0), moved.max(0)
    back = warp.Spline.through((moved - low).astype(np.float32), grid, 0)
    size = (int(high[1] - low[1]) + 1, int(high[0] - low[0]) + 1)
    marks = {name: _image_of(point, back, turn, middle - low) for name, point in gown.landmarks.items()}
    return replace(gown, rgba=warp.remap(gown.rgba, back, size), landmarks=marks)


def _image_of(point: tuple[float, float], back: warp.Spline, turn: F32, start: F32) -> tuple[float, float]:
    """Where the map whose inverse is `back` takes a point: Newton's steps, with the similarity for a derivative."""
    goal, where = np.asarray(point, np.float32), np.asarray(start, np.float32)
    for _ in range(20):
        where = where + turn @ (goal - back(where[None])[0])
    return float(where[0]), float(where[1])


def resized(gown: Gown, area: float) -> tuple[U8, Mask]:
    """Colour and inside of a cut-out, scaled so that it covers `area` pixels: what its texture could be at best."""
    solid = (gown.rgba[:, :, 3] > 250).astype(np.uint8)
    scale = float(np.sqrt(area / max(1, int(solid.sum()))))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    colour, inside = (
        cv2.resize(x, None, fx=scale, fy=scale, interpolation=method) for x in (gown.rgba[:, :, :3], solid)
    )
    return np.asarray(colour, np.uint8), cv2.erode(inside, np.ones((5, 5), np.uint8)) > 0
