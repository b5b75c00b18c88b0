"""Share links: made only on request, seen at /s/<id>, gone when their time is up or their owner says so."""

from __future__ import annotations

from string import Template
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from website import form, marks
from website.problems import Problem
from website.rate import Buckets
from website.settings import STATIC, Settings
from website.share import Seal, Shares
from website.tryon_routes import address_of

FORM = form.documented(
    ["picture", "seal"],
    {
        "picture": {"type": "string", "format": "binary", "description": "an answer's picture, unchanged"},
        "seal": {"type": "string", "description": "the `seal` of the same answer"},
    },
)


class Link(BaseModel):
    """A share link. `key`, in the header X-Delete-Key, deletes it; keep it to yourself."""

    path: str
    key: str
    expires_in_s: int


def router(shares: Shares, seal: Seal, settings: Settings, buckets: Buckets) -> APIRouter:
    """The routes of one application."""
    routes = APIRouter()
    page = Template((STATIC / "shared.html").read_text())

    @routes.post("/api/share", summary="Make a link to a result", status_code=201, openapi_extra=FORM)
    async def share(request: Request) -> Link:
        sent = await form.read(request, settings)
        buckets.take(address_of(request))
        picture = sent.files.get("picture")
        if picture is None or not seal.holds(picture, sent.fields.get("seal", "")):
            raise Problem("InputValidationError", "Only pictures that this site has just made can be shared.")
        name, shared = shares.add(picture)
        return Link(path=f"/s/{name}", key=shared.key, expires_in_s=round(shares.left_s(shared)))

    @routes.delete("/api/share/{name}", summary="Delete a link", status_code=204)
    def delete(name: str, x_delete_key: Annotated[str, Header()]) -> None:
        shares.delete(name, x_delete_key)

    @routes.get("/s/{name}", include_in_schema=False)
    def see(name: str) -> HTMLResponse:
        try:
            hours = max(1, round(shares.left_s(shares.get(name)) / 3600))
        except Problem:
            return HTMLResponse((STATIC / "gone.html").read_text(), 404)
        return HTMLResponse(page.substitute(picture=f"/s/{name}/picture", hours=hours))

    @routes.get("/s/{name}/picture", include_in_schema=False)
    def picture(name: str) -> Response:
        data = shares.get(name).picture
        kind = marks.mime(data)
        disposition = f'inline; filename="gown-preview.{kind.removeprefix("image/")}"'
        return Response(data, media_type=kind, headers={"Content-Disposition": disposition})

    return routes
