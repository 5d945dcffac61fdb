"""The notice of the year on a firm's page, the papers it wants at the gate, and what a person confirmed of its numbers."""

from __future__ import annotations

from datetime import date

import pytest

from crm.editions import certainty
from crm.editions.statements import statements
from crm.firms.models import Division
from crm.kernel import audit
from crm.ladder import gate, service
from crm.ladder.facts import facts_of
from crm.ladder.models import Purpose, Rung, Stage
from crm.policy import notice_for, site_checks
from tests.factories import Park
from tests.integration.ladder.makers import TODAY, pdf, qualify
from tests.pages import check_page


def move_to_zhejiang(session, park: Park) -> None:
    session.add(Division(code="330000", name="浙江省"))
    park.firm.division_code = "330000"
    session.flush()


def page(client, firm, rung: str, on: str) -> str:
    answer = client.get(f"/firms/{firm.id}/ladder?rung={rung}&on={on}")
    check_page(answer)
    return answer.text


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ("2026-05-31", "2026年6月1日 开放，还有 1 天"),
        ("2026-06-01", "正在开放，2026年8月31日 截止，还有 91 天"),
        ("2026-08-31", "今天（2026年8月31日）截止"),
        ("2026-09-01", "已于 2026年8月31日 截止"),
    ],
)
def test_the_window_of_the_rung(session, park: Park, sign_in, on: str, said: str) -> None:
    assert said in page(sign_in(park.officer), park.firm, "tech_sme", on)


def test_no_notice_no_card(session, park: Park, sign_in) -> None:
    assert 'id="notice"' not in page(sign_in(park.officer), park.firm, "tech_sme", "2025-06-01")
    assert 'id="notice"' not in page(sign_in(park.officer), park.firm, "hte", "2026-07-01")


def test_a_provinces_own_notice(session, park: Park, sign_in) -> None:
    move_to_zhejiang(session, park)
    text = page(sign_in(park.officer), park.firm, "hte", "2026-07-01")
    assert "浙江省 2026 年度高新技术企业认定" in text
    assert "2026年8月31日 截止，还有 61 天；起日未公布" in text
    assert "HT-ZJ1" in text


def test_site_checks_say_what_they_rest_on(session, park: Park, sign_in) -> None:
    figures = qualify(session, park.firm, park.officer)
    figures.employees = 5
    figures.rd = None
    session.flush()
    text = page(sign_in(park.officer), park.firm, "tech_sme", TODAY.isoformat())
    checks = text[text.index('id="check-TS-V6a"') :]
    few, none, little, _dishonest, first = checks.split('id="check-')[1:6]
    assert "会核查" in few and "2025 年职工总数 5 人" in few
    assert "不触发" in none
    assert "待补数据" in little and f"/firms/{park.firm.id}/figures" in little
    assert "会核查" in first


def test_a_withdrawn_registration_triggers(session, park: Park) -> None:
    qualify(session, park.firm, park.officer)
    title = service.grant_credential(
        park.firm,
        Rung.TECH_SME,
        number="202443090008000001",
        valid_from=date(2024, 6, 1),
        valid_to=date(2024, 12, 31),
        actor=park.officer,
    )

    def verdict() -> str:
        facts = facts_of(park.firm, TODAY)
        notice = notice_for("tech_sme", TODAY)
        assert notice is not None
        return {check.id: check.verdict for check in site_checks(notice, facts.document, TODAY)}["TS-V6d"]

    assert verdict() == "not_met"
    service.revoke_credential(title, "数据不实", actor=park.officer, on=date(2024, 9, 1))
    assert verdict() == "met"


def test_a_paper_of_the_province_is_wanted_with_the_application(session, park: Park, sign_in) -> None:
    case = service.open_case(park.firm, Rung.HTE, actor=park.officer, on=date(2026, 6, 10))

    def wanted(on: date, stage: Stage = Stage.APPLIED) -> dict[str, gate.Item]:
        return {item.key: item for item in gate.items(case, stage, on) if item.kind == "document"}

    assert "coded_audit_report" not in wanted(date(2026, 7, 1))
    move_to_zhejiang(session, park)
    assert "coded_audit_report" not in wanted(date(2026, 6, 25))  # not yet announced
    assert "coded_audit_report" not in wanted(date(2026, 7, 1), Stage.READY)
    item = wanted(date(2026, 7, 1))["coded_audit_report"]
    assert (item.state, item.text) == ("not_met", "浙江省经信厅通知（2026-06-26）")
    service.attach_document(case, "coded_audit_report", pdf("审计.pdf"), actor=park.officer)
    assert wanted(date(2026, 7, 1))["coded_audit_report"].state == "met"
    case.purpose = Purpose.REVIEW  # the paper is for new applications
    assert "coded_audit_report" not in wanted(date(2026, 7, 1))


def test_what_was_handed_in_before_counts_for_the_notice_too(session, park: Park) -> None:
    case = service.open_case(park.firm, Rung.LITTLE_GIANT, actor=park.officer, on=date(2026, 4, 20))
    service.attach_document(case, "audit_report", pdf("审计.pdf"), actor=park.officer)
    items = {item.key: item for item in gate.items(case, Stage.APPLIED, date(2026, 5, 1))}
    assert (items["audit_report"].state, items["audit_report"].text) == ("met", "工信厅企业函〔2026〕117号")
    assert "audit_report" not in {item.key for item in gate.items(case, Stage.APPLIED, date(2025, 5, 1))}


def test_a_confirmed_number_loses_its_badge_on_the_firms_page(session, park: Park, sign_in) -> None:
    audit.sign(session, park.administrator.id, audit.Via.PAGE)
    client = sign_in(park.officer)

    def clause(name: str) -> str:
        text = page(client, park.firm, "srdi", "2026-06-15")
        return text[text.index(f'id="clause-{name}"') :].split("</li>")[0]

    assert "数字出自二手资料" in clause("Z26-1b") and "数字存疑" in clause("Z26-1a")
    for name in ("Z26-1b", "Z26-1a"):
        found = next(each for each in statements() if each.clause == name)
        certainty.confirm(found, on=TODAY, source="工信部企业〔2026〕2号 附件1", actor=park.administrator)
    assert "数字出自二手资料" not in clause("Z26-1b")
    assert "数字存疑" in clause("Z26-1a")  # “or” or “and” is still open
    choice = next(each for each in statements() if each.clause == "prior_title")
    certainty.confirm(choice, on=TODAY, source="省厅答复", actor=park.administrator)
    assert "数字存疑" not in clause("Z26-1a")
