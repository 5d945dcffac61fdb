"""The library in force: the editions that are shipped as files, and those that were published here.

Everything that asks which criteria hold asks here. Parsing is kept per process for as long as the same editions are
published; a request asks the database once what those are.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from flask import has_request_context, request
from sqlalchemy import ColumnElement, select

from crm.editions.models import EditionRecord, EditionState
from crm.kernel.db import db
from crm.policy import Edition, EditionError, NoEdition, Text, load
from crm.policy import edition_for as _edition_for
from crm.policy import edition_named as _edition_named
from crm.policy.edition import content_hash
from crm.policy.source import parse_yaml

logger = logging.getLogger(__name__)
KEPT = "tidu.published"  # in the request's environment


@dataclass(frozen=True)
class Refused:
    """A published edition that is not used: what stands there now is not what was published, or no longer fits."""

    name: str
    rung: str
    text: Text


@dataclass(frozen=True)
class Shelf:
    """All editions in use, and those that are refused."""

    editions: tuple[Edition, ...]
    refused: tuple[Refused, ...]


Published = tuple[tuple[str, str, str | None, str], ...]  # name, rung, hash, source
_known: dict[Published, Shelf] = {}


def shelf() -> Shelf:
    """The editions in use now: one query a request; they are parsed anew only where something else is published.

    The query takes the sources along, so that a process notices at once when one was tampered with.
    """
    published = _published()
    found = _known.get(published)
    if found is None:
        found = _built(published)
        _known.clear()  # what was published before is never asked for again
        _known[published] = found
    return found


def forget() -> None:
    """What this request knows of the library is out of date: something was published."""
    if has_request_context():
        request.environ.pop(KEPT, None)


def library() -> tuple[Edition, ...]:
    """Every edition in use: files and those published here."""
    return shelf().editions


def edition_in_force(rung: str, on: date, purpose: str = "new", region: str | None = None) -> Edition:
    """The edition in force; a region's own before the national one. Raises NoEdition, also where a published one is refused."""
    here = shelf()
    refused = next((each for each in here.refused if each.rung == rung), None)
    if refused is not None:
        raise NoEdition(refused.text)
    return _edition_for(rung, on, purpose, region, among=here.editions)


def edition_named(name: str, purpose: str = "new", drafts: bool = False) -> Edition:
    """The edition with this id (`srdi.2027`, `srdi.2027.review`), on request also a draft. Raises NoEdition."""
    here = shelf()
    refused = next((each for each in here.refused if name in (each.name, *_ids(each.name))), None)
    if refused is not None:
        raise NoEdition(refused.text)
    try:
        return _edition_named(name, purpose, among=here.editions)
    except NoEdition:
        among = drafted(EditionRecord.name.in_((name, name.rpartition(".")[0]))) if drafts else ()
        if not among:
            raise
    return _edition_named(name, purpose, among=among)


def drafted(*which: ColumnElement[bool]) -> tuple[Edition, ...]:
    """The editions of the drafts (all, or some) that have no fault: what they would be if published today."""
    sources = db.session.scalars(
        select(EditionRecord.source).where(EditionRecord.state == EditionState.DRAFT, *which).order_by(EditionRecord.id)
    )
    found: list[Edition] = []
    for source in sources:
        try:
            found += as_published(source)
        except EditionError:
            continue  # its page says what is wrong with it
    return tuple(found)


def as_published(source: str, label: str = "draft") -> list[Edition]:
    """The editions of a source as they would be beside all that is in use. Raises EditionError naming every fault."""
    return list(_written((*_sound(_published()), (label, source))))


def beside(source: str, label: str = "draft") -> tuple[Edition, ...]:
    """The whole library with this source in it: what ends when. Raises EditionError."""
    return _loaded((*_sound(_published()), (label, source)))


# what is published


def _published() -> Published:
    """What is published, asked of the database once a request."""
    kept: Published | None = request.environ.get(KEPT) if has_request_context() else None
    if kept is not None:
        return kept
    rows = db.session.execute(
        select(EditionRecord.name, EditionRecord.rung, EditionRecord.hash, EditionRecord.source)
        .where(EditionRecord.hash.is_not(None))  # not `state`: what was published stays so, whatever stands there now
        .order_by(EditionRecord.id)
    )
    found = tuple((row.name, row.rung, row.hash, row.source) for row in rows)
    if has_request_context():
        request.environ[KEPT] = found
    return found


def source_hash(source: str) -> str:
    """The hash that is set when an edition is published: of what the source says, whatever its layout."""
    return content_hash(parse_yaml(source, "source"))


def _sound(published: Published) -> tuple[tuple[str, str], ...]:
    return tuple((name, source) for name, _, stored, source in published if _is_intact(stored, source))


def _is_intact(stored: str | None, source: str) -> bool:
    try:
        return stored == source_hash(source)
    except EditionError:
        return False


def _built(published: Published) -> Shelf:
    """The library, without what is no longer what was published, or has come to clash with what is shipped."""
    refused = [
        Refused(name, rung, _tampered(name))
        for name, rung, stored, source in published
        if not _is_intact(stored, source)
    ]
    sources = dict(_sound(published))
    rungs = {name: rung for name, rung, _, _ in published}
    while True:
        try:
            found = _loaded(tuple(sources.items()))
            break
        except EditionError as error:
            wrong = {fault.file: fault.text for fault in error.faults if fault.file in sources}
            if not wrong:
                raise  # a shipped file is at fault
            for name, text in wrong.items():
                del sources[name]
                refused.append(Refused(name, rungs[name], _clashing(name, text)))
    for each in refused:
        logger.error("published edition refused: %s", each.text.en)
    return Shelf(found, tuple(refused))


@lru_cache(maxsize=100)  # a page may want every draft of a rung, and a whole library is long to read
def _written(sources: tuple[tuple[str, str], ...]) -> tuple[Edition, ...]:
    """The editions of the last source, as they are beside the others."""
    label, source = sources[-1]
    name = str(parse_yaml(source, label).get("id"))
    return tuple(edition for edition in _loaded(sources) if edition.name == name)


@lru_cache(maxsize=8)
def _loaded(sources: tuple[tuple[str, str], ...]) -> tuple[Edition, ...]:
    return load(extra=dict(sources))


def _ids(name: str) -> tuple[str, str]:
    return f"{name}.review", f"{name}.annual"


def _tampered(name: str) -> Text:
    return Text(
        f"已发布的版本 {name} 的内容与发布时不一致，已停用。请管理员从备份恢复它；恢复之前，这一资质不作自动判断。",
        f"what stands in the published edition {name} is not what was published; it is not used. Restore it from a backup: "
        "until then nothing of this rung is judged automatically.",
    )


def _clashing(name: str, why: Text) -> Text:
    return Text(
        f"已发布的版本 {name} 与现有条件不再相容（{why.zh}），已停用；请管理员处理，此前这一资质不作自动判断。",
        f"the published edition {name} no longer fits what is shipped ({why.en}); it is not used, and until this is mended "
        "nothing of its rung is judged automatically.",
    )
