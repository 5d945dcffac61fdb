"""What the rules of claims forbid when two firms become one: the same thing claimed by both."""

from __future__ import annotations

from flask import Flask
from flask_babel import gettext as _

from crm.firms.duplicates.preview import Ruling, add_rule
from crm.firms.duplicates.rows import Row
from crm.incentives.models import ClaimState
from crm.incentives.words import incentive_title

OVER = (ClaimState.REFUSED, ClaimState.WITHDRAWN)


def init_app(app: Flask) -> None:
    add_rule(app, "claim", claims)


def claims(kept: list[Row], gone: list[Row]) -> Ruling:
    """A claim that came to nothing stays behind; two of one thing under way have to be looked into first."""
    known = {_key(row): row for row in kept}
    left, forbidden = [], []
    for row in gone:
        other = known.get(_key(row))
        if other is None:
            continue
        if row["state"] in OVER:
            left.append(row["id"])
        elif other["state"] in OVER:
            forbidden.append(
                _(
                    "保留的企业对“%(incentive)s”（%(year)s 年度）的申领没有结果，另一家的还有效。请改为保留另一家。",
                    incentive=incentive_title(row["incentive"]),
                    year=row["year"],
                )
            )
        else:
            forbidden.append(
                _(
                    "两家都申领过“%(incentive)s”（%(year)s 年度）。请先撤回其中一笔，再合并。",
                    incentive=incentive_title(row["incentive"]),
                    year=row["year"],
                )
            )
    return Ruling(left, forbidden)


def _key(row: Row) -> tuple[str, int, str]:
    return row["incentive"], row["year"], row["cause"]
