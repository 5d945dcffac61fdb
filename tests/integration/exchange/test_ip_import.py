"""Rights come in: whose they are, and which applicants are no firms."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.exchange.models import ImportKind, Outcome
from crm.firms.ip.models import IpKind, IpRight
from crm.firms.models import Firm
from crm.kernel.identifiers.patent import check_digit
from tests.factories import Park, credit_code, make_firm
from tests.integration.exchange.conftest import Importing

HEADER = "专利名称,申请号,类型,申请人,申请日\n"


def number(serial: int, kind: int = 2) -> str:
    """A made-up application number with its check digit."""
    digits = f"2020{kind}{serial:07d}"
    return f"{digits}.{check_digit(digits)}"


def rights_of(session: Session, firm: Firm) -> list[IpRight]:
    return list(session.scalars(select(IpRight).where(IpRight.firm_id == firm.id).order_by(IpRight.number)))


def test_a_right_goes_to_its_applicant(importing: Importing, session: Session, park: Park) -> None:
    content = HEADER + f"一种轴承,CN{number(1)},实用新型,{park.firm.name},2020-02-03\n"
    run = importing.save(ImportKind.IP, content)
    assert (run.created, run.warnings) == (1, 0)
    (right,) = rights_of(session, park.firm)
    assert (right.number, right.kind, right.filed_on) == (number(1), IpKind.UTILITY_MODEL, date(2020, 2, 3))
    again = importing.save(ImportKind.IP, content.replace("一种轴承", "一种滚动轴承"))
    assert (again.created, again.updated) == (0, 1)
    session.expire_all()
    assert rights_of(session, park.firm)[0].title == "一种滚动轴承"


def test_the_number_says_what_kind_it_is(importing: Importing, session: Session, park: Park) -> None:
    run = importing.save(ImportKind.IP, HEADER + f"一种方法,{number(2, 1)},外观设计,{park.firm.name},2020-02-03\n")
    assert "类型" in importing.messages(run)[2]
    assert rights_of(session, park.firm)[0].kind is IpKind.INVENTION


def test_persons_and_wrong_numbers_are_refused_organisations_come_in(
    importing: Importing, session: Session, park: Park
) -> None:
    run = importing.save(
        ImportKind.IP,
        HEADER
        + f"甲,{number(3)},实用新型,(自然人),2020-02-03\n"
        + f"乙,{number(4)},实用新型,王某某,2020-02-03\n"
        + f"丙,{number(5)},实用新型,益阳示例学院,2020-02-03\n"
        + f"丁,{number(6)},实用新型,益阳示例学院,2020-02-03\n"
        + f"戊,{number(7)[:-1]}{'0' if number(7)[-1] != '0' else '1'},实用新型,{park.firm.name},2020-02-03\n",
    )
    assert importing.outcomes(run) == {
        2: Outcome.REJECTED, 3: Outcome.REJECTED, 4: Outcome.CREATED, 5: Outcome.CREATED, 6: Outcome.REJECTED,
    }  # fmt: skip
    said = importing.messages(run)
    assert "自然人" in said[2] and "不像单位名称" in said[3] and "登记" in said[4] and "校验位" in said[6]
    firm = session.scalars(select(Firm).where(Firm.name == "益阳示例学院")).one()
    assert (firm.credit_code, firm.organisation_id, len(rights_of(session, firm))) == (None, park.park.id, 2)


def test_unknown_applicants_are_refused_when_no_firms_are_wanted(importing: Importing, session: Session) -> None:
    content = HEADER + f"丙,{number(8)},实用新型,益阳陌生机械有限公司,2020-02-03\n"
    run = importing.save(ImportKind.IP, content, create_firms=False)
    assert run.rejected == 1 and "没有这家企业" in importing.messages(run)[2]
    assert session.scalars(select(Firm).where(Firm.name == "益阳陌生机械有限公司")).all() == []


def test_of_several_owners_the_known_firm_has_the_right_with_its_rank(
    importing: Importing, session: Session, park: Park
) -> None:
    importing.save(ImportKind.IP, HEADER + f"丙,{number(9)},实用新型,益阳陌生大学；{park.firm.name},2020-02-03\n")
    assert [right.owner_rank for right in rights_of(session, park.firm)] == [2]


def test_a_code_nobody_has_is_another_firm_whatever_its_name(
    importing: Importing, session: Session, park: Park
) -> None:
    uncoded = make_firm(session, park.park, "益阳同称有限公司", credit_code=None)
    session.commit()
    code = credit_code()
    run = importing.save(ImportKind.IP, f"专利名称,申请号,申请人,信用代码\n丙,{number(11)},益阳同称有限公司,{code}\n")
    assert run.created == 1 and "同名" in importing.messages(run)[2]
    created = session.scalars(select(Firm).where(Firm.credit_code == code)).one()
    assert (len(rights_of(session, created)), rights_of(session, uncoded)) == (1, [])


def test_a_firm_of_another_park_is_not_found_by_its_name(importing: Importing, session: Session, park: Park) -> None:
    run = importing.save(
        ImportKind.IP, HEADER + f"丙,{number(10)},实用新型,{park.other_firm.name},2020-02-03\n", create_firms=False
    )
    assert run.rejected == 1
    assert rights_of(session, park.other_firm) == []
