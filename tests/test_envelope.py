"""Envelopes: what goes in comes out; errors travel as data; other bytes are refused."""

from __future__ import annotations

import numpy as np
import pytest

from tryon.envelope import Envelope
from tryon.errors import CODES, NoPersonError, PipelineError, TryOnError


def test_tensors_and_metadata_survive() -> None:
    tensors = {"photo": np.arange(24, dtype=np.uint8).reshape(2, 4, 3), "joints": np.ones((18, 3), np.float32)}
    back = Envelope.unpack(Envelope(tensors, {"options": {"seed": 7}, "name": "Zoë"}).pack())
    assert back.meta == {"options": {"seed": 7}, "name": "Zoë"}
    for name, value in tensors.items():
        np.testing.assert_array_equal(back.tensors[name], value)
        assert back.tensors[name].dtype == value.dtype


def test_an_empty_envelope_is_one() -> None:
    assert Envelope.unpack(Envelope().pack()) == Envelope()


def test_views_of_arrays_are_packed_as_they_look() -> None:
    array = np.arange(12).reshape(3, 4).T[:, ::-1]
    np.testing.assert_array_equal(Envelope.unpack(Envelope({"a": array}).pack()).tensors["a"], array)


@pytest.mark.parametrize("kind", CODES.values())
def test_errors_travel_as_data(kind: type[TryOnError]) -> None:
    error = Envelope.unpack(Envelope.failure(kind("what to do")).pack()).error
    assert type(error) is kind
    assert str(error) == "what to do"


def test_no_error_by_default() -> None:
    assert Envelope().error is None
    assert Envelope.failure(NoPersonError("x")).noting(version="1.0").error is not None


@pytest.mark.parametrize("data", [b"", b"null", b"\x00" * 64, b'{"a": 1}'])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(PipelineError):
        Envelope.unpack(data)
