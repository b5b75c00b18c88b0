"""Share links: a picture that this site has made, in memory, until its time is up or its owner deletes it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from website.problems import Problem
from website.settings import Settings

ID_BYTES = 16  # 128 random bits: no link can be guessed


@dataclass(frozen=True)
class Shared:
    """picture: a finished file. `expires` is read off the store's clock; `key` deletes it."""

    picture: bytes
    expires: float
    key: str


class Seal:
    """Proof that a picture was made here. Without it, anybody could have any picture hosted under this address."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def of(self, picture: bytes) -> str:
        return base64.urlsafe_b64encode(hmac.digest(self._secret, hashlib.sha256(picture).digest(), "sha256")).decode()

    def holds(self, picture: bytes, seal: str) -> bool:
        return hmac.compare_digest(self.of(picture).encode(), seal.encode())


class Shares:
    """Shared pictures by id."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._by_id: dict[str, Shared] = {}

    def add(self, picture: bytes) -> tuple[str, Shared]:
        """Keep a picture. Raises Problem where there is no room: no older link is dropped for a newer."""
        self.sweep()
        used = sum(len(shared.picture) for shared in self._by_id.values())
        full = len(self._by_id) >= self._settings.share_pictures
        if full or used + len(picture) > self._settings.share_bytes:
            raise Problem("ShareRefused", "No share link can be made just now. Please download the picture instead.")
        name = secrets.token_urlsafe(ID_BYTES)
        shared = Shared(picture, self._clock() + self._settings.share_s, secrets.token_urlsafe(ID_BYTES))
        self._by_id[name] = shared
        return name, shared

    def get(self, name: str) -> Shared:
        """Raises Problem for a link that never was, is over, or was deleted: they look the same."""
        self.sweep()
        if name not in self._by_id:
            raise Problem("UnknownShare", "This link has expired or was deleted.")
        return self._by_id[name]

    def delete(self, name: str, key: str) -> None:
        """Raises Problem where the link or its key is wrong."""
        if not hmac.compare_digest(self.get(name).key.encode(), key.encode()):
            raise Problem("UnknownShare", "This link has expired or was deleted.")
        del self._by_id[name]

    def left_s(self, shared: Shared) -> float:
        return shared.expires - self._clock()

    def sweep(self) -> None:
        """Forget what is over."""
        now = self._clock()
        self._by_id = {name: shared for name, shared in self._by_id.items() if shared.expires > now}
