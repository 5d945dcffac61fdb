"""The ladder: credentials, cases, checklists, transitions, assessments."""

from flask import Flask

from crm.ladder import routes


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
