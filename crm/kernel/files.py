"""Uploaded bytes, kept by their content: the same file is kept once, and a lost transaction leaves no harm."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

from flask import current_app


def store(content: bytes) -> str:
    """Keep the bytes; return their SHA-256, which is their address."""
    digest = hashlib.sha256(content).hexdigest()
    path = path_of(digest)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{secrets.token_hex(8)}")  # two may bring the same at once
        unfinished.write_bytes(content)
        unfinished.replace(path)
    return digest


def path_of(digest: str) -> Path:
    """Where the bytes of this SHA-256 are."""
    return Path(current_app.config["FILES"]) / digest[:2] / digest
