"""Every register comes in from a spreadsheet: of firms by code, of the place by name; a second upload doubles nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.accounts.permissions import Role
from crm.exchange.blank import write_template
from crm.exchange.columns import columns_of, normal_header
from crm.exchange.models import ImportRun, Kind, Outcome, RunState, kind_named
from crm.exchange.titles import GROUPS, KINDS
from crm.firms.models import Industry, State
from crm.firms.proposals.models import Target
from crm.firms.proposals.service import Wanted, propose
from crm.incentives.claims import withdraw
from crm.kernel import audit
from crm.kernel.audit import Action, Change, Via
from crm.kernel.errors import DomainError
from crm.registers import service
from crm.registers.kinds import REGISTERS
from crm.registers.models import Register, RegisterEntry, Severity
from crm.registers.resources import service as resources
from crm.registers.resources.kinds import RESOURCES
from crm.registers.resources.models import Resource, ResourceRegister
from crm.services import matching
from crm.visits import needs
from tests.factories import Park, credit_code, make_firm, make_user
from tests.integration.exchange.conftest import Importing, send
from tests.integration.incentives.makers import YEAR, adopt, claim_contract, paid
from tests.pages import check_page, text_of

SignIn = Callable[[User | None], FlaskClient]
ALL: list[Kind] = [*Register, *ResourceRegister]


@pytest.fixture(autouse=True)
def _trades(session: Session, park: Park) -> None:
    session.add(Industry(code="C34", name="通用设备制造业", level="大类"))
    session.commit()


def entries_of(session: Session, park: Park, register: Register) -> list[RegisterEntry]:
    return list(
        session.scalars(
            select(RegisterEntry)
            .where(RegisterEntry.firm_id == park.firm.id, RegisterEntry.register == register)
            .order_by(RegisterEntry.id)
        )
    )


def resources_of(session: Session, register: ResourceRegister) -> list[Resource]:
    return list(session.scalars(select(Resource).where(Resource.register == register).order_by(Resource.id)))


def filled_template(kind: Kind, code: str | None) -> str:
    """The template with its own example as the one row, the firm's code in place of the example's."""
    buffer = io.BytesIO()
    write_template(buffer, kind)
    notes = CalamineWorkbook.from_filelike(io.BytesIO(buffer.getvalue())).get_sheet_by_name("填写说明").to_python()
    cells = {str(row[0]): str(row[2]) for row in notes[1:] if row[0] and str(row[0]) in _headers(buffer)}
    if code:
        cells |= {"统一社会信用代码": code, "企业名称": ""}
    return ",".join(cells) + "\n" + ",".join(cells.values()) + "\n"


def _headers(buffer: io.BytesIO) -> list[str]:
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(buffer.getvalue())).get_sheet_by_index(0).to_python()
    return [str(cell) for cell in sheet[0]]


@pytest.mark.parametrize("kind", ALL)
def test_the_example_of_each_template_comes_in_once_and_goes_again(
    importing: Importing, session: Session, park: Park, kind: Kind
) -> None:
    model = RegisterEntry if isinstance(kind, Register) else Resource
    before = session.scalar(select(func.count()).select_from(model))
    content = filled_template(kind, park.firm.credit_code if isinstance(kind, Register) else None)
    run = importing.save(kind, content)
    assert importing.messages(run) == {}
    assert (run.created, run.rejected) == (1, 0)
    fields = REGISTERS[kind].fields if isinstance(kind, Register) else RESOURCES[kind].fields
    record = session.get_one(model, importing.rows(run)[0].entity_id)
    empty = {name for name in fields if getattr(record, name) is None}
    assert empty <= {"note", "user_id"}  # of all other columns the template gives an example
    again = importing.save(kind, content)
    assert (again.created, again.updated, again.unchanged, again.rejected) == (0, 0, 1, 0)
    assert importing.undo(run).options["undone"] == {"removed": 1, "kept": 0}
    assert session.scalar(select(func.count()).select_from(model)) == before


@pytest.mark.parametrize("kind", ALL)
def test_no_header_means_two_columns_of_one_register(park: Park, kind: Kind) -> None:
    headers = [normal_header(header) for column in columns_of(kind) for header in column.headers]
    assert sorted(headers) == sorted(set(headers))


def test_every_register_can_be_chosen_and_no_two_kinds_share_a_word() -> None:
    offered = [kind for kinds in GROUPS.values() for kind in kinds]
    assert sorted(offered) == sorted(KINDS)
    assert set(offered) >= {*Register, *ResourceRegister}
    assert len({kind.value for kind in offered}) == len(offered)
    assert [kind_named(kind.value) for kind in offered] == offered


def test_a_contract_is_declared_with_its_history_and_corrected_by_the_next_upload(
    importing: Importing, session: Session, park: Park
) -> None:
    header = "信用代码,合同名称,合同类别,本企业是,对方单位,认定登记编号,技术交易额（万元）,认定登记日期\n"
    row = f"{park.firm.credit_code},主轴减振技术开发,技术开发,吸纳方（买方）,示例大学,2024-430900-001,12.5,2024年5月18日\n"
    run = importing.save(Register.CONTRACT, header + row)
    (entry,) = entries_of(session, park, Register.CONTRACT)
    assert (entry.kind, entry.role, entry.party) == ("development", "receiver", "示例大学")
    assert (entry.amount, entry.on, entry.state) == (Decimal("125000.00"), date(2024, 5, 18), State.DECLARED)
    made = session.scalar(select(Change).where(Change.entity == "register_entry", Change.entity_id == entry.id))
    assert made is not None
    assert (made.action, made.via, made.import_run_id, made.firm_id) == (
        Action.CREATED, Via.IMPORT, run.id, park.firm.id,
    )  # fmt: skip
    assert made.new["amount"] == "125000"
    entry_id = entry.id
    again = importing.save(Register.CONTRACT, header + row.replace("12.5,", "15,"))
    assert (again.created, again.updated) == (0, 1)
    (entry,) = entries_of(session, park, Register.CONTRACT)
    assert (entry.id, entry.amount) == (entry_id, Decimal("150000.00"))
    importing.undo(again)
    assert entries_of(session, park, Register.CONTRACT)[0].amount == Decimal("125000.00")


def test_a_contract_stands_once_and_a_row_of_the_other_side_corrects_it(
    importing: Importing, session: Session, park: Park
) -> None:
    code = park.firm.credit_code
    content = (
        "信用代码,合同名称,本企业是,认定登记编号\n"
        f"{code},某合同,输出方,ABC-1\n{code},某合同,吸纳方,abc-1\n{code},某合同（补）,吸纳方,ABC-1\n"
    )
    run = importing.save(Register.CONTRACT, content)
    assert importing.outcomes(run) == {2: Outcome.CREATED, 3: Outcome.REJECTED, 4: Outcome.REJECTED}
    assert all("第 2 行" in importing.messages(run)[row] for row in (3, 4))
    with pytest.raises(DomainError, match="已登记"):
        service.add_entry(
            actor=park.officer, firm=park.firm, register=Register.CONTRACT, name="x", role="receiver", number="abc-1"
        )
    run = importing.save(Register.CONTRACT, f"信用代码,合同名称,本企业是,认定登记编号\n{code},某合同,吸纳方,Abc-1\n")
    assert importing.outcomes(run) == {2: Outcome.UPDATED}
    (entry,) = entries_of(session, park, Register.CONTRACT)
    assert (entry.role, entry.number) == ("receiver", "Abc-1")
    service.edit_entry(actor=park.officer, entry=entry, document=None, number="ABC-1")  # its own number, in capitals
    assert entry.number == "ABC-1"


def test_loans_of_one_bank_are_told_apart_by_their_day_or_number(
    importing: Importing, session: Session, park: Park
) -> None:
    code = park.firm.credit_code
    content = (
        "信用代码,贷款机构,种类,合同号,贷款金额（万元）,放款日期\n"
        f"{code},示例银行,信用贷款,,100,2023-01-05\n{code},示例银行,信用贷款,,200,2024-01-05\n"
        f"{code},示例银行,信用贷款,L-9,300,2024-01-05\n{code},示例银行,信用贷款,L-10,300,2024-01-05\n"
    )
    run = importing.save(Register.LOAN, content)
    outcomes = importing.outcomes(run)
    # The third may be the second, whose number nobody wrote: the person is asked.
    assert [outcomes[row] for row in (2, 3, 4)] == [Outcome.CREATED, Outcome.CREATED, Outcome.REJECTED]
    assert "请填编号或日期" in importing.messages(run)[4]


def test_an_institution_is_raised_not_doubled_and_a_higher_level_is_told(
    importing: Importing, session: Session, park: Park
) -> None:
    code = park.firm.credit_code
    importing.save(Register.INSTITUTION, f"信用代码,机构名称\n{code},示例研究中心\n")
    importing.save(Register.INSTITUTION, f"信用代码,机构名称,类型,级别\n{code},示例研究中心,工程技术研究中心,市级\n")
    (entry,) = entries_of(session, park, Register.INSTITUTION)
    assert (entry.kind, entry.level) == ("engineering_centre", "city")
    run = importing.save(Register.INSTITUTION, f"信用代码,机构名称,级别\n{code},示例研究中心,省部级\n")
    assert run.created == 1
    assert "同名" in importing.messages(run)[2]
    assert len(entries_of(session, park, Register.INSTITUTION)) == 2


def test_a_name_alone_only_proposes_a_firm_and_a_wrong_name_is_told(
    importing: Importing, session: Session, park: Park
) -> None:
    twins = [make_firm(session, park.park, "益阳双胞胎有限公司") for _twin in range(2)]
    other = make_firm(session, park.other_park, "益阳别处有限公司", credit_code=credit_code())
    session.commit()
    content = (
        "统一社会信用代码,企业名称,产品名称\n"
        f",{park.firm.name},甲产品\n{park.firm.credit_code},益阳写错有限公司,乙产品\n"
        f",{twins[0].name},丙产品\n{other.credit_code},,丁产品\n,益阳没有有限公司,戊产品\n,,己产品\n"
    )
    run = importing.save(Register.PRODUCT, content)
    told = importing.messages(run)
    outcomes = importing.outcomes(run)
    assert outcomes == {2: Outcome.CREATED, 3: Outcome.CREATED, **dict.fromkeys(range(4, 8), Outcome.REJECTED)}
    assert "按名称对应" in told[2] and park.firm.credit_code in told[2]
    assert park.firm.name in told[3]
    assert "2 家" in told[4]
    assert "管辖范围" in told[5]
    assert "没有这家企业" in told[6]
    assert "没有说是哪家企业" in told[7]
    assert {entry.name for entry in entries_of(session, park, Register.PRODUCT)} == {"甲产品", "乙产品"}


def test_wrong_cells_are_named_each_with_what_would_do(importing: Importing, session: Session, park: Park) -> None:
    run = importing.check(
        Register.PROJECT,
        "信用代码,项目名称,项目类别,级别,进展,财政资助,立项日期,计划完成日期\n"
        f"{park.firm.credit_code},某项目,没有这一类,省级,飞行中,很多,2999-01-01,2020-01-01\n",
    )
    assert run.rejected == 1
    messages = {each["key"]: each["text"] for each in importing.rows(run)[0].messages}
    assert set(messages) == {"kind", "progress", "amount", "on"}
    assert "揭榜挂帅" in messages["kind"]
    assert "实施中" in messages["progress"]


def test_words_are_read_in_either_language_and_by_their_beginning(
    importing: Importing, session: Session, park: Park
) -> None:
    code = park.firm.credit_code
    content = f"Credit code,事由,类别,严重程度,发生日期\n{code},某事故,安全,较大,2023-03-04\n"
    importing.save(Register.INCIDENT, content)
    (entry,) = entries_of(session, park, Register.INCIDENT)
    assert (entry.severity, entry.on) == (Severity.LARGER, date(2023, 3, 4))
    importing.save(
        Register.PRODUCT, f"Credit code,Name,认定,认定级别,市场占有率\n{code},示例机床,首台（套）,Provincial,12.5%\n"
    )
    (product,) = entries_of(session, park, Register.PRODUCT)
    assert (product.kind, product.level, product.share) == ("first_set", "provincial", Decimal("0.125"))


def test_what_was_verified_is_declared_again_and_undoing_verifies_it(
    importing: Importing, session: Session, park: Park
) -> None:
    entry = service.add_entry(
        actor=park.officer, firm=park.firm, register=Register.PRODUCT, name="示例产品", niche="旧"
    )
    service.verify_entry(actor=park.officer, entry=entry, against="产品样本")
    session.commit()
    run = importing.save(Register.PRODUCT, f"信用代码,产品名称,细分市场\n{park.firm.credit_code},示例产品,新\n")
    assert "核实" in importing.messages(run)[2]
    (entry,) = entries_of(session, park, Register.PRODUCT)
    assert (entry.niche, entry.state, entry.version) == ("新", State.DECLARED, 3)
    importing.undo(run)
    (entry,) = entries_of(session, park, Register.PRODUCT)
    assert (entry.niche, entry.state) == ("旧", State.VERIFIED)


@pytest.mark.parametrize(("changed", "left"), [("share", ("旧", "0.9")), ("niche", ("别的", "0.1"))])
def test_what_an_officer_changed_since_is_not_verified_by_undoing_an_import(
    importing: Importing, session: Session, park: Park, changed: str, left: tuple[str, str]
) -> None:
    values = {"niche": "旧", "share": Decimal("0.1")}
    entry = service.add_entry(actor=park.officer, firm=park.firm, register=Register.PRODUCT, name="示例产品", **values)
    service.verify_entry(actor=park.officer, entry=entry, against="产品样本")
    session.commit()
    run = importing.save(Register.PRODUCT, f"信用代码,产品名称,细分市场\n{park.firm.credit_code},示例产品,新\n")
    (entry,) = entries_of(session, park, Register.PRODUCT)
    new = {"share": Decimal("0.9")} if changed == "share" else {"niche": "别的"}
    service.edit_entry(actor=park.officer, entry=entry, document=None, **new)
    session.commit()
    run = importing.undo(run)
    (entry,) = entries_of(session, park, Register.PRODUCT)
    assert (entry.niche, entry.share, entry.state) == (left[0], Decimal(left[1]), State.DECLARED)
    assert "没有恢复为已核实" in importing.messages(run)[2]


def test_entries_that_claims_and_wishes_rest_on_stay_when_an_import_is_undone(
    importing: Importing, session: Session, park: Park
) -> None:
    audit.sign(session, park.officer.id, Via.PAGE)
    adopt(park, "contract_receiver")
    code = park.firm.credit_code
    header = "信用代码,合同名称,本企业是,对方单位,认定登记编号,技术交易额（万元）,认定登记日期\n"
    names = ("已申领", "申领又撤回", "企业要改", "无人用")
    rows = (f"{code},{name},吸纳方,演示大学,{name},850,{YEAR}-05-01\n" for name in names)
    run = importing.save(Register.CONTRACT, header + "".join(rows))
    entries = {entry.name: entry for entry in entries_of(session, park, Register.CONTRACT)}
    paid(claim_contract(park.firm, park.officer, entries["已申领"]), park.manager)
    withdraw(claim_contract(park.firm, park.officer, entries["申领又撤回"]), actor=park.officer)
    wish = Wanted(
        target=Target.ENTRY, field="contract", new={"name": "企业要改的"}, target_key=str(entries["企业要改"].id)
    )
    propose(actor=park.firm_user, firm=park.firm, wanted=[wish], note=None, document=None)
    session.commit()
    run = importing.undo(run)
    assert run.options["undone"] == {"removed": 2, "kept": 2}
    assert {entry.name for entry in entries_of(session, park, Register.CONTRACT)} == {"已申领", "企业要改"}
    told = importing.messages(run)
    assert "申领政策" in told[2] and "还没有处理" in told[4]


def test_what_somebody_changed_or_used_since_stays_when_an_import_is_undone(
    importing: Importing, session: Session, park: Park
) -> None:
    run = importing.save(Register.PRODUCT, f"信用代码,产品名称\n{park.firm.credit_code},留下的产品\n")
    (entry,) = entries_of(session, park, Register.PRODUCT)
    service.edit_entry(actor=park.officer, entry=entry, document=None, name=entry.name, niche="机床")
    session.commit()
    run = importing.undo(run)
    assert (run.state, run.options["undone"]) == (RunState.UNDONE, {"removed": 0, "kept": 1})
    assert "有人修改过" in importing.messages(run)[2]

    run = importing.save(ResourceRegister.EXPERT, "姓名,所在单位\n示例甲,示例大学\n示例乙,示例大学\n")
    used = resources_of(session, ResourceRegister.EXPERT)[0]
    resources.tie(actor=park.officer, resource=used, firm=park.firm)
    session.commit()
    run = importing.undo(run)
    assert run.options["undone"] == {"removed": 1, "kept": 1}
    assert [each.name for each in resources_of(session, ResourceRegister.EXPERT)] == ["示例甲"]


def test_experts_come_in_are_found_and_matched_and_are_told_apart_by_their_university(
    importing: Importing, session: Session, park: Park
) -> None:
    header = "姓名,工作单位,研究方向,服务行业,联系电话,管理单位\n"
    content = header + "示例甲,示例大学,数控加工,通用设备制造业,0737-1,\n示例甲,另一大学,食品,没有的行业,,\n"
    run = importing.save(ResourceRegister.EXPERT, content)
    assert (run.created, run.warnings) == (2, 1)
    assert "没有的行业" in importing.messages(run)[3]
    assert "同名" in importing.messages(run)[3]
    first, second = resources_of(session, ResourceRegister.EXPERT)
    assert (first.holder, first.industry_code, first.organisation_id) == ("示例大学", "C34", park.park.id)
    assert second.holder == "另一大学"
    need = needs.raise_need(park.firm_user, park.firm, kind="technology", text="数控加工精度上不去")
    session.flush()
    assert first.id in [each.resource.id for each in matching.matches_for(park.officer, need)]
    again = importing.save(ResourceRegister.EXPERT, header + "示例甲,示例大学,数控加工；精密主轴,,,\n")
    assert (again.created, again.updated) == (0, 1)
    first = session.get_one(Resource, first.id)
    assert first.words == "数控加工；精密主轴" and "精密主轴" in first.search_text
    importing.undo(again)
    assert "精密主轴" not in session.get_one(Resource, first.id).search_text


def test_what_another_park_keeps_is_read_and_not_changed(importing: Importing, session: Session, park: Park) -> None:
    resources.add_resource(
        actor=park.administrator, register=ResourceRegister.CARRIER, organisation=park.other_park, name="他园孵化器",
        kind="incubator", holder="甲公司",
    )  # fmt: skip
    session.commit()
    header = "载体名称,类型,运营单位,管理单位\n"
    same = importing.save(ResourceRegister.CARRIER, header + "他园孵化器,科技企业孵化器,甲公司,\n")
    assert same.unchanged == 1
    run = importing.save(
        ResourceRegister.CARRIER,
        header + f"他园孵化器,科技企业孵化器,乙公司,\n本园孵化器,科技企业孵化器,,{park.other_park.name}\n",
    )
    assert importing.outcomes(run) == {2: Outcome.REJECTED, 3: Outcome.REJECTED}
    assert "不能修改" in importing.messages(run)[2]
    assert resources_of(session, ResourceRegister.CARRIER)[0].holder == "甲公司"


def test_an_officer_of_one_park_cannot_import_into_another(importing: Importing, session: Session, park: Park) -> None:
    stranger = make_user(session, Role.OFFICER, "外人", organisation_id=park.other_park.id)
    session.commit()
    content = f"信用代码,产品名称\n{park.firm.credit_code},不该有的\n"
    run = importing.save(Register.PRODUCT, content, actor=stranger, organisation=park.other_park)
    assert (run.created, run.rejected) == (0, 1)


def test_from_the_register_to_its_upload_and_template(session: Session, sign_in: SignIn, park: Park) -> None:
    client = sign_in(park.officer)
    for page, kind in (("/registers?register=loan", "loan"), ("/resources?register=carrier", "carrier")):
        links = {link.get("href") for link in check_page(client.get(page)).iter("a")}
        assert {f"/imports/new?kind={kind}", f"/imports/templates/{kind}.xlsx"} <= links
    upload = check_page(client.get("/imports/new?kind=loan"))
    group = next(each for each in upload.iter("optgroup") if each.get("label") == "企业的登记册")
    assert [each.get("value") for each in group if each.get("selected") is not None] == ["loan"]
    content = f"统一社会信用代码,贷款机构,贷款金额\n{park.firm.credit_code},示例银行,100\n"
    run = session.get_one(ImportRun, int(send(client, "loan", content, park.park).location.split("/")[2]))
    assert "贷款金额" in text_of(check_page(client.get(f"/imports/{run.id}/columns")))
    assert client.get("/imports/templates/nothing.xlsx").status_code == 404


def test_the_preview_shows_what_would_change_in_words(
    importing: Importing, session: Session, sign_in: SignIn, park: Park
) -> None:
    service.add_entry(
        actor=park.officer, firm=park.firm, register=Register.PROJECT, name="示例项目", progress="running",
        amount=Decimal(10_000),
    )  # fmt: skip
    session.commit()
    run = importing.check(
        Register.PROJECT,
        f"信用代码,项目名称,进展,财政资助（万元）\n{park.firm.credit_code},示例项目,已验收,2\n",
    )
    text = text_of(check_page(sign_in(park.officer).get(f"/imports/{run.id}")))
    assert "进展：实施中 → 已验收" in text
    assert "1 万元 → 2 万元" in text
    assert "归入" not in text  # an entry is of its firm
    done = check_page(sign_in(park.officer).get(f"/imports/{importing.confirm(run).id}"))
    assert "/registers?register=project" in {link.get("href") for link in done.iter("a")}


def test_a_workbook_of_the_overview_comes_in_again_and_changes_nothing(
    importing: Importing, session: Session, sign_in: SignIn, park: Park
) -> None:
    service.add_entry(
        actor=park.officer, firm=park.firm, register=Register.PRODUCT, name="示例机床", kind="first_set",
        level="provincial", share=Decimal("0.125"), on=date(2024, 1, 2),
    )  # fmt: skip
    session.commit()
    workbook = sign_in(park.officer).get("/registers.xlsx?register=product").data
    run = importing.check(Register.PRODUCT, workbook)
    assert (run.unchanged, run.created, run.updated, run.rejected) == (1, 0, 0, 0)


def test_everything_somebody_edits_a_page_with_is_planned_anew(
    importing: Importing, session: Session, park: Park
) -> None:
    content = f"信用代码,产品名称\n{park.firm.credit_code},示例产品\n"
    run = importing.check(Register.PRODUCT, content)
    service.add_entry(actor=park.officer, firm=park.firm, register=Register.PRODUCT, name="示例产品")
    session.commit()
    run = importing.confirm(run)
    assert (run.created, run.unchanged) == (0, 1)
    assert len(entries_of(session, park, Register.PRODUCT)) == 1
