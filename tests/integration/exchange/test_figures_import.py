"""Yearly figures come in: whose they are, in which unit, and what is unlikely about them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.exchange.models import ImportKind, Outcome, RunState
from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.figures.service import record_figures, verify_figures
from crm.firms.models import Firm, FirmName, State
from crm.kernel.errors import DomainError
from tests.factories import Park, credit_code, make_firm
from tests.integration.exchange.conftest import Importing


def figures_of(session: Session, firm: Firm, year: int) -> YearlyFigures:
    return session.scalars(
        select(YearlyFigures).where(YearlyFigures.firm_id == firm.id, YearlyFigures.year == year)
    ).one()


def test_figures_find_their_firm_by_code_or_by_a_name_that_is_alone(
    importing: Importing, session: Session, park: Park
) -> None:
    listed = make_firm(session, park.park, "益阳上市股份有限公司", stock_code="399981")
    renamed = make_firm(session, park.park, "益阳新名有限公司")
    renamed.former_names.append(FirmName(name="益阳旧名有限公司"))
    session.commit()
    run = importing.save(
        ImportKind.FIGURES,
        "企业名称,信用代码,证券代码,年份,营业收入\n"
        f"不看名称,{park.firm.credit_code},,2024,100\n"
        ",,399981.SZ,2024,200\n"
        "益阳旧名有限公司,,,2024,300\n",
    )
    assert run.created == 3
    assert [figures_of(session, firm, 2024).revenue for firm in (park.firm, listed, renamed)] == [100, 200, 300]


def test_the_unit_is_that_of_the_header_else_the_chosen_one(importing: Importing, session: Session, park: Park) -> None:
    code = park.firm.credit_code
    importing.save(ImportKind.FIGURES, f"信用代码,年份,营业收入（万元）,研发费用\n{code},2023,12.5,3000\n")
    figures = figures_of(session, park.firm, 2023)
    assert (figures.revenue, figures.rd) == (Decimal("125000"), Decimal("3000"))
    importing.save(ImportKind.FIGURES, f"信用代码,年份,营业收入,研发费用\n{code},2024,12.5,3\n", unit="万元")
    figures = figures_of(session, park.firm, 2024)
    assert (figures.revenue, figures.rd) == (Decimal("125000"), Decimal("30000"))


def test_a_name_that_two_firms_have_is_not_guessed(importing: Importing, session: Session, park: Park) -> None:
    for _again in range(2):
        make_firm(session, park.park, "益阳同名有限公司")
    session.commit()
    run = importing.save(
        ImportKind.FIGURES, "企业名称,年份,营业收入\n益阳同名有限公司,2024,5\n益阳没有有限公司,2024,5\n"
    )
    said = importing.messages(run)
    assert run.rejected == 2
    assert "有 2 家" in said[2] and "信用代码" in said[2]
    assert "没有叫" in said[3]


def test_a_year_before_the_firm_was_founded_is_refused(importing: Importing, session: Session, park: Park) -> None:
    """As in the firm's own upload: the row says since when, and where a wrong day is mended."""
    park.firm.registered_on = date(2024, 8, 1)
    session.commit()
    run = importing.save(
        ImportKind.FIGURES, f"企业名称,年份,营业收入\n{park.firm.name},2023,7\n{park.firm.name},2024,8\n"
    )
    assert importing.outcomes(run) == {2: Outcome.REJECTED, 3: Outcome.CREATED}
    assert "2023 年企业还没有成立（2024年8月1日成立）" in importing.messages(run)[2]


def test_amounts_without_a_unit_are_not_taken_for_yuan_in_silence(importing: Importing, park: Park) -> None:
    bare = f"企业名称,年份,营业收入\n{park.firm.name},2024,3800\n"
    with pytest.raises(DomainError, match="元还是万元") as refused:
        importing.check(ImportKind.FIGURES, bare, unit=None)
    assert refused.value.field == "unit"
    for said in (
        bare.replace("营业收入", "营业收入（万元）"),
        bare.replace("3800", "3800万"),
        f"单位：万元,,\n{bare}",
        bare.replace("营业收入", "职工总数"),
    ):
        assert importing.check(ImportKind.FIGURES, said, unit=None).state is RunState.CHECKED


def test_unknown_firms_come_in_with_their_code_when_wanted(importing: Importing, session: Session, park: Park) -> None:
    content = "证券代码,证券简称,年份,营业收入\n399971,示例科技,2023,7\n399971,示例科技,2024,8\n"
    refused = importing.save(ImportKind.FIGURES, content, create_firms=False)
    assert refused.rejected == 2 and "登记新企业" in importing.messages(refused)[2]
    run = importing.save(ImportKind.FIGURES, content)
    assert (run.created, run.rejected, run.warnings) == (2, 0, 1)
    firm = session.scalars(select(Firm).where(Firm.stock_code == "399971")).one()
    assert (firm.name, firm.short_name, firm.credit_code) == ("示例科技", "示例科技", None)
    assert firm.organisation_id == park.park.id
    assert figures_of(session, firm, 2024).revenue == 8


def test_a_code_nobody_has_is_another_firm_whatever_its_name(
    importing: Importing, session: Session, park: Park
) -> None:
    """A firm without the code the row gives is not that firm, though it bears the name: figures must not mix."""
    uncoded = make_firm(session, park.park, "益阳同称有限公司", credit_code=None, stock_code="399982")
    session.commit()
    code = credit_code()
    run = importing.save(
        ImportKind.FIGURES,
        "企业名称,信用代码,证券代码,年份,营业收入\n"
        f"益阳同称有限公司,{code},,2024,5\n{park.firm.name},,399983,2024,6\n益阳同称有限公司,,,2024,7\n",
    )
    said = importing.messages(run)
    assert importing.outcomes(run) == {2: Outcome.CREATED, 3: Outcome.CREATED, 4: Outcome.REJECTED}
    assert "同名" in said[2] and "同名" in said[3] and "有 2 家" in said[4]
    created = session.scalars(select(Firm).where(Firm.credit_code == code)).one()
    assert figures_of(session, created, 2024).revenue == 5
    known = select(YearlyFigures).where(YearlyFigures.firm_id.in_([uncoded.id, park.firm.id]))
    assert session.scalars(known).all() == []
    again = importing.save(ImportKind.FIGURES, f"企业名称,信用代码,年份,营业收入\n不看名称,{code},2024,5\n")
    assert again.unchanged == 1


def test_one_stock_code_with_two_credit_codes_is_refused(importing: Importing, session: Session) -> None:
    run = importing.save(
        ImportKind.FIGURES,
        "企业名称,信用代码,证券代码,年份,营业收入\n"
        f"益阳甲股份,{credit_code()},399984,2023,5\n益阳乙股份,{credit_code()},399984,2024,6\n",
    )
    assert importing.outcomes(run) == {2: Outcome.CREATED, 3: Outcome.REJECTED}
    assert "信用代码与本行不同" in importing.messages(run)[3]


def test_what_is_unlikely_is_kept_and_marked(importing: Importing, session: Session, park: Park) -> None:
    content = f"信用代码,年份,营业收入,研发费用\n{park.firm.credit_code},2024,100,500\n"
    run = importing.save(ImportKind.FIGURES, content)
    assert (run.created, run.warnings, run.rejected) == (1, 1, 0)
    assert "研发费用高于营业收入" in importing.messages(run)[2]
    again = importing.save(ImportKind.FIGURES, content)
    assert (again.unchanged, again.warnings) == (1, 1)
    assert importing.messages(again) == importing.messages(run)
    assert figures_of(session, park.firm, 2024).warnings == ["rd_above_revenue"]


def test_wrong_cells_are_refused_with_row_and_column(importing: Importing, park: Park) -> None:
    code = park.firm.credit_code
    run = importing.save(
        ImportKind.FIGURES,
        "信用代码,年份,营业收入,净利润,职工人数\n"
        f"{code},2020,-1,,\n{code},2021,一百万,,\n{code},2099,1,,\n{code},2022,,-5,1.5\n{code},2019,1,-5,10\n",
    )
    said = importing.messages(run)
    assert importing.outcomes(run) == {
        2: Outcome.REJECTED, 3: Outcome.REJECTED, 4: Outcome.REJECTED, 5: Outcome.REJECTED, 6: Outcome.CREATED,
    }  # fmt: skip
    assert "负数" in said[2] and "阿拉伯数字" in said[3] and "还没有到" in said[4] and "整数" in said[5]


def test_an_unknown_cell_does_not_wipe_a_known_value(importing: Importing, session: Session, park: Park) -> None:
    record_figures(actor=park.officer, firm=park.firm, year=2024, values={"revenue": Decimal(100), "employees": 0})
    session.commit()
    run = importing.save(
        ImportKind.FIGURES, f"信用代码,年份,营业收入,职工人数,研发人员\n{park.firm.credit_code},2024,,0,3\n"
    )
    figures = figures_of(session, park.firm, 2024)
    assert (run.updated, figures.revenue, figures.employees, figures.rd_staff) == (1, 100, 0, 3)
    (row,) = importing.rows(run)
    assert row.after == {"rd_staff": 3}


def test_a_verified_value_that_changes_is_declared_again_and_said(
    importing: Importing, session: Session, park: Park
) -> None:
    figures = record_figures(actor=park.officer, firm=park.firm, year=2024, values={"revenue": Decimal(100)})
    verify_figures(actor=park.manager, figures=figures, keys=["revenue"])
    session.commit()
    run = importing.save(ImportKind.FIGURES, f"信用代码,年份,营业收入\n{park.firm.credit_code},2024,150\n")
    assert "核实" in importing.messages(run)[2]
    source = session.get_one(FigureSource, (figures.id, "revenue"))
    assert source.state is State.DECLARED
    importing.undo(run)
    session.expire_all()
    source = session.get_one(FigureSource, (figures.id, "revenue"))
    assert (source.state, source.entered_by_id) == (State.VERIFIED, park.manager.id)
    assert figures_of(session, park.firm, 2024).revenue == 100


def test_one_year_twice_and_a_firm_outside_are_refused(importing: Importing, session: Session, park: Park) -> None:
    run = importing.save(
        ImportKind.FIGURES,
        "信用代码,年份,营业收入\n"
        f"{park.firm.credit_code},2024,1\n{park.firm.credit_code},2024,2\n{park.other_firm.credit_code},2024,3\n{credit_code()},2024,4\n",
    )
    said = importing.messages(run)
    assert (run.created, run.rejected) == (1, 3)
    assert "第 2 行" in said[3] and "管辖" in said[4] and "没有名称" in said[5]
    assert figures_of(session, park.firm, 2024).revenue == 1


def test_a_rate_comes_in_and_its_change_is_shown_in_per_cent(
    importing: Importing, session: Session, park: Park
) -> None:
    table = "信用代码,年份,净资产收益率（%）,大专以上科技人员\n{code},2024,{rate},12\n"
    importing.save(ImportKind.FIGURES, table.format(code=park.firm.credit_code, rate="-8.5%"))
    figures = figures_of(session, park.firm, 2024)
    assert (figures.roe, figures.college_staff) == (Decimal("-0.085"), 12)
    again = importing.save(ImportKind.FIGURES, table.format(code=park.firm.credit_code, rate="-0.085"))
    assert again.unchanged == 1
    assert importing.save(ImportKind.FIGURES, table.format(code=park.firm.credit_code, rate="8.5")).rejected == 1


def test_a_year_in_the_headers_makes_one_row_a_year(importing: Importing, session: Session, park: Park) -> None:
    code = park.firm.credit_code
    run = importing.save(
        ImportKind.FIGURES,
        "单位名字,18位码,2024年营收（万元）,研发费用(2024年度)（万元）,2025年营收（万元）,2025年末职工人数\n"
        f"不看名称,{code},1200,60,1500.5,48\n",
    )
    assert run.created == 2
    before, last = figures_of(session, park.firm, 2024), figures_of(session, park.firm, 2025)
    assert (before.revenue, before.employees) == (Decimal("12000000"), None)
    assert (last.revenue, last.rd, last.employees) == (Decimal("15005000"), None, 48)


def test_a_year_in_the_title_above_is_the_year_of_all(importing: Importing, session: Session, park: Park) -> None:
    run = importing.save(
        ImportKind.FIGURES,
        f"2025年度企业经营情况表（单位：万元）\n信用代码,营收,净利\n{park.firm.credit_code},900,-12\n",
        unit=None,
    )
    assert run.created == 1
    figures = figures_of(session, park.firm, 2025)
    assert (figures.revenue, figures.net_profit) == (Decimal("9000000"), Decimal("-120000"))
    assert run.rejected == 0


def test_a_bad_value_of_one_year_leaves_the_other_year_and_is_told(
    importing: Importing, session: Session, park: Park
) -> None:
    run = importing.save(
        ImportKind.FIGURES, f"信用代码,2024年职工人数,2025年职工人数\n{park.firm.credit_code},三十,31\n"
    )
    assert (run.created, run.rejected) == (1, 1)
    assert figures_of(session, park.firm, 2025).employees == 31
    assert "职工人数" in importing.messages(run)[2] or "三十" in importing.messages(run)[2]
