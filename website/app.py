"""The application: start reading here. What it is made of, in the order in which a request meets it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from website import catalogue, operations, problems, share_routes, tryon_routes
from website.docs import docs_page
from website.fitting import FittingRoom
from website.guard import Guard
from website.problems import Problem
from website.rate import Buckets
from website.settings import STATIC, Settings
from website.share import Shares

SWEEP_S = 60.0


def create(settings: Settings) -> Guard:
    """An application is the value of its settings. Raises CatalogueError."""
    gowns = catalogue.read(settings.gowns)
    room, shares = FittingRoom(settings), Shares(settings)
    buckets = Buckets(settings.burst, settings.rate_per_s)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await room.rewriter.start()
        sweeping = asyncio.create_task(_sweep(shares))
        yield
        sweeping.cancel()
        await room.rewriter.stop()
        room.backend.close()

    app = FastAPI(
        title="Gown Try-On", summary="See a bride in a gown.", version="1",
        lifespan=lifespan, openapi_url="/api/openapi.json", docs_url=None, redoc_url=None,
    )  # fmt: skip
    for kind, answer in HANDLERS.items():
        app.add_exception_handler(kind, answer)
    app.include_router(tryon_routes.router(room, gowns, settings, buckets))
    app.include_router(share_routes.router(shares, room.seal, settings, buckets))
    app.include_router(operations.router(room))
    app.add_api_route("/api/docs", lambda: docs_page(app.openapi()), include_in_schema=False)
    app.add_api_route("/", lambda: FileResponse(STATIC / "index.html"), include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), "static")
    app.mount("/gowns", StaticFiles(directory=settings.gowns), "gowns")
    return Guard(app, room.metrics)  # around everything, so that even a fault's answer has its headers


async def _sweep(shares: Shares) -> None:
    """Forget expired pictures, whether or not anybody asks for them."""
    with suppress(asyncio.CancelledError):
        while True:
            await asyncio.sleep(SWEEP_S)
            shares.sweep()


async def _unknown(request: Request, error: Exception) -> JSONResponse:
    """What the framework itself refuses, in the same form as everything else."""
    assert isinstance(error, HTTPException)
    code = {404: "NotFound", 405: "MethodNotAllowed"}.get(error.status_code, "MalformedRequest")
    return await problems.answer(request, Problem(code, "There is nothing here."))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    return await problems.answer(request, Problem("InputValidationError", "A parameter is missing or wrong."))


async def _fault(request: Request, error: Exception) -> JSONResponse:
    """Our own mistake: the log has the traceback, the answer has no detail of it."""
    return await problems.answer(request, Problem("PipelineError", "Something went wrong on our side."))


HANDLERS = {Problem: problems.answer, HTTPException: _unknown, RequestValidationError: _invalid, Exception: _fault}
