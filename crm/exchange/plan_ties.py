"""What each row of a sheet of ties would do: which firm is inside a carrier, served by a person, guest of an event, since when.

A row is held against the ties that its firm has to its resource: one that begins on the same day, else the one whose
beginning nobody knows, else, in a row without a day, the one that holds. So a second upload changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.exchange.lookups import Lookups, same
from crm.exchange.models import Outcome
from crm.exchange.plan import FirmFinder, PlannedRow, begin, refuse
from crm.exchange.plan_records import RecordDeed, Words, terms_of
from crm.exchange.rows import ConvertedRow, Remark
from crm.firms.naming import normal
from crm.firms.reference.terms import term_titles
from crm.kernel.bulk import rows_where_in
from crm.kernel.errors import DomainError
from crm.registers.resources.kinds import RESOURCES
from crm.registers.resources.models import Resource, ResourceFirm, ResourceRegister
from crm.registers.resources.queries import visible_resources
from crm.registers.resources.service import check_tie_values, dates_of_tie, share_a_day
from crm.web.formatting import day

VALUES = ("role", "since", "until", "outcome", "note")
CHOSEN = ("role", "outcome")  # words of the resource's register


class TiePlanner:
    """Plans the rows in their order. Neither a firm nor a resource that is not there is made of such a row."""

    def __init__(self, session: Session, actor: User) -> None:
        self.session = session
        self.actor = actor
        self.finder = FirmFinder(session, Lookups(session, actor))
        self.registers = Words({"register": _titles()})
        self.words = Words(
            {
                f"{register}.{name}": dict(terms_of(f"{register}.{name}"))
                for register in ResourceRegister
                for name in CHOSEN
            }
        )
        self.resources: dict[str, list[Any]] = defaultdict(list)  # rows by name
        # By resource and firm, those that earlier rows would make among them (with their `row`).
        self.ties: dict[tuple[int, int], list[Any]] = defaultdict(list)

    def plan(self, rows: list[ConvertedRow]) -> Iterable[PlannedRow]:
        told = {key: {row.values[key] for row in rows if row.values.get(key)} for key in ("credit_code", "firm")}
        self.finder.read(told["credit_code"], set(), told["firm"])
        table = Resource.__table__.c
        columns = (table.id, table.register, table.name, table.holder, table.on, table.valid_to)
        for found in self.session.execute(select(*columns).where(visible_resources(self.actor))):
            self.resources[normal(found.name)].append(found)
        ties = ResourceFirm.__table__
        for tied in rows_where_in(self.session, select(ties), ties.c.firm_id, self.finder.ids()):
            self.ties[tied.resource_id, tied.firm_id].append(SimpleNamespace(**tied._mapping))
        return map(self._plan_row, rows)

    def _plan_row(self, row: ConvertedRow) -> PlannedRow:
        values = row.values
        title = " · ".join(filter(None, (values.get("firm") or values.get("credit_code"), values.get("resource"))))
        if row.problems:
            return refuse(row, title)
        resource = self._resource(values)
        if isinstance(resource, Remark):
            return refuse(row, title, resource.text, key=resource.key)
        wanted, problems = self._values(values, resource)
        if problems:
            return refuse(replace(row, problems=problems), title)
        planned = begin(row, title)
        firm_id = self.finder.whose(values, planned)
        if isinstance(firm_id, str):
            return refuse(row, title, firm_id, key="credit_code" if values.get("credit_code") else "firm")
        return self._settle(row, planned, resource, firm_id, wanted)

    def _resource(self, values: Mapping[str, Any]) -> Any:
        """The resource of the row, or why none can be told: its name, and its register and owner where they are given."""
        name, register, holder = values["resource"], values.get("register"), values.get("holder")
        found = self.resources.get(normal(name), [])
        if register is not None:
            wanted = self.registers.read("register", register)
            if wanted is None:
                titles = "、".join(str(kind.title) for kind in RESOURCES.values())
                return Remark(_("“%(raw)s”不在可选的词里：%(words)s", raw=register, words=titles), "register")
            found = [each for each in found if each.register is wanted]
        if holder is not None and len(found) > 1:
            found = [each for each in found if normal(each.holder or "") == normal(holder)]
        if len(found) > 1:
            text = _("有 %(count)s 条都叫“%(name)s”：请填登记册和所属单位", count=len(found), name=name)
            return Remark(text, "resource")
        if not found:
            return Remark(_("登记册里没有“%(name)s”：请先登记它，或核对名称", name=name), "resource")
        return found[0]

    def _values(self, values: Mapping[str, Any], resource: Any) -> tuple[dict[str, Any], list[Remark]]:
        """The tie's columns that the row gives, words looked up; what refuses it."""
        wanted = {name: values[name] for name in VALUES if values.get(name) is not None}
        problems = []
        for name in CHOSEN:
            if name not in wanted:
                continue
            vocabulary = f"{resource.register}.{name}"
            wanted[name] = self.words.read(vocabulary, values[name])
            if wanted[name] is None:
                words = "、".join(str(word) for word in term_titles(vocabulary).values()) or _("这类资源不用这一列")
                problems.append(Remark(_("“%(raw)s”不在可选的词里：%(words)s", raw=values[name], words=words), name))
        return wanted, problems

    def _settle(
        self, row: ConvertedRow, planned: PlannedRow, resource: Any, firm_id: int, wanted: dict[str, Any]
    ) -> PlannedRow:
        ties = self.ties[resource.id, firm_id]
        tied = _about(ties, wanted.get("since") or dates_of_tie(resource, None, None)[0])
        if tied is not None and hasattr(tied, "row"):
            return refuse(row, planned.title, _("与第 %(row)s 行是同一条：请只留一行", row=tied.row))
        before = {name: getattr(tied, name) for name in VALUES} if tied else dict.fromkeys(VALUES)
        whole = {**before, **wanted}
        whole["since"], whole["until"] = dates_of_tie(resource, whole["since"], whole["until"])
        try:
            check_tie_values(resource, whole, tied)
            _require_apart([each for each in ties if each is not tied], whole)
        except DomainError as error:
            return refuse(row, planned.title, error.message, key=error.field)
        if tied is None:
            planned.outcome = Outcome.CREATED
            planned.deed = RecordDeed({"resource_id": resource.id, "firm_id": firm_id, **whole}, firm_id=firm_id)
            ties.append(SimpleNamespace(**whole, row=row.number))
            return planned
        planned.entity_id = tied.id
        if wanted.get("since") is None and tied.until is not None and not RESOURCES[resource.register].moment:
            planned.warn(_("登记过，到 %(on)s 为止：再次登记的请填开始日期", on=day(tied.until)), "since")
        changed = {name: value for name, value in whole.items() if before[name] != value}
        if changed:
            old = {name: before[name] for name in changed}
            planned.outcome = Outcome.UPDATED
            planned.show(old, changed)
            planned.deed = RecordDeed(changed, tied.id, tied.version, old, firm_id)
        self.ties[resource.id, firm_id] = [each for each in ties if each is not tied] + [
            SimpleNamespace(**whole, row=row.number)
        ]
        return planned


def _titles() -> dict[str, ResourceRegister]:
    """Every way to write a register of the place."""
    found: dict[str, ResourceRegister] = {}
    for register, kind in RESOURCES.items():
        found |= {same(str(kind.title)).casefold(): register, register.value: register}
    return found


def _about(ties: Iterable[Any], since: Any) -> Any:
    """The tie that a row is about; None: it is a new one."""
    several = list(ties)
    if since is not None:
        begun = [each for each in several if each.since == since]
        unknown = [each for each in several if each.since is None and share_a_day(each, since, None)]
        return next(iter([*begun, *unknown]), None)
    holding = [each for each in several if each.until is None]
    return next(iter([*holding, *reversed(several)]), None)


def _require_apart(others: Iterable[Any], whole: Mapping[str, Any]) -> None:
    for other in others:
        if share_a_day(other, whole["since"], whole["until"]):
            began = day(other.since) if other.since else _("未知")
            raise DomainError(_("这家企业在这段时间里已经登记过了（%(on)s 开始）：请核对日期", on=began), field="since")
