"""The policy library: documents by number, what they replace, and what cites them."""

from flask import Flask

from crm.library import models as models  # its tables
from crm.library.routes import blueprint


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
