"""Which firm is inside which carrier, served by whom: from a spreadsheet, held against what is there, and taken back."""

from __future__ import annotations

import io
from datetime import date

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from crm.exchange import work
from crm.exchange.blank import write_template
from crm.exchange.columns import columns_of, normal_header
from crm.exchange.models import ImportKind, Outcome
from crm.kernel import audit
from crm.kernel.audit import Change
from crm.registers.resources import service as resources
from crm.registers.resources.models import Resource, ResourceFirm, ResourceRegister
from tests.factories import Park, make_firm
from tests.integration.exchange.conftest import Importing
from tests.pages import check_page, text_of

HEADER = "载体名称,统一社会信用代码,企业名称,角色,入驻日期,毕业日期,结果\n"


def made(session, park: Park, register: ResourceRegister, name: str, **values) -> Resource:
    if register is ResourceRegister.CARRIER:
        values["kind"] = "incubator"
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    found = resources.add_resource(actor=park.officer, register=register, organisation=park.park, name=name, **values)
    session.commit()
    return found


@pytest.fixture
def carrier(session, park: Park) -> Resource:
    return made(session, park, ResourceRegister.CARRIER, "演示孵化器")


def ties(session) -> list[ResourceFirm]:
    return list(session.scalars(select(ResourceFirm).order_by(ResourceFirm.id)))


def row(park: Park, *cells: str, resource: str = "演示孵化器", code: str | None = None) -> str:
    return ",".join([resource, park.firm.credit_code if code is None else code, "", *cells]) + "\n"


def test_a_sheet_ties_firms_once_changes_what_differs_and_is_taken_back(
    importing: Importing, session, park: Park, carrier: Resource
) -> None:
    run = importing.save(ImportKind.TIES, HEADER + row(park, "在孵", "2024-03-01", "", ""))
    assert (run.created, run.rejected) == (1, 0)
    [tied] = ties(session)
    assert (tied.resource_id, tied.firm_id, tied.role, tied.since, tied.until) == (
        carrier.id, park.firm.id, "incubated", date(2024, 3, 1), None,
    )  # fmt: skip
    change = session.scalar(select(Change).where(Change.entity == "resource_firm"))
    assert (change.firm_id, change.import_run_id) == (park.firm.id, run.id)
    again = importing.save(ImportKind.TIES, HEADER + row(park, "在孵", "2024-03-01", "", ""))
    assert (again.created, again.updated, again.unchanged) == (0, 0, 1)
    left = importing.save(ImportKind.TIES, HEADER + row(park, "在孵", "2024-03-01", "2026-03-01", "毕业"))
    assert (left.updated, left.rejected) == (1, 0)
    session.expire_all()
    assert (tied.until, tied.outcome) == (date(2026, 3, 1), "graduated")
    assert importing.undo(left).options["undone"] == {"removed": 0, "kept": 0}
    session.expire_all()
    assert (tied.until, tied.outcome) == (None, None)


def test_ties_that_nobody_touched_are_taken_back(importing: Importing, session, park: Park, carrier: Resource) -> None:
    run = importing.save(ImportKind.TIES, HEADER + row(park, "在孵", "2024-03-01", "", ""))
    assert importing.undo(run).options["undone"] == {"removed": 1, "kept": 0}
    assert ties(session) == []
    actions = select(Change.action).where(Change.entity == "resource_firm").order_by(Change.id)
    assert session.scalars(actions).all()[-1] is audit.Action.DELETED


def test_what_somebody_changed_since_stays(importing: Importing, session, park: Park, carrier: Resource) -> None:
    run = importing.save(ImportKind.TIES, HEADER + row(park, "在孵", "2024-03-01", "", ""))
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    resources.edit_tie(actor=park.officer, tied=ties(session)[0], role="resident")
    session.commit()
    assert importing.undo(run).options["undone"] == {"removed": 0, "kept": 1}
    assert "予以保留" in importing.messages(run)[2]
    assert [tied.role for tied in ties(session)] == ["resident"]


def test_an_imported_resource_that_firms_are_tied_to_is_not_taken_back(
    importing: Importing, session, park: Park
) -> None:
    run = importing.save(ResourceRegister.CARRIER, "名称,类型\n新孵化器,科技企业孵化器\n")
    importing.save(ImportKind.TIES, HEADER + row(park, "", "", "", "", resource="新孵化器"))
    assert importing.undo(run).options["undone"] == {"removed": 0, "kept": 1}
    assert len(ties(session)) == 1


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (("在孵化", "2024-03-01", "", ""), None),  # longer than the word: still that one
        (("房东", "2024-03-01", "", ""), "“房东”不在可选的词里：在孵、入驻、虚拟入驻"),
        (("", "2024-03-01", "2023-01-01", ""), "结束日期不能早于开始日期"),
        (("", "2024-03-01", "2099-01-01", "毕业"), "还没有结束，不能填结果"),
        (("", "不知道", "", ""), "不知道"),
    ],
)
def test_a_cell_that_cannot_be_is_refused_by_its_column(
    importing: Importing, session, park: Park, carrier: Resource, cells: tuple[str, ...], words: str | None
) -> None:
    run = importing.check(ImportKind.TIES, HEADER + row(park, *cells))
    assert importing.outcomes(run)[2] is (Outcome.CREATED if words is None else Outcome.REJECTED)
    if words is not None:
        assert words in importing.messages(run)[2]
    assert ties(session) == []


def test_neither_firm_nor_resource_is_made_and_a_name_alone_is_only_a_proposal(
    importing: Importing, session, park: Park, carrier: Resource
) -> None:
    outside = park.other_firm.credit_code
    content = HEADER + "".join(
        [
            row(park, "", "", "", "", resource="没有的载体"),
            row(park, "", "", "", "", code="91430900MA0000001F"),
            row(park, "", "", "", "", code=outside),
            f"演示孵化器,,{park.firm.name},,,,\n",
        ]
    )
    run = importing.save(ImportKind.TIES, content)
    told = importing.messages(run)
    assert "登记册里没有“没有的载体”" in told[2]
    assert "没有这家企业" in told[3]
    assert "不在您的管辖范围内" in told[4]
    assert "按名称对应到" in told[5] and park.firm.credit_code in told[5]
    assert (run.created, run.rejected) == (1, 3)
    assert [tied.firm_id for tied in ties(session)] == [park.firm.id]


def test_resources_of_one_name_are_told_apart_by_register_and_owner(importing: Importing, session, park: Park) -> None:
    expert = made(session, park, ResourceRegister.EXPERT, "王老师", holder="示例大学")
    made(session, park, ResourceRegister.EXPERT, "王老师", holder="示例学院")
    servant = made(session, park, ResourceRegister.SERVANT, "王老师", kind="chief_officer", holder="示例大学")
    code = park.firm.credit_code
    header = "登记册,资源名称,所属单位,统一社会信用代码\n"
    rows = [
        f",王老师,,{code}\n",
        f"专家,王老师,示例大学,{code}\n",
        f"服务人员,王老师,,{code}\n",
        f"亲戚,王老师,,{code}\n",
    ]
    run = importing.save(ImportKind.TIES, header + "".join(rows))
    told = importing.messages(run)
    assert "有 3 条都叫“王老师”" in told[2] and "“亲戚”不在可选的词里" in told[5]
    assert {tied.resource_id for tied in ties(session)} == {expert.id, servant.id}


def test_times_that_overlap_are_refused_and_a_return_is_a_tie_of_its_own(
    importing: Importing, session, park: Park, carrier: Resource
) -> None:
    importing.save(ImportKind.TIES, HEADER + row(park, "在孵", "2020-01-01", "2022-01-01", "迁出"))
    run = importing.save(
        ImportKind.TIES,
        HEADER
        + row(park, "", "2021-06-01", "", "")
        + row(park, "", "2023-05-01", "", "")
        + row(park, "", "2023-05-01", "", ""),
    )
    told = importing.messages(run)
    assert "已经登记过了（2020年1月1日 开始）" in told[2]
    assert "与第 3 行是同一条" in told[4]
    assert [(tied.since, tied.until) for tied in ties(session)] == [
        (date(2020, 1, 1), date(2022, 1, 1)),
        (date(2023, 5, 1), None),
    ]
    undated = importing.save(ImportKind.TIES, HEADER + row(park, "入驻", "", "", ""))
    assert undated.updated == 1, "a row without a day is about the tie that holds"
    session.expire_all()
    assert [tied.role for tied in ties(session)] == ["incubated", "resident"]


def test_a_day_nobody_knew_is_filled_in_and_a_guest_comes_on_the_day_of_the_event(
    importing: Importing, session, park: Park, carrier: Resource
) -> None:
    importing.save(ImportKind.TIES, HEADER + row(park, "", "", "", ""))
    importing.save(ImportKind.TIES, HEADER + row(park, "", "2024-03-01", "", ""))
    assert [tied.since for tied in ties(session)] == [date(2024, 3, 1)]
    event = made(session, park, ResourceRegister.EVENT, "校企对接会", on=date(2026, 4, 1), kind="joint")
    run = importing.save(ImportKind.TIES, HEADER + row(park, "", "", "", "", resource="校企对接会"))
    assert run.created == 1
    [guest] = [tied for tied in ties(session) if tied.resource_id == event.id]
    assert (guest.since, guest.until) == (date(2026, 4, 1), date(2026, 4, 1))
    again = importing.save(ImportKind.TIES, HEADER + row(park, "", "", "", "", resource="校企对接会"))
    assert (again.unchanged, again.created) == (1, 0)


def test_the_template_has_its_words_and_its_example_comes_in(
    importing: Importing, session, park: Park, sign_in
) -> None:
    made(session, park, ResourceRegister.CARRIER, "示例孵化器")
    buffer = io.BytesIO()
    write_template(buffer, ImportKind.TIES)
    book = CalamineWorkbook.from_filelike(io.BytesIO(buffer.getvalue()))
    headers = [str(cell) for cell in book.get_sheet_by_index(0).to_python()[0]]
    notes = book.get_sheet_by_name("填写说明").to_python()
    example = {str(each[0]): str(each[2]) for each in notes[1:] if str(each[0]) in headers}
    example |= {"统一社会信用代码": park.firm.credit_code, "企业名称": ""}
    words = [str(cell) for line in book.get_sheet_by_name("可填的词").to_python() for cell in line]
    assert {"双创载体", "在孵", "毕业"} <= set(words)
    run = importing.save(ImportKind.TIES, ",".join(example) + "\n" + ",".join(example.values()) + "\n")
    assert importing.messages(run) == {} and run.created == 1
    page = check_page(sign_in(park.officer).get(f"/imports/{run.id}"))
    assert "企业入驻与服务关系" in text_of(page) and "示例孵化器" in text_of(page)


def test_a_difference_is_shown_in_words(importing: Importing, session, park: Park, carrier: Resource, sign_in) -> None:
    importing.save(ImportKind.TIES, HEADER + row(park, "在孵", "2024-03-01", "", ""))
    run = importing.check(ImportKind.TIES, HEADER + row(park, "入驻", "2024-03-01", "", ""))
    text = text_of(check_page(sign_in(park.officer).get(f"/imports/{run.id}")))
    assert "在孵" in text and "入驻" in text and "incubated" not in text


def test_no_header_means_two_columns() -> None:
    headers = [normal_header(header) for column in columns_of(ImportKind.TIES) for header in column.headers]
    assert sorted(headers) == sorted(set(headers))


def test_the_paste_page_leads_to_the_sheet(session, park: Park, carrier: Resource, sign_in) -> None:
    client = sign_in(park.officer)
    page = check_page(client.get(f"/resources/{carrier.id}/paste"))
    [link] = [a.get("href") for a in page.iter("a") if "从表格导入" in text_of(a)]
    assert "企业入驻与服务关系" in text_of(check_page(client.get(link)))


def test_as_many_statements_for_many_rows(importing: Importing, session, park: Park, carrier: Resource) -> None:
    firms = [make_firm(session, park.park) for _ in range(30)]
    session.commit()
    content = HEADER + "".join(row(park, "在孵", "2024-03-01", "", "", code=firm.credit_code) for firm in firms)
    run = importing.save(ImportKind.TIES, content)
    assert (run.created, run.rejected) == (30, 0)


def test_a_tie_made_while_a_sheet_was_planned_makes_it_be_planned_anew(session, park: Park, carrier: Resource) -> None:
    planned = work.Beforehand([], session.scalar(select(func.max(Change.id))) or 0)
    assert work._stands(session, planned)
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    resources.tie(actor=park.officer, resource=carrier, firm=park.firm)
    session.commit()
    assert not work._stands(session, planned)
