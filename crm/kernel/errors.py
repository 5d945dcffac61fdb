"""Errors that are for people: each says what, where and how to mend it."""

from collections.abc import Mapping
from typing import Any


class DomainError(Exception):
    """A rule of the field was broken. `message` is for the user; `field` names the form field it belongs to."""

    def __init__(self, message: Any, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return str(self.message)


class NotFoundError(DomainError):
    """There is no such record within the asker's scope. Shown as 404, so that a stranger learns nothing."""


class NotAllowedError(DomainError):
    """The person may see the record but lacks the permission for this verb. Shown as 403."""


class EditConflictError(DomainError):
    """Someone else saved the record since the form was opened; `differences` is [(label, theirs, mine)].

    `version` is the one saved now: the form takes it over, so that sending it again is a decision made knowingly.
    `theirs` are values this person never touched and the form takes over too.
    """

    def __init__(
        self,
        message: Any,
        differences: list[tuple[Any, Any, Any]],
        *,
        version: int | None = None,
        theirs: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.differences = differences
        self.version = version
        self.theirs = theirs or {}
