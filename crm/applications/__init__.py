"""Applications: programmes and windows, what a firm hands in, and the official lists of results."""

from flask import Flask

from crm.applications import models as models  # its tables
from crm.applications.routes import blueprint


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
