"""Numbers that take long to count in a large organisation: counted every hour, and shown with their time."""
