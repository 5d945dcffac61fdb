"""The library in force: the editions that are shipped as files, and those that were published here.

Everything that asks which criteria hold asks here. Parsing is kept per process for as long as the same editions are
published; a request asks the database once what those are.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from flask import has_request_context, request
from sqlalchemy import ColumnElement, select

from crm.editions.models import EditionRecord, EditionState
from crm.kernel.db import db
from crm.policy import Edition, EditionError, Fault, NoEdition, Text, load
from crm.policy import edition_for as _edition_for
from crm.policy import edition_named as _edition_named
from crm.policy.language.edition import content_hash
from crm.policy.language.library import parse_file
from crm.policy.language.source import parse_yaml

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
    """All editions in use, those that are refused, and the sources of what was published here and is used."""

    editions: tuple[Edition, ...]
    refused: tuple[Refused, ...]
    sources: Sources

    def refused_of(self, rung: str) -> list[Refused]:
        """What is refused of a rung; nothing of it is judged then."""
        return [each for each in self.refused if each.rung == rung]


Sources = tuple[tuple[str, str], ...]  # name, source
Published = tuple[tuple[str, str, str, str | None, str], ...]  # name, rung, hash, hash of the whole, source
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
    if refused := here.refused_of(rung):
        raise NoEdition(refused[0].text)
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
    """The editions of the drafts (all, or some) that have no fault of their own: what they would be if published today."""
    sources = db.session.scalars(
        select(EditionRecord.source).where(EditionRecord.state == EditionState.DRAFT, *which).order_by(EditionRecord.id)
    )
    found: list[Edition] = []
    for source in sources:
        try:
            found += as_published(source)
        except EditionError:
            found += by_itself(source)  # its page says what is wrong with it
    return tuple(found)


def by_itself(source: str) -> list[Edition]:
    """The editions of a source that only does not fit beside the others (dates, what it replaces); else none."""
    faults: list[Fault] = []
    try:
        content = parse_yaml(source, "draft")
    except EditionError:
        return []
    contents = {edition.name: (edition.name, edition.content) for edition in library()}
    return [] if content.get("id") in contents else parse_file("draft", content, contents, faults)


def as_published(source: str, label: str = "draft") -> list[Edition]:
    """The editions of a source as they would be beside all that is in use. Raises EditionError naming every fault."""
    return list(_written((*shelf().sources, (label, source))))


def beside(source: str, label: str = "draft") -> tuple[Edition, ...]:
    """The whole library with this source in it: what ends when. Raises EditionError."""
    return _loaded((*shelf().sources, (label, source)))


# what is published


def _published() -> Published:
    """What is published, asked of the database once a request."""
    kept: Published | None = request.environ.get(KEPT) if has_request_context() else None
    if kept is not None:
        return kept
    rows = db.session.execute(
        select(
            EditionRecord.name,
            EditionRecord.rung,
            EditionRecord.hash,
            EditionRecord.whole_hash,
            EditionRecord.source,
        )
        .where(EditionRecord.hash.is_not(None))  # not `state`: what was published stays so, whatever stands there now
        .order_by(EditionRecord.id)
    )
    found = tuple((row.name, row.rung, row.hash, row.whole_hash, row.source) for row in rows)
    if has_request_context():
        request.environ[KEPT] = found
    return found


def source_hash(source: str) -> str:
    """The hash that is set when an edition is published: of what the source says, whatever its layout."""
    return content_hash(parse_yaml(source, "source"))


def whole_hash(editions: Iterable[Edition]) -> str:
    """The hash of all that an edition says for its purposes, with what an overlay takes from its base."""
    return content_hash({edition.id: edition.hash for edition in editions})


def _is_intact(stored: str, source: str) -> bool:
    try:
        return stored == source_hash(source)
    except EditionError:
        return False


def _built(published: Published) -> Shelf:
    """The library, without what is no longer what was published, or has come to clash with what is shipped.

    The files alone always stand: where one of them clashes with what was published here, nothing says which of the two is
    right, and the rung is refused until a person has settled it.
    """
    refused: list[Refused] = []
    sources: dict[str, str] = {}
    for name, rung, stored, _whole, source in published:
        if _is_intact(stored, source):
            sources[name] = source
        else:
            refused.append(Refused(name, rung, _tampered(name)))
    rungs = {name: rung for name, rung, *_ in published}
    wholes = {name: whole for name, _, _, whole, _ in published}
    while True:
        try:
            found = _loaded(tuple(sources.items()))
        except EditionError as error:
            if not sources:
                raise  # the files themselves are at fault
            wrong = _clashes(error, sources, rungs)
        else:
            wrong = {
                name: _moved(name, next((e.based_on or name for e in found if e.name == name), name))
                for name in sources
                if wholes[name] != whole_hash(e for e in found if e.name == name)
            }
        if not wrong:
            break
        for name, text in wrong.items():
            del sources[name]
            refused.append(Refused(name, rungs[name], text))
    for each in refused:
        logger.error("published edition refused: %s", each.text.en)
    return Shelf(found, tuple(refused), tuple(sources.items()))


def _clashes(error: EditionError, sources: Mapping[str, str], rungs: Mapping[str, str]) -> dict[str, Text]:
    """Which published editions do not fit, and why: those named by a fault, else all of the rung of the file at fault."""
    found: dict[str, Text] = {}
    for fault in error.faults:
        if fault.file in sources:
            found.setdefault(fault.file, _clashing(fault.file, fault.other, fault.text))
        elif fault.other in sources:
            found.setdefault(str(fault.other), _clashing(str(fault.other), fault.file, fault.text))
    for fault in error.faults if not found else ():
        for name in sources:
            if rungs[name] == fault.file.split("/")[0]:
                found.setdefault(name, _clashing(name, fault.file, fault.text))
    return found or {name: _clashing(name, error.faults[0].file, error.faults[0].text) for name in sources}


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


def _clashing(name: str, other: str | None, why: Text) -> Text:
    if other is None or "/" not in other:  # it clashes with nothing but what is shipped as a whole
        return Text(
            f"已发布的版本 {name} 与现有条件不再相容（{why.zh}），已停用；请管理员处理，此前这一资质不作自动判断。",
            f"the published edition {name} no longer fits what is shipped ({why.en}); it is not used, and until this is "
            "mended nothing of its rung is judged automatically.",
        )
    return Text(
        f"已发布的版本 {name} 与随系统提供的文件 {other} 不相容：{why.zh}。请把这个文件移出 seeds/policies，"
        f"在“认定条件”页上传它，写明它取代哪一版、何时起止，再发布；在此之前，这一资质不作自动判断。",
        f"the published edition {name} and the shipped file {other} do not fit: {why.en}. Take the file out of "
        "seeds/policies, upload it on the page of criteria, say which edition it replaces and its days, and publish it; until "
        "then nothing of this rung is judged automatically.",
    )


def _moved(name: str, base: str) -> Text:
    return Text(
        f"已发布的版本 {name} 的全文与发布时不同：它所依据的 {base} 改动过，已停用。请管理员恢复 {base} 原来的文件，"
        "要改的内容另立新版本；在此之前，这一资质不作自动判断。",
        f"the published edition {name} as a whole is not what was published: {base}, on which it lies, was changed; it is not "
        f"used. Restore the file of {base} and write what is new as an edition of its own: until then nothing of this rung is "
        "judged automatically.",
    )
