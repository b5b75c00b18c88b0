"""Train the composer on photos alone: hide clothes with a margin, and bare limbs as if they were clothed; ask for what
was there. Nobody knows what is under a garment, so only background and bare skin are ever asked for."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset
from torchvision import tv_tensors
from torchvision.transforms import v2
from torchvision.utils import make_grid
from tqdm import tqdm

from training.ccp import CCP
from training.config import ComposerRun
from training.fit import Fit
from training.pose import mirror
from training.run import Run
from tryon import checkpoint, draw
from tryon.anchors import ARMS
from tryon.composer import Composer, ComposerConfig, blend, limb_maps, planes, shoulder_width
from tryon.cyclegan import CycleGANConfig, Generator
from tryon.images import F32, U8, Letterbox
from tryon.joints import Joint
from tryon.segmentation import Region

SEEN = 400  # pixels of skin or background below which a photo says nothing about them
Sample = tuple[Tensor, Tensor, Tensor, Tensor]  # planes, photo -1..1, skin 0/1, valid 0/1


class Holes(Dataset[Sample]):
    """Labelled photos with synthetic holes."""

    def __init__(self, data: CCP, ids: list[str], shape: ComposerConfig, *, augment: bool) -> None:
        self.shape, self.augment = shape, augment
        self.change = v2.RandomAffine(6, (0.08, 0.1), (0.8, 1.5), fill={tv_tensors.Image: 127, "others": 0})
        self.light = v2.ColorJitter(0.25, 0.25, 0.3, 0.03)
        self.items = [_load(data, i, shape) for i in tqdm(ids, "loading photos", mininterval=10)]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Sample:
        photo, maps, joints = self.items[index]
        joints = joints.clone()
        chance = np.random.default_rng(int(torch.randint(2**31, ())) if self.augment else index)
        if self.augment:
            points = tv_tensors.KeyPoints(joints[:, :2], canvas_size=(self.shape.height, self.shape.width))
            photo, maps, points = self.change(tv_tensors.Image(photo), tv_tensors.Mask(maps), points)
            photo = self.light(photo)
            joints[:, :2] = points
            if chance.random() < 0.5:
                both, joints = mirror(torch.cat([photo.as_subclass(Tensor), maps.as_subclass(Tensor)]), joints)
                photo, maps = both[:3], both[3:]
        picture, places = photo.permute(1, 2, 0).contiguous().numpy(), joints.numpy()
        region, skin = maps[0].numpy(), maps[1].numpy() > 0
        hole = make_hole(region, skin, places, chance)
        user = (region == Region.USER).astype(np.uint8) * 255
        valid = (hole > 0) & ((region == Region.BACKGROUND) | skin)
        inputs = planes(picture, hole, user, places)
        return torch.from_numpy(inputs), photo.float() / 127.5 - 1, _plane(skin), _plane(valid)


def _plane(mask: npt.NDArray[np.bool_]) -> Tensor:
    return torch.from_numpy(mask.astype(np.float32))[None]


def _load(data: CCP, photo_id: str, shape: ComposerConfig) -> tuple[Tensor, Tensor, Tensor]:
    photo, raw, joints = data.photo(photo_id), data.raw_labels(photo_id), data.joints(photo_id).copy()
    box = Letterbox.fit((photo.shape[0], photo.shape[1]), (shape.height, shape.width))
    skin = (raw == data.label_names.index("skin")).astype(np.uint8)
    maps = np.stack([box.image(m, fill=0, nearest=True) for m in (data.regions[raw], skin)])
    joints[:, :2] = box.points(joints[:, :2])
    return (
        torch.from_numpy(box.image(photo)).permute(2, 0, 1).contiguous(),
        torch.from_numpy(maps),
        torch.from_numpy(joints),
    )


def make_hole(region: U8, skin: npt.NDArray[np.bool_], joints: F32, chance: np.random.Generator) -> U8:
    """HxW, 255 where clothes are or are pretended to be: garments with a margin, sleeves or legs over bare skin."""
    width = shoulder_width(joints)
    clothes = (region == Region.GOWN).astype(np.uint8)
    margin = int(chance.integers(3, max(4, int(0.7 * width)))) | 1
    hole = cv2.dilate(clothes, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (margin, margin)))
    limbs = limb_maps(joints, (region.shape[0], region.shape[1])).astype(np.uint8)
    for limb in limbs[:3]:
        if chance.random() < 0.6:
            reach = int(chance.integers(3, max(4, int(0.45 * width)))) | 1
            hole |= cv2.dilate(limb, np.ones((reach, reach), np.uint8))
    if chance.random() < 0.5:  # a high collar
        hole |= limbs[3]
    kept = (region == Region.USER) & ~skin  # hair, shoes, a bag
    kept |= _discs(region, joints, width, hands=bool(chance.random() < 0.8))
    hole[kept] = 0
    return hole * 255


def _discs(region: U8, joints: F32, width: float, *, hands: bool) -> npt.NDArray[np.bool_]:
    """The face and, if asked, the hands: never hidden."""
    canvas = np.zeros(region.shape, np.uint8)
    if joints[Joint.NOSE, 2] > 0:
        draw.disc(canvas, joints[Joint.NOSE, :2], 0.42 * width)
    for _, elbow, wrist in ARMS:
        if hands and joints[wrist, 2] > 0 and joints[elbow, 2] > 0:
            hand = joints[wrist, :2] + 0.3 * (joints[wrist, :2] - joints[elbow, :2])
            draw.disc(canvas, hand, 0.25 * width)
    return (canvas > 0) & (region == Region.USER)


def loss_of(out: Tensor, photo: Tensor, skin: Tensor, valid: Tensor) -> Tensor:
    """Colour and its gradients (L1) of the blended fill, and the layout's cross entropy, where the truth is known."""
    area = valid.sum() + 1
    error = (blend(out) - photo) * valid
    across = (error[..., 1:] - error[..., :-1]).abs() * valid[..., 1:] * valid[..., :-1]
    down = (error[..., 1:, :] - error[..., :-1, :]).abs() * valid[..., 1:, :] * valid[..., :-1, :]
    layout = nn.functional.binary_cross_entropy_with_logits(out[:, 6:], skin, reduction="none") * valid
    weight = 1 + 3 * skin  # skin is the smaller part and the one that eyes go to
    return ((error.abs() * weight).sum() + across.sum() + down.sum()) / area + 0.5 * (layout * weight).sum() / area


@torch.inference_mode()
def validate(net: nn.Module, photos: Holes, run: Run, step: int) -> dict[str, float]:
    """Mean absolute error (0..255) of the fill on skin and on background, and the layout's IoU; a sheet."""
    net.eval()
    sums: dict[str, list[float]] = {"skin_mae": [], "background_mae": [], "layout_iou": []}
    rows: list[Tensor] = []
    for index in range(len(photos)):
        inputs, photo, skin, valid = photos[index]
        out = net(inputs[None].to(run.device)).cpu()
        filled = blend(out)[0]
        error = (filled - photo).abs().mean(0, keepdim=True) * 127.5
        for name, where in (("skin_mae", skin * valid), ("background_mae", (1 - skin) * valid)):
            if where.sum() > SEEN:
                sums[name].append(float((error * where).sum() / where.sum()))
        guess, truth = (out[0, 6:] > 0) & (valid > 0), (skin > 0) & (valid > 0)
        if truth.sum() > SEEN:
            sums["layout_iou"].append(float((guess & truth).sum() / (guess | truth).sum()))
        if len(rows) < 32:
            shown = torch.where(inputs[3:4] > 0, filled, photo)
            rows += [((p + 1) * 127.5).clamp(0, 255).byte() for p in (photo, inputs[:3], shown)]
            rows.append(out[0, 6:].sigmoid().mul(255).byte().expand(3, -1, -1))
    run.sheet("val/photo-hole-filled-layout", step, make_grid(rows, nrow=8))
    return {name: float(np.mean(values)) for name, values in sums.items()}


def train(config: ComposerRun) -> None:
    """Train, and leave composer.safetensors in the run's folder (a cyclegan checkpoint with an idle generator)."""
    run = Run(config)
    data, shape = CCP(config.data), ComposerConfig()
    limit = config.limit or None
    ids = data.with_joints(data.split("train", labelled=True))[:limit]
    photos = Holes(data, ids, shape, augment=True)
    held_out = Holes(data, data.with_joints(data.split("val", labelled=True))[:limit], shape, augment=False)
    net = Composer(shape)
    fit = Fit(run, net, run.batches(photos))
    whole = CycleGANConfig(composer=shape)
    idle = Generator(whole.channels, whole.blocks)

    def batch_loss(model: nn.Module, batch: Sample) -> Tensor:
        inputs, *truth = (part.to(run.device) for part in batch)
        return loss_of(model(inputs).float(), *truth)

    for epoch in fit.epochs():
        loss = fit.epoch(run.bar(run.loader(photos, epoch), epoch), batch_loss)
        figures = (
            validate(fit.average, held_out, run, epoch) if run.rank == 0 else {"skin_mae": 0.0, "background_mae": 0.0}
        )
        nets = {"composer": fit.average.module, "generator": idle}
        notes = {"composer": {"epoch": epoch + 1, "val": figures}}
        keep = partial(checkpoint.save, config.out / "composer.safetensors", nets, whole, notes)
        fit.finish(epoch, loss, figures, -figures["skin_mae"] - figures["background_mae"], keep)
