"""A real TorchServe, started by `tryon serve`: the contract, many at once, keys, commands, and a clean end."""

from __future__ import annotations

import base64
import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from conftest import Fields, Serving, serving_at
from typer.testing import CliRunner

from tryon import archives, batch, client, images, serving
from tryon.cli import app
from tryon.errors import TryOnError

pytestmark = pytest.mark.server


def test_the_answer_is_whole(server: Serving, fields: Fields) -> None:
    views = ["result", "masks", "pose", "warp", "before_after"]
    options = json.dumps({"views": views, "max_side": 512}).encode()
    answer = server.client().try_on({**fields, "options": options})
    assert set(answer) == {
        *("image", "format", "width", "height", "views", "pose", "anchors", "body", "warnings"),
        *("timings_ms", "timeline_ms", "model_versions"),
    }
    picture = images.decode(base64.b64decode(answer["image"]))
    assert picture.shape == (answer["height"], answer["width"], 3)
    assert set(answer["views"]) == set(views)
    assert set(answer["anchors"]) == {"shoulders", "bust", "waist", "hips"}
    assert len(answer["pose"]["people"][0]["pose_keypoints_2d"]) == 18 * 3
    listed = json.loads((server.store / "manifest.json").read_text())["archives"]
    versions = {a["file"].removesuffix(".mar"): a["version"] for a in listed if a["file"].endswith(".mar")}
    assert answer["model_versions"] == versions


def test_segmentation_and_pose_overlap_in_time(server: Serving, fields: Fields) -> None:
    timeline = server.client().try_on(fields)["timeline_ms"]
    (mask_start, mask_end), (pose_start, pose_end) = timeline["segmentation"], timeline["pose"]
    assert max(mask_start, pose_start) < min(mask_end, pose_end)
    assert timeline["prepare"][1] <= min(mask_start, pose_start)
    assert timeline["cyclegan"][0] >= max(mask_end, pose_end)


def test_served_and_local_pictures_are_the_same_bytes(
    server: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(server.home / "run"))
    job = ["predict", str(serving.PHOTO), str(serving.GOWN), "--landmarks", str(serving.LANDMARKS)]
    options = ["--options", '{"views": ["masks", "pose", "warp"], "max_side": 700}']
    for place, more in (("served", ["--port", str(server.port)]), ("local", ["--local"])):
        result = CliRunner().invoke(app, [*job, *options, "-o", str(tmp_path / place / "bride.png"), *more])
        assert result.exit_code == 0, result.output
    names = [f"bride{view}.png" for view in ("", ".masks", ".pose", ".warp")]
    assert sorted(p.name for p in (tmp_path / "served").iterdir()) == sorted(names)
    for name in names:
        assert (tmp_path / "served" / name).read_bytes() == (tmp_path / "local" / name).read_bytes(), name


@pytest.mark.timeout(900)  # they share two cores
def test_200_requests_8_at_a_time_lose_none(server: Serving, fields: Fields) -> None:
    small = {**fields, "options": b'{"max_side": 256, "format": "jpeg"}'}

    def send(count: int) -> list[str]:
        speaker = server.client()
        return [speaker.try_on(small)["image"] for _ in range(count)]

    with ThreadPoolExecutor(8) as pool:
        pictures = [picture for batch_ in pool.map(send, [25] * 8) for picture in batch_]
    assert len(pictures) == 200
    assert len(set(pictures)) == 1, "the same request, the same answer, whatever runs beside it"


def test_a_key_that_another_client_has_renewed_is_found_again(server: Serving) -> None:
    ours, other = server.client(), server.client()
    old = ours.key("inference")
    other.renew("inference")
    assert ours.key("inference") == old, "it cannot know yet"
    ours.ping()
    assert ours.key("inference") not in {None, old}


def test_a_key_is_renewed_before_it_expires(server: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "RENEW_BEFORE", timedelta(days=2))
    speaker = server.client()
    keys = {speaker.key(kind) for kind in ("inference", "inference", "management", "management")}
    assert len(keys) == 4
    speaker.ping()
    speaker.workflow("tryon")


def test_without_the_right_key_nothing_is_served_and_no_model_can_be_added(server: Serving) -> None:
    state = server.state
    assert requests.get(f"{state.inference}/ping", timeout=10).status_code == 400
    assert requests.get(f"{state.management}/models", timeout=10).status_code == 400
    for headers in ({}, {"Authorization": f"Bearer {server.client().key('inference')}"}):
        added = requests.post(f"{state.management}/models?url=pose.mar", headers=headers, timeout=10)
        assert added.status_code == 400
    headers = {"Authorization": f"Bearer {server.client().key('management')}"}
    elsewhere = requests.post(f"{state.management}/models?url=http://127.0.0.1:1/pose.mar", headers=headers, timeout=10)
    assert elsewhere.status_code == 404, "nothing from outside the store, whoever asks"


def test_status_shows_nodes_versions_and_workers(server: Serving) -> None:
    result = server.run("status")
    assert result.exit_code == 0, result.output
    for name in archives.MODELS:
        assert name in result.output
    assert result.output.count(" ready ") == len(archives.MODELS)
    for word in ("threads", "Golden request", "restarts", ": ready"):
        assert word in result.output


def test_folders_give_every_pair_and_a_sheet(server: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(server.home / "run"))
    photos, gown = tmp_path / "photos", tmp_path / "gowns" / "lace"
    for folder in (photos, gown):
        folder.mkdir(parents=True)
    (photos / "anna.jpg").write_bytes(serving.PHOTO.read_bytes())
    (photos / "zoe.jpg").write_bytes(serving.PHOTO.read_bytes())
    (photos / "broken.jpg").write_bytes(b"no picture")
    (gown / "gown.png").write_bytes(serving.GOWN.read_bytes())
    (gown / "gown.json").write_bytes(serving.LANDMARKS.read_bytes())
    job = ["predict", str(photos), str(tmp_path / "gowns"), "-o", str(tmp_path / "out"), "--port", str(server.port)]
    result = CliRunner().invoke(app, job)
    assert result.exit_code == 1, "one photo is broken"
    assert "ImageLoadError broken.jpg in lace" in result.output
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"anna__lace.png", "zoe__lace.png", "contact.jpg"}


def test_a_second_server_on_the_same_port_is_refused(server: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(server.home / "run"))
    result = CliRunner().invoke(app, ["serve", "--port", str(server.port)])
    assert result.exit_code == 1
    assert f"running on port {server.port} already" in result.output
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(server.home / "elsewhere"))
    result = CliRunner().invoke(app, ["serve", "--port", str(server.port)])
    assert result.exit_code == 1
    assert "is in use" in result.output


def test_sigterm_while_starting_leaves_nothing(tmp_path: Path) -> None:
    with serving_at(tmp_path) as starting:
        starting.wait(ready=False)
        starting.process.send_signal(signal.SIGTERM)
        code, output = starting.finish()
        assert (code, starting.leftovers()) == (0, []), output


def test_many_signals_leave_nothing_either(tmp_path: Path) -> None:
    with serving_at(tmp_path) as starting:
        starting.wait(ready=False)
        for number in [signal.SIGTERM, signal.SIGINT, signal.SIGHUP] * 40:
            if starting.process.poll() is None:
                starting.process.send_signal(number)
                time.sleep(0.005)
        code, output = starting.finish()
        assert (code, starting.leftovers()) == (0, []), output


def test_stop_and_predict_say_what_to_do_when_nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    photo, gown = str(serving.PHOTO), str(serving.GOWN)
    for job in (["stop"], ["status"], ["predict", photo, gown, "-o", str(tmp_path / "x.png")]):
        result = CliRunner().invoke(app, job)
        assert result.exit_code == 1
        assert "tryon serve" in result.output


def test_pairs_say_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(TryOnError, match="no JPEG, PNG or WebP"):
        batch.pairs(tmp_path, serving.GOWN, tmp_path, ".png")
    with pytest.raises(TryOnError, match="no gown at"):
        batch.pairs(serving.PHOTO, tmp_path, tmp_path, ".png")
