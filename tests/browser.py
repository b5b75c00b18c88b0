"""A visit to the page in a real Chromium, for the browser tests: steps of the flow, screenshots, what went wrong."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tryon import archives, serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
SHOTS = archives.ROOT / "screenshots"
FIT_MS = 60_000  # a try-on, on a busy machine
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 860}}
MARKS = [
    pytest.mark.browser,
    pytest.mark.server,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium: apt-get install chromium"),
]


class Visit:
    """One bride's visit."""

    def __init__(self, page: Page, name: str) -> None:
        self.page, self._name = page, name
        self.hosts: set[str] = set()
        self.complaints: list[str] = []
        page.set_default_timeout(15_000)
        page.on("filechooser", lambda _: None)  # intercepted from the start: at the key press it may come too late
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)

    def shot(self, what: str) -> None:
        """A picture of the whole page, once its movements have come to rest."""
        SHOTS.mkdir(exist_ok=True)
        self.page.wait_for_timeout(700)
        self.page.screenshot(path=SHOTS / f"{self._name}-{what}.png", full_page=True)

    def upload(self, photo: Path | bytes = serving.PHOTO, name: str = "photo.jpg") -> None:
        """From wherever she is to the preview."""
        self.page.goto(self.page.url.split("#")[0] + "#photo")
        data = photo if isinstance(photo, bytes) else photo.read_bytes()
        self.page.set_input_files("#file", {"name": name, "mimeType": "image/jpeg", "buffer": data})

    def to_gowns(self) -> None:
        self.upload()
        self.page.check("#consent")
        self.page.click("#to-gowns")
        self.page.wait_for_selector(".gown")

    def try_on(self, gown: str = "Rosalie") -> None:
        self.page.click(f"[aria-label='Try on {gown}']")
        self.page.wait_for_selector("#done:not([hidden])", timeout=FIT_MS)

    def drop(self, data: bytes, name: str) -> None:
        """Let a file fall on the page."""
        self.page.evaluate(
            """([base64, name]) => {
                const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
                const dataTransfer = new DataTransfer();
                dataTransfer.items.add(new File([bytes], name, {type: "image/jpeg"}));
                document.querySelector("#drop").dispatchEvent(
                    new DragEvent("drop", {dataTransfer, bubbles: true, cancelable: true}));
            }""",
            [base64.b64encode(data).decode(), name],
        )


@contextmanager
def visiting(browser: Browser, address: str, name: str, **context: object) -> Iterator[Visit]:
    """A visit in a fresh profile, with the page open."""
    profile = browser.new_context(**context)
    visit = Visit(profile.new_page(), name)
    visit.page.goto(address)
    try:
        yield visit
    finally:
        profile.close()


Visitor = partial[AbstractContextManager[Visit]]


def axe(bride: Visit) -> list[str]:
    """What axe-core finds serious on the screen as it is."""
    bride.page.wait_for_timeout(700)  # what is half faded in has half a contrast
    found = Axe().run(bride.page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in found if v["impact"] in {"serious", "critical"}]
