"""The history calls what a record points at by its name, in whichever room, also when it is there no more: never by a number."""

from __future__ import annotations

import pytest

from crm.firms.history.words import entities, shown
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.services import matching
from crm.services import service as services
from crm.services.models import Phase, ServiceItem, ServiceState
from crm.visits.models import Need
from tests.factories import Park
from tests.integration.registers.test_resource_service import make_resource
from tests.pages import check_page, text_of


@pytest.mark.any_database
def test_every_foreign_key_has_a_title_and_words_for_its_value(session) -> None:
    told, faults = entities(), []
    tables = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
    for name, words in told.items():
        for column in tables[name].__table__.c if issubclass(tables[name], Audited) else ():
            if not column.foreign_keys or column.name == "firm_id" or column.name in tables[name].unaudited:
                continue
            if column.name not in words.fields:
                faults.append(f"{name}.{column.name} has no title")
            [key] = column.foreign_keys
            target = key.column.table
            its = told.get(target.name)
            named = any(each in target.c for each in ("name", "title", "number")) or (its is not None and its.naming)
            if not named and column.name not in words.shown:
                faults.append(f"{name}.{column.name}: nothing names a record of {target.name}")
    assert not faults, "\n".join(faults)


def test_a_service_and_a_match_are_told_by_name_also_when_it_is_gone(session, sign_in, park: Park) -> None:
    item = ServiceItem(phase=Phase.CULTIVATE, title="上门讲解年报", title_en="Annual report")
    need = Need(firm=park.firm, raised_on=clock.today(), kind="technology", text="轴承密封件的寿命")
    session.add_all([item, need])
    session.flush()
    services.record_service(actor=park.officer, firm=park.firm, item=item, state=ServiceState.OFFERED)
    expert = make_resource(park, name="云岭轴承研究室")
    match = matching.put_to(actor=park.officer, need=need, resource=expert)

    def told() -> str:
        return text_of(check_page(sign_in(park.manager).get(f"/firms/{park.firm.id}/history")))

    words = told()
    assert "服务 · 上门讲解年报" in words and f"服务 · {item.id}" not in words
    assert "诉求匹配 · 云岭轴承研究室" in words and "轴承密封件的寿命" in words
    session.delete(match)
    session.delete(expert)
    session.delete(need)
    session.flush()
    words = told()
    assert "诉求匹配 · 云岭轴承研究室" in words, "its name as it was removed"


def test_what_left_no_trace_is_said_to_be_gone(session, park: Park, app) -> None:
    with app.test_request_context():
        assert shown(Need, "assignee_id", 987654321) == "已删除（编号 987654321）"
