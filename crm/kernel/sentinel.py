"""“Not given”, where None means “unknown”: for verbs that change only what they are told."""

from enum import Enum
from typing import Final, Literal, TypeAlias


class _Sentinel(Enum):
    NOT_PROVIDED = "not provided"


NOT_PROVIDED: Final = _Sentinel.NOT_PROVIDED
NotProvided: TypeAlias = Literal[_Sentinel.NOT_PROVIDED]
