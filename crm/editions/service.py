"""Verbs of editions written here: copy, overlay, upload, change, discard, publish. A published one is never changed again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import User
from crm.editions.library import as_published, beside, edition_named, forget, library, shelf, source_hash, whole_hash
from crm.editions.models import EditionRecord, EditionState
from crm.editions.words import DATES, KEY_TITLES, PURPOSES
from crm.firms.models import Division
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, EditConflictError
from crm.policy import Edition, EditionError, Fault, NoEdition
from crm.policy.drafting.difference import changes, difference
from crm.policy.drafting.drafts import Content, change_numbers, overlay, successor
from crm.policy.drafting.numbers import numbers_of, resolved, with_numbers
from crm.policy.language.overlays import overlaid
from crm.policy.language.parsing import UNSAID
from crm.policy.language.source import parse_yaml, write_yaml
from crm.policy.vocabulary import RUNGS
from crm.web.conflict import is_outdated, told
from crm.web.formatting import day
from crm.web.language import language

ASKED = ("clause", "parameter", "decision")  # what of a difference is said by the document
NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
LONGEST_SOURCE = 400_000  # characters; the longest shipped file has 15,000


def copy_edition(base: Edition, *, name: str, since: date, region: str | None, actor: User) -> EditionRecord:
    """A draft made of an edition: its successor, or, with a region of its own, an overlay on it. Raises DomainError."""
    if region is None or region == base.region:
        content = successor(base.content, name, since)
    else:
        _check_region(region)
        content = overlay(base.content, name, region, since)
    return _add(content, base.rung, base.name, actor)


def upload_edition(text: str, *, actor: User, instead: bool = False) -> EditionRecord:
    """A draft from a YAML file, with whatever faults; `instead` of a draft of the same id. Raises DomainError."""
    content = read_source(text)
    name, base = content.get("id"), content.get("based_on")
    rung = _rung_of(content)
    known = draft_named(name) if isinstance(name, str) else None
    if known is not None:
        if not instead:
            raise DomainError(
                _("草稿 %(name)s 已经有了。要用这个文件换掉它，请勾选“替换同名草稿”。", name=name), field="instead"
            )
        known.rung, known.source = rung, write_yaml(content)
        known.copied_from = _compared(content) or known.copied_from
        db.session.flush()
        return known
    return _add(content, rung, _compared(content) or (str(base) if base else None), actor, field="file")


def read_source(text: str) -> Content:
    """The content of a YAML text. Raises DomainError with every fault that keeps it from being read at all."""
    if len(text) > LONGEST_SOURCE:
        raise DomainError(_("文件太大，不像一份认定条件。"), field="file")
    try:
        content = parse_yaml(text, _("上传的文件"))
        write_yaml(content)
    except EditionError as error:
        raise DomainError(_("；").join(sentence(fault) for fault in error.faults), field="file") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise DomainError(_("文件内容无法保存，请检查格式。"), field="file") from error
    return content


def change_head(record: EditionRecord, changes: Mapping[str, Any], *, actor: User, expected_version: Any) -> None:
    """Other words and dates: keys of the file (`title`, `document`, `in_force`, `region`, `papers`); None takes one away."""
    _check_open(record, expected_version)
    content = content_of(record)
    if changes.get("region"):
        _check_region(changes["region"])
    for key, value in changes.items():
        if value is None:
            content.pop(key, None)
        else:
            content[key] = value
    _save(record, content)


def change_draft_numbers(
    record: EditionRecord, numbers: Mapping[str, Fraction], *, actor: User, expected_version: Any
) -> None:
    """Other numbers, by path; an overlay keeps only what differs from its base. Raises DomainError.

    A clause with a number typed here is uncertain until someone confirms it; one set back is known as well as before.
    """
    _check_open(record, expected_version)
    own = content_of(record)
    base, whole = base_content(own), whole_content(record)
    before = base or next((edition.content for edition in library() if edition.name == record.copied_from), None)
    try:
        content = change_numbers(own, base, whole, numbers)
        after = with_numbers(whole, numbers)
        for name in {clause for each in numbers_of(after) if each.path in numbers for clause in each.clauses}:
            _state_certainty(content, name, before if _says(after, name) == _says(before, name) else None)
    except (TypeError, AttributeError, KeyError, ValueError) as error:  # an uploaded overlay of a wrong shape
        raise DomainError(_incomplete()) from error
    _save(record, content)


def _says(content: Content | None, name: str) -> list[Content]:
    """What the clauses of this id say, however well that is known."""
    if content is None:
        return []
    return [
        {key: value for key, value in resolved(item, content).items() if key not in UNSAID}
        for item in content["criteria"]
        if str(item["id"]) == name
    ]


def _state_certainty(content: Content, name: str, as_in: Content | None) -> None:
    """Write into a draft's own content how well a clause is known: as in the edition that says the same, or not at all.

    A clause that says something else rests on the draft's own document.
    """
    known = [item for item in as_in["criteria"] if str(item["id"]) == name] if as_in else []
    written: list[Content] = [
        item for key in ("criteria", "add") for item in content.get(key, ()) if str(item["id"]) == name
    ]
    for place, item in enumerate(written):
        earlier = known[place] if place < len(known) else {}
        now = {**item, "certainty": earlier.get("certainty", "uncertain"), "reference": earlier.get("reference")}
        item.clear()
        item.update({key: now[key] for key in dict.fromkeys((*earlier, *now)) if now.get(key) is not None})
    if not written and as_in is None:
        content.setdefault("change", {}).setdefault(name, {})["certainty"] = "uncertain"
    elif not written and name in content.get("change", {}):
        content["change"][name].pop("certainty", None)
        content["change"] = {key: items for key, items in content["change"].items() if items}
        if not content["change"]:
            del content["change"]


def discard(record: EditionRecord, *, actor: User, expected_version: Any = None) -> None:
    """Throw a draft away; the history keeps that it was there."""
    _check_open(record, expected_version)
    db.session.delete(record)
    db.session.flush()


def publish(record: EditionRecord, *, actor: User, expected_version: Any) -> None:
    """From now on the draft is an edition like any other, and nobody can change it. Raises DomainError with the reasons."""
    _check_open(record, expected_version)
    # Two that clash must not be published at once: the second waits here, and is then checked beside the first.
    db.session.execute(select(EditionRecord.id).order_by(EditionRecord.id).with_for_update())
    forget()
    reasons = obstacles(record)
    if reasons:
        raise DomainError(_("还不能发布：") + _("；").join(reasons))
    whole = whole_hash(as_published(record.source, record.name))
    record.hash, record.whole_hash = source_hash(record.source), whole
    record.published_by, record.published_at = actor, clock.now()
    record.state = EditionState.PUBLISHED
    db.session.flush()
    forget()


def obstacles(record: EditionRecord) -> list[str]:
    """Why the draft cannot be published, one sentence each; empty when it can."""
    content = content_of(record)
    found = [each.text[language()] for each in shelf().refused_of(record.rung)]
    found += [sentence(fault) for fault in faults_of(record)]
    if content.get("id") != record.name:
        found.append(_("文件里的编号（id）与草稿的编号不同。"))
    region = content.get("region")
    if region is not None and (not isinstance(region, str) or db.session.get(Division, region) is None):
        found.append(_("行政区划代码 %(code)s 不存在，请重新选择地区。", code=region))
    if not found:
        found = _too_early(record) + _undocumented(record)
    return found


def _too_early(record: EditionRecord) -> list[str]:
    """An overlay cannot hold before there is anything it lies on; what follows an edition here was checked with it."""
    found = []
    for edition in as_published(record.source, record.name):
        base = next((e for e in library() if (e.name, e.purpose) == (edition.based_on, edition.purpose)), None)
        if base is not None and edition.since < base.since:
            found.append(
                _(
                    "起日 %(day)s 早于它所依据的 %(base)s（%(since)s 起），请改起日。",
                    day=day(edition.since),
                    base=base.id,
                    since=day(base.since),
                )
            )
    return found


def _undocumented(record: EditionRecord) -> list[str]:
    """What is asked anew stands in a document of its own: a draft that asks something else names another number."""
    for edition in as_published(record.source, record.name):
        name = edition.based_on or edition.replaces or record.copied_from
        base = next((e for e in library() if (e.name, e.purpose) == (name, edition.purpose)), None)
        if base is None or base.document.number != edition.document.number:
            continue
        if any(each.kind in ASKED for each in changes(difference(base, edition))):
            return [
                _(
                    "条款与 %(base)s 不同，文号却还是 %(number)s：请在“标题、文件和施行日期”里填写规定这些改动的文件；"
                    "如果是更正录入的错误，请在文号后写明“（更正）”。",
                    base=base.name,
                    number=edition.document.number,
                )
            ]
    return []


def faults_of(record: EditionRecord) -> list[Fault]:
    """Everything wrong with a draft, as it would be found beside the library; empty when it can be used."""
    try:
        beside(record.source, record.name)
    except EditionError as error:
        own = [fault for fault in error.faults if fault.file == record.name]
        return own or error.faults
    return []


def sentence(fault: Fault) -> str:
    """A fault with its place in words, and its cure."""
    return f"{_place(fault.key)}{_('：')}{fault.text[language()]}"


def _place(key: str) -> str:
    """Where in an edition: the title of a key that has one, a clause by its id; what is deeper as the file has it."""
    if key.startswith("line "):
        return _("第 %(line)s 行", line=key.removeprefix("line "))
    head, inner, rest = re.fullmatch(r"(\w*)(?:\[([^]]*)\])?(.*)", key, re.DOTALL).groups()  # type: ignore[union-attr]
    rest = rest.lstrip(".")
    if head == "criteria" and inner:
        return " ".join(part for part in (_("条款 %(name)s", name=inner), rest) if part)
    if head not in KEY_TITLES:
        return key
    if head == "in_force":
        purpose, _dot, which = rest.partition(".")
        rest = " ".join(str(DATES.get(part, PURPOSES.get(part, part))) for part in (purpose, which) if part)
    return " ".join(part for part in (str(KEY_TITLES[head]), inner or "", rest) if part)


# what a draft holds


def content_of(record: EditionRecord) -> Content:
    """What is written in the draft itself."""
    return parse_yaml(record.source, record.name)


def base_content(own: Content) -> Content | None:
    """The whole content of the edition an overlay lies on; None for an edition of its own. Raises DomainError."""
    name = own.get("based_on")
    if name is None:
        return None
    base = next((edition for edition in library() if edition.name == name), None)
    if base is None:
        raise DomainError(_("它所依据的版本 %(name)s 不存在，请改正或重新上传。", name=name))
    return base.content


def whole_content(record: EditionRecord) -> Content:
    """What the draft says in full, with what an overlay takes from its base. Raises DomainError where it cannot be told."""
    own = content_of(record)
    faults: list[Fault] = []
    contents = {edition.name: (edition.name, edition.content) for edition in library()}
    contents[record.name] = (record.name, own)
    try:
        whole = overlaid(record.name, own, contents, faults)
    except (TypeError, AttributeError, KeyError, ValueError):  # an uploaded file of a wrong shape
        whole = None
    if whole is None or not isinstance(whole.get("criteria"), list):
        raise DomainError(_incomplete())
    return whole


def _incomplete() -> str:
    return _("草稿的内容还不完整，无法逐条修改。请修改文件后重新上传。")


def draft_named(name: str) -> EditionRecord | None:
    """The draft with this id."""
    return db.session.scalar(
        select(EditionRecord).where(EditionRecord.name == name, EditionRecord.state == EditionState.DRAFT)
    )


def proposed_name(base: Edition, since: date) -> str:
    """An id for a draft that is not taken yet: `srdi.2027`."""
    stem = base.name.rsplit(".", 1)[0] if base.name.rsplit(".", 1)[-1].isdigit() else base.name
    name = f"{stem}.{since.year}"
    taken = names()
    for number in range(2, 100):
        if name not in taken:
            break
        name = re.sub(r"(_\d+)?$", f"_{number}", name, count=1)
    return name


def names() -> set[str]:
    """Every id that is taken: files, published ones, drafts."""
    here = shelf()
    written = set(db.session.scalars(select(EditionRecord.name)))
    return {edition.name for edition in here.editions} | {each.name for each in here.refused} | written


def _add(content: Content, rung: str, compared: str | None, actor: User, field: str = "name") -> EditionRecord:
    name = content.get("id")
    if not isinstance(name, str) or not NAME.fullmatch(name) or len(name) > 60:
        raise DomainError(_("编号用小写字母、数字、下划线和点，例如 srdi.2027，最多 60 个字符。"), field=field)
    if name.endswith((".review", ".annual")):
        raise DomainError(_("编号不能以 .review 或 .annual 结尾：它们指同一版本的其他用途。"), field=field)
    if name in names():
        raise DomainError(_("编号 %(name)s 已有版本使用，请换一个。", name=name), field=field)
    record = EditionRecord(name=name, rung=rung, source=write_yaml(content), copied_from=compared, created_by=actor)
    db.session.add(record)
    db.session.flush()
    return record


def _rung_of(content: Content) -> str:
    rung = content.get("rung")
    if rung is None and isinstance(content.get("based_on"), str):
        try:
            return edition_named(content["based_on"]).rung
        except NoEdition as error:
            raise DomainError(error.text[language()], field="file") from error
    if rung not in RUNGS:
        raise DomainError(_("rung 应为 %(rungs)s 之一。", rungs=_("、").join(RUNGS)), field="file")
    return str(rung)


def _compared(content: Content) -> str | None:
    found = content.get("replaces") or content.get("based_on")
    return found if isinstance(found, str) else None


def _check_region(code: str) -> None:
    if db.session.get(Division, code) is None:
        raise DomainError(_("行政区划代码 %(code)s 不存在，请重新选择地区。", code=code), field="region")


def _check_open(record: EditionRecord, expected_version: Any) -> None:
    """The only way to a change: of a draft, and of the draft that was seen."""
    if record.state is not EditionState.DRAFT:
        raise DomainError(_("%(name)s 已经发布，不能再改。请以它为底稿另起草一版。", name=record.name))
    if is_outdated(record, expected_version):
        raise EditConflictError(told(), [], version=record.version)


def _save(record: EditionRecord, content: Content) -> None:
    record.source = write_yaml(content)
    db.session.flush()
