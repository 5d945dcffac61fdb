"""Pages of the incentives: of a firm, of claims, of policies, of a place's own documents; the modules beside this one add theirs."""

from flask import Blueprint

blueprint = Blueprint("incentives", __name__)
