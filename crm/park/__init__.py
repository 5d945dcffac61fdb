"""The whole park at once: readiness, comparisons."""

from __future__ import annotations

from flask import Flask

from crm.park import models
from crm.park.blueprint import blueprint

TABLES = models  # imported, they are known


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
