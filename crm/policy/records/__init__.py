"""One assessment as one document, and judging it again."""
