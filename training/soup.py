"""The mean of several checkpoints of one net, a "model soup" (Wortsman et al., arXiv 2203.05482): runs that began alike
err differently, and their mean errs less than the best of them, at the cost of one.

    python -m training.soup OUT A.safetensors B.safetensors [A.safetensors …] --data CCP

A file named twice counts twice. The configuration is that of the last; its ranges are measured anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training import ranges
from tryon import checkpoint


def main(
    out: Annotated[Path, typer.Argument(help="where the mean goes")],
    parts: Annotated[list[Path], typer.Argument(help="checkpoints of segmentation, or of pose")],
    data: Annotated[Path, typer.Option(help="a folder in CCP's layout, for the ranges")],
) -> None:
    """Average the weights of checkpoints."""
    config, net = ranges.restore(parts[-1])
    every = [checkpoint.load(part)[1][ranges.name_of(net)] for part in parts]
    mean = {k: sum(s[k] for s in every) / len(every) if v.is_floating_point() else v for k, v in every[-1].items()}
    checkpoint.restore(ranges.plain(net), mean, out)
    ranges.save(out, config, net, {"mean_of": [checkpoint.figures(part) for part in parts]}, data)


if __name__ == "__main__":
    typer.run(main)
