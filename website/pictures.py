"""Pictures from strangers, rewritten by child processes that may die or hang without harm."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import Process
from typing import Any

from tryon.errors import from_code
from website.problems import Problem
from website.rewriter import LENGTHS, pack
from website.settings import ROOT

# one thread each: the children are what runs in parallel
ALONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1"}


class Rewriter:
    """A few children, each asked one thing at a time."""

    def __init__(self, count: int, patience_s: float) -> None:
        self._patience_s = patience_s
        self._count = count
        self._idle: asyncio.Queue[Process | None] = asyncio.Queue()
        self._all: set[Process] = set()

    async def start(self) -> None:
        for child in await asyncio.gather(*(self._spawn() for _ in range(self._count))):
            self._idle.put_nowait(child)

    async def stop(self) -> None:
        for child in list(self._all):
            await self._end(child)

    async def rewrite(self, data: bytes, what: str, *, max_side: int, least_side: int) -> bytes:
        """A fresh PNG without metadata. Raises Problem."""
        child: Process | None = await self._idle.get()
        try:
            child = child or await self._spawn()
            asked = pack({"what": what, "max_side": max_side, "least_side": least_side}, data)
            header, picture = await asyncio.wait_for(_ask(child, asked), self._patience_s)
        except (TimeoutError, asyncio.IncompleteReadError, OSError) as error:
            await self._end(child)
            child = None
            raise Problem("ImageLoadError", f"The {what} is damaged and cannot be read.") from error
        except asyncio.CancelledError:  # the bride has gone: what the child would answer belongs to nobody
            await self._end(child)
            child = None
            raise
        finally:
            self._idle.put_nowait(child)
        if "code" in header:
            raise Problem.of(from_code(header["code"], header["message"]))
        return picture

    async def _spawn(self) -> Process:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "website.rewriter"),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT, env={**os.environ, **ALONE},
        )  # fmt: skip
        self._all.add(child)
        return child

    async def _end(self, child: Process | None) -> None:
        if child is None:
            return
        self._all.discard(child)
        if child.returncode is None:
            child.kill()
        await child.wait()


async def _ask(child: Process, message: bytes) -> tuple[dict[str, Any], bytes]:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(message)
    await child.stdin.drain()
    text, size = LENGTHS.unpack(await child.stdout.readexactly(LENGTHS.size))
    header = json.loads(await child.stdout.readexactly(text))
    return header, await child.stdout.readexactly(size)
