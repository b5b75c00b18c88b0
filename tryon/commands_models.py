"""`tryon models …`: see, add, promote, roll back, scale and remove the versions that a running server uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tryon.state import PORT
from tryon.terminal import Port, console, fail, step

if TYPE_CHECKING:
    from tryon.models import Loaded, Server

models = typer.Typer(help="Versions of the nodes of a running server.", no_args_is_help=True)
Node = Annotated[str, typer.Argument(help="prepare, segmentation, pose or cyclegan")]
VersionName = Annotated[str, typer.Argument(help="as `tryon models list` shows it")]


@contextmanager
def _server(port: int, node: str | None = None) -> Iterator[Server]:
    """The running server; what goes wrong ends the command with a sentence."""
    from tryon import models as operations
    from tryon.state import NotRunning, State

    try:
        if node:
            operations.check_node(node)
        yield operations.Server.at(State.load(port))
    except (NotRunning, *operations.FAILURES) as error:
        raise fail(error) from error


@models.command("list")
def list_(port: Port = PORT) -> None:
    """Every version of every node: which serves, which stand by, which only lie in the store; and its figures."""
    from rich.table import Table

    from tryon import models as operations

    table = Table("node", "version", "state", "ready", "waiting", "sha256", box=None, header_style="dim")
    measured = []
    with _server(port) as server:
        for node, loaded, version, figures in operations.rows(server):
            name = loaded.version if loaded else version.version if version else "?"
            table.add_row(node, name, *_state(loaded), version.sha256[:8] if version else "")
            measured += [f"[dim]{node} {name}:[/] {_short(figures)}"] if figures else []
    console.print(table)
    console.print("", *measured, sep="\n", soft_wrap=True)


def _state(loaded: Loaded | None) -> tuple[str, str, str]:
    if loaded is None:
        return "[dim]in the store[/]", "", ""
    state = "[bold green]serves[/]" if loaded.default else "stands by"
    return state, f"{loaded.ready} of {loaded.workers}", str(loaded.waiting)


def _short(figures: Mapping[str, Any]) -> str:
    """The figures on val, on one line."""
    return ", ".join(f"{name} {value:.3f}" for name, value in _numbers("", figures) if "val" in name or "epoch" in name)


def _numbers(prefix: str, tree: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _numbers(f"{prefix}{name}.", value)
        elif isinstance(value, int | float):
            yield f"{prefix}{name}", value


@models.command()
def register(
    archive: Annotated[Path, typer.Argument(help="A node's .mar, with its release's manifest.json beside it.")],
    sha256: Annotated[str | None, typer.Option(help="What the file must hash to, where it has no manifest.")] = None,
    port: Port = PORT,
) -> None:
    """Load a new version beside the one that serves, and have it answer the sample pictures. It serves nobody yet."""
    from tryon import models as operations

    with _server(port) as server, step(f"Checking, loading and trying {archive.name}"):
        version, distance = operations.register(server, archive, sha256)
    console.print(
        f"{version.node} {version.version} stands by; its picture differs from the served one by {distance:.2f} of 255."
        f"\nNext: tryon models promote {version.node} {version.version}{_port(port)}",
        soft_wrap=True,
    )


@models.command()
def promote(node: Node, version: VersionName, port: Port = PORT) -> None:
    """Have a registered version serve from now on, also after a restart. No request is lost."""
    from tryon import models as operations

    with _server(port, node) as server, step(f"Promoting {node} {version}"):
        operations.promote(server, node, version)
    console.print(f"{node} {version} serves. Back: tryon models rollback {node}{_port(port)}", soft_wrap=True)


@models.command()
def rollback(node: Node, port: Port = PORT) -> None:
    """Have the version that served before the last promotion serve again."""
    from tryon import models as operations

    with _server(port, node) as server, step(f"Rolling back {node}"):
        version = operations.rollback(server, node)
    console.print(f"{node} {version} serves again.")


@models.command()
def scale(node: Node, workers: Annotated[int, typer.Argument(help="at least 1")], port: Port = PORT) -> None:
    """Run so many workers of a node, also after a restart. Fewer than now: what the surplus is working on is lost."""
    from tryon import models as operations

    with _server(port, node) as server, step(f"Scaling {node} to {workers}"):
        operations.scale(server, node, workers)
    console.print(f"{node} has {workers} workers.")


@models.command()
def unregister(node: Node, version: VersionName, port: Port = PORT) -> None:
    """End a version that stands by, once it has answered what it has begun, and free its memory."""
    from tryon import models as operations

    with _server(port, node) as server, step(f"Ending {node} {version}"):
        operations.unregister(server, node, version)


def _port(port: int) -> str:
    return "" if port == PORT else f" --port {port}"
