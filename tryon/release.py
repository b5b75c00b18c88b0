"""Which version of each node a server starts with: what was promoted is remembered beside the archives.

Archives are kept under their version's name as well (`pose-0.1.0-1a2b3c4d.mar`, a hard link), so that a rebuilt
`pose.mar` takes nothing from a running server, and a rollback finds what it goes back to.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tryon import archives
from tryon.archives import CONFIG, MODELS, WORKFLOW, ArchiveError, ModelConfig

RECORD = "served.json"


@dataclass(frozen=True)
class Version:
    """One archive of a node, as it lies in the store."""

    node: str
    version: str
    sha256: str

    @property
    def file(self) -> str:
        return f"{self.node}-{self.version}.mar"


@dataclass(frozen=True)
class Choice:
    """What is remembered of a node: versions in the order in which they were promoted, and a number of workers.

    `before` served before the first of them: a rollback of it goes there, whatever the repository has built since.
    """

    before: Version | None = None
    promoted: tuple[Version, ...] = ()
    workers: int | None = None


@dataclass(frozen=True)
class Record:
    """What is remembered of a store; a node that nothing was decided about has no entry."""

    nodes: Mapping[str, Choice] = field(default_factory=dict)

    def of(self, node: str) -> Choice:
        return self.nodes.get(node, Choice())

    def with_node(self, node: str, choice: Choice) -> Record:
        return Record({**self.nodes, node: choice})


def read(path: Path) -> tuple[Version, Mapping[str, Any]]:
    """The version that a .mar holds and what was measured of its net. Raises ArchiveError for what is none of ours."""
    try:
        data = path.read_bytes()
        with zipfile.ZipFile(path) as archive:
            manifest = json.loads(archive.read("MAR-INF/MANIFEST.json"))["model"]
            ModelConfig.model_validate(yaml.safe_load(archive.read(CONFIG)))
            figures = _figures(archive, manifest.get("serializedFile"))
        node, version = str(manifest["modelName"]), str(manifest["modelVersion"])
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, yaml.YAMLError) as error:
        raise ArchiveError(f"{path} is no archive of a node: {error}") from error
    if node not in MODELS:
        raise ArchiveError(f"{path} is of {node!r}; the workflow's nodes are {', '.join(MODELS)}.")
    return Version(node, version, hashlib.sha256(data).hexdigest()), figures


def _figures(archive: zipfile.ZipFile, weights: str | None) -> Mapping[str, Any]:
    return archives.figures(archive.read(Path(weights).name)) if weights else {}


def check_hash(path: Path, found: Version, expected: str | None) -> None:
    """Raises ArchiveError unless the archive has the hash that was given, or that the manifest beside it names."""
    manifest = path.with_name("manifest.json")
    if expected is None:
        try:
            listed = {entry["file"]: entry["sha256"] for entry in json.loads(manifest.read_text())["archives"]}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ArchiveError(f"There is no {manifest} to check {path.name} against: give --sha256.") from error
        expected = listed.get(path.name)
    if expected is None:
        raise ArchiveError(f"{manifest} does not list {path.name}: give --sha256.")
    if found.sha256 != expected.lower():
        raise ArchiveError(f"{path} has SHA-256 {found.sha256}, not {expected}: it is damaged, or not the one meant.")


def keep(store: Path, path: Path, version: Version) -> None:
    """Have the store hold an archive under its version's name."""
    target = store / version.file
    if target.exists() and hashlib.sha256(target.read_bytes()).hexdigest() == version.sha256:
        return
    temporary = target.with_name(target.name + ".tmp")
    temporary.unlink(missing_ok=True)
    try:
        os.link(path, temporary)
    except OSError:  # another file system
        temporary.write_bytes(path.read_bytes())
    temporary.replace(target)


def load(store: Path) -> Record:
    """Raises ArchiveError where the record cannot be read: guessing would serve other versions than were promoted."""
    path = store / RECORD
    try:
        nodes = json.loads(path.read_text())["nodes"] if path.exists() else {}
        choices = {
            node: Choice(
                Version(**choice["before"]) if choice["before"] else None,
                tuple(Version(**version) for version in choice["promoted"]),
                choice["workers"],
            )
            for node, choice in nodes.items()
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArchiveError(f"{path} cannot be read; remove it to serve what the repository builds.") from error
    return Record(choices)


@contextmanager
def changing(store: Path) -> Iterator[None]:
    """One change of the served versions at a time, of all processes that use the store."""
    with (store / f"{RECORD}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def save(store: Path, record: Record) -> None:
    text = json.dumps({"nodes": {node: asdict(choice) for node, choice in record.nodes.items()}}, indent=2)
    archives.write(store / RECORD, (text + "\n").encode())


def built(store: Path) -> dict[str, Version]:
    """The versions that the store's manifest lists: what the repository builds."""
    listed = json.loads((store / "manifest.json").read_text())["archives"]
    nodes = {entry["file"].removesuffix(".mar"): entry for entry in listed if entry["file"].endswith(".mar")}
    return {node: Version(node, entry["version"], entry["sha256"]) for node, entry in nodes.items()}


def chosen(store: Path) -> dict[str, Version]:
    """Each node's version to start with: the last promoted one, else what the repository builds.

    Keeps an archive of each. Raises ArchiveError where a promoted one is gone or is not what it was.
    """
    record, own = load(store), built(store)
    for node, version in own.items():
        keep(store, store / f"{node}.mar", version)
    found = {node: (*(own[node],), *record.of(node).promoted)[-1] for node in own}
    for version in found.values():
        path = store / version.file
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != version.sha256:
            raise ArchiveError(
                f"The promoted {version.file} is not in {store}, or has been changed. "
                f"Put it back, or remove {store / RECORD} to serve what the repository builds."
            )
    return found


def workflow(store: Path, versions: Mapping[str, Version], root: Path = archives.ROOT) -> str:
    """Write the .war that names these versions' archives; its name in the store."""
    data = archives.workflow_archive(root, {node: version.file for node, version in versions.items()})[1]
    name = f"{WORKFLOW}-{hashlib.sha256(data).hexdigest()[:8]}.war"
    archives.write(store / name, data)
    return name


def forget(store: Path, version: Version) -> None:
    """Remove a version's archive, unless a rollback or the next start may need it."""
    if version.file not in _named(store):
        (store / version.file).unlink(missing_ok=True)


def prune(store: Path) -> None:
    """Remove all archives that no rollback and no start can need."""
    named = _named(store)
    for pattern in (*(f"{node}-*.mar" for node in MODELS), f"{WORKFLOW}-*.war"):
        for path in store.glob(pattern):
            if path.name not in named:
                path.unlink()


def _named(store: Path) -> set[str]:
    remembered = {v.file for choice in load(store).nodes.values() for v in (choice.before, *choice.promoted) if v}
    return remembered | {version.file for version in built(store).values()}
