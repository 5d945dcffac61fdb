"""The officer's pages: the day, and a firm at a glance."""

from flask import Flask

from crm.desk import routes


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
