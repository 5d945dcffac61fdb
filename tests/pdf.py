"""Reads the text of our own PDFs back, page by page: what a person would see."""

from __future__ import annotations

import re
import zlib

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_SHOWN = re.compile(rb"\(((?:\\.|[^\\)])*)\) Tj", re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_CODE = re.compile(r"<([0-9A-F]{4})> <([0-9A-F]+)>")


def pages_of(content: bytes) -> list[str]:
    """The lines of each page, in the order they were written."""
    assert content.startswith(b"%PDF-")
    streams = [_inflated(match[1]) for match in _STREAM.finditer(content)]
    (table,) = [stream.decode() for stream in streams if b"beginbfchar" in stream]
    characters = {int(code, 16): bytes.fromhex(shown).decode("utf-16-be") for code, shown in _CODE.findall(table)}
    return [
        "\n".join(_line(match[1], characters) for match in _SHOWN.finditer(stream))
        for stream in streams
        if b" Tj" in stream
    ]


def _inflated(stream: bytes) -> bytes:
    # The end of a stream may itself look like the end of a line, and is then missing here: what was packed is whole without it.
    try:
        return zlib.decompressobj().decompress(stream)
    except zlib.error:
        return stream


def _line(escaped: bytes, characters: dict[int, str]) -> str:
    raw = _ESCAPED.sub(lambda match: {b"r": b"\r", b"n": b"\n"}.get(match[1], match[1]), escaped)
    codes = [int.from_bytes(raw[index : index + 2], "big") for index in range(0, len(raw), 2)]
    return "".join(characters[code] for code in codes)
