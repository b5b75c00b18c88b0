"""SECURITY.md says what is true: each row's test exists, and its numbers are the defaults."""

from __future__ import annotations

import re

from tryon import images
from website.settings import ROOT, Settings

TEXT = (ROOT / "SECURITY.md").read_text()


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(test_\w+\.py)::(\w+)`", TEXT)
    assert len(named) >= 13
    for file, test in named:
        assert f"def {test}(" in (ROOT / "tests" / file).read_text(), f"{file}::{test}"


def test_all_thirteen_requirements_are_there() -> None:
    rows = re.findall(r"^\| (5\.\d\.\d) \|", TEXT, re.MULTILINE)
    assert rows == [f"5.{part}.{n}" for part, count in ((1, 1), (2, 6), (3, 3), (4, 3)) for n in range(1, count + 1)]


def test_the_documented_limits_are_the_real_ones() -> None:
    settings = Settings()
    places = settings.at_once + settings.waiting
    for said in (
        f"{settings.picture_bytes // 2**20} MiB",
        f"{images.MAX_PIXELS // 10**6} megapixels",
        f"{settings.least_side} pixels a side",
        f"{settings.read_s:.0f} s without a byte, {settings.upload_s:.0f} s in all",
        f"{settings.burst} requests at once",
        f"{settings.at_once} try-ons at a time, {settings.waiting} waiting, {4 * places} uploads",
        f"| an answer | {settings.deadline_s:.0f} s |",
        f"for {settings.share_s / 3600:.0f} hours at most",
    ):
        assert said in TEXT, said
    assert settings.rate_per_s == 0.5
    assert settings.host == "127.0.0.1"
