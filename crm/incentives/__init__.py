"""Incentives: what firms are entitled to, what they claim, what is paid, and what became of them."""

from flask import Flask

from crm.incentives import models as models  # its tables
from crm.incentives.routes import blueprint


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
