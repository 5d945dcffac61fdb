"""Pages of the room."""

from flask import Blueprint

blueprint = Blueprint("services", __name__)
