"""Verbs of the notices: tell people, mark what was read, say how one wishes to be told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, column, delete, or_, select, table, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from crm.accounts.models import SYSTEM_EMAIL, Organisation, User
from crm.kernel import audit, clock
from crm.kernel.bulk import chunks, rows_where_in
from crm.kernel.db import db
from crm.kernel.plain import plain
from crm.notices.models import Channel, Delivery, MailRhythm, Notice, NoticeKind, NoticeSetting
from crm.notices.words import needed_values

DEFAULT_DIGEST = time(8)
FIRM = table("firm", column("id"), column("organisation_id"))  # a room above this one
AT_ONCE = 500  # rows of one INSERT
NOWHERE = "-"  # no organisation's path


def notify(
    people: Iterable[User],
    kind: NoticeKind,
    *,
    key: str,
    path: str,
    firm_id: int | None = None,
    chats: bool = True,
    **values: Any,
) -> None:
    """Tell these people, in the present transaction: it is sent after the commit, or not at all.

    `key` names the cause ("proposal 12 submitted"): for one key a person and a chat are told once, whatever asks again.
    Whoever made the change (signed the session), closed accounts, and people in whose scope the firm does not lie are
    left out. `path` is the page where one sees to it, from the root of the site (`path_of`). `chats` False: no group
    chat is told. `values` fill the kind's sentence (see `words.SENTENCES`): names and texts as they are, dates, numbers,
    words of enumerations as their value. Raises ValueError where one is missing, for the program.
    """
    missing = needed_values(kind) - values.keys()
    if missing:
        raise ValueError(f"the sentence of {kind} needs also: {', '.join(sorted(missing))}")
    told = list(people)
    given = {name: plain(value) for name, value in values.items()}
    db.session.flush()
    _tell_people([user for user in told if _is_told(user)], kind, key, path, firm_id, given)
    if chats:
        _tell_chats(told, kind, key, path, firm_id, given)


@dataclass(frozen=True)
class OwnNotice:
    """What the people of one firm are told, as one of many: see `notify_many`."""

    firm_id: int
    key: str
    path: str
    values: Mapping[str, Any]


def notify_many(people: Mapping[int, Collection[User]], kind: NoticeKind, notices: Sequence[OwnNotice]) -> None:
    """Tell the own people of many firms, by firm, as `notify` does; no group chat. A few statements for all of them."""
    db.session.flush()
    rows = [
        {
            "key": each.key,
            "path": each.path,
            "firm_id": each.firm_id,
            "values": {name: plain(value) for name, value in each.values.items()},
            "user_id": user.id,
        }
        for each in notices
        for user in people[each.firm_id]
        if _is_told(user)
    ]
    _keep(kind, rows)


def take_back(kind: NoticeKind, keys: Collection[str]) -> None:
    """What was told turned out not to be so: the notices that nobody read yet are taken back."""
    for some in chunks(sorted(keys)):
        unread = (Notice.kind == kind, Notice.key.in_(some), Notice.read_at.is_(None))
        db.session.execute(delete(Notice).where(*unread))


def path_of(endpoint: str, **arguments: Any) -> str:
    """The path of a page, also where no page is being made (a command, the worker)."""
    return str(current_app.url_map.bind("").build(endpoint, arguments))


def _is_told(user: User) -> bool:
    return not user.disabled and user.email != SYSTEM_EMAIL and user.id != audit.signed_by(db.session)


def sees(firm_id: Any, own_firm_id: Any, own_path: Any) -> ColumnElement[bool]:
    """The condition that the firm lies in the scope of someone of that firm, or of the organisation of that path."""
    found = (
        select(FIRM.c.id)
        .join(Organisation, Organisation.id == FIRM.c.organisation_id)
        .where(FIRM.c.id == firm_id, or_(FIRM.c.id == own_firm_id, Organisation.path.startswith(own_path)))
    )
    return found.exists()


def in_scope(own_firm_id: Any, own_path: Any) -> ColumnElement[bool]:
    """The condition on `Notice` that it is about no one firm, or about one in such a person's scope."""
    return or_(Notice.firm_id.is_(None), sees(Notice.firm_id, own_firm_id, own_path))


def still_seen(user: User) -> ColumnElement[bool]:
    """The same of one person: firms go to other organisations, and people too."""
    return in_scope(user.firm_id, user.organisation.path if user.organisation is not None else NOWHERE)


def _those_who_see(firm_id: int, ids: Collection[int]) -> list[int]:
    above = aliased(Organisation)
    people = select(User.id).outerjoin(above, above.id == User.organisation_id).where(User.id.in_(ids))
    return list(db.session.scalars(people.where(sees(firm_id, User.firm_id, above.path)).order_by(User.id)))


def _tell_people(
    people: Collection[User], kind: NoticeKind, key: str, path: str, firm_id: int | None, values: Mapping[str, Any]
) -> None:
    ids = sorted({user.id for user in people})
    if firm_id is not None:
        ids = _those_who_see(firm_id, ids)
    notice = {"key": key, "path": path, "firm_id": firm_id, "values": values}
    _keep(kind, [{**notice, "user_id": user_id} for user_id in ids])


def _keep(kind: NoticeKind, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep the notices (user, key, path, firm, values) that were not given before, with the mails that go at once."""
    ids = {row["user_id"] for row in rows}
    settings = rows_where_in(db.session, select(NoticeSetting), NoticeSetting.user_id, ids)
    chosen: dict[int, NoticeSetting] = {row[0].user_id: row[0] for row in settings}
    without = {user_id for user_id, setting in chosen.items() if kind in setting.unmailed}
    more = {"kind": kind, "at": clock.now()}
    whole = [{**row, **more, "mailed": row["user_id"] not in without} for row in rows]
    made = [id_ for some in chunks(whole, AT_ONCE) for id_ in insert_new(Notice, some, "user_id")]
    if not made or current_app.config["MAIL"] is None:
        return
    at_once = {user_id for user_id, setting in chosen.items() if setting.rhythm is MailRhythm.AT_ONCE}
    if not at_once:
        return
    for (row,) in rows_where_in(db.session, select(Notice), Notice.id, made):
        if row.mailed and row.user_id in at_once:
            mail = Delivery(user_id=row.user_id, key=f"notice {row.id}")
            db.session.add(mail)
            db.session.flush()
            row.delivery_id = mail.id
    db.session.flush()


def _tell_chats(
    people: Collection[User], kind: NoticeKind, key: str, path: str, firm_id: int | None, values: Mapping[str, Any]
) -> None:
    """The chats of the organisations above the firm; where it is about no one firm, above the people."""
    channels = db.session.execute(
        select(Channel.id, Channel.kinds, Organisation.path)
        .join(Organisation, Channel.organisation_id == Organisation.id)
        .where(Channel.disabled.is_(False))
        .order_by(Channel.id)
    )
    open_to_it = [(channel_id, above) for channel_id, kinds, above in channels if kind in kinds]
    if not open_to_it:
        return
    if firm_id is not None:
        own = select(FIRM.c.organisation_id).where(FIRM.c.id == firm_id)
        places = select(Organisation.path).where(Organisation.id.in_(own))
    else:
        ids = {user.organisation_id for user in people if user.organisation_id is not None}
        places = select(Organisation.path).where(Organisation.id.in_(ids))
    paths = db.session.scalars(places).all()
    content = {"kind": kind.value, "path": path, "values": {**values, "to": "、".join(user.name for user in people)}}
    message = {"key": key, "content": content, "at": clock.now(), "next_at": clock.now()}
    told = [channel_id for channel_id, above in open_to_it if any(path.startswith(above) for path in paths)]
    insert_new(Delivery, [{**message, "channel_id": channel_id} for channel_id in told], "channel_id")


def insert_new(model: type[Notice | Delivery], rows: list[dict[str, Any]], owner: str) -> list[int]:
    """Insert the rows whose owner has none of that key; the ids of those inserted."""
    if not rows:
        return []
    insert = postgresql.insert if db.session.connection().dialect.name == "postgresql" else sqlite.insert
    statement = insert(model).values(rows).on_conflict_do_nothing(index_elements=[owner, "key"])
    return list(db.session.scalars(statement.returning(model.id)))


# --- what the reader does ----------------------------------------------------------------------------------------------


def read(notice: Notice) -> None:
    """Mark one notice as read."""
    if notice.read_at is None:
        notice.read_at = clock.now()
        db.session.flush()


def read_all(user: User, up_to: int) -> int:
    """Mark everything as read that the person has been shown (up to this notice's id); how many these were."""
    seen = update(Notice).where(Notice.user_id == user.id, Notice.read_at.is_(None), Notice.id <= up_to)
    result = db.session.execute(seen.values(read_at=clock.now()).returning(Notice.id))
    return len(result.all())


def setting_of(user: User) -> NoticeSetting:
    """How the person wishes to be told; where they never said, as everybody is (not kept until they save)."""
    kept = db.session.get(NoticeSetting, user.id)
    if kept is not None:
        return kept
    return NoticeSetting(user_id=user.id, rhythm=MailRhythm.DIGEST, digest_at=DEFAULT_DIGEST, unmailed=[])


def save_setting(user: User, *, rhythm: MailRhythm, digest_at: time, unmailed: Collection[NoticeKind] = ()) -> None:
    """Keep how the person wishes to be told. A digest already sent today is not sent again at another time.

    `unmailed`: what is told in the app alone, from now on.
    """
    setting = setting_of(user)
    setting.rhythm, setting.digest_at, setting.unmailed = rhythm, digest_at, sorted(unmailed)
    db.session.add(setting)
    db.session.flush()


# --- links to set a password -------------------------------------------------------------------------------------------


def send_link(user: User) -> None:
    """Where mail is on, a link to set the password goes to the person too, whatever they chose to be told."""
    if current_app.config["MAIL"] is not None:
        db.session.add(Delivery(user_id=user.id, key=f"link {clock.now().isoformat()}"))
        db.session.flush()
