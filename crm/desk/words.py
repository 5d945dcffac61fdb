"""What a person reads for the words of this room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.desk.queries import Watch

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

    title: Any
    about: Any
    empty: Any
    icon: str


WATCHES: dict[Watch, WatchWords] = {
    Watch.STUCK: WatchWords(
        _l("停住的培育"), _l("在一个阶段停了 90 天以上，要看卡在哪里。"), _l("培育都在往前走，没有停住的。"), "wait"
    ),
    Watch.UNVISITED: WatchWords(_l("久未走访"), _l("90 天没有人去过的企业。"), _l("90 天内都去过了。"), "visit"),
}
