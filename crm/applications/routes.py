"""Pages of the room."""

from flask import Blueprint

blueprint = Blueprint("applications", __name__)
