"""What a load came to: percentiles, throughput, errors, CPU seconds a request, and where the time of an answer went."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.load import Sample
from tryon.exporter import usage
from tryon.state import State

PERCENTILES = (50, 90, 95, 99)


@dataclass(frozen=True)
class Snapshot:
    """Server, this process and the whole machine at one moment. Seconds of CPU, MiB, counts."""

    server_cpu: float
    own_cpu: float
    all_cpu: float
    memory_mib: float  # of the server, proportional: pages that its processes share count once
    threads: int  # of Java: what a failing request leaks

    @classmethod
    def take(cls, state: State | None) -> Snapshot:
        own = psutil.Process().cpu_times()
        whole = psutil.cpu_times()
        busy = sum(whole) - whole.idle - whole.iowait - whole.guest - whole.guest_nice
        pids = server_pids(state)
        return cls(
            server_cpu=usage(pids).cpu_s,
            own_cpu=own.user + own.system,
            all_cpu=busy,
            memory_mib=round(sum(_pss(pid) for pid in pids) / 2**20),
            threads=usage(pids[:1]).threads,
        )


def server_pids(state: State | None) -> list[int]:
    """Java and its workers."""
    if state is None:
        return []
    with suppress(psutil.Error):
        java = psutil.Process(state.java)
        return [java.pid, *(child.pid for child in java.children(recursive=True))]
    return []


def _pss(pid: int) -> int:
    with suppress(psutil.Error):
        return int(psutil.Process(pid).memory_full_info().pss)
    return 0


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), platform.processor())
    return {"cores": os.cpu_count(), "cpu": model, "load_average": os.getloadavg(), "python": platform.python_version()}


def summary(samples: Sequence[Sample], before: Snapshot, after: Snapshot, *, served: bool) -> dict[str, Any]:
    """The figures of one target's samples, between two snapshots."""
    good = [sample for sample in samples if sample.reply.outcome == "ok"]
    latencies = np.array([sample.latency for sample in good]) * 1e3
    seconds = max((sample.at + sample.latency for sample in samples), default=0.0) - min(
        (sample.at for sample in samples), default=0.0
    )
    used = after.server_cpu - before.server_cpu if served else after.own_cpu - before.own_cpu
    outcomes = Counter(sample.reply.outcome for sample in samples)
    return {
        "requests": len(samples),
        "ok": len(good),
        "lost": outcomes.get("lost", 0),
        "errors": {name: count for name, count in sorted(outcomes.items()) if name != "ok"},
        "latency_ms": _latency(latencies),
        "seconds": round(seconds, 2),
        "throughput": round(len(good) / seconds, 3) if seconds else 0.0,
        "cpu_s_per_request": round(used / max(1, len(samples)), 4),
        "reply_bytes": int(np.mean([sample.reply.size for sample in good])) if good else 0,
        "breakdown_ms": breakdown(good),
        "server": {"before": asdict(before), "after": asdict(after)} if served else None,
        "samples": [[round(s.at, 3), round(s.latency * 1e3, 1), s.reply.outcome] for s in samples],
    }


def _latency(latencies: np.ndarray[Any, Any]) -> dict[str, float]:
    if not len(latencies):
        return {}
    found = {f"p{p}": float(np.percentile(latencies, p)) for p in PERCENTILES}
    found |= {"mean": float(latencies.mean()), "max": float(latencies.max())}
    return {name: round(value, 1) for name, value in found.items()}


def breakdown(samples: Sequence[Sample]) -> dict[str, float]:
    """Median milliseconds of a workflow's answer: the nodes, the ways between them, and HTTP on both ends."""
    rows = []
    for sample in samples:
        if spans := sample.reply.spans:
            nets = [spans["segmentation"], spans["pose"]]
            first, last = min(start for start, _ in nets), max(end for _, end in nets)
            (_, prepared), (start, end) = spans["prepare"], spans["cyclegan"]
            total = sample.latency * 1e3
            rows.append((prepared, first - prepared, last - first, start - last, end - start, total - end))
    if not rows:
        return {}
    names = ("prepare", "to the nets", "segmentation and pose", "to cyclegan", "cyclegan", "HTTP")
    return {name: round(float(value), 1) for name, value in zip(names, np.median(rows, axis=0), strict=True)}


def efficiency(run: Mapping[str, Any], cores: int) -> dict[str, float]:
    """Throughput against what the cores could answer, all of them, and those that others left to the server."""
    before, after = run["server"]["before"], run["server"]["after"]
    other = (after["all_cpu"] - before["all_cpu"]) - (after["server_cpu"] - before["server_cpu"])
    left = max(0.1, cores - other / run["seconds"])
    used = run["throughput"] * run["cpu_s_per_request"]
    shares = {"of_all_cores": used / cores, "of_cores_left": used / left, "cores_left": left}
    return {name: round(value, 3) for name, value in shares.items()}
