"""Targets: indicators with base, target and actual, handed down and forecast."""

from crm.insight.targets import models as models  # its tables
