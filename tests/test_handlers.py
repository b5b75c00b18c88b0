"""Handlers, loaded from unpacked archives by TorchServe's own loader, and fed what TorchServe feeds them."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import Fields
from ts.context import RequestProcessor
from ts.model_loader import ModelLoaderFactory
from ts.service import Service

from tryon import archives, handler, images
from tryon.envelope import Envelope
from tryon.handler import FLOOR_S, MAX_REPLY
from tryon.pipeline import Nets, try_on
from tryon.runtime import Ready
from tryon.server import settings

Item = Mapping[str, Any]


@pytest.fixture(scope="session")
def unpacked(store: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    for name in archives.MODELS:
        zipfile.ZipFile(store / f"{name}.mar").extractall(folder / name)
    return {name: folder / name for name in archives.MODELS}


@pytest.fixture(scope="session")
def services(unpacked: dict[str, Path]) -> dict[str, Service]:
    loader = ModelLoaderFactory.get_model_loader()
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, folder in unpacked.items():
            patch.syspath_prepend(folder)
            found[name] = loader.load(name, str(folder), f"{name}_handler.py", None, 1)
    return found


def call(service: Service, items: list[Item]) -> list[bytes]:
    """As Service.predict calls it; what it returns must be what TorchServe sends on unchanged."""
    replies = service._entry_point(items, service.context)
    assert isinstance(replies, list)
    assert [type(reply) for reply in replies] == [bytes] * len(items)
    return replies


def test_every_net_has_run_before_the_first_request(
    services: dict[str, Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warm-up that skips a net leaves its slow first run to a bride."""
    ran: list[int] = []
    plain = Ready._infer
    monkeypatch.setattr(Ready, "_infer", lambda net, one: ran.append(id(net)) or plain(net, one))
    for name, nets in {"segmentation": 1, "pose": 1, "cyclegan": 1}.items():
        ran.clear()
        services[name]._entry_point.__self__.warm_up()
        assert len(set(ran)) == nets, name


def run(services: dict[str, Service], requests: list[Item]) -> list[dict[str, Any]]:
    """The workflow, with the keys that TorchServe gives: `body` from one parent, the parents' names from several."""
    prepared = [bytearray(reply) for reply in call(services["prepare"], requests)]
    masks = call(services["segmentation"], [{"body": item} for item in prepared])
    joints = call(services["pose"], [{"body": item} for item in prepared])
    parents = zip(joints, prepared, masks, strict=True)  # they arrive in any order
    items = [{"pose": j, "prepare": p, "segmentation": m} for j, p, m in parents]
    return [json.loads(reply) for reply in call(services["cyclegan"], items)]


def test_the_chain_of_handlers_gives_the_reference_answer(
    services: dict[str, Service], fields: Fields, nets: Nets
) -> None:
    (answer,) = run(services, [{name: bytearray(data) for name, data in fields.items()}])
    expected = json.loads(json.dumps(try_on(fields, nets)))
    assert {key: answer[key] for key in expected} == expected
    assert set(answer) - set(expected) == {"timings_ms", "timeline_ms", "model_versions"}
    assert set(answer["timings_ms"]) == set(archives.MODELS)
    assert answer["timeline_ms"]["prepare"][0] == 0
    for name, service in services.items():
        assert answer["model_versions"][name] == service.context.manifest["model"]["modelVersion"]


def test_a_broken_item_of_a_batch_fails_alone(services: dict[str, Service], fields: Fields) -> None:
    broken = {**fields, "photo": b"no picture"}
    good, bad, again = run(services, [fields, broken, fields])
    assert bad == {"error": {"code": "ImageLoadError", "message": bad["error"]["message"]}}
    assert good["image"] == again["image"]
    assert images.decode(base64.b64decode(good["image"])).shape == (good["height"], good["width"], 3)


def test_text_and_json_fields_may_arrive_decoded(services: dict[str, Service], fields: Fields) -> None:
    decoded = {**fields, "options": '{"format": "jpeg"}', "landmarks": json.loads(fields["landmarks"])}
    (answer,) = run(services, [decoded])
    assert answer["format"] == "jpeg"


@pytest.mark.parametrize("name", list(archives.MODELS))
def test_whatever_arrives_is_answered_and_never_before_20_ms(
    services: dict[str, Service], name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    items: list[Item] = [{}, {"body": b""}, {"body": b"a secret of the bride"}, {"body": {"photo": 1}}]
    for item in items:
        start = time.monotonic()
        (reply,) = call(services[name], [item])
        assert time.monotonic() - start >= FLOOR_S
        error = json.loads(reply)["error"] if name == "cyclegan" else Envelope.unpack(reply).meta["error"]
        assert error["code"] == ("InputValidationError" if name == "prepare" else "PipelineError")
    assert call(services[name], []) == []
    assert "secret" not in "".join(capfd.readouterr())


def test_an_unforeseen_error_is_logged_by_type_and_place_without_data(
    services: dict[str, Service], fields: Fields, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> Envelope:
        raise RuntimeError("shape of a secret of the bride")

    monkeypatch.setattr("tryon.pipeline.segment", fail)
    (answer,) = run(services, [fields])
    assert answer == {"error": {"code": "PipelineError", "message": handler.OUR_FAULT}}
    log = capfd.readouterr().err
    assert "segmentation: RuntimeError" in log
    assert "test_handlers.py" in log
    assert "secret" not in log


def test_a_reply_too_large_for_torchserve_is_a_named_error(
    services: dict[str, Service], fields: Fields, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "MAX_REPLY", 1000)
    (answer,) = run(services, [fields])
    assert answer["error"]["code"] == "ImageTooLarge"


def test_limits_agree() -> None:
    values = settings(archives.ROOT / "config.properties", 8080, archives.STORE)
    assert int(values["max_request_size"]) >= 2 * images.MAX_BYTES + 2**20
    assert int(values["max_response_size"]) > MAX_REPLY


def test_an_archive_needs_nothing_of_the_repository(unpacked: dict[str, Path]) -> None:
    """Loaded as a worker loads it: in another process, whose Python path is the archive's folder."""
    code = (
        "import sys, ts.model_loader as m; folder = sys.argv[1]\n"
        "m.ModelLoaderFactory.get_model_loader().load('n', folder, 'cyclegan_handler.py', None, 1)\n"
        "import tryon; assert tryon.__file__.startswith(folder), tryon.__file__"
    )
    folder = unpacked["cyclegan"]
    environment = {"PYTHONPATH": str(folder), "PATH": ""}
    subprocess.run([sys.executable, "-c", code, str(folder)], cwd=folder, env=environment, check=True, timeout=120)


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"X-Request-Id": "a-known-id"}, "a-known-id"),
        ({"x-request-id": "lower-case"}, "lower-case"),
        ({"X-Request-Id": "two\nlines"}, ""),
        ({}, ""),
    ],
)
def test_every_node_tells_whose_request_it_worked_on(
    services: dict[str, Service],
    fields: Fields,
    headers: dict[str, str],
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prepare = services["prepare"]
    monkeypatch.setattr(prepare.context, "request_processor", [RequestProcessor(dict(headers))])
    call(prepare, [fields])
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["request_id"], line["node"], line["error"]) == (told, "prepare", "")
    call(prepare, [{"photo": b"x"}])
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["error"] == "InputValidationError"
