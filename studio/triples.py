"""Renders brides before and after: `python -m studio.triples --out samples/pairs --count 60`.

A triple is a bride in everyday clothes, a gown of the catalogue, and the same bride, pose, camera and light with that
gown on: what an ideal try-on would answer. Beside them: exact masks and joints. A finished triple is skipped, so the
command can be stopped and started again. Needs Python 3.11 with studio/requirements.txt.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy  # noqa: F401  (must be loaded before mathutils, which the modules below import)
from PIL import Image
from tqdm import tqdm

from studio import catalogue
from studio.brides import Bride, Look
from studio.figure import BaseMesh, landmarks
from studio.photo import Dressed, Mask, Photo, Quality, remove
from studio.render import save_photo

GOWNS = ("rosalie", "margaux", "celeste", "helena", "audrey", "lucia")
WIDE = {"ball gown"}  # silhouettes that leave no room for arms that hang down
PER_LOOK = (2, 1)  # gowns that a bride puts on for her first and second photo
JPEG = 88
README = """Brides before and after, to measure the try-on by: `tryon evaluate tryon --data samples/pairs`.

`triples.json` lists {count} triples: the photo of a bride in everyday clothes (`before/`), a gown of `gowns/`, and the
same bride, pose, camera and light in that gown (`after/`), which is what an ideal try-on would answer. Masks are exact
and soft-edged (8 bits): `before/*-user.png` (skin, hair, shoes) and `*-clothes.png`, `after/*-user.png`, `*-gown.png`,
and `*-front.png`, what of her is before the gown: arms, hands, hair. Joints are exact, in COCO's order: x, y and 2.

Rendered by `python -m studio.triples` from the CC0 MakeHuman base mesh; nobody real is shown.
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

    def finish(self, name: str, record: dict[str, Any]) -> None:
        """Adds a triple to the list."""
        triples = dict(sorted((self.done() | {name: record}).items()))
        rows = [f"{json.dumps(key)}: {json.dumps(row)}" for key, row in triples.items()]
        self._written(self.manifest, lambda path: path.write_text("{\n" + ",\n".join(rows) + "\n}\n"))
        text = README.format(count=len(triples))
        self._written(self.out / "README.md", lambda path: path.write_text(text))

    def shoot(self, photo: Photo, stem: str, worn: list[Any], kind: str) -> dict[str, str]:
        """Renders what she wears; names of the files by what is on them."""
        with tempfile.TemporaryDirectory() as scratch:
            picture = Path(scratch) / "picture.png"
            masks = photo.shoot(picture, worn)
            masks = {"user": masks["user"], kind: masks["worn"]}
            if kind == "gown":
                masks["front"] = photo.front(masks["user"], worn)
            save = lambda path: save_photo(picture, path, photo.look.seed, JPEG)  # noqa: E731
            self._written(self.out / f"{stem}.jpg", save)
        for name, mask in masks.items():
            self._written(self.out / f"{stem}-{name}.png", lambda path, mask=mask: _save_mask(path, mask))
        return {"picture": f"{stem}.jpg", **{name: f"{stem}-{name}.png" for name in masks}}

    def _written(self, path: Path, write: Any) -> None:
        """A file is there whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}")
        write(temporary)
        os.replace(temporary, path)


def _save_mask(path: Path, mask: Mask) -> None:
    Image.fromarray(mask).save(path, "PNG", optimize=True)


def gowns(look: Look) -> list[str]:
    """What she puts on for this photo; with arms down, nothing that is too wide for them."""
    fitting = [slug for slug in GOWNS if not ("down" in look.arms and catalogue.DESIGNS[slug].silhouette in WIDE)]
    first = look.seed // 10 + 3 * (look.seed % 10)
    return [fitting[(first + 2 * k) % len(fitting)] for k in range(PER_LOOK[look.seed % 10])]


def shots(album: Album, dressed: Dressed, look: Look, progress: tqdm) -> None:
    """One photo of a bride, before and after."""
    wanted = {f"{look.name}-{slug}": slug for slug in gowns(look)}
    if wanted.keys() <= album.done().keys():
        return
    photo = Photo(dressed, look, album.quality)
    clothes = photo.everyday()
    before = album.shoot(photo, f"before/{look.name}", clothes, "clothes")
    remove(clothes)
    spots = [photo.camera.project(point) for point in landmarks(photo.stance.posed)]
    for name, slug in wanted.items():
        if name not in album.done():
            gown = photo.gown(slug)
            after = album.shoot(photo, f"after/{name}", gown, "gown")
            remove(gown)
            record = {"gown": slug, "bride": dressed.bride.name, "arms": look.arms, "place": look.place}
            joints = [[round(x, 1), round(y, 1), 2] for x, y in spots]
            album.finish(name, {**record, "before": before, "after": after, "joints": joints})
        progress.update()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("samples/pairs"))
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--draft", action="store_true", help="small and noisy")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    quality = Quality(4, (300, 400), options.threads) if options.draft else Quality(threads=options.threads)
    album = Album(options.out, quality)
    with tqdm(total=options.count, desc=f"triples into {options.out}", initial=0) as progress:
        for number in range(-(-options.count // sum(PER_LOOK))):
            bride = Bride.drawn(number, len(PER_LOOK))
            dressed = Dressed(bride, BaseMesh.load(bride.morphs))
            for look in bride.looks:
                shots(album, dressed, look, progress)


if __name__ == "__main__":
    main()
