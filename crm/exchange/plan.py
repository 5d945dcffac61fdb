"""What each row of a file would do, before anything is done: shared by firms, figures and IP.

A plan only reads. Writing it, showing it and marking the workbook all work from the same rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from crm.exchange.lookups import Lookups
from crm.exchange.models import Outcome
from crm.exchange.rows import ConvertedRow, Remark
from crm.firms.models import Firm, FirmName
from crm.firms.naming import normal
from crm.kernel.bulk import rows_where_in
from crm.kernel.plain import plain


class Level(StrEnum):
    """How grave a message about a row is."""

    BAD = "bad"  # the row is refused
    WARNING = "warning"  # kept, but a person should look
    KEPT = "kept"  # could not be undone, and why


@dataclass(slots=True)
class NewFirm:
    """A firm that the plan would create; rows below that name the same firm share it."""

    values: dict[str, Any]
    former_names: tuple[str, ...] = ()
    contacts: list[dict[str, Any]] = field(default_factory=list)
    id: int | None = None


@dataclass(slots=True)
class FirmChange:
    """What the plan would change in a firm that is there. `before` has the old values of `values`."""

    id: int
    version: int
    values: dict[str, Any]
    before: dict[str, Any]
    former_names: tuple[str, ...] = ()
    contacts: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class PlannedRow:
    """One row: what becomes of it and why. `deed` is what the writer of its kind does; None for nothing."""

    number: int
    outcome: Outcome
    title: str
    messages: list[dict[str, Any]]
    deed: Any = None
    entity_id: int | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None

    @property
    def warned(self) -> bool:
        return self.outcome is not Outcome.REJECTED and any(
            message["level"] == Level.WARNING for message in self.messages
        )

    def warn(self, text: str, key: str | None = None) -> None:
        self.messages.append(message(text, Level.WARNING, key))

    def show(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Keep the differences for the preview and for undoing."""
        self.before = {key: plain(value) for key, value in before.items()}
        self.after = {key: plain(value) for key, value in after.items()}


def message(text: Any, level: Level, key: str | None = None) -> dict[str, Any]:
    return {"text": str(text), "key": key, "level": level.value}


def begin(row: ConvertedRow, title: Any) -> PlannedRow:
    """The plan of a row that nothing speaks against yet: it stays as it is."""
    messages = [message(remark.text, Level.WARNING, remark.key) for remark in row.warnings] if row.warnings else []
    return PlannedRow(row.number, Outcome.UNCHANGED, str(title or "")[:200], messages)


def refuse(row: ConvertedRow, title: Any, *texts: Any, key: str | None = None) -> PlannedRow:
    """The plan of a row that is refused, with all that is wrong with it."""
    remarks = [*row.problems, *(Remark(text, key) for text in texts)]
    messages = [message(remark.text, Level.BAD, remark.key) for remark in remarks]
    return PlannedRow(row.number, Outcome.REJECTED, str(title or "")[:200], messages)


def counts(rows: Iterable[PlannedRow]) -> dict[str, int]:
    """How many rows were, or would be, created, updated, unchanged, rejected; and how many of them carry a warning."""
    outcomes: Counter[str] = Counter()
    for row in rows:
        outcomes[row.outcome.value] += 1
        outcomes["warnings"] += row.warned
    return {key: outcomes[key] for key in (*(outcome.value for outcome in Outcome), "warnings")}


class FirmFinder:
    """Finds the firm a row of figures or rights belongs to: by code, else by a name that only one firm in scope has."""

    def __init__(self, session: Session, lookups: Lookups) -> None:
        self.session = session
        self.scope = lookups.scope
        self.by_code: dict[str, Row[Any]] = {}
        self.by_stock: dict[str, list[Row[Any]]] = defaultdict(list)
        self.by_name: dict[str, dict[int, Row[Any]]] = defaultdict(dict)
        self.new: dict[tuple[str, str], NewFirm] = {}

    def read(self, codes: set[str], stock_codes: set[str], names: set[str]) -> None:
        """Read the firms that the file speaks of, with as few statements as can be."""
        firm = select(Firm.id, Firm.name, Firm.organisation_id, Firm.stock_code, Firm.credit_code)
        for found in rows_where_in(self.session, firm, Firm.credit_code, codes):
            self.by_code[found.credit_code] = found
        for found in rows_where_in(self.session, firm, Firm.stock_code, stock_codes):
            self.by_stock[found.stock_code].append(found)
        written = {way for name in names for way in ways_to_write(name)}
        former: Any = select(Firm.id, FirmName.name, Firm.organisation_id, Firm.stock_code, Firm.credit_code).join_from(
            FirmName, Firm
        )
        for column, statement in ((Firm.name, firm), (FirmName.name, former)):
            for found in rows_where_in(self.session, statement, column, written):
                self.by_name[normal(found.name)][found.id] = found

    def ids(self) -> set[int]:
        """Every firm that was read."""
        firms = [*self.by_code.values(), *(each for some in self.by_stock.values() for each in some)]
        return {each.id for each in firms} | {firm_id for some in self.by_name.values() for firm_id in some}

    def find(self, *, credit_code: str | None, stock_code: str | None, name: str | None) -> int | NewFirm | str | None:
        """The firm's id, or a firm the plan would create, or a sentence why it cannot be told; None: there is none.

        A name tells a firm only where the row has no code, and only if one firm alone in scope has the name: a code
        that nobody has is another firm, whatever it is called.
        """
        if credit_code and (firm := self.by_code.get(credit_code)):
            return firm.id if firm.organisation_id in self.scope else _("这家企业不在您的管辖范围内")
        if stock_code and (listed := self.by_stock.get(stock_code)):
            listed = [each for each in listed if credit_code is None or each.credit_code is None]
            return self._only(listed, stock_code) if listed else self._other_code(stock_code)
        for key in (("code", credit_code), ("stock", stock_code)):
            if key[1] and (planned := self.new.get((key[0], key[1]))):
                own = planned.values["credit_code"]
                return planned if None in (own, credit_code) or own == credit_code else self._other_code(stock_code)
        if credit_code or stock_code or not name:
            return None
        named, planned = self._named(name), self.new.get(("name", normal(name)))
        if named and planned:
            return self._several(len(named) + 1, name)
        return self._only(named, name) if named else planned

    def whose(self, values: Mapping[str, Any], planned: PlannedRow) -> int | str:
        """The firm of the row, or the sentence that refuses it. A name alone only proposes one: the preview says which."""
        code, name = values.get("credit_code"), values.get("firm")
        found = self.find(credit_code=code, stock_code=None, name=name)
        if found is None:
            return _("没有这家企业“%(name)s”：请先导入企业名录或登记该企业", name=name or code)
        if not isinstance(found, int):
            return str(found)
        if code is None:
            called = self.by_name[normal(name or "")][found]
            planned.warn(
                _(
                    "没有代码，按名称对应到“%(name)s”（%(code)s）：请核对",
                    name=called.name,
                    code=called.credit_code or _("没有代码"),
                ),
                "firm",
            )
        elif name and found not in self.by_name.get(normal(name), {}):
            own = self.by_code[code].name
            planned.warn(_("这个代码的企业是“%(own)s”，与本行写的名称不同：请核对", own=own), "firm")
        return found

    def has_namesake(self, name: str) -> bool:
        """Whether a firm in scope, or one that an earlier row creates, has this name."""
        return bool(self._named(name)) or ("name", normal(name)) in self.new

    def _named(self, name: str) -> list[Row[Any]]:
        return [each for each in self.by_name.get(normal(name), {}).values() if each.organisation_id in self.scope]

    def _only(self, firms: list[Row[Any]], asked: str) -> int | str:
        inside = [firm for firm in firms if firm.organisation_id in self.scope]
        if len(inside) > 1:
            return self._several(len(inside), asked)
        return inside[0].id if inside else _("这家企业不在您的管辖范围内")

    @staticmethod
    def _several(count: int, asked: str) -> str:
        return _("有 %(count)s 家企业符合“%(asked)s”：请填统一社会信用代码", count=count, asked=asked)

    @staticmethod
    def _other_code(stock_code: str | None) -> str:
        return _("证券代码 %(number)s 的企业，信用代码与本行不同：请核对", number=stock_code)

    def create(self, values: dict[str, Any], *, credit_code: str | None, stock_code: str | None, name: str) -> NewFirm:
        """Plan a firm, known to later rows by whatever this row told of it."""
        firm = NewFirm({**values, "name": name, "credit_code": credit_code, "stock_code": stock_code})
        for key in (("code", credit_code), ("stock", stock_code), ("name", normal(name))):
            if key[1]:
                self.new.setdefault((key[0], key[1]), firm)
        return firm


def ways_to_write(name: str) -> set[str]:
    """A name with its brackets full-width and half-width, as different registries write the same name."""
    half, full = str.maketrans("（）", "()"), str.maketrans("()", "（）")
    return {name, name.translate(half), name.translate(full)}
