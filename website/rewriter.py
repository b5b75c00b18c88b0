"""The child process that reads what strangers sent: decoded, turned upright, bounded, written anew without metadata.

`python -m website.rewriter` answers on stdout what it is asked on stdin. It can write no file, and its memory is
bounded: a picture that brings a decoder down costs one child, which `website.pictures` replaces.
"""

from __future__ import annotations

import json
import resource
import struct
import sys
from typing import Any, BinaryIO

from tryon import images
from tryon.errors import ImageTooLarge, ImageTooSmall, TryOnError

MEMORY = 2 * 2**30
LENGTHS = struct.Struct("!II")  # bytes of the JSON header, bytes of the picture


def pack(header: dict[str, Any], data: bytes = b"") -> bytes:
    """A message, in either direction."""
    text = json.dumps(header).encode()
    return LENGTHS.pack(len(text), len(data)) + text + data


def rewrite(data: bytes, what: str, *, max_side: int, least_side: int) -> bytes:
    """A fresh PNG of the picture. Raises TryOnError."""
    picture = images.decode(data, what=what)
    if min(picture.shape[:2]) < least_side:
        size = f"{picture.shape[1]}x{picture.shape[0]}"
        raise ImageTooSmall(f"The {what} is {size}; each side needs at least {least_side} pixels.")
    return images.encode(images.bound(picture, max_side))


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer until the parent closes the pipe."""
    while lengths := source.read(LENGTHS.size):
        text, size = LENGTHS.unpack(lengths)
        asked = json.loads(source.read(text))
        try:
            reply = pack({}, rewrite(source.read(size), **asked))
        except TryOnError as error:
            reply = pack({"code": error.code, "message": str(error)})
        except MemoryError:
            reply = pack({"code": ImageTooLarge.__name__, "message": f"The {asked['what']} needs too much memory."})
        sink.write(reply)
        sink.flush()


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would be a photo on the disk
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
