"""`tryon models …`: new versions of a node beside the old one, promoted and rolled back while brides are served.

The workflow uses each node's default version, so a promotion is one call and costs no request. The traps of the
server's own interface are avoided here: nothing is promoted that has not answered the golden requests, the default is
never removed, a version's last requests are finished before its workers end, and what was promoted is written down
for the next start.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from tryon import golden, release
from tryon.archives import MODELS, WORKFLOW, ArchiveError
from tryon.client import Client, ServerError
from tryon.release import Version
from tryon.state import State

LOAD_S = 150.0  # a worker's time to import torch and load; TorchServe itself gives up after 120
QUIET_S = 1.5  # a version whose workers compute nothing for so long has answered all its requests
DRAIN_S = 180.0  # the workflow's own time-out


class Refused(Exception):
    """What was asked would break the service or makes no sense; the message says what to do instead."""


FAILURES = (Refused, ArchiveError, ServerError, golden.GoldenError)


@dataclass(frozen=True)
class Loaded:
    """A version as the running server knows it."""

    version: str
    default: bool
    ready: int
    workers: int
    pids: tuple[int, ...]
    waiting: int


@dataclass(frozen=True)
class Server:
    """A running server and the store it loads from."""

    client: Client
    store: Path

    @classmethod
    def at(cls, state: State) -> Server:
        return cls(Client(state), Path(state.store))

    def loaded(self, node: str) -> dict[str, Loaded]:
        """The versions of a node, the default first."""
        default = self.client.node(WORKFLOW, node)["modelVersion"]
        found = self.client.versions(WORKFLOW, node)
        order = sorted(found, key=lambda version: (version != default, version))
        return {version: _loaded(found[version], default) for version in order}


def _loaded(described: Mapping[str, Any], default: str) -> Loaded:
    workers = described["workers"]
    return Loaded(
        version=described["modelVersion"],
        default=described["modelVersion"] == default,
        ready=sum(worker["status"] == "READY" for worker in workers),
        workers=len(workers),
        pids=tuple(worker["pid"] for worker in workers if worker["pid"] > 0),
        waiting=described.get("jobQueueStatus", {}).get("pendingRequests", 0),
    )


def register(server: Server, path: Path, sha256: str | None = None) -> tuple[Version, float]:
    """Load an archive beside the version that serves, and have it answer the golden requests.

    The new version, and how far its picture is from the served one (mean absolute difference, 0..255).
    Raises one of FAILURES, and leaves nothing behind then.
    """
    version, _ = release.read(path)
    release.check_hash(path, version, sha256)
    with release.changing(server.store):
        loaded = server.loaded(version.node)
        if version.version in loaded:
            state = "serves" if loaded[version.version].default else "is loaded; promote it"
            raise Refused(f"{version.node} {version.version} is registered already: it {state}.")
        release.keep(server.store, path, version)
        current = next(iter(loaded.values()))
        return version, _load(server, version, max(1, current.workers))


def _load(server: Server, version: Version, workers: int) -> float:
    """Register, start workers, smoke-test; taken back on failure."""
    server.client.add_version(WORKFLOW, version.node, version.file)
    try:
        if _await(server, version.node, version.version) != workers:
            server.client.set_workers(WORKFLOW, version.node, version.version, workers)
            _await(server, version.node, version.version, workers)
        return _smoke(server, version.node, version.version)
    except (ServerError, golden.GoldenError, Refused) as error:
        with suppress(ServerError):
            server.client.remove_version(WORKFLOW, version.node, version.version)
        raise Refused(f"{version.node} {version.version} was taken out again: {error}") from error


def _await(server: Server, node: str, version: str, workers: int | None = None) -> int:
    """Until so many workers, and no more, are up; None: as many as the archive's own configuration asks for."""
    give_up, seen = time.monotonic() + LOAD_S, set[int]()
    while time.monotonic() < give_up:
        found = server.loaded(node).get(version)
        if found is None:
            raise Refused("the server dropped it while loading; its log says why (tryon serve --verbose)")
        seen |= set(found.pids)
        if len(seen) > found.workers + 1:
            raise Refused("its worker ends again and again while it loads; the log of tryon serve says where")
        if found.ready == found.workers == (workers or max(1, found.workers)):
            return found.workers
        time.sleep(0.3)
    raise Refused(f"its workers were not up within {LOAD_S:.0f} s; the log says why (tryon serve --verbose)")


def _smoke(server: Server, node: str, version: str) -> float:
    """Both golden requests with this version in its node's place; its distance from what is served."""
    requests = (golden.ready_made(), golden.fresh())
    answers = [golden.by_nodes(server.client, request, {node: version}) for request in requests]
    return golden.difference(answers[0], golden.served(server.client))


def promote(server: Server, node: str, version: str) -> float:
    """Have a registered version serve from now on, and remember it. Its distance from the one before.

    Set back at once if the workflow then fails the golden request. Raises one of FAILURES.
    """
    with release.changing(server.store):
        loaded = server.loaded(node)
        if version in loaded and loaded[version].default:
            raise Refused(f"{node} {version} serves already.")
        path = server.store / Version(node, version, "").file
        if not path.exists():
            known = ", ".join({*loaded, *(stored.version for stored, _ in _stored(server.store, node))})
            raise Refused(f"{node} has no version {version}; it has {known}. Register it first.")
        target = release.read(path)[0]
        _ensure_loaded(server, target, loaded)
        distance = _smoke(server, node, version)
        serving = next(iter(loaded))
        _switch(server, node, version, back=serving)
        record = release.load(server.store)
        choice = record.of(node)
        before = choice.before if choice.promoted else release.read(server.store / Version(node, serving, "").file)[0]
        changed = replace(choice, before=before, promoted=(*choice.promoted, target))
        release.save(server.store, record.with_node(node, changed))
        return distance


def rollback(server: Server, node: str) -> str:
    """Have the version before the promoted one serve again; loaded first where it is not. Its name."""
    with release.changing(server.store):
        record = release.load(server.store)
        choice = record.of(node)
        if not choice.promoted or not choice.before:
            raise Refused(f"Nothing was promoted on {node}: it serves what the repository builds.")
        earlier = choice.promoted[:-1]
        target = (choice.before, *earlier)[-1]
        loaded = server.loaded(node)
        serving = next(iter(loaded))
        _ensure_loaded(server, target, loaded)
        if serving != target.version:
            _switch(server, node, target.version, back=serving)
        release.save(server.store, record.with_node(node, replace(choice, promoted=earlier)))
        return target.version


def _ensure_loaded(server: Server, target: Version, loaded: Mapping[str, Loaded]) -> None:
    """Load a version of the store, unless the server has it: after a restart it has only those that serve."""
    if target.version in loaded:
        return
    if not (server.store / target.file).exists():
        raise Refused(f"{target.file} is not in {server.store} any more: register and promote a version instead.")
    _load(server, target, next(iter(loaded.values())).workers)


def _switch(server: Server, node: str, version: str, *, back: str) -> None:
    server.client.set_default(WORKFLOW, node, version)
    try:
        answered = golden.served(server.client).versions[node]
        if answered != version:
            raise golden.GoldenError(f"{node} answered as {answered}, not as {version}.")
    except golden.GoldenError as error:
        server.client.set_default(WORKFLOW, node, back)
        raise Refused(f"{node} serves {back} again: {error}") from error


def scale(server: Server, node: str, count: int) -> None:
    """Run so many workers of the served version, and remember the number.

    Fewer than now: the server ends the surplus at once, with what they are working on.
    """
    if count < 1:
        raise Refused(f"With {count} workers {node} would answer nobody: at least 1.")
    with release.changing(server.store):
        serving = next(iter(server.loaded(node)))
        server.client.set_workers(WORKFLOW, node, serving, count)
        _await(server, node, serving, count)
        record = release.load(server.store)
        release.save(server.store, record.with_node(node, replace(record.of(node), workers=count)))


def unregister(server: Server, node: str, version: str) -> None:
    """End a version that does not serve, after its last request; its archive stays where a rollback needs it."""
    with release.changing(server.store):
        if _of(server.loaded(node), node, version).default:
            raise Refused(f"{node} {version} serves: promote another version, or roll back, first.")
        _drain(server, node, version)
        server.client.remove_version(WORKFLOW, node, version)
        release.forget(server.store, Version(node, version, ""))


def _drain(server: Server, node: str, version: str) -> None:
    """Until a version that gets no new requests has answered those it has. The server itself has no such wait."""
    give_up = time.monotonic() + DRAIN_S
    while time.monotonic() < give_up:
        found = _of(server.loaded(node), node, version)
        before = _cpu(found.pids)
        time.sleep(QUIET_S)
        if not found.waiting and _cpu(found.pids) - before < 0.05:
            return
    raise Refused(f"{node} {version} is still at work after {DRAIN_S:.0f} s; try again.")


def _cpu(pids: tuple[int, ...]) -> float:
    """Seconds that these processes have computed."""
    total = 0.0
    for pid in pids:
        with suppress(psutil.Error):
            times = psutil.Process(pid).cpu_times()
            total += times.user + times.system
    return total


def _of(loaded: Mapping[str, Loaded], node: str, version: str) -> Loaded:
    if version not in loaded:
        raise Refused(f"{node} has no version {version}; it has {', '.join(loaded)}. Register it first.")
    return loaded[version]


def check_node(node: str) -> str:
    """Raises Refused for what is no node of the workflow."""
    if node not in MODELS:
        raise Refused(f"There is no node {node!r}; the workflow has {', '.join(MODELS)}.")
    return node


def rows(server: Server) -> Iterator[tuple[str, Loaded | None, Version | None, Mapping[str, Any]]]:
    """Every version of every node: loaded, in the store, or both; and the figures of its net."""
    for node in MODELS:
        stored = {version.version: (version, figures) for version, figures in _stored(server.store, node)}
        loaded = server.loaded(node)
        for name in (*loaded, *sorted(set(stored) - set(loaded))):
            version, figures = stored.get(name, (None, {}))
            yield node, loaded.get(name), version, figures


def _stored(store: Path, node: str) -> Iterator[tuple[Version, Mapping[str, Any]]]:
    for path in sorted(store.glob(f"{node}-*.mar")):
        with suppress(ArchiveError):
            yield release.read(path)


def restore_workers(server: Server) -> None:
    """After a start: the numbers of workers that were asked for."""
    record = release.load(server.store)
    for node in MODELS:
        if (count := record.of(node).workers) is not None:
            serving = next(iter(server.loaded(node)))
            server.client.set_workers(WORKFLOW, node, serving, count)
            _await(server, node, serving, count)
