"""Pages of the room."""

from flask import Blueprint

blueprint = Blueprint("lists", __name__)
