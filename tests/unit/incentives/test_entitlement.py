"""Entitlements counted by hand, written as sentences in cases.yaml: just below, at and above each cap, and with something missing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from crm.incentives.entitlement import entitlements
from crm.incentives.lines import Entry, Subject, yuan
from crm.incentives.rules import Kind, Place, Provision, incentives

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"))


def subject(case: dict[str, Any]) -> Subject:
    given = case["given"]
    entries = tuple(
        Entry(
            id=number,
            register=entry["register"],
            name=entry.get("name", "某项"),
            on=entry.get("on"),
            level=entry.get("level"),
            role=entry.get("role"),
            party=entry.get("party"),
            amount=None if "amount" not in entry else Decimal(entry["amount"]) * 10000,
            number=entry.get("number"),
        )
        for number, entry in enumerate(given.get("entries", ()), start=1)
    )
    provisions = tuple(
        Provision(
            id=1,
            incentive=case["incentive"],
            since=each.get("since", date(2020, 1, 1)),
            until=each.get("until"),
            document="本地〔2020〕1号",
            document_on=date(2019, 12, 1),
            values={key: Fraction(value) for key, value in each.get("values", {}).items()},
        )
        for each in given.get("provisions", ())
    )
    document = {key: given[key] for key in ("years", "industry") if key in given}
    if "credentials" in given:
        document["credentials"] = [{key: str(value) for key, value in each.items()} for each in given["credentials"]]
    return Subject(
        given.get("name", "某某有限公司"), Place(given.get("division", "431000"), provisions), document, entries
    )


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_case_counted_by_hand(case) -> None:
    lines = entitlements(
        subject(case), case["incentive"], [case["year"]], case.get("declared") and Decimal(case["declared"]) * 10000
    )
    found = [line for line in lines if line.year == case["year"] or line.year is None]
    expected = case["then"]
    if expected is None:
        assert found == []
        return
    (line,) = found
    assert line.verdict == expected["verdict"]
    assert line.amount == (None if expected["amount"] is None else Decimal(str(expected["amount"])))
    said = "；".join(step.zh for step in line.steps)
    assert expected.get("says", "") in said
    missing = "；".join(text.zh for text in line.missing)
    assert expected.get("missing", "") in missing
    assert bool(line.missing) is bool(expected.get("missing"))
    assert all(step.zh and step.en for step in (*line.steps, *line.missing))


def test_every_incentive_has_cases_that_are_met_and_that_are_not() -> None:
    verdicts = {(case["incentive"], case["then"]["verdict"]) for case in CASES if case["then"]}
    for name, rule in incentives().items():
        wanted = {"unknown" if rule.asks else "met", "not_met"}
        assert wanted <= {verdict for incentive, verdict in verdicts if incentive == name}, name


def test_every_number_of_the_documents_is_what_the_documents_say() -> None:
    says = {
        (name, key): term.value for name, rule in incentives().items() for key, term in rule.terms.items() if term.value
    }
    assert says == {
        ("institution_award", "city"): 5,
        ("institution_award", "provincial"): 20,
        ("institution_award", "national"): 50,
        ("contract_receiver", "rate"): Fraction(2, 100),
        ("contract_receiver", "cap"): 20,
        ("contract_provider", "rate"): Fraction(1, 100),
        ("contract_provider", "cap"): 10,
        ("super_deduction", "rate"): 1,
        ("super_deduction", "tax_hte"): Fraction(15, 100),
        ("super_deduction", "tax_other"): Fraction(25, 100),
        ("super_deduction_ic", "rate"): Fraction(12, 10),
        ("super_deduction_ic", "tax_hte"): Fraction(15, 100),
        ("super_deduction_ic", "tax_other"): Fraction(25, 100),
    }


def test_an_amount_nobody_named_is_unknown_and_never_zero() -> None:
    open_rules = {name for name, rule in incentives().items() if rule.is_open}
    assert open_rules == {"rd_intensity", "rd_growth"}
    assert {incentives()[name].kind for name in open_rules} == {Kind.TOP_UP}


@pytest.mark.parametrize(
    ("wan", "says"), [(Fraction(1, 3), "3333.33"), (Fraction(2, 3), "6666.67"), (Fraction(17), "170000.00")]
)
def test_amounts_are_exact_to_the_fen(wan, says) -> None:
    assert yuan(wan) == Decimal(says)


def test_nothing_declared_is_nothing_and_not_the_booked_expense() -> None:
    firm = Subject("某某有限公司", Place("430900"), {"years": {"2024": {"rd": "100"}}, "industry": "3311"})
    (line,) = entitlements(firm, "super_deduction", [2024], Decimal(0))
    assert line.amount == 0
    assert "申报的可加计研发费用 0 万元" in line.steps[0].zh


def test_of_several_ways_to_fit_only_the_one_that_does_is_told() -> None:
    years = {str(year): {"rd": "0", "revenue": "0"} for year in (2022, 2023)} | {
        "2024": {"rd": "800", "revenue": "20000"}
    }
    firm = Subject("某某有限公司", Place("431000"), {"years": years, "registered_on": "2010-01-01"})
    (line,) = entitlements(firm, "rd_intensity", [2024])
    assert line.verdict == "met"
    said = "；".join(step.zh for step in line.steps)
    assert "须不低于 4%" in said
    assert "须不低于 5%" not in said
    assert "须不低于 3%" not in said


def test_what_is_known_and_does_not_tell_is_said() -> None:
    years = {str(year): {"rd": "100", "revenue": "0"} for year in (2022, 2023, 2024)}
    firm = Subject("某某有限公司", Place("431000"), {"years": years, "registered_on": "2010-01-01"})
    (line,) = entitlements(firm, "rd_intensity", [2024])
    assert line.verdict == "unknown"
    assert any("算不出是否符合" in each.zh for each in line.missing)
