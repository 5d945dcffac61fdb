"""`flask --app app park compare`: two rules over every firm one may see, as JSON."""

from __future__ import annotations

import json
import re
import sys
from fractions import Fraction
from typing import Any

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.system import acting_user
from crm.firms.models import Firm
from crm.kernel.bulk import rows_where_in
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.ladder.models import Purpose, Rung
from crm.park import rules
from crm.park.comparisons import check
from crm.park.comparisons import compare as work_out
from crm.park.models import Verdict
from crm.policy import Edition

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,12})?")


@click.command()
@click.option("--rung", type=click.Choice([rung.value for rung in Rung]), required=True, help="哪一级。")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), required=True, help="两个版本都按这一天测算。")
@click.option("--before", required=True, help="变更前的版本编号。")
@click.option("--after", required=True, help="变更后的版本编号；草案也可以。")
@click.option(
    "--purpose", type=click.Choice([p.value for p in Purpose]), default="new", show_default=True, help="用途。"
)
@click.option("--number", "numbers", multiple=True, metavar="PATH=VALUE", help="在 --after 里改动的数字，可多次。")
@click.option("--as", "email", help="以谁的名义（账号邮箱）：只测算其管辖的企业；默认全部。")
@with_appcontext
def compare(
    rung: str, on: Any, before: str, after: str, purpose: str, numbers: tuple[str, ...], email: str | None
) -> None:
    """Who would newly qualify and who would drop out. Keeps nothing. Exits 2 with a sentence where it cannot be asked."""
    try:
        user = acting_user(email)
        if user.organisation is None:
            raise DomainError(_("这个账号不属于任何单位，不能测算。"))
        one, other = (_edition(rules.offered(user), name, rung, purpose) for name in (before, after))
        changed = check(one, other, on.date(), dict(map(_number, numbers)))
        with db.reading():
            found = work_out(one, changed, on.date(), user.organisation)
            moved = found.moved()
            gained = [row for row in moved if row[2] is Verdict.MET]
            lost = [row for row in moved if row[1] is Verdict.MET]
            result = {
                "on": on.date().isoformat(),
                "rung": rung,
                "purpose": purpose,
                "firms": len(found.firm_ids),
                "outside": found.outside,
                "before": {"edition": one.id, "hash": one.hash},
                "after": {"edition": changed.id, "hash": changed.hash, "numbers": list(numbers)},
                "counts": found.counts(),
                "gained": _firms(gained),
                "lost": _firms(lost),
            }
    except DomainError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    click.echo(json.dumps(result, ensure_ascii=False))


def _edition(offered: list[Edition], name: str, rung: str, purpose: str) -> Edition:
    there = {edition.id: edition for edition in rules.same_kind(offered, rung, purpose)}
    found = there.get(name) or there.get(f"{name}.{purpose}")
    if found is None:
        known = _("、").join(sorted(there)) or _("无")
        raise DomainError(
            _(
                "%(rung)s 没有用途为 %(purpose)s 的版本 %(name)s；现有：%(known)s",
                rung=rung,
                purpose=purpose,
                name=name,
                known=known,
            )
        )
    return found


def _number(text: str) -> tuple[str, Fraction]:
    path, _equals, value = text.rpartition("=")
    if not path or not _NUMBER.fullmatch(value):
        raise DomainError(_("“%(text)s”应写成 路径=数字，例如 criteria[HT-04].value=0.15。", text=text))
    return path, Fraction(value)


def _firms(moved: list[tuple[int, Verdict, Verdict]]) -> list[dict[str, Any]]:
    """The firms by id, each with both verdicts: what is unknown is not what is not met."""
    statement = select(Firm.id, Firm.credit_code, Firm.name)
    ids = [firm_id for firm_id, _before, _after in moved]
    named = {row.id: row for row in rows_where_in(db.session, statement, Firm.id, ids)}
    return [
        {
            "id": firm_id,
            "credit_code": named[firm_id].credit_code,
            "name": named[firm_id].name,
            "before": before.value,
            "after": after.value,
        }
        for firm_id, before, after in sorted(moved)
    ]
