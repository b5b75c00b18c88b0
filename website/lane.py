"""The queue before TorchServe: so many at once, so many waiting, first come first served, and no more."""

from __future__ import annotations

import asyncio
from collections import deque

from website.problems import Problem

FIRST_GUESS_S = 3.0  # of a try-on's time, before one has been seen
NEWEST = 0.2  # share of the newest time in the running mean


class Ticket:
    """A place in the queue."""

    def __init__(self) -> None:
        self.turn = asyncio.Event()


class Lane:
    """TorchServe's own queue of workflow requests has no limit, so the limit is here."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once, self._most_waiting = at_once, waiting
        self._waiting: deque[Ticket] = deque()
        self.running = 0
        self._mean_s = FIRST_GUESS_S

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def join(self) -> Ticket:
        """Raises Problem where the queue is full."""
        ticket = Ticket()
        if self.running < self._at_once:
            self._let_in(ticket)
        elif self.waiting < self._most_waiting:
            self._waiting.append(ticket)
        else:
            message = "Many brides are trying on gowns right now. Please try again in a moment."
            raise Problem("Busy", message, retry_after=self.seconds_until(self.waiting))
        return ticket

    def place(self, ticket: Ticket) -> int:
        """How many are before this one, itself included; 0 when it is its turn."""
        return self._waiting.index(ticket) + 1 if ticket in self._waiting else 0

    def seconds_until(self, place: int) -> float:
        """When the one at this place will be let in, as far as the past tells."""
        return place * self._mean_s / self._at_once

    def leave(self, ticket: Ticket) -> None:
        """Give up a place, or, if it was this one's turn, let in the next."""
        if ticket in self._waiting:
            self._waiting.remove(ticket)
            return
        self.running -= 1
        if self._waiting:
            self._let_in(self._waiting.popleft())

    def took(self, seconds: float) -> None:
        """A try-on took so long: for later guesses."""
        self._mean_s += NEWEST * (seconds - self._mean_s)

    def _let_in(self, ticket: Ticket) -> None:
        self.running += 1
        ticket.turn.set()


class NodeTimes:
    """The running mean of what each node of the workflow takes, in seconds.

    TorchServe says nothing while a workflow runs. What the page calls "seeing you" and "fitting" is therefore read
    off the clock: after the mean time of preparing and seeing, the fitting is taken to have begun. The stage after it,
    "finishing", is never guessed: it begins when the picture has arrived.
    """

    def __init__(self) -> None:
        self._mean = {"prepare": 0.1, "segmentation": 0.3, "pose": 0.3, "cyclegan": 1.0}

    def learn(self, timings_ms: dict[str, float]) -> None:
        for name, old in self._mean.items():
            self._mean[name] = old + NEWEST * (timings_ms.get(name, 1e3 * old) / 1e3 - old)

    @property
    def seeing_s(self) -> float:
        return self._mean["prepare"] + max(self._mean["segmentation"], self._mean["pose"])

    @property
    def whole_s(self) -> float:
        return self.seeing_s + self._mean["cyclegan"]
