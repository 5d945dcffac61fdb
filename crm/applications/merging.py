"""What applications forbid when two firms become one: two of them under way in one window."""

from __future__ import annotations

from flask_babel import gettext as _

from crm.applications.machine import State
from crm.firms.duplicates.preview import Ruling
from crm.firms.duplicates.rows import Row

OVER = (State.REFUSED, State.WITHDRAWN)


def applications(kept: list[Row], gone: list[Row]) -> Ruling:
    """A firm has one application a window, but for those refused or withdrawn."""
    taken = {row["window_id"] for row in kept if row["state"] not in OVER}
    both = [row for row in gone if row["state"] not in OVER and row["window_id"] in taken]
    words = _("两家在同一个申报窗口都有申报。请先撤回其中一份，再合并。")
    return Ruling(forbidden=[words] if both else [])
