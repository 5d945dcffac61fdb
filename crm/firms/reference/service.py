"""What an administrator does to the words and days of the house: terms, industrial chains, the calendar of working days."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _
from sqlalchemy import func, select

from crm.accounts.models import User
from crm.firms.models import Chain
from crm.firms.reference import terms, working_days
from crm.firms.reference.models import CalendarDay, Term
from crm.firms.reference.words import CHAIN_FIELDS, DAY_FIELDS, TERM_FIELDS
from crm.kernel.db import db
from crm.kernel.errors import DomainError, EditConflictError, NotFoundError
from crm.web import conflict
from crm.web.conflict import check_version
from crm.web.fields import half_width, read_date

LONGEST_KEY = 40
LONGEST_HOLIDAY = 31
NOT_ENTERED = 0  # the version of a day that is what its weekday says


# --- terms -------------------------------------------------------------------------------------------------------


def term_of(vocabulary: str, key: str) -> terms.Word:
    """Raises NotFoundError for a term that there is not."""
    found = next((word for word in terms.all_terms(vocabulary) if word.key == key), None)
    if found is None:
        raise NotFoundError(_("没有这个词。"))
    return found


def add_term(*, actor: User, vocabulary: str, title: str, title_en: str | None = None) -> Term:
    """A new word at the end of a vocabulary; its key is made of its English title. Raises DomainError for a title taken.

    The key is one that no vocabulary of the same column has (kinds, roles …): the history tells a key without its register.
    """
    present = terms.all_terms(vocabulary)
    title = _free_title(title, present)
    column = vocabulary.rpartition(".")[2]
    alike = [name for name in terms.vocabularies() if name.rpartition(".")[2] == column]
    key = _free_key(title_en or "", {word.key for name in alike for word in terms.all_terms(name)})
    last = max((word.place for word in present), default=0)
    term = Term(vocabulary=vocabulary, key=key, title=title, title_en=title_en or title, place=last + 10)
    db.session.add(term)
    return _saved(term)


def edit_term(
    *,
    actor: User,
    vocabulary: str,
    key: str,
    title: str,
    title_en: str | None,
    disabled: bool,
    expected_version: int | str | None = None,
) -> Term:
    """Rename a term in both languages, disable it or bring it back. Its key stays: records and rules hold it.

    Raises DomainError for a title taken or a built-in term disabled, EditConflictError if somebody else saved it meanwhile.
    """
    term = _row(term_of(vocabulary, key))
    if disabled and term.built_in:
        raise DomainError(_("条件、奖补和指标要读这个词，只能改名，不能停用。"), field="disabled")
    title = _free_title(title, [word for word in terms.all_terms(vocabulary) if word.key != key])
    values = {"title": title, "title_en": title_en or title, "disabled": disabled}
    if expected_version is not None:
        check_version(term, expected_version, values, TERM_FIELDS)
    for name, value in values.items():
        setattr(term, name, value)
    return _saved(term)


def move_term(*, actor: User, vocabulary: str, key: str, up: bool) -> None:
    """Let a term and its neighbour change places; at the end nothing happens."""
    term_of(vocabulary, key)
    rows = [_row(word) for word in terms.all_terms(vocabulary)]
    here = next(place for place, row in enumerate(rows) if row.key == key)
    there = here - 1 if up else here + 1
    if 0 <= there < len(rows):
        rows[here], rows[there] = rows[there], rows[here]
        for place, row in enumerate(rows, start=1):
            row.place = 10 * place
    db.session.flush()
    terms.forget()


def _row(word: terms.Word) -> Term:
    """The term's row; of one that so far stands only in the file that ships, a new one."""
    row = db.session.scalar(select(Term).where(Term.vocabulary == word.vocabulary, Term.key == word.key))
    if row is None:
        names = ("vocabulary", "key", "title", "title_en", "place", "built_in")
        row = Term(**{name: getattr(word, name) for name in names})
        db.session.add(row)
        db.session.flush()
    return row


def _saved(term: Term) -> Term:
    db.session.flush()
    terms.forget()
    return term


def _free_title(title: str, others: Iterable[terms.Word]) -> str:
    title = " ".join(title.split())
    if not title:
        raise DomainError(_("请填写中文名称。"), field="title")
    if any(word.title == title for word in others):
        raise DomainError(_("已有一个叫“%(title)s”的词。", title=title), field="title")
    return title


def _free_key(english: str, taken: set[str]) -> str:
    """A key that says what is meant, where the English title has letters for it, and that nobody has."""
    plain = re.sub(r"[^a-z0-9]+", "_", english.lower()).strip("_")[: LONGEST_KEY - 4] or "term"
    number = 1
    key = plain
    while key in taken:
        number += 1
        key = f"{plain}_{number}"
    return key


# --- industrial chains -------------------------------------------------------------------------------------------


def add_chain(*, actor: User, name: str, name_en: str | None = None) -> Chain:
    """A new local industrial chain. Raises DomainError for a name taken."""
    name = _free_chain_name(name, None)
    chain = Chain(name=name, name_en=name_en or name)
    db.session.add(chain)
    db.session.flush()
    return chain


def edit_chain(
    *,
    actor: User,
    chain: Chain,
    name: str,
    name_en: str | None,
    disabled: bool,
    expected_version: int | str | None = None,
) -> Chain:
    """Rename a chain, take it out of use or bring it back; its firms keep it.

    Raises DomainError for a name taken, EditConflictError if somebody else saved it meanwhile.
    """
    name = _free_chain_name(name, chain.id)
    values = {"name": name, "name_en": name_en or name, "disabled": disabled}
    if expected_version is not None:
        check_version(chain, expected_version, values, CHAIN_FIELDS)
    for field, value in values.items():
        setattr(chain, field, value)
    db.session.flush()
    return chain


def _free_chain_name(name: str, own_id: int | None) -> str:
    name = " ".join(name.split())
    if not name:
        raise DomainError(_("请填写名称。"), field="name")
    other = db.session.scalar(select(Chain.id).where(func.lower(Chain.name) == name.lower()))
    if other not in (None, own_id):
        raise DomainError(_("已有产业链“%(name)s”。", name=name), field="name")
    return name


# --- working days ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DayLine:
    """One day of a notice: worked or not, and by what name."""

    on: date
    working: bool
    name: str


def set_day(
    *,
    actor: User,
    on: date,
    working: bool | None,
    name: str | None = None,
    expected_version: int | str | None = None,
) -> None:
    """Say that a day is a holiday or worked in exchange; None: it is what its weekday says.

    Raises DomainError, and EditConflictError if somebody else saved the day since `expected_version` (NOT_ENTERED: no row).
    """
    row = db.session.scalar(select(CalendarDay).where(CalendarDay.on == on))
    line = None if working is None else _checked(DayLine(on, working, (name or "").strip()))
    if expected_version is not None:
        _check_seen(row, expected_version, line)
    if line is None:
        if row is not None:
            db.session.delete(row)
    else:
        if row is None:
            row = CalendarDay(on=on)
            db.session.add(row)
        row.working, row.name = line.working, line.name
    db.session.flush()
    working_days.forget()


def _check_seen(row: CalendarDay | None, seen: int | str, line: DayLine | None) -> None:
    """Raise EditConflictError where the day is not as it was seen, nor as this person wants it."""
    version = NOT_ENTERED if row is None else row.version
    if str(seen) == str(version):
        return
    theirs, mine = [
        {"working": _("与平日一样"), "name": conflict.plain_words(None)}
        if day is None
        else {"working": _("调休上班") if day.working else _("放假"), "name": day.name}
        for day in (row, line)
    ]
    differences = [(title, theirs[key], mine[key]) for key, title in DAY_FIELDS.items() if theirs[key] != mine[key]]
    if differences:
        raise EditConflictError(conflict.told(), differences, version=version)


def enter_days(*, actor: User, lines: Sequence[DayLine]) -> int:
    """Enter the days of a notice; days that are there already are replaced. How many."""
    for line in lines:
        set_day(actor=actor, on=line.on, working=line.working, name=line.name)
    return len(lines)


def clear_year(*, actor: User, year: int) -> int:
    """Take all days of a year out again, as before its notice. How many."""
    days = db.session.scalars(
        select(CalendarDay).where(CalendarDay.on.between(date(year, 1, 1), date(year, 12, 31)))
    ).all()
    for day in days:
        db.session.delete(day)
    db.session.flush()
    working_days.forget()
    return len(days)


def read_days(text: str) -> list[DayLine]:
    """The days of pasted lines, “2027-02-06 放假 春节” or “2027-02-06至2027-02-12 放假 春节”.

    Raises DomainError that names every line that cannot be read, so that nothing is half entered.
    """
    found: dict[date, DayLine] = {}
    wrong = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip(" ,，\t\u3000"):
            continue
        try:
            for day in _read_line(line):
                if day.on in found:
                    raise ValueError(_("%(day)s 写了两次", day=day.on.isoformat()))
                found[day.on] = day
        except (ValueError, DomainError) as error:
            wrong.append(_("第 %(number)s 行“%(line)s”：%(why)s", number=number, line=line.strip()[:40], why=error))
    if wrong:
        raise DomainError("；".join(wrong), field="text")
    if not found:
        raise DomainError(_("请粘贴放假安排，每行一天。"), field="text")
    return list(found.values())


WORKED = {"放假": False, "休": False, "休息": False, "off": False, "上班": True, "班": True, "work": True}


def _read_line(line: str) -> list[DayLine]:
    days, *rest = half_width(line).replace(",", " ").split(maxsplit=2)
    if len(rest) < 2 or rest[0] not in WORKED:
        raise ValueError(_("应是“日期 放假或上班 名称”，如 2027-02-06 放假 春节"))
    first, _to, last = days.replace("..", "至").partition("至")
    begin = read_date(first)
    end = read_date(last) if last else begin
    if not 0 <= (end - begin).days < LONGEST_HOLIDAY:
        raise ValueError(_("起止日期不对"))
    span = [begin + timedelta(days=number) for number in range((end - begin).days + 1)]
    return [_checked(DayLine(on, WORKED[rest[0]], rest[1])) for on in span]


def _checked(line: DayLine) -> DayLine:
    if not line.name:
        raise DomainError(_("请填写名称，如春节。"), field="name")
    if len(line.name) > 60:
        raise DomainError(_("名称最多 60 个字。"), field="name")
    if line.working and line.on.weekday() < working_days.SATURDAY:
        raise DomainError(_("%(day)s 不是周末，本来就上班。", day=line.on.isoformat()), field="working")
    return line
