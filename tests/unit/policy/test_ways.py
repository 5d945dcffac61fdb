"""The cheapest ways to a rung: cases by hand, and what holds of every set that is returned."""

from copy import deepcopy
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crm.policy import (
    Edition,
    Facts,
    columns_of,
    edition_for,
    edition_named,
    editions,
    evaluate,
    evaluate_columns,
    load,
)
from crm.policy.answers.verdict import judge
from crm.policy.foresight import trials
from crm.policy.foresight.moves import LARGEST, default_prices, moved, moves_of
from crm.policy.foresight.ways import Way, ways
from crm.policy.language.source import read_yaml
from crm.policy.readings.reading import FirmReading
from tests.unit.policy.parks import FirmMaker

ON = date(2026, 6, 1)
FIRM = read_yaml(Path(__file__).parents[2] / "policies" / "firm.yaml")


def firm(figures: dict[int, dict[str, Any]] | None = None, **other: Any) -> dict[str, Any]:
    """The firm of the policy sentences, with some facts changed."""
    facts = deepcopy(FIRM)
    facts["years"] = {year: {**known, **(figures or {}).get(int(year), {})} for year, known in facts["years"].items()}
    return {**facts, **other}


def what(way: Way) -> dict[str, Any]:
    return {change.move: change.amount for change in way.changes}


def costs(found: tuple[Way, ...]) -> list[Any]:
    return [way.cost for way in found]


RIGHT = {"kind": "utility_model", "status": "valid", "acquired": "self", "core_product": True}
SMALL = firm(
    {2025: {"employees": 100, "st_staff": 12, "revenue": 1000, "rd": 35, "cost_expense": 900, "total_assets": 900}},
    ip=[RIGHT, RIGHT],
    rd_institutions=[],
    credentials=[],
    choices={},
)


def test_staff_rd_and_rights_compete_for_the_points_of_a_tech_sme() -> None:
    """4 + 20 + 12 = 36 points, 24 missing. An invention gives 18 more, R&D 10, 20 or 30, the third and fourth model 6 each,
    4, 10, 18 or 26 people 4, 8, 12 or 16: (12 + n) ÷ (100 + n) has to reach 15, 20, 25 or 30 %."""
    found = ways(edition_for("tech_sme", ON), SMALL, ON)
    assert found.before.verdict == "not_met" and found.score is not None
    assert (found.score.missing_sure, found.score.missing_possible) == (24, 24)
    assert [(part.id, part.low, part.counts) for part in found.score.parts] == [
        ("TS-staff", 4, True), ("TS-a", 20, True), ("TS-b", 0, False), ("TS-ip", 12, True),
    ]  # fmt: skip
    assert [what(way) for way in found.sure] == [
        {"rd": 5, "invention": 1},
        {"rd": 15, "utility_model": 1},
        {"rd": 25},
        {"rd": 5, "staff": 4, "utility_model": 2},
        {"rd": 15, "staff": 4},
    ]
    assert costs(found.sure) == [10, 16, 25, 67, 75]
    assert {way.assessment.verdict for way in found.sure} == {"met"}
    assert found.sure[0].assessment.score is not None and found.sure[0].assessment.score.low == 64
    assert (found.immovable, found.unknown, found.cut) == ((), (), False)
    assert [(move.key, move.amounts) for move in found.moves][:2] == [
        ("rd", (0, 5, 15, 25, 55, 100, 145, 190, 235)),
        ("staff", (0, 4, 10, 18, 26)),
    ]


def test_other_prices_put_other_sets_first() -> None:
    found = ways(edition_for("tech_sme", ON), SMALL, ON, {"staff": Fraction(1, 10), "rd": None})
    assert what(found.sure[0]) == {"staff": 18, "utility_model": 2} and found.sure[0].cost == Fraction("3.8")
    assert found.sure[-1].unpriced == () or found.sure[-1].unpriced == ("rd",)
    assert {price.key: price.amount for price in found.prices}["staff"] == Fraction(1, 10)


def test_a_way_says_what_changes_and_what_it_costs() -> None:
    way = ways(edition_for("tech_sme", ON), SMALL, ON).sure[3]
    rd, staff, models = way.changes
    assert (rd.path, rd.before, rd.after, rd.unit, rd.cost) == ("years.2025.rd", 35, 40, "万元", 5)
    assert rd.with_it == (("years.2025.rd_domestic", 690, 695),)
    assert rd.text.zh == "2025 年研发费用由 35 增至 40 万元（增加 5 万元）"
    assert (staff.path, staff.before, staff.after) == ("years.2025.st_staff", 12, 16)
    assert ("years.2025.employees", 100, 104) in staff.with_it
    assert (models.path, models.before, models.after, models.cost) == ("ip", 2, 4, 2)
    assert way.arithmetic.zh == (
        "研发费用 5 万元 + 新聘科技（研发）人员，每人一年 4 人 × 15 万元 + 实用新型专利 2 件 × 1 万元 = 67 万元"
    )
    assert way.arithmetic.en.endswith("= ¥670,000")
    assert len(way.facts.lists["ip"]) == 4 and way.facts.years[2025]["employees"] == 104


WORKED = Facts.from_json((Path(__file__).parents[3] / "docs" / "worked_firm.json").read_text(encoding="utf-8"))


def test_the_worked_firm_needs_46_2_and_then_a_persons_judgement() -> None:
    found = ways(edition_for("hte", ON), WORKED, ON)
    (sure,), (possible,) = found.sure, found.possible
    assert what(sure) == what(possible) == {"rd": Fraction("46.2")} and sure.cost == Fraction("46.2")
    assert sure.assessment.verdict == "unknown" and sure.assessment.criterion("HT-05a").verdict == "met"
    assert found.score is not None
    assert (found.score.missing_sure, found.score.missing_possible, found.score.best) == (18, 0, (59, 87))
    assert "expert.transfer" in found.unknown and found.immovable == ()


JUDGED = {
    "ip_advancement": 6, "ip_core_support": 6, "ip_quantity": 7, "ip_acquisition": 5, "transfer": 24, "mgmt_system": 5,
    "mgmt_institution": 4, "mgmt_incentive": 2, "mgmt_talent": 2, "growth_net_assets": 5, "growth_sales": 6,
}  # fmt: skip


def judged(**points: int | None) -> Facts:
    """The worked firm with all its points given, or these."""
    given = {key: Fraction(value) for key, value in {**JUDGED, **points}.items() if value is not None}
    return replace(WORKED, expert=given)


@pytest.mark.parametrize(("incentive", "expected"), [(2, {"rd": Fraction("46.2")}), (0, {})])
def test_a_persons_points_are_never_changed(incentive: int, expected: dict[str, Any]) -> None:
    """6 + 6 + 7 + 5 + 24 + 13 + 11 = 72. With 70 the line is not passed, and more transfers cannot raise what was given for them:
    5 a year allow 25 to 30, so the 24 given become 25, one point, which makes 71."""
    found = ways(edition_for("hte", ON), judged(mgmt_incentive=incentive), ON)
    assert what(found.sure[0]) == (expected or {"rd": Fraction("46.2"), "transfers": 2})
    assert found.sure[0].assessment.verdict == "met"


def test_possible_is_cheaper_than_sure_where_a_person_has_yet_to_judge() -> None:
    """Surely 25 + 19 + 13 + 11 = 68, with transfers not judged: two more make it 74 surely; without them 73 is possible."""
    found = ways(edition_for("hte", ON), judged(transfer=None, ip_quantity=8), ON)
    assert [what(way) for way in found.sure] == [{"rd": Fraction("46.2"), "transfers": 2}]
    assert costs(found.sure) == [Fraction("52.2")]
    assert [what(way) for way in found.possible] == [{"rd": Fraction("46.2")}]
    assert [way.assessment.verdict for way in (*found.sure, *found.possible)] == ["met", "unknown"]


def test_an_innovative_sme_by_rights_rd_income_or_equity() -> None:
    """0 + 10 + 5 + 10 + 5 + 15 = 45 points, innovation 10 of 20. Equity and income have no price and come last."""
    facts = firm(
        {2025: {"revenue": 1000, "rd": 20, "main_revenue": 680}, 2024: {"main_revenue": 650}},
        ip=[], rd_institutions=[], credentials=[], strategic_industry=False,
    )  # fmt: skip
    found = ways(edition_for("innovative_sme", ON), facts, ON)
    assert [(what(way), way.unpriced, way.cost) for way in found.sure] == [
        ({"invention": 1}, (), 5),
        ({"rd": 30, "software": 1}, (), Fraction("30.5")),
        ({"equity": 500}, ("equity",), 0),
        ({"rd": 10, "main_revenue": Fraction("2.5"), "software": 1}, ("main_revenue",), Fraction("10.5")),
        ({"rd": 30, "main_revenue": Fraction("2.5")}, ("main_revenue",), 30),
    ]
    assert "utility_model" not in {move.key for move in found.moves}  # 授权未超两年的实用新型不计


def test_srdi_2022_by_the_direct_way_where_the_score_is_out_of_reach() -> None:
    """5 + 8 + 4 + 5 + 0 + 5 + 0 + 5 + 0 + 0 + 4 + 5 + 0 = 41; R&D, a right and growth give at most 16 more."""
    facts = firm(
        {
            2023: {"main_revenue": 2000},
            2024: {"main_revenue": 2200, "rd": 600},
            2025: {"revenue": 2500, "main_revenue": 2400, "rd": 100, "net_profit": 0},
        },
        ip=[], rd_institutions=[], digital_level=1, expert={"local_points": 0},
    )  # fmt: skip
    found = ways(edition_named("srdi.2022"), facts, date(2026, 3, 1))
    assert found.score is not None and found.score.missing_sure == 19 and found.score.best == (57, 57)
    assert [what(way) for way in found.sure] == [{"rd": 1300}, {"equity": 6000}]
    assert found.sure[0].assessment.route == "direct:Z22-D2"


def test_srdi_2026_needs_everything_at_once() -> None:
    facts = firm({2025: {"revenue": 2000, "main_revenue": 1500, "rd": 80}}, ip=[])
    (way,) = ways(edition_for("srdi", ON), facts, ON).sure
    assert what(way) == {"rd": 20, "main_revenue": 100, "invention": 1}
    assert (way.cost, way.unpriced, way.assessment.verdict) == (25, ("main_revenue",), "met")


def test_what_no_move_changes_is_named_and_nothing_is_spent_on_it() -> None:
    """R&D of the year before last is history: raising last year's would not clear the clause."""
    facts = firm({2024: {"rd": 90}, 2025: {"revenue": 2000, "main_revenue": 1800, "rd": 80}}, ip=[], niche_years=None)
    found = ways(edition_for("srdi", ON), facts, ON)
    assert [what(way) for way in found.sure] == [{"invention": 1}]
    assert found.sure[0].assessment.verdict == "not_met"
    assert (found.immovable, found.unknown) == (("Z26-3",), ("niche_years",))


def test_a_little_giant_needs_rd_of_two_years_and_four_rights() -> None:
    facts = firm({2024: {"rd": 480}, 2025: {"rd": 500}}, ip=FIRM["ip"][:2])
    (way,) = ways(edition_for("little_giant", ON), facts, ON).sure
    assert (what(way), way.cost, way.assessment.verdict) == ({"rd": 220, "invention": 2}, 230, "met")


def test_nothing_has_to_change_where_the_rung_is_reached() -> None:
    for rung in ("tech_sme", "hte", "innovative_sme", "srdi", "little_giant"):
        found = ways(edition_for(rung, ON), firm(), ON)
        assert (found.before.verdict, found.sure, found.possible, found.immovable) == ("met", (), (), ())


def test_what_is_unknown_is_not_moved() -> None:
    found = ways(edition_for("hte", ON), {"registered_on": "2020-01-01"}, ON)
    assert (found.moves, found.sure, found.possible, found.tried) == ((), (), (), 1)
    assert {"ip", "years.2025.st_staff", "tech_field"} <= set(found.unknown)


TOGETHER = """
id: srdi.test
rung: srdi
title: {zh: 试行, en: Trial}
document: {number: 试〔2030〕1号, title: {zh: 试行, en: Trial}, certainty: general}
in_force:
  new: {from: 2020-01-01}
criteria:
  - {id: A, title: {zh: 人均研发, en: R&D a head}, article: "1", certainty: general,
     measure: {ratio: [{figure: rd, year: -1}, {figure: employees, year: -1}]}, operator: ">=", value: 2, unit: 万元}
  - {id: B, title: {zh: 占比, en: Share}, article: "2", certainty: general,
     measure: {ratio: [{figure: st_staff, year: -1}, {figure: employees, year: -1}]}, operator: ">=", value: 0.2, unit: 比例}
  - {id: C, title: {zh: 全部, en: All rights}, article: "3", certainty: general,
     measure: {count: ip, unit: 件}, operator: ">=", value: 6, unit: 件}
  - {id: D, title: {zh: 发明, en: Inventions}, article: "4", certainty: general,
     measure: {count: ip, unit: 件, where: {kind: invention}}, operator: ">=", value: 3, unit: 件}
  - {id: E, title: {zh: 研发少的看人, en: People where R&D is small}, article: "5", certainty: general,
     when: {measure: {figure: rd, year: -1}, operator: "<", value: 500, unit: 万元},
     measure: {figure: st_staff, year: -1}, operator: ">=", value: 30, unit: 人}
  - {id: F, title: {zh: 转化, en: Transfers}, article: "6", certainty: general,
     not: {measure: {figure: transfers, year: -1}, operator: "<=", value: 3, unit: 项}}
decision:
  requires: [A, B, C, D, E, F]
"""


def test_moves_that_act_on_one_number_are_tried_together(tmp_path: Path) -> None:
    """B asks for 13 people or E for 20, unless R&D is 500; a head more is 2 万元 more R&D: 226 or 240 in all.
    Four rights more, two of them inventions: 2 + 2, 3 + 1 or 4. More than 3 transfers: 2 more."""
    (tmp_path / "srdi").mkdir()
    (tmp_path / "srdi" / "srdi.test.yaml").write_text(TOGETHER, encoding="utf-8")
    (edition,) = load(tmp_path)
    facts = {
        "years": {"2025": {"rd": 150, "employees": 100, "st_staff": 10, "transfers": 2}},
        "ip": [{"kind": "invention"}, {"kind": "design"}],
    }
    found = ways(edition, facts, ON)
    rest: dict[str, Any] = {"transfers": 2}
    assert [what(way) for way in found.sure] == [
        {"rd": 90, "staff": 20, "invention": 2, "utility_model": 2, **rest},
        {"rd": 90, "staff": 20, "invention": 3, "utility_model": 1, **rest},
        {"rd": 90, "staff": 20, "invention": 4, **rest},
        {"rd": 350, "staff": 13, "invention": 2, "utility_model": 2, **rest},
        {"rd": 350, "staff": 13, "invention": 3, "utility_model": 1, **rest},
    ]
    assert costs(found.sure) == [408, 412, 416, 563, 567]
    assert {way.assessment.verdict for way in found.sure} == {"met"}


def test_a_space_too_large_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The amounts in between go first: the rung is still reached, for more than the 10 万元 it takes."""
    monkeypatch.setattr(trials, "COMBINATIONS", 30)
    found = ways(edition_for("tech_sme", ON), SMALL, ON)
    assert found.cut and 15 < found.tried <= 30 and found.sure[0].cost >= 10
    assert {way.assessment.verdict for way in found.sure} == {"met"}
    assert {move.key: move.amounts[-1] for move in found.moves}["rd"] == 235


# what holds of every answer


def standing(edition: Edition, facts: Facts, on: date) -> tuple[int, int]:
    """How many parts of the decision are surely met, and possibly met, by the exact reading."""
    reading = FirmReading(facts, on)
    outcome = judge(edition, reading)
    truths = [*(reading.outcomes[name] for name in edition.requires), *(reading.any_of(g) for g in outcome.groups)]
    return sum(truth.low for truth in truths), sum(truth.high for truth in truths)


def with_amounts(facts: Facts, way: Way, amounts: dict[str, Fraction], on: date) -> Facts:
    """The facts after other amounts of the same changes, made here from what the answer says, not by the engine."""
    years = {year: dict(figures) for year, figures in facts.years.items()}
    lists = {name: list(entries) for name, entries in facts.lists.items()}
    for change in way.changes:
        amount = amounts[change.move]
        for path in (change.path, *(path for path, _, _ in change.with_it)):
            if path.startswith("years."):
                _, year, name = path.split(".")
                years[int(year)][name] += amount
        if change.path == "equity" and amount:
            lists["equity"].append({"on": on, "amount": amount, "qualified": True})
        if change.path == "ip":
            lists["ip"] += [
                {
                    "kind": change.move, "status": "valid", "acquired": "self", "core_product": True, "in_use": True,
                    "owner_rank": Fraction(1), "granted_on": on, "filed_on": on, "acquired_on": on,
                    "high_value": False, "spent_on_hte": False,
                }
            ] * int(amount)  # fmt: skip
    return replace(facts, years=years, lists=lists)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    name=st.sampled_from([edition.id for edition in editions()]),
    gaps=st.sampled_from([0.0, 0.03, 0.3]),
    scale=st.sampled_from([1, 1, 1, 100_000]),
)
def test_every_set_reaches_and_none_of_it_can_be_left_out(seed: int, name: str, gaps: float, scale: int) -> None:
    """Also for figures so large (× 100,000) that no float holds them, where each combination is judged by itself."""
    edition = edition_named(name)
    on = edition.until or max(edition.since, ON)
    facts = Facts.from_document(FirmMaker(seed, on, gaps).firm())
    if scale > 1:
        for figures in facts.years.values():
            figures.update(
                {name: figures[name] * scale for name in figures if name in ("rd", "revenue", "rd_domestic")}
            )
    found = ways(edition, facts, on)
    for sets, reading in ((found.sure, 0), (found.possible, 1)):
        reached = {standing(edition, way.facts, on)[reading] for way in sets}
        assert len(reached) <= 1
        for way in sets:
            amounts = {change.move: change.amount for change in way.changes}
            assert amounts and with_amounts(facts, way, amounts, on) == way.facts
            best = standing(edition, way.facts, on)
            assert best[reading] > standing(edition, facts, on)[reading] or reading == 0
            assert way.assessment.verdict == evaluate(edition, way.facts, on).verdict
            assert (way.assessment.verdict == "met") == (best[0] == len(edition.requires) + len(edition.alternatives))
            for move, amount in amounts.items():
                if found.cut:
                    continue
                step = Fraction(1, 100) if move in ("rd", "equity", "ht_revenue", "main_revenue") else Fraction(1)
                for less in {amount - step, Fraction(0)}:
                    fewer = standing(edition, with_amounts(facts, way, {**amounts, move: less}, on), on)
                    assert (fewer if reading == 0 else fewer[1]) < (best if reading == 0 else best[1])
        for one, other in product(sets, sets):
            needs, has = what(one), what(other)
            assert one is other or any(amount > has.get(move, 0) for move, amount in needs.items())


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    name=st.sampled_from([edition.id for edition in editions()]),
    gaps=st.sampled_from([0.0, 0.03, 0.3]),
    data=st.data(),
)
def test_no_other_amounts_do_more_or_as_much_for_less(seed: int, name: str, gaps: float, data: st.DataObject) -> None:
    edition = edition_named(name)
    on = edition.until or max(edition.since, ON)
    facts = Facts.from_document(FirmMaker(seed, on, gaps).firm())
    prices = {price.key: Fraction(1) for price in default_prices()}
    found = ways(edition, facts, on, prices)
    tried = {move.key: move.amounts for move in found.moves}
    after = standing(edition, found.sure[0].facts if found.sure else facts, on)
    for _ in range(5):
        amounts = []
        for move in moves_of(edition, facts, on):
            known = [int(amount / move.step) for amount in tried.get(move.key, ())]
            near = [n for amount in known for n in (amount - 1, amount, amount + 1) if 0 <= n <= move.most]
            steps = data.draw(st.sampled_from(near) if near else st.integers(0, min(move.most, LARGEST["件"])))
            amounts.append((move, steps * move.step))
        other = standing(edition, moved(facts, on, amounts), on)
        assert other <= after or found.cut
        if not found.cut and other == after and found.sure:
            assert sum((amount for _, amount in amounts), Fraction(0)) >= found.sure[0].cost


@settings(max_examples=8, deadline=None)
@given(
    staff=st.integers(0, 40), rd=st.integers(0, 70), models=st.integers(0, 4),
    prices=st.fixed_dictionaries({key: st.integers(1, 30).map(Fraction) for key in ("rd", "staff", "invention", "utility_model")}),
)  # fmt: skip
def test_brute_force_finds_nothing_cheaper(staff: int, rd: int, models: int, prices: dict[str, Fraction]) -> None:
    """Every amount of R&D in half 万元, every number of people and rights that could matter, judged as documents."""
    facts = deepcopy(SMALL)
    facts["years"]["2025"] |= {"st_staff": staff, "rd": rd, "cost_expense": 10_000}
    facts["ip"] = [RIGHT] * models
    edition = edition_for("tech_sme", ON)
    found = ways(edition, facts, ON, prices)
    assume(found.before.verdict == "not_met")
    budget = found.sure[0].cost
    space = [
        (more, people, invention, model)
        for more in (Fraction(n, 2) for n in range(2 * max(0, 60 - rd) + 1))
        for people, invention, model in product(range(45), (0, 1), range(5 - models))
        if more * prices["rd"] + people * prices["staff"] + invention * prices["invention"]
        + model * prices["utility_model"] < budget
    ][:3000]  # fmt: skip
    known = Facts.from_document(facts)
    park = [
        Facts(
            known.profile,
            {2025: known.years[2025] | {
                "rd": known.years[2025]["rd"] + more, "st_staff": Fraction(staff + people),
                "employees": Fraction(100 + people),
            }},
            known.lists | {"ip": known.lists["ip"] + [{**RIGHT, "kind": "invention"}] * invention + [dict(RIGHT)] * model},
            known.expert, known.choices,
        )
        for more, people, invention, model in space
    ]  # fmt: skip
    assert not park or not (evaluate_columns(edition, columns_of(park), ON).codes == 2).any()
