"""One try-on from order to picture, told in stages: queued, seeing, fitting, finishing."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Literal

from website import marks
from website.backend import Backend
from website.catalogue import CatalogueGown
from website.lane import Lane, NodeTimes, Ticket
from website.metrics import Metrics
from website.moderation import Moderator
from website.order import Order
from website.pictures import Rewriter
from website.problems import Problem
from website.settings import Settings
from website.share import Seal

TICK_S = 0.2


@dataclass(frozen=True)
class Stage:
    """Where a try-on is. `place` in the queue, and `left_s`, the seconds until the picture as far as the past tells."""

    stage: Literal["queued", "seeing", "fitting", "finishing"]
    place: int
    left_s: float


Answer = dict[str, Any]


class FittingRoom:
    """Takes orders. Holds nothing of an order once it has been answered or given up."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.lane = Lane(settings.at_once, settings.waiting)
        self.metrics = Metrics(self.lane)
        self.backend = Backend(settings)
        self.rewriter = Rewriter(settings.at_once, settings.decode_s)
        self.moderator = Moderator(settings.moderation)
        self.seal = Seal()
        self._times = NodeTimes()
        self._working: set[asyncio.Task[Answer]] = set()

    async def try_on(self, order: Order, request_id: str) -> AsyncGenerator[Stage | Answer, None]:
        """Stages, and at last the answer. Raises Problem. Closing the generator gives up the place in the queue."""
        start = time.monotonic()
        give_up = start + self._settings.deadline_s
        ticket = self.lane.join()
        reading = asyncio.create_task(self._fields(order))
        work: asyncio.Task[Answer] | None = None
        try:
            async for stage in self._wait(ticket, reading, give_up):
                yield stage
            work = self._begin(ticket, await reading, request_id)
            waited = time.monotonic() - start
            async for stage in self._watch(work, give_up):
                yield stage
            answer = work.result()
            yield Stage("finishing", 0, 0.0)
            yield await asyncio.to_thread(self._finish, answer, waited)
            self.metrics.seconds.observe(time.monotonic() - start)
        finally:
            reading.cancel()
            if work is None:
                self.lane.leave(ticket)

    async def _fields(self, order: Order) -> dict[str, bytes]:
        """The workflow's fields. What strangers sent is rewritten first: TorchServe sees only files made here."""
        side = order.wishes.max_side
        least = self._settings.least_side
        photo = await self.rewriter.rewrite(order.photo, "photo", max_side=side, least_side=least)
        await self.moderator.check(photo, "photo")
        fields = {"photo": photo, "options": order.options()}
        if isinstance(order.gown, CatalogueGown):
            return {**fields, "gown": order.gown.cut_out, "landmarks": order.gown.landmarks}
        gown = await self.rewriter.rewrite(order.gown, "gown picture", max_side=side, least_side=least)
        await self.moderator.check(gown, "gown picture")
        return {**fields, "gown": gown}

    async def _wait(
        self, ticket: Ticket, reading: asyncio.Task[dict[str, bytes]], give_up: float
    ) -> AsyncGenerator[Stage, None]:
        """Until it is this one's turn and the pictures are read; a bad picture is told of before its turn."""
        while not (ticket.turn.is_set() and reading.done()):
            place = self.lane.place(ticket)
            yield Stage("queued", place, self.lane.seconds_until(place) + self._times.whole_s)
            _check(give_up)
            await asyncio.wait([reading], timeout=TICK_S) if not reading.done() else await asyncio.sleep(TICK_S)
            if reading.done():
                reading.result()

    async def _watch(self, work: asyncio.Task[Answer], give_up: float) -> AsyncGenerator[Stage, None]:
        """While TorchServe works: the stage is read off the clock, see NodeTimes."""
        start = time.monotonic()
        while not work.done():
            spent = time.monotonic() - start
            left = max(0.0, self._times.whole_s - spent)
            yield Stage("seeing" if spent < self._times.seeing_s else "fitting", 0, left)
            _check(give_up)
            await asyncio.wait([work], timeout=TICK_S)

    def _begin(self, ticket: Ticket, fields: dict[str, bytes], request_id: str) -> asyncio.Task[Answer]:
        """TorchServe's part, which nothing can stop: it keeps its place in the lane even when its bride has gone."""
        task = asyncio.create_task(self._work(ticket, fields, request_id))
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # seen, if nobody waits any more
        return task

    async def _work(self, ticket: Ticket, fields: dict[str, bytes], request_id: str) -> Answer:
        start = time.monotonic()
        try:
            answer = await self.backend.try_on(fields, request_id)
        finally:
            self.lane.leave(ticket)
        self.lane.took(time.monotonic() - start)
        self._times.learn(answer["timings_ms"])
        return answer

    def _finish(self, answer: Answer, waited: float) -> Answer:
        """The workflow's answer with the note inside each picture, and the seal that a share link asks for."""
        picture = marks.marked(base64.b64decode(answer["image"]))
        views = {name: _encoded(marks.marked(base64.b64decode(view))) for name, view in answer["views"].items()}
        extra = {"waited_ms": round(1e3 * waited), "seal": self.seal.of(picture)}
        return {**answer, "image": _encoded(picture), "views": views, **extra}


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _check(give_up: float) -> None:
    if time.monotonic() > give_up:
        message = "Your try-on took longer than it should, and we stopped waiting. Please try again in a moment."
        raise Problem("Timeout", message, retry_after=30)
