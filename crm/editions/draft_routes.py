"""Writing editions: copying one, uploading one, changing a draft, discarding and publishing it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.editions import service, showing
from crm.editions.blueprint import blueprint
from crm.editions.forms import CopyForm, HeadForm, NumbersForm, UploadForm, head_form, numbers_form, tomorrow_or_later
from crm.editions.library import as_published, beside, library
from crm.editions.models import EditionRecord, EditionState
from crm.editions.routes import load_edition
from crm.editions.words import PURPOSES
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.policy.drafting.difference import changes, difference
from crm.policy.drafting.numbers import Number, numbers_of
from crm.policy.text import quantity
from crm.web.conflict import version_sent
from crm.web.errors import land
from crm.web.language import language


def load_draft(name: str) -> EditionRecord:
    """The draft with this id. Raises PublishedError where it was published, NotFoundError (404) where there is none."""
    record = db.session.scalar(EditionRecord.named(name))
    if record is None:
        raise NotFoundError(_("没有这份草稿。已发布的版本不能再改。"))
    if record.state is not EditionState.DRAFT:
        raise PublishedError(name)
    return record


class PublishedError(Exception):
    """A form of a draft that was published meanwhile."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@blueprint.errorhandler(PublishedError)
def _published(error: PublishedError) -> Response:
    flash(
        _(
            "%(name)s 已经发布，不能再改，刚才填写的内容没有保存。要改，请在这一页选“以此起草”另起草一版。",
            name=error.name,
        ),
        "danger",
    )
    return redirect(url_for("editions.show", edition_name=error.name))


@blueprint.route("/editions/<edition_name>/copy", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def copy(edition_name: str) -> str | Response:
    base = load_edition(edition_name)
    since = tomorrow_or_later(base)
    form = CopyForm(base, data={"name": service.proposed_name(base, since), "since": since})
    if form.validate_on_submit():
        assert form.name.data and form.since.data
        try:
            record = service.copy_edition(
                base, name=form.name.data, since=form.since.data, region=form.region.data, actor=current_user
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("草稿 %(name)s 已建好。请修改与底稿不同之处，再发布。", name=record.name), "success")
            return redirect(_page(record))
    return render_template("editions/copy.html", form=form, base=base, here=language(), period=showing.period(base))


@blueprint.route("/editions/upload", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def upload() -> str | Response:
    form = UploadForm()
    if form.validate_on_submit():
        try:
            record = service.upload_edition(_text_of(form), actor=current_user, instead=bool(form.instead.data))
        except DomainError as error:
            land(form, error)
        else:
            found = len(service.faults_of(record))
            flash(
                _("草稿 %(name)s 已存下，还有 %(count)s 处要改正。", name=record.name, count=found)
                if found
                else _("草稿 %(name)s 已存下。", name=record.name),
                "success",
            )
            return redirect(_page(record))
    return render_template("editions/upload.html", form=form)


def _text_of(form: UploadForm) -> str:
    try:
        text: str = form.file.data.read(service.LONGEST_SOURCE * 4).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DomainError(_("请把文件存为 UTF-8 编码再上传。"), field="file") from None
    return text


@blueprint.route("/editions/<draft_name>/edit", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def edit(draft_name: str) -> str | Response:
    """The head of a draft."""
    record = load_draft(draft_name)
    content = service.content_of(record)
    replaceable = showing.replaceable(record.rung)
    form = head_form(content, replaceable)
    if form.validate_on_submit():
        try:
            form.check_seen(record, _opened_head(content, replaceable))
            service.change_head(record, form.changes(), actor=current_user, expected_version=None)
        except DomainError as error:
            land(form, error)
        else:
            return _saved(record)
    if not form.is_submitted():
        form.version.data = str(record.version)
        form.remember()
    return render_template("editions/edit.html", form=form, record=record, overlay=content.get("based_on"))


def _opened_head(content: dict[str, Any], replaceable: dict[str, str]) -> HeadForm:
    form = head_form(content, replaceable, formdata=None)
    form.remember()
    return form


@blueprint.route("/editions/<draft_name>/numbers", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def numbers(draft_name: str) -> str | Response:
    """Every number of a draft, clause by clause, beside what it is in the edition it was made from."""
    record = load_draft(draft_name)
    try:
        whole = service.whole_content(record)
    except DomainError as error:
        flash(str(error), "danger")
        return redirect(_page(record))
    known = numbers_of(whole)
    form = numbers_form(known)
    if form.validate_on_submit():
        try:
            now = numbers_form(known, formdata=None)
            now.remember()
            form.check_seen(record, now)
            service.change_draft_numbers(record, form.numbers(known), actor=current_user, expected_version=None)
        except DomainError as error:
            land(form, error)
        else:
            return _saved(record)
    if not form.is_submitted():
        form.version.data = str(record.version)
        form.remember()
    return render_template(
        "editions/numbers.html", form=form, record=record, clauses=_clauses(form, known, whole, _before(record))
    )


def _before(record: EditionRecord) -> dict[str, Number]:
    base = next((edition for edition in library() if edition.name == record.copied_from), None)
    return {number.path: number for number in numbers_of(base.content)} if base else {}


def _clauses(
    form: NumbersForm, known: list[Number], whole: dict[str, Any], before: dict[str, Number]
) -> list[dict[str, Any]]:
    """The fields under the clause that reads them first."""
    here = language()
    titles = {str(item.get("id")): item.get("title") or {} for item in whole["criteria"] if isinstance(item, dict)}
    groups: dict[str, list[dict[str, Any]]] = {}
    for number in known:
        earlier = before.get(number.path)
        also = [name for name in number.clauses if name != number.clause]
        groups.setdefault(number.clause, []).append(
            {
                "field": form[number.path],
                "unit": showing.unit_shown(number),
                "help": _help(quantity(earlier.value, earlier.unit)[here] if earlier else None, also),
            }
        )
    return [
        {"id": name, "title": f"{name} {titles.get(name, {}).get(here, '')}".strip(), "fields": fields}
        for name, fields in groups.items()
    ]


def _help(before: str | None, also: list[str]) -> str:
    parts = [_("底稿：%(value)s", value=before) if before is not None else ""]
    parts.append(_("%(clauses)s 也用这个数", clauses=_("、").join(also)) if also else "")
    return _("；").join(part for part in parts if part)


@blueprint.post("/editions/<draft_name>/discard")
@requires(Permission.ADMINISTER_REFERENCE)
def discard(draft_name: str) -> Response:
    record = load_draft(draft_name)
    name = record.name
    try:
        service.discard(record, actor=current_user, expected_version=version_sent())
    except DomainError as error:
        flash(str(error), "danger")
        return redirect(_page(record))
    flash(_("草稿 %(name)s 已放弃。", name=name), "success")
    return redirect(url_for("editions.index"))


@blueprint.route("/editions/<draft_name>/publish", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def publish(draft_name: str) -> Response | tuple[str, int]:
    """What will happen, and the button that does it."""
    record = load_draft(draft_name)
    wrong: list[str] = []
    if request.method == "POST":
        try:
            service.publish(record, actor=current_user, expected_version=version_sent())
        except DomainError as error:
            wrong = [str(error)]
        else:
            flash(_("%(name)s 已发布，从施行起日起据以判断；此后不能再改。", name=record.name), "success")
            return redirect(url_for("editions.show", edition_name=record.name))
    reasons = service.obstacles(record)
    after = [] if reasons else list(as_published(record.source, record.name))
    return render_template(
        "editions/publish.html",
        record=record,
        wrong=wrong if not reasons else [],
        reasons=reasons,
        editions=after,
        period=showing.period,
        purposes=PURPOSES,
        regions=showing.region_titles(edition.region for edition in after),
        ended=showing.ended_by(library(), beside(record.source, record.name)) if after else [],
        already=[edition for edition in after if edition.since <= clock.today()],
        moved=_moved(record, after),
    ), (422 if wrong else 200)


def _moved(record: EditionRecord, after: list[Any]) -> list[dict[str, Any]]:
    base = next(
        (e for e in library() if after and e.name == record.copied_from and e.purpose == after[0].purpose), None
    )
    return showing.difference_rows(changes(difference(base, after[0]))) if base else []


def _saved(record: EditionRecord) -> Response:
    found = len(service.faults_of(record))
    if found:
        flash(_("已保存。还有 %(count)s 处要改正，改正后才能发布。", count=found), "success")
    else:
        flash(_("已保存。"), "success")
    return redirect(_page(record))


def _page(record: EditionRecord) -> str:
    return url_for("editions.show", edition_name=record.name)
