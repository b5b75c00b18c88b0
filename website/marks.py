"""The note inside every picture that leaves the site: made by software, with the vocabulary that IPTC has for it.

Written into the finished file's bytes, so that nothing is encoded twice. The visible mark is drawn by the workflow.
"""

from __future__ import annotations

import struct
import zlib

CREATED = "AI preview: this gown was put on by software, not by a photographer."
KIND = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" Iptc4xmpExt:DigitalSourceType="{KIND}">
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{CREATED}</rdf:li></rdf:Alt></dc:description>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>""".encode()

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
HEADER_END = 33  # of a PNG: its signature and the IHDR chunk


def marked(picture: bytes) -> bytes:
    """The picture with the note: a PNG or a JPEG without any other metadata, as the workflow writes them."""
    if picture.startswith(PNG):
        body = b"iTXt" + b"XML:com.adobe.xmp\0\0\0\0\0" + XMP
        chunk = struct.pack("!I", len(body) - 4) + body + struct.pack("!I", zlib.crc32(body))
        return picture[:HEADER_END] + chunk + picture[HEADER_END:]
    if picture.startswith(JPEG):
        content = b"http://ns.adobe.com/xap/1.0/\0" + XMP
        return JPEG + b"\xff\xe1" + struct.pack("!H", len(content) + 2) + content + picture[2:]
    raise ValueError("neither a PNG nor a JPEG")


def mime(picture: bytes) -> str:
    """The media type of what `marked` accepts."""
    return "image/png" if picture.startswith(PNG) else "image/jpeg"
