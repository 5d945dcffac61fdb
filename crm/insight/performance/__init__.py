"""How parks perform: weighted indicators (五好园区), ranked with reasons."""

from crm.insight.performance import models as models  # its tables
