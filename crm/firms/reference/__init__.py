"""What an administrator edits: divisions, trades, chains, terms, working days."""

from crm.firms.reference import models as models  # its tables
from crm.firms.reference.loading import load_reference, rows_of
from crm.firms.reference.places import FOLDER

__all__ = ["FOLDER", "load_reference", "rows_of"]
