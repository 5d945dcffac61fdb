"""An import is taken back: what it made goes, what it changed is as before; what people worked on since stays."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.accounts.permissions import Role
from crm.exchange import service
from crm.exchange.models import ImportKind, RunState
from crm.firms import search
from crm.firms.figures.models import YearlyFigures
from crm.firms.figures.service import record_figures, verify_figures
from crm.firms.ip.models import IpRight
from crm.firms.ip.service import verify_right
from crm.firms.models import Contact, Document, Firm, FirmGram, FirmName, State
from crm.kernel.audit import Action, Change
from crm.kernel.errors import DomainError
from tests.factories import Park, credit_code, make_user
from tests.integration.exchange.conftest import Importing
from tests.integration.exchange.test_ip_import import number


def test_created_firms_go_and_the_search_forgets_them(importing: Importing, session: Session, park: Park) -> None:
    grams = session.scalar(select(func.count()).select_from(FirmGram))
    firms = session.scalar(select(func.count()).select_from(Firm))
    code = credit_code()
    run = importing.save(
        ImportKind.FIRMS, f"企业名称,信用代码,曾用名,联系人\n益阳将撤有限公司,{code},益阳曾撤有限公司,丁某\n"
    )
    firm_id = importing.rows(run)[0].entity_id
    run = importing.undo(run)
    assert run.state is RunState.UNDONE
    assert run.options["undone"] == {"removed": 1, "kept": 0}
    assert session.scalar(select(func.count()).select_from(Firm)) == firms
    assert session.scalar(select(func.count()).select_from(FirmGram)) == grams
    assert search.find(session, "将撤", [], limit=5) == []
    gone = session.scalars(select(Change).where(Change.entity == "firm", Change.entity_id == firm_id)).all()
    assert [(change.action, change.old["name"]) for change in gone] == [(Action.DELETED, "益阳将撤有限公司")]


def test_old_values_come_back_with_the_old_name_findable(importing: Importing, session: Session, park: Park) -> None:
    name = park.firm.name
    park.firm.address = "老路 1 号"
    session.commit()
    run = importing.save(
        ImportKind.FIRMS, f"企业名称,信用代码,地址,联系人\n益阳改名有限公司,{park.firm.credit_code},新路 2 号,丁某\n"
    )
    importing.undo(run)
    firm = session.get_one(Firm, park.firm.id)
    assert (firm.name, firm.address, firm.former_names) == (name, "老路 1 号", [])
    assert session.scalars(select(Contact).where(Contact.firm_id == firm.id)).all() == []
    assert search.find(session, "改名", [], limit=5) == []
    assert firm.id in search.find(session, name[2:4], [], limit=5)
    change = session.scalars(
        select(Change).where(Change.firm_id == firm.id, Change.field == "address").order_by(Change.id.desc())
    ).first()
    assert change is not None and (change.old, change.new) == ("新路 2 号", "老路 1 号")


def test_a_value_changed_since_stays_and_is_listed(importing: Importing, session: Session, park: Park) -> None:
    run = importing.save(
        ImportKind.FIRMS,
        f"企业名称,信用代码,地址,联系电话\n{park.firm.name},{park.firm.credit_code},新路 2 号,0737-4000002\n",
    )
    firm = session.get_one(Firm, park.firm.id)
    firm.address = "更新的路 3 号"
    session.commit()
    run = importing.undo(run)
    session.refresh(firm)
    assert (firm.address, firm.telephone) == ("更新的路 3 号", None)
    (row,) = importing.rows(run)
    assert row.kept and "地址" in importing.messages(run)[2]
    assert run.options["undone"] == {"removed": 0, "kept": 1}


def test_a_figure_verified_since_stays_and_is_listed(importing: Importing, session: Session, park: Park) -> None:
    about = {"actor": park.officer, "firm": park.firm, "year": 2024}
    record_figures(**about, values={"revenue": Decimal(1_000_000), "rd": Decimal(70_000)})
    session.commit()
    run = importing.save(
        ImportKind.FIGURES,
        f"信用代码,年份,营业收入（万元）,研发费用（万元）\n{park.firm.credit_code},2024,150,8\n",
    )
    figures = session.scalars(select(YearlyFigures)).one()
    verify_figures(actor=park.manager, figures=figures, keys=["revenue"])
    session.commit()
    run = importing.undo(run)
    session.refresh(figures)
    assert (figures.revenue, figures.rd) == (Decimal(1_500_000), Decimal(70_000))
    assert sources_of(session, figures)["revenue"][:2] == (State.VERIFIED, park.manager.id)
    assert importing.messages(run)[2].endswith("营业收入 导入后已经核实，没有恢复")
    assert run.options["undone"] == {"removed": 0, "kept": 1}


def test_a_right_verified_since_stays_and_is_listed(importing: Importing, session: Session, park: Park) -> None:
    content = f"专利名称,申请号,申请人\n一种轴承,{number(43)},{park.firm.name}\n"
    importing.save(ImportKind.IP, content)
    right = session.scalars(select(IpRight)).one()
    for verified_before in (False, True):
        if verified_before:
            verify_right(actor=park.officer, right=right)
            session.commit()
        run = importing.save(ImportKind.IP, content.replace("轴承", f"轴承{verified_before}"))
        verify_right(actor=park.manager, right=right)
        session.commit()
        run = importing.undo(run)
        session.refresh(right)
        assert (right.title, right.state) == (f"一种轴承{verified_before}", State.VERIFIED)
        assert "导入后已经核实，没有恢复" in importing.messages(run)[2]


def test_a_right_that_somebody_changed_since_is_not_verified_by_undoing(
    importing: Importing, session: Session, park: Park
) -> None:
    content = f"专利名称,申请号,申请人\n一种轴承,{number(43)},{park.firm.name}\n"
    importing.save(ImportKind.IP, content)
    right = session.scalars(select(IpRight)).one()
    verify_right(actor=park.officer, right=right)
    session.commit()
    run = importing.save(ImportKind.IP, content.replace("轴承", "新轴承"))
    right.high_value = True
    session.commit()
    run = importing.undo(run)
    session.refresh(right)
    assert (right.title, right.high_value, right.state) == ("一种轴承", True, State.DECLARED)
    assert "没有恢复为已核实" in importing.messages(run)[2]


def test_a_created_firm_that_somebody_touched_stays(importing: Importing, session: Session, park: Park) -> None:
    touched, with_user, untouched = credit_code(), credit_code(), credit_code()
    run = importing.save(
        ImportKind.FIRMS,
        f"企业名称,信用代码\n益阳动过有限公司,{touched}\n益阳有人有限公司,{with_user}\n益阳没动有限公司,{untouched}\n",
    )
    firms = {code: session.scalars(select(Firm).where(Firm.credit_code == code)).one() for code in (touched, with_user)}
    session.add(Contact(firm_id=firms[touched].id, name="戊某"))
    make_user(session, Role.FIRM, "企业丙", firm_id=firms[with_user].id)
    session.commit()
    run = importing.undo(run)
    left = set(session.scalars(select(Firm.credit_code).where(Firm.credit_code.in_([touched, with_user, untouched]))))
    assert left == {touched, with_user}
    assert [row.kept for row in importing.rows(run)] == [True, True, False]
    assert run.options["undone"] == {"removed": 1, "kept": 2}


def test_figures_and_the_firms_made_for_them_go(importing: Importing, session: Session, park: Park) -> None:
    importing.save(ImportKind.FIGURES, f"信用代码,年份,营业收入\n{park.firm.credit_code},2023,100\n")
    run = importing.save(
        ImportKind.FIGURES,
        "证券代码,证券简称,信用代码,年份,营业收入\n"
        f"399961,将撤科技,,2024,5\n,,{park.firm.credit_code},2023,200\n,,{park.firm.credit_code},2024,300\n",
    )
    assert (run.created, run.updated) == (2, 1)
    importing.undo(run)
    assert session.scalars(select(Firm).where(Firm.stock_code == "399961")).all() == []
    rows = session.execute(select(YearlyFigures.year, YearlyFigures.revenue)).all()
    assert [tuple(row) for row in rows] == [(2023, Decimal(100))]


def test_a_firm_made_for_rights_stays_while_something_hangs_on_it(
    importing: Importing, session: Session, park: Park
) -> None:
    run = importing.save(ImportKind.IP, f"专利名称,申请号,申请人\n某,{number(21)},益阳半撤学院\n")
    firm = session.scalars(select(Firm).where(Firm.name == "益阳半撤学院")).one()
    importing.save(ImportKind.FIGURES, "企业名称,年份,营业收入\n益阳半撤学院,2024,5\n")
    run = importing.undo(run)
    assert session.scalars(select(IpRight)).all() == []
    assert session.scalars(select(Firm.id).where(Firm.name == "益阳半撤学院")).all() == [firm.id]
    assert run.options["kept_firms"] == [firm.id]


def test_the_sources_of_old_values_come_back_and_the_history_says_so(
    importing: Importing, session: Session, park: Park
) -> None:
    """Who declared or verified a value, and from which document, is as it was before the import."""
    about = {"media_type": "application/pdf", "size": 1, "sha256": "0" * 64, "uploaded_by_id": park.officer.id}
    kept, gone = (Document(firm_id=park.firm.id, name=name, **about) for name in ("审计报告.pdf", "年报.pdf"))
    session.add_all([kept, gone])
    session.flush()
    values = {"revenue": Decimal(100), "rd": Decimal(7), "employees": 5}
    figures = record_figures(actor=park.manager, firm=park.firm, year=2024, values=values, document=kept)
    record_figures(actor=park.officer, firm=park.firm, year=2024, values={"employees": 6}, document=gone)
    verify_figures(actor=park.officer, figures=figures, keys=["revenue"])
    session.commit()
    before = sources_of(session, figures)
    run = importing.save(
        ImportKind.FIGURES,
        f"信用代码,年份,营业收入,研发费用,职工人数\n{park.firm.credit_code},2024,150,8,9\n",
        actor=park.manager,
        organisation=park.county,
    )
    session.delete(gone)
    session.commit()
    importing.undo(run, actor=park.manager)
    before["employees"] = (*before["employees"][:-1], None)
    assert sources_of(session, figures) == before
    assert before["rd"] == (State.DECLARED, park.manager.id, before["rd"][2], kept.id)
    states = select(Change.old, Change.new, Change.import_run_id).where(Change.field == "revenue.state")
    assert [tuple(change) for change in session.execute(states.order_by(Change.id))] == [
        ("declared", "verified", None),
        ("verified", "declared", run.id),
        ("declared", "verified", run.id),
    ]


def sources_of(session: Session, figures: YearlyFigures) -> dict[str, tuple[object, ...]]:
    session.refresh(figures, ["sources"])
    return {
        source.key: (source.state, source.entered_by_id, source.entered_at, source.document_id)
        for source in figures.sources
    }


def test_only_a_finished_run_can_be_undone_and_only_once(importing: Importing, session: Session, park: Park) -> None:
    run = importing.save(ImportKind.FIRMS, f"企业名称,信用代码\n益阳一次有限公司,{credit_code()}\n")
    run = importing.undo(run)
    with pytest.raises(DomainError):
        service.undo(actor=park.officer, run=run)
    assert session.scalar(select(func.count()).select_from(FirmName)) == 0
