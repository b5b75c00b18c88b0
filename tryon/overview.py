"""`tryon status`: what a running server consists of, as a table."""

from __future__ import annotations

from typing import Any

import psutil
import requests
from prometheus_client.parser import text_string_to_metric_families
from rich.console import RenderableType
from rich.table import Table

from tryon.archives import MODELS, WORKFLOW
from tryon.client import Client, ServerError
from tryon.state import State


def lines(state: State) -> list[RenderableType]:
    """What Prometheus is told, at a glance: readiness, restarts, nodes, workers, memory, threads."""
    phase = "[bold green]ready[/]" if state.ready else "[bold yellow]not ready[/]"
    head = f"[bold]{WORKFLOW}[/] at {state.inference}/wfpredict/{WORKFLOW}: {phase}, process {state.supervisor}"
    return [head, *_supervised(state), *_served(state)]


def _served(state: State) -> list[RenderableType]:
    """A table of the nodes, and Java; or that nobody answers, as while it is started again."""
    client = Client(state, patience_s=10)
    table = Table("node", "version", "workers", "pid", "MiB", "requests waiting", box=None, header_style="dim")
    try:
        for name in MODELS:
            table.add_row(name, *_row(client.node(WORKFLOW, name)))
        threads = psutil.Process(state.java).num_threads()
    except (ServerError, psutil.Error) as error:
        return [f"TorchServe does not answer: it is being started, or has just ended. [dim]{error}[/]"]
    return [table, f"[dim]Java[/] process {state.java}, {_mib(state.java)} MiB, {threads} threads"]


def _supervised(state: State) -> list[RenderableType]:
    """What only `tryon serve` knows."""
    try:
        text = requests.get(f"{state.exporter}/metrics", timeout=5).text
    except requests.RequestException:
        return ["[bold red]`tryon serve` itself does not answer.[/]"]
    known = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    crashes, workers = (known["tryon_restarts_total", what] for what in ("server", "worker"))
    passed, failed = (known["tryon_golden_total", outcome] for outcome in ("passed", "failed"))
    return [
        f"[dim]Golden request[/] {known['tryon_golden_seconds',]:.1f} s, {passed:.0f} passed, {failed:.0f} failed; "
        f"[dim]restarts[/] {crashes:.0f} of the server, {workers:.0f} of a worker"
    ]


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
