"""Organisations, users, roles, scope, sign-in, permissions."""

from flask import Flask

from crm.accounts import routes, signing


def init_app(app: Flask) -> None:
    signing.init_app(app)
    app.register_blueprint(routes.blueprint)
