"""What speaks to a running TorchServe: requests and management, with the keys that token authorization asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import requests

from tryon.errors import from_code
from tryon.state import State

Kind = Literal["inference", "management"]
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
RENEW_BEFORE = timedelta(minutes=5)
REQUEST_ID = "X-Request-Id"  # a request's header; TorchServe hands it to every node
PATIENCE_S = 600.0  # three nodes in a row may each use their time-out of 180 s


class ServerError(Exception):
    """The server cannot be reached, or failed in a way that is no named error of a request."""


class Client:
    """One per thread: it holds an HTTP session."""

    def __init__(self, state: State, *, patience_s: float = PATIENCE_S) -> None:
        self._urls: dict[Kind, str] = {"inference": state.inference, "management": state.management}
        self._key_file = Path(state.key_file) if state.key_file else None
        self._patience_s = patience_s
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy from the environment must not see loopback traffic
        self._known: dict[str, Any] = {}

    def try_on(self, fields: Mapping[str, bytes], workflow: str = "tryon", *, request_id: str = "") -> dict[str, Any]:
        """The answer to a request. `request_id` reaches every node's log. Raises the TryOnError that the answer
        names, or ServerError."""
        files = {name: (name, data, "application/octet-stream") for name, data in fields.items()}
        more = {REQUEST_ID: request_id} if request_id else {}
        response = self._call("POST", "inference", f"/wfpredict/{workflow}", files=files, headers=more)
        answer: dict[str, Any] = response.json()
        if "error" in answer:
            raise from_code(answer["error"]["code"], answer["error"]["message"])
        return answer

    def ping(self) -> None:
        """Raises ServerError unless the server says that it is healthy."""
        self._call("GET", "inference", "/ping")

    def register(self, archive: str, workflow: str) -> None:
        """Load a workflow from the store. As query parameters: a JSON body would leave both time-outs at zero."""
        query = {"url": archive, "workflow_name": workflow, "startup_timeout": "110", "response_timeout": "200"}
        self._call("POST", "management", "/workflows", params=query)

    def workflow(self, name: str) -> Any:
        """What the server says of a workflow; ServerError when it has none of this name."""
        return self._call("GET", "management", f"/workflows/{name}").json()

    def node(self, workflow: str, node: str) -> dict[str, Any]:
        """A node's default version and workers."""
        described: list[dict[str, Any]] = self._call("GET", "management", f"/models/{workflow}__{node}").json()
        return described[0]

    def versions(self, workflow: str, node: str) -> dict[str, dict[str, Any]]:
        """All loaded versions of a node with their workers."""
        described = self._call("GET", "management", f"/models/{workflow}__{node}/all").json()
        return {str(one["modelVersion"]): one for one in described}

    def add_version(self, workflow: str, node: str, archive: str) -> None:
        """Begin to load an archive of the store beside the versions there are; returns before its workers are up.

        Not synchronously: the server would hold one of its connection threads, and the brides on it, meanwhile.
        """
        query = {"url": archive, "model_name": f"{workflow}__{node}", "initial_workers": "1", "synchronous": "false"}
        self._call("POST", "management", "/models", params=query)

    def set_default(self, workflow: str, node: str, version: str) -> None:
        """Have the workflow use a loaded version from the next request on."""
        self._call("PUT", "management", f"/models/{workflow}__{node}/{version}/set-default")

    def set_workers(self, workflow: str, node: str, version: str, count: int) -> None:
        """Begin to start or end workers of a version."""
        query = {"min_worker": str(count), "max_worker": str(count), "synchronous": "false"}
        self._call("PUT", "management", f"/models/{workflow}__{node}/{version}", params=query)

    def remove_version(self, workflow: str, node: str, version: str) -> None:
        """End a version's workers at once. The server refuses the default one."""
        self._call("DELETE", "management", f"/models/{workflow}__{node}/{version}")

    def node_reply(self, workflow: str, node: str, version: str | None, inputs: Mapping[str, bytes]) -> bytes:
        """One node's reply, by version or the default's, to inputs by name; an only input is its parent's envelope."""
        path = f"/predictions/{workflow}__{node}{f'/{version}' if version else ''}"
        if list(inputs) == ["body"]:
            headers = {"Content-Type": "application/octet-stream"}
            return self._call("POST", "inference", path, data=inputs["body"], headers=headers).content
        files = {name: (name, data, "application/octet-stream") for name, data in inputs.items()}
        return self._call("POST", "inference", path, files=files).content

    def key(self, kind: Kind) -> str | None:
        """The key to send, renewed when it is about to expire; None where token authorization is off."""
        if self._key_file is None:
            return None
        if _expires_soon(self._known.get(kind)):
            self._known = self._read_keys()
        if _expires_soon(self._known[kind]):
            self.renew(kind)
        return str(self._known[kind]["key"])

    def renew(self, kind: Kind) -> None:
        """Have the server make a new key; the old one is void at once, for every client."""
        headers = {"Authorization": f"Bearer {self._read_keys()['API']['key']}"}
        self._send("GET", "management", "/token", headers, params={"type": kind})
        self._known = self._read_keys()

    def _read_keys(self) -> dict[str, Any]:
        assert self._key_file is not None
        try:
            keys: dict[str, Any] = json.loads(self._key_file.read_text())
        except (OSError, ValueError) as error:
            raise ServerError(f"The server's keys cannot be read from {self._key_file}.") from error
        return keys

    def _call(
        self, method: str, kind: Kind, path: str, headers: Mapping[str, str] = NO_HEADERS, **request: Any
    ) -> requests.Response:
        """Send with a key; once more with the current one if another client has had it renewed meanwhile."""
        response = self._send(method, kind, path, {**headers, **self._authorization(kind)}, **request)
        if _is_key_refused(response):
            self._known = {}
            response = self._send(method, kind, path, {**headers, **self._authorization(kind)}, **request)
        if not response.ok:
            raise ServerError(f"{method} {path} was answered {response.status_code}: {_reason(response)}")
        return response

    def _authorization(self, kind: Kind) -> dict[str, str]:
        key = self.key(kind)
        return {"Authorization": f"Bearer {key}"} if key else {}

    def _send(
        self, method: str, kind: Kind, path: str, headers: Mapping[str, str], **request: Any
    ) -> requests.Response:
        try:
            return self._session.request(
                method, self._urls[kind] + path, headers=headers, timeout=self._patience_s, **request
            )
        except requests.RequestException as error:
            raise ServerError(f"The server at {self._urls[kind]} does not answer: {type(error).__name__}") from error


def _expires_soon(key: Mapping[str, str] | None) -> bool:
    if key is None:
        return True
    expiry = datetime.fromisoformat(key["expiration time"])
    return expiry - RENEW_BEFORE < datetime.now(UTC)


def _is_key_refused(response: requests.Response) -> bool:
    return response.status_code == 400 and "InvalidKeyException" in response.text


def _reason(response: requests.Response) -> str:
    try:
        return str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        return response.text[:200] or response.reason
