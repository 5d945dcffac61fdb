"""Assessments that are kept: with the facts, their sources and the whole edition, so that each can be run again."""
