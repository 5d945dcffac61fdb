"""Text is sent compressed to whoever takes it so: pages are first opened on a phone at a firm's door."""

from __future__ import annotations

import gzip
import io
import secrets
from functools import lru_cache

from flask import Flask, Response, request

TEXTS = {
    "application/javascript",
    "application/json",
    "application/manifest+json",
    "image/svg+xml",
    "text/calendar",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
    "text/plain",
}
LEAST = 1000  # bytes; below it nothing is won
SPREAD = 100  # bytes


def init_app(app: Flask) -> None:
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if response.mimetype not in TEXTS:
        return response
    response.vary.add("Accept-Encoding")
    if (
        response.status_code != 200
        or (response.content_length or 0) < LEAST
        or "Content-Encoding" in response.headers
        or request.accept_encodings["gzip"] == 0
    ):
        return response
    response.direct_passthrough = False  # a built file is read like a page
    content, (etag, _weak) = response.get_data(), response.get_etag()
    response.set_data(_file(etag, content) if etag else _page(content))
    response.headers["Content-Encoding"] = "gzip"
    if etag:
        response.set_etag(etag, weak=True)  # the same text, not the same bytes
    return response


@lru_cache(maxsize=32)
def _file(_etag: str, content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _page(content: bytes) -> bytes:
    """With a name of random length in its head, so that the length of a page does not tell what stands in it.

    A page holds both a secret (its token) and words from its address; who could try words and measure the answers would
    read the secret off their lengths (https://breachattack.com; the name is how Django's middleware does it).
    """
    buffer = io.BytesIO()
    name = "x" * secrets.randbelow(SPREAD)
    with gzip.GzipFile(filename=name, mode="wb", compresslevel=6, fileobj=buffer, mtime=0) as packed:
        packed.write(content)
    return buffer.getvalue()
