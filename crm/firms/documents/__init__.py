"""Uploaded files of a firm, and the part of a form that names its evidence."""
