"""A recorded assessment is judged again: the same, or every difference named. `flask policy rerun` as it is called from outside."""

import json
import shutil
import subprocess
import sys
from copy import deepcopy
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from crm.policy import edition_named, editions, evaluate, load
from crm.policy.commands import policy
from crm.policy.language.library import DIRECTORY
from crm.policy.records.record import FILE, PAGE, RecordError, digests, edition_of, read_record, record, source_of
from crm.policy.records.rerun import Rerun, rerun

ROOT = Path(__file__).resolve().parents[3]
ON = date(2026, 6, 1)
FACTS: dict[str, Any] = {  # the firm worked in docs/policy.md
    "registered_on": "2019-04-12",
    "market_share": 0.1,
    "years": {
        "2023": {"revenue": "3000", "rd": "150", "net_assets": 1200, "transfers": 4},
        "2024": {"revenue": "3600", "rd": "160", "net_assets": 1400, "transfers": 4},
        "2025": {
            "revenue": "4400", "rd": "193.8", "net_assets": 1700, "transfers": 5, "employees": 85, "st_staff": 14,
        },
    },
}  # fmt: skip


def made(name: str = "hte.2016", on: date = ON, origin: str = FILE) -> dict[str, Any]:
    """A record as the page exports it: through JSON and back."""
    edition = edition_named(name)
    document = record(
        firm="云岭试验机械有限公司",
        credit_code="91430900MA0000001W",
        rung=edition.rung,
        purpose=edition.purpose,
        region="430900",
        on=on,
        kept_at="2026-06-01T09:00:00+08:00",
        kept_by="专员甲",
        facts=FACTS,
        sources={"years.2025.rd": {"state": "verified", "document": "审计报告.pdf"}},
        edition=edition.id,
        edition_hash=edition.hash,
        edition_source=source_of(edition),
        origin=origin,
        result=evaluate(edition, FACTS, on).as_json(),
    )
    return json.loads(json.dumps(document))  # type: ignore[no-any-return]


def judged(document: dict[str, Any], among: Any = None) -> Rerun:
    return rerun(read_record(json.dumps(document)), among)


def named(again: Rerun) -> set[tuple[str, str]]:
    return {(difference.what, difference.where) for difference in again.differences}


@pytest.mark.parametrize("edition", editions(), ids=lambda edition: edition.id)
def test_every_edition_is_recorded_whole_and_judged_the_same(edition: Any) -> None:
    on = max(edition.since, date(2010, 1, 1))
    again = judged(made(edition.id, on))
    assert again.same, [difference.text.zh for difference in again.differences]
    assert again.edition.hash == edition.hash == edition_of(source_of(edition), edition.purpose).hash


def test_the_layout_of_the_file_is_not_its_content() -> None:
    document = made()
    rewritten = json.dumps(dict(reversed(document.items())), indent=3, ensure_ascii=True)
    assert rerun(read_record(rewritten)).same


def test_a_threshold_changed_in_the_record_is_named_with_the_clause() -> None:
    document = made()
    source = document["edition"]["source"]
    assert source.count("value: 0.05") == 1
    document["edition"]["source"] = source.replace("value: 0.05", "value: 0.04")
    again = judged(document)
    assert named(again) == {
        ("edition_hash", "edition.hash"),
        ("edition_on_file", "edition.hash"),
        ("criterion", "result.criteria[HT-05a]"),
        ("verdict", "result.verdict"),
    }
    (clause,) = [difference for difference in again.differences if difference.what == "criterion"]
    assert clause.recorded["threshold"] == Fraction("0.05") and clause.now["threshold"] == 0.04
    assert "要求存档为 0.05，重算为 0.04" in clause.text.zh and "46.2" in clause.text.zh
    (on_file,) = [difference for difference in again.differences if difference.what == "edition_on_file"]
    assert "改动的是记录" in on_file.text.zh and "“不符合”" in on_file.text.zh


def test_the_edition_changed_on_file_is_named_with_both_verdicts(tmp_path: Path) -> None:
    document = made()
    shutil.copytree(DIRECTORY, tmp_path / "policies")
    file = tmp_path / "policies" / "hte" / "hte.2016.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count("value: 0.05") == 1
    file.write_text(text.replace("value: 0.05", "value: 0.04"), encoding="utf-8")
    again = judged(document, load(tmp_path / "policies"))
    assert named(again) == {("edition_on_file", "edition.hash")}
    assert (again.recorded["verdict"], again.now.verdict, again.by_file and again.by_file.verdict) == (
        "not_met",
        "not_met",
        "unknown",
    )
    (difference,) = again.differences
    assert "在存档之后被改动过" in difference.text.zh and "HT-05a" in difference.text.zh
    printed = again.as_json()
    assert printed["verdict"] == {"recorded": "not_met", "now": "not_met", "on_file": "unknown"}
    assert printed["edition"]["recorded_hash"] == printed["edition"]["file_hash"] != printed["edition"]["on_file_hash"]


def test_an_edition_gone_from_the_files_is_named_and_one_of_a_page_only_said() -> None:
    others = [edition for edition in editions() if edition.id != "hte.2016"]
    assert named(judged(made(), others)) == {("edition_gone", "edition.id")}
    # One of a page is not among the files anywhere; but where the pages' editions are known, it has to be there.
    document = made(origin=PAGE)
    source = document["edition"]["source"].replace("id: hte.2016", "id: hte.yunling")
    there = edition_of(source, "new")
    document["edition"].update(source=source, id=there.id, hash=there.hash)
    document["result"].update(edition=there.id, edition_hash=there.hash)
    document["digests"] = digests(document)
    on_a_page = judged(document)
    assert on_a_page.same and "发布在系统页面上" in on_a_page.notes[0].zh
    assert on_a_page.as_json()["edition"]["on_file_hash"] is None
    assert judged(document, [*others, there]).same
    assert named(judged(document, others)) == {("edition_gone", "edition.id")}


def test_a_changed_fact_is_named_with_the_clauses_it_moves() -> None:
    document = made()
    document["facts"]["years"]["2025"]["st_staff"] = 3
    again = judged(document)
    assert ("altered", "facts") in named(again) and ("criterion", "result.criteria[HT-04]") in named(again)
    text = next(d.text.zh for d in again.differences if d.where == "result.criteria[HT-04]")
    assert "years.2025.st_staff=14，重算为 years.2025.st_staff=3" in text


def test_a_fact_that_no_clause_reads_is_noticed_too() -> None:
    document = made()
    document["facts"]["market_share"] = 0.2
    assert named(judged(document)) == {("altered", "facts")}


@pytest.mark.parametrize(
    ("section", "change"),
    [
        ("firm", {"name": "别家有限公司", "credit_code": None}),
        ("sources", {}),
        ("kept", {"at": "2020-01-01T00:00:00", "by": "专员乙"}),
        ("certainty", {"HT-04": "confirmed"}),
        ("region", None),
    ],
)
def test_a_changed_section_is_named(section: str, change: Any) -> None:
    document = made()
    document[section] = change
    assert named(judged(document)) == {("altered", section)}


def test_a_changed_verdict_score_clause_and_hash_are_named_even_under_new_digests() -> None:
    document = made()
    document["result"]["verdict"] = "met"
    document["result"]["score"]["low"] = 80
    clause = next(c for c in document["result"]["criteria"] if c["id"] == "HT-05a")
    clause["verdict"], clause["gap"] = "met", None
    document["result"]["criteria"] = [c for c in document["result"]["criteria"] if c["id"] != "HT-04"]
    document["edition"]["hash"] = "0" * 64
    document["digests"] = digests(document)
    assert named(judged(document)) == {
        ("edition_hash", "edition.hash"),
        ("verdict", "result.verdict"),
        ("score", "result.score"),
        ("criterion", "result.criteria[HT-05a]"),
        ("criterion", "result.criteria[HT-04]"),
    }


def test_another_day_or_edition_in_the_heading_is_named() -> None:
    document = made()
    document["edition"]["id"] = "hte.2008"
    document["digests"] = digests(document)
    assert ("heading", "edition.id") in named(judged(document))
    document = made()
    document["on"] = "2025-06-01"
    assert {("altered", "on"), ("heading", "result.on")} <= named(judged(document))


PATHS = [
    "format", "version", "firm", "firm.name", "rung", "purpose", "region", "on", "kept", "kept.at", "result",
    "result.verdict", "result.score", "result.criteria", "certainty", "facts", "sources", "edition", "edition.id",
    "edition.hash", "edition.source", "edition.origin", "digests",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("wrong", ["gone", 7, [7], True, {"x": [1]}, "\u0000", None])
def test_a_broken_record_is_refused_by_the_path_of_its_key(path: str, wrong: Any) -> None:
    document = made()
    *above, key = path.split(".")
    place = document
    for step in above:
        place = place[step]
    if wrong == "gone":
        del place[key]
    else:
        place[key] = wrong
    try:
        answered = judged(document)
    except RecordError as error:
        assert [p for p in error.problems if p.path.startswith(path) or (key == "source" and "edition" in p.path)]
    else:  # another text or null is of the right shape: then it is a difference
        assert wrong != "gone" and not answered.same


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not json", "line 1 column 1"),
        ("[]", "$: "),
        ("[" * 100_000, "$: "),
        ('{"format": "tidu-assessment", "format": "x"}', "format: "),
        ('{"version": 1e999999999}', "version: "),
        ('{"version": NaN}', "version: "),
        ('{"a": ' * 70 + "1" + "}" * 70, ": "),
        ("\udcff", "UTF-8"),
    ],
)
def test_no_file_whatever_brings_a_stack_trace(text: str, said: str) -> None:
    result = CliRunner().invoke(policy, ["rerun", "-"], input=text.encode("utf-8", "surrogateescape"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr and "Traceback" not in result.stderr


def test_wrong_parts_of_facts_clauses_and_edition_are_refused_by_their_path() -> None:
    for change, path in (
        (lambda d: d["facts"]["years"]["2025"].update(employees=-1), "facts.years.2025.employees"),
        (lambda d: d["result"]["criteria"].__setitem__(3, "x"), "result.criteria[3]"),
        (lambda d: d["result"]["criteria"][2].update(verdict="yes"), "result.criteria[2].verdict"),
        (lambda d: d["result"]["criteria"][2].update(figures=["x"]), "result.criteria[2].figures"),
        (lambda d: d["edition"].update(source="criteria: ["), "edition.source: line 1"),
        (lambda d: d.update(on="2026-02-30"), "on"),
        (lambda d: d.update(version=2), "version"),
        (lambda d: d.update(purpose="annual"), "purpose"),
    ):
        document = deepcopy(made())
        change(document)  # type: ignore[no-untyped-call]
        with pytest.raises(RecordError) as caught:
            judged(document)
        assert path in {problem.path for problem in caught.value.problems}


def test_the_command_in_a_house_whose_edition_file_was_tampered_with(tmp_path: Path) -> None:
    """The real thing: a copy of the program, one number of a file changed, the command called from outside."""
    ignore = shutil.ignore_patterns("__pycache__", "fonts")
    for folder in ("crm", "seeds"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    for name in ("app.py", "config.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("templates", "static", "translations", "migrations"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "record.json").write_text(json.dumps(made(), ensure_ascii=False), encoding="utf-8")

    def call() -> tuple[int, dict[str, Any], str]:
        command = [sys.executable, "-m", "flask", "--app", "app", "policy", "rerun", "record.json"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, json.loads(done.stdout), done.stderr

    code, answer, _ = call()
    assert (code, answer["same"], answer["differences"]) == (0, True, [])
    file = tmp_path / "seeds" / "policies" / "hte" / "hte.2016.yaml"
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole.replace("value: 0.05", "value: 0.04"), encoding="utf-8")
    code, answer, _ = call()
    assert (code, answer["same"], answer["verdict"]["on_file"]) == (1, False, "unknown")
    assert [difference["what"] for difference in answer["differences"]] == ["edition_on_file"]
    file.write_text(whole.replace("value: 0.05", "value: many"), encoding="utf-8")
    code, answer, said = call()
    assert (code, [difference["what"] for difference in answer["differences"]]) == (1, ["editions_on_file"]), said


def test_an_edition_that_would_fill_the_memory_is_refused() -> None:
    """A few nested aliases stand for more nodes than any machine holds."""
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 40)]
    for source in ("\n".join(["l0: &l0 [x]", *levels]), "a: " + "[" * 5000):
        document = made()
        document["edition"]["source"] = source
        with pytest.raises(RecordError) as error:
            judged(document)
        assert error.value.problems[0].path.startswith("edition.source")


def test_half_a_character_is_refused_by_its_path() -> None:
    text = json.dumps(made()).replace('"name": "', '"name": "\\ud800', 1)
    with pytest.raises(RecordError) as error:
        read_record(text)
    assert [problem.path for problem in error.value.problems] == ["firm.name"]
