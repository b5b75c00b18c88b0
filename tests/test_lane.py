"""Who may come in, and when: the bucket of each address, and the queue."""

from __future__ import annotations

import pytest

from website.lane import Lane
from website.problems import Problem
from website.rate import Buckets


def test_a_bucket_fills_again() -> None:
    now = 0.0
    buckets = Buckets(2, 0.5, lambda: now)
    buckets.take("a")
    buckets.take("a")
    buckets.take("b")
    with pytest.raises(Problem, match="wait a moment") as caught:
        buckets.take("a")
    assert caught.value.retry_after == 2
    now = 2.0
    buckets.take("a")


def test_the_lane_is_first_come_first_served_and_ends() -> None:
    lane = Lane(at_once=1, waiting=2)
    first, second, third = lane.join(), lane.join(), lane.join()
    assert [lane.place(ticket) for ticket in (first, second, third)] == [0, 1, 2]
    with pytest.raises(Problem) as caught:
        lane.join()
    assert caught.value.code == "Busy"
    assert caught.value.retry_after
    lane.leave(second)  # she has closed the page
    lane.leave(first)
    assert third.turn.is_set()
    assert not second.turn.is_set()
    lane.leave(third)
    assert (lane.running, lane.waiting) == (0, 0)
