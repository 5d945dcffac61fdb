"""What may become of handing a message over, if it was not taken. The sentence of each is for the administrator."""


class LaterError(Exception):
    """Surely not taken, but it may be another time. `unreachable`: nothing else would get there now either."""

    def __init__(self, problem: str, *, unreachable: bool = False) -> None:
        super().__init__(problem)
        self.unreachable = unreachable


class RefusedError(Exception):
    """Surely not taken, and it will not be."""


class UnansweredError(Exception):
    """Handed over, but the other side's answer never came: perhaps taken. To send it again might send it twice."""
