"""What Prometheus reads at /metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from website.lane import Lane

SECONDS = (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8, 13, 20, 30, 60)


class Metrics:
    """One registry an application, so that two in one process (tests) do not share counts."""

    def __init__(self, lane: Lane) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "tryon_web_requests", "Requests by route, HTTP status and our error code ('' for success).",
            ("route", "code", "error"), registry=self._registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "tryon_web_tryon_seconds", "From the upload's end to the picture, waiting included, of answered try-ons.",
            buckets=SECONDS, registry=self._registry,
        )  # fmt: skip
        self.rejected = Counter(
            "tryon_web_rejected", "Requests refused to protect the service: rate, queue, deadline, upload.",
            ("reason",), registry=self._registry,
        )  # fmt: skip
        in_flight = Gauge("tryon_web_in_flight", "Try-ons that TorchServe is working on.", registry=self._registry)
        in_flight.set_function(lambda: lane.running)
        queue = Gauge("tryon_web_queue", "Try-ons that wait for their turn.", registry=self._registry)
        queue.set_function(lambda: lane.waiting)

    def text(self) -> bytes:
        return generate_latest(self._registry)
