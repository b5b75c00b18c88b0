"""What `tryon bench` sends to: the served workflow, one served node, or the same pipeline in this process."""

from __future__ import annotations

import io
import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import requests
import yaml
from PIL import Image
from urllib3.filepost import encode_multipart_formdata

from tryon import archives, golden, threads
from tryon.archives import WORKFLOW
from tryon.client import Client
from tryon.envelope import Envelope
from tryon.errors import TryOnError
from tryon.pipeline import Nets, try_on
from tryon.state import State

Fields = Mapping[str, bytes]
BOUNDARY = "tryon"  # fixed, so that other tools can be told it
INPUTS = {"segmentation": ("prepare",), "pose": ("prepare",), "cyclegan": ("prepare", "segmentation", "pose")}


@dataclass(frozen=True)
class Reply:
    """How one request ended."""

    outcome: str  # ok, an error code of the contract, http_<status>, lost, unreachable
    size: int = 0  # bytes
    spans: Mapping[str, tuple[float, float]] | None = None  # the answer's timeline, ms after its arrival in prepare


class Target(ABC):
    """Where requests go."""

    name: ClassVar[str] = ""

    @abstractmethod
    def prepare(self, fields: Fields) -> Any:
        """What is sent for a request, made before the clock runs."""

    @abstractmethod
    def send(self, prepared: Any) -> Reply:
        """Send and wait. Called from many threads."""


class Local(Target):
    """The pipeline in this process, on one thread, with the JSON that a caller would get."""

    name = "local"

    def __init__(self) -> None:
        threads.use(threads.PER_PROCESS)
        self.nets = Nets.load(archives.ROOT / "weights")

    def prepare(self, fields: Fields) -> Fields:
        return fields

    def send(self, prepared: Fields) -> Reply:
        try:
            return Reply("ok", len(json.dumps(try_on(prepared, self.nets))))
        except TryOnError as error:
            return Reply(error.code)


class Served(Target):
    """POST /wfpredict/tryon."""

    name = "workflow"

    def __init__(self, state: State) -> None:
        self.state = state
        self.lost_after_s = lost_after_s()
        self._own = threading.local()

    def path(self) -> str:
        return f"/wfpredict/{WORKFLOW}"

    def prepare(self, fields: Fields) -> tuple[bytes, str]:
        return multipart(fields)

    def send(self, prepared: tuple[bytes, str]) -> Reply:
        session, client = self._speaker()
        key = client.key("inference")
        headers = {"Content-Type": prepared[1], **({"Authorization": f"Bearer {key}"} if key else {})}
        start = time.monotonic()
        try:
            answer = session.post(
                self.state.inference + self.path(), data=prepared[0], headers=headers, timeout=self.lost_after_s + 30
            )
        except requests.RequestException:
            return Reply("unreachable")
        if answer.status_code == 500 and time.monotonic() - start > 0.9 * self.lost_after_s:
            return Reply("lost", len(answer.content))
        if answer.status_code != 200:
            return Reply(f"http_{answer.status_code}", len(answer.content))
        return self.read(answer.content)

    def read(self, content: bytes) -> Reply:
        answer = json.loads(content)
        if "error" in answer:
            return Reply(answer["error"]["code"], len(content))
        return Reply("ok", len(content), {node: tuple(span) for node, span in answer["timeline_ms"].items()})

    def _speaker(self) -> tuple[requests.Session, Client]:
        """A connection of this thread's own."""
        if not hasattr(self._own, "session"):
            self._own.session, self._own.client = requests.Session(), Client(self.state)
            self._own.session.trust_env = False
        return self._own.session, self._own.client


class ServedNode(Served):
    """POST /predictions/tryon__NODE: one node alone, with the inputs that the nodes before it make."""

    def __init__(self, state: State, node: str) -> None:
        super().__init__(state)
        self.node = node
        self.name = node  # type: ignore[misc]

    def path(self) -> str:
        return f"/predictions/{WORKFLOW}__{self.node}"

    def prepare(self, fields: Fields) -> tuple[bytes, str]:
        inputs = self._inputs(Client(self.state), fields)
        if list(inputs) == ["body"]:
            return inputs["body"], "application/octet-stream"
        return super().prepare(inputs)

    def _inputs(self, client: Client, fields: Fields) -> Fields:
        if self.node == "prepare":
            return fields
        prepared = client.node_reply(WORKFLOW, "prepare", None, fields)
        if self.node != "cyclegan":
            return {"body": prepared}
        seen = {n: client.node_reply(WORKFLOW, n, None, {"body": prepared}) for n in INPUTS["cyclegan"][1:]}
        return {"prepare": prepared, **seen}

    def read(self, content: bytes) -> Reply:
        if self.node == "cyclegan":
            answer = json.loads(content)
            return Reply(answer["error"]["code"] if "error" in answer else "ok", len(content))
        error = Envelope.unpack(content).error
        return Reply(error.code if error else "ok", len(content))


def multipart(fields: Fields) -> tuple[bytes, str]:
    """A request's body and its content type."""
    files = {name: (name, data, "application/octet-stream") for name, data in fields.items()}
    return encode_multipart_formdata(files, boundary=BOUNDARY)


def make(name: str, port: int) -> Target:
    """The target of this name. Raises NotRunning where it needs a server, KeyError for an unknown name."""
    if name == Local.name:
        return Local()
    if name == Served.name:
        return Served(State.load(port))
    if name not in archives.MODELS:
        raise KeyError(f"There is no target {name!r}; there are workflow, local, {', '.join(archives.MODELS)}.")
    return ServedNode(State.load(port), name)


def lost_after_s() -> float:
    """The workflow's time-out: a 500 after so long is a reply that TorchServe has lost."""
    spec = yaml.safe_load((archives.ROOT / "workflows" / f"{WORKFLOW}.yaml").read_text())
    return float(spec["models"]["timeout-ms"]) / 1000


def bodies(sizes: list[int], gown: str, fmt: str) -> list[Fields]:
    """A request for each size (long side of the photo in pixels), with the samples."""
    base = golden.fresh() if gown == "picture" else golden.ready_made()
    original = Image.open(io.BytesIO(base["photo"])).convert("RGB")
    found: list[Fields] = []
    for size in sizes:
        scale = size / max(original.size)
        photo = original.resize((round(original.width * scale), round(original.height * scale)), Image.Resampling.BOX)
        buffer = io.BytesIO()
        photo.save(buffer, "JPEG", quality=92)
        options = json.dumps({"max_side": min(2048, max(256, size)), "format": fmt}).encode()
        found.append({**base, "photo": buffer.getvalue(), "options": options})
    return found
