"""The `tryon` command. Heavy imports stand inside the commands, so that `tryon --help` is instant."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tryon import __version__, commands_bench, commands_gown, commands_models, commands_train
from tryon.state import PORT
from tryon.terminal import Port, complaints, console, fail, step, with_progress

if TYPE_CHECKING:
    from tryon.batch import Pair, TryOn

app = typer.Typer(
    name="tryon",
    help="See a bride in another gown: serve it, call it, train it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals may be photos
    rich_markup_mode="rich",
)


def _version(wanted: bool) -> None:
    if wanted:
        console.print(f"tryon {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """See a bride in another gown: serve it, call it, train it."""


@app.command()
def archive() -> None:
    """Build the archives that TorchServe loads (.mar, .war) and their manifest, in model_store/."""
    from rich.table import Table

    from tryon import archives

    try:
        built = archives.build()
    except archives.ArchiveError as error:
        raise fail(error) from error
    table = Table("archive", "version", "MiB", "sha256", "", box=None, header_style="dim")
    for one in built.archives:
        note = "[green]new[/]" if one.file in built.changed else "[dim]unchanged[/]"
        table.add_row(one.file, one.version, f"{one.bytes / 2**20:.1f}", one.sha256[:12], note)
    console.print(table)
    if not built.changed:
        console.print("Nothing has changed: all archives are as they were.")


@app.command()
def serve(
    port: Port = PORT,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show what TorchServe and its workers say.")] = False,
    store: Annotated[
        Path | None, typer.Option(help="The folder of the archives; model_store by default.", envvar="TRYON_STORE")
    ] = None,
    website: Annotated[bool, typer.Option(help="Serve the page for brides too.")] = True,
) -> None:
    """Build what is needed, start TorchServe with the workflow and the website, and watch them until Ctrl-C.

    After a crash they are started again.
    """
    from tryon import archives, serving

    more = "\nMore is shown with: tryon serve --verbose"

    def say(text: str) -> None:
        console.print(text, soft_wrap=True)

    settings = serving.Settings(port, (store or archives.STORE).resolve(), verbose, website, step, say)
    try:
        serving.serve(settings)
    except serving.FAILURES as error:
        notes = "".join(f"\n{note.strip()}" for note in getattr(error, "__notes__", []))
        raise fail(f"{error}{notes}{'' if verbose else more}") from error
    console.print("Stopped.")


@app.command()
def stop(port: Port = PORT) -> None:
    """Stop the server that `tryon serve` started."""
    from tryon import server, state

    try:
        with step("Stopping the server"):
            server.stop(state.State.load(port))
    except state.NotRunning as error:
        raise fail(error) from error


@app.command()
def status(port: Port = PORT) -> None:
    """Readiness, versions, workers, memory and restarts at a glance. Exit code 1 unless it is ready, for probes."""
    from tryon import overview, state

    try:
        found = state.State.load(port)
    except state.NotRunning as error:
        raise fail(error) from error
    console.print(*overview.lines(found), sep="\n")
    if not found.ready:
        raise typer.Exit(1)


@app.command()
def predict(
    photo: Annotated[Path, typer.Argument(help="The bride: a picture, or a folder of them.", exists=True)],
    gown: Annotated[
        Path,
        typer.Argument(help="A picture, a catalogue folder (gown.json, gown.png), or a folder of these.", exists=True),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The result: a picture file, or a folder.")],
    landmarks: Annotated[
        Path | None, typer.Option(help="A gown.json; else the one beside gown.png.", exists=True, dir_okay=False)
    ] = None,
    options: Annotated[
        str | None, typer.Option(help="""JSON, or a file of it, such as '{"max_side": 1200, "views": ["pose"]}'.""")
    ] = None,
    local: Annotated[bool, typer.Option("--local", help="Compute here, without a server.")] = False,
    port: Port = PORT,
) -> None:
    """Dress every PHOTO in every GOWN."""
    from tryon import batch, client, state
    from tryon.errors import TryOnError

    try:
        wanted = batch.options_of(options, out)
        suffix = "." + {"jpeg": "jpg"}.get(wanted["format"], wanted["format"])
        todo = batch.pairs(photo, gown, out, suffix, landmarks=landmarks)
        try_on = _in_process() if local else client.Client(state.State.load(port)).try_on
    except (TryOnError, state.NotRunning, OSError) as error:
        raise fail(error) from error
    done = [pair for pair in with_progress(todo) if _make(pair, try_on, wanted, landmarks)]
    if len(done) > 1:
        batch.contact_sheet(done, out / "contact.jpg")
        made = f"{len(done)} of {len(todo)} pictures are in {out}; all on one sheet: {out / 'contact.jpg'}"
        console.print(made, soft_wrap=True)
    if len(done) < len(todo):
        raise typer.Exit(1)


def _in_process() -> TryOn:
    from tryon import archives, threads
    from tryon.pipeline import Nets, try_on

    with step("Loading the nets"):
        threads.use(threads.PER_PROCESS)
        nets = Nets.load(archives.ROOT / "weights")
    return lambda fields: try_on(fields, nets)


def _make(pair: Pair, try_on: TryOn, options: dict[str, object], landmarks: Path | None) -> bool:
    """Make one picture; say where it is, or why there is none."""
    from tryon import batch, client
    from tryon.errors import TryOnError

    start = time.monotonic()
    try:
        answer = try_on(batch.fields(pair, options, landmarks))
        written = batch.save(answer, pair.target)
    except TryOnError as error:
        complaints.print(f"[bold red]{error.code}[/] {pair}: {error}", soft_wrap=True)
        return False
    except (client.ServerError, OSError) as error:
        complaints.print(f"[bold red]Error:[/] {pair}: {error}", soft_wrap=True)
        return False
    names = ", ".join(str(path) for path in written)
    size = f"{answer['width']}x{answer['height']}"
    console.print(f"[green]✓[/] {names} [dim]{size}, {time.monotonic() - start:.1f} s[/]", soft_wrap=True)
    for warning in answer["warnings"]:
        console.print(f"  [yellow]Note:[/] {warning}", soft_wrap=True)
    return True


app.command()(commands_bench.bench)
app.add_typer(commands_gown.gown, name="gown")
app.add_typer(commands_models.models, name="models")
app.add_typer(commands_train.train, name="train")
app.add_typer(commands_train.evaluate, name="evaluate")
app.add_typer(commands_train.visualize, name="visualize")
