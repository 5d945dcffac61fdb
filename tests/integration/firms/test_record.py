"""The record of one firm: registering, changing, handing over, contacts, facts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from crm.accounts.models import OrganisationKind
from crm.accounts.permissions import Role
from crm.firms import service
from crm.firms.facts.groups import FACT_KEYS
from crm.firms.models import Contact, Division, Firm, FirmFact, FirmStatus, Industry, SourceChannel, State
from crm.kernel.errors import DomainError
from crm.policy import PROFILE
from tests.factories import Park, credit_code, make_firm, make_organisation, make_user
from tests.pages import check_page


@pytest.fixture
def officer(sign_in, park: Park):
    return sign_in(park.officer)


def error_of(tree, field: str) -> str:
    """The sentence under a form's field."""
    found = tree.find(f".//*[@id='{field}-error']")
    assert found is not None, f"no error on {field}"
    return "".join(found.itertext()).strip()


def new_firm(park: Park, **values):
    return {"name": "桃江青竹科技有限公司", "organisation_id": park.park.id, "status": "active", **values}


def test_register_a_firm(session, officer, park) -> None:
    check_page(officer.get("/firms/new"))
    session.add_all([Industry(code="X9911", name="试验小类", level="小类"), Division(code="990901", name="试验区")])
    session.commit()
    code = credit_code()
    full_width = "".join(chr(ord(character) + 0xFEE0) for character in code.lower())
    answer = officer.post(
        "/firms/new",
        data=new_firm(
            park,
            credit_code=f" {full_width} ",
            registered_on="2019-03-05",
            registered_capital="1,200.5",
            capital_currency="cny",
            industry_code="试验小类",
            division_code="990901",
            tech_field="4",
            source_channel="introduction",
            officer_id=park.officer.id,
            website="example.com",
            telephone="0737-4222222",
            business_scope="竹材加工",
        ),
    )
    assert answer.status_code == 302
    firm = session.query(Firm).filter_by(credit_code=code).one()
    assert answer.location.startswith(f"/firms/{firm.id}")
    assert firm.registered_on == date(2019, 3, 5)
    assert firm.registered_capital == Decimal("12005000")
    assert (firm.capital_currency, firm.industry_code, firm.division_code) == ("CNY", "X9911", "990901")
    assert (firm.tech_field, firm.source_channel) == (4, SourceChannel.INTRODUCTION)
    assert (firm.organisation_id, firm.officer_id) == (park.park.id, park.officer.id)
    assert firm.website == "https://example.com"
    assert firm.short_name is None
    tree = check_page(officer.get(f"/firms/{firm.id}/profile"))
    shown = " ".join("".join(tree.itertext()).split())
    for text in ("1,200.5 万元", "2019年3月5日", "X9911 试验小类", "新材料", "引进", "竹材加工"):
        assert text in shown


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", " ", "不能为空"),
        ("credit_code", "91430900MA4L12345X", "校验位"),
        ("credit_code", "430900000012345", "注册号"),
        ("registration_number", "12345", "15 位"),
        ("registered_on", "2999-01-01", "不能晚于今天"),
        ("registered_capital", "-5", "不能是负数"),
        ("registered_capital", "一百万", "不是数字"),
        ("capital_currency", "人民币", "三个字母"),
        ("industry_code", "不存在的行业", "没有这个行业"),
        ("tech_field", "9", "从列出的选项中"),
        ("telephone", "找老张", "电话请填数字"),
        ("website", "javascript:alert(1)", "网址应像"),
        ("stock_code", "三〇〇", "证券代码"),
        ("short_name", "长" * 61, "60"),
        ("organisation_id", "999999", "从列出的选项中"),
    ],
)
def test_what_is_wrong_is_told_on_its_field_and_nothing_is_saved(session, officer, park, field, value, told) -> None:
    before = session.query(Firm).count()
    answer = officer.post("/firms/new", data=new_firm(park, **{field: value}))
    tree = check_page(answer)
    assert told in error_of(tree, field)
    assert session.query(Firm).count() == before
    kept = tree.find(f".//input[@id='{field}']")
    if kept is not None and value.strip():
        assert kept.get("value") == value  # what was typed is still there to be mended


def test_all_that_is_wrong_is_told_in_one_round(session, officer, park) -> None:
    """What the form cannot read, and what it reads but the record's rules refuse."""
    wrong = {
        "registered_capital": "一百万",
        "credit_code": "91430900MA4L12345X",
        "telephone": "找老张",
        "website": "a b",
    }
    for page in ("/firms/new", f"/firms/{park.firm.id}/edit"):
        tree = check_page(officer.post(page, data=new_firm(park, version=str(park.firm.version), **wrong)))
        for field, told in (
            ("registered_capital", "不是数字"),
            ("credit_code", "校验位"),
            ("telephone", "电话请填数字"),
            ("website", "网址应像"),
        ):
            assert told in error_of(tree, field)
            assert error_of(tree, field).count(told) == 1
    contact = {"name": "", "telephone": "找老张", "email": "wang"}
    tree = check_page(officer.post(f"/firms/{park.firm.id}/contacts/new", data=contact))
    told = [error_of(tree, field) for field in ("name", "telephone", "email")]
    assert ["姓名" in told[0], "电话请填数字" in told[1], "邮箱应像" in told[2]] == [True, True, True]


def test_code_taken_leads_to_the_firm_that_has_it(session, officer, park) -> None:
    answer = officer.post("/firms/new", data=new_firm(park, credit_code=park.firm.credit_code))
    tree = check_page(answer)
    assert "益阳云梯精密机械有限公司" in error_of(tree, "credit_code")
    assert any(link.get("href", "").startswith(f"/firms/{park.firm.id}") for link in tree.iter("a"))
    hidden = check_page(officer.post("/firms/new", data=new_firm(park, credit_code=park.other_firm.credit_code)))
    assert "不在您的管辖范围内" in error_of(hidden, "credit_code")
    assert "远山" not in error_of(hidden, "credit_code")


def test_code_taken_in_the_same_moment_is_told_too(session, park) -> None:
    code = park.firm.credit_code
    service_check = service._refuse_taken_code
    asked = []

    def too_early(actor, wanted):
        if asked:  # the second time, after the database refused
            service_check(actor, wanted)
        asked.append(wanted)

    service._refuse_taken_code = too_early
    try:
        with pytest.raises(service.CodeTakenError):
            service.create_firm(
                actor=park.officer, organisation_id=park.park.id, name="桃江青竹科技有限公司", credit_code=code
            )
    finally:
        service._refuse_taken_code = service_check


def test_a_park_outside_the_scope_cannot_be_chosen(session, park) -> None:
    with pytest.raises(DomainError, match="管辖范围"):
        service.create_firm(actor=park.officer, organisation_id=park.other_park.id, name="甲")
    with pytest.raises(DomainError, match="长春园区"):
        service.assign(actor=park.manager, firm=park.firm, officer_id=park.other_officer.id)
    with pytest.raises(DomainError, match="长春园区"):
        service.assign(actor=park.manager, firm=park.firm, officer_id=park.firm_user.id)


def test_renaming_keeps_the_former_name_with_its_day(session, officer, park) -> None:
    firm = park.firm
    answer = officer.post(
        f"/firms/{firm.id}/edit", data={"version": firm.version, "name": "益阳天梯机械有限公司", "status": "active"}
    )
    assert answer.status_code == 302
    page = officer.get(f"/firms/{firm.id}/profile").text
    assert "曾用名：益阳云梯精密机械有限公司" in page
    session.expire_all()
    assert [former.name for former in firm.former_names] == ["益阳云梯精密机械有限公司"]
    assert firm.former_names[0].until is not None


def test_changing_only_what_is_given(session, park) -> None:
    park.firm.address = "长春东路 1 号"
    session.flush()
    service.update_profile(actor=park.officer, firm=park.firm, telephone="13800000000")
    assert (park.firm.address, park.firm.telephone) == ("长春东路 1 号", "13800000000")
    service.update_profile(actor=park.officer, firm=park.firm, address=None)
    assert park.firm.address is None


def test_an_old_record_stays_repairable(session, park) -> None:
    """What a firm holds already is not judged again when something else is changed."""
    park.firm.telephone = "未知"
    session.flush()
    service.update_profile(actor=park.officer, firm=park.firm, telephone="未知", short_name="云梯")
    assert park.firm.short_name == "云梯"


def test_handing_over_within_the_scope(session, sign_in, park) -> None:
    second = make_organisation(session, "迎宾园区", OrganisationKind.PARK, park.county)
    colleague = make_user(session, Role.OFFICER, "专员丙", organisation_id=second.id)
    session.commit()
    manager = sign_in(park.manager)
    firm = park.firm
    check_page(manager.get(f"/firms/{firm.id}/assign"))
    answer = manager.post(
        f"/firms/{firm.id}/assign",
        data={"version": firm.version, "organisation_id": second.id, "officer_id": colleague.id},
    )
    assert answer.status_code == 302
    session.expire_all()
    assert (firm.organisation.name, firm.officer.name) == ("迎宾园区", "专员丙")
    wrong = manager.post(
        f"/firms/{firm.id}/assign",
        data={"version": firm.version, "organisation_id": second.id, "officer_id": park.officer.id},
    )
    assert "迎宾园区" in error_of(check_page(wrong), "officer_id")


def chosen(tree) -> dict[str, str]:
    """Select → the text of its chosen option."""
    options = ((select.get("name"), select.find("option[@selected]")) for select in tree.iter("select"))
    return {name: option.text.strip() for name, option in options if option is not None}


def test_a_firm_stays_in_a_park_no_longer_in_use(session, sign_in, park) -> None:
    """Changing only the officer does not move it, and changing nothing changes nothing."""
    firm = park.firm
    park.park.disabled = park.officer.disabled = True
    session.commit()
    manager = sign_in(park.manager)
    tree = check_page(manager.get(f"/firms/{firm.id}/assign"))
    assert chosen(tree) == {"organisation_id": "长春园区（已停用）", "officer_id": "专员甲（已停用或调离）"}
    same = {"version": firm.version, "organisation_id": park.park.id, "officer_id": park.officer.id}
    assert manager.post(f"/firms/{firm.id}/assign", data=same).status_code == 302
    assert manager.post(f"/firms/{firm.id}/assign", data={**same, "officer_id": park.manager.id}).status_code == 302
    session.expire_all()
    assert (firm.organisation_id, firm.officer_id) == (park.park.id, park.manager.id)


def test_contacts(session, officer, park) -> None:
    firm = park.firm
    check_page(officer.get(f"/firms/{firm.id}/contacts/new"))
    for name in ("李厂长", "王会计"):
        officer.post(f"/firms/{firm.id}/contacts/new", data={"name": name, "telephone": "13800000000", "main": "y"})
    assert [contact.name for contact in session.query(Contact).filter_by(main=True)] == ["王会计"]
    contact = session.query(Contact).filter_by(name="王会计").one()
    wrong = officer.post(
        f"/contacts/{contact.id}/edit", data={"name": "王会计", "email": "不是邮箱", "version": contact.version}
    )
    assert "邮箱应像" in error_of(check_page(wrong), "email")
    officer.post(
        f"/contacts/{contact.id}/edit",
        data={"name": "王会计", "email": "wang@example.test", "version": contact.version},
    )
    page = officer.get(f"/firms/{firm.id}/profile").text
    assert "wang@example.test" in page
    officer.post(f"/contacts/{contact.id}/remove")
    assert "wang@example.test" not in officer.get(f"/firms/{firm.id}/profile").text


def test_facts_are_entered_verified_and_unknown_again(session, officer, park) -> None:
    firm = park.firm
    tree = check_page(officer.get(f"/firms/{firm.id}/facts/market"))
    version = next(field.get("value") for field in tree.iter("input") if field.get("name") == "version")
    answer = officer.post(
        f"/firms/{firm.id}/facts/market",
        data={
            "version": version,
            "as_of": "2025-12-31",
            "fact-market_share": "12.5",
            "fact-niche_years": "6",
            "fact-domestic_rank": "3",
            "fact-six_bases": "no",
            "fact-own_brand": "",
        },
    )
    assert answer.status_code == 302
    facts = {fact.key: fact for fact in session.query(FirmFact).filter_by(firm_id=firm.id)}
    assert {key: fact.value for key, fact in facts.items()} == {
        "market_share": "0.125",
        "niche_years": 6,
        "domestic_rank": 3,
        "six_bases": False,
    }
    assert facts["market_share"].state is State.DECLARED
    assert facts["market_share"].as_of == date(2025, 12, 31)
    page = check_page(officer.get(f"/firms/{firm.id}/profile"))
    row = " ".join("".join(page.find(".//div[@id='fact-market_share']").itertext()).split())
    assert "12.5%" in row
    assert "未核实" in row
    service.set_fact(actor=park.manager, firm=firm, key="market_share", value="0.3", as_of=date(2025, 12, 31))
    session.commit()
    verify = f"/firms/{firm.id}/facts/market_share/verify"
    seen = page.find(f".//form[@action='{verify}']/input[@name='version']").get("value")
    for sent in ({"version": seen}, {}):
        assert "有人改过这条记录" in officer.post(verify, data=sent, follow_redirects=True).text
    service.set_fact(actor=park.manager, firm=firm, key="market_share", value="0.125", as_of=date(2025, 12, 31))
    session.commit()
    officer.post(verify, data={"version": seen})
    session.expire_all()
    assert facts["market_share"].state is State.VERIFIED
    tree = check_page(officer.get(f"/firms/{firm.id}/facts/market"))
    values = {f.get("name"): f.get("value") for f in tree.iter("input") if f.get("name")}
    assert (values["fact-market_share"], values["fact-domestic_rank"]) == ("12.5", "3")
    # Nothing but the rank changes: the verified share stays verified.
    officer.post(
        f"/firms/{firm.id}/facts/market",
        data={**values, "fact-domestic_rank": "", "fact-six_bases": "no", "as_of": "2026-01-31"},
    )
    session.expire_all()
    known = {fact.key: fact for fact in session.query(FirmFact).filter_by(firm_id=firm.id)}
    assert "domestic_rank" not in known
    assert known["market_share"].state is State.VERIFIED
    assert known["market_share"].as_of == date(2025, 12, 31)


def test_fact_that_the_engine_cannot_read_is_refused(session, officer, park) -> None:
    answer = officer.post(
        f"/firms/{park.firm.id}/facts/market",
        data={"version": "", "as_of": "2025-12-31", "fact-market_share": "140"},
    )
    assert "100" in error_of(check_page(answer), "fact-market_share")
    with pytest.raises(DomainError):
        service.set_fact(actor=park.officer, firm=park.firm, key="market_share", value="1.4", as_of=date(2025, 12, 31))
    with pytest.raises(DomainError, match="8"):
        service.set_fact(
            actor=park.officer, firm=park.firm, key="expert.ip_advancement", value=9, as_of=date(2025, 1, 1)
        )
    assert session.query(FirmFact).count() == 0


def test_every_fact_of_the_engine_has_its_place_on_the_profile(officer, park) -> None:
    tree = check_page(officer.get(f"/firms/{park.firm.id}/profile"))
    ids = {element.get("id") for element in tree.iter() if element.get("id")}
    assert set(PROFILE) - {"registered_on", "tech_field", "industry"} <= set(FACT_KEYS)
    assert {f"fact-{key.replace('.', '-')}" for key in FACT_KEYS} <= ids
    assert {"registered_on", "tech_field", "industry_code"} <= ids
    assert {f"fact-{key}" for key in ("market_share", "expert-transfer", "choices-tech_sme_rd_route")} <= ids


def test_every_group_of_facts_has_a_form(officer, park) -> None:
    from crm.firms.facts.groups import FACT_GROUPS

    for name in FACT_GROUPS:
        check_page(officer.get(f"/firms/{park.firm.id}/facts/{name}"))
    assert officer.get(f"/firms/{park.firm.id}/facts/nothing").status_code == 404


def test_trades_are_offered_while_typing(session, officer) -> None:
    session.add(Industry(code="X9911", name="试验小类", level="小类"))
    session.commit()
    assert "X9911 试验小类" in officer.get("/trades?industry_code=试验").text
    assert "X9911 试验小类" in officer.get("/trades?industry_code=x99").text
    assert officer.get("/trades?industry_code=").text.strip() == ""


def test_pages_outside_the_scope_do_not_exist(session, officer, park) -> None:
    other = park.other_firm
    contact = Contact(firm=other, name="外人", main=False)
    session.add(contact)
    session.commit()
    for path in (f"/firms/{other.id}/{page}" for page in ("profile", "edit", "assign", "contacts/new", "facts/market")):
        assert officer.get(path).status_code == 404
    assert officer.get(f"/contacts/{contact.id}/edit").status_code == 404
    assert officer.post(f"/contacts/{contact.id}/remove").status_code == 404
    assert officer.post(f"/firms/{other.id}/facts/market_share/verify").status_code == 404
    assert officer.post(f"/firms/{other.id}/documents").status_code == 404


def test_a_firm_sees_its_own_profile_but_changes_nothing_here(sign_in, park) -> None:
    own = sign_in(park.firm_user)
    tree = check_page(own.get(f"/firms/{park.firm.id}/profile"))
    assert not [link for link in tree.iter("a") if link.get("href", "").partition("#")[0].endswith("/edit")]
    assert own.get(f"/firms/{park.firm.id}/edit").status_code == 403
    assert own.get(f"/firms/{park.other_firm.id}/profile").status_code == 404


def test_status_is_shown_in_the_head(session, officer, park) -> None:
    make_firm(session, park.park, "已注销有限公司", status=FirmStatus.DEREGISTERED)
    park.firm.status = FirmStatus.DEREGISTERED
    session.commit()
    tree = check_page(officer.get(f"/firms/{park.firm.id}/profile"))
    assert "注销" in "".join(tree.find(".//main/header").itertext())
