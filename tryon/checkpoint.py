"""Checkpoints: a net's configuration, its weights and what was measured, in one safetensors file. Strict, no pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

Config = TypeVar("Config")
RANGES = "ranges"  # beside the nets' names, what `int8.measure` found


class CheckpointError(Exception):
    """The file is missing, damaged, or not of the net that was asked for."""


def save(
    path: Path,
    nets: Mapping[str, nn.Module],
    config: Any,
    figures: Mapping[str, Any],
    ranges: Mapping[str, Tensor] | None = None,
) -> None:
    """Write nets (name -> module) in half precision with their configuration dataclass, figures and, for the net that
    is served in eight bits, the ranges of `int8.measure`; atomically."""
    tensors: dict[str, Tensor] = {}
    for name, values in {**{name: net.state_dict() for name, net in nets.items()}, RANGES: ranges or {}}.items():
        for key, value in values.items():
            half = value.half() if value.is_floating_point() else value
            tensors[f"{name}.{key}"] = half.detach().cpu().contiguous()
    metadata = {"config": json.dumps(asdict(config)), "figures": json.dumps(dict(figures))}
    temporary = path.with_suffix(".tmp")
    save_file(tensors, str(temporary), metadata)
    temporary.replace(path)


def load(path: Path) -> tuple[dict[str, Any], dict[str, dict[str, Tensor]]]:
    """The configuration, and each net's weights in single precision, with RANGES beside them if there are any. Raises
    CheckpointError."""
    states: dict[str, dict[str, Tensor]] = {}
    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = file.metadata()
            for full in file.keys():  # noqa: SIM118 (safe_open is not a dictionary)
                name, key = full.split(".", 1)
                value = file.get_tensor(full)
                states.setdefault(name, {})[key] = value.float() if value.is_floating_point() else value
        return json.loads(metadata["config"]), states
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is no checkpoint of ours: {error}") from error


def figures(path: Path) -> dict[str, Any]:
    """What was measured when the checkpoint was saved."""
    with safe_open(str(path), framework="pt") as file:
        found: dict[str, Any] = json.loads(file.metadata()["figures"])
    return found


def rebuild(kind: type[Config], saved: Mapping[str, Any]) -> Config:
    """A configuration dataclass from what JSON made of it: tuples and nested dataclasses are themselves again."""
    values: dict[str, Any] = {}
    for name, value in saved.items():
        hint = get_type_hints(kind)[name]
        values[name] = (
            rebuild(hint, value)
            if isinstance(hint, type) and is_dataclass(hint)
            else tuple(value)
            if isinstance(value, list)
            else value
        )
    return kind(**values)


def restore(net: nn.Module, state: Mapping[str, Tensor], path: Path) -> None:
    """Fill a net, every weight of it and nothing else, and make it ready to infer."""
    try:
        net.load_state_dict(dict(state), strict=True)
    except RuntimeError as error:
        raise CheckpointError(f"{path} does not fit the net: {error}") from error
    net.eval().requires_grad_(False)
