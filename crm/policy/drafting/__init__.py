"""Editions changed and told: their numbers, their clauses in words, what differs."""
