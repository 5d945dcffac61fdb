"""The criteria as living data: the library in force, drafts, what is confirmed."""

from __future__ import annotations

from flask import Flask

from crm.editions import models

TABLES = models  # imported, they are known


def init_app(app: Flask) -> None:
    """Nothing yet: the room's pages come."""
