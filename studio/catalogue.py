"""Renders the catalogue: `python -m studio.catalogue --out gowns`, one folder a gown.

Needs Python 3.11 with studio/requirements.txt; takes one to two minutes a gown on two idle cores. A gown whose folder
is whole is left as it is, so the command can be stopped and said again; --again renders it anew.
"""

import argparse
import json
import tempfile
from pathlib import Path

import bpy
from PIL import Image, ImageFilter
from tqdm import tqdm

from studio import materials, measuring, scene
from studio.designs import DESIGNS, Design
from studio.dressmaking import Worn, dress, model
from tryon import backdrop

__all__ = ["DESIGNS", "Design", "Worn", "dress", "main", "make"]

FILES = ("gown.png", "product.jpg", "thumb.jpg", "gown.json")  # the last to be written last
DRAFT = 0.35  # how large a draft is
CLOTH, NET = 0.25, 0.55  # stops of exposure: white is to be white, and layers of net take each other's light
EDGE = 0.8  # pixels by which edges are softened


def lights() -> None:
    """From the left and the side, so that folds show; little from the right, and an edge of light from behind."""
    scene.area_light((-3.0, -1.9, 2.3), (0, 0, 0.8), 1.3, 215, (1.0, 0.96, 0.90))
    scene.area_light((3.0, -2.6, 1.4), (0, 0, 0.8), 2.6, 22, (0.92, 0.96, 1.0))
    scene.area_light((1.5, 1.2, 2.6), (0, 0, 1.0), 1.2, 60)


def hide(body: bpy.types.Object) -> None:
    """The wearer only cuts away what is behind her: neither her arms' shadow nor her colour falls on the gown."""
    body.is_holdout = True
    body.visible_shadow = body.visible_diffuse = body.visible_glossy = body.visible_transmission = False


def make(design: Design, folder: Path, *, draft: bool) -> None:
    """One gown's folder: gown.png, product.jpg, thumb.jpg, gown.json."""
    view = scene.fresh(_samples(design, draft), 2).view_settings
    view.look, view.exposure = "AgX - High Contrast", NET if "tulle" in design.lower else CLOTH
    cycles = bpy.context.scene.cycles
    cycles.max_bounces, cycles.adaptive_threshold, cycles.adaptive_min_samples = 3, 0.08, 3
    figure = model(design)
    hide(scene.body(figure, materials.plain((0.5, 0.3, 0.2), 0.5)))
    worn = dress(design, figure)
    scene.backdrop().visible_camera = False
    lights()
    camera = measuring.camera_for(worn, DRAFT if draft else 1.0)
    camera.place()
    with tempfile.TemporaryDirectory() as scratch:
        scene.shoot(Path(scratch) / "gown.png", transparent=True)
        cut_out = evened(Image.open(Path(scratch) / "gown.png").convert("RGBA"))
    folder.mkdir(parents=True, exist_ok=True)
    cut_out.save(folder / "gown.png")
    product = backdrop.product(cut_out.crop(measuring.framed(cut_out)))
    product.save(folder / "product.jpg", quality=86)
    backdrop.thumb(product).save(folder / "thumb.jpg", quality=82)
    marks = measuring.landmarks(worn, camera, design.sleeve)
    about = {
        "name": design.name,
        "tags": design.tags,
        "licence": "CC0-1.0",
        "provenance": "rendered by `python -m studio.catalogue` from the CC0 MakeHuman base mesh",
        "landmarks": {name: _rounded(point) for name, point in marks.items()},
        "neckline": [_rounded(point) for point in measuring.neckline(worn, camera)],
        "layers": ["wearer", *worn.pieces],  # from behind to the front
    }
    (folder / "gown.json").write_text(json.dumps(about, indent=1) + "\n")


def evened(picture: Image.Image) -> Image.Image:
    """Smooth where it is not opaque: the denoiser leaves alpha as grainy as few samples make it."""
    soft = picture.convert("RGBa").filter(ImageFilter.GaussianBlur(EDGE)).convert("RGBA")
    seen_through = picture.getchannel("A").filter(ImageFilter.MinFilter(3)).point(lambda a: 255 * (a < 255))
    return Image.composite(soft, picture, seen_through)


def _samples(design: Design, draft: bool) -> int:
    """Rays a pixel. The denoiser does not smooth alpha, so what one sees through needs more."""
    if draft:
        return 6
    return 8 if {"lace", "tulle"} & {design.upper, design.lower} else 4


def _rounded(point: tuple[float, float]) -> list[float]:
    return [round(point[0], 1), round(point[1], 1)]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("gowns"))
    parser.add_argument("--only", choices=sorted(DESIGNS), action="append")
    parser.add_argument("--again", action="store_true", help="render what is there already, too")
    parser.add_argument("--draft", action="store_true", help="small and noisy")
    arguments = parser.parse_args()
    wanted = arguments.only or list(DESIGNS)
    if not arguments.again:
        wanted = [slug for slug in wanted if not all((arguments.out / slug / name).exists() for name in FILES)]
    with tqdm(wanted, unit="gown") as bar:
        for slug in bar:
            bar.set_description(slug)
            make(DESIGNS[slug], arguments.out / slug, draft=arguments.draft)


if __name__ == "__main__":
    main()
