"""Work without network: what a device may keep of one person's pages, and forms that it sends later."""

from flask import Flask

from crm.desk.offline import received, routes


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    received.init_app(app)
