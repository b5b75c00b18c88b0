"""Errors that a request can cause: each has a stable code, so that a web page can put it into words."""

from __future__ import annotations


class TryOnError(Exception):
    """Base of all errors that a caller can mend. `code` is the class name and part of the REST contract."""

    @property
    def code(self) -> str:
        return type(self).__name__


class InputValidationError(TryOnError):
    """A field is missing, or its value is not what the contract says."""


class ImageLoadError(TryOnError):
    """The bytes are no picture that we read (JPEG, PNG, WebP), or a broken one."""


class ImageTooLarge(TryOnError):
    """More pixels or bytes than we accept."""


class ImageTooSmall(TryOnError):
    """Too few pixels to see a person or a gown."""


class NoPersonError(TryOnError):
    """Nobody was found in the photo."""


class MultiplePeopleError(TryOnError):
    """Several equally prominent people: we cannot know who the bride is."""


class PoseError(TryOnError):
    """A joint that the gown hangs on was not found; the message names it and says what to do."""


class GownNotFoundError(TryOnError):
    """No gown was found in the product picture."""


class PipelineError(TryOnError):
    """Our own failure: nothing that the caller sent explains it."""


CODES: dict[str, type[TryOnError]] = {cls.__name__: cls for cls in TryOnError.__subclasses__()}


def from_code(code: str, message: str) -> TryOnError:
    """The error that travelled as data, as an exception again."""
    return CODES.get(code, PipelineError)(message)
