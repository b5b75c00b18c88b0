"""What goes into a net's convolutions, measured for serving in eight bits (`tryon.int8`).

Training does it with each checkpoint that it keeps; `python -m training.ranges CHECKPOINT --data CCP` does it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor, nn
from tqdm import tqdm

from training.ccp import CCP
from tryon import checkpoint, int8, pose, segmentation
from tryon.trunk import on_canvas

PICTURES = 64


def of(net: nn.Module, batches: Iterable[tuple[Tensor, ...]], device: torch.device) -> int8.Ranges:
    """The ranges over the first batches of a loader, whose first part is the pictures."""
    singly = (one for batch in batches for one in batch[0].to(device).split(1))
    return {name: values.cpu() for name, values in int8.measure(net, islice(singly, PICTURES)).items()}


def main(
    weights: Annotated[Path, typer.Argument(help="segmentation's or pose's checkpoint: written anew, with ranges")],
    data: Annotated[Path, typer.Option(help="a folder in CCP's layout; photos of `train` are used")],
) -> None:
    """Measure the ranges of a checkpoint's net and save them in it."""
    _, states = checkpoint.load(weights)
    config, net, _ = segmentation.restore(weights) if "unet" in states else pose.restore(weights)
    photos = CCP(data)
    ids = photos.split("train")
    chosen = tqdm(ids[:: max(1, len(ids) // PICTURES)], "measuring")
    found = int8.measure(net, (on_canvas([photos.photo(i)], (config.height, config.width))[0] for i in chosen))
    plain = {"unet": net} if isinstance(net, segmentation.UNet) else {"openpose": net.net}
    checkpoint.save(weights, plain, config, checkpoint.figures(weights), found)
    print(f"{weights}: ranges of {len(found)} convolutions")


if __name__ == "__main__":
    typer.run(main)
