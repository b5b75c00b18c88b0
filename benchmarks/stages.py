"""Where the time of a try-on goes: `python -m benchmarks.stages [--runs 9]`, in process, on the samples.

Prints the median milliseconds of each stage on one and on all threads, and each stage's share of the whole. The nets
run on the CPU or, with `--device cuda`, on a GPU.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from tryon import archives, batch, golden, images, pipeline, threads
from tryon.pipeline import Nets


def cases() -> dict[str, dict[str, bytes]]:
    """A catalogue gown (cut-out and landmarks), a product picture of somebody in a gown, and one of a gown alone."""
    ready = batch.fields(batch.Pair(golden.PHOTO, golden.GOWN, Path()), {}, golden.LANDMARKS)
    fresh = batch.fields(batch.Pair(golden.PHOTO, golden.SAMPLES / "gown.jpg", Path()), {}, None)
    laid = images.on_grey(images.decode(golden.GOWN.read_bytes()))
    alone = fresh | {"gown": images.encode(laid, fmt="jpeg")}
    return {"catalogue gown": ready, "product picture": fresh, "gown alone": alone}


def stages(nets: Nets, fields: dict[str, bytes]) -> dict[str, float]:
    """Milliseconds of each of the four nodes' functions, one after the other."""
    times: dict[str, float] = {}

    def timed(name: str, call: Callable[..., Any], *values: Any) -> Any:
        start = time.perf_counter()
        result = call(*values)
        times[name] = 1000 * (time.perf_counter() - start)
        return result

    prepared = timed("prepare", pipeline.prepare, fields)
    masks = timed("segmentation", pipeline.segment, nets.unet, prepared)
    joints = timed("pose", pipeline.estimate_pose, nets.openpose, prepared)
    timed("cyclegan", pipeline.generate, nets.cyclegan, prepared, masks, joints)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9, help="measured runs of each case, after one that is not")
    parser.add_argument("--device", default="cpu", help="where the nets run: cpu or cuda; all else runs on the CPU")
    options = parser.parse_args()
    runs, device = options.runs, torch.device(options.device)
    table = Table("case", "threads", "prepare", "segmentation", "pose", "cyclegan", "sum (ms)", box=None)
    for count in sorted({1, torch.get_num_threads()}):
        threads.use(count)
        nets = Nets.load(archives.ROOT / "weights", device)  # compiled for so many threads
        for name, fields in cases().items():
            measured = [stages(nets, fields) for _ in range(runs + 1)][1:]
            medians = {key: statistics.median(m[key] for m in measured) for key in measured[0]}
            total = sum(medians.values())
            cells = [f"{value:.0f} ({value / total:.0%})" for value in medians.values()]
            table.add_row(name, str(count), *cells, f"{total:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
