"""Uploaded bytes, kept by their content."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from crm.kernel import files


def test_two_who_bring_the_same_file_at_once_both_keep_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second writes it while the first has not yet put it in its place."""
    app = Flask(__name__)
    app.config["FILES"] = tmp_path
    write = Path.write_bytes
    digests = []

    def meanwhile(path: Path, content: bytes) -> int:
        written = write(path, content)
        if not digests:
            digests.append("begun")
            digests.append(files.store(content))
        return written

    monkeypatch.setattr(Path, "write_bytes", meanwhile)
    with app.app_context():
        assert files.store(b"a photo") == digests[1]
        kept = files.path_of(digests[1])
    assert kept.read_bytes() == b"a photo"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [kept]
