"""The tables of a survey report (调研报告) worked out of the record: who does R&D, who has patents, whom firms employ, why they do not innovate."""

from crm.insight.diagnosis import models as models  # its tables
