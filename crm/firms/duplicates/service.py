"""Two firms become one, and one becomes two again. Each verb flushes; the request commits."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.accounts.models import Organisation, User
from crm.firms import search
from crm.firms.duplicates import rows
from crm.firms.duplicates.models import DistinctFirms, FirmMerge
from crm.firms.duplicates.preview import Relation, preview
from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.figures.service import renew_warnings
from crm.firms.models import Contact, Firm, FirmName
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, EditConflictError
from crm.kernel.plain import plain, revive
from crm.web.conflict import is_outdated

Change = dict[str, Any]  # table, id, field, old, new
NOT_OURS = {"id", "version", "created_at", "sort_key", "search_text", "name_core"}


def merge(
    *, actor: User, kept: Firm, gone: Firm, wanted: Collection[str], kept_version: str | None, gone_version: str | None
) -> FirmMerge:
    """Give all of `gone` to `kept`, as `preview` says with the same `wanted`, and remove its row.

    Raises DomainError where a rule of a room forbids it, EditConflictError where one of them was saved since it was shown.
    """
    if kept.id == gone.id:
        raise DomainError(_("一家企业不能与自己合并。"))
    _lock(kept, gone)
    if is_outdated(kept, kept_version) or is_outdated(gone, gone_version):
        raise EditConflictError(_("您打开页面之后，有人改过其中一家的资料。请看过现在的内容，再合并。"), [])
    plan = preview(kept, gone, wanted)
    if plan.forbidden:
        raise DomainError("\n".join(remark.text for remark in plan.forbidden))
    told = FirmMerge(
        kept=kept, gone_id=gone.id, gone_name=gone.name, actor=actor, moved={}, left=[], changes=[], added=[]
    )
    told.gone = rows.kept(_table(Firm), rows.rows_of(_table(Firm), _table(Firm).c.id, gone.id)[0])
    values = {name: getattr(gone, name) for name in plan.taken}
    if "registered_capital" in values:
        values["capital_currency"] = gone.capital_currency
    names = [gone.name, kept.name]
    _one_main_contact(kept, gone, told)
    for relation in plan.relations:
        _move(relation, kept, gone, told)
    told.left += [["distinct_firms", rows.kept(_table(DistinctFirms), row)] for row in _told_apart(gone)]
    db.session.flush()
    db.session.expire_all()
    db.session.delete(gone)
    db.session.flush()
    for name, value in values.items():
        _change(told, kept, name, value)
    _keep_former_names(told, kept, names)
    search.reindex_firms(db.session, [kept.id])
    renew_warnings(kept.id)
    db.session.add(told)
    db.session.flush()
    return told


def _lock(*firms: Firm) -> None:
    """Whoever is adding something to one of them is waited for, so that it follows; whoever comes later finds it gone."""
    statement = select(Firm).where(Firm.id.in_([firm.id for firm in firms])).order_by(Firm.id).with_for_update()
    there = db.session.scalars(statement, execution_options={"populate_existing": True}).all()
    if len(there) < len(firms):
        raise DomainError(_("其中一家刚刚被别人合并或删除。请返回“可能重复的企业”，重新选择。"))


def _table(model: Any) -> Any:
    return model.__table__


def _change(told: FirmMerge, record: Any, name: str, value: Any) -> None:
    old = getattr(record, name)
    setattr(record, name, value)
    about = {"table": record.__tablename__, "id": record.id, "field": name}
    told.changes.append({**about, "old": plain(old), "new": plain(value)})


def _one_main_contact(kept: Firm, gone: Firm, told: FirmMerge) -> None:
    main = select(Contact).where(Contact.main)
    if db.session.scalar(main.where(Contact.firm_id == kept.id).limit(1)) is not None:
        for contact in db.session.scalars(main.where(Contact.firm_id == gone.id)).all():
            _change(told, contact, "main", False)


def _move(relation: Relation, kept: Firm, gone: Firm, told: FirmMerge) -> None:
    table, column = relation.table, relation.column
    for row in relation.left:
        if table is _table(YearlyFigures):
            _fill_year(row, kept, told)
        for child, children in rows.children(table, row["id"]):
            told.left += [[child.name, rows.kept(child, each)] for each in children]
        told.left.append([table.name, rows.kept(table, row)])
        db.session.flush()
        rows.remove(table, row["id"])
    for row_id, values in relation.changed.items():
        for name, value in values.items():
            _change(told, db.session.get_one(rows.model(table.name), row_id), name, value)
    db.session.flush()
    ids = [row["id"] for row in relation.moving]
    if ids:
        told.moved.setdefault(table.name, {})[column.name] = ids
        rows.move(table.name, column.name, ids, gone.id, kept.id)


def _told_apart(gone: Firm) -> list[rows.Row]:
    """The pairs in which it was found to be another firm: they speak of it alone, and go until it comes back."""
    table = _table(DistinctFirms)
    return rows.rows_of(table, table.c.first_id, gone.id) + rows.rows_of(table, table.c.second_id, gone.id)


def _fill_year(row: rows.Row, kept: Firm, told: FirmMerge) -> None:
    """Both have figures of the year: what the kept firm's lack comes in from the other's, with its source."""
    figures = db.session.scalars(
        select(YearlyFigures).where(YearlyFigures.firm_id == kept.id, YearlyFigures.year == row["year"])
    ).one()
    sources = {source.key for source in figures.sources}
    theirs = select(FigureSource).where(FigureSource.figures_id == row["id"]).order_by(FigureSource.key)
    for source in db.session.scalars(theirs).all():
        if source.key in sources or getattr(figures, source.key) is not None:
            continue
        _change(told, figures, source.key, row[source.key])
        said = {name: getattr(source, name) for name in ("key", "state", "entered_by_id", "entered_at", "document_id")}
        _add(told, FigureSource(figures_id=figures.id, **said))


def _keep_former_names(told: FirmMerge, kept: Firm, names: list[str]) -> None:
    for name in names:
        if name != kept.name and all(former.name != name for former in kept.former_names):
            _add(told, FirmName(firm=kept, name=name))


def _add(told: FirmMerge, record: Any) -> None:
    db.session.add(record)
    db.session.flush()
    told.added.append([record.__tablename__, _row_of(record)])


def _row_of(record: Any) -> dict[str, Any]:
    table = _table(type(record))
    return rows.kept(table, {column.name: getattr(record, column.name) for column in table.columns})


def undo(*, actor: User, merge: FirmMerge) -> Firm:
    """Take the two apart again: what came from the other goes back to it. What was added since stays with the kept firm.

    Raises DomainError where the merge was undone already, where another into the same firm came after it, where the
    firm that comes back would lie outside the actor's scope, and where another firm has its credit code by now.
    """
    _check_undoing(actor, merge)
    stands = {(row["figures_id"], row["key"]) for name, row in reversed(merge.added) if not _take_away(name, row)}
    # What the kept firm took over it gives back first; what made rows fit beside each other, when they are apart again.
    own = [change for change in reversed(merge.changes) if change["table"] in ("firm", "yearly_figures")]
    for change in own:
        if (change["id"], change["field"]) not in stands or change["table"] != "yearly_figures":
            _restore(change, merge)
    db.session.flush()
    gone = _made_anew(merge)
    renumbered = {("firm", merge.gone_id): gone.id}
    for name, row in reversed(merge.left):
        rows.put_back(name, row, renumbered)
    for name, columns in merge.moved.items():
        for column, ids in columns.items():
            rows.move(name, column, ids, merge.kept_id, gone.id)
    db.session.expire_all()
    for change in reversed(merge.changes):
        if change not in own:
            _restore(change, merge)
    db.session.flush()
    search.reindex_firms(db.session, [merge.kept_id, gone.id])
    for firm_id in (merge.kept_id, gone.id):
        renew_warnings(firm_id)
    merge.undone_at, merge.undone_by = clock.now(), actor
    db.session.flush()
    return gone


def _check_undoing(actor: User, merge: FirmMerge) -> None:
    _lock(merge.kept)
    db.session.refresh(merge)
    if merge.undone_at is not None:
        raise DomainError(_("这次合并已经撤销，请刷新页面。"))
    organisation = db.session.get_one(Organisation, merge.gone["organisation_id"])
    if actor.organisation is None or not organisation.path.startswith(actor.organisation.path):
        raise DomainError(
            _(
                "“%(firm)s”原属“%(organisation)s”，不在您的管辖范围内。请由上级单位撤销。",
                firm=merge.gone_name,
                organisation=organisation.name,
            )
        )
    # What came in last goes out first: the later merge was decided on the firm as this one left it.
    later = (FirmMerge.kept_id == merge.kept_id, FirmMerge.id > merge.id, FirmMerge.undone_at.is_(None))
    last = db.session.scalar(select(FirmMerge).where(*later).order_by(FirmMerge.id.desc()).limit(1))
    if last is not None:
        raise DomainError(_("后来又并入了“%(name)s”。请先撤销那一次合并，再撤销这一次。", name=last.gone_name))


def _take_away(name: str, row: dict[str, Any]) -> bool:
    """Delete a row that the merge made, and whether it is gone: a value that somebody verified since stays."""
    table = _table(rows.model(name))
    record = db.session.get(rows.model(name), {column.name: row[column.name] for column in table.primary_key.columns})
    if record is None:
        return True
    if isinstance(record, FigureSource) and _row_of(record) != row:
        return False
    db.session.delete(record)
    return True


def _restore(change: Change, merge: FirmMerge) -> None:
    """Set a field back, where it still says what the merge wrote."""
    model = rows.model(change["table"])
    # The kept firm's own number may be another by now: it was merged itself, and came back.
    record = db.session.get(model, merge.kept_id if model is Firm else change["id"])
    if record is not None and plain(getattr(record, change["field"])) == change["new"]:
        setattr(record, change["field"], revive(model, change["field"], change["old"]))


def _made_anew(merge: FirmMerge) -> Firm:
    """The firm's row as it was; under its old number unless another firm has got it meanwhile."""
    taken = db.session.get(Firm, merge.gone_id) is not None
    values = {name: revive(Firm, name, value) for name, value in merge.gone.items() if name not in NOT_OURS}
    firm = Firm(**values, **({} if taken else {"id": merge.gone_id}))
    db.session.add(firm)
    try:
        db.session.flush()
    except IntegrityError as error:
        if "credit_code" not in str(error.orig):
            raise
        db.session.rollback()
        raise DomainError(
            _("另一家企业已经登记了 %(code)s，不能恢复。请先改正那家的信用代码。", code=merge.gone["credit_code"])
        ) from error
    return firm


def tell_apart(*, actor: User, first: Firm, second: Firm) -> None:
    """Two firms that look alike are not the same: they are not proposed again."""
    low, high = sorted((first.id, second.id))
    known = select(DistinctFirms).where(DistinctFirms.first_id == low, DistinctFirms.second_id == high)
    if db.session.scalar(known) is None:
        db.session.add(DistinctFirms(first_id=low, second_id=high, actor_id=actor.id))
        db.session.flush()
