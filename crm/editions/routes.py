"""Reading editions: all of them, one of them, its file, and how two differ. Criteria are public to whoever signs in."""

from __future__ import annotations

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.editions import service, showing
from crm.editions.blueprint import blueprint
from crm.editions.library import drafted, edition_named, library, shelf
from crm.editions.models import EditionRecord, EditionState
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import NotFoundError
from crm.policy import PURPOSES, Edition, NoEdition
from crm.policy.drafting.difference import changes, difference
from crm.policy.language.source import write_yaml
from crm.web.language import language


def may_write() -> bool:
    return bool(current_user.can(Permission.ADMINISTER_REFERENCE))


@blueprint.get("/editions")
@requires(Permission.SIGNED_IN)
def index() -> str:
    here = shelf()
    drafts = db.session.scalars(EditionRecord.drafts()).all() if may_write() else []
    return render_template(
        "editions/index.html",
        rungs=showing.shelf_rows(here.editions, clock.today()),
        drafts=drafts,
        rung_title=showing.rung_title,
        refused=[each.text[language()] for each in here.refused],
        may_write=may_write(),
    )


@blueprint.get("/editions/<edition_name>")
@requires(Permission.SIGNED_IN)
def show(edition_name: str) -> str:
    """An edition in words; of a draft what is wrong with it too (administrators only)."""
    record = _record(edition_name)
    if record is not None and record.state is EditionState.DRAFT:
        return draft_page(record)
    edition = load_edition(edition_name)
    return render_template(
        "editions/show.html",
        **showing.page_of(edition, record),
        may_write=may_write(),
        faults=[],
        draft=None,
        refused=[each.text[language()] for each in shelf().refused_of(edition.rung)],
    )


def draft_page(record: EditionRecord) -> str:
    faults = service.faults_of(record)
    edition = load_edition(record.name) if drafted(EditionRecord.id == record.id) else None
    shown = showing.page_of(edition, record) if edition else {"edition": None, "title": record.name, "record": record}
    base = _base_of(edition, record)
    return render_template(
        "editions/show.html",
        **shown,
        draft=record,
        before=base,
        faults=[service.sentence(fault) for fault in faults],
        may_write=True,
        moved=changes(difference(base, edition)) if edition and base else [],
    )


@blueprint.get("/editions/<edition_name>/file")
@requires(Permission.SIGNED_IN)
def download(edition_name: str) -> Response:
    """The edition as a YAML file: a draft or one published here as written, a shipped one as its content."""
    record = _record(edition_name)
    text = record.source if record is not None else write_yaml(load_edition(edition_name).content)
    answer = Response(text, mimetype="application/yaml; charset=utf-8")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{edition_name}.yaml")
    return answer


@blueprint.get("/editions/<edition_name>/difference")
@requires(Permission.SIGNED_IN)
def compare(edition_name: str) -> str:
    """What the edition changes against its predecessor, or against another of its rung (`?with=`)."""
    after = load_edition(edition_name)
    others = showing.comparable(after, may_write())
    asked = request.args.get("with", "")
    before = next((e for e in others if e.id == asked or e.name == asked), None) or predecessor(after, others)
    found = difference(before, after) if before else ()
    moved = changes(found)
    return render_template(
        "editions/difference.html",
        after=after,
        before=before,
        others=others,
        here=language(),
        period=showing.period,
        rows=showing.difference_rows(moved),
        same=showing.difference_rows(each for each in found if each not in moved and each.kind == "clause"),
        wrong=_("没有可以对比的版本 %(name)s，这里与上一版对比。", name=asked)
        if asked and before and asked not in (before.id, before.name)
        else None,
    )


def load_edition(name: str) -> Edition:
    """The edition with this id for the purpose asked; a draft for administrators. Raises NotFoundError (404)."""
    asked = request.args.get("purpose", "new")
    try:
        return edition_named(name, asked if asked in PURPOSES else "new", drafts=may_write())
    except NoEdition as error:
        among = library() + (drafted(EditionRecord.name == name) if may_write() else ())
        first = next((e for e in among if e.name == name), None)  # it may have other purposes only
        if first is None:
            raise NotFoundError(error.text[language()] if _refused(name) else _("没有这个版本。")) from error
        return first


def predecessor(edition: Edition, others: list[Edition]) -> Edition | None:
    """The edition it replaces or lies on; else the latest one of the same region that began before it."""
    wanted = edition.replaces or edition.based_on
    named = next((e for e in others if wanted and e.name == wanted), None)
    earlier = [e for e in others if e.since < edition.since and e.region == edition.region]
    return named or next(iter(earlier), None) or next((e for e in others if e.region is None), None)


def _base_of(edition: Edition | None, record: EditionRecord) -> Edition | None:
    if edition is None:
        return None
    others = showing.comparable(edition, drafts=False)
    named = next((e for e in others if e.name == record.copied_from), None)
    return named or predecessor(edition, others)


def _refused(name: str) -> bool:
    return any(each.name == name for each in shelf().refused)


def _record(name: str) -> EditionRecord | None:
    """What was written here under this name; drafts are there for administrators only."""
    record = db.session.scalar(EditionRecord.named(name))
    if record is not None and record.state is EditionState.DRAFT and not may_write():
        raise NotFoundError(_("没有这个版本。"))
    return record
