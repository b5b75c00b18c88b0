"""`tryon bench`: the loops measure what they say, and every kind of run works against a real server."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest
from conftest import Fields, Serving

from benchmarks import figures, load
from benchmarks.figures import Snapshot
from benchmarks.targets import Reply, Target


class OneAtATime(Target):
    """Answers in 50 ms, one after the other; the fourth takes 500."""

    name = "slow"

    def __init__(self) -> None:
        self.lock, self.count = threading.Lock(), 0

    def prepare(self, fields: Fields) -> Fields:
        return fields

    def send(self, prepared: Fields) -> Reply:
        with self.lock:
            self.count += 1
            time.sleep(0.5 if self.count == 4 else 0.05)
            return Reply("ok" if self.count % 5 else "PoseError", 10)


def test_an_open_loop_counts_the_wait_of_those_who_came_during_a_stall() -> None:
    samples = load.open_loop(OneAtATime(), [{}], rate=10, seconds=1.2, progress=lambda _: None)
    assert len(samples) == 12
    assert sum(sample.latency > 0.2 for sample in samples) >= 4, "due during the stall, whatever was sent when"
    closed = load.closed(OneAtATime(), [{}], count=12, concurrency=1, progress=lambda _: None)
    assert sum(sample.latency > 0.2 for sample in closed) == 1, "a closed loop hides them"


def test_a_closed_loop_keeps_its_concurrency_and_errors_are_counted_apart() -> None:
    samples = load.closed(OneAtATime(), [{}], count=10, concurrency=4, progress=lambda _: None)
    now = Snapshot.take(None)
    found = figures.summary(samples, now, now, served=False)
    assert (found["requests"], found["ok"], found["errors"], found["lost"]) == (10, 8, {"PoseError": 2}, 0)
    in_flight = sum(sample.latency for sample in samples) / found["seconds"]
    assert 2 < in_flight < 4.1, "Little's law; fewer than four only while the last are answered"


def test_targets_in_turn_share_the_machine_alike() -> None:
    one, other = OneAtATime(), OneAtATime()
    other.name = "other"  # type: ignore[misc]
    found = load.interleaved([one, other], [{}], 3, lambda _: None)
    order = sorted((sample.at, name) for name, samples in found.items() for sample in samples)
    assert [name for _, name in order] == ["slow", "other"] * 3


@pytest.mark.server
def test_served_and_local_are_compared(server: Serving, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.json", "b.json")]
    for file in files:
        words = ["--target", "local", "--target", "workflow", "--requests", "2", "--size", "256", "--warm-up", "1"]
        result = server.run("bench", *words, "--json", str(file), "--plot", str(file.with_suffix(".png")))
        assert result.exit_code == 0, result.output
        assert "workflow/local" in result.output
        assert file.with_suffix(".png").stat().st_size > 5000
    runs = json.loads(files[0].read_text())["runs"]
    assert {name: run["ok"] for name, run in runs.items()} == {"local": 2, "workflow": 2}
    assert runs["workflow"]["cpu_s_per_request"] > 0.05
    assert sum(runs["workflow"]["breakdown_ms"].values()) > 50
    compared = server.run("bench", "--compare", *map(str, files))
    assert "B / A" in compared.output


@pytest.mark.server
def test_nodes_and_open_loops_and_other_gowns(server: Serving) -> None:
    for words in (
        *(("--target", node, "--requests", "2") for node in ("prepare", "segmentation", "pose", "cyclegan")),
        ("--concurrency", "2", "--requests", "4", "--gown", "picture", "--format", "jpeg", "--size", "300"),
        ("--rate", "2", "--seconds", "2", "--size", "256", "--size", "400"),
    ):
        result = server.run("bench", "--size", "256", "--warm-up", "1", *words)
        assert result.exit_code == 0, result.output
        assert "none" in result.output, "no errors"
    assert "There is no target" in server.run("bench", "--target", "poze").output
