"""Firms that may be one and the same: proposed, compared, merged, and taken apart again."""
