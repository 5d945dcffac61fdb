"""The firm's own pages."""

from flask import Flask

from crm.portal import routes


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
