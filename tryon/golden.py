"""The golden requests: the sample pictures, and what an answer to them must be. They judge versions and readiness.

A version that serves nobody yet is reached through its node's own address: the four nodes are called one after the
other as the workflow would, with the candidate in its place.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tryon import images
from tryon.archives import MODELS, ROOT, WORKFLOW
from tryon.batch import Pair, fields
from tryon.client import Client, ServerError
from tryon.errors import TryOnError
from tryon.images import U8

SAMPLES = ROOT / "samples"
PHOTO, GOWN, LANDMARKS = SAMPLES / "bride.jpg", SAMPLES / "gown.png", SAMPLES / "gown.json"
PICTURE = SAMPLES / "gown.jpg"  # the gown worn: here the nets look at both pictures
SMALL = {"max_side": 512}


class GoldenError(Exception):
    """The sample pictures were not answered as they must be; the message says how."""


@dataclass(frozen=True)
class Golden:
    """A checked answer."""

    picture: U8
    versions: Mapping[str, str]


def missing() -> Path | None:
    """A sample picture that is not there, if any is not."""
    return next((path for path in (PHOTO, GOWN, LANDMARKS) if not path.exists()), None)


def ready_made(options: Mapping[str, object] = SMALL) -> dict[str, bytes]:
    """A request with a prepared cut-out and landmarks."""
    return fields(Pair(PHOTO, GOWN, Path()), dict(options), LANDMARKS)


def fresh() -> dict[str, bytes]:
    """A request with a product picture."""
    return fields(Pair(PHOTO, PICTURE, Path()), SMALL, None)


def served(client: Client, request: Mapping[str, bytes] | None = None) -> Golden:
    """The golden request through the workflow, as a bride sends it. Raises GoldenError."""
    try:
        return check(client.try_on(request or ready_made(), WORKFLOW))
    except TryOnError as error:
        raise GoldenError(f"The sample pictures were answered with {error.code}: {error}") from error
    except ServerError as error:
        raise GoldenError(str(error)) from error


def by_nodes(client: Client, request: Mapping[str, bytes], candidate: Mapping[str, str]) -> Golden:
    """The same with `candidate` versions (by node) instead of the served ones. Raises GoldenError."""

    def reply(node: str, inputs: Mapping[str, bytes]) -> bytes:
        return client.node_reply(WORKFLOW, node, candidate.get(node), inputs)

    try:
        prepared = reply("prepare", request)
        seen = {node: reply(node, {"body": prepared}) for node in ("segmentation", "pose")}
        found = check(json.loads(reply("cyclegan", {"prepare": prepared, **seen})))
    except (ServerError, ValueError) as error:
        raise GoldenError(str(error)) from error
    if wrong := {node: version for node, version in candidate.items() if found.versions[node] != version}:
        raise GoldenError(f"Asked of {wrong}, answered by {dict(found.versions)}.")
    return found


def check(answer: Mapping[str, Any]) -> Golden:
    """The answer's picture and versions. Raises GoldenError where it is an error or not whole."""
    if "error" in answer:
        raise GoldenError(f"The sample pictures were answered with {answer['error']}.")
    try:
        picture = images.decode(base64.b64decode(answer["image"]), what="answer")
        height, width = answer["height"], answer["width"]
        joints, versions = answer["pose"]["people"][0]["pose_keypoints_2d"], dict(answer["model_versions"])
    except (TryOnError, ValueError, KeyError, IndexError, TypeError) as error:
        raise GoldenError(f"The answer to the sample pictures is not whole: {error!r}.") from error
    if picture.shape != (height, width, 3) or len(joints) != 54 or set(versions) != set(MODELS):
        raise GoldenError(f"The answer to the sample pictures is not whole: {picture.shape}, {sorted(versions)}.")
    if float(picture.std()) < 1:
        raise GoldenError("The answer to the sample pictures is one flat colour.")
    return Golden(picture, versions)


def difference(one: Golden, other: Golden) -> float:
    """How far two answers' pictures are apart: mean absolute difference, 0..255; inf where the sizes differ."""
    if one.picture.shape != other.picture.shape:
        return float("inf")
    return float(np.abs(one.picture.astype(np.int16) - other.picture).mean())
