"""Pages of the room."""

from flask import Blueprint

blueprint = Blueprint("incentives", __name__)
