"""Closed and open loop. In a closed loop a sender waits for its answer before it sends again, so a stall hides the
requests that would have come meanwhile; in an open loop requests are due at their times, and latency counts from then.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from benchmarks.targets import Fields, Reply, Target

MAX_SENDERS = 256
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Sample:
    """One request. Times in seconds; `at` since the run began, `latency` since it was due (open) or sent (closed)."""

    at: float
    latency: float
    reply: Reply


def closed(target: Target, bodies: Sequence[Fields], count: int, concurrency: int, progress: Progress) -> list[Sample]:
    """`count` requests, `concurrency` senders, sizes in turn."""
    prepared = [target.prepare(body) for body in bodies]
    numbers, lock, samples = iter(range(count)), threading.Lock(), list[Sample]()
    begin = time.monotonic()

    def sender() -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            sample = _timed(target, prepared[number % len(prepared)], begin, None)
            with lock:
                samples.append(sample)
                progress(len(samples))

    with ThreadPoolExecutor(concurrency) as pool:
        for done in [pool.submit(sender) for _ in range(concurrency)]:
            done.result()
    return samples


def interleaved(
    targets: Sequence[Target], bodies: Sequence[Fields], count: int, progress: Progress
) -> dict[str, list[Sample]]:
    """One request at a time, to the targets in turn (ABAB…), so that a busier machine burdens all alike."""
    prepared = {target.name: [target.prepare(body) for body in bodies] for target in targets}
    samples: dict[str, list[Sample]] = {target.name: [] for target in targets}
    begin = time.monotonic()
    for number in range(count):
        for target in targets:
            ours = prepared[target.name]
            samples[target.name].append(_timed(target, ours[number % len(ours)], begin, None))
        progress(number + 1)
    return samples


def open_loop(
    target: Target, bodies: Sequence[Fields], rate: float, seconds: float, progress: Progress
) -> list[Sample]:
    """Requests at even distances, `rate` a second, whether or not the earlier ones have been answered."""
    prepared = [target.prepare(body) for body in bodies]
    samples, lock = list[Sample](), threading.Lock()
    begin = time.monotonic()

    def sender(number: int, due: float) -> None:
        sample = _timed(target, prepared[number % len(prepared)], begin, due)
        with lock:
            samples.append(sample)
            progress(len(samples))

    with ThreadPoolExecutor(MAX_SENDERS) as pool:
        sent = []
        for number in range(int(rate * seconds)):
            due = begin + number / rate
            time.sleep(max(0.0, due - time.monotonic()))
            sent.append(pool.submit(sender, number, due))
        for one in sent:
            one.result()
    return samples


def _timed(target: Target, prepared: Any, begin: float, due: float | None) -> Sample:
    start = time.monotonic() if due is None else due
    reply = target.send(prepared)
    return Sample(start - begin, time.monotonic() - start, reply)
