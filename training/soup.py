"""The mean of several checkpoints of one net, a "model soup" (Wortsman et al., arXiv 2203.05482): runs that began alike
err differently, and their mean errs less than the best of them, at the cost of one.

    python -m training.soup OUT A.safetensors B.safetensors [A.safetensors …] --data CCP

A file named twice counts twice. The configuration is that of the last; its ranges are measured anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from torch import nn

from training import ranges
from training.evaluate import segmentation_figures
from training.evaluate_pose import pose_figures
from tryon import checkpoint
from tryon.segmentation import UNet


def main(
    out: Annotated[Path, typer.Argument(help="where the mean goes")],
    parts: Annotated[list[Path], typer.Argument(help="checkpoints of segmentation, or of pose")],
    data: Annotated[Path, typer.Option(help="a folder in CCP's layout, for ranges and figures")],
) -> None:
    """Average the weights of checkpoints, and measure the mean on `val`."""
    config, net = ranges.restore(parts[-1])
    name = ranges.name_of(net)
    every = [checkpoint.load(part)[1][name] for part in parts]
    mean = {k: sum(s[k] for s in every) / len(every) if v.is_floating_point() else v for k, v in every[-1].items()}
    checkpoint.restore(ranges.plain(net), mean, out)
    ranges.save(out, config, net, {}, data)
    figures = {"val": measured(net, out, data), "mean_of": [checkpoint.figures(part) for part in parts]}
    checkpoint.save(out, {name: ranges.plain(net)}, config, figures, checkpoint.load(out)[1][checkpoint.RANGES])
    print(f"{out}: {figures['val']}")


def measured(net: nn.Module, weights: Path, data: Path) -> dict[str, float]:
    """The figures on `val` by which versions are compared."""
    if isinstance(net, UNet):
        return dict(segmentation_figures(data, "val", weights)["iou"])
    shares = pose_figures(data, "val", weights)["pck_0.1"]
    return {f"pck_{which}": shares[which] for which in ("anchors", "all")}


if __name__ == "__main__":
    typer.run(main)
