"""What each row of a register's spreadsheet would do: entries of firms, and what the place offers.

A row is held against the record that it is about (`_Present.find`): one with its own number, else one with its name that
no column of the register's `apart` tells from it. So a second upload changes or confirms what the first entered.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Organisation, User
from crm.exchange.lookups import Lookups, same
from crm.exchange.models import Outcome
from crm.exchange.plan import FirmFinder, PlannedRow, begin, refuse
from crm.exchange.plan_records import RecordDeed, Words, terms_of
from crm.exchange.register_columns import CHOSEN
from crm.exchange.rows import ConvertedRow, Remark
from crm.firms.models import State
from crm.firms.naming import normal
from crm.firms.reference.terms import all_terms
from crm.kernel.bulk import rows_where_in
from crm.kernel.errors import DomainError
from crm.registers.kinds import REGISTERS, SEVERITIES, RegisterKind, choices_of, vocabulary_of
from crm.registers.models import Register, RegisterEntry
from crm.registers.resources.kinds import RESOURCES, ResourceKind
from crm.registers.resources.models import Resource, ResourceRegister
from crm.registers.resources.queries import visible_resources
from crm.registers.resources.service import check_resource
from crm.registers.service import check_entry


class _Present:
    """The records that rows may be about: those of the database, and those that earlier rows would enter."""

    def __init__(self, kind: RegisterKind | ResourceKind) -> None:
        self.kind = kind
        self.numbered: dict[tuple[int | None, str], list[dict[str, Any]]] = defaultdict(list)
        self.named: dict[tuple[int | None, str], list[dict[str, Any]]] = defaultdict(list)

    def add(self, owner: int | None, record: dict[str, Any]) -> None:
        """`owner`: the firm whose it is; None: of the place. `record` has its columns, and `row` where a row has it."""
        self.named[owner, normal(record["name"])].append(record)
        if self.kind.numbered and record.get("number"):
            self.numbered[owner, same(record["number"]).casefold()].append(record)

    def find(self, owner: int | None, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The record that the values are about; several where they do not say which."""
        number = values.get("number")
        if self.kind.numbered and number:
            # A contract stands once, on one side: a row that names the other side corrects it.
            found = self.numbered[owner, same(number).casefold()]
            if found:
                return _closest(found, values, ("role",))
        apart = (*self.kind.apart, "number") if self.kind.numbered else self.kind.apart
        found = [record for record in self.named[owner, normal(values["name"])] if _agree(record, values, apart)]
        return _closest(found, values, apart)

    def namesakes(self, owner: int | None, values: Mapping[str, Any]) -> bool:
        return bool(self.named[owner, normal(values["name"])])


def _agree(record: Mapping[str, Any], values: Mapping[str, Any], columns: Iterable[str]) -> bool:
    """Whether no column that both know differs."""
    return all(record.get(name) == values.get(name) or None in (record.get(name), values.get(name)) for name in columns)


def _closest(found: list[dict[str, Any]], values: Mapping[str, Any], columns: tuple[str, ...]) -> list[dict[str, Any]]:
    alike = [record for record in found if all(record.get(name) == values.get(name) for name in columns)]
    return alike if len(alike) == 1 else found


class _Planner(ABC):
    """What both kinds of register share."""

    def __init__(
        self,
        session: Session,
        lookups: Lookups,
        register: Register | ResourceRegister,
        words: dict[str, dict[str, Any]],
    ) -> None:
        self.session = session
        self.lookups = lookups
        self.register = register
        self.kind = REGISTERS[register] if isinstance(register, Register) else RESOURCES[register]
        self.words = Words(words)
        self.present = _Present(self.kind)

    def values_of(self, row: ConvertedRow) -> tuple[dict[str, Any], list[Remark], list[Remark]]:
        """The register's columns that the row gives, words looked up; what refuses it, and what is left out with a warning."""
        wanted: dict[str, Any] = {}
        problems: list[Remark] = []
        doubts: list[Remark] = []
        for name in self.kind.fields:
            cell = row.values.get(name)
            if cell is None:
                continue
            if name in CHOSEN:
                wanted[name] = self.words.read(name, cell)
                if wanted[name] is None:
                    words = "、".join(str(word) for word in self.choices(name).values())
                    problems.append(Remark(_("“%(raw)s”不在可选的词里：%(words)s", raw=cell, words=words), name))
            elif name == "industry_code":
                if code := self.lookups.trade(cell):
                    wanted[name] = code
                else:
                    doubts.append(Remark(_("行业“%(text)s”在国民经济行业分类里没有，未记入", text=cell), name))
            elif name == "user_id":
                if person := self.lookups.officer(cell):
                    wanted[name] = person
                else:
                    text = _("没有名为“%(text)s”的专员，或有重名，未记入：可改填邮箱", text=cell)
                    doubts.append(Remark(text, name))
            else:
                wanted[name] = cell
        return wanted, problems, doubts

    @abstractmethod
    def choices(self, name: str) -> Mapping[Any, Any]:
        """Value → word of what may be chosen today."""

    def settle(
        self,
        row: ConvertedRow,
        planned: PlannedRow,
        owner: int | None,
        wanted: dict[str, Any],
        check: Callable[[dict[str, Any], dict[str, Any]], None],
    ) -> PlannedRow:
        """Hold the row against what is there, and plan what differs. `check` refuses values that cannot stand together."""
        found = self.present.find(owner, wanted)
        if len(found) > 1:
            text = _(
                "有 %(count)s 条都叫“%(name)s”，不能确定是哪一条：请补上编号、类别或日期",
                count=len(found),
                name=wanted["name"],
            )
            return refuse(row, planned.title, text, key="name")
        record = found[0] if found else None
        if record is not None and "row" in record:
            text = _("与第 %(row)s 行是同一条：请只留一行；确是两条的，请填编号或日期加以区别", row=record["row"])
            return refuse(row, planned.title, text)
        before = {name: record[name] for name in self.kind.fields} if record else {}
        try:
            check({**before, **wanted}, before)
        except DomainError as error:
            return refuse(row, planned.title, error.message, key=error.field)
        if record is None:
            if self.present.namesakes(owner, wanted) and not self.kind.numbered and "on" not in self.kind.apart:
                planned.warn(_("已有同名的一条，类别、级别或单位不同：本行另记一条，请核对"), "name")
            planned.outcome = Outcome.CREATED
            planned.deed = RecordDeed(wanted, firm_id=owner)
            self.present.add(owner, {**wanted, "row": row.number})
            return planned
        planned.entity_id = record["id"]
        changed = {name: value for name, value in wanted.items() if record[name] != value}
        old = {name: record[name] for name in changed}
        if changed:
            planned.outcome = Outcome.UPDATED
            planned.show(old, changed)
            if record.get("state") is State.VERIFIED:
                planned.warn(_("已由专员核实，导入后记为未核实"))
                changed, old = {**changed, "state": State.DECLARED}, {**old, "state": State.VERIFIED}
            planned.deed = RecordDeed(changed, record["id"], record["version"], old, owner)
        record |= {**changed, "row": row.number}
        return planned


class EntryPlanner(_Planner):
    """Plans the rows of one register of firms, in their order. A firm that is not there is not made of such a row."""

    def __init__(self, session: Session, actor: User, register: Register) -> None:
        names = [name for name in CHOSEN if name in REGISTERS[register].fields]
        words: dict[str, dict[str, Any]] = {
            name: {
                **{same(str(title)).casefold(): value for value, title in SEVERITIES.items()},
                **{value.value: value for value in SEVERITIES},
            }
            if name == "severity"
            else dict(terms_of(vocabulary_of(register, name)))
            for name in names
        }
        super().__init__(session, Lookups(session, actor), register, words)
        self.of_firms = register
        self.finder = FirmFinder(session, self.lookups)

    def plan(self, rows: list[ConvertedRow]) -> Iterable[PlannedRow]:
        told = {key: {row.values[key] for row in rows if row.values.get(key)} for key in ("credit_code", "firm")}
        self.finder.read(told["credit_code"], set(), told["firm"])
        table = RegisterEntry.__table__
        entries = select(table).where(table.c.register == self.register)
        for record in rows_where_in(self.session, entries, table.c.firm_id, self.finder.ids()):
            self.present.add(record.firm_id, dict(record._mapping))
        return map(self._plan_row, rows)

    def choices(self, name: str) -> Mapping[Any, Any]:
        return SEVERITIES if name == "severity" else choices_of(self.of_firms, name)

    def _plan_row(self, row: ConvertedRow) -> PlannedRow:
        values = row.values
        title = " · ".join(filter(None, (values.get("firm") or values.get("credit_code"), values.get("name"))))
        wanted, problems, doubts = self.values_of(row)
        if row.problems or problems:
            return refuse(replace(row, problems=[*row.problems, *problems]), title)
        planned = begin(replace(row, warnings=[*row.warnings, *doubts]), title)
        firm_id = self.finder.whose(values, planned)
        if isinstance(firm_id, str):
            return refuse(row, title, firm_id, key="credit_code" if values.get("credit_code") else "firm")
        planned = self.settle(
            row, planned, firm_id, wanted, lambda whole, before: check_entry(self.of_firms, whole, before)
        )
        if planned.outcome is Outcome.CREATED:
            planned.deed.values |= {"register": self.register, "firm_id": firm_id, "state": State.DECLARED}
        return planned


class ResourcePlanner(_Planner):
    """Plans the rows of one register of the place, in their order."""

    def __init__(self, session: Session, actor: User, organisation: Organisation, register: ResourceRegister) -> None:
        names = [name for name in CHOSEN if name in RESOURCES[register].fields]
        vocabularies = {name: "level" if name == "level" else f"{register}.{name}" for name in names}
        super().__init__(
            session, Lookups(session, actor), register, {name: dict(terms_of(vocabularies[name])) for name in names}
        )
        self.vocabularies = vocabularies
        self.of_place = register
        self.actor = actor
        self.organisation = organisation

    def plan(self, rows: list[ConvertedRow]) -> Iterable[PlannedRow]:
        table = Resource.__table__
        there = select(table).where(table.c.register == self.register, visible_resources(self.actor))
        for record in self.session.execute(there):
            self.present.add(None, dict(record._mapping))
        return map(self._plan_row, rows)

    def choices(self, name: str) -> Mapping[Any, Any]:
        return {word.key: word.text for word in all_terms(self.vocabularies[name]) if not word.disabled}

    def _plan_row(self, row: ConvertedRow) -> PlannedRow:
        title = " · ".join(filter(None, (row.values.get("name"), row.values.get("holder"))))
        wanted, problems, doubts = self.values_of(row)
        keeper = row.values.get("organisation")
        keeper_id = self.lookups.organisations.get(same(keeper)) if keeper else None
        if keeper and keeper_id is None:
            problems.append(Remark(_("没有叫“%(raw)s”的单位，或它不在您的管辖范围内", raw=keeper), "organisation"))
        if row.problems or problems:
            return refuse(replace(row, problems=[*row.problems, *problems]), title)
        found = self.present.find(None, wanted)
        self._leave_out_disabled_trade(row, wanted, found[0] if found else None, doubts)
        planned = self.settle(
            row, begin(replace(row, warnings=[*row.warnings, *doubts]), title), None, wanted, self._check
        )
        if planned.outcome is Outcome.REJECTED:
            return planned
        if planned.entity_id is None:
            planned.deed.values |= {"register": self.register, "organisation_id": keeper_id or self.organisation.id}
            return planned
        return self._of_present(row, planned, found[0], keeper_id)

    def _leave_out_disabled_trade(
        self, row: ConvertedRow, wanted: dict[str, Any], record: Mapping[str, Any] | None, doubts: list[Remark]
    ) -> None:
        """A trade out of use stays on the resource that has it, and is taken by no other."""
        code = wanted.get("industry_code")
        if code in self.lookups.disabled_trades and (record is None or record["industry_code"] != code):
            del wanted["industry_code"]
            doubts.append(Remark(_("行业“%(text)s”已停用，未记入", text=row.values["industry_code"]), "industry_code"))

    def _of_present(
        self, row: ConvertedRow, planned: PlannedRow, record: dict[str, Any], keeper_id: int | None
    ) -> PlannedRow:
        """A resource that is there: only who keeps it, or stands above who does, may change it."""
        if keeper_id is not None and keeper_id != record["organisation_id"]:
            deed = planned.deed or RecordDeed({}, record["id"], record["version"])
            deed.values["organisation_id"] = keeper_id
            deed.before["organisation_id"] = record["organisation_id"]
            planned.outcome, planned.deed = Outcome.UPDATED, deed
            planned.show(deed.before, deed.values)
        if planned.deed is not None and record["organisation_id"] not in self.lookups.scope:
            return refuse(row, planned.title, _("它由您管辖范围以外的单位管理，您不能修改：请联系管理单位"), key="name")
        return planned

    def _check(self, whole: dict[str, Any], before: dict[str, Any]) -> None:
        check_resource(self.of_place, whole)
        for name in self.vocabularies:
            if whole.get(name) not in (None, before.get(name), *self.choices(name)):
                raise DomainError(_("%(title)s不在可选范围内。", title=self.kind.fields[name]), field=name)
