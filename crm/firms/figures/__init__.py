"""Yearly figures: the series, provenance of each value, ratios, plausibility."""
