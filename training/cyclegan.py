"""Train the CycleGAN: from composites (A) to photographs of people in dresses (B) and back, unpaired.

As in the paper (Zhu et al., arXiv 1703.10593): two generators, two PatchGAN discriminators, least squares, cycle 10,
identity 5, a pool of 50 fakes, Adam 2e-4 with beta 0.5, the rate falling to nothing over the second half.
One term is ours: what a generator changes must keep the low-pass colour, so that white stays white.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import Dataset
from torchvision.utils import make_grid
from tqdm import tqdm

from training.ccp import CCP
from training.config import CycleGANRun
from training.run import Run
from tryon import checkpoint, cyclegan, dressing
from tryon.cyclegan import CycleGANConfig, Discriminator, Generator
from tryon.errors import TryOnError
from tryon.images import U8, Letterbox
from tryon.options import Fit as GownFit
from tryon.runtime import Ready
from tryon.segmentation import Region

CROP = (192, 128)  # height and width of what the nets see in training; the generator is fully convolutional
CYCLE, IDENTITY, COLOUR = 10.0, 5.0, 10.0


class Pictures(Dataset[tuple[Tensor, Tensor]]):
    """An unpaired couple of crops: a composite and a real photo, 3xHxW in -1..1."""

    def __init__(self, fakes: list[U8], reals: list[U8]) -> None:
        self.fakes, self.reals = fakes, reals

    def __len__(self) -> int:
        return len(self.fakes)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        other = int(torch.randint(len(self.reals), ()))
        return _crop(self.fakes[index]), _crop(self.reals[other])


def _crop(picture: U8) -> Tensor:
    """A random window of a canvas, mirrored half the time; people stand in the middle, so windows lean there."""
    tall, wide = (s - c for s, c in zip(picture.shape[:2], CROP, strict=True))
    top, left = int(torch.randint(tall // 6, tall + 1, ())), int(torch.randint(wide // 4, wide - wide // 4 + 1, ()))
    tensor = torch.from_numpy(picture[top : top + CROP[0], left : left + CROP[1]].copy()).permute(2, 0, 1)
    return (tensor.flip(2) if torch.rand(()) < 0.5 else tensor).float() / 127.5 - 1


class Pool:
    """The last fakes a discriminator was shown: half the time it is shown an old one (section 4 of the paper)."""

    def __init__(self, size: int = 50) -> None:
        self.size, self.kept = size, list[Tensor]()

    def swap(self, fake: Tensor) -> Tensor:
        if len(self.kept) < self.size:
            self.kept.append(fake)
            return fake
        if torch.rand(()) < 0.5:
            return fake
        place = int(torch.randint(self.size, ()))
        old, self.kept[place] = self.kept[place], fake
        return old


def gown_photos(data: CCP) -> list[str]:
    """Training photos of people in dresses and long gowns, labelled or only tagged."""
    train = set(data.split("train"))
    named = {*data.split("long_gowns"), *data.split("tagged_dress_unlabelled")}
    dress = data.label_names.index("dress")
    labelled = [i for i in data.split("train", labelled=True) if (data.raw_labels(i) == dress).mean() > 0.02]
    return data.with_joints(sorted((named & train) | set(labelled)))


def make_composites(config: CycleGANRun, data: CCP, net: Ready[CycleGANConfig], shape: CycleGANConfig) -> None:
    """Domain A: training brides in other people's dresses, by labels instead of nets; kept in the run's folder."""
    folder = config.out / "composites"
    folder.mkdir(exist_ok=True)
    chance = random.Random(config.seed)
    labelled = set(data.split("train", labelled=True))
    gowns = [i for i in gown_photos(data) if i in labelled]
    brides = data.with_joints(sorted(labelled))
    count = min(config.composites, config.limit or config.composites)
    for number in tqdm(range(count), "making composites", mininterval=10):
        path = folder / f"{number:04d}.png"
        pair = chance.choice(brides), chance.choice(gowns)
        if not path.exists():
            try:
                picture = compose(data, net, *pair)
            except TryOnError:
                continue  # a turned body or hidden hips: no composite of this couple
            temporary = path.with_suffix(".tmp")
            Image.fromarray(_canvas(picture, shape)).save(temporary, "PNG")
            temporary.replace(path)


def compose(data: CCP, net: Ready[CycleGANConfig], bride: str, gown: str) -> U8:
    """The bride's photo with the gown of another photo, before any refinement."""
    masks, joints = {}, {}
    for name, photo_id in (("photo", bride), ("gown", gown)):
        labels, points = data.labels(photo_id), data.joints(photo_id).copy()
        masks[name] = np.dstack([(labels == region) * 255 for region in (Region.USER, Region.GOWN)]).astype(np.uint8)
        points[:, 2] = np.choose(points[:, 2].astype(int), [0, 0.5, 0.9])
        joints[name] = points[None]
    scene = dressing.see(data.photo(bride), data.photo(gown), None, masks, joints)
    return dressing.dress(net, scene, GownFit()).picture


def _canvas(picture: U8, shape: CycleGANConfig) -> U8:
    box = Letterbox.fit((picture.shape[0], picture.shape[1]), (shape.height, shape.width))
    return np.asarray(box.image(picture), np.uint8)


class Game:
    """The two generators, the two discriminators and their optimisers."""

    def __init__(self, run: Run, shape: CycleGANConfig) -> None:
        self.run = run
        plain = {name: Generator(shape.channels, shape.blocks) for name in ("a_to_b", "b_to_a")}
        judges = {name: Discriminator() for name in ("judge_a", "judge_b")}
        self.plain: dict[str, nn.Module] = {**plain, **judges}
        self.nets = {name: run.parallel(net) for name, net in self.plain.items()}
        parameters = [list(itertools.chain(*(n.parameters() for n in group.values()))) for group in (plain, judges)]
        self.painter, self.judge = (torch.optim.Adam(p, run.config.rate, (0.5, 0.999)) for p in parameters)
        half = run.config.epochs / 2
        fall = [
            torch.optim.lr_scheduler.LambdaLR(
                o, lambda e: min(1.0, (run.config.epochs - e) / max(1, run.config.epochs - half))
            )
            for o in (self.painter, self.judge)
        ]
        self.fall = fall
        self.pools = {"a": Pool(), "b": Pool()}

    def parts(self) -> dict[str, object]:
        """Everything that a resumed run needs; the pools refill."""
        schedules = dict(zip(("fall_painter", "fall_judge"), self.fall, strict=True))
        return {**self.plain, "painter": self.painter, "judge": self.judge, **schedules}

    def step(self, a: Tensor, b: Tensor) -> dict[str, float]:
        """One step of the generators, one of the discriminators; the losses."""
        for name in ("judge_a", "judge_b"):
            self.plain[name].requires_grad_(False)
        fake_b, fake_a = self.nets["a_to_b"](a), self.nets["b_to_a"](b)
        cheat = _toward(self.nets["judge_b"](fake_b), 1) + _toward(self.nets["judge_a"](fake_a), 1)
        cycle = _l1(self.nets["b_to_a"](fake_b), a) + _l1(self.nets["a_to_b"](fake_a), b)
        identity = _l1(self.nets["a_to_b"](b), b) + _l1(self.nets["b_to_a"](a), a)
        colour = _l1(_low(fake_b), _low(a)) + _l1(_low(fake_a), _low(b))
        total = cheat + CYCLE * cycle + IDENTITY * identity + COLOUR * colour
        self.painter.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        self.painter.step()
        for name in ("judge_a", "judge_b"):
            self.plain[name].requires_grad_(True)
        shown = {"a": self.pools["a"].swap(fake_a.detach()), "b": self.pools["b"].swap(fake_b.detach())}
        caught = torch.stack(
            [
                _toward(self.nets[f"judge_{d}"](real), 1) + _toward(self.nets[f"judge_{d}"](shown[d]), 0)
                for d, real in (("a", a), ("b", b))
            ]
        ).sum()
        self.judge.zero_grad()
        (0.5 * caught).backward()  # type: ignore[no-untyped-call]
        self.judge.step()
        values = {"cheat": cheat, "cycle": cycle, "identity": identity, "colour": colour, "judge": caught}
        return {name: value.item() for name, value in values.items()}


def _toward(verdict: Tensor, value: float) -> Tensor:
    """Least squares (Mao et al., LSGAN)."""
    return ((verdict - value) ** 2).mean()


def _l1(a: Tensor, b: Tensor) -> Tensor:
    return (a - b).abs().mean()


def _low(picture: Tensor) -> Tensor:
    """The low-pass of a picture: means over 32x32."""
    return nn.functional.avg_pool2d(picture, 32)


def train(config: CycleGANRun) -> None:
    """Train, and leave cyclegan.safetensors (the served generator) in the run's folder."""
    run = Run(config)
    torch.manual_seed(config.seed)
    data, shape = CCP(config.data), CycleGANConfig()
    idle = cyclegan.ready(shape, Generator(shape.channels, shape.blocks).eval())
    if run.rank == 0:
        make_composites(config, data, idle, shape)
    run.wait()
    fakes = [np.array(Image.open(path)) for path in sorted((config.out / "composites").glob("*.png"))]
    reals = [_canvas(data.photo(i), shape) for i in gown_photos(data)[: config.limit or None]]
    photos, game, first = Pictures(fakes, reals), Game(run, shape), 0
    print(f"domain A: {len(fakes)} composites; domain B: {len(reals)} photos")
    if state := run.load_state():
        for name, part in game.parts().items():
            part.load_state_dict(state[name])  # type: ignore[attr-defined]
        first = state["epoch"] + 1
    for epoch in range(first, config.epochs):
        losses = train_epoch(game, run.bar(run.loader(photos, epoch), epoch))
        for schedule in game.fall:
            schedule.step()
        run.scalars(epoch, **losses)
        if run.rank == 0:
            print(f"epoch {epoch + 1}:", {name: round(value, 4) for name, value in losses.items()}, flush=True)
            run.sheet("A-B-A", epoch, sheet(game, fakes[:6]))
            figures = {"cyclegan": {"epoch": epoch + 1, "losses": losses}}
            served = {"generator": game.plain["a_to_b"]}
            checkpoint.save(config.out / "cyclegan.safetensors", served, shape, figures)
        states = {name: part.state_dict() for name, part in game.parts().items()}  # type: ignore[attr-defined]
        run.save_state(**states, epoch=epoch)


def train_epoch(game: Game, batches: Iterable[tuple[Tensor, Tensor]]) -> dict[str, float]:
    """One pass; the mean losses."""
    device = game.run.device
    every = [game.step(a.to(device), b.to(device)) for a, b in batches]
    return {name: float(np.mean([losses[name] for losses in every])) for name in every[0]}


@torch.inference_mode()
def sheet(game: Game, composites: list[U8]) -> Tensor:
    """Composite, as a photo, and back again."""
    rows = []
    for picture in composites:
        a = torch.from_numpy(picture).permute(2, 0, 1)[None].to(game.run.device).float() / 127.5 - 1
        b = game.plain["a_to_b"](a)
        rows += [((x[0] + 1) * 127.5).clamp(0, 255).byte().cpu() for x in (a, b, game.plain["b_to_a"](b))]
    return make_grid(rows, nrow=6)
