"""Entries of the registers: only the columns a register uses, nothing impossible."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask_login import login_user
from sqlalchemy import select

from crm.firms.models import State
from crm.firms.reference.terms import shipped
from crm.kernel import clock
from crm.kernel.audit import Change
from crm.kernel.errors import DomainError, EditConflictError
from crm.policy.vocabulary import ANOTHER, LISTS
from crm.registers import queries, service
from crm.registers.bulk import bulk_enter
from crm.registers.forms import form_of
from crm.registers.kinds import ENTRY_FIELDS, REGISTERS, TERMS, choices_of, vocabulary_of
from crm.registers.models import Level, Register, RegisterEntry, Severity
from tests.factories import Park

TOMORROW = clock.today() + timedelta(days=1)


def add(park: Park, register: Register, **values) -> RegisterEntry:
    return service.add_entry(actor=park.officer, firm=park.firm, register=register, **{"name": "甲", **values})


def test_every_register_is_declared_with_columns_that_exist() -> None:
    columns = set(RegisterEntry.__table__.columns.keys())
    assert set(REGISTERS) == set(Register)
    for kind in REGISTERS.values():
        assert set(kind.fields) <= columns
        assert kind.required <= set(kind.fields)
        assert ("level" in kind.fields) == bool(kind.levels)
    assert set(ENTRY_FIELDS) == columns - {"id", "firm_id", "version"}


def test_every_column_of_terms_has_its_words_and_every_word_its_column() -> None:
    used = {
        vocabulary_of(register, name) for register, kind in REGISTERS.items() for name in TERMS if name in kind.fields
    }
    assert used <= set(shipped())
    own = {name for name in shipped() if name.partition(".")[0] in {str(register) for register in Register}}
    assert own <= used


@pytest.mark.parametrize("name", ["kind", "role", "progress"])
def test_a_key_means_one_thing_in_all_registers(name: str) -> None:
    meant: dict[str, str] = {}
    for register, kind in REGISTERS.items():
        if name in kind.fields:
            for key, said in shipped()[vocabulary_of(register, name)]["terms"].items():
                assert meant.setdefault(key, said[0]) == said[0]


def test_levels_and_kinds_that_criteria_read_can_be_entered(session, park: Park) -> None:
    for name, register in {"awards": "award", "rd_institutions": "institution", "standards": "standard"}.items():
        assert set(LISTS[name]["level"].values) - {ANOTHER} <= set(choices_of(Register(register), "level"))
    assert set(LISTS["incidents"]["kind"].values) <= set(choices_of(Register.INCIDENT, "kind"))
    assert set(LISTS["incidents"]["severity"].values) <= {str(severity) for severity in Severity}


def test_what_criteria_read_is_built_in() -> None:
    """An administrator may rename it, but never take it away."""

    def built_in(vocabulary: str) -> set[str]:
        return {key for key, said in shipped()[vocabulary]["terms"].items() if "built in" in said}

    assert {str(level) for level in Level} == built_in("level")
    assert set(LISTS["incidents"]["kind"].values) <= built_in("incident.kind")
    assert built_in("contract.role") == {"provider", "receiver"}


@pytest.mark.parametrize("register", list(Register))
def test_the_form_has_the_fields_of_its_register_and_no_others(app, session, park: Park, register: Register) -> None:
    with app.test_request_context():
        login_user(park.officer)  # the form offers the documents that the person may see
        form = form_of(register)(park.firm)
    assert set(form._fields) - {"csrf_token", "version", "document_id", "file"} == set(REGISTERS[register].fields)


@pytest.mark.parametrize(
    ("register", "values", "field"),
    [
        (Register.AWARD, {"on": TOMORROW}, "on"),
        (Register.AWARD, {"rank": 0}, "rank"),
        (Register.AWARD, {"level": Level.INTERNATIONAL}, "level"),
        (Register.AWARD, {"name": "  "}, "name"),
        (Register.AWARD, {"amount": Decimal(1)}, "amount"),
        (Register.EQUITY, {"amount": Decimal("-0.01")}, "amount"),
        (Register.HONOUR, {"kind": None}, "kind"),
        (Register.HONOUR, {"kind": "best_firm"}, "kind"),
        (Register.INSTITUTION, {"on": date(2024, 1, 2), "valid_to": date(2024, 1, 1)}, "valid_to"),
        (Register.CONTRACT, {"role": "witness"}, "role"),
        (Register.PROJECT, {"progress": "forgotten"}, "progress"),
        (Register.PRODUCT, {"share": Decimal("1.01")}, "share"),
        (Register.LOAN, {"role": "provider"}, "role"),
    ],
)
def test_impossible_values_are_refused_on_their_field(session, park: Park, register, values, field: str) -> None:
    with pytest.raises(DomainError) as refused:
        add(park, register, **values)
    assert refused.value.field == field
    assert queries.entries_of(park.firm.id) == []


def test_validity_may_lie_ahead_and_amounts_may_be_nothing(session, park: Park) -> None:
    add(park, Register.HONOUR, kind="ip_demo", on=clock.today(), valid_to=TOMORROW)
    add(park, Register.EQUITY, amount=Decimal(0), qualified=False)
    equity, honour = queries.entries_of(park.firm.id)
    assert (equity.amount, equity.qualified, honour.valid_to) == (Decimal(0), False, TOMORROW)


def test_an_edited_entry_is_declared_again_and_its_history_kept(session, park: Park) -> None:
    entry = add(park, Register.STANDARD, level=Level.INDUSTRY, rank=3)
    service.verify_entry(actor=park.officer, entry=entry, against="标准文本")
    service.edit_entry(actor=park.officer, entry=entry, document=None, rank=2)
    assert entry.state is State.DECLARED
    changes = session.execute(
        select(Change.field, Change.old, Change.new).where(Change.entity == "register_entry", Change.field == "rank")
    ).all()
    assert [tuple(change) for change in changes] == [("rank", 3, 2)]
    service.remove_entry(actor=park.officer, entry=entry)
    deleted = session.scalars(select(Change).where(Change.entity == "register_entry", Change.action == "deleted")).one()
    assert (deleted.firm_id, deleted.old["rank"]) == (park.firm.id, 2)


def test_the_second_of_two_editors_is_told(session, park: Park) -> None:
    entry = add(park, Register.EQUITY, amount=Decimal(10_000))
    opened = entry.version
    service.edit_entry(actor=park.officer, entry=entry, document=None, amount=Decimal(20_000))
    with pytest.raises(EditConflictError) as conflict:
        service.edit_entry(
            actor=park.manager, entry=entry, document=None, expected_version=opened, amount=Decimal(30_000)
        )
    assert [tuple(map(str, each)) for each in conflict.value.differences] == [("实缴金额", "2 万元", "3 万元")]


def test_a_page_shows_the_newest_of_each_register_in_one_query(session, park: Park) -> None:
    for number in range(queries.SHOWN + 2):
        add(park, Register.AWARD, name=f"奖 {number}", on=date(2000 + number, 1, 1))
    add(park, Register.AWARD, name="无日期")
    add(park, Register.EQUITY, name="投资方")
    newest = queries.newest_entries(park.firm.id)
    assert len(newest[Register.AWARD]) == queries.SHOWN
    assert newest[Register.AWARD][0].name == f"奖 {queries.SHOWN + 1}"
    assert [entry.name for entry in newest[Register.EQUITY]] == ["投资方"]
    assert queries.counts_of(park.firm.id) == {Register.AWARD: queries.SHOWN + 3, Register.EQUITY: 1}
    assert queries.entries_page(park.firm.id, Register.AWARD, 1).rows[-1].name == "无日期"


def test_the_number_of_a_removed_entry_is_not_given_again(session, park: Park) -> None:
    first = add(park, Register.CONTRACT, number="A-1").id
    session.commit()
    service.remove_entry(actor=park.officer, entry=session.get_one(RegisterEntry, first))
    session.commit()
    second = add(park, Register.CONTRACT, number="A-2")
    assert second.id > first
    last = second.id
    service.remove_entry(actor=park.officer, entry=second)
    session.commit()
    row = {"register": Register.CONTRACT, "firm_id": park.firm.id, "name": "乙", "state": State.DECLARED}
    assert bulk_enter(session, RegisterEntry, [row])[0] > last
