"""Pages of the ladder room; the modules beside this one add theirs to the blueprint."""

from flask import Blueprint

blueprint = Blueprint("ladder", __name__)
