"""What those who run it ask: alive? ready? how much? And the API's documentation."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from website.fitting import FittingRoom


def router(room: FittingRoom) -> APIRouter:
    """The routes of one application."""
    routes = APIRouter()

    @routes.get("/healthz", summary="Alive: this process answers")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @routes.get("/readyz", summary="Ready: the workflow has answered a golden request within seconds")
    async def readyz() -> JSONResponse:
        trouble = await room.backend.trouble()
        if trouble is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "reason": trouble}, 503, headers={"Retry-After": "5"})

    @routes.get("/metrics", summary="For Prometheus")
    async def metrics() -> Response:
        return Response(room.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return routes
