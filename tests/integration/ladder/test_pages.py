"""The ladder's pages: every way in is guarded by the same verb, and what is missing leads to where it is mended."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from crm.accounts.models import User
from crm.firms.figures.models import YearlyFigures
from crm.firms.models import Firm, FirmFact
from crm.ladder import service
from crm.ladder.models import Case, CaseEvent, CaseStatus, Credential, Rung, Stage
from tests.factories import Park, make_firm
from tests.integration.ladder.makers import TODAY, advance, pdf, qualify, tech_sme_case
from tests.pages import check_page, text_of
from tests.queries import count_queries


def move(client, case: Case, **values):
    data = {"move-stage": "cultivating", "move-version": str(case.version), "move-on": TODAY.isoformat(), **values}
    return client.post(f"/cases/{case.id}/move", data=data)


def events(session) -> int:
    return session.scalar(select(func.count()).select_from(CaseEvent)) or 0


# --- every way in -------------------------------------------------------------------------------------------------


def test_the_page_refuses_and_shows_what_is_missing_in_place(session, park: Park, sign_in) -> None:
    case = tech_sme_case(park.firm, park.officer)
    before = events(session)
    answer = move(sign_in(park.officer), case)
    assert answer.status_code == 422
    tree = check_page(answer)
    [item] = [e for e in tree.iter("li") if e.get("id") == "item-willing"]
    assert "企业同意列入培育" in text_of(item)
    assert any(form.get("action") == f"/cases/{case.id}/checklist" for form in item.iter("form"))
    assert (case.stage, events(session)) == (Stage.POOL, before)


def test_an_open_criterion_leads_to_where_its_fact_is_entered_and_to_its_clause(session, park: Park, sign_in) -> None:
    figures = qualify(session, park.firm, park.officer)
    case = advance(tech_sme_case(park.firm, park.officer), Stage.CULTIVATING, park.officer, park.manager)
    figures.employees = None  # not known
    banned = session.scalar(select(FirmFact).where(FirmFact.key == "banned_products"))
    banned.value = True  # known, and against the firm
    session.commit()

    tree = check_page(sign_in(park.officer).get(f"/cases/{case.id}"))
    items = {e.get("id"): [a.get("href") for a in e.iter("a")] for e in tree.iter("li")}
    clause, mend = items["item-TS-03"]
    assert clause.startswith(f"/firms/{park.firm.id}/ladder") and clause.endswith("#clause-TS-03")
    assert mend == f"/firms/{park.firm.id}/facts/standing#fact-banned_products"
    fields = check_page(sign_in(park.officer).get(mend.partition("#")[0]))
    assert fields.find(".//*[@id='fact-banned_products']") is not None
    assert f"/firms/{park.firm.id}/figures/2025/edit#employees" in [links[-1] for links in items.values() if links]


def test_htmx_gets_the_panel_alone(session, park: Park, sign_in) -> None:
    case = tech_sme_case(park.firm, park.officer)
    data = {"move-stage": "cultivating", "move-version": str(case.version), "move-on": TODAY.isoformat()}
    answer = sign_in(park.officer).post(f"/cases/{case.id}/move", data=data, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert answer.text.lstrip().startswith('<div id="move">')
    assert "还有 1 项没有完成" in answer.text


def test_the_bulk_page_refuses_each_firm_by_name_and_lets_the_others_through(session, park: Park, sign_in) -> None:
    ready, blocked, none = park.firm, make_firm(session, park.park), make_firm(session, park.park)
    for firm in (ready, blocked):
        tech_sme_case(firm, park.officer)
    case = session.scalar(select(Case).where(Case.firm_id == ready.id))
    service.declare(case, "willing", actor=park.officer)
    data = {
        "rung": "tech_sme",
        "act": "cultivating",
        "on": TODAY.isoformat(),
        "firm": [str(ready.id), str(blocked.id), str(none.id), str(park.other_firm.id)],
    }
    answer = sign_in(park.officer).post("/cases/bulk", data=data, follow_redirects=True)
    tree = check_page(answer)
    said = text_of(tree)
    assert "办成 1 家，没有办成 2 家" in said
    assert park.other_firm.name not in said
    stages = {case.firm_id: case.stage for case in session.scalars(select(Case))}
    assert stages == {ready.id: Stage.CULTIVATING, blocked.id: Stage.POOL}
    links = [a.get("href") or "" for a in tree.iter("a")]
    blocked_case = session.scalar(select(Case).where(Case.firm_id == blocked.id))
    assert f"/cases/{blocked_case.id}#item-willing" in links


def test_the_bulk_page_opens_cases(session, park: Park, sign_in) -> None:
    second = make_firm(session, park.park)
    tech_sme_case(second, park.officer)
    data = {"rung": "tech_sme", "act": "open", "on": TODAY.isoformat(), "firm": [str(park.firm.id), str(second.id)]}
    answer = sign_in(park.officer).post("/cases/bulk", data=data, follow_redirects=True)
    assert "办成 1 家，没有办成 1 家" in text_of(check_page(answer))
    assert session.scalar(select(func.count()).select_from(Case)) == 2


def test_the_command_refuses_and_prints_what_is_missing(app, session, park: Park) -> None:
    case = tech_sme_case(park.firm, park.officer)
    session.commit()
    arguments = ["ladder", "move", str(case.id), "cultivating", "--as", park.officer.email]
    refused = app.test_cli_runner().invoke(args=arguments)
    assert refused.exit_code == 1
    assert '"key": "willing"' in refused.output
    session.expire_all()
    assert case.stage is Stage.POOL
    service.declare(case, "willing", actor=park.officer)
    session.commit()
    done = app.test_cli_runner().invoke(args=arguments)
    assert (done.exit_code, done.output.strip()) == (
        0,
        f'{{"case": {case.id}, "stage": "cultivating", "status": "open"}}',
    )


def test_the_command_certifies_by_the_paper_that_published_a_title_without_a_number(app, session, park: Park) -> None:
    qualify(session, park.firm, park.officer)
    case = advance(tech_sme_case(park.firm, park.officer), Stage.APPLIED, park.officer, park.manager)
    service.attach_document(case, "certificate", pdf("公布文件.pdf"), actor=park.officer)
    session.commit()
    term = ["--on", TODAY.isoformat(), "--valid-from", "2026-06-15", "--valid-to", "2026-12-31"]
    done = app.test_cli_runner().invoke(
        args=["ladder", "move", str(case.id), "certified", "--as", park.officer.email, *term]
    )
    assert done.exit_code == 0, done.output
    title = session.scalars(select(Credential)).one()
    assert (title.number, title.valid_from) == (None, date(2026, 6, 15))


def test_the_command_acts_within_the_persons_scope(app, session, park: Park) -> None:
    case = tech_sme_case(park.firm, park.officer)
    session.commit()
    arguments = ["ladder", "move", str(case.id), "cultivating", "--as", park.other_officer.email]
    refused = app.test_cli_runner().invoke(args=arguments)
    assert refused.exit_code == 1
    assert "管辖范围" in refused.output


def test_expiries_are_recorded_by_command(app, session, park: Park) -> None:
    title = service.grant_credential(
        park.firm, Rung.HTE, number="GR1", valid_from=date(2023, 1, 1), valid_to=date(2025, 12, 31), actor=park.officer
    )
    session.commit()
    runner = app.test_cli_runner()
    first = runner.invoke(args=["ladder", "expire"])
    assert f'"id": {title.id}' in first.output
    assert runner.invoke(args=["ladder", "expire"]).output.strip() == '{"expired": []}'


# --- the pages ----------------------------------------------------------------------------------------------------


def test_from_pool_to_certificate_through_the_page(session, park: Park, sign_in) -> None:
    qualify(session, park.firm, park.officer)
    officer, manager = sign_in(park.officer), sign_in(park.manager)
    opened = officer.post(
        f"/firms/{park.firm.id}/cases",
        data={"open-rung": "tech_sme", "open-purpose": "new", "open-on": TODAY.isoformat()},
    )
    assert opened.status_code == 302
    case = session.scalar(select(Case))
    page = f"/cases/{case.id}/checklist"
    officer.post(page, data={"item-act": "declare", "item-key": "willing"})
    assert move(officer, case).status_code == 302
    assert move(officer, case, **{"move-stage": "ready"}).status_code == 302
    for key in ("truthful", "self_assessed"):
        officer.post(page, data={"item-act": "declare", "item-key": key})
    upload = {"item-act": "attach", "item-key": "application_form", "item-file": (pdf().stream, "申报书.pdf")}
    assert officer.post(page, data=upload).status_code == 302
    assert officer.post(page, data={"item-act": "sign_off", "item-key": "recommendation"}).status_code == 422
    assert move(officer, case, **{"move-stage": "applied"}).status_code == 422
    manager.post(page, data={"item-act": "sign_off", "item-key": "recommendation"})
    assert move(officer, case, **{"move-stage": "applied"}).status_code == 302
    upload = {"item-act": "attach", "item-key": "certificate", "item-file": (pdf().stream, "公告.pdf")}
    officer.post(page, data=upload)
    assert move(officer, case, **{"move-stage": "certified"}).status_code == 422
    done = {"move-stage": "certified", "move-number": "202643090001", "move-valid_from": "2026-06-01"}
    assert move(officer, case, **done, **{"move-valid_to": "2026-12-31"}).status_code == 302
    assert session.scalar(select(Credential.number)) == "202643090001"
    said = text_of(check_page(officer.get(f"/cases/{case.id}")))
    assert "达标 → 申报" in said
    assert "已认定" in said
    kept = check_page(officer.get(f"/assessments/{case.events[-1].assessment_id}"))
    assert "复算一致" in text_of(kept)


def test_the_second_of_two_people_is_told_on_the_page(session, park: Park, sign_in) -> None:
    case = tech_sme_case(park.firm, park.officer)
    seen = case.version
    service.declare(case, "willing", actor=park.officer)
    service.move_case(case, Stage.CULTIVATING, actor=park.officer)
    answer = sign_in(park.manager).post(
        f"/cases/{case.id}/end", data={"end-ending": "drop", "end-reason": "企业放弃", "end-version": str(seen)}
    )
    assert answer.status_code == 422
    assert "别人刚刚改过" in answer.text
    assert case.status is CaseStatus.OPEN


def test_a_form_that_lost_its_version_changes_nothing(session, park: Park, sign_in) -> None:
    case = tech_sme_case(park.firm, park.officer)
    answer = sign_in(park.officer).post(f"/cases/{case.id}/end", data={"end-ending": "drop", "end-reason": "企业放弃"})
    assert answer.status_code == 422
    assert case.status is CaseStatus.OPEN


def test_override_on_the_page_is_offered_to_those_who_may(session, park: Park, sign_in) -> None:
    case = tech_sme_case(park.firm, park.officer)
    reason = {"move-override_reason": "省厅要求本周内完成入库培育"}
    assert "move-override_reason" not in sign_in(park.officer).get(f"/cases/{case.id}").text
    assert "move-override_reason" in sign_in(park.manager).get(f"/cases/{case.id}").text
    refused = move(sign_in(park.officer), case, **reason)
    assert refused.status_code == 422
    assert "您没有做这一步的权限" in refused.text
    assert case.stage is Stage.POOL
    assert move(sign_in(park.manager), case, **reason).status_code == 302
    assert "经批准移动" in sign_in(park.officer).get(f"/cases/{case.id}").text


def test_where_it_stands_clause_by_clause_with_links_to_mend(session, park: Park, sign_in) -> None:
    figures = qualify(session, park.firm, park.officer)
    figures.st_staff, figures.employees = None, 520
    session.flush()
    tree = check_page(sign_in(park.officer).get(f"/firms/{park.firm.id}/ladder?rung=tech_sme&on=2026-06-15"))
    said = text_of(tree)
    assert "国科发政〔2017〕115号" in said
    assert "第六条(二)" in said
    clause = next(e for e in tree.iter("li") if e.get("id") == "clause-TS-02a")
    assert "不符合" in text_of(clause)
    assert "20 人" in text_of(clause)
    links = {a.get("href") for a in tree.iter("a")}
    assert f"/firms/{park.firm.id}/figures/2025/edit#st_staff" in links


def test_another_date_shows_the_edition_of_that_date(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)
    for on, number in (("2026-03-31", "63号"), ("2026-04-01", "2号")):
        said = text_of(check_page(client.get(f"/firms/{park.firm.id}/ladder?rung=srdi&on={on}")))
        assert number in said, on
    wrong = client.get(f"/firms/{park.firm.id}/ladder?on=2026-02-30")
    assert "日期没有采用" in text_of(check_page(wrong))


def test_none_is_confirmed_from_the_page(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)
    page = f"/firms/{park.firm.id}/ladder?rung=tech_sme"
    assert "确认没有科技奖励" in client.get(page).text
    client.post(f"/firms/{park.firm.id}/none", data={"list": "awards"})
    assert "确认没有科技奖励" not in client.get(page).text


def test_titles_are_recorded_renewed_and_revoked_by_hand(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)
    address = f"/firms/{park.firm.id}/credentials/new"
    wrong = client.post(address, data={"rung": "hte", "number": "GR1", "valid_from": "2024-01-01"})
    assert "请填写有效期截止日" in text_of(check_page(wrong))
    right = {"rung": "hte", "number": "GR1", "valid_from": "2023-07-01", "valid_to": "2026-06-30"}
    assert client.post(address, data=right).status_code == 302
    first = session.scalar(select(Credential))
    check_page(client.get(f"/credentials/{first.id}/renew"))
    renewed = {"number": "GR2", "valid_from": "2026-06-10", "valid_to": "2029-06-09"}
    assert client.post(f"/credentials/{first.id}/renew", data=renewed).status_code == 302
    second = session.scalar(select(Credential).where(Credential.number == "GR2"))
    check_page(client.get(f"/credentials/{second.id}/revoke"))
    revoked = {"on": "2026-06-12", "reason": "虚假材料", "version": str(second.version)}
    assert client.post(f"/credentials/{second.id}/revoke", data=revoked).status_code == 302
    said = text_of(check_page(client.get(f"/firms/{park.firm.id}/ladder")))
    assert "阶梯由“高新技术企业”降为“未入阶梯”" in said


def test_badges_of_the_firm_say_titles_and_open_cases(session, park: Park, sign_in) -> None:
    service.grant_credential(
        park.firm, Rung.HTE, number="GR1", valid_from=date(2024, 1, 1), valid_to=date(2026, 12, 31), actor=park.officer
    )
    tech_sme_case(park.firm, park.officer)
    client = sign_in(park.officer)
    for address in (f"/firms/{park.firm.id}/ladder", "/firms"):
        tags = [text_of(e) for e in check_page(client.get(address)).iter("span") if "tag" in (e.get("class") or "")]
        assert {"高企", "科小 · 入库"} <= set(tags), address


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 1),
        ("status=all", 2),
        ("status=dropped", 1),
        ("rung=hte", 0),
        ("stage=pool&status=all", 2),
        ("status=open&stage=ready", 0),
    ],
)
def test_the_list_of_cases_is_narrowed_by_its_filters(session, park: Park, sign_in, query: str, found: int) -> None:
    tech_sme_case(park.firm, park.officer)
    dropped = tech_sme_case(make_firm(session, park.park), park.officer)
    service.drop_case(dropped, "企业放弃", actor=park.officer)
    tree = check_page(sign_in(park.officer).get(f"/cases?{query}"))
    assert (
        len(
            [
                a
                for a in tree.iter("a")
                if (a.get("href") or "").startswith("/cases/") and a.get("href") != "/cases/bulk"
            ]
        )
        == found
    )


def test_the_list_narrows_by_officer_and_organisation(session, park: Park, sign_in) -> None:
    tech_sme_case(park.firm, park.officer)
    tech_sme_case(park.other_firm, park.other_officer)
    client = sign_in(park.administrator)

    def shown(query: str) -> set[str]:
        tree = check_page(client.get(f"/cases?{query}"))
        return {text_of(a) for a in tree.iter("a") if (a.get("href") or "").removeprefix("/cases/").isdigit()}

    assert shown("") == {park.firm.name, park.other_firm.name}
    assert shown(f"officer={park.other_officer.id}") == {park.other_firm.name}
    assert shown(f"organisation={park.county.id}") == {park.firm.name}


@pytest.mark.parametrize("who", ["other_officer", "other_firm_user"])
def test_what_lies_outside_the_scope_is_not_there(session, park: Park, sign_in, who: str) -> None:
    case = advance(tech_sme_case(park.firm, park.officer), Stage.CULTIVATING, park.officer, park.manager)
    title = service.grant_credential(
        park.firm, Rung.HTE, number="GR1", valid_from=date(2024, 1, 1), valid_to=date(2026, 12, 31), actor=park.officer
    )
    kept, _new = service.keep_assessment(park.firm, Rung.TECH_SME, actor=park.officer)
    earlier, _new = service.keep_assessment(park.firm, Rung.TECH_SME, actor=park.officer, on=date(2026, 6, 1))
    outsider: User = getattr(park, who)
    client = sign_in(outsider)
    pages = [
        f"/firms/{park.firm.id}/assessments",
        f"/assessments/{kept.id}",
        f"/assessments/{kept.id}/record",
        f"/assessments/{kept.id}/report",
        f"/assessments/{kept.id}/beside/{earlier.id}",
        f"/firms/{park.firm.id}/ladder",
        f"/cases/{case.id}",
        f"/credentials/{title.id}/renew",
        f"/credentials/{title.id}/revoke",
        f"/firms/{park.firm.id}/credentials/new",
    ]
    assert {client.get(page).status_code for page in pages} <= {403, 404}
    if who == "other_officer":
        assert {client.get(page).status_code for page in pages} == {404}
        for verb in ("move", "back", "end", "reopen", "checklist"):
            assert client.post(f"/cases/{case.id}/{verb}", data={}).status_code == 404
    assert case.stage is Stage.CULTIVATING


def test_a_firm_sees_where_it_stands_and_can_change_nothing(session, park: Park, sign_in) -> None:
    case = tech_sme_case(park.firm, park.officer)
    client = sign_in(park.firm_user)
    page = client.get(f"/firms/{park.firm.id}/ladder")
    assert page.status_code == 200
    check_page(page)
    assert "入库：新建培育项目" not in page.text
    assert client.post(f"/firms/{park.firm.id}/cases", data={"open-rung": "hte"}).status_code == 403
    assert client.get(f"/cases/{case.id}").status_code == 403


def test_lists_ask_no_more_for_more_rows(session, park: Park, sign_in) -> None:
    def opened(count: int) -> list[Firm]:
        firms = [make_firm(session, park.park) for _ in range(count)]
        for firm in firms:
            tech_sme_case(firm, park.officer)
        return firms

    client = sign_in(park.officer)
    opened(2)
    client.get("/cases")
    with count_queries(session) as few:
        client.get("/cases")
    opened(10)
    with count_queries(session) as many:
        client.get("/cases")
    assert len(many) == len(few) <= 9


def test_the_standing_page_asks_a_fixed_number_of_questions(session, park: Park, sign_in) -> None:
    qualify(session, park.firm, park.officer)
    case = tech_sme_case(park.firm, park.officer)
    client = sign_in(park.officer)
    address = f"/firms/{park.firm.id}/ladder"
    client.get(address)
    with count_queries(session) as before:
        client.get(address)
    advance(case, Stage.APPLIED, park.officer, park.manager)
    with count_queries(session) as after:
        client.get(address)
    assert len(after) == len(before) <= 25


def test_a_clause_that_does_not_concern_the_firm_is_not_called_met(session, park: Park, sign_in) -> None:
    session.add(YearlyFigures(firm=park.firm, year=2025, revenue=Decimal(30_000_000)))
    session.commit()
    tree = check_page(sign_in(park.officer).get(f"/firms/{park.firm.id}/ladder?rung=hte&on=2026-06-15"))
    clauses = {e.get("id"): text_of(e) for e in tree.iter("li")}
    found = [
        text for name, text in clauses.items() if name and "对本企业不适用" in text and name.startswith("clause-HT-05")
    ]
    assert found
    assert all(text.startswith("不适用") for text in found)


def test_the_clauses_of_the_opened_rung_come_before_the_overview_of_all(session, park: Park, sign_in) -> None:
    page = sign_in(park.officer).get(f"/firms/{park.firm.id}/ladder?rung=hte").text
    assert page.index('id="opened"') < page.index('id="clause-HT-01"') < page.index("各级一览")


def test_a_day_of_the_list_that_cannot_be_read_is_said(session, park: Park, sign_in) -> None:
    page = sign_in(park.officer).get("/firms?held=any&on=abc").text
    assert "（“abc”不能用，没有采用）" in page
