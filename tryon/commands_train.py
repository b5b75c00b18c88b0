"""`tryon train …`, `evaluate …`, `visualize …`: dataclasses become options; torch loads inside the commands."""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Callable
from dataclasses import MISSING, fields
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, get_type_hints

import typer

from training import config

train = typer.Typer(
    help="Train a model; the same command on a CPU, a GPU, or several under torchrun.", no_args_is_help=True
)
evaluate = typer.Typer(
    help="Measure a model on a split; the source of every figure in the README.", no_args_is_help=True
)
visualize = typer.Typer(help="Draw what a model sees in pictures.", no_args_is_help=True)

RUNS = {
    "segmentation": config.SegmentationRun,
    "pose": config.PoseRun,
    "cyclegan": config.CycleGANRun,
}


def _training(name: str) -> ModuleType:
    """A module of `training`, whose libraries serving does not need."""
    try:
        return importlib.import_module(f"training.{name}")
    except ModuleNotFoundError as error:
        raise typer.BadParameter(f"{error}; install what training needs: pip install -e '.[train]'") from error


def _command(name: str, kind: type[config.RunConfig]) -> Callable[..., None]:
    """A command whose options are the fields of a configuration dataclass."""

    def command(**values: Any) -> None:
        _training(name).train(kind(**values))

    hints = get_type_hints(kind)
    parameters = [
        inspect.Parameter(
            f.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if f.default is MISSING else f.default,
            annotation=Annotated[hints[f.name], typer.Option(help=f.metadata["help"])],
        )
        for f in fields(kind)
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    command.__doc__ = kind.__doc__
    return command


for _name, _kind in RUNS.items():
    train.command(_name)(_command(_name, _kind))

Data = Annotated[Path, typer.Option(help="a folder in the layout of CCP (pose: or of LSPET)")]
Split = Annotated[str, typer.Option(help="a key of its splits.json (LSPET: all or frontal)")]
Weights = Annotated[Path, typer.Option(help="a folder with all three models' weights")]
Json = Annotated[Path | None, typer.Option("--json", help="write the figures to this file")]
Limit = Annotated[int, typer.Option(help="use only so many photos (0: all)")]


def _report(figures: dict[str, Any], file: Path | None) -> None:
    text = json.dumps(figures, indent=2)
    print(text)
    if file:
        temporary = file.with_suffix(".tmp")
        temporary.write_text(text + "\n")
        temporary.replace(file)
        print(f"written to {file}")


@evaluate.command("segmentation")
def evaluate_segmentation(
    data: Data,
    split: Split = "val",
    weights: Path = Path("weights/segmentation.safetensors"),
    json_file: Json = None,
    limit: Limit = 0,
) -> None:
    """Masks of user and gown against label maps: IoU, boundary IoU, milliseconds."""
    _report(_training("evaluate").segmentation_figures(data, split, weights, limit), json_file)


@evaluate.command("pose")
def evaluate_pose(
    data: Data,
    split: Split = "val",
    weights: Path = Path("weights/pose.safetensors"),
    json_file: Json = None,
    limit: Limit = 0,
    beside: Annotated[Path | None, typer.Option(help="movenet_thunder.onnx, to measure on the same photos")] = None,
) -> None:
    """Joints against labels: PCK, OKS-AP, harder versions of the photos, milliseconds."""
    _report(_training("evaluate_pose").pose_figures(data, split, weights, limit, beside), json_file)


def _picture_command(name: str) -> Callable[..., None]:
    """A command that draws what one model sees."""

    def command(
        folder: Annotated[Path, typer.Argument(help="pictures, or a folder in CCP's layout", exists=True)],
        out: Annotated[Path, typer.Option("--out", "-o", help="where the pictures go")],
        split: Split = "val",
        weights: Path = Path(f"weights/{name}.safetensors"),
        limit: Limit = 24,
        window: Annotated[bool, typer.Option("--show", help="open a window too (matplotlib)")] = False,
    ) -> None:
        pictures = _training("visualize")
        sheets = getattr(pictures, f"{name}_pictures")(folder, split, weights, out, limit)
        print("sheets:", *sheets)
        if window:
            pictures.show(sheets)

    return command


PICTURES = {
    "segmentation": "Overlays of user and gown, truth against prediction, edges at 1:1.",
    "pose": "The coloured skeleton and the anchor lines.",
}
for _name, _help in PICTURES.items():
    visualize.command(_name, help=_help)(_picture_command(_name))


@visualize.command("tryon")
def visualize_tryon(
    data: Data,
    out: Annotated[Path, typer.Option("--out", "-o", help="where the pictures go")],
    split: Split = "val",
    weights: Weights = Path("weights"),
    limit: Annotated[int, typer.Option(help="of others' gowns and of the catalogue's, each")] = 24,
) -> None:
    """Brides in others' gowns and in the catalogue's, photo and result side by side at full size, to be looked at."""
    _training("staged").look_at(data, split, weights, limit, out)
    print(f"pictures: {out}")


@evaluate.command("tryon")
def evaluate_tryon(
    data: Data,
    split: Split = "val",
    weights: Weights = Path("weights"),
    json_file: Json = None,
    sheet: Annotated[Path | None, typer.Option(help="draw every pair with all stages on this JPEG file")] = None,
    limit: Limit = 0,
) -> None:
    """The whole try-on, stage by stage: gowns hung back on their wearers, and on others; or, with rendered pairs
    (--data samples/pairs), brides before and in the gown; a table with intervals."""
    figures = _training("staged").tryon_figures(data, split, weights, limit, sheet)
    _report(figures, json_file)


@evaluate.command("hard")
def evaluate_hard(
    data: Data,
    split: Split = "val",
    weights: Weights = Path("weights"),
    json_file: Json = None,
    limit: Limit = 0,
) -> None:
    """What is said of hard photos (from the side, dark, cropped, two people ...), and of plain ones."""
    _report(_training("hard").hard_figures(data, split, weights, limit), json_file)


@evaluate.command("gowns")
def evaluate_gowns(
    catalogue: Annotated[Path, typer.Option(help="gowns whose cut-outs are known", exists=True)] = Path("gowns"),
    pairs: Annotated[Path, typer.Option(help="rendered brides whose gowns are known", exists=True)] = Path(
        "samples/pairs"
    ),
    weights: Weights = Path("weights"),
    json_file: Json = None,
    sheet: Annotated[Path | None, typer.Option(help="draw the worst cut-outs on this JPEG file")] = None,
    limit: Limit = 0,
) -> None:
    """Cut-outs of product pictures: the catalogue's gowns before plain grounds, and on rendered brides. No download."""
    _report(_training("cutouts").gown_figures(catalogue, pairs, weights, limit, sheet), json_file)
