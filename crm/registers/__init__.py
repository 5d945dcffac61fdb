"""Registers: institutions, awards, equity, standards, honours, incidents."""

from flask import Flask

from crm.registers import routes


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
