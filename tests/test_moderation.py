"""The optional check of indecent pictures, with its real classifier: off by default, and no picture is kept."""

from __future__ import annotations

import asyncio

import pytest

from tryon import images, serving
from website.moderation import Moderator
from website.problems import Problem
from website.settings import Settings

BRIDE = images.encode(images.decode(serving.PHOTO.read_bytes()))


def test_it_is_off_by_default_and_then_loads_nothing() -> None:
    moderator = Moderator(Settings().moderation)
    asyncio.run(moderator.check(b"not even a picture", "photo"))
    assert "_classifier" not in vars(moderator)


def test_a_dressed_bride_passes() -> None:
    asyncio.run(Moderator(0.8).check(BRIDE, "photo"))


def test_what_scores_above_the_limit_is_refused_by_name() -> None:
    with pytest.raises(Problem, match="gown picture was refused") as refused:
        asyncio.run(Moderator(0.0).check(BRIDE, "gown picture"))
    assert (refused.value.code, refused.value.status) == ("ContentModerationError", 422)
