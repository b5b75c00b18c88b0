"""`tryon gown …`: add gowns to the catalogue, list it, check it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tryon.terminal import complaints, console, fail, step, with_progress

if TYPE_CHECKING:
    from tryon.adding import Nets, Told
    from tryon.assets import About

gown = typer.Typer(help="The catalogue of gowns: add to it, list it, check it.", no_args_is_help=True)
CATALOGUE = Path("gowns")


@gown.command()
def add(
    pictures: Annotated[
        list[Path],
        typer.Argument(
            metavar="PICTURE...",
            help="JPEG, PNG or WebP: a gown that somebody wears, on a mannequin, on a hanger, laid flat, or a PNG"
            " with a transparent background.",
        ),
    ],
    name: Annotated[str | None, typer.Option(help="What brides read; the file's name by default.")] = None,
    id_: Annotated[
        str | None,
        typer.Option("--id", metavar="ID", help="Its folder, in small letters; made from the name by default."),
    ] = None,
    out: Annotated[Path, typer.Option(help="The catalogue to add to.")] = CATALOGUE,
    tag: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="silhouette, neckline, sleeve, colour, length or fabric; repeat it. What is missing is guessed, but"
            " for the neckline.",
        ),
    ] = None,
    licence: Annotated[str | None, typer.Option(help="Under what terms the picture may be shown.")] = None,
    provenance: Annotated[str | None, typer.Option(help="Where the picture comes from.")] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Make a gown that is there anew. Its words and edited landmarks stay.")
    ] = False,
) -> None:
    """Turn pictures of gowns into catalogue gowns: cut out, with landmarks, a preview to check, and warnings.

    Look at each preview.jpg. To move a landmark, change it in gown.json and name it in the list `edited` there.
    """
    from tryon.adding import Told
    from tryon.assets import slug

    told = Told(name, _tags(tag or []), licence, provenance)
    if len(pictures) > 1 and (name or id_):
        raise fail("--name and --id describe one gown, but there are several pictures.")
    if id_ and slug(id_) != id_:
        raise fail(f"An id is made of small letters, digits and dashes, such as {slug(id_)}.")
    nets = _nets()
    made = [p for p in with_progress(pictures) if _add(p, out / (id_ or slug(name or p.stem)), told, nets, replace)]
    if len(pictures) > 1:
        console.print(f"{len(made)} of {len(pictures)} gowns are in {out}.", soft_wrap=True)
    if len(made) < len(pictures):
        raise typer.Exit(1)


def _tags(pairs: list[str]) -> dict[str, str]:
    from tryon.tags import NAMES

    known = {*NAMES, "fabric"}
    found = dict(pair.partition("=")[::2] for pair in pairs)
    for key, value in found.items():
        if key not in known or not value:
            raise fail(f"--tag {key}={value}: write KEY=VALUE with one of {', '.join(sorted(known))} as the key.")
    return found


def _nets() -> Nets:
    from tryon import archives, threads
    from tryon.adding import Nets

    with step("Loading the nets"):
        threads.use(threads.PER_PROCESS)
        return Nets.load(archives.ROOT / "weights")


def _add(picture: Path, folder: Path, told: Told, nets: Nets, again: bool) -> bool:
    """Make one gown; say where it is and what to look at, or why there is none."""
    from tryon import adding
    from tryon.errors import TryOnError

    start = time.monotonic()
    try:
        about = adding.add(picture, folder, told, nets, again=again)
    except TryOnError as error:
        complaints.print(f"[bold red]{error.code}[/] {picture}: {error}", soft_wrap=True)
        return False
    except OSError as error:
        complaints.print(f"[bold red]Error:[/] {picture}: {error}", soft_wrap=True)
        return False
    took = f"[dim]{time.monotonic() - start:.1f} s[/]"
    console.print(f"[green]✓[/] {folder} {took} Look at {folder / 'preview.jpg'}", soft_wrap=True)
    for note in [*about.warnings, *_to_say(about)]:
        console.print(f"  [yellow]Note:[/] {note}", soft_wrap=True)
    return True


def _to_say(about: About) -> list[str]:
    """What the shop left out."""
    from tryon.adding import NO_LICENCE

    notes = (
        [f"Guessed, not given: {', '.join(f'{k}={about.tags[k]}' for k in about.guessed)}."] if about.guessed else []
    )
    return notes + (["No licence was given: --licence."] if about.licence == NO_LICENCE else [])


@gown.command("list")
def list_(
    folder: Annotated[Path, typer.Argument(help="A catalogue.", exists=True, file_okay=False)] = CATALOGUE,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """What is in a catalogue: tags, the cut-out's size, how its landmarks were found, and how many warnings it has."""
    import json

    from rich.table import Table

    from tryon import assets, tags
    from tryon.errors import TryOnError

    rows = []
    for path in assets.folders(folder):
        try:
            rows.append((path, assets.read(path)))
        except TryOnError as error:
            complaints.print(f"[bold red]{error.code}[/] {error}", soft_wrap=True)
    if json_:
        listed = [{"id": path.name, **about.model_dump(), "size": _size(path)} for path, about in rows]
        typer.echo(json.dumps(listed, indent=1))
        return
    table = Table("id", "name", *tags.NAMES, "pixels", "landmarks", "warnings", box=None, header_style="dim")
    for column in table.columns:
        column.overflow = "fold"
    for path, about in rows:
        words = [about.tags.get(key, "") for key in tags.NAMES]
        found = about.found or "given"
        marks = f"{found}, {len(about.edited)} edited" if about.edited else found
        pixels = "x".join(str(n) for n in _size(path) or ())
        table.add_row(path.name, about.name, *words, pixels, marks, str(len(about.warnings) or ""))
    console.print(table)


def _size(folder: Path) -> tuple[int, int] | None:
    """Width and height of a cut-out; None where there is none."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(folder / "gown.png") as picture:
            return picture.size
    except (OSError, UnidentifiedImageError):
        return None


@gown.command()
def check(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FOLDER|ID]...", help="Catalogues, gowns' folders, or ids in gowns/; gowns/ by default."
        ),
    ] = None,
    previews: Annotated[
        Path | None,
        typer.Option(help="Draw each gown, its landmarks and a bride in it into this folder, and all on one sheet."),
    ] = None,
) -> None:
    """Whether every gown can be used: files, cut-out, landmarks, licence. Names each problem; exit code 1 if any."""
    from tryon import assets, checks

    places = [_place(word) for word in what or [str(CATALOGUE)]]
    gowns = [folder for place in places for folder in assets.folders(place)]
    if not gowns:
        raise fail(f"There is no gown in {', '.join(map(str, places))}.")
    wrong = 0
    for folder in gowns:
        found = checks.problems(folder)
        wrong += bool(found)
        console.print(f"[{'red' if found else 'green'}]{'✗' if found else '✓'}[/] {folder.name}", soft_wrap=True)
        for problem in found:
            console.print(f"  {problem}", soft_wrap=True, markup=False)
    if previews:
        checks.draw(with_progress(gowns), previews, _nets().bride)
        console.print(f"Previews are in {previews}; all on one sheet: {previews / 'sheet.jpg'}", soft_wrap=True)
    if wrong:
        raise fail(f"{wrong} of {len(gowns)} gowns have problems.")


def _place(word: str) -> Path:
    for path in (Path(word), CATALOGUE / word):
        if path.is_dir():
            return path
    raise fail(f"There is neither a folder nor a gown called {word}.")
