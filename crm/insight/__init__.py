"""The manager's pages: the funnel."""

from flask import Flask

from crm.insight import routes


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
