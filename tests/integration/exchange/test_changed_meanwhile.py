"""Somebody saves a record between its reading and its writing: their work is not overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from crm.exchange.models import ImportKind, RunState
from crm.exchange.undo import undo_run
from crm.firms.figures.bulk import FiguresRow, bulk_record_figures
from crm.firms.figures.models import YearlyFigures
from crm.firms.figures.service import record_figures
from crm.firms.ip.bulk import RightRow, bulk_record_rights
from crm.firms.ip.models import IpKind, IpRight
from crm.kernel import audit
from crm.kernel.bulk import ChangedMeanwhileError
from tests.factories import Park
from tests.integration.exchange.conftest import Importing
from tests.integration.exchange.test_ip_import import number


@contextmanager
def saved_by_another(session: Session, table: str, change: str) -> Iterator[None]:
    """Somebody else's save of the table's only record lands just before our first update of it."""
    waiting = [f"UPDATE {table} SET {change}, version = version + 1"]  # noqa: S608

    def intrude(_connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        if waiting and statement.startswith(f"UPDATE {table} "):
            cursor.execute(waiting.pop())

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", intrude)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", intrude)
    assert not waiting


def test_figures_saved_meanwhile_are_not_overwritten(session: Session, park: Park) -> None:
    figures = record_figures(actor=park.officer, firm=park.firm, year=2024, values={"revenue": Decimal(1)})
    session.commit()
    row = FiguresRow(park.firm.id, 2024, {"revenue": Decimal(5)})
    with saved_by_another(session, "yearly_figures", "employees = 7"), pytest.raises(ChangedMeanwhileError):
        bulk_record_figures(session, [row], park.officer)
    bulk_record_figures(session, [row], park.officer)
    session.refresh(figures)
    assert (figures.revenue, figures.employees, figures.version) == (Decimal(5), 7, 3)


def test_a_right_saved_meanwhile_is_not_overwritten(session: Session, park: Park) -> None:
    first = RightRow(park.firm.id, number(41), IpKind.UTILITY_MODEL, {"title": "一种轴承"})
    bulk_record_rights(session, [first], park.officer)
    session.commit()
    row = RightRow(park.firm.id, number(41), IpKind.UTILITY_MODEL, {"title": "一种滚动轴承"})
    with saved_by_another(session, "ip_right", "owner_rank = 3"), pytest.raises(ChangedMeanwhileError):
        bulk_record_rights(session, [row], park.officer)
    bulk_record_rights(session, [row], park.officer)
    right = session.scalars(select(IpRight)).one()
    assert (right.title, right.owner_rank, right.version) == ("一种滚动轴承", 3, 3)


def test_a_right_saved_while_an_import_is_taken_back_is_not_overwritten(
    importing: Importing, session: Session, park: Park
) -> None:
    content = f"专利名称,申请号,申请人\n一种轴承,{number(42)},{park.firm.name}\n"
    importing.save(ImportKind.IP, content)
    run = importing.save(ImportKind.IP, content.replace("一种轴承", "一种滚动轴承"))
    audit.sign(session, park.officer.id, audit.Via.IMPORT, run.id)
    with saved_by_another(session, "ip_right", "title = '改过的名称'"), pytest.raises(ChangedMeanwhileError):
        undo_run(session, run, park.officer)
    assert session.scalars(select(IpRight.title)).one() == "改过的名称"


def test_taking_back_begins_again_after_such_a_save(importing: Importing, session: Session, park: Park) -> None:
    run = importing.save(ImportKind.FIGURES, f"信用代码,年份,营业收入\n{park.firm.credit_code},2024,1\n")
    run = importing.save(ImportKind.FIGURES, f"信用代码,年份,营业收入\n{park.firm.credit_code},2024,5\n")
    with saved_by_another(session, "yearly_figures", "employees = 7"):
        run = importing.undo(run)
    assert (run.state, run.error) == (RunState.UNDONE, None)
    figures = session.scalars(select(YearlyFigures)).one()
    assert figures.revenue == Decimal(1)
