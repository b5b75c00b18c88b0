"""What TorchServe does not count, for Prometheus: readiness, restarts, workers, versions, memory, threads, CPU time.

Served by `tryon serve` itself on a loopback port, so that it answers while TorchServe is down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from wsgiref.simple_server import WSGIServer

import psutil
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

OFFSET = 3  # from the main port


@dataclass(frozen=True)
class Node:
    """A node's served version and its worker processes."""

    version: str
    workers: int
    ready: int
    pids: tuple[int, ...]


@dataclass
class Facts:
    """What the supervisor knows; it writes, the exporter reads."""

    java: int = 0
    ready: bool = False
    golden_s: float = 0.0
    nodes: Mapping[str, Node] = field(default_factory=dict)
    golden: dict[str, int] = field(default_factory=lambda: {"passed": 0, "failed": 0})
    restarts: dict[str, int] = field(default_factory=lambda: {"server": 0, "worker": 0})


class FactsCollector(Collector):
    """Reads the facts, and the processes themselves, at each scrape."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def collect(self) -> Iterable[Metric]:
        yield from self._counts()
        yield from self._nodes()
        yield from self._processes()

    def _counts(self) -> Iterable[Metric]:
        ready = "1 while the last golden request was answered and every node has a live worker."
        yield GaugeMetricFamily("tryon_ready", ready, float(self.facts.ready))
        yield GaugeMetricFamily("tryon_golden_seconds", "What the last golden request took.", self.facts.golden_s)
        golden = CounterMetricFamily("tryon_golden", "Golden requests by outcome.", labels=["outcome"])
        for outcome, count in self.facts.golden.items():
            golden.add_metric([outcome], count)
        yield golden
        restarts = CounterMetricFamily("tryon_restarts", "Unasked ends, by what was started again.", labels=["what"])
        for what, count in self.facts.restarts.items():
            restarts.add_metric([what], count)
        yield restarts

    def _nodes(self) -> Iterable[Metric]:
        versions = GaugeMetricFamily("tryon_node_version", "1 for the served version.", labels=["node", "version"])
        workers = GaugeMetricFamily("tryon_workers", "Workers by state.", labels=["node", "state"])
        for name, node in self.facts.nodes.items():
            versions.add_metric([name, node.version], 1)
            workers.add_metric([name, "ready"], node.ready)
            workers.add_metric([name, "not_ready"], node.workers - node.ready)
        yield from (versions, workers)

    def _processes(self) -> Iterable[Metric]:
        memory = GaugeMetricFamily("tryon_memory_bytes", "Resident memory.", labels=["process"])
        threads = GaugeMetricFamily("tryon_threads", "Threads.", labels=["process"])
        cpu = CounterMetricFamily("tryon_cpu_seconds", "CPU time of the processes that live.", labels=["process"])
        pids = {name: node.pids for name, node in self.facts.nodes.items()} | {"java": (self.facts.java,)}
        for name, numbers in pids.items():
            used = usage(numbers)
            memory.add_metric([name], used.memory)
            threads.add_metric([name], used.threads)
            cpu.add_metric([name], used.cpu_s)
        yield from (memory, threads, cpu)


@dataclass(frozen=True)
class Usage:
    """What some processes use together."""

    memory: int  # bytes
    threads: int
    cpu_s: float


def usage(pids: Iterable[int]) -> Usage:
    """Of those that live."""
    memory, threads, cpu_s = 0, 0, 0.0
    for pid in pids:
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            with process.oneshot():
                times = process.cpu_times()
                memory, threads = memory + process.memory_info().rss, threads + process.num_threads()
                cpu_s += times.user + times.system
    return Usage(memory, threads, cpu_s)


def start(facts: Facts, port: int) -> WSGIServer:
    """Serve the facts at http://127.0.0.1:`port`/metrics until shut down."""
    registry = CollectorRegistry()
    registry.register(FactsCollector(facts))
    server, _ = start_http_server(port, "127.0.0.1", registry)
    return server
