"""What several tests need: a request, the built archives, and a real server that runs for the whole session."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import pytest
from browser import ARGUMENTS, CHROMIUM, Visitor, visiting
from click.testing import Result
from playwright.sync_api import Browser, sync_playwright
from typer.testing import CliRunner

from tryon import archives, batch, exporter, serving, threads, web
from tryon.cli import app
from tryon.client import Client
from tryon.pipeline import Nets
from tryon.server import settings
from tryon.state import PORT, State

Fields = dict[str, bytes]
SAID = "said.txt"
DATA = Path(os.environ.get("TRYON_DATA", archives.ROOT.parent / "shared" / "data"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of real data skip where there is none."""
    if not DATA.is_dir():
        skip = pytest.mark.skip(reason=f"there are no photos in {DATA}; set TRYON_DATA to their folder")
        for item in items:
            if item.get_closest_marker("data"):
                item.add_marker(skip)


@pytest.fixture(scope="session")
def fields() -> Fields:
    """A request with the sample pictures: a prepared cut-out with landmarks."""
    pair = batch.Pair(serving.PHOTO, serving.GOWN, Path())
    return batch.fields(pair, {"max_side": 512}, serving.LANDMARKS)


@pytest.fixture(scope="session")
def nets() -> Nets:
    threads.use(threads.PER_PROCESS)
    return Nets.load(archives.ROOT / "weights")


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archives, built from the repository."""
    path = tmp_path_factory.mktemp("store")
    archives.build(path)
    return path


@dataclass(frozen=True)
class Serving:
    """A `tryon serve` of its own, with its own place for temporary and state files."""

    process: subprocess.Popen[bytes]
    port: int
    home: Path

    @property
    def store(self) -> Path:
        return self.home / "store"

    def run(self, *words: str) -> Result:
        """A `tryon` command about this server."""
        environment = {"XDG_RUNTIME_DIR": str(self.home / "run"), "COLUMNS": "200"}
        return CliRunner().invoke(app, [*words, "--port", str(self.port)], env=environment)

    @property
    def state(self) -> State:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_RUNTIME_DIR", str(self.home / "run"))
            return State.load(self.port)

    def client(self) -> Client:
        return Client(self.state)

    @property
    def website(self) -> str:
        """The address of the website beside it."""
        return web.address(self.port)

    def wait(self, *, ready: bool) -> State:
        """Until it is ready, or, with ready=False, until Java has been started."""
        give_up = time.monotonic() + 180
        while time.monotonic() < give_up:
            if self.process.poll() is not None:
                pytest.fail(f"tryon serve has ended:\n{self.said}")
            with suppress(Exception):
                if self.state.ready or not ready:
                    return self.state
            time.sleep(0.1)
        pytest.fail("tryon serve was not ready within 180 s")

    def finish(self) -> tuple[int, str]:
        """Exit code and output, once it has ended."""
        return self.process.wait(timeout=60), self.said

    @property
    def said(self) -> str:
        """Its output. In a file: a pipe that nobody reads would fill up, and stop it."""
        return (self.home / SAID).read_text()

    def leftovers(self) -> list[object]:
        """Processes, temporary folders and state files that should be gone."""
        home = str(self.home)
        ours = ("--backend-port", str(self.port))  # the website
        alive = [
            process
            for process in psutil.process_iter(["cmdline"])
            if (words := process.info["cmdline"] or []) and (home in " ".join(words) or set(ours) <= set(words))
        ]
        return [*alive, *(self.home / "tmp").iterdir(), *(self.home / "run" / "tryon").glob("*")]


@contextmanager
def serving_at(home: Path) -> Iterator[Serving]:
    """Start `tryon serve` on free ports; killed at the end if it is still there."""
    for name in ("tmp", "run"):
        (home / name).mkdir(parents=True, exist_ok=True)
    port = free_port()
    environment = {**os.environ, "TMPDIR": str(home / "tmp"), "XDG_RUNTIME_DIR": str(home / "run"), "COLUMNS": "200"}
    environment["TRYON_STORE"] = str(home / "store")  # what was promoted in the checkout's own must not show here
    environment["TRYON_WEB_BURST"] = "100000"  # all tests come from one address
    with (home / SAID).open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "tryon", "serve", "--port", str(port)],
            cwd=archives.ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield Serving(process, port, home)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A running server. What it must not leave behind is checked when the session ends."""
    with serving_at(tmp_path_factory.mktemp("server")) as running:
        running.wait(ready=True)
        yield running
        running.process.send_signal(signal.SIGTERM)
        code, output = running.finish()
        assert (code, running.leftovers()) == (0, []), output


@pytest.fixture(scope="module")  # Playwright's event loop must have ended where other tests run their own
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def visit(browser: Browser, server: Serving) -> Visitor:
    """Opens the page, by a name for its screenshots."""
    return partial(visiting, browser, server.website)


def free_port() -> int:
    """A main port whose companions are free too."""
    for _ in range(100):
        port = PORT + random.randrange(1000, 20000)
        values = settings(archives.ROOT / "config.properties", port, archives.STORE)
        with suppress(OSError):
            for key in ("inference_address", "management_address", "metrics_address"):
                _bind(int(values[key].rsplit(":", 1)[1]))
            _bind(port + web.FROM_MAIN_PORT)
            for key in ("grpc_inference_port", "grpc_management_port"):
                _bind(int(values[key]))
            _bind(port + exporter.OFFSET)
            return port
    raise OSError("no free ports")


def _bind(port: int) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", port))
