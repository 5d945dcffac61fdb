"""Visits, needs and tasks."""

from flask import Flask

from crm.visits import routes


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
