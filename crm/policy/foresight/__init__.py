"""What could change: the cheapest ways, revenue bands, next year by the trend."""
