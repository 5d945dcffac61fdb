"""Answers fill what nobody knew, as declared; what is known is not overwritten; unknown stays unknown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from crm.firms import service as firm_service
from crm.firms.figures import service as figure_service
from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.models import FirmFact, State
from crm.kernel import audit, clock
from crm.ladder.models import Case, CaseStatus, Purpose, Rung, Stage
from crm.visits.answers import MOST, chosen
from crm.visits.models import Visit
from tests.integration.visits.test_visits import counted
from tests.pages import check_page, text_of

YEAR = clock.today().year - 1
RD = f"answer.years.{YEAR}.rd"


def fields(**values: Any) -> dict[str, Any]:
    return {"on": clock.today().isoformat(), "said": "问了研发投入。", **values}


def new(park: Any) -> str:
    return f"/firms/{park.firm.id}/visits/new"


def aim_at(session, park, rung: Rung) -> None:
    """A case that is open: the firm works towards this rung."""
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    today = clock.today()
    session.add(
        Case(
            firm=park.firm,
            rung=rung,
            purpose=Purpose.NEW,
            stage=Stage.CULTIVATING,
            status=CaseStatus.OPEN,
            opened_on=today,
            stage_since=today,
        )
    )
    session.commit()


def test_the_form_asks_at_most_five_figures_of_the_next_rung_with_their_units(session, park, sign_in) -> None:
    aim_at(session, park, Rung.HTE)
    page = check_page(sign_in(park.officer).get(new(park)))
    asked = [box.get("name") for box in page.iter("input") if (box.get("name") or "").startswith("answer.")]
    assert len(asked) == MOST
    assert asked[0] == RD  # what the rung's outline names first, of the latest year
    shown = text_of(page)
    assert f"{YEAR} 年研发费用" in shown
    assert "万元" in shown


def test_what_is_known_is_not_asked(session, park, sign_in) -> None:
    aim_at(session, park, Rung.HTE)
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    figure_service.record_figures(actor=park.officer, firm=park.firm, year=YEAR, values={"rd": Decimal(1_000_000)})
    session.commit()
    assert RD not in sign_in(park.officer).get(new(park)).text


def test_an_answer_is_declared_and_stands_on_the_visit_with_the_way_to_confirm_it(session, park, sign_in) -> None:
    client = sign_in(park.officer)
    sent = fields(**{RD: "320.5", "answer.market_share": "12.5", f"answer.years.{YEAR}.revenue": ""})
    page = client.post(new(park), data=sent, follow_redirects=True)
    check_page(page)
    assert "320.5 万元" in page.text
    assert "12.5%" in page.text
    assert f'href="/firms/{park.firm.id}/figures/{YEAR}"' in page.text
    figures = session.scalars(select(YearlyFigures)).one()
    assert (figures.year, figures.rd, figures.revenue) == (YEAR, Decimal(3_205_000), None)
    source = session.scalars(select(FigureSource)).one()
    assert (source.key, source.state, source.entered_by_id) == ("rd", State.DECLARED, park.officer.id)
    fact = session.scalars(select(FirmFact)).one()
    assert (fact.key, fact.value, fact.state, fact.as_of) == ("market_share", "0.125", State.DECLARED, clock.today())
    visit = session.scalars(select(Visit)).one()
    assert visit.answers == [
        {"key": "rd", "year": YEAR, "value": "3205000"},
        {"key": "market_share", "value": "0.125"},
    ]


def test_a_confirmed_answer_says_so_and_a_mended_one_shows_both(session, park, sign_in) -> None:
    client = sign_in(park.officer)
    client.post(new(park), data=fields(**{RD: "320"}))
    visit = session.scalars(select(Visit)).one()
    figures = session.scalars(select(YearlyFigures)).one()
    audit.sign(session, park.manager.id, audit.Via.PAGE)
    figure_service.verify_figures(actor=park.manager, figures=figures, keys=["rd"])
    session.commit()
    assert "去核实" not in client.get(f"/visits/{visit.id}").text
    figure_service.record_figures(actor=park.manager, firm=park.firm, year=YEAR, values={"rd": Decimal(3_300_000)})
    session.commit()
    page = client.get(f"/visits/{visit.id}").text
    assert "320 万元" in page
    assert "档案里是 330 万元" in page


def test_a_value_that_came_meanwhile_is_not_overwritten_and_both_are_seen(session, park, sign_in) -> None:
    client = sign_in(park.officer)
    audit.sign(session, park.manager.id, audit.Via.PAGE)
    figure_service.record_figures(actor=park.manager, firm=park.firm, year=YEAR, values={"rd": Decimal(3_000_000)})
    session.commit()
    sent = fields(**{RD: "350"})
    answer = client.post(new(park), data=sent)
    page = check_page(answer)
    assert "档案里这时已有 300 万元（经理甲，未核实），不会被覆盖" in answer.text
    box = page.find(f".//input[@name='{RD}']")
    assert box.get("value") == "350"
    assert counted(session, Visit) == 0
    seen = page.find(f".//input[@name='seen.years.{YEAR}.rd']").get("value")
    page = client.post(new(park), data={**sent, f"seen.years.{YEAR}.rd": seen}, follow_redirects=True)
    assert "350 万元" in page.text
    assert "档案里是 300 万元" in page.text
    assert session.scalars(select(YearlyFigures)).one().rd == Decimal(3_000_000)


def test_the_same_value_that_came_meanwhile_is_no_conflict(session, park, sign_in) -> None:
    audit.sign(session, park.manager.id, audit.Via.PAGE)
    firm_service.set_fact(actor=park.manager, firm=park.firm, key="niche_years", value=4, as_of=date(2026, 1, 1))
    session.commit()
    answer = sign_in(park.officer).post(new(park), data=fields(**{"answer.niche_years": "4"}))
    assert answer.status_code == 302
    fact = session.scalars(select(FirmFact)).one()
    assert (fact.as_of, fact.entered_by_id) == (date(2026, 1, 1), park.manager.id)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (RD, "约三百", "不是数字"),
        (RD, "-1", "不能是负数"),
        ("answer.years.2999.rd", "1", "年度应在"),
        ("answer.market_share", "140", "数字太大"),
    ],
)
def test_an_answer_that_cannot_be_kept_is_said_and_nothing_is_saved(
    session, park, sign_in, name, value, sentence
) -> None:
    answer = sign_in(park.officer).post(new(park), data=fields(**{RD: "5", name: value}))
    check_page(answer)
    assert sentence in answer.text
    assert [counted(session, model) for model in (Visit, YearlyFigures, FirmFact)] == [0, 0, 0]


@pytest.mark.parametrize(
    "name", ["answer.ip", "answer.credit_code", "answer.expert.transfer", "answer.years.x.rd", "answer.years.2025.name"]
)
def test_only_facts_of_the_vocabulary_that_a_field_can_take_are_read(session, park, sign_in, name) -> None:
    assert sign_in(park.officer).post(new(park), data=fields(**{name: "1"})).status_code == 302
    assert session.scalars(select(Visit)).one().answers == []


def test_what_was_forgotten_is_added_when_the_visit_is_mended(session, park, sign_in) -> None:
    client = sign_in(park.officer)
    client.post(new(park), data=fields(**{RD: "320"}))
    visit = session.scalars(select(Visit)).one()
    sent = fields(version=str(visit.version), **{f"answer.years.{YEAR}.revenue": "5000"})
    assert client.post(f"/visits/{visit.id}/edit", data=sent).status_code == 302
    session.refresh(visit)
    assert [entry["key"] for entry in visit.answers] == ["rd", "revenue"]


def test_the_latest_year_of_what_matters_comes_first() -> None:
    paths = ["ip", "years.2024.revenue", "market_share", "years.2024.rd", "years.2025.rd", "expert.transfer"]
    assert [asked.path for asked in chosen(paths, ("rd", "market_share"))] == [
        "years.2025.rd", "years.2024.rd", "market_share", "years.2024.revenue",
    ]  # fmt: skip
