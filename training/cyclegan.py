"""Train the CycleGAN: from composites (A) to photographs of people in dresses (B) and back, unpaired.

As in the paper (Zhu et al., arXiv 1703.10593): two generators, two PatchGAN discriminators, least squares, cycle 10,
identity 5, a pool of 50 fakes, Adam 2e-4 with beta 0.5, the rate falling to nothing over the second half.
Two terms are ours: what a generator changes must keep the low-pass colour, so that white stays white; and where the
right picture is known (somebody in her own gown, hung back), A→B is drawn to it.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import Dataset
from torchvision.utils import make_grid
from tqdm import tqdm

from training import pairs
from training.ccp import CCP
from training.config import CycleGANRun
from training.run import Run
from tryon import checkpoint, dressing, warp
from tryon.cyclegan import CycleGANConfig, Discriminator, Generator
from tryon.errors import TryOnError
from tryon.images import U8, Letterbox
from tryon.options import Fit as GownFit
from tryon.segmentation import Region

CROP = (192, 128)  # height and width of what the nets see in training; the generator is fully convolutional
CYCLE, IDENTITY, COLOUR, RIGHT = 10.0, 5.0, 10.0, 20.0


@dataclass(frozen=True)
class Fake:
    """A composite on the canvas and, of somebody in her own gown, the photo itself."""

    picture: U8
    truth: U8 | None


class Pictures(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """A composite with what it should have become, the same crop of both, and an unpaired crop of a real photo: 3xHxW
    in -1..1. What nobody knows the right picture of is NaN."""

    def __init__(self, fakes: list[Fake], reals: list[U8]) -> None:
        self.fakes, self.reals = fakes, reals

    def __len__(self) -> int:
        return len(self.fakes)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        fake = self.fakes[index]
        both = fake.picture if fake.truth is None else np.dstack([fake.picture, fake.truth])
        cropped = _crop(both)
        truth = cropped[3:] if len(cropped) > 3 else torch.full_like(cropped, torch.nan)
        return cropped[:3], truth, _crop(self.reals[int(torch.randint(len(self.reals), ()))])


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


def make_composites(config: CycleGANRun, data: CCP, shape: CycleGANConfig) -> list[Fake]:
    """Domain A, by labels instead of nets, kept in the run's folder: every other one is of a bride in another's dress,
    every other of somebody in her own gown, un-posed and hung back, of which the right picture is known."""
    folder = config.out / "composites"
    folder.mkdir(exist_ok=True)
    chance = random.Random(config.seed)
    labelled = set(data.split("train", labelled=True))
    gowns = [i for i in gown_photos(data) if i in labelled]
    brides = data.with_joints(sorted(labelled))
    owners = pairs.upright(data, pairs.wearers(data, "train"))
    found: list[Fake] = []
    for number in tqdm(range(min(config.composites, config.limit or config.composites)), "composites", mininterval=10):
        own = number % 2 == 0 and bool(owners)
        gown = chance.choice(owners if own else gowns)
        bride = gown if own else chance.choice(brides)
        path = folder / f"{bride}-{gown}.png"
        if not path.exists():
            try:
                picture = compose(data, bride, gown)
            except TryOnError:
                continue  # a turned body or hidden hips: no composite of this couple
            temporary = path.with_suffix(".tmp")
            Image.fromarray(_canvas(picture, shape)).save(temporary, "PNG")
            temporary.replace(path)
        found.append(Fake(np.array(Image.open(path)), _canvas(data.photo(gown), shape) if own else None))
    return found


def compose(data: CCP, bride: str, gown: str) -> U8:
    """The bride's photo with the gown of another photo, or with her own hung back, before any refinement."""
    masks, joints = {}, {}
    for name, photo_id in (("photo", bride), ("gown", gown)):
        labels, points = data.labels(photo_id), data.joints(photo_id).copy()
        masks[name] = np.dstack([(labels == region) * 255 for region in (Region.USER, Region.GOWN)]).astype(np.uint8)
        points[:, 2] = np.choose(points[:, 2].astype(int), [0, 0.5, 0.9])
        joints[name] = points[None]
    if bride == gown:
        scene = pairs.own_gown(data, bride, masks["photo"], joints["photo"]).scene
    else:
        scene = dressing.see(data.photo(bride), data.photo(gown), None, masks, joints)
    worn = warp.hang(scene.gown, scene.body, GownFit(), (scene.photo.shape[0], scene.photo.shape[1]))
    return dressing.compose(scene, worn).picture


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

    def step(self, a: Tensor, truth: Tensor, b: Tensor) -> dict[str, float]:
        """One step of the generators, one of the discriminators; the losses. truth: what a should become, or NaN."""
        for name in ("judge_a", "judge_b"):
            self.plain[name].requires_grad_(False)
        fake_b, fake_a = self.nets["a_to_b"](a), self.nets["b_to_a"](b)
        cheat = _toward(self.nets["judge_b"](fake_b), 1) + _toward(self.nets["judge_a"](fake_a), 1)
        cycle = _l1(self.nets["b_to_a"](fake_b), a) + _l1(self.nets["a_to_b"](fake_a), b)
        identity = _l1(self.nets["a_to_b"](b), b) + _l1(self.nets["b_to_a"](a), a)
        known = ~truth.isnan()
        colour = _l1(_low(fake_b), _low(torch.where(known, truth, a))) + _l1(_low(fake_a), _low(b))
        right = ((fake_b - truth.nan_to_num()).abs() * known).mean()
        total = cheat + CYCLE * cycle + IDENTITY * identity + COLOUR * colour + RIGHT * right
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
        values = {
            "cheat": cheat,
            "cycle": cycle,
            "identity": identity,
            "colour": colour,
            "right": right,
            "judge": caught,
        }
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
    if run.rank == 0:
        make_composites(config, data, shape)
    run.wait()
    fakes = make_composites(config, data, shape)
    reals = [_canvas(data.photo(i), shape) for i in gown_photos(data)[: config.limit or None]]
    photos, game, first = Pictures(fakes, reals), Game(run, shape), 0
    known = sum(fake.truth is not None for fake in fakes)
    print(f"domain A: {len(fakes)} composites, {known} with the right picture; domain B: {len(reals)} photos")
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
            run.sheet("A-B-A", epoch, sheet(game, [fake.picture for fake in fakes[:6]]))
            figures = {"cyclegan": {"epoch": epoch + 1, "losses": losses}}
            served = {"generator": game.plain["a_to_b"]}
            checkpoint.save(config.out / "cyclegan.safetensors", served, shape, figures)
        states = {name: part.state_dict() for name, part in game.parts().items()}  # type: ignore[attr-defined]
        run.save_state(**states, epoch=epoch)


def train_epoch(game: Game, batches: Iterable[tuple[Tensor, Tensor, Tensor]]) -> dict[str, float]:
    """One pass; the mean losses."""
    device = game.run.device
    every = [game.step(*(part.to(device) for part in batch)) for batch in batches]
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
