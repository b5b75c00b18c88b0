"""`tryon status`: what a running server consists of, as a table."""

from __future__ import annotations

from typing import Any

import psutil
from rich.console import RenderableType
from rich.table import Table

from tryon.archives import MODELS, WORKFLOW
from tryon.client import Client
from tryon.state import State


def lines(state: State) -> list[RenderableType]:
    """A line about the server and a table of its nodes. Raises ServerError where it does not answer."""
    client = Client(state, patience_s=10)
    client.ping()
    described = [client.node(WORKFLOW, name) for name in MODELS]
    table = Table("node", "version", "workers", "pid", "MiB", "requests waiting", box=None, header_style="dim")
    for name, node in zip(MODELS, described, strict=True):
        table.add_row(name, *_row(node))
    java = psutil.Process(state.java)
    phase = "ready" if state.ready else "starting"
    head = f"[bold]{WORKFLOW}[/] at {state.inference}/wfpredict/{WORKFLOW}: {phase}, process {state.supervisor}"
    foot = f"[dim]Java[/] process {state.java}, {_mib(state.java)} MiB, {java.num_threads()} threads"
    return [head, table, foot]


def _row(node: dict[str, Any]) -> tuple[str, ...]:
    workers = node["workers"]
    ready = sum(worker["status"] == "READY" for worker in workers)
    pids = [worker["pid"] for worker in workers]
    waiting = node.get("jobQueueStatus", {}).get("pendingRequests", "?")
    return (
        node["modelVersion"],
        f"{ready} of {len(workers)} ready",
        ", ".join(map(str, pids)),
        ", ".join(_mib(pid) for pid in pids),
        str(waiting),
    )


def _mib(pid: int) -> str:
    try:
        return str(psutil.Process(pid).memory_info().rss // 2**20)
    except psutil.Error:
        return "gone"
