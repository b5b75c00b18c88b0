"""`tryon serve`: archives, TorchServe, workflow, a first request, and then the watch, in this order."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from tryon import archives, batch, server, web
from tryon.client import Client, ServerError
from tryon.errors import TryOnError
from tryon.state import PORT, NotRunning, State

FAILURES = (archives.ArchiveError, server.StartError, server.Crashed, ServerError)
SAMPLES = archives.ROOT / "samples"
PHOTO, GOWN, LANDMARKS = SAMPLES / "bride.jpg", SAMPLES / "gown.png", SAMPLES / "gown.json"
# the answer is JSON: this takes the picture out of it, or shows the error
TO_PICTURE = (
    "python3 -c 'import base64, json, sys; answer = json.load(sys.stdin); "
    '"image" in answer or sys.exit(str(answer)); '
    'sys.stdout.buffer.write(base64.b64decode(answer["image"]))\''
)

Step = Callable[[str], AbstractContextManager[None]]


def serve(port: int, *, verbose: bool, step: Step, say: Callable[[str], None], website: bool = True) -> None:
    """Serve until the process is told to stop. Raises one of FAILURES."""
    _clear(port)
    values = server.settings(archives.ROOT / "config.properties", port, archives.STORE)
    server.check_ports(values, port)
    if website:
        web.check(port)
    for number in (signal.SIGTERM, signal.SIGHUP):  # both end the server as Ctrl-C does
        signal.signal(number, _interrupt)
    try:
        with step("Building the archives"):
            built = archives.build()
        say(f"  {', '.join(built.changed) or 'nothing'} new in {archives.STORE}")
        with server.running(values, port, archives.ROOT / "log4j2.xml", verbose=verbose, starting=step) as state:
            client = Client(state)
            with step("Loading the workflow (four workers import torch)"):
                client.register(f"{archives.WORKFLOW}.war", archives.WORKFLOW)
            _warm_up(client, step, say)
            with _site(port, step) if website else nullcontext():
                server.mark_ready(state)
                if website:
                    say(f"\n[bold green]Open {web.address(port)}[/]")
                say(_welcome(state, client))
                server.watch(state, archives.WORKFLOW)
    except KeyboardInterrupt:
        return


@contextmanager
def _site(port: int, step: Step) -> Iterator[None]:
    """The website, while the block runs."""
    with ExitStack() as stack:
        with step("Opening the website"):
            stack.enter_context(web.running(port))
        yield


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _clear(port: int) -> None:
    """Remove what a killed `tryon serve` left behind; refuse to start where one is alive."""
    try:
        old = State.load(port)
    except NotRunning:
        return
    if server.is_supervised(old):
        raise server.StartError(f"A server is running on port {port} already: tryon status, or tryon stop.")
    server.sweep(old)


def _warm_up(client: Client, step: Step, say: Callable[[str], None]) -> None:
    """One request as a bride would send it: a server that cannot answer it must not be called ready."""
    if missing := [path for path in (PHOTO, GOWN, LANDMARKS) if not path.exists()]:
        say(f"  No first request: there is no {missing[0]}.")
        return
    pair = batch.Pair(PHOTO, GOWN, Path())
    with step("Answering a first request, with the sample pictures"):
        try:
            client.try_on(batch.fields(pair, {}, LANDMARKS))
        except TryOnError as error:
            raise server.StartError(f"The sample pictures were answered with {error.code}: {error}") from error


def _welcome(state: State, client: Client) -> str:
    key = client.key("inference")
    token = f" -H 'Authorization: Bearer {key}'" if key else ""
    sample = SAMPLES.relative_to(Path.cwd()) if SAMPLES.is_relative_to(Path.cwd()) else SAMPLES
    where = f"{state.inference}/wfpredict/{archives.WORKFLOW}"
    return (
        f"\n[bold green]Ready:[/] {where}\n\n"
        f"  curl -s{token} -F photo=@{sample}/bride.jpg -F gown=@{sample}/gown.png "
        f"-F landmarks=@{sample}/gown.json {where} | {TO_PICTURE} > out.png\n\n"
        f"  or: {program()} predict {sample}/bride.jpg {sample}/gown.png --landmarks {sample}/gown.json -o out.png"
        f"{'' if state.port == PORT else f' --port {state.port}'}\n\n"
        f"Stop it with Ctrl-C or `{program()} stop`; look at it with `{program()} status`."
    )


def program() -> str:
    """How the reader can call this command from where they are."""
    path = Path(sys.argv[0]).resolve()
    if path.name != "tryon" or not path.is_relative_to(Path.cwd()):
        return "tryon"
    return str(path.relative_to(Path.cwd()))
