"""Pages of the firms room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("firms", __name__)
