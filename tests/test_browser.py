"""The page in a real Chromium, in front of a real TorchServe. Screenshots lie in screenshots/ afterwards."""

from __future__ import annotations

import io
import re

import pytest
from badfiles import located, stowaways
from browser import DESK, FIT_MS, MARKS, PHONE, Visitor, axe
from conftest import Serving
from PIL import Image
from playwright.sync_api import expect
from test_bad_input import _rotated

from tryon import serving
from website import marks

pytestmark = MARKS


def test_the_whole_flow(visit: Visitor, server: Serving) -> None:
    with visit("desk", **DESK) as bride:
        page = bride.page
        expect(page.locator("h1:visible")).to_have_text("Welcome to the Image Segmentation Tool!")
        page.wait_for_selector("#arch-1.there")
        faults = {"welcome": axe(bride)}
        bride.shot("1-welcome")
        page.click("text=Get Started")
        faults["photo"] = axe(bride)
        bride.shot("2-photo")
        bride.upload()
        page.wait_for_selector("#checks .good")
        expect(page.locator("#checks .good")).to_have_count(4)
        page.click("#to-gowns")
        expect(page.locator("#consent-hint")).to_contain_text("tick the box")
        faults["preview"] = axe(bride)
        bride.shot("3-preview")
        page.check("#consent")
        page.click("#to-gowns")
        page.wait_for_selector(".gown")
        page.wait_for_load_state("networkidle")
        faults["gowns"] = axe(bride)
        bride.shot("4-gowns")
        page.click("[aria-label='Try on Rosalie']")
        expect(page.locator("#processing-words")).to_have_text("Processing…")
        expect(page.locator("#stages .now")).to_have_count(1)
        page.screenshot(path="screenshots/desk-5-processing.png")
        page.wait_for_selector("#done:not([hidden])", timeout=FIT_MS)
        assert page.evaluate("document.activeElement.id") == "result-title"
        faults["result"] = axe(bride)
        bride.shot("6-result")
        assert not any(faults.values()), faults
        page.click("text=Upload Another")
        expect(page.locator("#drop")).to_be_visible()
        assert page.evaluate("document.querySelector('#preview-image').src.startsWith('blob:')")
        assert bride.hosts == {server.website.removeprefix("http://"), ""}, "'' is the page's own blobs"
        assert bride.complaints == []


def test_before_and_after_download_and_share(visit: Visitor) -> None:
    with visit("share", **DESK) as bride:
        page = bride.page
        bride.to_gowns()
        bride.try_on()
        page.locator("#slide").press("ArrowRight")
        assert page.evaluate("document.querySelector('#slider').style.getPropertyValue('--at')") == "51%"
        sizes = [page.evaluate(f"document.querySelector('#{name}').naturalWidth") for name in ("before", "after")]
        assert sizes[0] == sizes[1] == 768
        for button, suffix, kind in (("#download-jpeg", "jpg", "JPEG"), ("#download-png", "png", "PNG")):
            with page.expect_download(timeout=FIT_MS) as started:
                page.click(button)
            assert started.value.suggested_filename == f"my-gown-preview-rosalie.{suffix}"
            data = started.value.path().read_bytes()
            assert Image.open(io.BytesIO(data)).format == kind
            (note,) = stowaways(data)
            assert note.endswith(marks.XMP)
        page.click("#share")
        page.click("#make-link")
        page.wait_for_selector("#link-made:not([hidden])")
        assert axe(bride) == []
        bride.shot("1-dialog")
        link = page.input_value("#link")
        assert re.search(r"/s/[\w-]{22}$", link)
        with page.context.expect_page() as opened:
            page.evaluate("(link) => { open(link); }", link)
        guest = opened.value
        guest.wait_for_load_state()
        assert guest.evaluate("document.images[0].naturalWidth") == 768
        guest.screenshot(path="screenshots/share-2-guest.png", full_page=True)
        page.click("#delete-link")
        page.wait_for_selector("#link-made[hidden]", state="attached")
        guest.reload()
        expect(guest.locator("h1")).to_have_text("This link has ended")
        guest.screenshot(path="screenshots/share-3-gone.png")
        guest.close()
        assert [said for said in bride.complaints if "404" not in said] == []


def test_the_phones_own_share_sheet_gets_the_file(visit: Visitor) -> None:
    with visit("sheet", **PHONE) as bride:
        bride.page.evaluate(
            """() => {
                navigator.canShare = () => true;
                navigator.share = async (what) => { window.shared = what.files[0]; };
            }"""
        )
        bride.to_gowns()
        bride.try_on()
        bride.page.click("#share")
        assert bride.page.evaluate("[shared.name, shared.type]") == ["my-gown-preview-rosalie.jpg", "image/jpeg"]


def test_the_shortlist_side_by_side(visit: Visitor) -> None:
    with visit("compare", **DESK) as bride:
        page = bride.page
        bride.to_gowns()
        for name in ("Celeste", "Helena", "Margaux"):
            page.click(f"[aria-label='{name} on my shortlist']")
        page.select_option("[name=silhouette]", "mermaid")
        expect(page.locator("#count")).to_have_text("3 gowns")
        page.select_option("[name=neckline]", "halter")
        expect(page.locator("#gown-list")).to_contain_text("Let one wish go")
        bride.shot("1-no-gown")
        page.select_option("[name=neckline]", "")
        page.click("text=Try my shortlist (3)")
        page.wait_for_selector("#tried:not([hidden])", timeout=3 * FIT_MS)
        expect(page.locator("#tried-list li")).to_have_count(3)
        assert axe(bride) == []
        bride.shot("2-side-by-side")
        page.click("[aria-label='Look closer at Celeste']")
        expect(page.locator("#result-gown")).to_have_text("Celeste")
        page.click("#forget")
        expect(page.locator("#start")).to_be_visible()
        assert page.evaluate("location.hash") == "#welcome"
        page.goto(page.url.split("#")[0] + "#result")
        expect(page.locator("#drop")).to_be_visible()


def test_the_advanced_tools(visit: Visitor) -> None:
    with visit("tools", **DESK) as bride:
        page = bride.page
        bride.to_gowns()
        bride.try_on()
        page.click("text=Try Advanced Tools")
        page.wait_for_selector("#tool-status:has-text('Up to date')", timeout=FIT_MS)
        plain = page.get_attribute("#tool-image", "src")
        seen = {plain}
        for view in ("Masks", "Pose and anchors", "Warped gown"):
            page.check(f"label:has-text('{view}') input", force=True)
            seen.add(page.get_attribute("#tool-image", "src"))
            bride.shot(view.lower().replace(" ", "-"))
        assert len(seen) == 4
        assert axe(bride) == []
        expect(page.locator("#timings tbody tr")).to_have_count(5)
        page.check("label:has-text('Result') input", force=True)
        page.fill("#fit-hips", "1.3")
        page.wait_for_selector("#tool-status:has-text('Processing')")
        page.wait_for_selector("#tool-status:has-text('Up to date')", timeout=FIT_MS)
        expect(page.locator("label:has(#fit-hips) output")).to_have_text("+30 %")
        assert page.get_attribute("#tool-image", "src") != plain
        bride.shot("wider-hips")
        page.click("#use-fit")
        expect(page.locator("#done")).to_be_visible()
        assert bride.complaints == []


def test_with_the_keyboard_alone(visit: Visitor) -> None:
    with visit("keys", **DESK) as bride:
        page = bride.page

        def go_to(name: str) -> None:
            """Tab until the element with this accessible name has the focus."""
            for _ in range(60):
                page.keyboard.press("Tab")
                if page.evaluate(
                    "document.activeElement.ariaLabel || document.activeElement.innerText || ''"
                ).startswith(name):
                    return
                if page.evaluate("document.activeElement.id") == name:
                    return
            pytest.fail(f"{name} cannot be reached")

        def arrive(screen: str) -> None:
            """Wait until the screen has come, and the focus with it."""
            page.wait_for_function("screen => document.activeElement.id === `${screen}-title`", arg=screen)

        go_to("Skip to the content")
        go_to("Get Started")
        page.keyboard.press("Enter")
        arrive("photo")
        go_to("Choose a photo")
        with page.expect_file_chooser() as chooser:
            page.keyboard.press("Enter")
        chooser.value.set_files(serving.PHOTO)
        page.wait_for_selector("#preview:not([hidden])")
        go_to("consent")
        page.keyboard.press("Space")
        go_to("Choose my gown")
        page.keyboard.press("Enter")
        arrive("gowns")
        go_to("Try on Celeste")
        page.keyboard.press("Enter")
        page.wait_for_selector("#done:not([hidden])", timeout=FIT_MS)
        go_to("Compare before and after")
        page.keyboard.press("End")
        expect(page.locator("#slide")).to_have_value("100")
        go_to("Share")
        page.keyboard.press("Enter")
        expect(page.locator("#share-dialog")).to_be_visible()
        page.keyboard.press("Escape")
        go_to("Try Advanced Tools")
        bride.shot("focus")
        page.keyboard.press("Enter")
        expect(page.locator("#tools")).to_be_visible()


def test_on_a_phone(visit: Visitor) -> None:
    with visit("phone", **PHONE) as bride:
        page = bride.page

        def fits(what: str) -> None:
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, what
            assert axe(bride) == [], what
            small = page.evaluate("""[...document.querySelectorAll("button, select, summary, .segmented label")]
                .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 24).map((e) => e.outerHTML)""")
            assert small == [], what
            bride.shot(what)

        fits("1-welcome")
        page.tap("#start")
        expect(page.locator("text=Take a photo")).to_be_visible()
        assert page.get_attribute("#camera", "capture") == "environment"
        fits("2-photo")
        bride.upload()
        fits("3-preview")
        page.check("#consent")
        page.tap("#to-gowns")
        page.wait_for_selector(".gown")
        page.wait_for_load_state("networkidle")
        fits("4-gowns")
        page.tap("[aria-label='Try on Rosalie']")
        page.wait_for_timeout(400)
        page.screenshot(path="screenshots/phone-5-processing.png")
        page.wait_for_selector("#done:not([hidden])", timeout=FIT_MS)
        fits("6-result")
        page.tap("#advanced")
        page.wait_for_selector("#tool-status:has-text('Up to date')", timeout=FIT_MS)
        fits("7-tools")
        page.tap("#leave-tools")
        page.tap("#another-gown")
        page.tap("[aria-label='Try on Helena']")
        page.wait_for_selector("#tried:not([hidden])", timeout=FIT_MS)
        fits("8-side-by-side")


def test_a_dropped_sideways_photo_is_upright_and_its_secrets_stay_at_home(
    visit: Visitor,
) -> None:
    with visit("drop", **DESK) as bride:
        page = bride.page
        page.click("#start")
        bride.drop(_rotated(serving.PHOTO.read_bytes()), "sideways.jpg")
        page.wait_for_selector("#preview:not([hidden])")
        page.wait_for_function("document.querySelector('#preview-image').naturalWidth > 0")  # it has been decoded
        size = page.evaluate(
            "((image) => [image.naturalWidth, image.naturalHeight])(document.querySelector('#preview-image'))"
        )
        assert size == [768, 1024]
        page.click("#other-photo")
        bride.drop(located(), "at-home.jpg")
        page.check("#consent")
        page.click("#to-gowns")
        with page.expect_request("**/api/tryon") as sent:
            page.click("[aria-label='Try on Rosalie']")
        body = sent.value.post_data_buffer or b""
        assert not any(secret in body for secret in (b"Exif", b"iPhone", b"at-home"))
        page.locator("#cancel").dispatch_event("click")  # at once: before the gown is on
        page.wait_for_selector("#gowns:not([hidden])")


def test_motion_is_left_out_for_those_who_ask(visit: Visitor) -> None:
    with visit("still", reduced_motion="reduce", **DESK) as bride:
        longest = bride.page.evaluate("""Math.max(...[...document.querySelectorAll("*")].map((element) => {
            const style = getComputedStyle(element);
            return Math.max(parseFloat(style.animationDuration), parseFloat(style.transitionDuration));
        }))""")
        assert longest < 0.001


def test_the_documentation_and_a_gone_link_are_accessible(visit: Visitor, server: Serving) -> None:
    with visit("docs", **PHONE) as bride:
        for path in ("/api/docs", "/s/nothing"):
            bride.page.goto(server.website + path)
            assert axe(bride) == []
            bride.shot(path.split("/")[1])
