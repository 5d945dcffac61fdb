"""The IP register: numbers, classes, terms, fees."""
