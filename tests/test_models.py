"""Versions on a live server: register, promote and roll back under load, refusals that explain themselves, crashes."""

from __future__ import annotations

import os
import signal
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import newer
import psutil
import pytest
import requests
from conftest import Fields, Serving, serving_at

from tryon import archives, health, models, release
from tryon.archives import MODELS

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def release_2(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return newer.build(tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("release"))


@dataclass
class Load:
    """Brides who ask without a pause: what each got, in order."""

    stop: threading.Event = field(default_factory=threading.Event)
    answers: list[list[dict[str, Any]]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def send(self, server: Serving, request: Fields) -> None:
        mine: list[dict[str, Any]] = []
        self.answers.append(mine)
        client = server.client()
        while not self.stop.is_set():
            try:
                mine.append(client.try_on(request))
            except Exception as error:  # whatever it is, the test reports it
                self.failures.append(error)

    def await_more(self, count: int = 2) -> None:
        """Until every bride has been answered so many times more."""
        goals = [len(mine) + count for mine in self.answers]
        give_up = time.monotonic() + 120
        while any(len(mine) < goal for mine, goal in zip(self.answers, goals, strict=True)):
            assert time.monotonic() < give_up, "no answers any more"
            time.sleep(0.05)


@contextmanager
def under_load(server: Serving, request: Fields, brides: int = 2) -> Iterator[Load]:
    load = Load()
    threads = [threading.Thread(target=load.send, args=(server, request)) for _ in range(brides)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.timeout(900)
def test_each_node_is_promoted_and_rolled_back_while_brides_are_served(
    server: Serving, fields: Fields, release_2: dict[str, Path]
) -> None:
    request = {**fields, "options": b'{"max_side": 256, "format": "jpeg"}'}
    old, new = release.built(server.store), {node: release.read(path)[0] for node, path in release_2.items()}
    with under_load(server, request) as load:
        load.await_more()
        for node in MODELS:
            for words in (("register", str(release_2[node])), ("promote", node, new[node].version)):
                result = server.run("models", *words)
                assert result.exit_code == 0, result.output
            load.await_more()
            result = server.run("models", "rollback", node)
            assert result.exit_code == 0, result.output
            load.await_more()
            result = server.run("models", "unregister", node, new[node].version)
            assert result.exit_code == 0, result.output
    assert load.failures == []
    for answers in load.answers:
        for node in MODELS:
            versions = [answer["model_versions"][node] for answer in answers]
            assert _steps(versions) == [old[node].version, new[node].version, old[node].version], node
    pictures: dict[tuple[str, ...], set[str]] = {}
    for answer in (answer for answers in load.answers for answer in answers):
        pictures.setdefault(tuple(answer["model_versions"].values()), set()).add(answer["image"])
    assert len(pictures) == 1 + len(MODELS)
    assert [len(same) for same in pictures.values()] == [1] * len(pictures), "a version has one answer"
    assert len(set.union(*pictures.values())) == len(pictures), "and no other has the same"


def _steps(values: list[str]) -> list[str]:
    """Without repetitions."""
    return [value for n, value in enumerate(values) if n == 0 or values[n - 1] != value]


def test_what_would_break_the_service_is_refused_with_a_reason(
    server: Serving, release_2: dict[str, Path], tmp_path: Path
) -> None:
    path = release_2["pose"]
    serving = release.built(server.store)["pose"].version
    alone = tmp_path / "pose.mar"
    alone.write_bytes(path.read_bytes())
    nonsense = tmp_path / "nonsense.mar"
    nonsense.write_bytes(b"no archive")
    refused = {
        ("register", str(alone)): "give --sha256",
        ("register", str(path), "--sha256", "0" * 64): "not 0000",
        ("register", str(nonsense)): "no archive of a node",
        ("register", str(server.store / "pose.mar")): "registered already",
        ("promote", "pose", "9.9"): "Register it first",
        ("promote", "pose", serving): "serves already",
        ("promote", "poze", serving): "segmentation, pose",
        ("rollback", "pose"): "Nothing was promoted",
        ("unregister", "pose", serving): "promote another version",
        ("unregister", "pose", "9.9"): "no version 9.9",
        ("scale", "pose", "0"): "at least 1",
    }
    for words, reason in refused.items():
        result = server.run("models", *words)
        assert (result.exit_code, reason in result.output) == (1, True), (words, result.output)
    assert list(models.Server.at(server.state).loaded("pose")) == [serving]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("self.net = pose.load(", "raise RuntimeError(", "taken out again"),  # cannot start
        ("return pipeline.estimate_pose(", "return Envelope(); (", "taken out again"),  # finds nobody
    ],
)
@pytest.mark.timeout(400)
def test_a_version_that_cannot_answer_never_serves(
    server: Serving, fields: Fields, release_2: dict[str, Path], tmp_path: Path, old: str, new: str, reason: str
) -> None:
    broken = tmp_path / "pose.mar"
    with zipfile.ZipFile(release_2["pose"]) as source, zipfile.ZipFile(broken, "w") as target:
        for entry in source.infolist():
            text = source.read(entry)
            if entry.filename == "pose_handler.py":
                assert old.encode() in text
                text = text.replace(old.encode(), new.encode())
            target.writestr(entry, text)
    digest = release.read(broken)[0].sha256
    result = server.run("models", "register", str(broken), "--sha256", digest)
    assert (result.exit_code, reason in result.output) == (1, True), result.output
    assert len(models.Server.at(server.state).loaded("pose")) == 1
    assert server.client().try_on(fields)["model_versions"]["pose"] == release.built(server.store)["pose"].version


def test_a_node_is_scaled_up_and_down_and_listed(server: Serving) -> None:
    for count in ("2", "1"):
        result = server.run("models", "scale", "pose", count)
        assert result.exit_code == 0, result.output
        assert f"{count} of {count}" in server.run("models", "list").output
    assert "pck_all" in server.run("models", "list").output, "figures of the nets"


@pytest.mark.timeout(600)
def test_after_crashes_the_promoted_version_serves_again(
    tmp_path: Path, fields: Fields, release_2: dict[str, Path]
) -> None:
    """A worker and then Java are killed; a start after that finds the promoted version too."""
    new = release.read(release_2["pose"])[0].version
    with serving_at(tmp_path) as first:
        first.wait(ready=True)
        for words in (("register", str(release_2["pose"])), ("promote", "pose", new)):
            assert first.run("models", *words).exit_code == 0
        _kill_worker(first, "cyclegan")  # it has another
        _serves(first, fields, new)
        _kill_worker(first, "pose")
        _await_unready(first)
        assert first.run("status").exit_code == 1
        _serves(first, fields, new)
        java = first.state.java
        os.kill(java, signal.SIGKILL)
        _await_unready(first)
        assert "does not answer" in first.run("status").output
        _serves(first, fields, new)
        assert first.state.java != java
        metrics = requests.get(f"{first.state.exporter}/metrics", timeout=10).text
        assert 'tryon_restarts_total{what="server"} 1.0' in metrics
        assert 'tryon_restarts_total{what="worker"} 2.0' in metrics
        first.process.send_signal(signal.SIGTERM)
        code, output = first.finish()
        assert (code, first.leftovers()) == (0, []), output
        for sentence in ("pose has no worker", "Ready again after", "has ended unexpectedly", "was promoted"):
            assert sentence in output
    with serving_at(tmp_path) as second:
        second.wait(ready=True)
        _serves(second, fields, new)
        assert second.run("models", "rollback", "pose").exit_code == 0
        _serves(second, fields, release.built(second.store)["pose"].version)


def _kill_worker(server: Serving, node: str) -> None:
    time.sleep(health.LOOK_S + 1)  # by now the watch knows who is who
    serving = next(iter(models.Server.at(server.state).loaded(node).values()))
    os.kill(serving.pids[0], signal.SIGKILL)


def _await_unready(server: Serving) -> None:
    give_up = time.monotonic() + 10
    while server.state.ready:
        assert time.monotonic() < give_up, "it still says that it is ready"
        time.sleep(0.05)


def _serves(server: Serving, fields: Fields, version: str) -> None:
    server.wait(ready=True)
    assert server.client().try_on(fields)["model_versions"]["pose"] == version


def test_a_promoted_archive_that_was_changed_is_not_served(store: Path, release_2: dict[str, Path]) -> None:
    version = release.read(release_2["pose"])[0]
    release.keep(store, release_2["pose"], version)
    release.save(store, release.Record({"pose": release.Choice(promoted=(version,))}))
    assert release.chosen(store)["pose"] == version
    release.prune(store)
    assert (store / version.file).exists(), "the next start needs it"
    (store / version.file).unlink()
    (store / version.file).write_bytes(b"changed")
    with pytest.raises(archives.ArchiveError, match="has been changed"):
        release.chosen(store)
    release.save(store, release.Record())
    assert release.chosen(store) == release.built(store)
    release.prune(store)
    assert not (store / version.file).exists()
    (store / release.RECORD).write_text("{")
    with pytest.raises(archives.ArchiveError, match="remove it"):
        release.load(store)
    (store / release.RECORD).unlink()


def test_the_session_server_is_left_as_it_was(server: Serving) -> None:
    for node, version in release.built(server.store).items():
        assert list(models.Server.at(server.state).loaded(node)) == [version.version]
    assert psutil.pid_exists(server.state.java)
