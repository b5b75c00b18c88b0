"""Archives: same inputs, same bytes; whole; and nothing that TorchServe would silently misread."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import pytest
import yaml

from tryon import archives
from tryon.archives import MODELS, ROOT, ArchiveError, build, check_workflow, model_config


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with small weights, to change."""
    for name in ("handlers", "workflows"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "weights").mkdir()
    for name in ("segmentation", "pose", "cyclegan"):
        (tmp_path / "weights" / f"{name}.safetensors").write_bytes(name.encode())
    return tmp_path


def _bytes(store: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in store.iterdir()}


def test_same_inputs_give_same_bytes(root: Path, tmp_path: Path) -> None:
    build(tmp_path / "one", root)
    build(tmp_path / "two", root)
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "two")
    assert set(_bytes(tmp_path / "one")) == {*(f"{name}.mar" for name in MODELS), "tryon.war", "manifest.json"}


def test_a_second_build_writes_nothing(root: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    assert len(build(store, root).changed) == len(MODELS) + 1
    times = {path: path.stat().st_mtime_ns for path in store.iterdir()}
    assert build(store, root).changed == ()
    assert {path: path.stat().st_mtime_ns for path in store.iterdir()} == times


def test_other_weights_make_another_version_of_that_archive_only(root: Path, tmp_path: Path) -> None:
    before = build(tmp_path / "store", root)
    (root / "weights" / "pose.safetensors").write_bytes(b"better")
    after = build(tmp_path / "store", root)
    assert after.changed == ("pose.mar",)
    versions = {old.file: (old.version, new.version) for old, new in zip(before.archives, after.archives, strict=True)}
    assert [file for file, (old, new) in versions.items() if old != new] == ["pose.mar"]


def test_an_archive_carries_all_that_it_needs(root: Path, tmp_path: Path) -> None:
    built = build(tmp_path, root)
    for name, model in MODELS.items():
        with zipfile.ZipFile(tmp_path / f"{name}.mar") as archive:
            names = archive.namelist()
            manifest = json.loads(archive.read("MAR-INF/MANIFEST.json"))["model"]
        assert f"{name}_handler.py" in names
        assert {"model-config.yaml", "tryon/pipeline.py", "tryon/handler.py"} <= set(names)
        assert (f"{name}.safetensors" in names) == bool(model.weights)
        assert manifest["configFile"] == "model-config.yaml"
        assert manifest["modelVersion"] == {a.file: a.version for a in built.archives}[f"{name}.mar"]
        assert [n for n in names if n.startswith("tryon/") and not n.endswith(".py")] == []
        assert not {"tryon/cli.py", "tryon/server.py"} & set(names), "a changed command must not make a new model"


def test_the_manifest_names_the_hash_of_each_archive(root: Path, tmp_path: Path) -> None:
    build(tmp_path, root)
    listed = json.loads((tmp_path / "manifest.json").read_text())["archives"]
    assert {a["file"] for a in listed} == {*(f"{name}.mar" for name in MODELS), "tryon.war"}
    for one in listed:
        assert hashlib.sha256((tmp_path / one["file"]).read_bytes()).hexdigest() == one["sha256"]


def test_missing_weights_are_named_with_what_to_do(root: Path, tmp_path: Path) -> None:
    (root / "weights" / "pose.safetensors").unlink()
    with pytest.raises(ArchiveError, match=r"pose\.safetensors is missing.*tryon train pose"):
        build(tmp_path / "store", root)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("responseTimeout:", "reponseTimeout:", "reponseTimeout"),
        ("minWorkers: 1", "minWorkers: 3", "below minWorkers"),
        ("  threads: 1", "  threads: 0", "threads"),
        ("startupTimeout: 110", "startupTimeout: 300", "startupTimeout"),
        ("jobQueueSize: 16", "jobQueueSize: 16\nbatchSize: 4", "batchSize"),
        ("minWorkers: 1", "minWorkers: [", "while parsing"),
    ],
)
def test_a_configuration_that_torchserve_would_ignore_is_refused(
    root: Path, old: str, new: str, complaint: str
) -> None:
    path = root / "handlers" / "pose-config.yaml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ArchiveError, match=complaint):
        model_config("pose", root)


def test_workflows_that_torchserve_would_refuse_or_misread() -> None:
    text = (ROOT / "workflows" / "tryon.yaml").read_text()
    check_workflow(yaml.safe_load(text))
    spec = yaml.safe_load(text)
    spec["models"]["timeout-ms"] = spec["models"].pop("timeout-ms")  # now it stands last
    with pytest.raises(ArchiveError, match="above its models"):
        check_workflow(spec)
    spec = yaml.safe_load(text)
    spec["dag"]["prepare"] = ["segmentation", "cyclegan"]
    with pytest.raises(ArchiveError, match="exactly one first node"):
        check_workflow(spec)
    spec = yaml.safe_load(text)
    spec["dag"]["pose"] = ["cycelgan"]
    with pytest.raises(ArchiveError, match="cycelgan"):
        check_workflow(spec)
    with pytest.raises(ArchiveError, match="needs `models` and `dag`"):
        check_workflow(None)


def test_half_written_archives_are_never_seen(root: Path, tmp_path: Path) -> None:
    build(tmp_path / "store", root)
    assert not list((tmp_path / "store").glob("*.tmp"))
    assert archives.WORKFLOW == "tryon", "the REST contract's name"
