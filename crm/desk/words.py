"""What a person reads for the words of this room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.desk.watches import STUCK_AFTER, Watch

# The records whose changes stand on a firm's timeline by themselves; others have events of their own.
CHANGED: dict[str, Any] = {
    "firm": _l("基本情况"),
    "firm_name": _l("曾用名"),
    "firm_fact": _l("条件事实"),
    "contact": _l("联系人"),
    "yearly_figures": _l("年度数据"),
    "ip_right": _l("知识产权"),
    "register_entry": _l("登记事项"),
}


@dataclass(frozen=True)
class WatchWords:
    """How a list of the day is called, what it is about, and what it says when it is empty."""

    title: str
    about: str
    empty: str
    icon: str


def watch_words(watch: Watch, unseen_after: int) -> WatchWords:
    """The words of one list for a person who asks after firms not seen for so many days."""
    if watch is Watch.STUCK:
        about = _("在一个阶段停了 %(n)s 天以上，要看卡在哪里。", n=STUCK_AFTER.days)
        return WatchWords(_("停住的培育"), about, _("培育都在往前走，没有停住的。"), "wait")
    about = _("%(n)s 天没有人去过、也没有安排走访的企业。", n=unseen_after)
    return WatchWords(_("久未走访"), about, _("%(n)s 天内都去过或安排了。", n=unseen_after), "visit")
