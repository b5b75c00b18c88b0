"""Renders the catalogue: `python -m studio.catalogue --out gowns`, one folder a gown.

Needs Python 3.11 with studio/requirements.txt; takes two to four minutes a gown on two cores.
"""

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import bpy  # noqa: F401  (must be loaded before mathutils, which the modules below import)
import numpy as np
from PIL import Image

from studio import clothes, materials, scene
from studio.figure import Figure, Floats
from studio.geometry import Surface
from studio.render import beads
from tryon import backdrop

COLOURS = {
    "ivory": (0.84, 0.765, 0.65),
    "white": (0.90, 0.845, 0.755),
    "champagne": (0.74, 0.60, 0.43),
    "blush": (0.86, 0.63, 0.51),
}
MARGIN = 24  # pixels around the cut-out
ARMS = {"ball gown": 2}  # degrees that the wearer's arms are lowered by: hands must not lie on the skirt


@dataclass(frozen=True)
class Design:
    """A gown as a dressmaker would note it down."""

    name: str
    silhouette: str
    neckline: str
    sleeve: str
    colour: str
    fabric: str
    seed: int

    @property
    def tags(self) -> dict[str, str]:
        return {
            "silhouette": "a-line" if self.silhouette == "tea length" else self.silhouette,
            "neckline": self.neckline,
            "sleeve": self.sleeve,
            "colour": self.colour,
            "length": "tea" if self.silhouette == "tea length" else "floor",
            "fabric": self.fabric,
        }


DESIGNS = {
    "rosalie": Design("Rosalie", "a-line", "sweetheart", "straps", "ivory", "lace and satin", 7),
    "margaux": Design("Margaux", "ball gown", "sweetheart", "strapless", "white", "satin", 11),
    "celeste": Design("Celeste", "sheath", "v-neck", "straps", "champagne", "satin", 3),
    "helena": Design("Helena", "mermaid", "straight", "strapless", "ivory", "lace and satin", 5),
    "audrey": Design("Audrey", "tea length", "bateau", "sleeveless", "white", "satin", 9),
    "lucia": Design("Lucia", "a-line", "bateau", "short", "blush", "lace and satin", 13),
}


@dataclass(frozen=True)
class Worn:
    """A gown on its figure, in the scene."""

    figure: Figure
    bodice: Surface
    skirt: Surface


def dress(design: Design, figure: Figure) -> Worn:
    """The gown on a figure, in the scene."""
    second_skin = clothes.tights(figure, 3)
    satin, lace = materials.satin(COLOURS[design.colour]), materials.lace(COLOURS[design.colour])
    upper = lace if "lace" in design.fabric else satin
    bodice = clothes.bodice(figure, second_skin, design.neckline)
    belt = clothes.belt(figure, second_skin)
    skirt = clothes.skirt(figure, second_skin, design.seed, clothes.CUTS[design.silhouette])
    sleeves = clothes.sleeves(figure, second_skin) if design.sleeve == "short" else None
    scene.garment(bodice, upper)
    scene.garment(belt, satin, 0.002)
    scene.garment(skirt, satin, 0.001)
    if sleeves:
        scene.garment(sleeves, upper)
    if design.sleeve == "straps":
        scene.garment(clothes.straps(figure, second_skin), satin)
    beads(belt.pushed(0.001), (0, 2), 900, design.seed)
    return Worn(figure, bodice, skirt)


def landmarks(worn: Worn, camera: scene.Camera) -> dict[str, tuple[float, float]]:
    """Landmarks in pixels of the picture, measured on the gown's surfaces: sleeves cannot be taken for bodice."""
    marks = {
        f"{name}_{side}": camera.project(worn.figure.joint(f"{side[0]}-{joint}"))
        for name, joint in {"shoulder": "shoulder", "hip_joint": "upper-leg"}.items()
        for side in ("right", "left")
    }
    for name, surface in {"bust": worn.bodice, "waist": worn.bodice, "hip": worn.skirt}.items():
        near = surface.points[np.abs(surface.points[:, 2] - worn.figure.levels[name]) < 0.012]
        marks |= _ends(name, near, camera)
    hem = worn.skirt.points[worn.skirt.values["hem"] > 0.999]
    front = hem[hem[:, 1] < 0]
    marks |= _ends("hem", hem, camera)
    marks["hem_center"] = camera.project(front[np.abs(front[:, 0]).argmin()])
    return marks


def _ends(name: str, points: Floats, camera: scene.Camera) -> dict[str, tuple[float, float]]:
    projected = sorted(camera.project(point) for point in points)
    return {f"{name}_right": projected[0], f"{name}_left": projected[-1]}


def make(slug: str, design: Design, out: Path, pixels: tuple[int, int], samples: int) -> None:
    """One gown's folder: gown.png, gown.json, product.jpg, thumb.jpg."""
    scene.fresh(samples, 2)
    figure = Figure.standing(arms=ARMS.get(design.silhouette, 20))
    scene.body(figure, materials.plain((0.5, 0.3, 0.2), 0.5)).is_holdout = True
    worn = dress(design, figure)
    scene.backdrop().visible_camera = False
    scene.lights(1.2, 0.5)
    camera = scene.Camera(-0.12, worn.figure.levels["shoulder"] + 0.13, pixels)
    camera.place()
    with tempfile.TemporaryDirectory() as scratch:
        scene.shoot(Path(scratch) / "gown.png", transparent=True)
        picture = Image.open(Path(scratch) / "gown.png").convert("RGBA")
    left, top, right, bottom = picture.getchannel("A").point(lambda a: 255 * (a > 127)).getbbox()
    box = (max(0, left - MARGIN), max(0, top - MARGIN), right + MARGIN, bottom + MARGIN)
    cut_out = picture.crop(box)
    folder = out / slug
    folder.mkdir(parents=True, exist_ok=True)
    cut_out.save(folder / "gown.png", optimize=True)
    product = backdrop.product(cut_out)
    product.save(folder / "product.jpg", quality=86)
    backdrop.thumb(product).save(folder / "thumb.jpg", quality=82)
    marks = {name: (round(x - box[0], 1), round(y - box[1], 1)) for name, (x, y) in landmarks(worn, camera).items()}
    about = {
        "name": design.name,
        "tags": design.tags,
        "licence": "CC0-1.0",
        "provenance": "rendered by `python -m studio.catalogue` from the CC0 MakeHuman base mesh",
        "landmarks": marks,
    }
    (folder / "gown.json").write_text(json.dumps(about, indent=1) + "\n")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("gowns"))
    parser.add_argument("--only", choices=sorted(DESIGNS), action="append")
    parser.add_argument("--draft", action="store_true", help="small and noisy")
    arguments = parser.parse_args()
    pixels, samples = ((450, 525), 8) if arguments.draft else ((960, 1120), 24)
    for slug in arguments.only or DESIGNS:
        start = time.monotonic()
        make(slug, DESIGNS[slug], arguments.out, pixels, samples)
        print(f"{slug}: {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
