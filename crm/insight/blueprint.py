"""The blueprint to which the pages of this room are added."""

from flask import Blueprint

blueprint = Blueprint("insight", __name__)
