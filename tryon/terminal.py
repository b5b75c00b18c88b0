"""What all commands share: the two consoles, how an error ends a command, how a step is shown, and `--port`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, TypeVar

import typer
from rich.console import Console

Item = TypeVar("Item")
console = Console(highlight=False)
complaints = Console(stderr=True, highlight=False)
Port = Annotated[int, typer.Option(help="The server's main port; its others move with it.", envvar="TRYON_PORT")]


def fail(message: object) -> typer.Exit:
    """Say what is wrong, and give the exception that ends the command with exit code 1."""
    complaints.print(f"[bold red]Error:[/] {message}", soft_wrap=True)
    return typer.Exit(1)


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Say what is done while it is done, and how long it took."""
    start = time.monotonic()
    with console.status(f"{doing} …"):
        yield
    console.print(f"[green]✓[/] {doing} [dim]{time.monotonic() - start:.1f} s[/]", soft_wrap=True)


def with_progress(todo: Sequence[Item]) -> Iterator[Item]:
    """The items one after the other, under a bar that names each while it is worked on."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(todo))
        for item in todo:
            progress.update(task, description=str(item))
            yield item
            progress.advance(task)
