"""Pages of the ladder room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("ladder", __name__)
