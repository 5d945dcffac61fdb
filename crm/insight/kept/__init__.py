"""Numbers that take long to count in a large organisation: counted every hour, and shown with their time."""

LARGE = 2_000  # firms: fewer are counted whenever somebody asks, with what was entered a minute ago
