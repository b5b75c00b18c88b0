"""What colour each part of a body has beside others: `python -m training.skin_tones --data CCP`.

Prints the tables of `tryon/tones.py`: least squares, channel by channel, of the CIE L*a*b* of a part that is seen by
those of others of the same people, over the upright people of `train`, and how far they are off for somebody who is
left out; by how much sleeves shade hands; and whose arms a try-on believes, the served nets looking.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from training import pairs
from training.ccp import CCP
from tryon import body_parts, complexion, draw, dressing, flesh, tones
from tryon.errors import TryOnError
from tryon.images import F32
from tryon.joints import Joint
from tryon.pipeline import Nets
from tryon.segmentation import Region
from tryon.skin import skin_colour

NO_GOWN = np.zeros((8, 8, 4), np.uint8)
Medians = dict[str, F32]  # the median colour of each part of a body, NaN where it is not seen


def observed(data: CCP, photo_id: str) -> Medians:
    """What a photo shows: the face as a try-on takes it, other parts by CCP's skin label."""
    joints = data.joints(photo_id).copy()
    joints[:, 2] = joints[:, 2] > 0
    label = (data.raw_labels(photo_id) == data.label_names.index("skin")).astype(np.uint8) * 255
    user = (data.labels(photo_id) == Region.USER).astype(np.uint8) * 255
    (photo, label, user), moved = body_parts.reduced(joints, flesh.WORK, data.photo(photo_id), label, user)
    moved, width = np.nan_to_num(moved), min(flesh.WORK, body_parts.shoulder_width(joints))
    skin = cv2.erode((label > 200).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    face = np.zeros(label.shape, np.uint8)
    draw.disc(face, moved[Joint.NOSE, :2], complexion.CHIN * width)
    own = tones.lab(skin_colour(photo, user, moved)[None])[0]
    found = {"face": own}
    for part, zone in complexion.zones(moved, (skin.shape[0], skin.shape[1]), width).items():
        seen = tones.lab(photo[skin & (face == 0) & zone])
        found[part] = np.median(seen, 0) if len(seen) >= tones.FEW else np.full(3, np.nan, np.float32)
    return found


def fitted(known: F32, wanted: F32) -> tuple[F32, F32]:
    """Least squares of wanted (N, 3) by a weighted mean of known (N, K, 3) and an offset, each channel for itself:
    weights, whose sum is 1, and offset, (K + 1, 3); and how far each of them is off by what the others say, (N, 3).

    The sum is 1 so that a dark skin's parts differ as a light one's do: most people of a data set are of one tone.
    """
    table, off = [], []
    for channel in range(3):
        first, *others = known[:, :, channel].T
        x = np.stack([*(other - first for other in others), np.ones(len(first))], 1)
        inverse = np.linalg.pinv(x)
        weights = inverse @ (wanted[:, channel] - first)
        table.append([1 - weights[:-1].sum(), *weights])
        off.append((wanted[:, channel] - first - x @ weights) / (1 - (x * inverse.T).sum(1)))
    return np.array(table).T, np.array(off).T


def told(people: list[Medians], part: str, others: tuple[str, ...]) -> str:
    """A table of tones.BESIDE, and how well it tells."""
    seen = np.array([[person[name] for name in (*others, part)] for person in people], np.float32)
    seen = seen[~np.isnan(seen).any((1, 2))]
    table, off = fitted(seen[:, :-1], seen[:, -1])
    away = np.linalg.norm(off, axis=1)
    return f"{part} by {', '.join(others)}: {table.round(2).tolist()}  # {len(seen)} people, off by {away.mean():.2f}"


def sleeved(people: list[Medians]) -> str:
    """tones.SLEEVED: what hands have more, beside the face, where forearms are bare too."""
    away = np.array([person["hands"] - person["face"] for person in people], np.float64)
    bare = np.array([not np.isnan(person["lower"]).any() for person in people])
    more = np.nanmean(away[bare], 0) - np.nanmean(away[~bare], 0)
    return f"hands, more where forearms are bare: {more.round(1).tolist()}"


def believed(data: CCP, nets: Nets, ids: list[str], people: list[Medians]) -> str:
    """What comes of not believing what is taken for skin on arms where it is little and far from what face and hands
    say. people: as labelled."""
    counts, away = np.zeros((2, 2), int), []
    for photo_id, person in zip(tqdm(ids, "arms"), people, strict=True):
        photo = data.photo(photo_id)
        masks, joints = pairs.look(nets, {"photo": photo})
        try:
            scene = dressing.see(photo, NO_GOWN, None, masks, joints)
        except TryOnError:
            continue  # a try-on would refuse this photo
        _, hole, placed = dressing.uncovered(scene, np.zeros_like(scene.user), frozenset())
        seen = flesh.skin(scene.photo, dressing.whole(hole), scene.user, placed)
        if sum(len(seen[part]) for part in tones.ARMS) < tones.MANY:
            continue
        left = tones.no_arms(seen)
        bare = [part for part in tones.ARMS if not np.isnan(person[part]).any()]
        counts[int(not bare)] += (1, left)
        for part in bare:
            ways = (seen, tones.without_arms(seen) if left else seen)
            away.append([np.linalg.norm(tones.lab(tones.shown(way)[part][None])[0] - person[part]) for way in ways])
    (bare_count, unbelieved), (none, caught) = counts
    before, after = np.mean(away, 0)
    return (
        f"arms and chests: taken for seen in {bare_count} people whose label shows skin, of which {unbelieved} are not"
        f" believed, and in {none} others, of which {caught} are not believed; a part's colour is off by {before:.2f}"
        f" if all are believed, by {after:.2f} if these are not"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder of Clothing Co-Parsing")
    parser.add_argument("--weights", type=Path, default=Path("weights"), help="a folder of the three nets' weights")
    args = parser.parse_args()
    data = CCP(args.data)
    ids = [i for i in pairs.upright(data, data.split("train", labelled=True)) if data.joints(i)[Joint.NOSE, 2] > 0]
    people = [observed(data, i) for i in tqdm(ids, "people")]
    for part, tables in tones.BESIDE.items():
        for others in tables:
            print(told(people, part, others))
    print(sleeved(people))
    print(believed(data, Nets.load(args.weights), ids, people))


if __name__ == "__main__":
    main()
