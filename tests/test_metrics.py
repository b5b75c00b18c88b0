"""Dashboard and alert rules name only what is exported, and the rules are right."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from conftest import Fields, Serving
from prometheus_client.parser import text_string_to_metric_families

from tryon.archives import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARD = ROOT / "deploy" / "grafana" / "tryon.json"
LABELS = {"le", "node", "version", "outcome", "what", "process", "state", "code", "error", "reason", "model_name"}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> list[str]:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]] + [rule["expr"] for rule in rules()]


def names(expression: str) -> set[str]:
    """The metrics that an expression names: words that are no function, keyword, label or string."""
    bare = re.sub(r'"[^"]*"|\[[^]]*\]|\b(by|on|ignoring)\s*\([^)]*\)', " ", expression)
    bare = re.sub(r"\{[^}]*\}", " ", bare)
    words = re.findall(r"\b[a-zA-Z_][a-zA-Z0-9_]*\b(?!\s*\()", bare)
    return set(words) - {"offset", "group_left"}


def exported(address: str) -> set[str]:
    """The names as Prometheus reads them; the client library's parser would add _total to TorchServe's counters."""
    return set(re.findall(r"^([a-zA-Z_]\w*)(?=[{ ])", requests.get(address, timeout=10).text, re.MULTILINE))


def declared(address: str) -> set[str]:
    """Names by their type lines: a counter with labels has no sample before it first counts."""
    types = re.findall(r"^# TYPE (\w+) (\w+)", requests.get(address, timeout=10).text, re.MULTILINE)
    parts = ("_bucket", "_count", "_sum")
    return {name + part for name, kind in types for part in (parts if kind == "histogram" else ("",))}


@pytest.mark.server
def test_every_metric_that_is_named_is_exported(server: Serving, fields: Fields) -> None:
    server.client().try_on(fields)
    state = server.state
    website = declared(f"{server.website}/metrics")
    known = exported(f"{state.exporter}/metrics") | exported(f"{state.metrics}/metrics") | website
    assert len({name for name in website if name.startswith("tryon_web_")}) >= 5
    named = set.union(*map(names, expressions()))
    assert len(named) > 12
    assert named - known == set()


@pytest.mark.server
def test_nodes_count_their_outcomes(server: Serving, fields: Fields) -> None:
    def counted(outcome: str) -> float:
        text = requests.get(f"{server.state.metrics}/metrics", timeout=10).text
        samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
        wanted = {"node": "prepare", "outcome": outcome}
        return sum(s.value for s in samples if s.name == "NodeSeconds_count" and wanted.items() <= s.labels.items())

    before = {outcome: counted(outcome) for outcome in ("ok", "ImageLoadError")}
    server.client().try_on(fields)
    broken = server.client().node_reply("tryon", "prepare", None, {**fields, "photo": b"no picture"})
    assert b"ImageLoadError" in broken
    assert counted("ok") >= before["ok"] + 1
    assert counted("ImageLoadError") == before["ImageLoadError"] + 1


def test_rules_and_dashboard_are_whole() -> None:
    assert len({rule["alert"] for rule in rules()}) == len(rules()) > 8
    for rule in rules():
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert set(rule["annotations"]) == {"summary", "action"}, "what is wrong, and what to do"
    panels = json.loads(DASHBOARD.read_text())["panels"]
    places = [tuple(panel["gridPos"].values()) for panel in panels]
    assert len(set(places)) == len(panels) == len({panel["id"] for panel in panels})
    for label in re.findall(r"by \(([^)]*)\)", " ".join(expressions())):
        assert {name.strip() for name in label.split(",")} <= LABELS


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is in Debian's package prometheus")
@pytest.mark.parametrize(
    "words",
    [("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml"), ("check", "config", "prometheus.yml")],
    ids=" ".join,
)
def test_promtool_accepts(words: tuple[str, ...]) -> None:
    result = subprocess.run(["promtool", *words], cwd=Path(PROMETHEUS), capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
