"""What each row of yearly figures would do. The firm is found by a code, else by a name that only one firm has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Organisation, User
from crm.exchange.lookups import Lookups
from crm.exchange.models import Outcome
from crm.exchange.plan import FirmFinder, Level, NewFirm, PlannedRow, begin, message, refuse
from crm.exchange.rows import ConvertedRow
from crm.firms.figures.bulk import FiguresRow
from crm.firms.figures.keys import KEYS
from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.figures.plausibility import texts_of, warnings_of
from crm.firms.figures.service import check_founded, check_values, check_year
from crm.firms.models import Firm, State
from crm.firms.words import FIGURE_KEYS
from crm.kernel.bulk import rows_where_in
from crm.kernel.errors import DomainError


class FiguresDeed:
    """Figures to record for a firm that is there or is about to be."""

    __slots__ = ("firm", "values", "year")

    def __init__(self, firm: int | NewFirm, year: int, values: dict[str, Any]) -> None:
        self.firm = firm
        self.year = year
        self.values = values

    def row(self) -> FiguresRow:
        firm_id = self.firm.id if isinstance(self.firm, NewFirm) else self.firm
        assert firm_id is not None
        return FiguresRow(firm_id, self.year, self.values)


class FiguresPlanner:
    """Plans the rows of one file, in their order."""

    def __init__(self, session: Session, actor: User, organisation: Organisation, create_firms: bool) -> None:
        self.session = session
        self.organisation = organisation
        self.create_firms = create_firms
        self.finder = FirmFinder(session, Lookups(session, actor))
        self.seen: dict[tuple[int, int], int] = {}
        # (firm, year) → what is there, renewed by the rows already planned.
        self.years: dict[tuple[int, int], dict[str, Any]] = {}
        self.ids: dict[tuple[int, int], int] = {}
        self.founded: dict[int, date | None] = {}
        self.verified: set[tuple[int, str]] = set()
        self.placed: list[tuple[PlannedRow, int, int]] = []  # each row that has its firm (or its new one) and year

    def plan(self, rows: list[ConvertedRow]) -> Iterable[PlannedRow]:
        self._read(rows)
        planned = [self._plan_row(row) for row in rows]
        for row, owner, year in self.placed:
            self._judge(row, owner, year)
        return planned

    def _read(self, rows: list[ConvertedRow]) -> None:
        def told(key: str) -> set[str]:
            return {row.values[key] for row in rows if row.values.get(key)}

        self.finder.read(told("credit_code"), told("stock_code"), told("name"))
        firm_ids = self.finder.ids()
        founded = select(Firm.id, Firm.registered_on)
        self.founded = dict(map(tuple, rows_where_in(self.session, founded, Firm.id, firm_ids)))
        for record in rows_where_in(
            self.session, select(YearlyFigures.__table__), YearlyFigures.__table__.c.firm_id, firm_ids
        ):
            key = (record.firm_id, record.year)
            self.years[key] = {name: getattr(record, name) for name in KEYS}
            self.ids[key] = record.id
        source = FigureSource.__table__.c
        verified = select(source.figures_id, source.key).where(source.state == State.VERIFIED)
        self.verified = set(map(tuple, rows_where_in(self.session, verified, source.figures_id, self.ids.values())))

    def _plan_row(self, row: ConvertedRow) -> PlannedRow:
        values = row.values
        called = values.get("name") or values.get("short_name") or values.get("stock_code") or values.get("credit_code")
        title = f"{called or ''} · {values.get('year') or ''}"
        if row.problems:
            return refuse(row, title)
        year: int = values["year"]
        wanted = {key: values[key] for key in KEYS if values.get(key) is not None}
        try:
            check_year(year)
            check_values(wanted)
        except DomainError as error:
            return refuse(row, title, error.message, key=error.field)
        planned = begin(row, title)
        if not wanted:
            planned.warn(_("这一行没有任何数值，没有可记的"))
            return planned
        firm = self._firm(values, planned)
        if isinstance(firm, str):
            return refuse(row, title, firm)
        owner = id(firm) if isinstance(firm, NewFirm) else firm
        try:
            check_founded(self.founded.get(owner), year)
        except DomainError as error:
            return refuse(row, title, error.message, key=error.field)
        if (first := self.seen.setdefault((owner, year), row.number)) != row.number:
            return refuse(row, title, _("与第 %(row)s 行是同一家企业的同一年：请只留一行", row=first))
        self._compare(planned, owner, FiguresDeed(firm, year, wanted))
        return planned

    def _firm(self, values: dict[str, Any], planned: PlannedRow) -> int | NewFirm | str:
        """The firm of the row; a firm to be created; or the sentence that refuses the row."""
        credit_code, stock_code, name = values.get("credit_code"), values.get("stock_code"), values.get("name")
        found = self.finder.find(credit_code=credit_code, stock_code=stock_code, name=name)
        if found is not None:
            return found
        called = name or values.get("short_name")
        if not (credit_code or stock_code):
            return _("没有叫“%(name)s”的企业：请先导入企业名录，或填统一社会信用代码", name=called)
        if not self.create_firms:
            return _("没有这家企业：请先导入企业名录，或在导入时选择登记新企业")
        if not called:
            return _("没有这家企业，也没有名称，不能登记：请补上企业名称")
        planned.warn(_("没有这家企业：按代码新登记，请补全企业资料"), "stock_code" if stock_code else "credit_code")
        if self.finder.has_namesake(called):
            planned.warn(_("另有一家同名企业：请核对是不是同一家"), "name")
        given = {"organisation_id": self.organisation.id, "short_name": values.get("short_name")}
        return self.finder.create(given, credit_code=credit_code, stock_code=stock_code, name=called)

    def _compare(self, planned: PlannedRow, owner: int, deed: FiguresDeed) -> None:
        key = (owner, deed.year)
        self.placed.append((planned, *key))
        present = self.years.get(key)
        self.years[key] = {**(present or dict.fromkeys(KEYS)), **deed.values}
        if present is None:
            planned.outcome, planned.deed = Outcome.CREATED, deed
            return
        figures_id = planned.entity_id = self.ids[key]
        changed = {name: value for name, value in deed.values.items() if present[name] != value}
        if not changed:
            return
        planned.outcome, planned.deed = Outcome.UPDATED, FiguresDeed(deed.firm, deed.year, changed)
        planned.show({name: present[name] for name in changed}, changed)
        for name in changed:
            if (figures_id, name) in self.verified:
                planned.warn(_("%(title)s已由专员核实，导入后记为未核实", title=FIGURE_KEYS[name]), name)

    def _judge(self, planned: PlannedRow, owner: int, year: int) -> None:
        """Say what is unlikely in the year as it would stand, or stands."""
        around = [self.years[owner, other] for other in (year - 1, year + 1) if (owner, other) in self.years]
        for text in texts_of(warnings_of(self.years[owner, year], around)):
            planned.messages.append(message(text, Level.WARNING))
