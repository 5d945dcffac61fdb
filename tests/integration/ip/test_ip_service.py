"""The IP register: numbers checked, kind read from them, nothing lost."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.firms.ip import queries as ip_queries
from crm.firms.ip import service as ip_service
from crm.firms.ip.bulk import RightRow, bulk_record_rights, bulk_remove_rights
from crm.firms.ip.models import Acquired, IpKind, IpRight, IpStatus
from crm.firms.ip.queries import UNKNOWN, IpFilter
from crm.firms.ip.rules import IpClass, term_end
from crm.firms.models import State
from crm.kernel import clock
from crm.kernel.audit import Change
from crm.kernel.errors import DomainError, EditConflictError
from crm.kernel.identifiers.patent import check_digit
from tests.factories import Park
from tests.queries import count_queries


def patent(kind: int = 1, year: int = 2017, serial: int = 1) -> str:
    digits = f"{year}{kind}{serial:07d}"
    return f"{digits}.{check_digit(digits)}"


def add(park: Park, number: str, **values) -> IpRight:
    return ip_service.add_right(actor=park.officer, firm=park.firm, number=number, title="一种阶梯装置", **values)


@pytest.mark.parametrize(
    ("number", "kind", "normal"),
    [
        ("ZL" + patent(1), IpKind.INVENTION, patent(1)),
        (" zl " + patent(2).replace(".", " . "), IpKind.UTILITY_MODEL, patent(2)),
        (patent(3, 2022), IpKind.DESIGN, patent(3, 2022)),
        ("2020SR0123456", IpKind.SOFTWARE, "2020SR0123456"),
        ("BS.205012345", IpKind.IC_LAYOUT, "BS.205012345"),
    ],
)
def test_the_kind_is_read_from_the_number(session, park: Park, number: str, kind: IpKind, normal: str) -> None:
    right = add(park, number)
    assert (right.kind, right.number, right.state) == (kind, normal, State.DECLARED)


def test_a_kind_that_contradicts_the_number_is_refused(session, park: Park) -> None:
    with pytest.raises(DomainError, match=r"是实用新型专利的编号，不能登记为发明专利") as refused:
        add(park, patent(2), kind=IpKind.INVENTION)
    assert refused.value.field == "kind"
    with pytest.raises(DomainError, match="不能登记为商标"):
        add(park, patent(1), kind=IpKind.TRADEMARK)


def test_a_defence_patent_may_have_an_invention_number(session, park: Park) -> None:
    assert add(park, patent(1), kind=IpKind.DEFENCE_INVENTION).kind is IpKind.DEFENCE_INVENTION


@pytest.mark.parametrize(
    ("number", "kind", "sentence"),
    [
        ("201710601862.4", None, "校验位应为“3”"),
        ("201710601862.4", IpKind.INVENTION, "校验位应为“3”"),
        ("CN102345678A", None, "公开（公告）号"),
        ("软著一号", IpKind.SOFTWARE, "2020SR0123456"),
        ("一号布图", IpKind.IC_LAYOUT, "BS.205012345"),
        ("  ", IpKind.TRADEMARK, "请填写编号"),
        ("国审稻20200001", None, "请选择类型"),
    ],
)
def test_a_wrong_number_is_refused_with_its_cure(session, park: Park, number: str, kind, sentence: str) -> None:
    with pytest.raises(DomainError) as refused:
        add(park, number, kind=kind)
    assert sentence in str(refused.value)
    assert refused.value.field == "number"
    assert session.scalars(select(IpRight)).all() == []


def test_kinds_without_a_checkable_number_are_kept_as_given(session, park: Park) -> None:
    assert add(park, "国审稻 20200001", kind=IpKind.CROP_VARIETY).number == "国审稻20200001"


def test_the_same_number_twice_in_one_firm_is_refused_and_in_two_is_shown(session, park: Park) -> None:
    add(park, patent(1))
    with pytest.raises(DomainError, match="已有编号"):
        add(park, "ZL" + patent(1))
    ip_service.add_right(actor=park.other_officer, firm=park.other_firm, number=patent(1), title="共有")
    seen_by_officer = ip_queries.elsewhere(park.officer, park.firm.id, [patent(1)])
    assert seen_by_officer[patent(1)].count == 1
    assert seen_by_officer[patent(1)].firms == [], "a firm outside the scope is counted, not named"
    seen_by_administrator = ip_queries.elsewhere(park.administrator, park.firm.id, [patent(1)])
    assert seen_by_administrator[patent(1)].firms == [park.other_firm]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"filed_on": clock.today() + timedelta(days=1)}, "filed_on"),
        ({"filed_on": date(2020, 5, 1), "granted_on": date(2020, 4, 30)}, "granted_on"),
        ({"owner_rank": 0}, "owner_rank"),
    ],
)
def test_impossible_values_are_refused_on_their_field(session, park: Park, values, field: str) -> None:
    with pytest.raises(DomainError) as refused:
        add(park, patent(1), **values)
    assert refused.value.field == field


def test_an_edited_right_is_declared_again_and_its_history_kept(session, park: Park) -> None:
    right = add(park, patent(1))
    ip_service.verify_right(actor=park.officer, right=right)
    assert right.state is State.VERIFIED
    ip_service.edit_right(actor=park.officer, right=right, document=None)
    assert right.state is State.VERIFIED
    ip_service.edit_right(actor=park.officer, right=right, document=None, status=IpStatus.VALID)
    assert right.state is State.DECLARED
    fields = session.scalars(select(Change.field).where(Change.entity == "ip_right", Change.action == "updated")).all()
    assert sorted(fields) == ["state", "state", "status"]


def test_the_second_of_two_editors_is_told(session, park: Park) -> None:
    right = add(park, patent(1))
    opened = right.version
    ip_service.edit_right(actor=park.officer, right=right, document=None, title="新名")
    with pytest.raises(EditConflictError) as conflict:
        ip_service.edit_right(actor=park.manager, right=right, document=None, expected_version=opened, title="别名")
    assert [tuple(map(str, each)) for each in conflict.value.differences] == [("名称", "新名", "别名")]


def test_what_looks_wrong_but_may_be_true_is_said(session, park: Park) -> None:
    right = add(park, patent(2, 2010), filed_on=date(2009, 12, 31), status=IpStatus.VALID, acquired=Acquired.LICENCE)
    doubts = ip_service.doubts_of(right, term_end(right.kind, right.filed_on), date(2026, 1, 1))
    assert doubts == [
        "编号里的年份“2010”与申请日不符",
        "按申请日推算期限已满，请核对法律状态",
        "许可使用的权利不属于企业，认定时不计",
    ]


def test_filters_and_counts_agree(session, park: Park) -> None:
    add(park, patent(1, serial=1), status=IpStatus.VALID, core_product=True, filed_on=date(2017, 1, 1))
    add(park, patent(1, serial=2), status=IpStatus.PENDING)
    add(park, patent(2, serial=3), status=IpStatus.VALID, core_product=False, filed_on=date(2018, 1, 1))
    add(park, "2020SR0123456")
    assert ip_queries.counts_of(park.firm.id) == {
        (IpClass.ONE, IpStatus.VALID): 1,
        (IpClass.ONE, IpStatus.PENDING): 1,
        (IpClass.TWO, IpStatus.VALID): 1,
        (IpClass.TWO, None): 1,
    }

    def numbers(**wanted) -> list[str]:
        return [right.number for right in ip_queries.rights_page(park.firm.id, IpFilter(**wanted), 1).rows]

    assert numbers() == [patent(2, serial=3), patent(1, serial=1), "2020SR0123456", patent(1, serial=2)]
    assert numbers(ip_class=IpClass.TWO, status=IpStatus.VALID) == [patent(2, serial=3)]
    assert numbers(status=UNKNOWN) == ["2020SR0123456"]
    assert numbers(core_product=False) == [patent(2, serial=3)]
    assert numbers(kind=IpKind.INVENTION, core_product=True) == [patent(1, serial=1)]


def row(park: Park, number: str, kind: IpKind, **values) -> RightRow:
    return RightRow(park.firm.id, number, kind, values)


def test_bulk_creates_updates_and_leaves_alone(session, park: Park) -> None:
    known = add(park, patent(1, serial=1), status=IpStatus.PENDING)
    ip_service.verify_right(actor=park.officer, right=known)
    rows = [
        row(park, patent(1, serial=1), IpKind.INVENTION, title="一种阶梯装置", status=IpStatus.VALID),
        row(park, patent(2, serial=2), IpKind.UTILITY_MODEL, title="踏板", filed_on=date(2017, 2, 3)),
        row(park, patent(2, serial=2), IpKind.UTILITY_MODEL, title="踏板"),
    ]
    done = bulk_record_rights(session, rows, park.officer)
    assert [each.outcome for each in done] == ["updated", "created", "unchanged"]
    assert done[0].before == {"status": IpStatus.PENDING, "state": State.VERIFIED}
    first, second = sorted(ip_queries.rights_of(park.firm.id), key=lambda right: right.number)
    assert (first.status, first.state, first.title) == (IpStatus.VALID, State.DECLARED, "一种阶梯装置")
    assert (second.id, second.filed_on, second.status) == (done[1].right_id, date(2017, 2, 3), None)
    changes = session.execute(
        select(Change.action, Change.field, Change.old, Change.new)
        .where(Change.entity_id == first.id, Change.entity == "ip_right")
        .order_by(Change.id)
    ).all()
    assert ("updated", "status", "pending", "valid") in [tuple(change) for change in changes]
    created = session.scalars(select(Change).where(Change.entity == "ip_right", Change.entity_id == second.id)).one()
    assert created.new["filed_on"] == "2017-02-03"
    bulk_remove_rights(session, [done[1].right_id])
    assert [right.id for right in ip_queries.rights_of(park.firm.id)] == [first.id]


def test_bulk_refuses_what_the_single_verb_refuses(session, park: Park) -> None:
    with pytest.raises(DomainError, match="请填写名称"):
        bulk_record_rights(session, [row(park, patent(1), IpKind.INVENTION, title=" ")], park.officer)
    with pytest.raises(DomainError, match="不能晚于今天"):
        future = clock.today() + timedelta(days=1)
        bulk_record_rights(session, [row(park, patent(1), IpKind.INVENTION, title="甲", filed_on=future)], park.officer)
    assert ip_queries.rights_of(park.firm.id) == []


def test_bulk_statements_do_not_grow_with_the_rows(session, park: Park) -> None:
    def statements(serials: range) -> int:
        rows = [row(park, patent(1, serial=serial), IpKind.INVENTION, title="甲") for serial in serials]
        with count_queries(session) as seen:
            bulk_record_rights(session, rows, park.officer)
        return len(seen)

    few = statements(range(1, 2))
    assert statements(range(10, 60)) <= few
