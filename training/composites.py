"""Domain A of the CycleGAN: composites as they are before any refinement, some of which have a known right picture."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from training import pairs
from training.ccp import CCP
from training.config import CycleGANRun
from training.triples import Triples
from tryon import dressing, warp
from tryon.cyclegan import CycleGANConfig
from tryon.dressing import Scene
from tryon.errors import TryOnError
from tryon.gown import load
from tryon.images import U8, Letterbox
from tryon.options import Fit
from tryon.segmentation import Region


@dataclass(frozen=True)
class Fake:
    """A composite on the canvas, HxWx4, its alpha where a change counts; and the right picture, if it is known."""

    picture: U8
    truth: U8 | None


def gown_photos(data: CCP) -> list[str]:
    """Training photos of people in dresses and long gowns, labelled or only tagged."""
    train = set(data.split("train"))
    named = {*data.split("long_gowns"), *data.split("tagged_dress_unlabelled")}
    dress = data.label_names.index("dress")
    labelled = [i for i in data.split("train", labelled=True) if (data.raw_labels(i) == dress).mean() > 0.02]
    return data.with_joints(sorted((named & train) | set(labelled)))


def make_composites(config: CycleGANRun, data: CCP, shape: CycleGANConfig) -> list[Fake]:
    """Composites by labels instead of nets, kept in the run's folder."""
    folder = config.out / "composites"
    folder.mkdir(exist_ok=True)
    found: list[Fake] = []
    for bride, gown in tqdm(couples(config, data), "composites", mininterval=10):
        path = folder / f"{bride}-{gown.name if isinstance(gown, Path) else gown}.png"
        if not path.exists():
            try:
                picture = compose(data, bride, gown)
            except TryOnError:
                continue  # a turned body or hidden hips: no composite of this couple
            temporary = path.with_suffix(".tmp")
            Image.fromarray(canvas(picture, shape)).save(temporary, "PNG")
            temporary.replace(path)
        found.append(Fake(np.array(Image.open(path)), canvas(data.photo(bride), shape) if bride == gown else None))
    return found


def couples(config: CycleGANRun, data: CCP) -> list[tuple[str, str | Path]]:
    """Seeded: every other bride in her own gown, un-posed and hung back, of which the right picture is known; the
    others in somebody else's dress (by photo) or a gown of the catalogue (by folder)."""
    chance = random.Random(config.seed)
    labelled = set(data.split("train", labelled=True))
    owners = pairs.upright(data, pairs.wearers(data, "train"))
    chance.shuffle(owners)
    brides = data.with_joints(sorted(labelled))
    catalogue = sorted(
        path.parent for path in pairs.CATALOGUE.glob("*/gown.json")
    )  # white gowns, which street photos lack
    dresses = [i for i in gown_photos(data) if i in labelled]
    found: list[tuple[str, str | Path]] = []
    for number in range(min(config.composites, config.limit or config.composites)):
        if number % 2 == 0 and owners:
            own = owners[number // 2 % len(owners)]
            found.append((own, own))
        else:
            gowns: Sequence[str | Path] = catalogue if catalogue and number // 2 % 2 else dresses
            found.append((chance.choice(brides), chance.choice(gowns)))
    return found


def compose(data: CCP, bride: str, gown: str | Path) -> U8:
    """The bride's photo with the gown of another photo or of a catalogue's folder, or with her own hung back: HxWx4,
    where the generator's change counts for alpha."""
    masks, joints = {}, {}
    for name, photo_id in (("photo", bride), ("gown", gown)):
        if isinstance(photo_id, Path):
            continue
        labels, points = data.labels(photo_id), data.joints(photo_id).copy()
        masks[name] = np.dstack([(labels == region) * 255 for region in (Region.USER, Region.GOWN)]).astype(np.uint8)
        points[:, 2] = np.choose(points[:, 2].astype(int), [0, 0.5, 0.9])
        joints[name] = points[None]
    if bride == gown:
        scene = pairs.own_gown(data, bride, masks["photo"], joints["photo"]).scene
    elif isinstance(gown, Path):
        asset = load(gown)
        scene = dressing.see(data.photo(bride), asset.rgba, asset.landmarks, masks, joints)
    else:
        scene = dressing.see(data.photo(bride), data.photo(gown), None, masks, joints)
    return _composed(scene)


def rendered(data: Triples, shape: CycleGANConfig) -> list[Fake]:
    """Composites of rendered brides, as they came, with their gowns; the right pictures are known."""
    found = []
    for name in tqdm(data.records, "rendered brides", mininterval=10):
        masks = [data.mask(name, "before", what).astype(np.uint8) * 255 for what in ("user", "clothes")]
        joints = data.joints(name).copy()
        joints[:, 2] = 0.9 * (joints[:, 2] > 0)
        photo, asset = data.picture(name, "before"), data.gown(name)
        try:
            seen = {"photo": np.dstack(masks)}, {"photo": joints[None]}
            picture = _composed(dressing.see(photo, asset.rgba, asset.landmarks, *seen))
        except TryOnError:
            continue
        found.append(Fake(canvas(picture, shape), canvas(data.picture(name, "after"), shape)))
    return found


def _composed(scene: Scene) -> U8:
    """HxWx4: the gown on the bride before any refinement, where the generator's change counts for alpha."""
    worn = warp.hang(scene.gown, scene.body, Fit(), (scene.photo.shape[0], scene.photo.shape[1]))
    result = dressing.compose(scene, worn)
    return np.dstack([result.picture, dressing.shaded(result)])


def canvas(picture: U8, shape: CycleGANConfig) -> U8:
    """A picture HxWxC as the generator sees it; a fourth channel is 0 around it."""
    box = Letterbox.fit((picture.shape[0], picture.shape[1]), (shape.height, shape.width))
    alphas = [box.image(picture[:, :, channel], fill=0) for channel in range(3, picture.shape[2])]
    return np.dstack([box.image(np.ascontiguousarray(picture[:, :, :3])), *alphas]).astype(np.uint8)
