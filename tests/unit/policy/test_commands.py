"""`flask policy …` as it is called from outside."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from crm.policy.commands import policy


def run(*arguments: str, given: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(policy, list(arguments), input=given)
    return result.exit_code, result.stdout, result.stderr


def test_evaluate_prints_one_json_object() -> None:
    code, out, err = run("evaluate", "-", "--rung", "srdi", "--on", "2026-06-01", given='{"niche_years": 2.5}')
    result = json.loads(out)
    assert (code, err, result["edition"], result["verdict"]) == (0, "", "srdi.2026", "not_met")
    assert set(result) == {
        "rung",
        "edition",
        "edition_hash",
        "on",
        "purpose",
        "verdict",
        "score",
        "route",
        "criteria",
        "notice",
    }
    assert result["notice"] is None
    (niche,) = [criterion for criterion in result["criteria"] if criterion["id"] == "Z26-1b"]
    assert niche["gap"] == {"amount": 0.5, "unit": "年", "text": "从事特定细分市场年限还差 0.5 年"}
    assert (niche["value"], niche["operator"], niche["threshold"], niche["unit"]) == (2.5, ">=", 3, "年")
    assert (niche["verdict"], niche["certainty"], niche["missing"], niche["applies"]) == (
        "not_met",
        "secondary",
        [],
        True,
    )


def test_scored_parts_show_their_points() -> None:
    _, out, _ = run("evaluate", "-", "--rung", "tech_sme", "--on", "2026-06-01", given='{"ip": []}')
    result = json.loads(out)
    parts = {criterion["id"]: criterion["score"] for criterion in result["criteria"] if "score" in criterion}
    assert parts["TS-ip"] == {"low": 0, "high": 0, "max": 30}
    assert parts["TS-staff"] == {"low": 0, "high": 20, "max": 20}
    assert result["score"] == {"low": 0, "high": 70, "pass": 60, "operator": ">="}


def test_the_notice_tells_the_window_and_whom_it_has_visited() -> None:
    given = '{"years": {"2025": {"employees": 4, "rd": 60}}}'
    _, out, _ = run("evaluate", "-", "--rung", "tech_sme", "--on", "2026-06-10", given=given)
    notice = json.loads(out)["notice"]
    assert (notice["id"], notice["window"]["state"], notice["window"]["days"]) == ("tsme.notice.2026", "open", 82)
    assert (notice["window"]["from"], notice["window"]["to"]) == ("2026-06-01", "2026-08-31")
    assert {check["id"]: check["verdict"] for check in notice["site_checks"]} == {
        "TS-V6a": "met",
        "TS-V6b": "unknown",
        "TS-V6c": "not_met",
        "TS-V6d": "unknown",
        "TS-V6e": "unknown",
    }
    _, out, _ = run("evaluate", "-", "--rung", "hte", "--on", "2026-08-01", "--region", "110108", given="{}")
    notice = json.loads(out)["notice"]
    assert (notice["id"], notice["window"]["title"], notice["window"]["from"]) == (
        "hte.notice.beijing.2026",
        "第三批",
        None,
    )


def test_many_firms_a_line_each(tmp_path: Path) -> None:
    file = tmp_path / "firms.jsonl"
    file.write_text('{}\n{"resident_cn": false}\n', encoding="utf-8")
    code, out, _ = run("evaluate-many", str(file), "--rung", "tech_sme", "--on", "2026-06-01")
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [line["verdict"] for line in lines] == ["unknown", "not_met"]
    assert lines[0]["score"] == {"low": 0, "high": 100, "pass": 60, "operator": ">="}


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (("--rung", "hte", "--on", "2026-06-01"), '{"years": {"2025": {"employes": 1}}}', "years.2025.employes: "),
        (("--rung", "hte", "--on", "2026-06-01"), "not json", "line 1 column 1"),
        (("--rung", "hte", "--on", "2026-06-01"), "\udcff", "UTF-8"),
        (("--rung", "hte", "--on", "2026-06-01", "--purpose", "annual"), "{}", "hte.2016"),
        (("--rung", "hte", "--on", "1999-06-01"), "{}", "hte.2016"),
        (("--rung", "hte", "--on", "2026-13-01"), "{}", "2026-06-30"),
        (("--rung", "hte", "--on", "20260601"), "{}", "2026-06-30"),
        (("--rung", "hte", "--on", "2026-06-01", "--edition", "srdi.2026"), "{}", "srdi"),
        (("--rung", "hte", "--on", "2026-06-01", "--edition", "hte.9"), "{}", "hte.2016"),
        (("--rung", "unicorn", "--on", "2026-06-01"), "{}", "unicorn"),
    ],
)
def test_bad_input_ends_with_two_and_says_why(arguments: tuple[str, ...], given: str, said: str) -> None:
    result = CliRunner().invoke(policy, ["evaluate", "-", *arguments], input=given.encode("utf-8", "surrogateescape"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_a_line_ends_only_at_a_line_feed() -> None:
    code, out, _ = run(
        "evaluate-many", "-", "--rung", "hte", "--on", "2026-06-01", given='{"industry": "a\u2028b"}\r\n{}'
    )
    assert (code, len(out.splitlines())) == (0, 2)


def test_a_bad_line_among_many_is_named() -> None:
    code, out, err = run("evaluate-many", "-", "--rung", "hte", "--on", "2026-06-01", given='{}\n{"ip": {}}\n\n')
    assert (code, out) == (2, "")
    assert "line 2: ip: " in err and "line 3: " in err


def test_the_list_of_editions() -> None:
    code, out, _ = run("editions")
    listed = {edition["id"]: edition for edition in json.loads(out)}
    assert code == 0
    little_giant = listed["little_giant.2022.review"]
    assert (little_giant["from"], little_giant["to"], little_giant["purpose"]) == ("2022-08-01", "2026-12-31", "review")
    assert sum(little_giant["certainty"].values()) == little_giant["criteria"]
    assert listed["hte.2016"]["parameters"]["transfers_below_one"] == "either"


def test_check_passes_on_the_house_and_fails_on_a_bad_directory(tmp_path: Path) -> None:
    assert run("check")[0] == 0
    (tmp_path / "srdi").mkdir()
    (tmp_path / "srdi" / "bad.yaml").write_text("id: x\nrung: srdi\n", encoding="utf-8")
    code, out, err = run("check", str(tmp_path))
    assert (code, out) == (2, "")
    assert "srdi/bad.yaml" in err
    (tmp_path / "srdi" / "notices").mkdir()
    (tmp_path / "srdi" / "notices" / "n.yaml").write_text("id: n\nrung: srdi\n", encoding="utf-8")
    assert "srdi/bad.yaml" in (found := run("check", str(tmp_path))[2]) and "srdi/notices/n.yaml" in found


@pytest.mark.parametrize("region", ["99", "990000", "湖南", "", "000000", "4309001"])
def test_a_region_there_is_not_is_refused(region: str) -> None:
    code, out, err = run("evaluate", "-", "--rung", "hte", "--on", "2026-06-01", "--region", region, given="{}")
    assert (code, out) == (2, "") and "division code" in err


@pytest.mark.parametrize("day", ["2026-W23-1", "20260601", "2026-6-1", "2026-02-30"])
def test_a_day_is_written_in_one_way(day: str) -> None:
    code, _, err = run("evaluate", "-", "--rung", "hte", "--on", day, given="{}")
    assert code == 2 and "a date such as 2026-06-30" in err


def test_half_a_character_is_refused_before_it_is_printed() -> None:
    code, _, err = run(
        "evaluate",
        "-",
        "--rung",
        "listed_star",
        "--on",
        "2026-06-01",
        given='{"industry": "\\ud800", "ip": {}, "registered_on": ""}',
    )
    assert code == 2 and [line.partition(":")[0] for line in err.splitlines()] == ["industry", "ip", "registered_on"]
    assert "must be a list, not an object" in err
