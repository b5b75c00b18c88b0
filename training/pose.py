"""Train the pose net on CCP's machine-made joints: every stage against ideal belief maps, trusted joints first."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset
from torchvision import tv_tensors
from torchvision.transforms import v2
from tqdm import tqdm

from training.ccp import CCP
from training.config import PoseRun
from training.fit import Fit
from training.metrics import pck
from training.run import Run, pretrained_trunk
from tryon import checkpoint
from tryon.images import Letterbox
from tryon.pose import MIRRORED, OpenPose, PoseConfig, belief_targets, decode

CACHE = (432, 288)  # photos are kept in memory at this height and width
GUESSED = 0.3  # weight of a joint that the teachers only guessed (v = 1) beside a trusted one


class Photos(Dataset[tuple[Tensor, Tensor]]):
    """Letterboxed photos and joints JOINTSx3 (x, y, visibility), in memory."""

    def __init__(self, data: CCP, ids: list[str], shape: PoseConfig, *, augment: bool) -> None:
        self.shape = shape
        self.change = augmentation() if augment else v2.Identity()
        self.augment = augment
        self.items = [_load(data, i) for i in tqdm(ids, "loading photos", mininterval=10)]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        photo, joints = self.items[index]
        points = tv_tensors.KeyPoints(joints[:, :2], canvas_size=CACHE)
        picture, points = self.change(tv_tensors.Image(photo), points)
        size = (self.shape.height, self.shape.width)
        picture, points = v2.functional.resize(picture, size), points * (size[0] / CACHE[0])
        seen = joints[:, 2].clone()
        inside = (points >= 0).all(1) & (points < torch.tensor(size[::-1])).all(1)
        seen[~inside] = 0
        moved = torch.cat([points, seen[:, None]], 1)
        if self.augment and torch.rand(()) < 0.5:
            picture, moved = mirror(picture, moved)
        if self.augment and torch.rand(()) < 0.3:
            _hide(picture)
        return picture, moved


def _load(data: CCP, photo_id: str) -> tuple[Tensor, Tensor]:
    photo, joints = data.photo(photo_id), data.joints(photo_id).copy()
    box = Letterbox.fit((photo.shape[0], photo.shape[1]), CACHE)
    joints[:, :2] = box.points(joints[:, :2])
    return torch.from_numpy(box.image(photo)).permute(2, 0, 1).contiguous(), torch.from_numpy(joints)


def augmentation() -> v2.Transform:
    """Turn, shift, zoom (down to the upper body), light, colour, blur."""
    return v2.Compose(
        [
            v2.RandomAffine(20, (0.12, 0.15), (0.6, 1.7), fill={tv_tensors.Image: 127, "others": 0}),
            v2.ColorJitter(0.4, 0.4, 0.4, 0.04),
            v2.RandomGrayscale(0.05),
            v2.RandomApply([v2.GaussianBlur(5, (0.3, 1.5))], 0.2),
        ]
    )


def mirror(picture: Tensor, joints: Tensor) -> tuple[Tensor, Tensor]:
    """The mirrored picture 3xHxW and joints JOINTSx3: a left wrist becomes a right one."""
    out = joints[list(MIRRORED)].clone()
    out[:, 0] = picture.shape[2] - out[:, 0]
    return picture.flip(2), out


def _hide(picture: Tensor) -> None:
    """A grey box over some part, in place: as a bag or another person would."""
    height, width = int(picture.shape[1] * 0.15), int(picture.shape[2] * 0.2)
    top = int(torch.randint(picture.shape[1] - height, ()))
    left = int(torch.randint(picture.shape[2] - width, ()))
    picture[:, top : top + height, left : left + width] = torch.randint(256, (3, 1, 1), dtype=torch.uint8)


def loss_of(beliefs: list[Tensor], joints: Tensor) -> Tensor:
    """Squared error of every stage's maps (CPM, equation 5); guessed joints weigh less, absent ones want empty maps."""
    size = (beliefs[0].shape[2], beliefs[0].shape[3])
    seen = joints[:, :, 2]
    truth = belief_targets(joints[:, :, :2], size) * (seen > 0)[:, :, None, None]
    weight = torch.where(seen == 1, GUESSED, 1.0)[:, :, None, None]
    # a joint fills a hundredth of its map: without this weight the empty map is the cheapest answer
    weight = weight * (1 + 20 * truth)
    return torch.stack([(weight * (b.float() - truth) ** 2).mean() for b in beliefs]).sum() * 100


@torch.inference_mode()
def validate(net: nn.Module, photos: Photos, run: Run) -> dict[str, float]:
    """PCK at a tenth of the torso over trusted joints, at the net's own size."""
    net.eval()
    guesses, truths = [], []
    for index in range(len(photos)):
        picture, joints = photos[index]
        guesses.append(decode(net(picture[None].to(run.device))[-1][0].float().cpu().numpy()))
        truths.append(joints.numpy())
    scores = pck(np.stack(guesses), np.stack(truths), 0.1)
    return {"pck_anchors": scores["anchors"], "pck_all": scores["all"]}


def train(config: PoseRun) -> None:
    """Train, and leave pose.safetensors in the run's folder."""
    run = Run(config)
    data, shape = CCP(config.data), PoseConfig()
    limit = config.limit or None
    photos = Photos(data, data.with_joints(data.split("train"))[:limit], shape, augment=True)
    held_out = Photos(data, data.with_joints(data.split("val"))[:limit], shape, augment=False)
    net = OpenPose(shape)
    pretrained_trunk(net.trunk)
    fit = Fit(run, net, run.batches(photos))

    def batch_loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        return loss_of(model(batch[0].to(run.device)), batch[1].to(run.device))

    for epoch in fit.epochs():
        loss = fit.epoch(run.bar(run.loader(photos, epoch), epoch), batch_loss)
        figures = validate(fit.average, held_out, run) if run.rank == 0 else {"pck_all": 0.0}
        notes = {"epoch": epoch + 1, "val": figures}
        keep = partial(checkpoint.save, config.out / "pose.safetensors", {"openpose": fit.average.module}, shape, notes)
        fit.finish(epoch, loss, figures, figures["pck_all"], keep)
