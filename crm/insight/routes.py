"""Pages of the insight room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("insight", __name__)
