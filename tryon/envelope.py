"""What travels between the nodes of the workflow: tensors and a metadata dictionary, as safetensors bytes.

No pickle and no base64. Errors travel as data: an envelope whose metadata holds `error`; every later node passes it on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from tryon.errors import PipelineError, TryOnError, from_code

VERSION = "2"  # of what the nodes mean to each other: raised when a tensor changes its shape


@dataclass(frozen=True)
class Envelope:
    """Named arrays and JSON-able metadata."""

    tensors: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)

    def pack(self) -> bytes:
        arrays = {name: np.ascontiguousarray(value) for name, value in self.tensors.items()}
        header = json.dumps({"version": VERSION, **self.meta})
        return save(arrays, metadata={"envelope": header})

    @classmethod
    def unpack(cls, data: bytes) -> Envelope:
        """Raises PipelineError for bytes that are no envelope, or one of another version."""
        try:
            length = int.from_bytes(data[:8], "little")
            meta = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["envelope"])
            version = meta.pop("version")
            tensors = load(data)
        except (SafetensorError, ValueError, KeyError, TypeError) as error:
            raise PipelineError("a node sent what is no envelope") from error
        if version != VERSION:
            raise PipelineError(f"a node sent an envelope of version {version}; this node reads {VERSION}")
        return cls(tensors, meta)

    @classmethod
    def failure(cls, error: TryOnError) -> Envelope:
        return cls(meta={"error": {"code": error.code, "message": str(error)}})

    @property
    def error(self) -> TryOnError | None:
        found = self.meta.get("error")
        return from_code(found["code"], found["message"]) if found else None

    def noting(self, **meta: Any) -> Envelope:
        """The same with more metadata."""
        return Envelope(self.tensors, {**self.meta, **meta})
