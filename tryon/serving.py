"""`tryon serve`: archives, TorchServe, workflow, a first request, and then the watch, in this order, and again
from the start when TorchServe has crashed."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tryon import archives, exporter, golden, health, models, release, server, web
from tryon.client import Client
from tryon.exporter import Facts
from tryon.golden import GOWN as GOWN
from tryon.golden import LANDMARKS as LANDMARKS
from tryon.golden import PHOTO as PHOTO
from tryon.golden import SAMPLES
from tryon.state import PORT, NotRunning, State

FAILURES = (server.StartError, health.Crashed, *models.FAILURES)
RESTARTS, WITHIN_S = 5, 600.0  # a server that crashes more often needs a person
# the answer is JSON: this takes the picture out of it, or shows the error
TO_PICTURE = (
    "python3 -c 'import base64, json, sys; answer = json.load(sys.stdin); "
    '"image" in answer or sys.exit(str(answer)); '
    'sys.stdout.buffer.write(base64.b64decode(answer["image"]))\''
)

Step = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True)
class Settings:
    """What a server is started with, each time anew."""

    port: int
    store: Path
    verbose: bool
    website: bool
    step: Step
    say: Callable[[str], None]


def serve(settings: Settings) -> None:
    """Serve until the process is told to stop. Raises one of FAILURES."""
    _clear(settings.port)
    values = server.settings(archives.ROOT / "config.properties", settings.port, settings.store)
    server.check_ports(values, settings.port)
    if settings.website:
        web.check(settings.port)
    for number in server.STOPPING:
        signal.signal(number, _interrupt)
    facts = Facts()
    metrics = exporter.start(facts, settings.port + exporter.OFFSET)
    try:
        _build(settings)
        with _site(settings):
            _serve_through_crashes(settings, values, facts)
    except KeyboardInterrupt:
        return
    finally:
        with server.undisturbed():
            metrics.shutdown()
            metrics.server_close()
            _forget(settings.port)


def _build(settings: Settings) -> None:
    with settings.step("Building the archives"):
        built = archives.build(settings.store)
        release.prune(settings.store)
    settings.say(f"  {', '.join(built.changed) or 'nothing'} new in {settings.store}")


def _serve_through_crashes(settings: Settings, values: dict[str, str], facts: Facts) -> None:
    """Start and watch; after a crash, say so and start again, unless that happens too often."""
    crashes: list[float] = []
    while True:
        try:
            _serve_once(settings, values, facts)
        except FAILURES as error:
            crashes = [at for at in crashes if time.monotonic() - at < WITHIN_S] + [time.monotonic()]
            if not facts.golden["passed"] or len(crashes) > RESTARTS:  # it has never run, or never does for long
                raise
            facts.restarts["server"] += 1
            _unready(settings.port, facts)
            time.sleep(len(crashes) - 1)
            settings.say(f"[bold red]{error}[/] Starting it again, with the versions that were promoted.")


def _serve_once(settings: Settings, values: dict[str, str], facts: Facts) -> None:
    log = archives.ROOT / "log4j2.xml"
    with server.running(values, settings.port, log, verbose=settings.verbose, starting=settings.step) as state:
        facts.java = state.java
        client = Client(state)
        load(settings, client)
        facts.nodes = health.nodes(client)
        _warm_up(state, facts, settings)
        state, facts.ready = replace(state, ready=True), True
        state.save()
        if settings.website:
            settings.say(f"\n[bold green]Open {web.address(settings.port)}[/]")
        settings.say(_welcome(state, client))
        health.Watch(state, facts, settings.say).forever()


def load(settings: Settings, client: Client) -> None:
    """Register the workflow with each node's promoted version, else with what the repository builds."""
    versions, own = release.chosen(settings.store), release.built(settings.store)
    for node, version in versions.items():
        if version != own[node]:
            settings.say(f"  {node} {version.version} was promoted; the repository builds {own[node].version}")
    with settings.step("Loading the workflow (its workers import torch)"):
        client.register(release.workflow(settings.store, versions), archives.WORKFLOW)
        models.restore_workers(models.Server(client, settings.store))


def _unready(port: int, facts: Facts) -> None:
    """Let those who ask know that nobody can be served now."""
    facts.ready, facts.java, facts.nodes = False, 0, {}
    replace(State.load(port), ready=False).save()


def _forget(port: int) -> None:
    try:
        State.load(port).remove()
    except NotRunning:
        return


@contextmanager
def _site(settings: Settings) -> Iterator[None]:
    """The website, if it is wanted, while the block runs. It outlives TorchServe's crashes and tells brides of them."""
    if not settings.website:
        yield
        return
    with ExitStack() as stack:
        with settings.step("Opening the website"):
            stack.enter_context(web.running(settings.port))
        yield


def _interrupt(*_: Any) -> None:
    """The first signal ends the server in order. A group of processes is often told twice, by whoever started it and
    by its leader: those that follow must not leave Java alone."""
    for number in server.STOPPING:
        signal.signal(number, signal.SIG_IGN)
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


def _warm_up(state: State, facts: Facts, settings: Settings) -> None:
    """One request as a bride would send it: a server that cannot answer it must not be called ready."""
    if missing := golden.missing():
        raise server.StartError(f"There is no {missing}: the server is judged by its answer to the sample pictures.")
    with settings.step("Answering a first request, with the sample pictures"):
        try:
            golden.served(Client(state), golden.ready_made({}))
            health.ask(state, facts)
        except golden.GoldenError as error:
            raise server.StartError(str(error)) from error


def _welcome(state: State, client: Client) -> str:
    key = client.key("inference")
    token = f" -H 'Authorization: Bearer {key}'" if key else ""
    sample = SAMPLES.relative_to(Path.cwd()) if SAMPLES.is_relative_to(Path.cwd()) else SAMPLES
    where = f"{state.inference}/wfpredict/{archives.WORKFLOW}"
    return (
        f"\n[bold green]Ready:[/] {where}\n\n"
        f"  curl -s{token} -F photo=@{sample}/bride.jpg -F gown=@{sample}/gown.png "
        f"-F landmarks=@{sample}/gown.json {where} | {TO_PICTURE} > out.png\n\n"
        f"  or: {program()} predict {sample}/bride.jpg {sample}/gown.png -o out.png"
        f"{'' if state.port == PORT else f' --port {state.port}'}\n\n"
        f"Stop it with Ctrl-C or `{program()} stop`; look at it with `{program()} status`."
    )


def program() -> str:
    """How the reader can call this command from where they are."""
    path = Path(sys.argv[0]).resolve()
    if path.name != "tryon" or not path.is_relative_to(Path.cwd()):
        return "tryon"
    return str(path.relative_to(Path.cwd()))
