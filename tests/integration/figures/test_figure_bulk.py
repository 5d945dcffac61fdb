"""The bulk twin does what the single verb does, to thousands of rows."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import func, select

from crm.firms.figures import service as figure_service
from crm.firms.figures.bulk import FiguresRow, Outcome, bulk_record_figures, bulk_remove_figures
from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.figures.queries import years_of, years_with_sources
from crm.firms.models import State
from crm.kernel.audit import Change
from crm.kernel.errors import DomainError
from tests.factories import Park, make_firm
from tests.queries import count_queries


def test_rows_are_created_updated_and_left_alone(session, park: Park) -> None:
    kept = figure_service.record_figures(
        actor=park.officer, firm=park.firm, year=2022, values={"revenue": Decimal(100), "rd": Decimal(5)}
    )
    figure_service.verify_figures(actor=park.officer, figures=kept, keys=["revenue", "rd"])
    rows = [
        FiguresRow(park.firm.id, 2022, {"revenue": Decimal(100), "rd": Decimal("6.01")}),
        FiguresRow(park.firm.id, 2023, {"revenue": Decimal(90), "employees": 10, "rd": None}),
        FiguresRow(park.firm.id, 2023, {"employees": 10}),
        FiguresRow(park.other_firm.id, 2023, {"revenue": Decimal(0)}),
    ]
    done = bulk_record_figures(session, rows, park.officer)
    assert [each.outcome for each in done] == [Outcome.UPDATED, Outcome.CREATED, Outcome.UNCHANGED, Outcome.CREATED]
    assert done[0].before == {"rd": Decimal(5)}
    first, second = years_with_sources(park.firm.id)
    assert (first.rd, first.version) == (Decimal("6.01"), 3 - 1)
    assert {source.key: source.state for source in first.sources} == {"revenue": State.VERIFIED, "rd": State.DECLARED}
    assert (second.revenue, second.employees, second.rd) == (Decimal(90), 10, None)
    assert sorted(source.key for source in second.sources) == ["employees", "revenue"]
    assert all(source.entered_by_id == park.officer.id for source in second.sources)
    assert years_of(park.other_firm.id)[0].revenue == 0


def test_history_is_written_as_for_a_single_edit(session, park: Park) -> None:
    bulk_record_figures(session, [FiguresRow(park.firm.id, 2023, {"revenue": Decimal("90.5")})], park.officer)
    bulk_record_figures(session, [FiguresRow(park.firm.id, 2023, {"revenue": Decimal(91)})], park.officer)
    created, updated = session.scalars(
        select(Change).where(Change.entity == "yearly_figures").order_by(Change.id)
    ).all()
    assert created.new == {"firm_id": park.firm.id, "year": 2023, "revenue": "90.5"}
    assert (updated.field, Decimal(updated.old), Decimal(updated.new)) == ("revenue", Decimal("90.5"), 91)
    assert {created.firm_id, updated.firm_id} == {park.firm.id}


def test_warnings_reach_the_neighbours_that_were_there(session, park: Park) -> None:
    figure_service.record_figures(actor=park.officer, firm=park.firm, year=2022, values={"revenue": Decimal(100)})
    done = bulk_record_figures(
        session,
        [FiguresRow(park.firm.id, 2023, {"revenue": Decimal(1_000_000), "rd": Decimal(2_000_000)})],
        park.officer,
    )
    assert done[0].warnings == ["rd_above_revenue", "revenue_jump"]
    assert [figures.warnings for figures in years_of(park.firm.id)] == [["revenue_jump"], done[0].warnings]


def test_one_bad_row_keeps_all_out(session, park: Park) -> None:
    rows = [
        FiguresRow(park.firm.id, 2023, {"revenue": Decimal(1)}),
        FiguresRow(park.firm.id, 2022, {"revenue": Decimal(-1)}),
    ]
    with pytest.raises(DomainError, match="营业收入不能是负数"):
        bulk_record_figures(session, rows, park.officer)
    assert years_of(park.firm.id) == []


def test_what_was_imported_can_be_taken_out(session, park: Park) -> None:
    done = bulk_record_figures(session, [FiguresRow(park.firm.id, 2023, {"revenue": Decimal(1)})], park.officer)
    bulk_remove_figures(session, [each.figures_id for each in done])
    assert years_of(park.firm.id) == []
    assert session.scalar(select(func.count()).select_from(FigureSource)) == 0
    deleted = session.scalars(select(Change).where(Change.action == "deleted")).one()
    assert Decimal(deleted.old["revenue"]) == 1


def test_statements_do_not_grow_with_the_rows(session, park: Park) -> None:
    firms = [make_firm(session, park.park).id for _number in range(30)]

    def statements(firm_ids: list[int], year: int) -> int:
        rows = [FiguresRow(firm_id, year, {"revenue": Decimal(5), "rd": Decimal(1)}) for firm_id in firm_ids]
        with count_queries(session) as seen:
            bulk_record_figures(session, rows, park.officer)
        return len(seen)

    few = statements(firms[:1], 2022)
    assert statements(firms, 2023) <= few
    assert session.scalar(select(func.count()).select_from(YearlyFigures)) == 31
