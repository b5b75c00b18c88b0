"""Labelled samples as data sets for PyTorch: all in memory, or a stream that no memory holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from torch import Tensor
from torch.utils.data import Dataset, IterableDataset, get_worker_info
from torchvision.transforms import v2
from tqdm import tqdm

from training.augment import Chances, Scenes, generator, tensors
from training.kinds import Kind
from training.sa1b import SA1B
from training.samples import Sample
from tryon.images import U8, Letterbox

CACHE = (720, 480)  # photos are kept at this height and width, so that zooming in stays sharp
AROUND = 0.15  # of the person's height: what a streamed photo keeps around her
Pair = tuple[Tensor, Tensor]  # photo 3xHxW, kinds 1xHxW


class Photos(Dataset[Pair]):
    """Samples in memory; `chances` says how often scenes are rebuilt, `change` moves and lights both."""

    def __init__(self, samples: Iterable[Sample], change: v2.Transform, chances: Chances | None = None) -> None:
        self.change = change
        self.items = [letterboxed(sample) for sample in tqdm(samples, "loading photos", mininterval=10)]
        if not self.items:
            raise ValueError("there is no labelled photo that can be read")
        self.scenes = Scenes([p for p, _ in self.items], [m for _, m in self.items], chances) if chances else None

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Pair:
        return changed(self.items[index], self.scenes, self.change)


class Stream(IterableDataset[Pair]):
    """`length` samples of a data set too large for memory: shards are shuffled and dealt to ranks and workers."""

    def __init__(self, data: SA1B, length: int, change: v2.Transform, rank: int, world: int) -> None:
        self.data, self.length, self.change = data, length, change
        self.rank, self.world, self.epoch = rank, world, 0
        self.scenes = Scenes([], [], Chances())

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[Pair]:
        worker = get_worker_info()
        here, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        count = self.length // (self.world * workers)
        for sample in self._endless(self.rank * workers + here, self.world * workers, count):
            yield changed(letterboxed(around(sample)), self.scenes, self.change)

    def _endless(self, place: int, places: int, count: int) -> Iterator[Sample]:
        """`count` samples of this place's shards, from the start again where they do not suffice."""
        shards = self.data.shards("train")
        shuffled = [shards[i] for i in np.random.default_rng(self.epoch).permutation(len(shards))]
        mine = shuffled[place::places] or shuffled[:1]
        given = 0
        while given < count:
            before = given
            for sample in self.data.stream(mine):
                yield sample
                given += 1
                if given == count:
                    return
            if given == before:
                raise ValueError(f"no sample could be read from {', '.join(path.name for path in mine)}")


def changed(item: tuple[U8, U8], scenes: Scenes | None, change: v2.Transform) -> Pair:
    """A photo and its kinds, augmented."""
    photo, kinds = scenes(*item, generator()) if scenes else item
    out: Pair = change(*tensors(photo, kinds))
    return out


def letterboxed(sample: Sample) -> tuple[U8, U8]:
    """Photo and kinds at CACHE's size."""
    box = Letterbox.fit((sample.photo.shape[0], sample.photo.shape[1]), CACHE)
    kinds = box.image(sample.kinds, fill=Kind.BACKGROUND, nearest=True)
    return np.asarray(box.image(sample.photo), np.uint8), np.asarray(kinds, np.uint8)


def around(sample: Sample) -> Sample:
    """The part of a photo that shows the labelled person, with some of what is around her."""
    x, y, width, height = cv2.boundingRect((sample.kinds != Kind.BACKGROUND).astype(np.uint8))
    margin = round(AROUND * max(width, height))
    part = slice(max(0, y - margin), y + height + margin), slice(max(0, x - margin), x + width + margin)
    return Sample(sample.photo[part], sample.kinds[part], sample.source, sample.name)
