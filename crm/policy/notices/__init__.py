"""What an office announces beside an edition: windows, site checks, papers."""
