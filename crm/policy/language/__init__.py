"""The language editions are written in, and the library of those on file."""
