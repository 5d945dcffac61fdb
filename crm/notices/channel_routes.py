"""The administrator's pages: group chats that are told, and messages that did not arrive."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.queries import organisation_choices
from crm.kernel.errors import DomainError
from crm.kernel.jobs import has_worker
from crm.notices import channels, chat, queries
from crm.notices.forms import ChannelForm
from crm.notices.models import ChannelKind
from crm.notices.routes import blueprint
from crm.notices.words import CHANNEL_KINDS, DELIVERY_STATES, KINDS
from crm.web.errors import land
from crm.web.paging import page_number


@blueprint.get("/notices/channels")
@requires(Permission.ADMINISTER_ACCOUNTS)
def channels_index() -> str:
    return render_template(
        "notices/channels.html",
        channels=queries.channels_for(current_user),
        channel_kinds=CHANNEL_KINDS,
        kinds=KINDS,
        masked=chat.masked,
    )


@blueprint.route("/notices/channels/new", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_ACCOUNTS)
def create_channel() -> str | Response:
    form = ChannelForm()
    form.organisation_id.choices = organisation_choices(current_user)
    del form.disabled
    if form.validate_on_submit():
        try:
            if not form.address.data:
                raise DomainError(_("请填写。"), field="address")
            channel = channels.add_channel(
                actor=current_user,
                organisation_id=form.organisation_id.data,
                kind=ChannelKind(form.kind.data or ""),
                address=form.address.data,
                **form.chosen(),
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已添加。请发一条测试消息，看群里能否收到。"), "success")
            return redirect(url_for("notices.channel", channel_id=channel.id))
    return render_template("notices/channel_form.html", form=form, channel=None)


@blueprint.route("/notices/channels/<int:channel_id>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_ACCOUNTS)
def channel(channel_id: int) -> str | Response:
    robot = queries.load_channel_for(current_user, channel_id)
    form = ChannelForm(
        data={"name": robot.name, "kinds": robot.kinds, "disabled": robot.disabled, "version": robot.version}
    )
    del form.organisation_id, form.kind
    if form.validate_on_submit():
        try:
            channels.change_channel(
                robot,
                address=form.address.data,
                disabled=bool(form.disabled.data),
                version=form.version.data,
                **form.chosen(),
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存。"), "success")
            return redirect(url_for("notices.channels_index"))
    return render_template(
        "notices/channel_form.html",
        form=form,
        channel=robot,
        channel_kinds=CHANNEL_KINDS,
        masked=chat.masked(robot.address),
        deliveries=queries.recent_deliveries(robot),
        states=DELIVERY_STATES,
        subject=queries.subject,
    )


@blueprint.post("/notices/channels/<int:channel_id>/test")
@requires(Permission.ADMINISTER_ACCOUNTS)
def test_channel(channel_id: int) -> Response:
    channels.send_test(queries.load_channel_for(current_user, channel_id))
    if has_worker():
        flash(_("测试消息已交给后台，几秒后刷新本页可以看到结果。"), "success")
    else:
        flash(_("测试消息已排队，但后台任务没有运行。请运维启动 worker。"), "warning")
    return redirect(url_for("notices.channel", channel_id=channel_id))


@blueprint.get("/notices/deliveries")
@requires(Permission.ADMINISTER_ACCOUNTS)
def deliveries() -> str:
    everything = request.args.get("all") == "1"
    return render_template(
        "notices/deliveries.html",
        page=queries.deliveries_for(current_user, everything=everything, page=page_number()),
        everything=everything,
        states=DELIVERY_STATES,
        subject=queries.subject,
        mail=current_app.config["MAIL"] is not None,
    )


@blueprint.post("/notices/deliveries/<int:delivery_id>/resend")
@requires(Permission.ADMINISTER_ACCOUNTS)
def resend(delivery_id: int) -> Response:
    channels.resend(queries.load_delivery_for(current_user, delivery_id))
    flash(_("已重新排队，后台会再发一次。"), "success")
    return redirect(url_for("notices.deliveries"))
