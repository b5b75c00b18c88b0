"""Whatever is sent: a fresh picture or a named refusal, soon, in bounded memory; and the next bride is served."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx2
import psutil
import pytest
import requests
from badfiles import FILES, SECRETS, stowaways
from conftest import Serving
from test_bad_input import outcome
from test_website_live import order

from tryon import serving
from tryon.errors import CODES
from website import marks, problems

pytestmark = pytest.mark.server
ALLOWED = {200, 400, 413, 415, 422}
SLOWEST_S = 10
LARGEST = 300 * 2**20  # bytes more than before
made = cache(lambda name: FILES[name]())


@pytest.fixture(scope="module")
def site(server: Serving) -> Iterator[httpx2.Client]:
    """At the end, the website has not grown, and a good request is answered."""
    wanted = {"--backend-port", str(server.port)}
    with httpx2.Client(base_url=server.website, timeout=60, trust_env=False) as client:
        assert client.post("/api/tryon", **order()).status_code == 200
        (process,) = [p for p in psutil.process_iter(["cmdline"]) if wanted <= set(p.info["cmdline"] or [])]
        before = memory(process)
        yield client
        assert memory(process) - before < LARGEST
        assert client.post("/api/tryon", **order()).status_code == 200


def memory(process: psutil.Process) -> int:
    """Bytes in memory, of the website and the children that read pictures."""
    return sum(one.memory_info().rss for one in (process, *process.children(recursive=True)))


def judge(answer: httpx2.Response) -> None:
    """The oracle."""
    assert answer.status_code in ALLOWED, answer.text[:300]
    if answer.status_code == 200:
        picture = base64.b64decode(answer.json()["image"])
        (note,) = stowaways(picture)
        assert note.endswith(marks.XMP)
        assert not any(secret in picture.replace(note, b"") for secret in SECRETS if len(secret) > 3)
    else:
        assert answer.json()["code"] in problems.STATUS
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("field", ["photo", "gown"])
def test_a_bad_file(site: httpx2.Client, name: str, field: str) -> None:
    sent = order()
    sent["files"][field] = ("../../<b>name</b>.php", made(name), "text/html")
    if field == "gown":
        del sent["data"]["gown_id"]
    start = time.monotonic()
    answer = site.post("/api/tryon", **sent)
    assert time.monotonic() - start < SLOWEST_S
    said = {key: value for key, value in answer.json().items() if key != "image"}  # base64 may spell anything
    assert "name" not in json.dumps(said).replace('"name"', "")
    judge(answer)


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_sent_to_torchserve_itself(server: Serving, fields: dict[str, bytes], name: str) -> None:
    start = time.monotonic()
    code = outcome(server.client(), {**fields, "photo": made(name)})
    assert time.monotonic() - start < SLOWEST_S
    assert code is None or code in set(CODES) - {"PipelineError"}


def replied(server: Serving, head: str, body: bytes = b"", *, finish: bool = True) -> str:
    """What comes back to a request that no library would send."""
    place = urlsplit(server.website)
    with socket.create_connection((place.hostname, place.port), timeout=30) as wire:
        wire.sendall(f"POST /api/tryon HTTP/1.1\r\nHost: {place.netloc}\r\n{head}\r\n\r\n".encode() + body)
        if finish:
            wire.shutdown(socket.SHUT_WR)
        answer = b""
        while block := wire.recv(2**16):
            answer += block
            if b"\r\n\r\n" in answer and answer.endswith(b"}"):
                break
    return answer.decode()


def raw(server: Serving, head: str, body: bytes = b"", *, finish: bool = True) -> tuple[int, dict[str, Any]]:
    """Status and document of such a request."""
    head, _, document = replied(server, head, body, finish=finish).partition("\r\n\r\n")
    return int(head.split()[1]), json.loads(document)


MULTIPART = "Content-Type: multipart/form-data; boundary=b"


def test_a_body_that_says_it_is_huge_is_not_waited_for(server: Serving) -> None:
    status, document = raw(server, f"{MULTIPART}\r\nContent-Length: {100 * 2**20}", b"--b\r\n", finish=False)
    assert (status, document["code"]) == (413, "ImageTooLarge")


def test_a_body_without_a_length_is_counted(site: httpx2.Client) -> None:
    def endless() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="photo"; filename="x"\r\n\r\n'
        for _ in range(40):
            yield bytes(2**20)

    try:
        answer = site.post("/api/tryon", content=endless(), headers={"Content-Type": MULTIPART.split(": ")[1]})
    except httpx2.WriteError:
        return  # the connection was closed on it, which is an answer too
    assert answer.status_code == 413


def test_a_body_without_a_length_may_be_good(site: httpx2.Client) -> None:
    request = site.build_request("POST", "/api/tryon", **order())
    body = request.read()
    kind = {"Content-Type": request.headers["Content-Type"]}
    assert site.post("/api/tryon", content=iter([body]), headers=kind).status_code == 200


def test_a_length_that_is_too_short_cuts_the_form(server: Serving) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="x"\r\n\r\nabc\r\n--b--\r\n'
    # what follows the announced length is no request: the connection may be closed on it before the form is answered
    answer = replied(server, f"{MULTIPART}\r\nContent-Length: 60", body)
    assert not answer or int(answer.split()[1]) in {400, 422}
    assert requests.get(f"{server.website}/healthz", timeout=10).ok


@pytest.mark.parametrize(
    "body",
    [
        b"".join(b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % n for n in range(1001))
        + b"--b--\r\n",
        b"--b\r\nContent-Type: image/jpeg\r\n\r\nx\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; filename="x"\r\n\r\nx\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="photo"\r\n\r\n' + bytes(2**21) + b"\r\n--b--\r\n",
        b"no boundary",
        b"",
        b'--b\r\nContent-Disposition: form-data; name="consent"\r\n\r\n\xff\xfe\r\n--b--\r\n',
    ],
    ids=["1001 fields", "unnamed part", "unnamed file", "2 MiB field", "no boundary", "nothing", "no UTF-8"],
)
def test_a_bad_form(site: httpx2.Client, body: bytes) -> None:
    judge(site.post("/api/tryon", content=body, headers={"Content-Type": MULTIPART.split(": ")[1]}))


def test_other_kinds_of_body_are_refused(site: httpx2.Client) -> None:
    for sent in ({"json": {"photo": "x"}}, {"content": serving.PHOTO.read_bytes()}, {"data": {"photo": "x"}}):
        assert site.post("/api/tryon", **sent).status_code == 400
    nameless = site.post("/api/tryon", content=b"x", headers={"Content-Type": "multipart/form-data"})
    assert nameless.status_code == 400


def test_a_slow_upload_is_not_waited_for(server: Serving) -> None:
    status, document = raw(server, f"{MULTIPART}\r\nContent-Length: 100", b"--b\r\n", finish=False)
    assert (status, document["code"]) == (408, "SlowUpload")
