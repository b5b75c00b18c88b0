"""The website without TorchServe: what it serves, refuses and promises, before any gown is put on."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tryon import errors, serving
from website import catalogue, marks, problems
from website.app import create
from website.guard import HEADERS
from website.problems import Problem
from website.settings import ROOT, STATIC, Settings
from website.share import Seal, Shares


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The application, with no TorchServe behind it."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with TestClient(create(Settings(read_s=1)), raise_server_exceptions=False) as client:
        yield client


def form(**fields: str) -> dict[str, object]:
    return {
        "data": {"consent": "yes", "gown_id": "rosalie", **fields},
        "files": {"photo": ("x", serving.PHOTO.read_bytes())},
    }


def test_it_loads_no_torch_and_no_net() -> None:
    heavy = {"torch", "ts", "tryon.pipeline", *(f"tryon.{net}" for net in ("segmentation", "pose", "cyclegan", "warp"))}
    code = f"import sys, website.app, website.rewriter; sys.exit(sorted({heavy} & set(sys.modules)) or 0)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_it_uses_of_the_package_only_what_it_may() -> None:
    """images, errors, options, client, state <- website, and nothing the other way round."""
    used = {
        name
        for path in STATIC.parent.glob("*.py")
        for name in re.findall(r"from tryon[. ](?:import )?(\w+)", path.read_text())
    }
    assert used <= {"images", "errors", "options", "client", "state"}
    for path in (ROOT / "tryon").glob("*.py"):
        assert not re.search(r"^\s*(from|import) website", path.read_text(), re.MULTILINE), path


WORDS = (
    "Welcome to the Image Segmentation Tool!", "Get Started", "Processing…", "Upload Another", "Try Advanced Tools",
    "To bring brides just a little something extra. Let them see themselves in that perfect dress on that perfect day.",
)  # fmt: skip


@pytest.mark.parametrize("words", WORDS)
def test_the_page_says_what_it_must(site: TestClient, words: str) -> None:
    assert f">{words}<" in site.get("/").text


def test_the_first_load_is_light_and_asks_nobody_else() -> None:
    files = [STATIC / "index.html", STATIC / "icon.svg", *STATIC.glob("js/*.js"), *STATIC.glob("css/*.css")]
    assert sum(path.stat().st_size for path in files) < 300_000
    for path in files:
        elsewhere = set(re.findall(r"https?://[^\s\"')]+", path.read_text())) - {"http://www.w3.org/2000/svg"}
        assert not elsewhere, path


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"), ("GET", "/static/js/main.js"), ("GET", "/gowns/rosalie/thumb.jpg"), ("GET", "/api/gowns"),
        ("GET", "/api/docs"), ("GET", "/api/openapi.json"), ("GET", "/healthz"), ("GET", "/readyz"),
        ("GET", "/metrics"),
        ("GET", "/nowhere"), ("POST", "/api/tryon"), ("POST", "/api/share"), ("GET", "/s/unknown"), ("PUT", "/healthz"),
        ("GET", "/s/unknown/picture"), ("DELETE", "/api/share/unknown"),
    ],
)  # fmt: skip
def test_every_answer_has_every_header(site: TestClient, method: str, path: str) -> None:
    answer = site.request(method, path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])
    kept = path.startswith(("/static", "/gowns"))
    assert ("no-store" in answer.headers["Cache-Control"]) != kept
    assert "set-cookie" not in answer.headers
    assert "server" not in answer.headers
    assert answer.status_code < 500 or path == "/readyz"


def test_the_policy_allows_only_ourselves() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert not re.search(r"unsafe|\*|https?:|data:", policy)


def test_every_route_is_in_the_header_test(site: TestClient) -> None:
    """So that a new route cannot be forgotten there."""
    known = {"/", "/api/gowns", "/api/tryon", "/api/share", "/api/share/{name}", "/s/{name}", "/s/{name}/picture"}
    known |= {"/healthz", "/readyz", "/metrics", "/api/docs", "/api/openapi.json"}
    assert set(site.get("/api/openapi.json").json()["paths"]) <= known


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Origin": "https://elsewhere.example"}, True),
        ({"Origin": "null"}, True),
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Origin": "http://testserver"}, False),
        ({}, False),
    ],
)
def test_other_websites_cannot_send_requests(site: TestClient, headers: dict[str, str], refused: bool) -> None:
    answer = site.post("/api/tryon", headers=headers)
    assert (answer.status_code == 403) == refused
    assert (answer.json()["code"] == "ForeignRequest") == refused


def test_a_problem_is_a_document_with_a_code(site: TestClient) -> None:
    answer = site.post("/api/tryon", headers={"X-Request-ID": "a-known-id"})
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json().items() >= {"code": "MalformedRequest", "status": 400, "request_id": "a-known-id"}.items()
    assert answer.headers["X-Request-ID"] == "a-known-id"
    spoilt = site.get("/healthz", headers={"X-Request-ID": "x y\tz"})
    assert spoilt.headers["X-Request-ID"] != "x y\tz"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"consent": ""}, "ConsentMissing"),
        ({"consent": "no"}, "ConsentMissing"),
        ({"gown_id": "nonesuch"}, "UnknownGown"),
        ({"gown_id": "../samples"}, "UnknownGown"),
        ({"fit": "{"}, "InputValidationError"),
        ({"fit": '{"bust": 9}'}, "InputValidationError"),
        ({"fit": '{"arms": 1}'}, "InputValidationError"),
        ({"views": "everything"}, "InputValidationError"),
        ({"format": "gif"}, "InputValidationError"),
        ({"max_side": "100000"}, "InputValidationError"),
        ({"surprise": "x"}, "InputValidationError"),
        ({}, "Unavailable"),  # all is well, but nobody is there to put the gown on
    ],
)
def test_a_wrong_form_is_refused_by_name(site: TestClient, fields: dict[str, str], code: str) -> None:
    answer = site.post("/api/tryon", **form(**fields))
    assert (answer.json()["code"], answer.status_code) == (code, problems.STATUS[code])


def test_exactly_one_gown_is_asked_for(site: TestClient) -> None:
    photo = ("photo", ("x", serving.PHOTO.read_bytes()))
    both = site.post("/api/tryon", data={"consent": "yes", "gown_id": "rosalie"}, files=[photo, ("gown", ("y", b"z"))])
    neither = site.post("/api/tryon", data={"consent": "yes"}, files=[photo])
    no_photo = site.post("/api/tryon", data={"consent": "yes"}, files=[("gown", ("y", b"z"))])
    assert {answer.json()["code"] for answer in (both, neither, no_photo)} == {"InputValidationError"}


def test_what_is_away_says_so(site: TestClient) -> None:
    ready = site.get("/readyz")
    assert ready.status_code == 503
    assert ready.headers["Retry-After"] == "5"
    assert site.get("/healthz").status_code == 200
    answer = site.post("/api/tryon", **form())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")


def test_requests_are_counted_by_route_status_and_code(site: TestClient) -> None:
    site.get("/api/gowns")
    site.post("/api/tryon")
    site.get("/s/a-secret-id")
    text = site.get("/metrics").text
    assert 'tryon_web_requests_total{code="200",error="",route="/api/gowns"} 1.0' in text
    assert 'tryon_web_requests_total{code="400",error="MalformedRequest",route="/api/tryon"} 1.0' in text
    assert "a-secret-id" not in text
    for name in ("tryon_web_tryon_seconds_bucket", "tryon_web_in_flight 0.0", "tryon_web_queue 0.0"):
        assert name in text


def test_a_stream_of_requests_is_slowed_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with TestClient(create(Settings(burst=2, rate_per_s=0.1))) as client:
        answers = [client.post("/api/tryon", **form(consent="")) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [422, 422, 429]
        assert 1 <= int(answers[2].headers["Retry-After"]) <= 10
        assert 'tryon_web_rejected_total{reason="rate"} 1.0' in client.get("/metrics").text


def test_a_share_link_ends_by_itself_and_by_its_key() -> None:
    now = 0.0
    shares = Shares(Settings(share_s=100, share_pictures=2), lambda: now)
    (one, first), (two, _) = shares.add(b"one"), shares.add(b"two")
    assert len(one) >= 22, "128 bits"
    with pytest.raises(Problem, match="download"):
        shares.add(b"three")
    with pytest.raises(Problem):
        shares.delete(one, "wrong")
    shares.delete(one, first.key)
    with pytest.raises(Problem):
        shares.get(one)
    now = 99.0
    assert shares.get(two).picture == b"two"
    now = 100.0
    with pytest.raises(Problem):
        shares.get(two)
    assert shares._by_id == {}


def test_only_what_was_made_here_can_be_shared(site: TestClient) -> None:
    assert not Seal().holds(b"x", Seal().of(b"x")), "each process has its own"
    files = {"picture": ("x", serving.PHOTO.read_bytes())}
    answer = site.post("/api/share", data={"seal": Seal().of(serving.PHOTO.read_bytes())}, files=files)
    assert answer.json()["code"] == "InputValidationError"
    gone = site.get("/s/unknown")
    assert gone.status_code == 404
    assert "This link has ended" in gone.text


def test_the_catalogue_is_whole_and_tagged(site: TestClient) -> None:
    gowns = site.get("/api/gowns").json()
    assert len(gowns) >= 6
    for gown in gowns:
        assert gown["licence"] == "CC0-1.0"
        assert gown["provenance"]
        for picture in ("thumb", "product"):
            assert site.get(gown[picture]).headers["Content-Type"] == "image/jpeg"
    for tag in ("silhouette", "neckline", "sleeve", "colour"):
        assert len({gown["tags"][tag] for gown in gowns}) > 1, tag


def test_a_broken_catalogue_is_found_at_start(tmp_path: Path) -> None:
    gown = tmp_path / "torn"
    gown.mkdir()
    about = json.loads((ROOT / "gowns" / "rosalie" / "gown.json").read_text())
    (gown / "gown.json").write_text(json.dumps(about))
    with pytest.raises(catalogue.CatalogueError, match=r"torn lacks product.jpg, thumb.jpg, gown.png"):
        create(Settings(gowns=tmp_path))
    del about["name"]
    (gown / "gown.json").write_text(json.dumps(about))
    with pytest.raises(catalogue.CatalogueError, match="name"):
        create(Settings(gowns=tmp_path))


def test_every_code_has_words_for_brides() -> None:
    told = set(re.findall(r"^  (\w+): \[", (STATIC / "js" / "words.js").read_text(), re.MULTILINE))
    assert told == {*problems.STATUS, "Offline"}
    assert set(errors.CODES) <= told


def test_the_documentation_names_every_route_and_code(site: TestClient) -> None:
    page = site.get("/api/docs").text
    for path in site.get("/api/openapi.json").json()["paths"]:
        assert path in page
    for code in problems.STATUS:
        assert code in page


def test_only_pictures_of_ours_can_be_marked() -> None:
    with pytest.raises(ValueError, match="neither"):
        marks.marked(b"GIF89a")


def test_static_files_cannot_be_left(site: TestClient) -> None:
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/gowns/..%2f..%2fpyproject.toml"):
        assert site.get(path).status_code == 404
