"""The website's process beside TorchServe: started, started again when it dies, and ended with it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tryon.server import StartError, check_port

FROM_MAIN_PORT = 10  # as website/settings.py has it
START_S = 30.0
STOP_S = 25.0  # what is being answered is finished first
ROOT = Path(__file__).resolve().parents[1]


def address(port: int) -> str:
    """Where the website of the server on this main port is."""
    return f"http://127.0.0.1:{port + FROM_MAIN_PORT}"


def check(port: int) -> None:
    """Raises StartError where the website's port is taken."""
    check_port(port + FROM_MAIN_PORT, "website", port)


@contextmanager
def running(port: int) -> Iterator[None]:
    """The website, answering; ended on leaving the block. Raises StartError."""
    website = Website(port)
    try:
        website.await_answer()
        threading.Thread(target=website.keep, daemon=True).start()
        yield
    finally:
        website.stop()


class Website:
    """The process, and what keeps it alive."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._stopping = threading.Event()
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        # a session of its own, as Java has: Ctrl-C in the terminal reaches only `tryon serve`, which ends both in order
        return subprocess.Popen(
            [sys.executable, "-m", "website", "--backend-port", str(self._port), "--parent", str(os.getpid())],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno(), start_new_session=True,
        )  # fmt: skip

    def await_answer(self) -> None:
        give_up = time.monotonic() + START_S
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while True:
            try:
                opener.open(f"{address(self._port)}/healthz", timeout=5).close()
                return
            except OSError as error:
                if self._process.poll() is not None:
                    raise StartError(
                        f"The website ended at once, with exit code {self._process.returncode}."
                    ) from error
                if time.monotonic() > give_up:
                    raise StartError(f"The website did not answer within {START_S:.0f} s.") from error
                time.sleep(0.1)

    def keep(self) -> None:
        """Start the website again whenever it ends by itself, ever more patiently."""
        pause = 1.0
        while not self._stopping.wait(pause):
            started = time.monotonic()
            self._process.wait()
            if self._stopping.is_set():
                return
            pause = 1.0 if time.monotonic() - started > 60 else min(60.0, 2 * pause)
            print(
                f"The website has ended (exit code {self._process.returncode}) and is started again.", file=sys.stderr
            )
            self._process = self._start()

    def stop(self) -> None:
        self._stopping.set()
        self._process.terminate()
        try:
            self._process.wait(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
