"""Spreadsheets in and out."""

from flask import Flask

from crm.exchange import routes


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
