"""What a firm could change: what-if, scenarios, ways, years, forecast."""

from __future__ import annotations

from flask import Flask

from crm.outlook import models

TABLES = models  # imported, they are known


def init_app(app: Flask) -> None:
    """Nothing yet: the room's pages come."""
