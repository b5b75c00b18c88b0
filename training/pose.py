"""Train the pose net: every stage against ideal belief maps and part affinity fields, trusted joints first."""

from __future__ import annotations

from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.utils import make_grid

from training import ranges
from training.ccp import CCP, GUESSED
from training.config import PoseRun
from training.figures import Chance, Figures, photographed, puppets
from training.fit import Fit
from training.metrics import pck
from training.run import Run, pretrained_trunk
from tryon import checkpoint, overlays, people
from tryon.joints import JOINTS, LIMBS
from tryon.pose import BothWays, OpenPose, PoseConfig, belief_targets, field_targets

DOUBT = 0.8  # weight of a joint that the teachers only guessed beside a trusted one
HALF = 0.4  # belief that a guessed joint is taught: under a long skirt the net shall say that it guesses
SHEET = 24  # people on TensorBoard's sheet
HEADS = ("lateral", "join", "stages")  # new beside a trunk that knows real pictures, and shall not forget them


def targets(joints: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Ideal maps NxMAPSxHxW of scenes' joints NxPxJOINTSx3, and how much each place of them counts.

    Belief maps are the largest over people, fields their mean where limbs cross (arXiv 1611.08050, equations 7 and 9).
    """
    batch, count = joints.shape[:2]
    flat = joints.flatten(0, 1)
    seen = flat[..., 2] > 0
    sure = torch.where(flat[..., 2] == GUESSED, HALF, 1.0) * seen
    beliefs = belief_targets(flat[..., :2], size) * sure[..., None, None]
    both = torch.stack([seen[:, a] & seen[:, b] for a, b in LIMBS], 1)
    fields = field_targets(flat[..., :2], size) * both.repeat_interleave(2, 1)[..., None, None]
    on = (fields.unflatten(1, (-1, 2)).abs().sum(2) > 0).float()
    beliefs, fields, on = (m.unflatten(0, (batch, count)) for m in (beliefs, fields, on))
    crossing = on.sum(1).clamp(min=1).repeat_interleave(2, 1)
    doubt = torch.where((joints[..., 2] == GUESSED).any(1), DOUBT, 1.0)
    unsure = torch.stack([torch.minimum(doubt[:, a], doubt[:, b]) for a, b in LIMBS], 1).repeat_interleave(2, 1)
    belief, field = beliefs.amax(1), fields.sum(1) / crossing
    # a joint fills a hundredth of its map: without this weight the empty map is the cheapest answer
    weights = doubt[..., None, None] * (1 + 20 * belief), unsure[..., None, None] * (1 + 4 * field.abs())
    return torch.cat([belief, field], 1), torch.cat(weights, 1)


def loss_of(stages: list[Tensor], joints: Tensor) -> Tensor:
    """Squared error of every stage's maps (CPM, equation 5); guessed joints weigh less, absent ones want empty maps."""
    truth, weight = targets(joints, (stages[0].shape[2], stages[0].shape[3]))
    share = truth.new_tensor([1.0] * JOINTS + [0.3] * (truth.shape[1] - JOINTS))[:, None, None]
    return torch.stack([(weight * share * (s.float() - truth) ** 2).mean() for s in stages]).sum() * 100


@torch.inference_mode()
def validate(net: nn.Module, held_out: Figures, run: Run, step: int) -> dict[str, float]:
    """PCK at a tenth of the torso over trusted joints, at the net's own size, and a sheet of skeletons."""
    net.eval()
    guesses, truths, sheet = [], [], []
    for index in range(len(held_out)):
        picture, joints = held_out[index]
        guesses.append(people.find(net(picture[None].to(run.device))[-1][0].float().cpu().numpy())[0])
        truths.append(joints[0].numpy())
        if index < SHEET:
            drawn = overlays.skeleton(picture.permute(1, 2, 0).contiguous().numpy(), guesses[-1], 2)
            sheet.append(torch.from_numpy(drawn).permute(2, 0, 1))
    run.sheet("val/skeletons", step, make_grid(sheet, nrow=12))
    scores = pck(np.stack(guesses), np.stack(truths), 0.1)
    return {"pck_anchors": scores["anchors"], "pck_all": scores["all"]}


def begun(config: PoseRun) -> OpenPose:
    """The net to train: a checkpoint's, or a new one on ImageNet weights."""
    if config.start:
        saved, states = checkpoint.load(config.start)
        net = OpenPose(checkpoint.rebuild(PoseConfig, saved))
        net.load_state_dict(states["openpose"])
        return net
    net = OpenPose(PoseConfig(trunk=config.trunk.value))
    pretrained_trunk(net.trunk)
    return net


def train(config: PoseRun) -> None:
    """Train, and leave pose.safetensors in the run's folder."""
    run = Run(config)
    net = begun(config)
    data, shape = CCP(config.data), net.config
    canvas, limit = (shape.height, shape.width), config.limit or None
    ids = {split: data.with_joints(data.split(split))[:limit] for split in ("train", "val")}
    drawn = puppets(config.puppets) if config.puppets else ()
    photos = chain.from_iterable(repeat(person, config.copies) for person in photographed(data, ids["train"]))
    figures = Figures(chain(photos, drawn), canvas, Chance())
    held_out = Figures(photographed(data, ids["val"]), canvas)
    fit = Fit(run, net, run.batches(figures), "-" if config.start else HEADS)

    def batch_loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        return loss_of(model(batch[0].to(run.device)), batch[1].to(run.device))

    def keep(epoch: int, notes: dict[str, Any], path: Path) -> None:
        average = fit.average.module
        found = ranges.of(BothWays(average), run.loader(figures, epoch), run.device)
        checkpoint.save(path, {"openpose": average}, shape, notes, found)

    for epoch in fit.epochs():
        loss = fit.epoch(run.bar(run.loader(figures, epoch), epoch), batch_loss)
        if not run.rests(epoch):
            continue
        scores = validate(fit.average, held_out, run, epoch) if run.rank == 0 else {"pck_all": 0.0}
        notes = {"epoch": epoch + 1, "val": scores}
        fit.finish(epoch, loss, scores, scores["pck_all"], "pose.safetensors", partial(keep, epoch, notes))
