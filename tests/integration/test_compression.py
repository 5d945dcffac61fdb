"""Pages and built files travel compressed to a browser, and as they are to who does not ask."""

from __future__ import annotations

import gzip

import pytest

TAKES = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.mark.parametrize("path", ["/sign-in", "/static/tidu.css", "/static/icons.svg"])
def test_text_travels_compressed(app, path: str) -> None:
    plain, packed = (
        app.test_client().get(path, buffered=True),
        app.test_client().get(path, headers=TAKES, buffered=True),
    )
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
    if path.startswith("/static"):
        assert gzip.decompress(packed.data) == plain.data
    else:
        assert b"<!doctype html>" in gzip.decompress(packed.data).lower()


def test_a_kept_file_is_not_sent_again(app) -> None:
    first = app.test_client().get("/static/tidu.css", headers=TAKES, buffered=True)
    again = app.test_client().get(
        "/static/tidu.css", headers={**TAKES, "If-None-Match": first.headers["ETag"]}, buffered=True
    )
    assert again.status_code == 304
    assert again.data == b""


def test_the_length_of_a_page_does_not_tell_its_content(app) -> None:
    lengths = {len(app.test_client().get("/sign-in", headers=TAKES, buffered=True).data) for _time in range(9)}
    assert len(lengths) > 2
