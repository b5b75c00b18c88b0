"""`tryon bench`: load on the served workflow, on one node, or in process, so that the server's cost can be read off."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tryon.state import PORT
from tryon.terminal import Port, console, fail


class Gown(StrEnum):
    """What the gown field holds: a prepared cut-out with landmarks, or a product picture for the nets to look at."""

    cutout = "cutout"
    picture = "picture"


class Format(StrEnum):
    """Of the answer."""

    png = "png"
    jpeg = "jpeg"
    webp = "webp"


Targets = Annotated[
    list[str], typer.Option("--target", help="workflow, local (in this process), or a node's name; may be repeated")
]
Sizes = Annotated[list[int], typer.Option("--size", help="long side of the photo in pixels; may be repeated")]


def bench(
    target: Targets = ["workflow"],  # noqa: B006 (typer reads it, nobody changes it)
    concurrency: Annotated[int, typer.Option(help="closed loop: senders that wait for their answers", min=1)] = 1,
    requests: Annotated[int, typer.Option(help="closed loop: how many in all", min=1)] = 50,
    rate: Annotated[float, typer.Option(help="open loop: requests a second, answered or not", min=0)] = 0.0,
    seconds: Annotated[float, typer.Option(help="open loop: for how long", min=1)] = 30.0,
    size: Sizes = [1024],  # noqa: B006
    gown: Annotated[Gown, typer.Option(help="the gown field")] = Gown.cutout,
    format_: Annotated[Format, typer.Option("--format", help="of the answer")] = Format.png,
    warm_up: Annotated[int, typer.Option(help="requests before it counts", min=0)] = 3,
    json_file: Annotated[Path | None, typer.Option("--json", help="write all figures and samples to this file")] = None,
    plot: Annotated[Path | None, typer.Option(help="draw latencies to this picture (needs matplotlib)")] = None,
    body: Annotated[
        Path | None, typer.Option(help="write the request's body to this file, for ab or locust, and send nothing")
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None, typer.Option(help="compare two such JSON files, and send nothing")
    ] = None,
    port: Port = PORT,
) -> None:
    """Measure a running server: percentiles, throughput, lost requests, CPU seconds a request, memory, threads.

    Several targets at concurrency 1 are called in turn (ABAB…), so that their ratio holds on a busy machine.
    """
    from benchmarks import report, targets
    from tryon.client import ServerError
    from tryon.state import NotRunning

    if compare:
        one, other = (json.loads(path.read_text()) for path in compare)
        console.print(report.compare(one, other))
        return
    if body:
        data, kind = targets.multipart(targets.bodies(size[:1], gown.value, format_.value)[0])
        body.write_bytes(data)
        console.print(f"{body}: {len(data)} bytes, content type {kind}")
        return
    settings = report.Settings(
        targets=tuple(target), concurrency=concurrency, requests=requests, rate=rate, seconds=seconds,
        sizes=tuple(size), gown=gown.value, format=format_.value, warm_up=warm_up, port=port,
    )  # fmt: skip
    try:
        result = report.run(settings, say=lambda line: console.print(f"[dim]{line}[/]"))
    except (NotRunning, ServerError, KeyError) as error:
        raise fail(error.args[0]) from error
    for part in report.table(result):
        console.print(part)
    if json_file:
        report.save(result, json_file)
    if plot:
        report.plot(result, plot)
