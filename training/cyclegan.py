"""Train the CycleGAN: from composites (A) to photographs of people in dresses (B) and back, unpaired.

As in the paper (Zhu et al., arXiv 1703.10593): two generators, two PatchGAN discriminators, least squares, cycle 10,
identity 5, a pool of 50 fakes, Adam 2e-4 with beta 0.5, the rate falling to nothing over the second half.
Three things are ours. A→B is judged as it is served: its change counts inside the edit mask and not on the gown. Where
the right picture is known (somebody in her own gown, hung back; a rendered bride) A→B is drawn to it, in colours and in
deep features, and for the first epochs learns from nothing else, which is ten times as fast. Where it is not known the
low-pass colour must stay.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset
from torchvision.utils import make_grid

from training.ccp import CCP
from training.composites import Fake, canvas, gown_photos, make_composites, rendered
from training.config import CycleGANRun
from training.likeness import frozen_trunk, unit_features
from training.run import Run
from training.triples import Triples
from tryon import checkpoint
from tryon.cyclegan import CycleGANConfig, Discriminator, Generator
from tryon.images import U8

CROP = (256, 192)  # height and width of what the nets see in training; the generator is fully convolutional
CYCLE, IDENTITY, COLOUR, RIGHT, ALIKE = 10.0, 5.0, 10.0, 20.0, 10.0
LIGHT, TINT = 0.25, 0.05  # logarithms: how much the light on a composite and on its truth is changed, and its colour
HASTE = 3.0  # how much faster the generator learns from known pictures alone, at first


class Pictures(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """A composite (4xHxW: RGB in -1..1; 0..1 where a change counts) with what it should have become (3xHxW, or NaN
    where nobody knows), the same crop of both, and an unpaired crop of a real photo."""

    def __init__(self, fakes: list[Fake], reals: list[U8]) -> None:
        self.fakes, self.reals = fakes, reals

    def __len__(self) -> int:
        return len(self.fakes)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        fake = self.fakes[index]
        both = fake.picture if fake.truth is None else np.dstack([fake.picture, fake.truth])
        cropped = _crop(both)
        light = torch.exp(LIGHT * torch.randn(1) + TINT * torch.randn(3))[:, None, None]
        composite = torch.cat([_lit(cropped[:3], light), (cropped[3:4] + 1) / 2])
        truth = _lit(cropped[4:], light) if len(cropped) > 4 else torch.full_like(cropped[:3], torch.nan)
        return composite, truth, _crop(self.reals[int(torch.randint(len(self.reals), ()))])


def _crop(picture: U8) -> Tensor:
    """A random window of a canvas, mirrored half the time; people stand in the middle, so windows lean there."""
    tall, wide = (s - c for s, c in zip(picture.shape[:2], CROP, strict=True))
    top, left = int(torch.randint(tall // 6, tall + 1, ())), int(torch.randint(wide // 4, wide - wide // 4 + 1, ()))
    tensor = torch.from_numpy(picture[top : top + CROP[0], left : left + CROP[1]].copy()).permute(2, 0, 1)
    return (tensor.flip(2) if torch.rand(()) < 0.5 else tensor).float() / 127.5 - 1


def _lit(picture: Tensor, light: Tensor) -> Tensor:
    """A picture 3xHxW, -1..1, in another light, 3x1x1: what was learned of street photos is to hold elsewhere."""
    return ((picture + 1) * light).clamp(0, 2) - 1


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


class Game:
    """The two generators, the two discriminators and their optimisers."""

    def __init__(self, run: Run, config: CycleGANRun, shape: CycleGANConfig) -> None:
        self.run, self.config = run, config
        plain = {name: Generator(shape.channels, shape.blocks) for name in ("a_to_b", "b_to_a")}
        judges = {name: Discriminator() for name in ("judge_a", "judge_b")}
        self.plain: dict[str, nn.Module] = {**plain, **judges}
        self.nets = {name: run.parallel(net) for name, net in self.plain.items()}
        parameters = [list(itertools.chain(*(n.parameters() for n in group.values()))) for group in (plain, judges)]
        self.painter, self.judge = (torch.optim.Adam(p, config.rate, (0.5, 0.999)) for p in parameters)
        self.pools = {"a": Pool(), "b": Pool()}
        self.eye = frozen_trunk().to(run.device)

    def parts(self) -> dict[str, object]:
        """Everything that a resumed run needs; the pools refill."""
        return {**self.plain, "painter": self.painter, "judge": self.judge}

    def begin(self, epoch: int) -> None:
        """Set the learning rates of an epoch."""
        for group in (*self.painter.param_groups, *self.judge.param_groups):
            group["lr"] = self.config.rate * self._pace(epoch)

    def _pace(self, epoch: int) -> float:
        """The share of the learning rate that an epoch has."""
        config = self.config
        together = config.epochs - config.alone
        if epoch < config.alone:
            return HASTE * (1 - epoch / config.alone) + epoch / config.alone
        return min(1.0, 2 * (config.epochs - epoch) / max(1, together))

    def alone(self, composite: Tensor, truth: Tensor) -> dict[str, float]:
        """One step of the served generator towards the pictures that are known; the losses."""
        a, fake = served(self.nets["a_to_b"], composite)
        colour, right = _known_losses(fake, composite, truth)
        alike = self._unlike(fake, composite, truth)
        self.painter.zero_grad()
        (COLOUR * colour + RIGHT * right + ALIKE * alike).backward()  # type: ignore[no-untyped-call]
        self.painter.step()
        return {"colour": colour.item(), "right": right.item(), "alike": alike.item()}

    def _unlike(self, fake: Tensor, composite: Tensor, truth: Tensor) -> Tensor:
        """How unlike the truth, where it is known, the edited part looks: squared distance of features."""
        known = ~truth.isnan()[:, :1]
        if not known.any():
            return fake.new_zeros(())
        weight = composite[:, 3:] * known
        seen = unit_features(self.eye, (fake + 1) * 127.5)
        with torch.no_grad():
            wanted = unit_features(self.eye, (torch.where(known, truth, composite[:, :3]) + 1) * 127.5)
        total = fake.new_zeros(())
        for x, y in zip(seen, wanted, strict=True):
            share = nn.functional.interpolate(weight, x.shape[2:], mode="area")
            total = total + (((x - y) ** 2).sum(1, keepdim=True) * share).sum() / share.sum().clamp(min=1)
        return total

    def step(self, composite: Tensor, truth: Tensor, b: Tensor) -> dict[str, float]:
        """One step of the generators, one of the discriminators; the losses. composite: Nx4xHxW; truth: what it should
        become, or NaN."""
        for name in ("judge_a", "judge_b"):
            self.plain[name].requires_grad_(False)
        a, fake_b = served(self.nets["a_to_b"], composite)
        fake_a = self.nets["b_to_a"](b)
        cheat = _toward(self.nets["judge_b"](fake_b), 1) + _toward(self.nets["judge_a"](fake_a), 1)
        cycle = _l1(self.nets["b_to_a"](fake_b), a) + _l1(self.nets["a_to_b"](fake_a), b)
        identity = _l1(self.nets["a_to_b"](b), b) + _l1(self.nets["b_to_a"](a), a)
        colour, right = _known_losses(fake_b, composite, truth)
        colour = colour + _l1(_low(fake_a), _low(b))
        alike = self._unlike(fake_b, composite, truth)
        total = cheat + CYCLE * cycle + IDENTITY * identity + COLOUR * colour + RIGHT * right + ALIKE * alike
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
            "alike": alike,
            "judge": caught,
        }
        return {name: value.item() for name, value in values.items()}


def served(generator: nn.Module, composite: Tensor) -> tuple[Tensor, Tensor]:
    """The colours of composites Nx4xHxW, and what is served of them: changed where a change counts."""
    a, where = composite[:, :3], composite[:, 3:]
    return a, a + (generator(a) - a) * where


def _known_losses(fake: Tensor, composite: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """How far low-pass colours are from the truth, else the composite's; and how far pixels and means over 8x8 of the
    edited part are from the truth, where it is known."""
    known = ~truth.isnan()
    colour = _l1(_low(fake), _low(torch.where(known, truth, composite[:, :3])))
    weight = composite[:, 3:] * known
    error = (fake - truth.nan_to_num()) * weight
    total = weight.sum().clamp(min=1)
    right = error.abs().sum() / total + 64 * nn.functional.avg_pool2d(error, 8).abs().sum() / total
    return colour, right


def _toward(verdict: Tensor, value: float) -> Tensor:
    """Least squares (Mao et al., LSGAN)."""
    return ((verdict - value) ** 2).mean()


def _l1(a: Tensor, b: Tensor) -> Tensor:
    return (a - b).abs().mean()


def _low(picture: Tensor) -> Tensor:
    """The low-pass of a picture: means over 32x32."""
    means: Tensor = nn.functional.avg_pool2d(picture, 32)
    return means


def train(config: CycleGANRun) -> None:
    """Train, and leave cyclegan.safetensors (the served generator) in the run's folder."""
    run = Run(config)
    torch.manual_seed(config.seed)
    data, shape = CCP(config.data), CycleGANConfig()
    if run.rank == 0:
        make_composites(config, data, shape)
    run.wait()
    fakes = make_composites(config, data, shape)
    reals = [canvas(data.photo(i), shape) for i in gown_photos(data)[: config.limit or None]]
    if config.triples:
        more = rendered(Triples(config.triples), shape)
        fakes, reals = fakes + more, reals + [fake.truth for fake in more if fake.truth is not None]
    if len(fakes) < config.batch:
        raise ValueError(f"only {len(fakes)} composites could be made, which is less than one batch of {config.batch}")
    photos, game, first = Pictures(fakes, reals), Game(run, config, shape), 0
    known = sum(fake.truth is not None for fake in fakes)
    print(f"domain A: {len(fakes)} composites, {known} with the right picture; domain B: {len(reals)} photos")
    if state := run.load_state():
        for name, part in game.parts().items():
            part.load_state_dict(state[name])  # type: ignore[attr-defined]
        first = state["epoch"] + 1
    for epoch in range(first, config.epochs):
        game.begin(epoch)
        losses = train_epoch(game, run.bar(run.loader(photos, epoch), epoch), alone=epoch < config.alone)
        run.scalars(epoch, **losses)
        if not run.rests(epoch):
            continue
        if run.rank == 0:
            run.sheet("A-B-A", epoch, sheet(game, [fake.picture for fake in fakes[:6]]))
            figures = {"cyclegan": {"epoch": epoch + 1, "losses": losses}}
            served = {"generator": game.plain["a_to_b"]}
            checkpoint.save(config.out / "cyclegan.safetensors", served, shape, figures)
        states = {name: part.state_dict() for name, part in game.parts().items()}  # type: ignore[attr-defined]
        run.save_state(**states, epoch=epoch)
        if run.rank == 0:  # last: who reads it may stop the run
            print(f"epoch {epoch + 1}:", {name: round(value, 4) for name, value in losses.items()}, flush=True)


def train_epoch(game: Game, batches: Iterable[tuple[Tensor, Tensor, Tensor]], *, alone: bool) -> dict[str, float]:
    """One pass; the mean losses."""
    every = []
    for batch in batches:
        composite, truth, b = (part.to(game.run.device) for part in batch)
        every.append(game.alone(composite, truth) if alone else game.step(composite, truth, b))
    return {name: float(np.mean([losses[name] for losses in every])) for name in every[0]}


@torch.inference_mode()
def sheet(game: Game, composites: list[U8]) -> Tensor:
    """Composite, as a photo, and back again."""
    rows = []
    for picture in composites:
        pixels = torch.from_numpy(picture).permute(2, 0, 1)[None].to(game.run.device).float()
        composite = torch.cat([pixels[:, :3] / 127.5 - 1, pixels[:, 3:] / 255], 1)
        a, b = served(game.plain["a_to_b"], composite)
        rows += [((x[0] + 1) * 127.5).clamp(0, 255).byte().cpu() for x in (a, b, game.plain["b_to_a"](b))]
    return make_grid(rows, nrow=6)
