"""The files of incentives: the house's own hold, what one does not mean to say is refused with file, key and cure."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crm.incentives.reading import load
from crm.incentives.rules import DIRECTORY, Place, Provision, rules
from crm.policy.language.source import EditionError

SMALL = (DIRECTORY / "rd_intensity.chenzhou.2013.yaml").read_text(encoding="utf-8")


def test_the_houses_own_rules_cite_document_and_article_in_both_languages() -> None:
    found = rules()
    assert len(found) == 8
    for rule in found:
        assert rule.document.number and rule.article
        assert rule.title.zh and rule.title.en and rule.beneficiary.en
        assert all(note.text.en for note in (*rule.notes, *rule.asks))


@pytest.mark.parametrize(
    ("before", "after", "key", "cure"),
    [
        ("kind: top_up", "kind: topup", "kind", "top_up"),
        ("  rate: {open: true}", "  rate: {open: true}\n  tax_hte: {open: true}", "terms.tax_hte", "没有这个数"),
        ("  rate: {open: true}", "  rate: {value: 2, unit: x, certainty: reposted}", "terms.rate.unit", "未知的键"),
        ("  cap: {open: true}", "  cap: {value: 0, certainty: reposted}", "terms.cap.value", "应大于 0"),
        ("  cap: {open: true}", "  cap: {value: 3, certainty: sure}", "terms.cap.certainty", "没有这个"),
        ("  cap: {open: true}", "  cap: {open: false}", "terms.cap.open", "只能写 true"),
        ("base: {figure: rd}", "base: {figure: employees}", "base.figure", "没有这个"),
        ('region: "431000"', "region: 郴州", "region", "行政区划代码"),
        ("in_force: {from: 2013-04-18}", "in_force: {from: 2013-04-18, to: 2012-01-01}", "in_force.to", "早于"),
        ("article: 三（六）", "artikel: 三（六）", "artikel", "article"),
        ("certainty: reposted\n  any:", "certainty: reposted\n  criterion: X\n  any:", "who", ""),
        ("revenue, year: -1}, operator", "revenu, year: -1}, operator", "who.any[0].all[0].measure", "revenue"),
    ],
)
def test_a_fault_names_its_key_and_cure(tmp_path: Path, before, after, key, cure) -> None:
    assert before in SMALL
    (tmp_path / "small.yaml").write_text(SMALL.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(EditionError) as error:
        load(tmp_path)
    assert any(
        fault.file == "small.yaml" and fault.key.startswith(key) and cure in str(fault) for fault in error.value.faults
    ), error.value


def test_two_rules_of_one_incentive_at_once_are_refused_and_one_after_the_other_is_not(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SMALL, encoding="utf-8")
    later = SMALL.replace("id: rd_intensity.chenzhou.2013", "id: rd_intensity.chenzhou.2025").replace(
        "from: 2013-04-18", "from: 2025-01-01"
    )
    (tmp_path / "b.yaml").write_text(later, encoding="utf-8")
    with pytest.raises(EditionError, match="同时施行"):
        load(tmp_path)
    (tmp_path / "a.yaml").write_text(
        SMALL.replace("from: 2013-04-18", "from: 2013-04-18, to: 2024-12-31"), encoding="utf-8"
    )
    assert len(load(tmp_path)) == 2


def test_the_nearest_place_comes_first_and_only_in_its_days() -> None:
    def provision(id_: int, since: date, until: date | None = None) -> Provision:
        return Provision(id_, "rd_intensity", since, until, "x", since, {})

    near, far = provision(1, date(2025, 1, 1), date(2025, 12, 31)), provision(2, date(2020, 1, 1))
    place = Place("430900", (near, far))
    held = {day: place.terms("rd_intensity", day) for day in (date(2024, 6, 1), date(2025, 6, 1), date(2026, 6, 1))}
    assert [terms and terms.provision and terms.provision.id for terms in held.values()] == [2, 1, 2]
    assert place.terms("rd_intensity", date(2019, 6, 1)) is None
    assert Place("431003").terms("rd_intensity", date(2019, 6, 1)) is not None, "a county of the document's own city"
