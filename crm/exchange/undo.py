"""Taking an import back by its history: old values where nobody changed them since, created records nobody touched.

What somebody worked on since stays, and is listed with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import Table, bindparam, delete, or_, select, update
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.exchange.models import ImportKind, ImportRow, ImportRun, Kind
from crm.exchange.plan import Level, message
from crm.exchange.undo_figures import restore_figures
from crm.exchange.write_firms import follow_firms
from crm.firms import search
from crm.firms.figures.bulk import bulk_remove_figures
from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.ip.bulk import bulk_remove_rights
from crm.firms.ip.models import IpRight
from crm.firms.models import Contact, Firm, FirmName, State
from crm.firms.proposals.models import Decision, ProposalField, Target
from crm.firms.words import FIGURE_KEYS, FIRM_FIELDS, IP_FIELDS
from crm.kernel import audit
from crm.kernel.audit import Action, Change
from crm.kernel.bulk import chunks, rows_where_in, update_seen
from crm.kernel.db import Base
from crm.kernel.plain import plain, revive
from crm.registers.bulk import RecordChange, bulk_change, bulk_remove
from crm.registers.kinds import ENTRY_FIELDS
from crm.registers.models import Register, RegisterEntry
from crm.registers.resources.kinds import RESOURCE_FIELDS, TIE_FIELDS
from crm.registers.resources.models import Resource, ResourceFirm, ResourceRegister

MODELS: dict[str, Any] = {
    "firm": Firm,
    "firm_name": FirmName,
    "contact": Contact,
    "yearly_figures": YearlyFigures,
    "ip_right": IpRight,
    "register_entry": RegisterEntry,
    "resource": Resource,
    "resource_firm": ResourceFirm,
}
MAIN: dict[Kind, str] = {
    ImportKind.FIRMS: "firm",
    ImportKind.FIGURES: "yearly_figures",
    ImportKind.IP: "ip_right",
    ImportKind.TIES: "resource_firm",
    **dict.fromkeys(Register, "register_entry"),
    **dict.fromkeys(ResourceRegister, "resource"),
}
FIELD_TITLES: dict[str, Mapping[str, Any]] = {
    "firm": FIRM_FIELDS,
    "yearly_figures": FIGURE_KEYS,
    "ip_right": IP_FIELDS,
    "register_entry": ENTRY_FIELDS,
    "resource": RESOURCE_FIELDS,
    "resource_firm": TIE_FIELDS,
}
REGISTERED = ("resource_firm", "register_entry", "resource")
# Tables whose rows belong to a firm and whose every change is in its history.
IN_HISTORY = {"change", *MODELS}


def undo_run(session: Session, run: ImportRun, actor: User) -> None:
    """Take back what can be; note on the run and its rows what stays. The session must be signed with the run.

    Raises ChangedMeanwhileError where somebody saved one of the records while it was being taken back.
    """
    _Undo(session, run, actor).do()


class _Undo:
    def __init__(self, session: Session, run: ImportRun, actor: User) -> None:
        self.session = session
        self.run = run
        self.actor = actor
        self.created: dict[str, dict[int, int | None]] = defaultdict(dict)  # entity → id → firm
        self.updated: dict[str, dict[int, dict[str, tuple[Any, Any]]]] = defaultdict(lambda: defaultdict(dict))
        self.last: dict[tuple[str, int], int] = {}  # the record → the run's last entry of its history
        self.kept: dict[str, dict[int, str]] = defaultdict(dict)  # entity → id → why

    def do(self) -> None:
        self._read_history()
        self._restore()
        removed = self._remove()
        self._note(removed)

    def _read_history(self) -> None:
        changes = select(
            Change.id,
            Change.action,
            Change.entity,
            Change.entity_id,
            Change.firm_id,
            Change.field,
            Change.old,
            Change.new,
        ).where(Change.import_run_id == self.run.id, Change.entity.in_(MODELS))
        for change in self.session.execute(changes.order_by(Change.id)):
            self.last[change.entity, change.entity_id] = change.id
            if change.action is Action.CREATED:
                self.created[change.entity][change.entity_id] = change.firm_id
            elif change.action is Action.UPDATED and "." not in change.field:
                self.updated[change.entity][change.entity_id][change.field] = (change.old, change.new)

    # --- old values ------------------------------------------------------------------------------------------------

    def _restore(self) -> None:
        for entity, records in self.updated.items():
            restored = dict(self._still_ours(entity, records))
            if entity == "yearly_figures":
                restore_figures(self.session, self.run, self.actor, restored)
            elif entity in REGISTERED:
                self._restore_registered(entity, restored)
            else:
                self._restore_values(entity, restored)

    def _still_ours(
        self, entity: str, records: dict[int, dict[str, tuple[Any, Any]]]
    ) -> Iterator[tuple[int, tuple[Any, dict[str, Any]]]]:
        """Of each record the row as it stands and the old values of the fields that still have what the run gave."""
        model = MODELS[entity]
        table = cast(Table, model.__table__)
        present = {row.id: row for row in rows_where_in(self.session, select(table), table.c.id, records)}
        verified = self._verified(entity, present)
        worked_on = self._worked_on_since(entity, [key for key, fields in records.items() if "state" in fields])
        for record_id, fields in records.items():
            row = present.get(record_id)
            if row is None:
                self.kept[entity][record_id] = _("这条记录后来已被删除")
                continue
            same = {field for field, (_old, new) in fields.items() if getattr(row, field) == revive(model, field, new)}
            checked = [field for field in fields if field in same and (record_id, field) in verified]
            ours = {field: old for field, (old, _new) in fields.items() if field in same.difference(checked)}
            told = []
            if changed := [field for field in fields if field not in same]:
                told.append(_("%(fields)s 后来又被修改过，没有恢复", fields=_titles(entity, changed)))
            if "state" in ours and (changed or record_id in worked_on):  # what was verified is not what stands there
                del ours["state"]
                told.append(_("导入后有人修改过，没有恢复为已核实"))
            if checked:
                told.append(_("%(fields)s 导入后已经核实，没有恢复", fields=_titles(entity, checked)))
            if told:
                self.kept[entity][record_id] = "；".join(told)
            if ours:
                yield record_id, (row, {field: revive(model, field, old) for field, old in ours.items()})

    def _verified(self, entity: str, present: dict[int, Any]) -> set[tuple[int, str]]:
        """Which fields of records are verified today. The run left what it changed as declared: somebody did it since."""
        if entity == "yearly_figures":
            source = FigureSource.__table__.c
            found = select(source.figures_id, source.key).where(source.state == State.VERIFIED)
            return {(row.figures_id, row.key) for row in rows_where_in(self.session, found, source.figures_id, present)}
        if entity in ("ip_right", "register_entry"):  # is verified as a whole
            return {
                (row.id, field)
                for row in present.values()
                if row.state is State.VERIFIED
                for field in self.updated[entity][row.id]
            }
        return set()

    def _worked_on_since(self, entity: str, ids: Iterable[int]) -> set[int]:
        """The records that somebody has changed after the run did, whatever of them."""
        changes = select(Change.entity_id, Change.id).where(Change.entity == entity, self._by_others())
        return {
            row.entity_id
            for row in rows_where_in(self.session, changes, Change.entity_id, ids)
            if row.id > self.last[entity, row.entity_id]
        }

    def _restore_values(self, entity: str, records: dict[int, tuple[Any, dict[str, Any]]]) -> None:
        table = cast(Table, MODELS[entity].__table__)
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        history = []
        for record_id, (row, values) in records.items():
            keys = tuple(sorted(values))
            old = {f"old_{key}": values[key] for key in keys}
            alike[keys].append({"row_id": record_id, "row_version": row.version, **old})
            firm_id = record_id if entity == "firm" else row.firm_id
            about = {"action": Action.UPDATED, "entity": entity, "entity_id": record_id, "firm_id": firm_id}
            history += [
                {**about, "field": key, "old": plain(getattr(row, key)), "new": plain(values[key])} for key in keys
            ]
        for keys, some in alike.items():
            values = {key: bindparam(f"old_{key}", type_=table.c[key].type) for key in keys}
            update_seen(self.session, update(table).values(values), some)
        audit.record_changes(self.session, history)
        if entity == "firm":
            search.reindex_firms(
                self.session, [key for key, (_row, values) in records.items() if {"name", "short_name"} & values.keys()]
            )
            follow_firms(self.session, [key for key, (_row, values) in records.items() if "organisation_id" in values])

    def _restore_registered(self, entity: str, records: dict[int, tuple[Any, dict[str, Any]]]) -> None:
        changes = [
            RecordChange(
                record_id,
                row.version,
                values,
                {key: getattr(row, key) for key in values},
                None if entity == "resource" else row.firm_id,
            )
            for record_id, (row, values) in records.items()
        ]
        bulk_change(self.session, MODELS[entity], changes)

    # --- created records -------------------------------------------------------------------------------------------

    def _remove(self) -> int:
        """Remove what the run created and nobody touched; how many records of the run's own kind."""
        firms = self.created.get("firm", {})
        touched = self._touched_firms(firms)
        removed = 0
        for entity in ("contact", "firm_name", "ip_right", "yearly_figures", *REGISTERED):
            ids = self._untouched(entity)
            removed += len(ids) if entity == MAIN[self.run.kind] else 0
            if entity == "yearly_figures":
                bulk_remove_figures(self.session, ids)
            elif entity == "ip_right":
                bulk_remove_rights(self.session, ids)
            elif entity in REGISTERED:
                bulk_remove(self.session, MODELS[entity], ids)
            else:
                self._delete(entity, ids)
        if self.created.get("firm_name"):
            search.reindex_firms(
                self.session, {firm for firm in self.created["firm_name"].values() if firm is not None}
            )
        ids = [firm_id for firm_id in firms if firm_id not in touched]
        search.forget_firms(self.session, ids)
        self._delete("firm", ids)
        self.kept["firm"] |= touched
        return removed + (len(ids) if self.run.kind is ImportKind.FIRMS else 0)

    def _untouched(self, entity: str) -> list[int]:
        ids = self.created.get(entity, {})
        changed = select(Change.entity_id).where(Change.entity == entity, self._by_others())
        touched = {row.entity_id for row in rows_where_in(self.session, changed, Change.entity_id, ids)}
        for record_id in touched:
            self.kept[entity][record_id] = _("导入后有人修改过，予以保留")
        if entity == "resource":
            used = self._pointed_to("resource", ids)
            self.kept[entity] |= dict.fromkeys(used - touched, _("已有企业与它关联或已用它对接诉求，予以保留"))
            touched |= used
        if entity == "register_entry":
            for record_id, why in self._in_use(ids).items():
                self.kept[entity][record_id] = why
                touched.add(record_id)
        return [record_id for record_id in ids if record_id not in touched]

    def _in_use(self, ids: Mapping[int, Any]) -> dict[int, str]:
        """The entries that something rests on which names them without a foreign key, with the reason to keep them."""
        asked = select(ProposalField.target_key).where(
            ProposalField.target == Target.ENTRY, ProposalField.decision == Decision.PENDING
        )
        wished = {int(key) for key in self.session.scalars(asked) if key is not None}
        used = dict.fromkeys(wished & ids.keys(), _("企业提交了对它的修改，还没有处理，予以保留"))
        for in_use in current_app.extensions.get("entries_in_use", []):
            used |= {record_id: why for record_id, why in in_use().items() if record_id in ids}
        return used

    def _touched_firms(self, firms: Iterable[int]) -> dict[int, str]:
        """The created firms that somebody has worked on since, with the reason to keep them."""
        touched: dict[int, str] = {}
        changed = select(Change.firm_id).where(self._by_others())
        for row in rows_where_in(self.session, changed, Change.firm_id, firms):
            touched[row.firm_id] = _("导入后有人修改或补充过，予以保留")
        for firm_id in self._pointed_to("firm", firms):
            touched.setdefault(firm_id, _("已有相关记录（如账号、走访、申报），予以保留"))
        return touched

    def _pointed_to(self, name: str, ids: Iterable[int]) -> set[int]:
        """Those of the table's records that a record of another table belongs to, which does not go with it."""
        found: set[int] = set()
        for table in Base.metadata.sorted_tables:
            if (name == "firm" and table.name in IN_HISTORY) or table.info.get("worked_out"):  # that goes with the firm
                continue
            for column in table.columns:
                if any(key.column.table.name == name for key in column.foreign_keys):
                    rows = rows_where_in(self.session, select(column.label("record_id")).distinct(), column, ids)
                    found.update(row.record_id for row in rows)
        return found

    def _by_others(self) -> Any:
        return or_(Change.import_run_id.is_(None), Change.import_run_id != self.run.id)

    def _delete(self, entity: str, ids: list[int]) -> None:
        model = MODELS[entity]
        table = cast(Table, model.__table__)
        history = []
        for row in rows_where_in(self.session, select(table), table.c.id, ids):
            old = {
                key: plain(value)
                for key, value in row._mapping.items()
                if value is not None and key not in audit.BOOKKEEPING | model.unaudited
            }
            firm_id = None if entity == "firm" else row.firm_id
            history.append(
                {"action": Action.DELETED, "entity": entity, "entity_id": row.id, "firm_id": firm_id, "old": old}
            )
        if entity != "firm":
            audit.record_changes(self.session, history)
        for some in chunks(ids):
            self.session.execute(delete(table).where(table.c.id.in_(some)))
        if entity == "firm":
            audit.record_changes(self.session, history)

    # --- what stays ------------------------------------------------------------------------------------------------

    def _note(self, removed: int) -> None:
        main = self.kept.get(MAIN[self.run.kind], {})
        rows = select(ImportRow.id, ImportRow.entity_id, ImportRow.messages).where(ImportRow.run_id == self.run.id)
        notes = [
            {"row_id": row.id, "new_messages": [*row.messages, message(main[row.entity_id], Level.KEPT)]}
            for row in rows_where_in(self.session, rows, ImportRow.entity_id, main)
        ]
        if notes:
            table = cast(Table, ImportRow.__table__)
            statement = update(table).where(table.c.id == bindparam("row_id"))
            new = bindparam("new_messages", type_=table.c.messages.type)
            self.session.execute(statement.values(kept=True, messages=new), notes)
        firms = self.kept.get("firm", {}) if self.run.kind is not ImportKind.FIRMS else {}
        self.run.options = {
            **self.run.options,
            "undone": {"removed": removed, "kept": len(main)},
            "kept_firms": sorted(firms),
        }


def _titles(entity: str, fields: Iterable[str]) -> str:
    return "、".join(str(FIELD_TITLES[entity].get(field, field)) for field in fields)
