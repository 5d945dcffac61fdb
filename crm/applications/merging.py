"""What applications forbid when two firms become one: two of them under way in one window."""

from __future__ import annotations

from flask_babel import gettext as _

from crm.applications.machine import State
from crm.firms.duplicates.preview import Page, Remark, Ruling
from crm.firms.duplicates.rows import Row

OVER = (State.REFUSED, State.WITHDRAWN)


def applications(kept: list[Row], gone: list[Row]) -> Ruling:
    """A firm has one application a window, but for those refused or withdrawn."""
    taken = {row["window_id"]: row for row in kept if row["state"] not in OVER}
    both = [(taken[row["window_id"]], row) for row in gone if row["state"] not in OVER and row["window_id"] in taken]
    words = _("两家在同一个申报窗口都有申报。请先撤回其中一份，再合并。")
    return Ruling(
        forbidden=[
            Remark(words, [_page(_("保留方的申报"), one), _page(_("并入方的申报"), other)]) for one, other in both
        ]
    )


def _page(words: str, row: Row) -> Page:
    return words, "applications.show", {"application_id": row["id"]}
