"""The calendar of titles and duties."""

from __future__ import annotations

from flask import Flask

from crm.duties import models

TABLES = models  # imported, they are known


def init_app(app: Flask) -> None:
    """Nothing yet: the room's pages come."""
