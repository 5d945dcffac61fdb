"""What the ladder forbids when two firms become one: two cases at once towards one rung, two titles of one rung at a time.

And what its criteria would count twice: the same award, institution, round … entered at both.
"""

from __future__ import annotations

from datetime import date, timedelta

from flask import Flask
from flask_babel import gettext as _

from crm.firms.duplicates.preview import Remark, Ruling, add_rule
from crm.firms.duplicates.rows import Row
from crm.firms.naming import comparable
from crm.ladder.models import CaseStatus
from crm.ladder.words import RUNGS

SAYS = ("kind", "level", "severity", "number", "amount", "rank", "role", "party")


def init_app(app: Flask) -> None:
    add_rule(app, "cultivation_case", cases)
    add_rule(app, "credential", credentials)
    add_rule(app, "register_entry", entries)


def cases(kept: list[Row], gone: list[Row]) -> Ruling:
    """A firm has one open case a rung."""
    open_ = {row["rung"]: row for row in kept if row["status"] is CaseStatus.OPEN}
    both = [(open_[row["rung"]], row) for row in gone if row["status"] is CaseStatus.OPEN and row["rung"] in open_]
    return Ruling(
        forbidden=[
            Remark(
                _("两家都有“%(rung)s”的在办培育。请先了结其中一条，再合并。", rung=RUNGS[row["rung"]]),
                [
                    (_("保留方的培育项目"), "ladder.case", {"case_id": other["id"]}),
                    (_("并入方的培育项目"), "ladder.case", {"case_id": row["id"]}),
                ],
            )
            for other, row in both
        ]
    )


def credentials(kept: list[Row], gone: list[Row]) -> Ruling:
    """The same title entered twice stays behind; two different ones at a time have to be looked into first."""
    left, forbidden = [], []
    for row in gone:
        for other in kept:
            if other["rung"] is not row["rung"]:
                continue
            if (other["number"], other["valid_from"]) == (row["number"], row["valid_from"]):
                left.append(row["id"])
            elif row["valid_from"] <= _last(other) and other["valid_from"] <= _last(row):
                words = _("两家的“%(rung)s”资质时间重叠。请先核对、改正其中一项，再合并。", rung=RUNGS[row["rung"]])
                titles = {"_anchor": "titles"}
                forbidden.append(
                    Remark(
                        words,
                        [
                            (_("保留方的资质"), "ladder.standing", {"firm_id": other["firm_id"], **titles}),
                            (_("并入方的资质"), "ladder.standing", {"firm_id": row["firm_id"], **titles}),
                        ],
                    )
                )
    return Ruling(left, forbidden)


def entries(kept: list[Row], gone: list[Row]) -> Ruling:
    """The same entry made at both stays behind."""
    return Ruling([row["id"] for row in gone if any(_same_entry(row, other) for other in kept)])


def _same_entry(one: Row, other: Row) -> bool:
    """By register, name and day; nothing else that both say differs."""
    if (one["register"], one["on"], comparable(one["name"])) != (
        other["register"],
        other["on"],
        comparable(other["name"]),
    ):
        return False
    return all(one[name] is None or other[name] is None or one[name] == other[name] for name in SAYS)


def _last(row: Row) -> date:
    """The last day a title is held."""
    ended = row["ended_on"] - timedelta(days=1) if row["ended_on"] is not None else date.max
    return min(row["valid_to"] or date.max, ended)
