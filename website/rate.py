"""A token bucket for each address: bursts are welcome, a stream is not."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from website.problems import Problem

ADDRESSES = 10_000  # remembered at a time; the longest unseen is forgotten


class Buckets:
    """In memory only, and only as long as a bucket is not full again."""

    def __init__(self, burst: int, rate_per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._rate, self._clock = burst, rate_per_s, clock
        self._by_address: OrderedDict[str, tuple[float, float]] = OrderedDict()  # address -> tokens, at which time

    def take(self, address: str) -> None:
        """Raises Problem where the address has used up its tokens."""
        now = self._clock()
        tokens, then = self._by_address.pop(address, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - then) * self._rate)
        allowed = tokens >= 1
        self._by_address[address] = (tokens - allowed, now)
        if len(self._by_address) > ADDRESSES:
            self._by_address.popitem(last=False)
        if not allowed:
            message = "That was a lot at once. Please wait a moment, then go on."
            raise Problem("TooManyRequests", message, retry_after=(1 - tokens) / self._rate)
