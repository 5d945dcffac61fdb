"""What an administrator edits: divisions, trades, chains, terms, working days."""

from crm.firms.reference import models as models  # its tables
from crm.firms.reference.loading import FOLDER, load_reference, rows_of

__all__ = ["FOLDER", "load_reference", "rows_of"]
