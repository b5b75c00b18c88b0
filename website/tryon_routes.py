"""POST /api/tryon, as one answer or as a stream of stages, and GET /api/gowns."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from website import form, order
from website.catalogue import CatalogueGown, Listed
from website.fitting import FittingRoom, Stage
from website.problems import Problem
from website.rate import Buckets
from website.settings import Settings

UPLOADS_PER_PLACE = 4  # uploads at a time for each place in the lane: what they hold in memory is bounded
STREAM = "text/event-stream"
FORM = form.documented(
    ["photo", "consent"],
    {
        "photo": {"type": "string", "format": "binary", "description": "JPEG, PNG or WebP"},
        "gown_id": {"type": "string", "description": "a gown of /api/gowns"},
        "gown": {"type": "string", "format": "binary", "description": "or a picture of your own"},
        "consent": {"type": "string", "enum": ["yes"]},
        "fit": {"type": "string", "description": 'JSON: {"bust", "waist", "hips", "hem", "x", "y"}'},
        "views": {"type": "string", "description": "comma separated: masks, pose, warp, before_after"},
        "format": {"type": "string", "enum": ["jpeg", "png"]},
        "max_side": {"type": "integer", "minimum": 256, "maximum": order.MAX_SIDE},
    },
)


def router(
    room: FittingRoom, catalogue: Mapping[str, CatalogueGown], settings: Settings, buckets: Buckets
) -> APIRouter:
    """The routes of one application."""
    routes = APIRouter(prefix="/api")
    uploads = Uploads(UPLOADS_PER_PLACE * (settings.at_once + settings.waiting))

    @routes.get("/gowns", summary="The catalogue")
    def gowns() -> list[Listed]:
        return [gown.listed() for gown in catalogue.values()]

    @routes.post("/tryon", summary="See a bride in a gown", openapi_extra=FORM)
    async def tryon(request: Request) -> Response:
        """Answers JSON, or, with `Accept: text/event-stream`, the events `stage`, and `result` or `problem`."""
        with uploads:
            sent = await form.read(request, settings)
        buckets.take(address_of(request))
        events = room.try_on(order.read(sent, catalogue), request.state.request_id)
        if STREAM in request.headers.get("accept", ""):
            first = await anext(events)  # a full queue is a status, not an event
            return EventSourceResponse(_stream(request, first, events), ping=15)
        return JSONResponse(await _last(request, events))

    return routes


class Uploads:
    """How many forms are being read at this moment."""

    def __init__(self, most: int) -> None:
        self._most, self._now = most, 0

    def __enter__(self) -> None:
        if self._now >= self._most:
            raise Problem("Busy", "Many brides are here right now. Please try again in a moment.", retry_after=5)
        self._now += 1

    def __exit__(self, *_: object) -> None:
        self._now -= 1


def address_of(request: Request) -> str:
    """Who asks, for the rate limit only: it is written nowhere."""
    return request.client.host if request.client else ""


async def _last(request: Request, events: AsyncGenerator[Stage | dict[str, Any], None]) -> dict[str, Any]:
    """The answer; stops, and frees the place in the queue, when the caller has gone."""
    async with aclosing(events):
        async for event in events:
            if isinstance(event, dict):
                return event
            if await request.is_disconnected():
                raise Problem("MalformedRequest", "The caller has gone.")
    raise AssertionError("a try-on ends with an answer or a problem")


async def _stream(
    request: Request, first: Stage | dict[str, Any], events: AsyncGenerator[Stage | dict[str, Any], None]
) -> AsyncGenerator[ServerSentEvent, None]:
    try:
        async with aclosing(events):
            yield _event(first)
            async for event in events:
                yield _event(event)
    except Problem as problem:
        request.state.error = problem.code
        yield ServerSentEvent(json.dumps(problem.document(request.state.request_id)), event="problem")


def _event(event: Stage | dict[str, Any]) -> ServerSentEvent:
    if isinstance(event, Stage):
        return ServerSentEvent(json.dumps(asdict(event)), event="stage")
    return ServerSentEvent(json.dumps(event), event="result")
