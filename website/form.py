"""Reads a multipart form into memory: bounded in bytes, fields and time, and never spooled to a disk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from website.problems import Problem
from website.settings import Settings

FILES, FIELDS = 2, 8


def documented(required: list[str], fields: dict[str, Any]) -> dict[str, Any]:
    """The form for the OpenAPI document, which cannot see what `read` does."""
    schema = {"type": "object", "required": required, "properties": fields}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


@dataclass(frozen=True)
class Form:
    """files: name -> bytes; fields: name -> text. File names and content types are not even kept."""

    files: dict[str, bytes]
    fields: dict[str, str]


class _InMemory(MultiPartParser):
    """Starlette's parser, whose files roll over to a disk at a size that no request reaches."""

    spool_max_size = 2**40


async def read(request: Request, settings: Settings) -> Form:
    """The form of a request. Raises Problem."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        raise Problem("MalformedRequest", "Send multipart/form-data.")
    parser = _InMemory(
        request.headers, _bounded(request, settings), max_files=FILES, max_fields=FIELDS, max_part_size=2**14
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError, AttributeError) as error:
        # KeyError and AttributeError: no boundary, or a part without the headers that a part needs
        raise Problem("MalformedRequest", "The form cannot be read: it is cut off or not well formed.") from error
    files, fields = {}, {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            files[name] = await value.read()
        else:
            fields[name] = value
    await form.close()
    for name, data in files.items():
        if len(data) > settings.picture_bytes:
            raise _too_large(settings, name)
    return Form(files, fields)


async def _bounded(request: Request, settings: Settings) -> AsyncGenerator[bytes, None]:
    """The body's chunks. Stops at the first byte too many, at a long pause, and when the whole takes too long."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > settings.body_bytes:
        raise _too_large(settings, "request")
    stream = request.stream()
    give_up = time.monotonic() + settings.upload_s
    size = 0
    while True:
        try:
            patience = min(settings.read_s, give_up - time.monotonic())
            chunk = await asyncio.wait_for(anext(stream), patience)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise Problem("SlowUpload", "The upload took too long: try again on a better connection.") from error
        except ClientDisconnect as error:
            raise Problem("MalformedRequest", "The upload was broken off.") from error
        size += len(chunk)
        if size > settings.body_bytes:
            raise _too_large(settings, "request")
        yield chunk


def _too_large(settings: Settings, what: str) -> Problem:
    return Problem(
        "ImageTooLarge", f"The {what} is too large: at most {settings.picture_bytes // 2**20} MiB a picture."
    )
