"""Two rules over a park: the counts are those of the exact reading, firm by firm."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import select

from crm.accounts.models import OrganisationKind
from crm.firms.models import Division, Firm
from crm.kernel import jobs
from crm.kernel.errors import DomainError
from crm.ladder.facts import facts_of
from crm.park import comparisons, rules
from crm.park.models import ComparedFirm, Comparison, ComparisonState, Verdict
from crm.policy import Edition, Facts, evaluate
from tests.factories import Park, make_firm, make_organisation
from tests.integration.park.crowds import near_the_line
from tests.integration.park.makers import random_firms

ON = date(2026, 4, 1)
HT_04 = "criteria[HT-04].value"

SWITCHES: dict[str, tuple[str, str, dict[str, Fraction]]] = {
    "srdi from 63号 to 2号": ("srdi.2022", "srdi.2026", {}),
    "little giants from 63号 to 2号": ("little_giant.2022", "little_giant.2026", {}),
    "S&T staff of hte from 10 % to 15 %": ("hte.2016", "hte.2016", {HT_04: Fraction(15, 100)}),
}


def done(app: Any, session: Any, comparison: Comparison) -> Comparison:
    session.commit()
    jobs.work_until_empty(app)
    session.expire_all()
    return session.get_one(Comparison, comparison.id)


def ask(park: Park, before: str, after: str, **options: Any) -> Comparison:
    values = {"actor": park.administrator, "organisation": park.city, "on": ON, **options}
    return comparisons.ask(before=rules.rule(before), after=rules.rule(after), **values)


@pytest.fixture
def crowd(session: Any, park: Park) -> list[Firm]:
    """Firms near the lines that are moved, in two parks, and some at random."""
    return [
        *near_the_line(session, park.park, park.officer, ON, 120, seed=1),
        *near_the_line(session, park.other_park, park.officer, ON, 80, seed=2),
        *random_firms(session, park.park, park.officer, ON, 50, seed=3, gaps=0.05),
    ]


@pytest.mark.parametrize("switch", SWITCHES.values(), ids=SWITCHES.keys())
def test_counts_and_firms_are_those_of_the_exact_reading(app, session, park: Park, crowd, switch) -> None:
    before, after, numbers = switch
    found = done(app, session, ask(park, before, after, numbers=numbers))
    assert found.state is ComparisonState.DONE, found.error

    one, other = rules.rule(before), rules.with_numbers(rules.rule(after), numbers)
    pairs = {}
    for firm in session.scalars(select(Firm)):
        facts = Facts.from_document(facts_of(firm, ON).document)
        pairs[firm.id] = evaluate(one, facts, ON).verdict, evaluate(other, facts, ON).verdict
    by_hand = Counter(pairs.values())
    assert found.counts == {b.value: {a.value: by_hand[b.value, a.value] for a in Verdict} for b in Verdict}
    stored = {
        row.firm_id: (row.before.value, row.after.value)
        for row in session.scalars(select(ComparedFirm).where(ComparedFirm.comparison_id == found.id))
    }
    assert stored == {firm_id: pair for firm_id, pair in pairs.items() if pair[0] != pair[1]}
    assert stored, "a park in which nothing changes proves nothing"
    assert (found.before_hash, found.after_hash) == (one.hash, other.hash)


def test_what_is_missing_is_counted_among_the_firms_that_become_unknown(app, session, park: Park, crowd) -> None:
    found = done(app, session, ask(park, "srdi.2022", "srdi.2026"))
    assert found.counts is not None and found.missing is not None
    became = found.counts["met"]["unknown"] + found.counts["not_met"]["unknown"]
    assert found.missing["firms"] == found.missing["looked_at"] == became > 0
    assert found.missing["facts"] and all(0 < firms <= became for firms in found.missing["facts"].values())
    assert not any("[" in path for path in found.missing["facts"]), "entries of lists are not told apart"


def test_of_very_many_some_are_looked_at_and_it_is_said(app, session, park: Park, crowd, monkeypatch) -> None:
    monkeypatch.setattr(comparisons, "LOOKED_AT", 5)
    found = done(app, session, ask(park, "srdi.2022", "srdi.2026"))
    assert found.missing is not None
    assert found.missing["looked_at"] <= 5 < found.missing["firms"]


def test_only_the_firms_of_the_organisation_are_judged(app, session, park: Park, crowd) -> None:
    found = done(
        app, session, ask(park, "srdi.2022", "srdi.2026", actor=park.other_manager, organisation=park.other_park)
    )
    ids = set(session.scalars(select(ComparedFirm.firm_id).where(ComparedFirm.comparison_id == found.id)))
    inside = set(session.scalars(select(Firm.id).where(Firm.organisation_id == park.other_park.id)))
    assert ids and ids <= inside
    assert found.counts is not None
    assert sum(sum(row.values()) for row in found.counts.values()) == len(inside)


def test_firms_outside_a_rules_region_are_left_out_and_counted(session, park: Park) -> None:
    for code in ("330100", "330200", "430900"):
        session.merge(Division(code=code, name=code))
    session.flush()
    for code in ("330100", "330200", "430900", None):
        make_firm(session, park.park, division_code=code)
    national = rules.rule("srdi.2022")
    provincial = regional(rules.rule("srdi.2026"), "330000")
    found = comparisons.compare(national, provincial, ON, park.park)
    assert len(found.firm_ids) == 2
    assert found.outside == 3, "the one elsewhere, the one whose division nobody knows, and the park's first"


def regional(edition: Edition, region: str) -> Edition:
    return replace(edition, region=region)


def test_a_place_without_firms_has_an_answer(app, session, park: Park) -> None:
    empty = make_organisation(session, "空园区", OrganisationKind.PARK, park.county)
    found = done(app, session, ask(park, "srdi.2022", "srdi.2026", organisation=empty))
    assert found.state is ComparisonState.DONE
    assert found.counts == {before.value: {after.value: 0 for after in Verdict} for before in Verdict}


@pytest.mark.parametrize(
    ("before", "after", "options", "words"),
    [
        ("srdi.2022", "srdi.2022", {}, "完全一样"),
        ("hte.2016", "hte.2016", {"numbers": {HT_04: Fraction(1, 10)}}, "完全一样"),
        ("srdi.2022", "hte.2016", {}, "同一方向"),
        ("srdi.2022", "srdi.2026.review", {}, "同一申报类型"),
        ("srdi.2022", "srdi.2026", {"on": date(1999, 1, 1)}, "之间的日期"),
        ("srdi.2022", "srdi.2026", {"on": date(9999, 1, 1)}, "之间的日期"),
        ("hte.2016", "hte.2016", {"numbers": {HT_04: Fraction(-1)}}, "不能是负数"),
        ("hte.2016", "hte.2016", {"numbers": {HT_04: Fraction(10**30)}}, "太大"),
        ("hte.2016", "hte.2016", {"numbers": {"criteria[HT-99].value": Fraction(1)}}, "没有数字"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_a_sentence(session, park: Park, before, after, options, words) -> None:
    with pytest.raises(DomainError, match=words):
        ask(park, before, after, **options)
    assert session.scalars(select(Comparison)).all() == []


def test_an_edition_that_is_gone_when_the_job_runs_is_a_sentence(app, session, park: Park) -> None:
    comparison = ask(park, "srdi.2022", "srdi.2026")
    comparison.after = "srdi.2099"
    found = done(app, session, comparison)
    assert found.state is ComparisonState.FAILED
    assert found.error and "srdi.2099" in found.error
    assert found.counts is None


def test_a_comparison_deleted_while_it_waits_leaves_nothing(app, session, park: Park) -> None:
    comparison = ask(park, "srdi.2022", "srdi.2026")
    session.commit()
    comparisons.remove(actor=park.administrator, comparison=comparison)
    session.commit()
    jobs.work_until_empty(app)
    assert session.scalars(select(Comparison)).all() == []


# --- the command -------------------------------------------------------------------------------------------------


def run(app: Any, session: Any, *arguments: str) -> tuple[int, str, str]:
    session.commit()
    answer = app.test_cli_runner().invoke(args=["park", "compare", *arguments])
    return answer.exit_code, answer.stdout, answer.stderr


def test_the_command_prints_counts_and_who_moved(app, session, park: Park, crowd) -> None:
    two = ("--rung", "srdi", "--on", ON.isoformat(), "--before", "srdi.2022", "--after", "srdi.2026")
    code, out, _ = run(app, session, *two)
    assert code == 0
    answer = json.loads(out)
    found = done(app, session, ask(park, "srdi.2022", "srdi.2026"))
    assert answer["counts"] == found.counts
    assert answer["firms"] == sum(sum(row.values()) for row in answer["counts"].values())
    counts = answer["counts"]
    assert len(answer["gained"]) == counts["not_met"]["met"] + counts["unknown"]["met"]
    assert len(answer["lost"]) == counts["met"]["not_met"] + counts["met"]["unknown"] > 0
    first = answer["lost"][0]
    firm = session.get_one(Firm, first["id"])
    assert (firm.name, firm.credit_code) == (first["name"], first["credit_code"])
    assert first["before"] == "met" != first["after"]

    code, out, _ = run(app, session, *two, "--as", park.other_manager.email)
    assert json.loads(out)["firms"] < answer["firms"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--before", "srdi.2022", "--after", "nothing"), "srdi.2026"),
        (("--before", "srdi.2022", "--after", "srdi.2022"), "完全一样"),
        (("--before", "srdi.2022", "--after", "srdi.2026", "--purpose", "annual", "--number", "x=y"), "路径=数字"),
        (("--before", "srdi.2022", "--after", "srdi.2026", "--number", "criteria[Z26-1].value=1e9"), "路径=数字"),
    ],
)
def test_the_command_refuses_with_a_sentence_and_exit_2(app, session, park: Park, arguments, words) -> None:
    code, out, error = run(app, session, "--rung", "srdi", "--on", ON.isoformat(), *arguments)
    assert (code, out) == (2, "")
    assert words in error and "Traceback" not in error
