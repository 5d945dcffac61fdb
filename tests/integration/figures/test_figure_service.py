"""Recording and verifying a year's figures: provenance, warnings, history, conflicts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.firms.figures import queries as figure_queries
from crm.firms.figures import service as figure_service
from crm.firms.figures.models import YearlyFigures
from crm.firms.models import Document, State
from crm.kernel import clock
from crm.kernel.audit import Change
from crm.kernel.errors import DomainError, EditConflictError
from tests.factories import Park


def yuan(wan: str | int) -> Decimal:
    return Decimal(wan) * 10000


def record(park: Park, year: int = 2024, **values: Decimal | int | None) -> YearlyFigures:
    return figure_service.record_figures(actor=park.officer, firm=park.firm, year=year, values=values)


def states(figures: YearlyFigures) -> dict[str, State]:
    return {source.key: source.state for source in figures.sources}


def make_document(session, park: Park, name: str = "审计报告.pdf") -> Document:
    document = Document(
        firm_id=park.firm.id,
        name=name,
        media_type="application/pdf",
        size=1,
        sha256="0" * 64,
        uploaded_by_id=park.officer.id,
    )
    session.add(document)
    session.flush()
    return document


def test_a_recorded_value_is_declared_with_who_and_document(session, park: Park) -> None:
    document = make_document(session, park)
    figures = figure_service.record_figures(
        actor=park.officer,
        firm=park.firm,
        year=2024,
        values={"revenue": yuan("1234.56"), "employees": 0},
        document=document,
    )
    session.expire_all()
    assert figures.revenue == Decimal("12345600")
    assert figures.employees == 0
    assert figures.rd is None
    sources = {source.key: source for source in figures.sources}
    assert sorted(sources) == ["employees", "revenue"]
    assert sources["revenue"].entered_by == park.officer
    assert sources["revenue"].document == document
    assert sources["revenue"].state is State.DECLARED


def test_a_year_before_the_firm_was_founded_is_refused(session, park: Park) -> None:
    """What stands there by mistake can still be taken out; with no day of founding, nobody can say."""
    mistaken = record(park, 2023, revenue=yuan(100))
    park.firm.registered_on = date(2024, 12, 31)
    with pytest.raises(DomainError, match="2023 年企业还没有成立（2024年12月31日成立）") as refused:
        record(park, 2023, rd=yuan(5))
    assert refused.value.field == "year"
    assert record(park, 2023, revenue=None) is mistaken and mistaken.revenue is None
    assert record(park, 2024, revenue=yuan(100)).revenue == yuan(100)  # the year of its founding


def test_what_is_left_out_stays_and_none_makes_unknown(session, park: Park) -> None:
    record(park, revenue=yuan(100), rd=yuan(5))
    figures = record(park, rd=None)
    session.expire_all()
    assert (figures.revenue, figures.rd) == (yuan(100), None)
    assert sorted(states(figures)) == ["revenue"]


def test_a_verified_value_that_changes_is_declared_again(session, park: Park) -> None:
    figures = record(park, revenue=yuan(100), rd=yuan(5))
    figure_service.verify_figures(actor=park.officer, figures=figures, keys=["revenue", "rd"])
    assert set(states(figures).values()) == {State.VERIFIED}
    record(park, revenue=yuan(100), rd=yuan(6))
    assert states(figures) == {"revenue": State.VERIFIED, "rd": State.DECLARED}
    history = session.execute(
        select(Change.field, Change.old, Change.new).where(Change.entity == "yearly_figures", Change.field.is_not(None))
    ).all()
    assert ("rd", "50000", "60000") in history
    assert ("rd.state", "declared", "verified") in history
    assert ("rd.state", "verified", "declared") in history
    assert all(change.actor_id is not None for change in session.scalars(select(Change)))


def test_verifying_records_who_and_from_which_document(session, park: Park) -> None:
    figures = record(park, revenue=yuan(100))
    document = make_document(session, park)
    figure_service.verify_figures(actor=park.manager, figures=figures, keys=["revenue"], document=document)
    session.expire_all()
    source = figures.sources[0]
    assert (source.entered_by, source.document, source.state) == (park.manager, document, State.VERIFIED)


def test_nothing_to_verify_is_refused(session, park: Park) -> None:
    figures = record(park, revenue=yuan(100))
    with pytest.raises(DomainError, match="请先勾选"):
        figure_service.verify_figures(actor=park.officer, figures=figures, keys=[])
    with pytest.raises(DomainError, match="研发费用没有数值"):
        figure_service.verify_figures(actor=park.officer, figures=figures, keys=["rd"])


def test_verifying_what_someone_changed_meanwhile_is_refused(session, park: Park) -> None:
    figures = record(park, revenue=yuan(100))
    seen = figures.version
    record(park, revenue=yuan(1))
    with pytest.raises(EditConflictError):
        figure_service.verify_figures(actor=park.officer, figures=figures, keys=["revenue"], expected_version=seen)
    assert states(figures) == {"revenue": State.DECLARED}


def test_unlikely_values_warn_and_are_kept(session, park: Park) -> None:
    figures = record(park, revenue=yuan(100), rd=yuan(101))
    assert figures.rd == yuan(101)
    assert figures.warnings == ["rd_above_revenue"]
    assert record(park, rd=yuan(99)).warnings == []


def test_a_unit_error_marks_both_years_until_it_is_mended(session, park: Park) -> None:
    earlier = record(park, 2023, revenue=yuan(500))
    version = earlier.version
    later = record(park, 2024, revenue=yuan(5_000_000))
    session.expire_all()
    assert (earlier.warnings, later.warnings) == (["revenue_jump"], ["revenue_jump"])
    assert earlier.version == version, "a neighbour's warning is nobody's edit"
    record(park, 2024, revenue=yuan(520))
    session.expire_all()
    assert (earlier.warnings, later.warnings) == ([], [])


def test_removing_a_year_clears_what_it_warned_of(session, park: Park) -> None:
    earlier = record(park, 2023, revenue=yuan(500))
    later = record(park, 2024, revenue=yuan(5_000_000))
    figure_service.remove_year(actor=park.officer, figures=later)
    session.expire_all()
    assert earlier.warnings == []
    assert [figures.year for figures in figure_queries.years_of(park.firm.id)] == [2023]
    deleted = session.scalars(select(Change).where(Change.entity == "yearly_figures", Change.action == "deleted")).one()
    assert Decimal(deleted.old["revenue"]) == yuan(5_000_000)
    assert deleted.firm_id == park.firm.id


@pytest.mark.parametrize(
    ("year", "values", "field"),
    [
        (1989, {"revenue": Decimal(1)}, "year"),
        (clock.today().year + 1, {"revenue": Decimal(1)}, "year"),
        (2024, {"revenue": Decimal(-1)}, "revenue"),
        (2024, {"employees": -1}, "employees"),
        (2024, {"quality_score": Decimal("100.5")}, "quality_score"),
        (2024, {"roe": Decimal("100.01")}, "roe"),
    ],
)
def test_impossible_values_are_refused_on_their_field(session, park: Park, year: int, values, field: str) -> None:
    with pytest.raises(DomainError) as refused:
        figure_service.record_figures(actor=park.officer, firm=park.firm, year=year, values=values)
    assert refused.value.field == field
    assert figure_queries.years_of(park.firm.id) == []


def test_losses_are_possible(session, park: Park) -> None:
    assert record(park, net_profit=yuan(-3), operating_cash_flow=yuan(-1), net_assets=yuan(-2)).net_profit == yuan(-3)


def test_the_second_of_two_editors_is_shown_the_difference(session, park: Park) -> None:
    figures = record(park, revenue=yuan(100), rd=yuan(5))
    opened = figures.version
    record(park, revenue=yuan(120))
    with pytest.raises(EditConflictError) as conflict:
        figure_service.record_figures(
            actor=park.manager,
            firm=park.firm,
            year=2024,
            values={"revenue": yuan(130), "rd": yuan(5)},
            expected_version=opened,
        )
    differences = [tuple(map(str, difference)) for difference in conflict.value.differences]
    assert differences == [("营业收入", "120 万元", "130 万元")]
    assert figures.revenue == yuan(120)


def test_a_year_two_people_add_at_once_is_not_overwritten(session, park: Park) -> None:
    record(park, revenue=yuan(100))
    with pytest.raises(EditConflictError):
        figure_service.record_figures(
            actor=park.manager, firm=park.firm, year=2024, values={"revenue": yuan(1)}, expected_version=0
        )
