"""Renders the samples: `python -m studio.render --out samples`.

Needs Python 3.11 with studio/requirements.txt; takes some minutes on two idle cores.
"""

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

try:
    import bpy
except ImportError as error:
    raise SystemExit(
        "Blender is missing: python3.11 -m pip install bpy==4.5.15 (see studio/requirements.txt)"
    ) from error
import numpy as np
from PIL import Image

from studio import clothes, hair, materials, measuring, scene
from studio.designs import Design
from studio.dressmaking import dress
from studio.figure import Figure
from studio.geometry import Surface, refined

SAMPLE = Design("Sample A-line gown", "a-line", "sweetheart", "straps", "ivory", "lace", "satin", seed=7, beads=500)
README = """Sample input: a bride (bride.jpg); a gown cut out (gown.png, landmarks in gown.json) and worn (gown.jpg).
Rendered by `python -m studio.render --out samples` from the CC0 MakeHuman base mesh; nobody real is shown.
Licence: CC0 1.0.
"""


@dataclass(frozen=True)
class Look:
    """How much work goes into a picture."""

    samples: int = 24
    scale: float = 1.0  # of the resolution
    strands: int = 16000
    threads: int = 2

    def pixels(self, width: int, height: int) -> tuple[int, int]:
        """The resolution to render at."""
        return round(self.scale * width), round(self.scale * height)


def save_photo(source: Path, target: Path, seed: int, quality: int = 91) -> None:
    """A render as a photograph: a little grain, JPEG."""
    pixels = np.asarray(Image.open(source).convert("RGB")).astype(float)
    grain = np.random.default_rng(seed).normal(0, 1.6, pixels.shape[:2])[..., None]
    Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8)).save(target, quality=quality)


def woman(
    figure: Figure, tone: materials.Colour, melanin: float, iris: materials.Colour, strands: int
) -> tuple[Surface, bpy.types.Object]:
    """Body, eyes, brows and hair in the scene; returns the body as a surface and its object."""
    surface = refined(*figure.part("body"), 1)
    dark = materials.times((0.28, 0.16, 0.09), (1.05 - melanin) ** 2)
    thing = scene.body(figure, materials.skin(scene.masks(), tone, dark, (0.52, 0.17, 0.16)))
    scene.eyes(figure, iris)
    material = materials.hair(melanin, 0.5)
    scene.strands(hair.bob(figure, surface, strands, 3), material, 0.00028, 0.00012)
    scene.strands(hair.eyebrows(figure, surface, 260, 5), material, 0.00016, 0.00006)
    return surface, thing


def bride(folder: Path, scratch: Path, look: Look) -> None:
    """bride.jpg: a woman in a T-shirt and trousers in a room."""
    scene.fresh(look.samples, look.threads)
    figure = Figure.standing(arms=29)
    surface, _ = woman(figure, (0.58, 0.33, 0.225), 0.82, (0.10, 0.05, 0.02), look.strands)
    second_skin = clothes.tights(figure)
    trousers = clothes.trousers(figure, second_skin, surface)
    shirt = clothes.shirt(figure, second_skin, [surface, trousers])
    scene.garment(trousers, materials.cloth((0.035, 0.065, 0.16)))
    scene.garment(shirt, materials.cloth((0.03, 0.30, 0.27), 0.9))
    scene.garment(clothes.shoes(figure, second_skin), materials.plain((0.40, 0.24, 0.15), 0.4), 0.003)
    scene.room(-0.009)
    scene.lights(1.0, 0.8)
    camera = scene.Camera(-0.16, 1.80, look.pixels(768, 1024))
    camera.place(blur=2.0)
    scene.shoot(scratch / "bride.png")
    save_photo(scratch / "bride.png", folder / "bride.jpg", 1)


def gown(folder: Path, scratch: Path, look: Look) -> None:
    """gown.jpg on a woman in the studio; gown.png and gown.json: the same gown alone, with its landmarks."""
    scene.fresh(look.samples, look.threads)
    figure = Figure.standing(arms=20)
    _, skin = woman(figure, (0.50, 0.28, 0.19), 0.68, (0.06, 0.08, 0.07), look.strands)
    wearer = set(bpy.context.scene.objects)
    worn = dress(SAMPLE, figure)
    sweep = scene.backdrop()
    scene.lights(1.0, 0.4)
    scene.Camera(-0.14, 1.76, look.pixels(768, 1024)).place()
    scene.shoot(scratch / "shop.png")
    save_photo(scratch / "shop.png", folder / "gown.jpg", 2)
    for thing in wearer:
        thing.hide_render = thing is not skin
    skin.is_holdout, sweep.visible_camera = True, False
    camera = scene.Camera(-0.12, figure.levels["shoulder"] + 0.13, look.pixels(1200, 1400))
    camera.place()
    scene.shoot(scratch / "gown.png", transparent=True)
    write_cutout(folder, scratch / "gown.png", measuring.landmarks(worn, camera, SAMPLE.sleeve))


def write_cutout(folder: Path, source: Path, marks: measuring.Marks) -> None:
    """Crops the cut-out to the gown with a margin and writes its landmarks."""
    image = Image.open(source)
    box = measuring.framed(image)
    image.crop(box).save(folder / "gown.png", optimize=True)
    record = {
        "name": SAMPLE.name,
        "tags": SAMPLE.tags,
        "licence": "CC0-1.0",
        "provenance": "rendered by studio/ from the CC0 MakeHuman base mesh",
        "landmarks": {name: [round(x - box[0], 1), round(y - box[1], 1)] for name, (x, y) in marks.items()},
    }
    (folder / "gown.json").write_text(json.dumps(record, indent=2) + "\n")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("samples"))
    parser.add_argument("--only", choices=["bride", "gown"])
    parser.add_argument("--draft", action="store_true", help="small and noisy")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    look = Look(12, 0.45, 6000, arguments.threads) if arguments.draft else Look(threads=arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for name, make in {"bride": bride, "gown": gown}.items():
            if arguments.only in (None, name):
                start = time.monotonic()
                make(arguments.out, Path(scratch), look)
                print(f"{name}: {time.monotonic() - start:.0f} s")
    (arguments.out / "README.md").write_text(README)


if __name__ == "__main__":
    main()
