"""Notices: what a person is told of, in the app, by mail, and in a group chat."""

from flask import Flask

from crm.notices import models as models  # its tables


def init_app(app: Flask) -> None:
    """Nothing yet."""
