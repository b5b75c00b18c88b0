"""Everything that can go wrong, as RFC 9457 problem documents with stable codes.

The codes of `tryon.errors` keep their names; the website adds its own. The page puts each code into a bride's words
(static/js/words.js; a test holds the two together).
"""

from __future__ import annotations

import math
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from tryon.errors import TryOnError

STATUS = {
    "InputValidationError": 422,
    "ImageLoadError": 415,
    "ImageTooLarge": 413,
    "ImageTooSmall": 422,
    "NoPersonError": 422,
    "MultiplePeopleError": 422,
    "PoseError": 422,
    "GownNotFoundError": 422,
    "PipelineError": 502,
    "ContentModerationError": 422,
    "MalformedRequest": 400,
    "ConsentMissing": 422,
    "UnknownGown": 404,
    "UnknownShare": 404,
    "NotFound": 404,
    "MethodNotAllowed": 405,
    "ForeignRequest": 403,
    "SlowUpload": 408,
    "TooManyRequests": 429,
    "Busy": 503,
    "Unavailable": 503,
    "ShareRefused": 503,
    "Timeout": 504,
}


class Problem(Exception):
    """An answer that is no success. `detail` says what to do; `retry_after` in seconds, where waiting helps."""

    def __init__(self, code: str, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = STATUS[code]
        self.retry_after = None if retry_after is None else max(1, math.ceil(retry_after))

    @classmethod
    def of(cls, error: TryOnError) -> Problem:
        return cls(error.code, str(error))

    def document(self, request_id: str) -> dict[str, Any]:
        about = {
            "type": f"/api/docs#{self.code}",
            "title": self.code,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "request_id": request_id,
        }
        return about if self.retry_after is None else {**about, "retry_after": self.retry_after}

    def response(self, request_id: str) -> JSONResponse:
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return JSONResponse(
            self.document(request_id), self.status, headers=headers, media_type="application/problem+json"
        )


async def answer(request: Request, error: Exception) -> JSONResponse:
    """The exception handler of the application."""
    assert isinstance(error, Problem)
    request.state.error = error.code
    return error.response(request.state.request_id)
