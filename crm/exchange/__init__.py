"""Spreadsheets in and out."""

from flask import Flask

from crm.exchange import routes
from crm.kernel import jobs  # noqa: F401


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
