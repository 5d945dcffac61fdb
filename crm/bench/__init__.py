"""Large deterministic data, to measure on."""
