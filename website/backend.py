"""Speaks to TorchServe, in threads, with the keys that `tryon.client` reads and renews. No key leaves this process."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tryon.client import Client, ServerError
from tryon.errors import TryOnError
from tryon.state import NotRunning, State
from website.problems import Problem
from website.settings import ROOT, Settings

PATIENCE_S = 180.0  # a node's own time-out; the bride has long been answered by then
GOLDEN_S = 20.0
SAMPLES = ROOT / "samples"
AWAY = "The fitting room is not open just now. Please try again in a moment."


class Backend:
    """The workflow, as seen from the website."""

    def __init__(self, settings: Settings) -> None:
        self._port = settings.backend_port
        self._threads = ThreadPoolExecutor(settings.at_once + 1, "torchserve")  # one more for the golden request
        self._local = threading.local()
        self._fresh_s = settings.golden_s
        self._asking = asyncio.Lock()
        self._seen: tuple[float, str | None] = (-1e9, "not asked yet")

    async def try_on(self, fields: Mapping[str, bytes], request_id: str) -> dict[str, Any]:
        """The workflow's answer. Raises Problem."""
        try:
            answer = await self._in_thread(fields, request_id)
        except TryOnError as error:
            raise Problem.of(error) from error
        except (ServerError, NotRunning) as error:
            raise Problem("Unavailable", AWAY, retry_after=10) from error
        self._seen = (time.monotonic(), None)
        return answer

    async def trouble(self) -> str | None:
        """What keeps the workflow from answering a golden request; None when it has answered one within seconds.

        A bride's own answered request is as good a proof, so under load no golden one is sent.
        """
        async with self._asking:
            at, trouble = self._seen
            if time.monotonic() - at > self._fresh_s:
                trouble = await self._golden()
                self._seen = (time.monotonic(), trouble)
            return trouble

    async def _golden(self) -> str | None:
        try:
            fields = {
                "photo": (SAMPLES / "bride.jpg").read_bytes(),
                "gown": (SAMPLES / "gown.png").read_bytes(),
                "landmarks": (SAMPLES / "gown.json").read_bytes(),
                "options": json.dumps({"max_side": 256, "format": "jpeg"}).encode(),
            }
            answer = await asyncio.wait_for(self._in_thread(fields, "golden"), GOLDEN_S)
        except TimeoutError:
            return f"the workflow did not answer within {GOLDEN_S:.0f} s"
        except (TryOnError, ServerError, NotRunning, OSError) as error:
            return f"{type(error).__name__}: the workflow does not answer the golden request"
        return None if answer.get("image") else "the golden request was answered without a picture"

    async def _in_thread(self, fields: Mapping[str, bytes], request_id: str) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: self._client().try_on(fields, request_id=request_id))

    def _client(self) -> Client:
        """This thread's client; a new one when the server has been started anew. Raises NotRunning."""
        state = State.load(self._port)
        if getattr(self._local, "state", None) != state:
            self._local.state, self._local.client = state, Client(state, patience_s=PATIENCE_S)
        client: Client = self._local.client
        return client

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
