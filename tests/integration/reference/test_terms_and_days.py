"""The words people choose and the days that are worked: what ships, and what an administrator made of it."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from crm.firms.reference import FOLDER, service, working_days
from crm.firms.reference.loading import load_calendar
from crm.firms.reference.models import CalendarDay, Term
from crm.firms.reference.terms import all_terms, forget, load_terms, shipped, term_choices, term_titles, terms_of
from crm.firms.reference.working_days import add_working_days, known_until, working_days_between
from crm.registers.kinds import told
from tests.factories import Park
from tests.queries import count_queries


@pytest.fixture
def loaded(park: Park, session) -> Park:
    load_terms()
    load_calendar()
    session.commit()
    return park


def test_shipped_words_are_there_before_they_are_loaded_and_the_same_after(session, park: Park) -> None:
    before = term_titles("institution.kind")
    assert before["engineering_centre"] == "工程技术研究中心"
    load_terms()
    forget()
    assert term_titles("institution.kind") == before
    assert [word.place for word in terms_of("level")] == sorted(word.place for word in terms_of("level"))


def test_loading_again_keeps_what_was_renamed_and_adds_nothing_twice(session, loaded: Park) -> None:
    count = session.scalar(select(func.count()).select_from(Term))
    session.scalars(select(Term).filter_by(vocabulary="loan.kind", key="order")).one().title = "订单融资"
    session.flush()
    load_terms()
    forget()
    assert session.scalar(select(func.count()).select_from(Term)) == count
    assert term_titles("loan.kind")["order"] == "订单融资"


def test_a_disabled_term_is_read_but_no_longer_offered(session, loaded: Park) -> None:
    session.scalars(select(Term).filter_by(vocabulary="loan.kind", key="order")).one().disabled = True
    session.flush()
    forget()
    assert term_titles("loan.kind")["order"] == "订单贷"
    assert "order" not in term_choices("loan.kind")
    assert term_choices("loan.kind", present="order")["order"] == "订单贷"


def test_a_new_term_has_a_key_that_no_other_register_gives_another_meaning(session, loaded: Park) -> None:
    """The history tells the key alone; titles without English letters would all be “term”."""
    kinds = [
        service.add_term(actor=loaded.administrator, vocabulary=vocabulary, title=title)
        for vocabulary, title in (("institution.kind", "乡村研究所"), ("award.kind", "园区创新奖"))
    ]
    assert kinds[0].key != kinds[1].key
    assert [told("kind")(kind.key) for kind in kinds] == ["乡村研究所", "园区创新奖"]


def test_all_vocabularies_cost_one_question(session, loaded: Park) -> None:
    forget()
    with count_queries(session) as seen:
        for vocabulary in shipped():
            assert term_titles(vocabulary)
    assert len(seen) == 1


def test_every_shipped_term_has_both_titles_and_a_key_that_fits() -> None:
    for vocabulary, part in shipped().items():
        assert len(part["title"]) == 2, vocabulary
        for key, said in part["terms"].items():
            assert len(key) <= 40 and all(0 < len(title) <= 80 for title in said[:2]), (vocabulary, key)


@pytest.mark.parametrize(("year", "days"), [(2024, 251), (2025, 248), (2026, 248)])
def test_a_year_has_the_working_days_that_the_notices_leave(loaded: Park, year: int, days: int) -> None:
    """Exchanged days cancel out: days of the year, less weekends, less the statutory holidays (11; 13 since 2025)."""
    assert working_days_between(date(year - 1, 12, 31), date(year, 12, 31)) == days


@pytest.mark.parametrize(
    ("day", "n", "due"),
    [
        (date(2026, 9, 30), 5, date(2026, 10, 13)),  # after the week of 国庆; Saturday 10 October is worked in exchange
        (date(2026, 2, 13), 1, date(2026, 2, 14)),  # a Saturday worked before 春节
        (date(2026, 2, 14), 1, date(2026, 2, 24)),
        (date(2026, 11, 20), 1, date(2026, 11, 23)),
        (date(2026, 11, 20), 0, date(2026, 11, 20)),
        (date(2027, 1, 1), 1, date(2027, 1, 4)),  # not entered: only weekends are known
    ],
)
def test_working_days_are_counted_by_the_notice(loaded: Park, day: date, n: int, due: date) -> None:
    assert add_working_days(day, n) == due
    assert working_days_between(day, due) == n
    assert working_days_between(due, day) == -n


def test_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="forward"):
        add_working_days(date(2026, 1, 1), -1)


def test_it_is_known_until_when_days_are_entered(session, park: Park) -> None:
    assert known_until() is None
    load_calendar()
    assert known_until() == date(2026, 12, 31)
    session.add(CalendarDay(on=date(2027, 2, 6), working=False, name="春节"))  # one day is not a year
    session.flush()
    working_days.forget()
    assert known_until() == date(2026, 12, 31)


def test_a_year_that_a_person_mended_is_not_mended_back(session, loaded: Park) -> None:
    session.delete(session.scalars(select(CalendarDay).filter_by(on=date(2026, 10, 10))).one())
    session.flush()
    load_calendar()
    assert session.scalar(select(CalendarDay.on).filter_by(on=date(2026, 10, 10))) is None


def test_a_calendar_is_read_once_for_many_questions(session, loaded: Park) -> None:
    working_days.forget()
    with count_queries(session) as seen:
        for number in range(30):
            add_working_days(date(2026, 1, 1) + timedelta(days=number), 10)
    assert len(seen) == 1


def test_a_line_of_commas_is_an_empty_line(session, park: Park) -> None:
    assert [line.on for line in service.read_days("，\n2027-01-01 放假 元旦\n , ,")] == [date(2027, 1, 1)]


def test_what_the_lists_that_ship_ask_for_cannot_be_disabled(session, park: Park) -> None:
    """A kind that a rule of `seeds/lists` names is built in: it may be renamed, and goes on being entered."""
    asked = set()
    for name in ("lists", "chains"):
        rules = (FOLDER.parent / "lists" / f"{name}.yaml").read_text(encoding="utf-8")
        for source, attribute, vocabulary in (
            ("honours", "name", "honour.kind"),
            ("carriers", "kind", "carrier.kind"),
        ):
            found = re.findall(rf"count: {source}\b[^#]*?where: {{{attribute}: (\[[^\]]*\]|\w+)", rules)
            asked |= {(vocabulary, key) for each in found for key in re.findall(r"\w+", each)}
    assert {("honour.kind", "champion"), ("carrier.kind", "nursery")} <= asked
    assert {(v, k) for v, k in asked if not next(w for w in all_terms(v) if w.key == k).built_in} == set()
