"""The room's one blueprint; its modules add their pages to it."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("editions", __name__)
