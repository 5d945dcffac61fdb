"""Firms: profile, names, contacts, yearly figures, IP, proposals, documents."""

from flask import Flask

from crm.firms import routes


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
