"""The archives that TorchServe loads: a .mar for each model, the .war of the workflow, and a manifest of hashes.

An archive is a deployment: it carries the handler, the weights, the configuration and the `tryon` package they were
made with, so that two versions with different nets can serve side by side. Same inputs, same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from model_archiver.model_archiver_config import ModelArchiverConfig
from model_archiver.model_packaging_utils import ModelExportUtils
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from workflow_archiver.workflow_packaging_utils import WorkflowExportUtils

from tryon import __version__

ROOT = Path(__file__).resolve().parents[1]
STORE = ROOT / "model_store"
WORKFLOW = "tryon"
CONFIG = "model-config.yaml"  # its name in an archive
EPOCH = (1980, 1, 1, 0, 0, 0)  # a zip's earliest time: the real one would change the bytes
# what runs outside a worker: a change there makes no new model version
NOT_SERVED = {
    *("__main__.py", "archives.py", "batch.py", "cli.py", "client.py", "commands_bench.py", "commands_models.py"),
    *("commands_train.py", "exporter.py", "golden.py", "health.py", "models.py", "overview.py", "release.py"),
    *("server.py", "serving.py", "state.py", "terminal.py"),
}


class ArchiveError(Exception):
    """An archive cannot be built from what is there; the message says what to do."""


@dataclass(frozen=True)
class Model:
    """What goes into one .mar, by its place under the repository's root."""

    handler: str
    config: str
    weights: str | None = None


MODELS: dict[str, Model] = {
    "prepare": Model("handlers/prepare_handler.py", "handlers/prepare-config.yaml"),
    **{
        name: Model(f"handlers/{name}_handler.py", f"handlers/{name}-config.yaml", f"weights/{name}.safetensors")
        for name in ("segmentation", "pose", "cyclegan")
    },
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _HandlerConfig(_Strict):
    threads: int = Field(ge=1)


class ModelConfig(_Strict):
    """A model-config.yaml. TorchServe drops a bad one silently, and in a workflow ignores batchSize."""

    minWorkers: int = Field(ge=1)  # noqa: N815 (TorchServe's names)
    maxWorkers: int = Field(ge=1)
    responseTimeout: int = Field(ge=1)
    startupTimeout: int = Field(ge=1, le=120)
    jobQueueSize: int = Field(ge=1)
    maxRetryTimeoutInSec: int = Field(ge=1)
    deviceType: Literal["cpu", "gpu"] | None = None
    deviceIds: list[int] | None = None
    handler: _HandlerConfig

    @model_validator(mode="after")
    def _ordered(self) -> ModelConfig:
        if self.maxWorkers < self.minWorkers:
            raise ValueError(f"maxWorkers {self.maxWorkers} is below minWorkers {self.minWorkers}")
        return self


@dataclass(frozen=True)
class Archive:
    """A built archive, as the manifest lists it."""

    file: str
    version: str
    sha256: str
    bytes: int
    figures: Mapping[str, Any]  # what was measured of its net


@dataclass(frozen=True)
class Build:
    """What a build came to: all archives, and the names of those whose bytes are new."""

    archives: tuple[Archive, ...]
    changed: tuple[str, ...]


def build(store: Path = STORE, root: Path = ROOT) -> Build:
    """Write the archives and manifest.json into `store`; files that would not change are left alone.

    Raises ArchiveError when an input is missing or a configuration is wrong.
    """
    store.mkdir(parents=True, exist_ok=True)
    files = {f"{name}.mar": _model_archive(name, model, root) for name, model in MODELS.items()}
    files[f"{WORKFLOW}.war"] = workflow_archive(root)
    archives = tuple(
        Archive(file, version, hashlib.sha256(data).hexdigest(), len(data), _measured(file, root))
        for file, (version, data) in files.items()
    )
    changed = tuple(file for file, (_, data) in files.items() if write(store / file, data))
    manifest = {"version": __version__, "archives": [asdict(archive) for archive in archives]}
    write(store / "manifest.json", (json.dumps(manifest, indent=2) + "\n").encode())
    return Build(archives, changed)


def model_config(name: str, root: Path = ROOT) -> ModelConfig:
    """The checked model-config of a model. Raises ArchiveError."""
    path = root / MODELS[name].config
    try:
        return ModelConfig.model_validate(yaml.safe_load(_read(path)))
    except (ValidationError, yaml.YAMLError) as error:
        raise ArchiveError(f"{path} is no model configuration: {error}") from error


def check_workflow(spec: Any) -> None:
    """Raises ArchiveError for a workflow that TorchServe would refuse, or would read differently than it looks."""
    try:
        models, dag = dict(spec["models"]), {node: list(children) for node, children in spec["dag"].items()}
    except (TypeError, KeyError, AttributeError) as error:
        raise ArchiveError("The workflow needs `models` and `dag`.") from error
    nodes = {name for name, value in models.items() if isinstance(value, dict)}
    if nodes != set(MODELS):
        raise ArchiveError(f"The workflow's models are {sorted(nodes)}; expected {sorted(MODELS)}.")
    if list(models)[-len(nodes) :] != [name for name in models if name in nodes]:
        raise ArchiveError("The workflow's global settings must stand above its models, else they do not reach them.")
    if strange := sorted(({*dag} | {child for children in dag.values() for child in children}) - nodes):
        raise ArchiveError(f"The workflow's dag names {strange[0]!r}, which is no model of it.")
    starts = nodes - {child for children in dag.values() for child in children}
    if len(starts) != 1:
        raise ArchiveError(f"A workflow needs exactly one first node; this one has {sorted(starts)}.")


def _model_archive(name: str, model: Model, root: Path) -> tuple[str, bytes]:
    model_config(name, root)
    content = _package()
    content[Path(model.handler).name] = _read(root / model.handler)
    content[CONFIG] = _read(root / model.config)
    if model.weights:
        content[Path(model.weights).name] = _read(root / model.weights, f"Train it: tryon train {name}.")
    version = _version(content)
    options = ModelArchiverConfig(
        model_name=name, handler=Path(model.handler).name, version=version, serialized_file=model.weights,
        config_file=CONFIG,
    )  # fmt: skip
    content["MAR-INF/MANIFEST.json"] = _timeless(ModelExportUtils.generate_manifest_json(options))
    return version, _zip(content)


def workflow_archive(root: Path, files: Mapping[str, str] | None = None) -> tuple[str, bytes]:
    """Version and bytes of the .war; `files`, by node, replace the archives that the specification names."""
    spec = _read(root / "workflows" / f"{WORKFLOW}.yaml")
    tree = yaml.safe_load(spec)
    check_workflow(tree)
    if files:
        for node, file in files.items():
            tree["models"][node]["url"] = file
        spec = yaml.safe_dump(tree, sort_keys=False).encode()  # their order matters to TorchServe
    content = {"workflow.yaml": spec}
    version = _version(content)
    # TorchServe asks for a handler's name even where, as here, no node is a function of the .war's own
    options = Namespace(workflow_name=WORKFLOW, spec_file="workflow.yaml", handler="workflow.yaml")
    content["WAR-INF/MANIFEST.json"] = _timeless(WorkflowExportUtils.generate_manifest_json(options))
    return version, _zip(content)


def _measured(file: str, root: Path) -> Mapping[str, Any]:
    model = MODELS.get(file.removesuffix(".mar"))
    return figures(_read(root / model.weights)) if model and model.weights else {}


def figures(weights: bytes) -> Mapping[str, Any]:
    """What was measured of a net when its checkpoint was saved; nothing where the file does not say (no torch here)."""
    try:
        header = json.loads(weights[8 : 8 + int.from_bytes(weights[:8], "little")])
        found: dict[str, Any] = json.loads(header["__metadata__"]["figures"])
    except (ValueError, KeyError, TypeError):
        return {}
    return found


def _package() -> dict[str, bytes]:
    """The part of the `tryon` package that workers run."""
    here = Path(__file__).parent
    files = (path for path in here.rglob("*.py") if path.name not in NOT_SERVED)
    return {path.relative_to(here.parent).as_posix(): path.read_bytes() for path in files}


def _version(content: Mapping[str, bytes]) -> str:
    """The package's version and eight digits of the content's hash: other content is always another version."""
    digest = hashlib.sha256()
    for name, data in sorted(content.items()):
        digest.update(f"{name} {len(data)}\n".encode())
        digest.update(data)
    return f"{__version__}-{digest.hexdigest()[:8]}"


def _timeless(manifest: str) -> bytes:
    fields = json.loads(manifest)
    return json.dumps({**fields, "createdOn": "01/01/1980 00:00:00"}, indent=2).encode()


def _zip(content: Mapping[str, bytes]) -> bytes:
    """Sorted, stored (weights do not compress, and zlib's bytes differ between its versions), without times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(content.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # as on any Unix
            archive.writestr(entry, data)
    return buffer.getvalue()


def _read(path: Path, hint: str = "Is this a full checkout?") -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ArchiveError(f"{path} is missing. {hint}") from error


def write(path: Path, data: bytes) -> bool:
    """Write unless the file has these bytes already; readers see the old or the new file, never half of one."""
    if path.exists() and path.read_bytes() == data:
        return False
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(data)
    temporary.replace(path)
    return True
