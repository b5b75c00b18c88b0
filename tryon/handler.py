"""The base of the four handlers: the one module that speaks TorchServe, so that a handler is a few lines of its own.

What it takes care of: weights, threads, the device and a warm-up at start; one reply per item of a batch; errors as
data; the 20 ms floor; and who did what when, for the answer's `timings_ms`, `timeline_ms` and `model_versions`.
"""

from __future__ import annotations

import json
import re
import sys
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from ts.context import Context
from ts.metrics.dimension import Dimension
from ts.metrics.metric_type_enum import MetricTypes

from tryon import images, pipeline, threads
from tryon.client import REQUEST_ID
from tryon.envelope import Envelope
from tryon.errors import ImageTooLarge, PipelineError, TryOnError

# TorchServe attaches the waiting promise only after it has queued the job: a reply that is faster is lost, and the
# request then waits for its time-out. 20 ms lost none in 1,500 requests.
FLOOR_S = 0.020
# below max_response_size of config.properties: what exceeds that one costs the worker its life
MAX_REPLY = 120 * 2**20
SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
OUR_FAULT = "Something went wrong on our side. Nothing is known to be wrong with your pictures."


class Handler(ABC):
    """A node of the workflow that sends an envelope on."""

    name: ClassVar[str]
    parents: ClassVar[tuple[str, ...]]  # the nodes whose envelopes `run` gets; none for the first, which gets bytes

    @abstractmethod
    def load(self, folder: Path, device: torch.device) -> None:
        """Read the weights from the unpacked archive."""

    @abstractmethod
    def run(self, inputs: Mapping[str, Any]) -> Envelope:
        """One request's work: parents' envelopes (the first node: form fields as bytes) by name. Keeps nothing."""

    @abstractmethod
    def warm_up(self) -> None:
        """One pass with the shapes of a real request, so that the first one is as fast as the next."""

    def write(self, envelope: Envelope) -> bytes:
        """What is sent on."""
        return envelope.pack()

    def initialize(self, context: Context) -> None:
        """Called once, when the worker starts. Raises: a worker that cannot work must not come up."""
        try:
            threads.use(context.model_yaml_config["handler"]["threads"])
            self.version = context.manifest["model"]["modelVersion"]
            self.load(Path(context.system_properties["model_dir"]), device_of(context))
            self.warm_up()
        except Exception as error:
            self._log(error, str(error))
            raise

    def handle(self, data: Sequence[Mapping[str, Any]], context: Context) -> list[bytes]:
        """A reply for every item of the batch, no sooner than FLOOR_S after the call. Never raises."""
        called = time.monotonic()
        replies = [self._reply(item, context, request_id(context, index)) for index, item in enumerate(data)]
        time.sleep(max(0.0, called + FLOOR_S - time.monotonic()))
        return replies

    def _reply(self, item: Mapping[str, Any], context: Context, asked_by: str) -> bytes:
        start = time.monotonic()
        nodes: dict[str, Any] = {}
        try:
            inputs = self._inputs(item)
            nodes = _nodes(inputs)
            _pass_error_on(inputs)
            reply = self.write(self.run(inputs).noting(nodes={**nodes, self.name: self._note(start)}))
            if len(reply) > MAX_REPLY:
                raise ImageTooLarge("The result is too large to send: ask for a smaller `max_side` or fewer `views`.")
            self._count(context, start, "ok")
            self._say(asked_by, start, "")
            return reply
        except TryOnError as error:
            failure = error
        except Exception as error:  # the one process boundary: a raising node costs threads and a time-out for good
            self._log(error, f"in request {asked_by or '-'}")
            failure = PipelineError(OUR_FAULT)
        self._count(context, start, failure.code)
        self._say(asked_by, start, failure.code)
        return self.write(Envelope.failure(failure).noting(nodes={**nodes, self.name: self._note(start)}))

    def _count(self, context: Context, start: float, outcome: str) -> None:
        """For Prometheus: a histogram of seconds, whose default buckets (5 ms to 10 s) fit, and so also a count."""
        if context.metrics is not None:  # else nobody serves us: a test calls
            labels = {"node": self.name, "version": self.version, "outcome": outcome}
            dimensions = [Dimension(name, value) for name, value in labels.items()]
            seconds = round(time.monotonic() - start, 4)
            context.metrics.add_metric("NodeSeconds", seconds, "s", None, dimensions, MetricTypes.HISTOGRAM)

    def _inputs(self, item: Mapping[str, Any]) -> dict[str, Any]:
        raw = {key: as_bytes(value) for key, value in item.items()}
        if not self.parents:
            return raw
        if len(self.parents) == 1:
            raw = {self.parents[0]: raw["body"]}  # TorchServe's key for an only parent
        return {name: Envelope.unpack(raw[name]) for name in self.parents}

    def _note(self, start: float) -> dict[str, Any]:
        # CLOCK_MONOTONIC is the same in all processes of a machine
        return {"version": self.version, "start": start, "end": time.monotonic()}

    def _say(self, asked_by: str, start: float, error: str) -> None:
        """A line for each request, shown when TorchServe is verbose; by the caller's id it can be followed."""
        about = {
            "request_id": asked_by,
            "node": self.name,
            "ms": round(1e3 * (time.monotonic() - start)),
            "error": error,
        }
        print(json.dumps(about), flush=True)

    def _log(self, error: Exception, message: str = "") -> None:
        """One line with the type and the places. Of a request's error the message is left out: it may hold data."""
        frames = traceback.extract_tb(error.__traceback__)
        places = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
        print(f"{self.name}: {type(error).__name__} {message} at {places}", file=sys.stderr, flush=True)


class LastHandler(Handler):
    """The node that answers the caller, in JSON."""

    def write(self, envelope: Envelope) -> bytes:
        if "error" in envelope.meta:
            return json.dumps({"error": envelope.meta["error"]}).encode()
        answer = {key: value for key, value in envelope.meta.items() if key != "nodes"}
        return json.dumps({**answer, **_report(envelope.meta["nodes"])}, allow_nan=False).encode()


def request_id(context: Context, index: int) -> str:
    """The caller's id of one item of the batch, from its header; "" where there is none, or it is not a sane one."""
    if context.request_processor is None:  # called by hand, not by TorchServe
        return ""
    headers = {name.lower(): value for name, value in context.get_all_request_header(index).items()}
    given = str(headers.get(REQUEST_ID.lower(), ""))
    return given if SANE_ID.fullmatch(given) else ""


def _report(nodes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Milliseconds a node worked, when it did after the request's arrival in `prepare`, and which version it is."""
    origin = nodes["prepare"]["start"]
    spans = {name: [round((node[at] - origin) * 1e3, 1) for at in ("start", "end")] for name, node in nodes.items()}
    return {
        "timings_ms": {name: round(end - start, 1) for name, (start, end) in spans.items()},
        "timeline_ms": spans,
        "model_versions": {name: node["version"] for name, node in nodes.items()},
    }


def _nodes(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What the nodes before noted about themselves."""
    envelopes = [value for value in inputs.values() if isinstance(value, Envelope)]
    return {name: note for envelope in envelopes for name, note in envelope.meta.get("nodes", {}).items()}


def _pass_error_on(inputs: Mapping[str, Any]) -> None:
    for value in inputs.values():
        if isinstance(value, Envelope) and value.error:
            raise value.error


def as_bytes(value: Any) -> bytes:
    """A form field as sent. With decode_input_request=false it is bytes; TorchServe else decodes text and JSON."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    return (value if isinstance(value, str) else json.dumps(value)).encode()


def device_of(context: Context) -> torch.device:
    """The GPU that TorchServe assigned to this worker, or the CPU."""
    gpu = context.system_properties.get("gpu_id")
    usable = gpu is not None and gpu >= 0 and torch.cuda.is_available()
    return torch.device(f"cuda:{gpu}" if usable else "cpu")


def blank() -> Envelope:
    """What `prepare` sends for two grey pictures: for warm-ups."""
    grey = images.encode(np.full((640, 480, 3), 127, np.uint8))
    return pipeline.prepare({"photo": grey, "gown": grey})
