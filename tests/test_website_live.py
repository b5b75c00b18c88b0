"""The website in front of a real TorchServe: one try-on as the page and as a program get it, and under pressure."""

from __future__ import annotations

import base64
import io
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import httpx2
import psutil
import pytest
from badfiles import located, stowaways
from conftest import Serving
from PIL import Image
from starlette.testclient import TestClient

from tryon import serving
from website import marks
from website.app import create
from website.settings import Settings

pytestmark = pytest.mark.server
STREAM = {"Accept": "text/event-stream"}


def order(**fields: str) -> dict[str, Any]:
    """A small try-on, as keyword arguments of a request."""
    wanted = {"consent": "yes", "gown_id": "rosalie", "max_side": "400", **fields}
    return {"data": wanted, "files": {"photo": ("photo", serving.PHOTO.read_bytes())}}


@pytest.fixture(scope="module")
def site(server: Serving) -> Iterator[httpx2.Client]:
    """The website that `tryon serve` has started."""
    with httpx2.Client(base_url=server.website, timeout=60, trust_env=False) as client:
        yield client


@contextmanager
def other(server: Serving, **settings: Any) -> Iterator[TestClient]:
    """A website with other settings, in this process, in front of the same TorchServe."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(server.home / "run"))
        with TestClient(create(Settings(backend_port=server.port, **settings))) as client:
            yield client


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    blocks = [
        dict(line.split(": ", 1) for line in block.splitlines())
        for block in text.replace("\r", "").split("\n\n")
        if block
    ]
    return [(block["event"], json.loads(block["data"])) for block in blocks if "event" in block]


def picture(answer: dict[str, Any]) -> bytes:
    return base64.b64decode(answer["image"])


def test_a_program_gets_one_answer(site: httpx2.Client) -> None:
    answer = site.post("/api/tryon", **order(views="masks,pose,warp")).json()
    assert Image.open(io.BytesIO(picture(answer))).size == (answer["width"], answer["height"]) == (300, 400)
    assert set(answer["views"]) == {"masks", "pose", "warp"}
    assert set(answer["timings_ms"]) == {"prepare", "segmentation", "pose", "cyclegan"}
    assert answer["seal"]


def test_the_page_gets_stages_in_order(site: httpx2.Client) -> None:
    told = events(site.post("/api/tryon", headers=STREAM, **order()).text)
    stages = [data["stage"] for kind, data in told if kind == "stage"]
    order_ = ["queued", "seeing", "fitting", "finishing"]
    assert sorted(stages, key=order_.index) == stages
    assert {"seeing", "finishing"} <= set(stages)
    assert [kind for kind, _ in told][-2:] == ["stage", "result"], "finishing is told once the picture has come"


def test_a_fit_changes_the_picture_and_the_same_wish_gives_the_same(site: httpx2.Client) -> None:
    plain, again, wide = (
        site.post("/api/tryon", **order(fit=json.dumps(fit))).json()["image"] for fit in ({}, {}, {"hips": 1.3})
    )
    assert plain == again != wide


def test_a_gown_of_ones_own_works_as_well(site: httpx2.Client) -> None:
    files = {"photo": ("p", serving.PHOTO.read_bytes()), "gown": ("g", (serving.SAMPLES / "gown.jpg").read_bytes())}
    answer = site.post("/api/tryon", data={"consent": "yes", "max_side": "512"}, files=files)
    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_what_leaves_is_marked_and_carries_nothing_else(site: httpx2.Client, kind: str) -> None:
    sent = order(format=kind)
    sent["files"]["photo"] = ("secret name.jpg", located())
    made = picture(site.post("/api/tryon", **sent).json())
    assert Image.open(io.BytesIO(made)).format == kind.upper()
    (note,) = stowaways(made)
    assert note.endswith(marks.XMP)
    plain = Image.open(io.BytesIO(picture(site.post("/api/tryon", **order(format=kind)).json())))
    assert Image.open(io.BytesIO(made)).size == plain.size


def test_a_problem_in_the_stream_is_an_event(site: httpx2.Client) -> None:
    sent = order()
    buffer = io.BytesIO()
    Image.new("RGB", (400, 500), (180, 190, 200)).save(buffer, "PNG")
    sent["files"]["photo"] = ("x", buffer.getvalue())
    told = events(site.post("/api/tryon", headers=STREAM, **sent).text)
    assert told[-1][0] == "problem"
    assert told[-1][1]["code"] == "NoPersonError"
    assert site.post("/api/tryon", **sent).status_code == 422
    assert 'error="NoPersonError"' in site.get("/metrics").text


def test_ready_means_that_a_gown_can_be_put_on(site: httpx2.Client) -> None:
    assert site.get("/readyz").json() == {"status": "ready"}


def test_no_answer_holds_a_key_of_torchserve(server: Serving, site: httpx2.Client) -> None:
    keys = {str(server.client().key(kind)) for kind in ("inference", "management")}
    paths = [
        "/",
        "/api/gowns",
        "/api/docs",
        "/api/openapi.json",
        "/metrics",
        "/readyz",
        "/healthz",
        "/static/js/service.js",
    ]
    answers = [site.get(path) for path in paths] + [site.post("/api/tryon", **order())]
    for answer in answers:
        text = answer.text + str(answer.headers)
        assert not any(key in text for key in keys), answer.url


def test_a_share_link_shows_the_picture_until_it_is_deleted(site: httpx2.Client) -> None:
    answer = site.post("/api/tryon", **order()).json()
    sent = {"data": {"seal": answer["seal"]}, "files": {"picture": ("x", picture(answer))}}
    link = site.post("/api/share", **sent).json()
    page, shown = site.get(link["path"]), site.get(f"{link['path']}/picture")
    assert f"{link['path']}/picture" in page.text
    assert shown.content == picture(answer)
    assert shown.headers["Content-Disposition"] == 'inline; filename="gown-preview.jpeg"'
    assert shown.headers["Cache-Control"] == "no-store"
    address = link["path"].replace("/s/", "/api/share/")
    assert site.delete(address, headers={"X-Delete-Key": "guessed"}).status_code == 404
    assert site.delete(address, headers={"X-Delete-Key": link["key"]}).status_code == 204
    assert site.get(f"{link['path']}/picture").status_code == 404


def test_too_many_at_once_are_told_when_to_come_back(server: Serving) -> None:
    with other(server, at_once=1, waiting=1) as site, ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: site.post("/api/tryon", **order()), range(6)))
        codes = sorted(answer.status_code for answer in answers)
        assert codes[0] == 200
        assert codes[-1] == 503
        assert set(codes) == {200, 503}
        assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers if answer.status_code == 503)
        assert 'tryon_web_rejected_total{reason="queue"}' in site.get("/metrics").text
        assert site.post("/api/tryon", **order()).status_code == 200


def test_a_deadline_ends_in_words(server: Serving) -> None:
    with other(server, deadline_s=0.05) as site:
        answer = site.post("/api/tryon", **order())
        assert (answer.status_code, answer.json()["code"]) == (504, "Timeout")
        assert int(answer.headers["Retry-After"]) >= 1
        give_up = time.monotonic() + 30
        while "tryon_web_in_flight 0.0" not in site.get("/metrics").text and time.monotonic() < give_up:
            time.sleep(0.2)
        assert "tryon_web_in_flight 0.0" in site.get("/metrics").text, "its place is free once TorchServe has answered"


def test_who_leaves_frees_the_place_in_the_queue(server: Serving, site: httpx2.Client) -> None:
    def leave() -> None:
        with suppress(httpx2.TimeoutException):
            httpx2.post(f"{server.website}/api/tryon", timeout=0.4, trust_env=False, headers=STREAM, **order())

    threads = [threading.Thread(target=leave) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        text = site.get("/metrics").text
        if "tryon_web_queue 0.0" in text and "tryon_web_in_flight 0.0" in text:
            return
        time.sleep(0.2)
    pytest.fail(text)


def test_no_photo_reaches_a_disk(server: Serving) -> None:
    """Every file that this process opens for writing during an upload of 9 MB, spooled or not, is seen."""
    opened: list[str] = []

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR):
            opened.append(str(arguments[0]))

    with other(server) as site:
        sent = order()
        sent["files"]["photo"] = ("x", serving.PHOTO.read_bytes() + bytes(9 * 2**20))
        hearing = True
        sys.addaudithook(lambda event, arguments: hear(event, arguments) if hearing else None)
        assert site.post("/api/tryon", **sent).status_code == 200
        hearing = False
    assert [path for path in opened if path != "/dev/null"] == []


def test_a_killed_website_comes_back(server: Serving, site: httpx2.Client) -> None:
    wanted = {"--backend-port", str(server.port)}
    (process,) = [p for p in psutil.process_iter(["cmdline"]) if wanted <= set(p.info["cmdline"] or [])]
    process.kill()
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        with suppress(httpx2.TransportError):
            if site.get("/healthz").status_code == 200:
                break
        time.sleep(0.2)
    assert site.post("/api/tryon", **order()).status_code == 200
