"""People to learn poses from: photos with joints and a matte, puppets, scenes of one or two of them on a canvas.

A matte lets a person change place: another background, another person beside her. What a scene shows, its joints say:
a joint that somebody hides is a guess, one outside the canvas is absent.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset
from torchvision.transforms import v2
from tqdm import tqdm

from training import limbs
from training.augment import Chances, Scenes, generator
from training.ccp import CCP, GUESSED, keypoints_file
from training.samples import read_photo
from tryon import blending
from tryon.images import F32, U8, Letterbox
from tryon.joints import JOINTS, MIRRORED, Joint

CACHE = (432, 288)  # photos are kept at this height and width
PEOPLE = 2  # in a scene, at most
Scene = tuple[Tensor, Tensor]  # picture 3xHxW uint8, joints PEOPLExJOINTSx3


@dataclass(frozen=True)
class Person:
    """A picture with one person's joints, and where it is known, her matte."""

    picture: U8  # HxWx3
    matte: U8 | None  # HxW, 255 inside
    joints: F32  # JOINTSx3: x, y, visibility


@dataclass(frozen=True)
class Chance:
    """How often a scene is changed, each way."""

    elsewhere: float = 0.4  # another background
    rearranged: float = 0.4  # a photo's arms and legs turned, and another background
    second: float = 0.2  # another person, before or behind
    woven: float = 0.6  # a puppet's clothes with the folds and patterns of a photo's
    turned: float = 0.4  # by up to TURN degrees instead of a few
    hidden: float = 0.4  # something before her
    compressed: float = 0.4  # as a JPEG, poorly, and often a small one


TURN = 40
COARSE = 0.35  # of a picture's size, at least, is a smaller one's
FABRIC = 24  # pixels, at least, of a piece of clothes
ARMS, LEGS = 0.8, 0.35  # how often each of them is turned in a person that is rearranged
NEAR, FAR = 2.2, 0.3  # a person's joints are between so many times the canvas's height


def photographed(data: CCP, ids: Iterable[str]) -> Iterator[Person]:
    """CCP's photos: mattes from its label maps or, where it has none, from its soft person masks."""

    def read(photo_id: str) -> Person:
        photo, joints = data.photo(photo_id), data.joints(photo_id).copy()
        box = Letterbox.fit((photo.shape[0], photo.shape[1]), CACHE)
        matte = data.matte(photo_id, (photo.shape[0], photo.shape[1]))
        joints[:, :2] = box.points(joints[:, :2])
        small = np.asarray(box.image(matte, fill=0), np.uint8) if matte is not None else None
        return Person(np.asarray(box.image(photo), np.uint8), small, joints)

    with ThreadPoolExecutor() as pool:
        yield from pool.map(read, ids)


def puppets(folder: Path) -> Iterator[Person]:
    """What `python -m studio.puppets` made: RGBA pictures and keypoints.json."""
    every = keypoints_file(folder / "keypoints.json")[0]

    def read(name: str) -> Person:
        rgba = read_photo(folder / "images" / f"{name}.png", alpha=True)
        return Person(np.ascontiguousarray(rgba[:, :, :3]), np.ascontiguousarray(rgba[:, :, 3]), every[name])

    with ThreadPoolExecutor() as pool:
        yield from pool.map(read, every)


class Figures(Dataset[Scene]):
    """People in memory; scenes of them if `chance` says how, else each as she was photographed."""

    def __init__(self, people: Iterable[Person], canvas: tuple[int, int], chance: Chance | None = None) -> None:
        self.people = list(tqdm(people, "loading people", mininterval=10))
        self.canvas, self.chance = canvas, chance
        self.cut = [p for p in self.people if p.matte is not None]
        photos = [p for p in self.cut if p.picture.shape[:2] == CACHE]
        mattes = [(p.matte > 32).astype(np.uint8) for p in photos if p.matte is not None]
        self.scenes = Scenes([p.picture for p in photos], mattes, Chances())
        self.fabrics = [fabric for p in photos if (fabric := fabric_of(p)) is not None]
        self.light = lighting()

    def __len__(self) -> int:
        return len(self.people)

    def __getitem__(self, index: int) -> Scene:
        person = self.people[index]
        if self.chance is None:
            box = Letterbox.fit((person.picture.shape[0], person.picture.shape[1]), self.canvas)
            joints = np.zeros((PEOPLE, JOINTS, 3), np.float32)
            joints[0] = person.joints
            joints[0, :, :2] = box.points(person.joints[:, :2])
            picture = np.asarray(box.image(person.picture), np.uint8)
            return _tensor(picture), torch.from_numpy(_inside(joints, self.canvas))
        picture, joints = self.scene(person, self.chance, generator())
        return self.light(_tensor(picture)), torch.from_numpy(joints)

    def scene(self, person: Person, chance: Chance, random: np.random.Generator) -> tuple[U8, F32]:
        """A picture on the canvas and its people's joints."""
        joints = np.zeros((PEOPLE, JOINTS, 3), np.float32)
        if person.picture.shape[:2] != CACHE and self.fabrics and random.random() < chance.woven:
            person = woven(person, self.fabrics[int(random.integers(len(self.fabrics)))], random)
        person = moved(person, chance, random)
        picture, matte, joints[0] = placed(person, self.canvas, chance, random)
        if matte is not None and (person.picture.shape[:2] != CACHE or random.random() < chance.elsewhere):
            picture = over(picture, matte, self.scenes.backdrop(self.canvas, random))
        if matte is not None and self.cut and random.random() < chance.second:
            other = self.cut[int(random.integers(len(self.cut)))]
            second, front, joints[1] = placed(other, self.canvas, chance, random)
            assert front is not None  # who was cut out has a matte
            if random.random() < 0.5:
                picture = over(second, front, picture)
                _hide(joints[0], front)
            else:
                picture = over(picture, matte, over(second, front, picture))
                _hide(joints[1], matte)
        if random.random() < chance.hidden:
            _cover(picture, random)
        if random.random() < chance.compressed:
            picture = _compressed(picture, int(random.integers(30, 95)), random.uniform(COARSE, 1.3))
        return picture, _inside(joints, self.canvas)


def moved(person: Person, chance: Chance, random: np.random.Generator) -> Person:
    """A photo's person with other arms, sometimes other legs, cut out with room about her; or as she is."""
    upright = bool((person.joints[list(limbs.TRUNK), 2] > 0).all())
    if person.matte is None or person.picture.shape[:2] != CACHE or not upright:
        return person
    if random.random() >= chance.rearranged:
        return person
    return Person(*limbs.rearranged(limbs.Cut(person.picture, person.matte, person.joints), ARMS, LEGS, random))


def fabric_of(person: Person) -> U8 | None:
    """What a photo shows between shoulders, hips and knees: clothes, as a rule."""
    x, y = person.joints[list(limbs.TRUNK), 0], person.joints[[*limbs.TRUNK, Joint.RIGHT_KNEE, Joint.LEFT_KNEE], 1]
    part = person.picture[int(y.min()) : int(y.max()), int(x.min()) : int(x.max())]
    return part.copy() if min(part.shape[:2], default=0) >= FABRIC else None


def woven(person: Person, fabric: U8, random: np.random.Generator) -> Person:
    """A puppet with a fabric's light and dark on all of it."""
    height, width = person.picture.shape[:2]
    spread = cv2.resize(fabric, (width, height), interpolation=cv2.INTER_CUBIC)[:, :: int(random.choice([-1, 1]))]
    relief = (spread - spread.mean((0, 1))) * random.uniform(0.2, 0.8)
    return dataclasses.replace(person, picture=(person.picture + relief).clip(0, 255).astype(np.uint8))


def placed(
    person: Person, canvas: tuple[int, int], chance: Chance, random: np.random.Generator
) -> tuple[U8, U8 | None, F32]:
    """The person somewhere on the canvas: mirrored, turned, from small and far to a close-up of the upper body."""
    seen = person.joints[person.joints[:, 2] > 0, :2]
    height = max(float(np.ptp(seen[:, 1])), float(np.ptp(seen[:, 0])), 1.0)
    share = float(np.exp(random.triangular(np.log(FAR), np.log(0.75), np.log(NEAR))))
    scale = share * canvas[0] / height
    angle = random.uniform(-TURN, TURN) if random.random() < chance.turned else random.normal(0, 5)
    middle = seen.min(0) + np.ptp(seen, axis=0) * (0.5, 0.5 if share < 1 else 0.5 / share)
    free = np.maximum(0.12, 0.5 - 0.4 * share * np.array([0.6, 1.0])) * canvas[::-1]
    target = np.array(canvas[::-1]) / 2 + random.uniform(-1, 1, 2) * free
    turn = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), angle, scale)
    turn[:, 2] += target - middle
    joints = person.joints.copy()
    joints[:, :2] = joints[:, :2] @ turn[:, :2].T + turn[:, 2]
    if random.random() < 0.5:
        turn = np.array([[-1, 0, canvas[1]], [0, 1, 0]]) @ np.vstack([turn, [0, 0, 1]])
        joints = joints[list(MIRRORED)]
        joints[:, 0] = canvas[1] - joints[:, 0]
    size, method = canvas[::-1], cv2.INTER_LINEAR
    source, matte = smoothed(person.picture, scale), person.matte
    picture = cv2.warpAffine(source, turn, size, flags=method, borderMode=cv2.BORDER_CONSTANT, borderValue=(127,) * 3)
    moved = cv2.warpAffine(matte, turn, size, flags=method) if matte is not None else None
    return np.asarray(picture, np.uint8), None if moved is None else np.asarray(moved, np.uint8), joints


def smoothed(picture: U8, scale: float) -> U8:
    """The picture as it must be before it shrinks by more than a linear filter sees."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.4 / scale), np.uint8) if scale < 0.6 else picture


def over(top: U8, matte: U8, bottom: U8) -> U8:
    """top over bottom, HxWx3 each, with an edge as soft as a lens makes it."""
    return blending.mix(top, bottom, np.asarray(cv2.GaussianBlur(matte, (0, 0), 0.7), np.uint8))


def _hide(joints: F32, front: U8) -> None:
    """What lies under somebody else is a guess, in place."""
    x = joints[:, 0].astype(int).clip(0, front.shape[1] - 1)
    y = joints[:, 1].astype(int).clip(0, front.shape[0] - 1)
    hidden = (front[y, x] > 127) & (joints[:, 2] > 0)
    joints[hidden, 2] = GUESSED


def _inside(joints: F32, canvas: tuple[int, int]) -> F32:
    """Joints PxJOINTSx3 with those outside the canvas absent."""
    out = joints.copy()
    away = (out[..., :2] < 0).any(-1) | (out[..., :2] >= canvas[::-1]).any(-1)
    out[away] = 0
    return out


def _cover(picture: U8, random: np.random.Generator) -> None:
    """A bag, a sign, an arm of somebody else: a blot or bar of one colour or of the picture itself, in place."""
    height, width = picture.shape[:2]
    for _ in range(int(random.integers(1, 4))):
        size = (random.uniform(0.03, 0.16, 2) * (width, height)).astype(int)
        centre = (random.uniform(0, 1, 2) * (width, height)).astype(int)
        colour = picture[int(random.integers(height)), int(random.integers(width))].tolist()
        if random.random() < 0.4:
            colour = random.uniform(0, 255, 3).tolist()
        angle = random.uniform(0, 180)
        if random.random() < 0.5:
            cv2.ellipse(picture, (centre.tolist(), (2 * size).tolist(), angle), colour, -1)
        else:
            corners = cv2.boxPoints((centre.tolist(), (2 * size).tolist(), angle))
            cv2.fillConvexPoly(picture, corners.astype(np.int32), colour)


def _compressed(picture: U8, quality: int, share: float) -> U8:
    """As a JPEG file of this quality, and of a share below 1 of this size, shows it."""
    height, width = picture.shape[:2]
    small = cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA) if share < 1 else picture
    file = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    seen = cv2.imdecode(file, cv2.IMREAD_COLOR)
    return np.asarray(cv2.resize(seen, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def lighting() -> v2.Transform:
    """Light, colour, focus."""
    return v2.Compose(
        [
            v2.RandomApply([v2.ColorJitter((0.25, 1.5), 0.4, 0.4, 0.05)], 0.8),
            v2.RandomGrayscale(0.08),
            v2.RandomApply([v2.GaussianBlur(7, (0.3, 2.0))], 0.2),
        ]
    )


def _tensor(picture: U8) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))
