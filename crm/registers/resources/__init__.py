"""What a place has to offer its firms: experts, achievements, instruments, carriers, alliances, events."""

from flask import Flask

from crm.registers.resources.words import add_history_words


def init_app(app: Flask) -> None:
    add_history_words(app)
