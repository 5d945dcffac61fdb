"""What a person reads for the columns of this room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.policy import title_of
from crm.web.language import language

SCENARIO_FIELDS: dict[str, Any] = {
    "name": _l("名称"),
    "rung": _l("方向"),
    "purpose": _l("申报类型"),
    "on": _l("按哪一天"),
    "changes": _l("改动"),
    "internal": _l("仅工作人员可见"),
    "created_by_id": _l("存下的人"),
}


def changes_text(changes: Mapping[str, list[str]]) -> str:
    """What a scenario changes, as the history tells it."""
    here = language()
    return "；".join(f"{title_of(path.removeprefix('list.'))[here]} {'、'.join(to)}" for path, to in changes.items())
