"""Where a running server is: a small file that only its user can read, so that `tryon predict` and others find it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

PORT = 8080


class NotRunning(Exception):
    """No server of ours was started on this port."""


@dataclass(frozen=True)
class State:
    """A server that `tryon serve` started."""

    port: int
    supervisor: int  # process id of `tryon serve`
    java: int  # process id of TorchServe, and of its process group
    folder: str  # the run's temporary folder
    inference: str  # addresses
    management: str
    metrics: str  # TorchServe's own, for Prometheus
    exporter: str  # what TorchServe does not count, for Prometheus
    store: str  # the folder of the archives
    key_file: str | None  # None where token authorization is off
    ready: bool = False

    def save(self) -> None:
        path = place(self.port)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(self), file)
        temporary.replace(path)

    @classmethod
    def load(cls, port: int) -> State:
        """Raises NotRunning."""
        try:
            return cls(**json.loads(place(port).read_text()))
        except (FileNotFoundError, ValueError, TypeError) as error:
            raise NotRunning(f"No server is running on port {port}. Start one: tryon serve --port {port}") from error

    def remove(self) -> None:
        place(self.port).unlink(missing_ok=True)


def place(port: int) -> Path:
    """The state file of the server on this port."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    base = Path(runtime) if runtime else Path.home() / ".cache"
    return base / "tryon" / f"server-{port}.json"
