"""What each row of a list of rights would do. The firm is found by its code, else by an owner's name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Organisation, User
from crm.exchange.lookups import Lookups
from crm.exchange.models import Outcome
from crm.exchange.plan import FirmFinder, NewFirm, PlannedRow, begin, refuse
from crm.exchange.rows import ConvertedRow
from crm.firms.ip.bulk import SETTABLE, RightRow
from crm.firms.ip.models import IpKind, IpRight
from crm.firms.ip.service import check_right
from crm.firms.models import State
from crm.kernel.bulk import rows_where_in
from crm.kernel.errors import DomainError

# A name this short may be a person's, unless it says what it is.
LONGEST_PERSON = 4
_BODY = re.compile(
    r"公司|厂|院|所|学|校|中心|集团|社|店|局|站|馆|会|矿|队|部|场|园|室|行|企业|合作|工作|基地|[A-Za-z]{4}"
)


class RightDeed:
    """A right to record for a firm that is there or is about to be."""

    __slots__ = ("firm", "kind", "number", "values")

    def __init__(self, firm: int | NewFirm, number: str, kind: IpKind, values: dict[str, Any]) -> None:
        self.firm = firm
        self.number = number
        self.kind = kind
        self.values = values

    def row(self) -> RightRow:
        firm_id = self.firm.id if isinstance(self.firm, NewFirm) else self.firm
        assert firm_id is not None
        return RightRow(firm_id, self.number, self.kind, self.values)


class IpPlanner:
    """Plans the rows of one file, in their order."""

    def __init__(self, session: Session, actor: User, organisation: Organisation, create_firms: bool) -> None:
        self.session = session
        self.organisation = organisation
        self.create_firms = create_firms
        self.finder = FirmFinder(session, Lookups(session, actor))
        self.rights: dict[tuple[int, str], dict[str, Any]] = {}
        self.seen: dict[tuple[int, str], int] = {}

    def plan(self, rows: list[ConvertedRow]) -> Iterable[PlannedRow]:
        codes = {row.values["credit_code"] for row in rows if row.values.get("credit_code")}
        owners = {owner for row in rows for owner in row.values.get("owners") or ()}
        self.finder.read(codes, set(), owners)
        numbers = {row.values["number"] for row in rows if row.values.get("number")}
        for record in rows_where_in(self.session, select(IpRight.__table__), IpRight.__table__.c.number, numbers):
            self.rights[record.firm_id, record.number] = dict(record._mapping)
        return map(self._plan_row, rows)

    def _plan_row(self, row: ConvertedRow) -> PlannedRow:
        values = row.values
        title = " · ".join(filter(None, (values.get("title"), values.get("number"))))
        if row.problems:
            return refuse(row, title)
        planned = begin(row, title)
        wanted = {key: values[key] for key in SETTABLE if values.get(key) is not None}
        try:
            check_right(wanted)
        except DomainError as error:
            return refuse(row, title, error.message, key=error.field)
        firm = self._firm(values, wanted, planned)
        if isinstance(firm, str):
            return refuse(row, title, firm, key="owners")
        owner = id(firm) if isinstance(firm, NewFirm) else firm
        number = values["number"]
        if (first := self.seen.setdefault((owner, number), row.number)) != row.number:
            return refuse(row, title, _("与第 %(row)s 行是同一件：请只留一行", row=first))
        deed = RightDeed(firm, number, values["kind"], wanted)
        present = self.rights.get((owner, number))
        if present is None:
            planned.outcome, planned.deed = Outcome.CREATED, deed
            return planned
        planned.entity_id = present["id"]
        changed = {key: value for key, value in wanted.items() if present[key] != value}
        if changed:
            planned.outcome, planned.deed = Outcome.UPDATED, deed
            planned.show({key: present[key] for key in changed}, changed)
            if present["state"] is State.VERIFIED:
                planned.warn(_("已由专员核实，导入后记为未核实"))
        return planned

    def _firm(self, values: dict[str, Any], wanted: dict[str, Any], planned: PlannedRow) -> int | NewFirm | str:
        """The firm of the row; a firm to be created; or the sentence that refuses the row."""
        code, owners = values.get("credit_code"), values.get("owners") or ()
        if code:
            found = self.finder.find(credit_code=code, stock_code=None, name=owners[0] if owners else None)
            return self._new(owners[0] if owners else None, code, planned) if found is None else found
        objection = None
        for place, owner in enumerate(owners, start=1):
            found = self.finder.find(credit_code=None, stock_code=None, name=owner)
            if isinstance(found, str):
                objection = objection or found
            elif found is not None:
                if len(owners) > 1:
                    wanted.setdefault("owner_rank", place)
                return found
        if objection:
            return objection
        bodies = [owner for owner in owners if is_body(owner)]
        if not bodies:
            return _("没有这家企业：“%(name)s”不像单位名称，请先登记该企业", name="；".join(owners))
        if len(owners) > 1:
            wanted.setdefault("owner_rank", owners.index(bodies[0]) + 1)
        return self._new(bodies[0], None, planned)

    def _new(self, name: str | None, code: str | None, planned: PlannedRow) -> NewFirm | str:
        if not self.create_firms:
            return _("没有这家企业“%(name)s”：请先导入企业名录，或在导入时选择登记新企业", name=name or code)
        if not name:
            return _("没有这家企业，也没有权利人名称，不能登记：请补上权利人")
        if code:
            planned.warn(_("没有这家企业：按代码新登记，请补全企业资料"), "credit_code")
            if self.finder.has_namesake(name):
                planned.warn(_("另有一家同名企业：请核对是不是同一家"), "owners")
        else:
            planned.warn(_("没有这家企业：按名称新登记，请尽快补上统一社会信用代码"), "owners")
        return self.finder.create(
            {"organisation_id": self.organisation.id}, credit_code=code, stock_code=None, name=name
        )


def is_body(name: str) -> bool:
    """Whether a name is an organisation's rather than a person's."""
    return "自然人" not in name and (len(name) > LONGEST_PERSON or _BODY.search(name) is not None)
