"""Pages of what a firm could change. Each file adds its views to this one blueprint."""

from flask import Blueprint

blueprint = Blueprint("outlook", __name__)
