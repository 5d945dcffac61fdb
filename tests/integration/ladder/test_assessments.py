"""Kept assessments: by hand, listed, run again, exported, printed, compared; and what a firm's own user sees of them."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from crm.editions.library import as_published, source_hash, whole_hash
from crm.editions.models import Confirmation, EditionRecord, EditionState
from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.models import Division, Document, FirmFact
from crm.kernel.errors import DomainError
from crm.kernel.files import store
from crm.ladder import service
from crm.ladder.models import Assessment, Purpose, Rung
from crm.policy import edition_named, load
from crm.policy.commands import policy
from crm.policy.language.library import DIRECTORY
from tests.factories import Park
from tests.integration.ladder.makers import TODAY, qualify
from tests.pages import check_page, text_of
from tests.pdf import pages_of
from tests.queries import count_queries

EARLIER = date(2026, 6, 1)


def keep(park: Park, on: date = TODAY) -> Assessment:
    return service.keep_assessment(park.firm, Rung.TECH_SME, actor=park.officer, on=on)[0]


def rerun_file(content: str) -> tuple[int, dict[str, Any]]:
    """What `flask policy rerun -` answers to an exported file."""
    result = CliRunner().invoke(policy, ["rerun", "-"], input=content)
    return result.exit_code, json.loads(result.stdout)


def proved(session, park: Park, figures: YearlyFigures) -> None:
    """R&D stands in an audit report, the staff in a paper of the house."""
    papers = [
        Document(
            firm=park.firm, name=name, internal=internal, media_type="application/pdf", size=8,
            sha256=store(b"%PDF-1.7"), uploaded_by=park.officer,
        )
        for name, internal in (("审计报告.pdf", False), ("走访内部记录.pdf", True))
    ]  # fmt: skip
    session.add_all(papers)
    (rd,) = figures.sources
    rd.document = papers[0]
    figures.sources.append(FigureSource(key="st_staff", entered_by=park.officer, document=papers[1]))
    session.flush()


def test_an_officer_keeps_what_the_standing_page_shows(session, park: Park, sign_in) -> None:
    proved(session, park, qualify(session, park.firm, park.officer))
    client = sign_in(park.officer)
    page = check_page(client.get(f"/firms/{park.firm.id}/ladder?rung=tech_sme&on=2026-06-01"))
    (form,) = [form for form in page.iter("form") if form.get("action") == f"/firms/{park.firm.id}/assessments"]
    sent = {field.get("name"): field.get("value") for field in form.iter("input")}
    assert (sent["rung"], sent["purpose"], sent["on"]) == ("tech_sme", "new", "2026-06-01")
    answer = client.post(form.get("action"), data=sent, follow_redirects=True)
    said = text_of(check_page(answer))
    for shown in (
        "已存档。",
        "复算一致",
        "100 分",
        "审计报告.pdf",
        "走访内部记录.pdf",
        park.officer.name,
        "2026年6月1日",
    ):
        assert shown in said
    kept = session.scalars(select(Assessment)).one()
    assert (kept.on, kept.verdict, kept.case_id, kept.purpose) == (EARLIER, "met", None, Purpose.NEW)
    assert kept.edition_hash in said
    assert kept.sources["years.2025.rd"] == {
        "state": "verified",
        "year": 2025,
        "as_of": None,
        "documents": [{"name": "审计报告.pdf", "internal": False}],
        "by": park.officer.name,
    }
    assert kept.sources["resident_cn"]["as_of"] == TODAY.isoformat()


def test_the_same_is_not_kept_twice_and_a_new_figure_is(session, park: Park, sign_in) -> None:
    figures = qualify(session, park.firm, park.officer)
    first, second = keep(park), keep(park)
    assert first is second
    figures.rd = figures.rd * 2
    session.flush()
    assert keep(park) is not first
    client = sign_in(park.officer)
    data = {"rung": "tech_sme", "purpose": "new", "on": TODAY.isoformat()}
    answer = client.post(f"/firms/{park.firm.id}/assessments", data=data, follow_redirects=True)
    assert "同样的测算已经存过" in answer.text
    assert session.scalar(select(func.count()).select_from(Assessment)) == 2


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"rung": "tech_sme", "on": "2026-06-16"}, "不能晚于今天"),
        ({"rung": "hte", "on": "2001-01-01"}, "不能存档"),
        ({"rung": "none", "on": "2026-06-01"}, "没有存档"),
        ({"rung": "tech_sme", "on": "someday"}, "不是日期"),
        ({}, "没有存档"),
    ],
)
def test_what_cannot_be_kept_is_said_and_leaves_nothing(session, park: Park, sign_in, sent: Any, said: str) -> None:
    answer = sign_in(park.officer).post(f"/firms/{park.firm.id}/assessments", data=sent, follow_redirects=True)
    assert said in text_of(check_page(answer))
    assert session.scalar(select(func.count()).select_from(Assessment)) == 0


def test_a_day_to_come_is_not_kept(session, park: Park) -> None:
    with pytest.raises(DomainError):
        keep(park, date(2026, 6, 16))


def test_the_list_is_paged_by_rung_and_its_queries_do_not_grow(session, park: Park, sign_in) -> None:
    qualify(session, park.firm, park.officer)
    client = sign_in(park.officer)
    assert "还没有存档的测算" in client.get(f"/firms/{park.firm.id}/assessments").text
    keep(park)
    service.keep_assessment(park.firm, Rung.HTE, actor=park.officer)
    with count_queries(session) as few:
        client.get(f"/firms/{park.firm.id}/assessments")
    for day in range(1, 15):
        keep(park, date(2026, 6, day))
    with count_queries(session) as many:
        said = text_of(check_page(client.get(f"/firms/{park.firm.id}/assessments")))
    assert len(many) == len(few)
    assert said.index("2026年6月15日") < said.index("2026年6月3日")
    only = text_of(check_page(client.get(f"/firms/{park.firm.id}/assessments?rung=hte")))
    assert "hte.2016" in only and "tech_sme.2017" not in only
    for number in range(80):
        row = keep(park, date(2026, 3 + number // 28, 1 + number % 28))
    assert row.id
    first = client.get(f"/firms/{park.firm.id}/assessments?rung=tech_sme")
    assert "page=2" in first.text and "2026年3月1日" not in first.text
    assert "2026年3月1日" in client.get(f"/firms/{park.firm.id}/assessments?rung=tech_sme&page=2").text


def test_what_is_exported_runs_again_alike_and_tampering_is_named(session, park: Park, sign_in) -> None:
    proved(session, park, qualify(session, park.firm, park.officer))
    kept = keep(park)
    answer = sign_in(park.officer).get(f"/assessments/{kept.id}/record")
    assert answer.mimetype == "application/json"
    assert f"{kept.id}.json" in answer.headers["Content-Disposition"]
    document = answer.json
    assert document["firm"] == {"name": park.firm.name, "credit_code": park.firm.credit_code}
    assert document["facts"] == kept.facts and document["sources"] == kept.sources
    assert (document["kept"]["by"], document["result"]) == (park.officer.name, kept.result)
    code, again = rerun_file(answer.text)
    assert (code, again["same"], again["differences"]) == (0, True, [])
    document["facts"]["years"]["2025"]["rd"] = "1"
    code, again = rerun_file(json.dumps(document))
    assert code == 1
    assert {("altered", "facts"), ("verdict", "result.verdict")} <= {
        (d["what"], d["where"]) for d in again["differences"]
    }


def test_later_changes_of_the_firm_do_not_touch_what_was_kept(session, park: Park, sign_in) -> None:
    figures = qualify(session, park.firm, park.officer)
    kept = keep(park)
    figures.employees = 4000
    session.query(FirmFact).filter_by(firm_id=park.firm.id, key="resident_cn").one().value = False
    session.flush()
    said = text_of(check_page(sign_in(park.officer).get(f"/assessments/{kept.id}")))
    assert "复算一致" in said and "40%" in said


def test_a_row_tampered_with_in_the_database_is_named_on_its_page(session, park: Park, sign_in) -> None:
    qualify(session, park.firm, park.officer)
    kept = keep(park)
    kept.edition_source = kept.edition_source.replace("value: 60", "value: 10")
    session.flush()
    said = text_of(check_page(sign_in(park.officer).get(f"/assessments/{kept.id}")))
    assert "复算与存档不一致" in said and "改动的是记录" in said


def test_the_edition_changed_on_file_is_named_on_the_page(
    session, park: Park, sign_in, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qualify(session, park.firm, park.officer)
    kept = keep(park)
    shutil.copytree(DIRECTORY, tmp_path / "policies")
    (file,) = (tmp_path / "policies" / "tech_sme").glob("*.yaml")
    text = file.read_text(encoding="utf-8")
    assert "value: 60" in text
    file.write_text(text.replace("value: 60", "value: 61"), encoding="utf-8")
    changed = load(tmp_path / "policies")
    monkeypatch.setattr("crm.ladder.assessments.reading.library", lambda: changed)
    said = text_of(check_page(sign_in(park.officer).get(f"/assessments/{kept.id}")))
    assert "版本在存档之后被改动过" in said and "复算一致" not in said
    (file,) = pages_of(sign_in(park.officer).get(f"/assessments/{kept.id}/report").data)[-1:]
    assert "被改动过" in file


def test_what_an_edition_of_this_house_decided_runs_again_here_and_elsewhere(session, park: Park, sign_in) -> None:
    qualify(session, park.firm, park.officer)
    source = """
id: tech_sme.yunling
based_on: tech_sme.2017
region: "430900"
title: {zh: 云岭市科小办法, en: Yunling rules}
document: {number: 云科发〔2026〕1号, title: {zh: 云岭办法, en: Yunling}, certainty: confirmed}
in_force: {new: {from: 2026-01-01}}
change:
  TS-05: {value: 70}
"""
    session.add(Division(code="430900", name="云岭市"))
    session.flush()
    park.firm.division_code = "430900"
    session.add(
        EditionRecord(
            name="tech_sme.yunling", rung="tech_sme", state=EditionState.PUBLISHED, source=source,
            hash=source_hash(source), whole_hash=whole_hash(as_published(source)), created_by=park.officer, published_by=park.officer,
        )
    )  # fmt: skip
    session.flush()
    kept = keep(park)
    assert kept.edition == "tech_sme.yunling"
    client = sign_in(park.officer)
    assert "复算一致" in client.get(f"/assessments/{kept.id}").text
    answer = client.get(f"/assessments/{kept.id}/record")
    assert answer.json["edition"]["origin"] == "page"
    code, again = rerun_file(answer.text)
    assert (code, again["same"], again["edition"]["on_file_hash"]) == (0, True, None)
    assert "不在版本文件之列" in again["notes"][0]


def test_the_pdf_says_all_that_an_official_files(session, park: Park, sign_in) -> None:
    proved(session, park, qualify(session, park.firm, park.officer))
    park.firm.name = "云岭𠮷祥机械有限公司"
    session.flush()
    kept = keep(park)
    answer = sign_in(park.officer).get(f"/assessments/{kept.id}/report")
    assert answer.mimetype == "application/pdf" and ".pdf" in answer.headers["Content-Disposition"]
    pages = pages_of(answer.data)
    said = "\n".join(pages)
    for shown in ("云岭□祥机械有限公司", "科技型中小企业", "国科发政〔2017〕115号", "2026年6月15日", "符合", "审计报告.pdf",
                  "100 分（须 ≥ 60）", kept.edition, kept.edition_hash, "flask --app app policy rerun", "经办人"):  # fmt: skip
        assert shown in said, shown
    for criterion in kept.result["criteria"]:
        assert criterion["id"] in said
    assert all(f"第 {n} 页，共 {len(pages)} 页" in page and kept.edition in page for n, page in enumerate(pages, 1))
    english = "\n".join(
        pages_of(sign_in(park.officer).get(f"/assessments/{kept.id}/report", headers={"Accept-Language": "en"}).data)
    )
    assert "Technology-based SME" in english


def test_two_are_compared_clause_by_clause(session, park: Park, sign_in) -> None:
    figures = qualify(session, park.firm, park.officer)
    earlier = keep(park, EARLIER)
    figures.st_staff = 6
    session.flush()
    later = keep(park)
    client = sign_in(park.officer)
    assert f"/assessments/{later.id}/beside/{earlier.id}" in client.get(f"/assessments/{later.id}").text
    said = text_of(check_page(client.get(f"/assessments/{later.id}/beside/{earlier.id}")))
    for shown in ("TS-staff", "2025 年科技人员", "20 人", "6 人", "同一版本"):
        assert shown in said, shown
    assert "TS-ip" not in said and "研发费用" not in said
    other, _new = service.keep_assessment(park.firm, Rung.HTE, actor=park.officer)
    assert client.get(f"/assessments/{later.id}/beside/{other.id}").status_code == 404
    assert client.get(f"/assessments/{later.id}/beside/{later.id}").status_code == 404


def test_a_firm_sees_its_own_result_and_nothing_internal(session, park: Park, sign_in) -> None:
    proved(session, park, qualify(session, park.firm, park.officer))
    park.officer.name = "专员赵某"
    earlier, kept = keep(park, EARLIER), keep(park)
    client = sign_in(park.firm_user)
    pages = {
        name: text_of(check_page(client.get(path)))
        for name, path in {
            "list": f"/firms/{park.firm.id}/assessments",
            "one": f"/assessments/{kept.id}",
            "two": f"/assessments/{kept.id}/beside/{earlier.id}",
        }.items()
    }
    pages["pdf"] = "\n".join(pages_of(client.get(f"/assessments/{kept.id}/report").data))
    for name, said in pages.items():
        assert "符合" in said, name
        assert "走访内部记录" not in said, name
        assert said.count("专员赵某") == ("专员：专员赵某" in said), name  # as the firm's officer, nowhere else
    assert "审计报告.pdf" in pages["one"] and "审计报告.pdf" in pages["pdf"]
    assert client.get(f"/assessments/{kept.id}/record").status_code == 403
    assert client.post(f"/firms/{park.firm.id}/assessments", data={}).status_code == 403
    assert "下载 JSON" not in pages["one"]


def test_what_was_kept_before_editions_were_kept_along_still_opens(session, park: Park, sign_in) -> None:
    qualify(session, park.firm, park.officer)
    kept = keep(park)
    kept.edition_source = kept.sources = None
    session.flush()
    client = sign_in(park.officer)
    assert "复算一致" in client.get(f"/assessments/{kept.id}").text
    assert rerun_file(client.get(f"/assessments/{kept.id}/record").text)[0] == 0
    kept.edition_hash = "0" * 64
    session.flush()
    said = text_of(check_page(client.get(f"/assessments/{kept.id}")))
    assert "不能复算" in said and "TS-staff" in said
    assert client.get(f"/assessments/{kept.id}/record").status_code == 404
    assert client.get(f"/assessments/{kept.id}/report").status_code == 200


def test_how_well_a_number_was_known_is_kept_as_of_that_day(session, park: Park, sign_in) -> None:
    qualify(session, park.firm, park.officer)
    before = keep(park, EARLIER)
    clause = edition_named("tech_sme.2017").criterion("TS-05")
    session.add(
        Confirmation(
            fingerprint=clause.fingerprint, edition="tech_sme.2017", clause="TS-05", confirmed_on=TODAY,
            source="科技部网站原文第六条", actor=park.administrator,
        )
    )  # fmt: skip
    session.flush()
    client = sign_in(park.officer)
    documents = [client.get(f"/assessments/{kept.id}/record") for kept in (before, keep(park))]
    assert [answer.json["certainty"]["TS-05"] for answer in documents] == ["reposted", "confirmed"]
    assert [rerun_file(answer.text)[0] for answer in documents] == [0, 0]
