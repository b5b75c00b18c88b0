"""What does not work, in a real Chromium: each ends in words that a bride understands, and a way on."""

from __future__ import annotations

from functools import partial

import pytest
from badfiles import saved
from browser import DESK, FIT_MS, MARKS, Visitor
from PIL import Image, ImageFilter
from playwright.sync_api import Route, expect

from tryon import serving
from website import problems

pytestmark = MARKS
GREY = saved(Image.new("RGB", (500, 700), (180, 190, 200)), "JPEG")


def company() -> bytes:
    """The bride twice."""
    bride = Image.open(serving.PHOTO).crop((130, 60, 640, 1000))
    both = Image.new("RGB", (1020, 940))
    both.paste(bride, (0, 0))
    both.paste(bride, (510, 0))
    return saved(both, "JPEG", quality=95)


@pytest.mark.parametrize(
    ("code", "photo"),
    [
        ("ImageLoadError", b"this is no picture"),
        ("NoPersonError", GREY),
        ("MultiplePeopleError", company()),
    ],
)
def test_a_photo_that_does_not_work_ends_in_words(visit: Visitor, code: str, photo: bytes) -> None:
    with visit(f"real-{code}", **DESK) as bride:
        page = bride.page
        bride.upload(photo)
        if code != "ImageLoadError":
            page.check("#consent")
            page.click("#to-gowns")
            page.click("[aria-label='Try on Rosalie']")
        page.wait_for_selector(f".problem[data-code={code}]:visible", timeout=FIT_MS)
        bride.shot("words")
        page.click(".problem:visible >> text=Use another photo")
        expect(page.locator("#drop")).to_be_visible()


def test_a_small_or_poor_photo_is_told_before_it_is_sent(visit: Visitor) -> None:
    with visit("poor", **DESK) as bride:
        dark = Image.open(serving.PHOTO).filter(ImageFilter.GaussianBlur(9)).point(lambda value: value // 6)
        bride.upload(saved(dark.resize((520, 400)), "JPEG"))
        bride.page.wait_for_selector("#checks .poor")
        expect(bride.page.locator("#checks .poor")).to_have_count(4)
        bride.shot("1-warnings")
        bride.page.click("#other-photo")
        bride.upload(saved(Image.open(serving.PHOTO).resize((150, 200)), "JPEG"))
        bride.page.wait_for_selector("#checks .bad")
        expect(bride.page.locator("#to-gowns")).to_be_disabled()
        bride.shot("2-too-small")


def test_a_gown_picture_without_a_gown_ends_in_words(visit: Visitor) -> None:
    with visit("own", **DESK) as bride:
        bride.to_gowns()
        bride.page.set_input_files("#own-file", {"name": "g.jpg", "mimeType": "image/jpeg", "buffer": GREY})
        bride.page.wait_for_selector(".problem[data-code=GownNotFoundError]:visible", timeout=FIT_MS)
        bride.page.click("text=Choose another gown")
        bride.page.set_input_files("#own-file", serving.SAMPLES / "gown.jpg")
        bride.page.wait_for_selector("#done:not([hidden])", timeout=FIT_MS)
        bride.shot("result")


def _fulfil(document: dict[str, object], route: Route) -> None:
    route.fulfill(status=int(str(document["status"])), json=document)


def test_every_code_is_put_into_words_with_a_way_on(visit: Visitor) -> None:
    """Codes that nobody can cause at will are answered in the service's stead, in its own form."""
    with visit("words", **DESK) as bride:
        page = bride.page
        bride.to_gowns()
        for code in problems.STATUS:
            document = problems.Problem(code, "A detail for programs.", retry_after=7).document("id")
            page.route("**/api/tryon", partial(_fulfil, document))
            page.click("[aria-label='Try on Rosalie']")
            page.wait_for_selector(f"#result-problem[data-code={code}]:visible")
            title = page.inner_text("#result-problem h2")
            assert title
            assert page.evaluate("document.activeElement !== document.body")
            bride.shot(code)
            if code != "ShareRefused":
                assert page.locator("#result-problem button").count() >= 1, code
            page.unroute("**/api/tryon")
            page.evaluate("location.hash = 'gowns'")
        page.context.set_offline(True)
        page.click("[aria-label='Try on Rosalie']")
        page.wait_for_selector("#result-problem[data-code=Offline]:visible")
        bride.shot("Offline")
        page.context.set_offline(False)
        page.click("text=Try again")
        page.wait_for_selector("#done:not([hidden])", timeout=FIT_MS)
