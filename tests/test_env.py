"""Versions are stated twice, for pip and for conda: they must agree."""

from __future__ import annotations

import re
import tomllib

import yaml

from tryon.archives import ROOT


def _project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def _conda() -> dict[str, object]:
    return yaml.safe_load((ROOT / "env.yml").read_text())


def test_env_yml_lists_what_pyproject_lists() -> None:
    project = _project()
    extras = project["optional-dependencies"]
    (pip,) = [entry["pip"] for entry in _conda()["dependencies"] if isinstance(entry, dict)]
    assert sorted(pip) == sorted([*project["dependencies"], *extras["dev"], *extras["train"]])


def test_every_version_is_exact() -> None:
    project = _project()
    extras = project["optional-dependencies"]
    for line in [*project["dependencies"], *extras["dev"], *extras["train"]]:
        assert re.fullmatch(r"[a-z0-9-]+==[0-9.]+", line), line


def test_the_environment_is_called_project_3_and_has_the_python_of_pyproject() -> None:
    assert _conda()["name"] == "project_3"
    assert "python=3.11" in _conda()["dependencies"]
    assert _project()["requires-python"] == ">=3.11,<3.12"
