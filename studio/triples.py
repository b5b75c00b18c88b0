"""Renders brides before and after: `python -m studio.triples --out samples/pairs --count 60`.

A triple is a bride in everyday clothes, a gown of the catalogue, and the same bride, pose, camera and light with that
gown on: what an ideal try-on would answer. Beside them: exact masks and joints. A finished triple is skipped, so the
command can be stopped and started again. Needs Python 3.11 with studio/requirements.txt.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice, product
from pathlib import Path
from typing import Any

import bpy  # noqa: F401  (must be loaded before mathutils, which the modules below import)
import numpy as np
from PIL import Image
from tqdm import tqdm

from studio import catalogue
from studio.brides import Bride, Look
from studio.figure import BaseMesh, landmarks
from studio.photo import Mask, Photo, Quality, remove
from studio.render import save_photo
from studio.wardrobe import Wardrobe

GOWNS = ("rosalie", "margaux", "celeste", "vivienne", "audrey", "lucia", "camille", "noemi",
         "thea", "juliette", "seraphina", "helena")  # fmt: skip
WIDE = {"ball gown"}  # silhouettes that leave no room for arms that hang down
BRIDES, LOOKS = 12, 2  # and photos of each; first a photo of every bride in one gown, then her other photo, and so on
JPEG = 88
CATALOGUE, NOT_NEEDED = Path("gowns"), shutil.ignore_patterns("*.jpg")
README = """Brides before and after, to measure the try-on by: `tryon evaluate tryon --data samples/pairs`.

`triples.json` lists {count} triples: the photo of a bride in everyday clothes (`before/`), a gown (`gowns/`: the
catalogue's cut-outs when this was rendered), and the same bride, pose, camera and light in that gown (`after/`), which
is what an ideal try-on would answer. Masks are exact
and soft-edged (8 bits): `before/*-user.png` (skin, hair, shoes) and `*-clothes.png`, `after/*-user.png`, `*-gown.png`,
and `*-front.png`, what of her is before the gown: arms, hands, hair. Joints are exact, in COCO's order: x, y and 2.

Rendered from the CC0 MakeHuman base mesh by `OMP_NUM_THREADS=1 python -m studio.triples --out samples/pairs --count 60`
(see `studio/requirements.txt`); nobody real is shown. The command skips what is here and goes on where it stopped:
every bride's first photo, then her second, then further gowns.

Licence: CC0 1.0.
"""


@dataclass
class Album:
    """The folder that the triples go into, and what it holds already."""

    out: Path
    quality: Quality

    @property
    def manifest(self) -> Path:
        return self.out / "triples.json"

    def done(self) -> dict[str, Any]:
        """The finished triples by name."""
        return json.loads(self.manifest.read_text()) if self.manifest.exists() else {}

    def before(self, look: Look) -> dict[str, str]:
        """The files of a photo in everyday clothes that some finished triple has; empty if none has."""
        triples = self.done().items()
        return next((record["before"] for name, record in triples if name.startswith(f"{look.name}-")), {})

    def finish(self, name: str, record: dict[str, Any]) -> None:
        """Adds a triple to the list."""
        triples = dict(sorted((self.done() | {name: record}).items()))
        rows = [f"{json.dumps(key)}: {json.dumps(row)}" for key, row in triples.items()]
        self._write("triples.json", "{\n" + ",\n".join(rows) + "\n}\n")
        self._write("README.md", README.format(count=len(triples)))

    def shoot(self, photo: Photo, stem: str, worn: list[Any], kind: str) -> dict[str, str]:
        """Renders what she wears; names of the files by what is on them."""
        with tempfile.TemporaryDirectory() as scratch:
            picture = Path(scratch) / "picture.png"
            masks = photo.shoot(picture, worn)
            masks = {"user": masks["user"], kind: masks["worn"]}
            if kind == "gown":
                # what shows through lace is behind it
                masks["front"] = np.minimum(photo.front(masks["user"], worn), 255 - masks["gown"])
            self._write(f"{stem}.jpg", jpeg(picture, photo.look.seed))
        for name, mask in masks.items():
            self._write(f"{stem}-{name}.png", png(mask))
        return {"picture": f"{stem}.jpg", **{name: f"{stem}-{name}.png" for name in masks}}

    def _write(self, name: str, content: str | bytes) -> None:
        """A file is there whole or not at all."""
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}")
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        temporary.replace(path)


def jpeg(render: Path, seed: int) -> bytes:
    """A render as a photograph."""
    photo = render.with_suffix(".jpg")
    save_photo(render, photo, seed, JPEG)
    return photo.read_bytes()


def png(mask: Mask) -> bytes:
    """A mask as a file."""
    file = BytesIO()
    Image.fromarray(mask).save(file, "PNG", optimize=True)
    return file.getvalue()


def orders(first: int = 0, count: int = BRIDES) -> Iterator[tuple[Bride, Look, str]]:
    """Who of so many brides puts on what, to the last gown. With arms down, she puts on nothing that is too wide for
    them. Brides of other numbers are other women: those of `samples/pairs` are the first BRIDES."""
    brides = [Bride.drawn(number, LOOKS) for number in range(first, first + count)]
    for turn, which, bride in product(range(len(GOWNS)), range(LOOKS), brides):
        look = bride.looks[which]
        narrow = [slug for slug in GOWNS if catalogue.DESIGNS[slug].silhouette not in WIDE]
        fitting = narrow if "down" in look.arms else GOWNS
        yield bride, look, fitting[(bride.seed + 3 * which + 2 * turn) % len(fitting)]


def shoot(album: Album, wardrobe: Wardrobe, look: Look, slug: str) -> None:
    """One triple. What she came in is shot once for all her gowns."""
    photo = Photo.arranged(wardrobe, look, album.quality)
    before = album.before(look)
    if not before:
        clothes = photo.everyday()
        before = album.shoot(photo, f"before/{look.name}", clothes, "clothes")
        remove(clothes)
    after = album.shoot(photo, f"after/{look.name}-{slug}", photo.gown(slug), "gown")
    spots = [photo.camera.project(point) for point in landmarks(photo.stance.posed)]
    record = {
        "gown": slug,
        "bride": wardrobe.bride.name,
        "arms": look.arms,
        "place": look.place,
        "before": before,
        "after": after,
        "joints": [[round(x, 1), round(y, 1), 2] for x, y in spots],
    }
    shutil.copytree(CATALOGUE / slug, album.out / "gowns" / slug, dirs_exist_ok=True, ignore=NOT_NEEDED)
    album.finish(f"{look.name}-{slug}", record)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("samples/pairs"))
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--first", type=int, default=0, help=f"number of the first bride: from {BRIDES} on to train on")
    parser.add_argument("--brides", type=int, default=BRIDES)
    parser.add_argument("--draft", action="store_true", help="small and noisy")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    quality = Quality(4, (300, 400), options.threads) if options.draft else Quality(threads=options.threads)
    album, wardrobe = Album(options.out, quality), None
    for bride, look, slug in tqdm(
        islice(orders(options.first, options.brides), options.count), str(options.out), total=options.count
    ):
        if f"{look.name}-{slug}" not in album.done():
            if wardrobe is None or wardrobe.bride != bride:
                wardrobe = Wardrobe(bride, BaseMesh.load(bride.morphs))
            shoot(album, wardrobe, look, slug)


if __name__ == "__main__":
    main()
