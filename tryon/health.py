"""The watch over a running server: dead workers, the golden request, and the word `ready` in the state file.

/ping answers 200 while a worker is dead and with no workflow at all, so it says nothing about readiness. Ready is a
server that has a live worker for every node and has answered the golden request.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import psutil

from tryon import golden
from tryon.archives import MODELS, WORKFLOW
from tryon.client import Client, ServerError
from tryon.exporter import Facts, Node
from tryon.state import State

TICK_S = 0.5  # between two looks at the processes
LOOK_S = 5.0  # between two questions to the server
GOLDEN_S = 30.0  # between two golden requests
GOLDEN_PATIENCE_S = 120.0  # under full load it waits behind brides
HEAL_S = 90.0  # a worker's time to come back; TorchServe gives up after 60 (maxRetryTimeoutInSec)
MISSES = 3  # failed looks in a row that mean more than a hiccup


class Crashed(Exception):
    """The server has ended, or does not recover, without being told to stop."""


@dataclass
class Watch:
    """One server's health. `say` gets a sentence whenever it changes."""

    state: State
    facts: Facts
    say: Callable[[str], None]
    misses: int = 0
    ill_since: float | None = None
    looked: float = field(default_factory=time.monotonic)  # the start has just looked and asked
    asked: float = field(default_factory=time.monotonic)
    asking: Future[None] | None = None
    mourned: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.client = Client(self.state, patience_s=10)
        self.facts.java = self.state.java
        self.side = ThreadPoolExecutor(1, "golden")  # a golden request may wait behind brides; the watch must not

    def forever(self) -> None:
        """Return never; raises Crashed when the server ends or does not recover."""
        try:
            while True:
                time.sleep(TICK_S)
                self.tick()
        finally:
            self.side.shutdown(wait=False, cancel_futures=True)

    def tick(self) -> None:
        """One look at the processes, and, where it is time, one at the server."""
        if not alive(self.state.java):
            raise Crashed("TorchServe's Java process has ended unexpectedly.")
        now = time.monotonic()
        dead = self._dead() if self.ill_since is None else []
        if dead or now - self.looked > (1.0 if self.ill_since else LOOK_S):
            self.looked = now
            self._look(dead)
        if self.asking and self.asking.done():
            self._heed(self.asking)
            self.asking = None
        if self.ill_since and now - self.ill_since > HEAL_S:
            raise Crashed(f"The server has not recovered within {HEAL_S:.0f} s.")

    def _dead(self) -> list[tuple[str, int]]:
        return [(name, pid) for name, node in self.facts.nodes.items() for pid in node.pids if not alive(pid)]

    def _look(self, dead: list[tuple[str, int]]) -> None:
        try:
            self.client.ping()
            self.client.workflow(WORKFLOW)
            self.facts.nodes = nodes(self.client)
        except ServerError as error:
            self._miss(error)
            return
        self._mourn(dead)
        idle = [name for name, node in self.facts.nodes.items() if not node.ready]
        if idle and self.ill_since is None:
            self._fall_ill(f"{' and '.join(idle)} has no worker; requests wait meanwhile.")
        due = self.ill_since or time.monotonic() - self.asked > GOLDEN_S
        if not idle and due and self.asking is None:
            self.asked = time.monotonic()
            self.asking = self.side.submit(ask, self.state, self.facts)

    def _mourn(self, dead: list[tuple[str, int]]) -> None:
        """Say and count who has died, once; not where the node is whole, for then an operator asked for fewer."""
        for name, pid in dead:
            node = self.facts.nodes[name]
            if pid not in self.mourned and node.ready < node.workers:
                self.mourned.add(pid)
                self.facts.restarts["worker"] += 1
                self.say(f"{name}'s worker (process {pid}) has died; TorchServe starts another.")

    def _heed(self, asked: Future[None]) -> None:
        """The golden request's outcome is what `ready` means."""
        if isinstance(error := asked.exception(), golden.GoldenError):
            self._miss(error)
            return
        asked.result()
        self.misses = 0
        if self.ill_since is not None:
            self.say(f"Ready again after {time.monotonic() - self.ill_since:.1f} s.")
        self.ill_since = None
        self._mark(ready=True)

    def _miss(self, error: Exception) -> None:
        self.misses += 1
        if self.misses == MISSES and self.ill_since is None:
            self._fall_ill(f"the server does not answer as it must: {error}")
        if self.misses >= 3 * MISSES:
            raise Crashed(f"The server is ill and does not recover: {error}") from error

    def _fall_ill(self, why: str) -> None:
        self.ill_since = time.monotonic()
        self.asking = None  # an answer from before says nothing about now
        self._mark(ready=False)
        self.say(f"Not ready: {why}")

    def _mark(self, *, ready: bool) -> None:
        self.facts.ready = ready
        if self.state.ready != ready:
            self.state = replace(self.state, ready=ready)
            self.state.save()


def ask(state: State, facts: Facts) -> None:
    """The golden request, counted and timed. Raises GoldenError."""
    start = time.monotonic()
    try:
        golden.served(Client(state, patience_s=GOLDEN_PATIENCE_S), golden.ready_made({"max_side": 256}))
    except golden.GoldenError:
        facts.golden["failed"] += 1
        raise
    facts.golden["passed"] += 1
    facts.golden_s = time.monotonic() - start


def nodes(client: Client) -> dict[str, Node]:
    """What the server says of its nodes. Raises ServerError."""
    found = {}
    for name in MODELS:
        described = client.node(WORKFLOW, name)
        workers = described["workers"]
        pids = tuple(worker["pid"] for worker in workers if worker["pid"] > 0)
        # for a moment TorchServe calls a worker ready that has just died
        ready = sum(worker["status"] == "READY" and alive(worker["pid"]) for worker in workers)
        found[name] = Node(described["modelVersion"], len(workers), ready, pids)
    return found


def alive(pid: int) -> bool:
    """Whether a process lives and is no zombie."""
    try:
        return pid > 0 and bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
