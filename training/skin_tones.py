"""What colour a body has beside its face and its hands: `python -m training.skin_tones --data CCP`.

Prints the tables of `tryon/tones.py`: least squares, channel by channel, of the CIE L*a*b* of seen arms and chests by
those of the same people's faces and hands, over the upright people of `train`; how far the tables are off; by how much
legs differ from bodies; and whose arms a try-on believes, the served nets looking.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from training import pairs
from training.ccp import CCP
from tryon import body_parts, draw, dressing, flesh, tones
from tryon.errors import TryOnError
from tryon.images import F32
from tryon.joints import Joint
from tryon.pipeline import Nets
from tryon.segmentation import Region
from tryon.skin import skin_colour

NO_GOWN = np.zeros((8, 8, 4), np.uint8)
LEAST = 40  # pixels at flesh's working size, below which a part says nothing


def observed(data: CCP, photo_id: str) -> F32:
    """L*a*b* of face, hands, body and legs, 4x3: the face's as a try-on takes it, the others' by CCP's skin label; NaN
    for what is not seen."""
    joints = data.joints(photo_id).copy()
    joints[:, 2] = joints[:, 2] > 0
    label = (data.raw_labels(photo_id) == data.label_names.index("skin")).astype(np.uint8) * 255
    user = (data.labels(photo_id) == Region.USER).astype(np.uint8) * 255
    (photo, label, user), moved = body_parts.reduced(joints, flesh.WORK, data.photo(photo_id), label, user)
    moved, width = np.nan_to_num(moved), min(flesh.WORK, body_parts.shoulder_width(joints))
    skin = cv2.erode((label > 200).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    face = np.zeros(skin.shape, np.uint8)
    draw.disc(face, moved[Joint.NOSE, :2], flesh.FACE[1] * width)
    hands = body_parts.hands(moved, (skin.shape[0], skin.shape[1]), flesh.HAND * width)
    rows = np.arange(len(skin))[:, None]
    shoulders, hips = (moved[list(two), 1].mean() for two in (pairs.CORNERS[:2], pairs.CORNERS[2:]))
    rest = skin & (face == 0) & ~hands
    parts = (skin & hands, rest & (rows > shoulders) & (rows < hips), rest & (rows > hips + 0.5 * width))
    own = tones.lab(skin_colour(photo, user, moved)[None])[0]
    seen = [np.median(tones.lab(photo[p]), 0) if p.sum() >= LEAST else np.full(3, np.nan) for p in parts]
    return np.stack([own, *seen]).astype(np.float32)


def believed(data: CCP, nets: Nets, people: list[str], bodies: F32) -> str:
    """What comes of not believing what is taken for skin on arms where it is little and far from what face and hands
    say. bodies: as labelled, Nx3, NaN where clothes hide them."""
    counts, away = np.zeros((2, 2), int), []
    for photo_id, body in zip(tqdm(people, "arms"), bodies, strict=True):
        photo = data.photo(photo_id)
        masks, joints = pairs.look(nets, {"photo": photo})
        try:
            scene = dressing.see(photo, NO_GOWN, None, masks, joints)
        except TryOnError:
            continue  # a try-on would refuse this photo
        _, hole, placed = dressing.uncovered(scene, np.zeros_like(scene.user), frozenset())
        seen = flesh.skin(scene.photo, dressing.whole(hole), scene.user, placed)
        if len(seen.arms) >= tones.MANY:
            left = tones.no_arms(seen)
            hidden = bool(np.isnan(body).any())
            counts[int(hidden)] += (1, left)
            if not hidden:
                kept = seen._replace(arms=seen.arms[:0]) if left else seen
                away.append([np.linalg.norm(tones.lab(tones.shown(s)[0][None])[0] - body) for s in (seen, kept)])
    (bare, unbelieved), (none, caught) = counts
    before, after = np.mean(away, 0)
    return (
        f"ARMS: taken for seen in {bare} people whose label shows skin, of which {unbelieved} are not believed, and in"
        f" {none} others, of which {caught} are not believed; a body's colour is off by {before:.2f} if all are"
        f" believed, by {after:.2f} if these are not"
    )


def fitted(known: F32, wanted: F32) -> tuple[F32, F32]:
    """Least squares of wanted (N, 3) by known (N, K, 3) and one, each channel for itself: (K + 1, 3), and the root mean
    squares of what is left, 3."""
    table, left = [], []
    for channel in range(3):
        x = np.c_[known[:, :, channel], np.ones(len(known))]
        table.append(np.linalg.lstsq(x, wanted[:, channel], rcond=None)[0])
        left.append(np.sqrt(np.mean((x @ table[-1] - wanted[:, channel]) ** 2)))
    return np.array(table, np.float32).T, np.array(left, np.float32)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder of Clothing Co-Parsing")
    parser.add_argument("--weights", type=Path, default=Path("weights"), help="a folder of the three nets' weights")
    args = parser.parse_args()
    data = CCP(args.data)
    people = [i for i in pairs.upright(data, data.split("train", labelled=True)) if data.joints(i)[Joint.NOSE, 2] > 0]
    seen = np.stack([observed(data, i) for i in tqdm(people, "people")])
    face, hands, body, legs = seen.transpose(1, 0, 2)
    for name, known in (("BESIDE_HANDS", seen[:, :2]), ("BESIDE_FACE", face[:, None])):
        usable = ~np.isnan(known).any((1, 2)) & ~np.isnan(body).any(1)
        table, left = fitted(known[usable], body[usable])
        print(f"{name}, {usable.sum()} people:\n{table.round(2)}\nleft, root mean square: {left.round(1)}")
    away = legs - body
    print("LEGS, median:", np.nanmedian(away, 0).round(1), f"{(~np.isnan(away[:, 0])).sum()} people")
    print(believed(data, Nets.load(args.weights), people, body))


if __name__ == "__main__":
    main()
