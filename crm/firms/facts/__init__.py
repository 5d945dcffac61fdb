"""Facts of the firm as a whole that criteria read, in groups."""
