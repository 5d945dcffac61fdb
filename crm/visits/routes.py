"""Pages of the visits room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("visits", __name__)
