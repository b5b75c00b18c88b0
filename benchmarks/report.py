"""One `tryon bench`: run it, keep it as JSON, show it as a table or a plot, compare two of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks import figures, load, targets
from benchmarks.figures import Snapshot
from benchmarks.targets import Fields, Local, Target
from tryon.state import State

EVERY_S = 15.0  # between two lines of progress


@dataclass(frozen=True)
class Settings:
    """What is sent where. `rate` makes it an open loop of `seconds`; else `requests` are sent in a closed one."""

    targets: tuple[str, ...] = ("workflow",)
    concurrency: int = 1
    requests: int = 50
    rate: float = 0.0  # a second
    seconds: float = 30.0
    sizes: tuple[int, ...] = (1024,)  # long sides of the photo, in turn
    gown: str = "cutout"  # or picture
    format: str = "png"  # of the answer
    warm_up: int = 3
    port: int = 8080


def run(settings: Settings, say: Callable[[str], None]) -> dict[str, Any]:
    """Send, and return what it came to. Raises NotRunning, KeyError, ServerError."""
    chosen = [targets.make(name, settings.port) for name in settings.targets]
    bodies = targets.bodies(list(settings.sizes), settings.gown, settings.format)
    for target in chosen:
        load.closed(target, bodies, settings.warm_up, min(settings.concurrency, settings.warm_up or 1), lambda _: None)
    runs = _interleaved(settings, chosen, bodies, say) if _alternates(settings) else {}
    for target in [] if runs else chosen:
        runs[target.name] = _alone(settings, target, bodies, say)
    return {"settings": asdict(settings), "machine": figures.machine(), "runs": runs, "ratios": _ratios(runs)}


def _alternates(settings: Settings) -> bool:
    return len(settings.targets) > 1 and settings.concurrency == 1 and not settings.rate


def _alone(settings: Settings, target: Target, bodies: list[Fields], say: Callable[[str], None]) -> dict[str, Any]:
    state = _state(settings, target)
    before, progress = Snapshot.take(state), _progress(state, say)
    if settings.rate:
        samples = load.open_loop(target, bodies, settings.rate, settings.seconds, progress)
    else:
        samples = load.closed(target, bodies, settings.requests, settings.concurrency, progress)
    found = figures.summary(samples, before, Snapshot.take(state), served=state is not None)
    cores = figures.machine()["cores"]
    return {**found, "efficiency": figures.efficiency(found, cores)} if state else found


def _interleaved(
    settings: Settings, chosen: list[Target], bodies: list[Fields], say: Callable[[str], None]
) -> dict[str, Any]:
    states = {target.name: _state(settings, target) for target in chosen}
    server = next((state for state in states.values() if state), None)
    before = Snapshot.take(server)
    samples = load.interleaved(chosen, bodies, settings.requests, _progress(server, say))
    after = Snapshot.take(server)
    return {
        name: figures.summary(found, before, after, served=states[name] is not None) for name, found in samples.items()
    }


def _state(settings: Settings, target: Target) -> State | None:
    return None if target.name == Local.name else State.load(settings.port)


def _progress(state: State | None, say: Callable[[str], None]) -> Callable[[int], None]:
    """Now and then a line with the server's memory and threads."""
    last = time.monotonic()

    def progress(done: int) -> None:
        nonlocal last
        if time.monotonic() - last > EVERY_S:
            last = time.monotonic()
            now = Snapshot.take(state)
            say(f"{time.strftime('%H:%M:%S')} {done} done; server {now.memory_mib} MiB, Java {now.threads} threads")

    return progress


def _ratios(runs: Mapping[str, Any]) -> dict[str, float]:
    """The others' medians against the in-process one's."""
    with suppress(KeyError):
        base = runs[Local.name]["latency_ms"]["p50"]
        others = {name: run["latency_ms"]["p50"] for name, run in runs.items() if name != Local.name}
        return {f"{name}/{Local.name}": round(median / base, 3) for name, median in others.items()}
    return {}


def table(result: Mapping[str, Any]) -> Iterator[Table | str]:
    """What was measured, for a terminal."""
    rows = Table("", *result["runs"], box=None, header_style="bold")
    for label, pick in ROWS.items():
        rows.add_row(label, *(pick(one) for one in result["runs"].values()))
    yield rows
    for name, one in result["runs"].items():
        if parts := one["breakdown_ms"]:
            yield f"[dim]{name}:[/] " + ", ".join(f"{part} {value:.0f} ms" for part, value in parts.items())
    for name, ratio in result["ratios"].items():
        yield f"p50 {name}: {ratio:.3f}"


def _change(run: Mapping[str, Any], what: str) -> str:
    server = run["server"]
    return f"{server['before'][what]:.0f} → {server['after'][what]:.0f}" if server else ""


ROWS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "requests": lambda run: str(run["requests"]),
    "answered": lambda run: str(run["ok"]),
    "lost": lambda run: str(run["lost"]),
    "errors": lambda run: ", ".join(f"{name} {count}" for name, count in run["errors"].items()) or "none",
    "p50 / p95 / p99 ms": lambda run: " / ".join(f"{run['latency_ms'].get(p, 0):.0f}" for p in ("p50", "p95", "p99")),
    "longest ms": lambda run: f"{run['latency_ms'].get('max', 0):.0f}",
    "requests a second": lambda run: f"{run['throughput']:.2f}",
    "CPU s a request": lambda run: f"{run['cpu_s_per_request']:.3f}",
    "memory MiB": lambda run: _change(run, "memory_mib"),
    "Java threads": lambda run: _change(run, "threads"),
    "share of the cores": lambda run: ", ".join(f"{k} {v}" for k, v in run.get("efficiency", {}).items()),
}


def compare(one: Mapping[str, Any], other: Mapping[str, Any]) -> Table:
    """Two results side by side, target by target."""
    rows = Table("", "A", "B", "B / A", box=None, header_style="bold")
    for name in (n for n in one["runs"] if n in other["runs"]):
        rows.add_row(f"[bold]{name}[/]")
        left, right = dict(_numbers(one["runs"][name])), dict(_numbers(other["runs"][name]))
        for label in (label for label in left if label in right):
            ratio = f"{right[label] / left[label]:.3f}" if left[label] else ""
            rows.add_row(label, f"{left[label]:g}", f"{right[label]:g}", ratio)
    return rows


def _numbers(run: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for label in ("requests", "ok", "lost", "throughput", "cpu_s_per_request"):
        yield label, run[label]
    for group in ("latency_ms", "breakdown_ms"):
        for label, value in run[group].items():
            yield f"{label} ms", value


def save(result: Mapping[str, Any], path: Path) -> None:
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(json.dumps(result) + "\n")
    temporary.replace(path)


def plot(result: Mapping[str, Any], path: Path) -> None:
    """Latency over time, and the share of requests that were answered within it."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (over_time, shares) = pyplot.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for name, run in result["runs"].items():
        good = [(at, latency) for at, latency, outcome in run["samples"] if outcome == "ok"]
        over_time.plot(*zip(*good, strict=True), ".", markersize=3, label=name)
        ordered = sorted(latency for _, latency in good)
        shares.plot(ordered, [(n + 1) / len(ordered) for n in range(len(ordered))], label=name)
    over_time.set(xlabel="sent, s", ylabel="latency, ms", ylim=(0, None))
    shares.set(xlabel="latency, ms", ylabel="answered within it", xlim=(0, None), ylim=(0, 1))
    shares.legend()
    figure.savefig(path)
    pyplot.close(figure)
