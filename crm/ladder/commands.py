"""`flask --app app ladder …`: move a case, record what expired."""

from __future__ import annotations

import json
import sys
from datetime import date
from typing import Any, NoReturn

import click
from flask.cli import with_appcontext

from crm.accounts.models import User
from crm.accounts.system import acting_user
from crm.firms.loaders import load_for
from crm.kernel import audit
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.ladder import service
from crm.ladder.models import Case, Stage

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def ladder() -> None:
    """培育阶梯：移动项目、记录到期。"""


@ladder.command()
@click.option("--on", type=DAY, help="按哪一天（默认今天）。")
@with_appcontext
def expire(on: Any) -> None:
    """Record every title whose term is over. Again and again does no harm."""
    actor = _sign(None)
    try:
        expired = service.record_expiries(_day(on), actor=actor)
    except DomainError as error:
        _fail({"error": str(error)})
    db.session.commit()
    _print({"expired": [{"id": c.id, "firm": c.firm_id, "rung": c.rung, "number": c.number} for c in expired]})


@ladder.command()
@click.argument("case_id", type=int)
@click.argument("stage", type=click.Choice([stage.value for stage in Stage]))
@click.option("--as", "email", required=True, help="以谁的名义（账号邮箱）。")
@click.option("--on", type=DAY, help="日期（默认今天）。")
@click.option("--reason", help="退回的原因。")
@click.option("--override-reason", help="清单未完成仍要移动的理由（需要权限，至少 10 个字）。")
@click.option("--number", help="认定：证书或入库编号。")
@click.option("--valid-from", type=DAY, help="认定：有效期自。")
@click.option("--valid-to", type=DAY, help="认定：有效期至。")
@with_appcontext
def move(
    case_id: int,
    stage: str,
    email: str,
    on: Any,
    reason: str | None,
    override_reason: str | None,
    number: str | None,
    valid_from: Any,
    valid_to: Any,
) -> None:
    """Move a case, by the same verb as the page. Prints the open items and exits 1 where it is blocked."""
    try:
        actor = _sign(email)
        case = load_for(actor, Case, case_id)
        first = _day(valid_from)
        service.move_case(
            case,
            Stage(stage),
            actor=actor,
            on=_day(on),
            reason=reason,
            override_reason=override_reason,
            certificate=None if first is None else service.Certificate(number, first, _day(valid_to)),
        )
    except service.OpenItemsError as error:
        _fail({"error": str(error), "open": [item.as_json() for item in error.items]})
    except DomainError as error:
        _fail({"error": str(error)})
    db.session.commit()
    _print({"case": case.id, "stage": case.stage, "status": case.status})


def _sign(email: str | None) -> User:
    actor = acting_user(email)
    audit.sign(db.session, actor.id, audit.Via.COMMAND)
    return actor


def _day(value: Any) -> date | None:
    return value.date() if value is not None else None


def _print(result: dict[str, Any]) -> None:
    click.echo(json.dumps(result, ensure_ascii=False))


def _fail(result: dict[str, Any]) -> NoReturn:
    db.session.rollback()
    _print(result)
    sys.exit(1)
