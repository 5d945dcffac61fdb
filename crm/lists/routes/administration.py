"""Lists, chains and their links are edited by an administrator; a rule's faults are told with key and cure."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.kernel.errors import DomainError
from crm.lists import queries, screening, service
from crm.lists.forms import ChainForm, LinkForm, ListForm
from crm.lists.routes import blueprint
from crm.lists.rules import chains_in_use, lists_in_use
from crm.web.errors import land
from crm.web.language import title_in

EXAMPLE = """criteria:
  - id: A-1
    title: {zh: 上年研发投入强度, en: R&D intensity last year}
    article: 第三条
    certainty: ours
    measure: {ratio: [{figure: rd, year: -1}, {figure: revenue, year: -1}]}
    operator: ">="
    value: 0.03
    unit: 比例
"""


@blueprint.route("/lists/new", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def create() -> str | Response:
    form = ListForm(data={"place": len(lists_in_use())})
    if form.validate_on_submit():
        try:
            found = service.add_list(actor=current_user, **form.values)
        except DomainError as error:
            land(form, error)
        else:
            screening.ask()
            flash(_("已建立名单“%(title)s”，正在测算谁符合。", title=title_in(found)), "success")
            return redirect(url_for("lists.show", firm_list_id=found.id))
    return _page(form, _l("新建名单"), [(_l("名单"), url_for("lists.index"))], url_for("lists.index"))


@blueprint.route("/lists/<int:firm_list_id>/edit", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def edit(firm_list_id: int) -> str | Response:
    found = queries.load_list(firm_list_id)
    form, back = ListForm(obj=found), url_for("lists.show", firm_list_id=found.id)
    del form.key
    if form.validate_on_submit():
        try:
            service.edit_list(actor=current_user, firm_list=found, expected_version=form.version.data, **form.values)
        except DomainError as error:
            land(form, error)
        else:
            screening.ask()
            flash(_("已保存，正在按新的规则测算。"), "success")
            return redirect(back)
    above = [(_l("名单"), url_for("lists.index")), (title_in(found), back)]
    return _page(form, _l("修改名单"), above, back)


@blueprint.route("/chains/new", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def create_chain() -> str | Response:
    form = ChainForm(data={"place": len(chains_in_use())})
    if form.validate_on_submit():
        try:
            chain = service.add_chain(actor=current_user, **form.values)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已建立。请接着添加它的各个环节。"), "success")
            return redirect(url_for("lists.create_link", cultivation_chain_id=chain.id))
    return _page(form, _l("新建培育链"), [(_l("培育链"), url_for("lists.chains"))], url_for("lists.chains"))


@blueprint.route("/chains/<int:cultivation_chain_id>/edit", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def edit_chain(cultivation_chain_id: int) -> str | Response:
    chain = queries.load_chain(cultivation_chain_id)
    form, back = ChainForm(obj=chain), url_for("lists.chains", _anchor=f"chain-{chain.id}")
    del form.key
    if form.validate_on_submit():
        try:
            service.edit_chain(actor=current_user, chain=chain, expected_version=form.version.data, **form.values)
        except DomainError as error:
            land(form, error)
        else:
            screening.ask()
            flash(_("已保存，正在按新的规则测算。"), "success")
            return redirect(back)
    return _page(form, _l("修改培育链"), [(_l("培育链"), url_for("lists.chains"))], back, chain=chain)


@blueprint.route("/chains/<int:cultivation_chain_id>/links/new", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def create_link(cultivation_chain_id: int) -> str | Response:
    chain = queries.load_chain(cultivation_chain_id)
    form, back = LinkForm(data={"place": len(chain.links)}), url_for("lists.edit_chain", cultivation_chain_id=chain.id)
    if form.validate_on_submit():
        try:
            service.add_link(actor=current_user, chain=chain, **form.values)
        except DomainError as error:
            land(form, error)
        else:
            screening.ask()
            flash(_("已添加这一环。"), "success")
            return redirect(back)
    above = [(_l("培育链"), url_for("lists.chains")), (title_in(chain), back)]
    return _page(form, _l("添加环节"), above, back)


@blueprint.route("/chain-links/<int:chain_link_id>/edit", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def edit_link(chain_link_id: int) -> str | Response:
    link = queries.load_link(chain_link_id)
    form, back = LinkForm(obj=link), url_for("lists.edit_chain", cultivation_chain_id=link.chain_id)
    del form.key
    if form.validate_on_submit():
        try:
            service.edit_link(actor=current_user, link=link, expected_version=form.version.data, **form.values)
        except DomainError as error:
            land(form, error)
        else:
            screening.ask()
            flash(_("已保存，正在按新的规则测算。"), "success")
            return redirect(back)
    above = [(_l("培育链"), url_for("lists.chains")), (title_in(link.chain), back)]
    return _page(form, _l("修改环节"), above, back, link=link)


@blueprint.post("/chain-links/<int:chain_link_id>/remove")
@requires(Permission.ADMINISTER_REFERENCE)
def remove_link(chain_link_id: int) -> Response:
    link = queries.load_link(chain_link_id)
    chain_id = link.chain_id
    try:
        service.remove_link(actor=current_user, link=link)
    except DomainError as error:
        flash(str(error), "danger")
    else:
        screening.ask()
        flash(_("已删除这一环，变更记录里仍可查到。"), "success")
    return redirect(url_for("lists.edit_chain", cultivation_chain_id=chain_id))


def _page(form: Any, title: Any, above: list[tuple[Any, str]], back: str, **more: Any) -> str:
    return render_template("lists/form.html", form=form, title=title, above=above, back=back, example=EXAMPLE, **more)
