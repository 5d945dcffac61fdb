"""What was told: of the past all read, a chat of the officers, and one message that did not arrive."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from crm.accounts.models import User
from crm.kernel import clock
from crm.kernel.db import db
from crm.notices.channels import add_channel
from crm.notices.models import Channel, ChannelKind, Delivery, DeliveryState, Notice, NoticeKind

UNREAD = timedelta(days=10)  # notices of so many days nobody has read yet
TOLD = (NoticeKind.PROPOSAL_SUBMITTED, NoticeKind.NEED_RAISED, NoticeKind.DUTY_NEAR)


def write_notices(administrator: User) -> None:
    """The chat is out of use: its robot is made up, and nothing of the demonstration leaves this machine."""
    old = update(Notice).where(Notice.at < clock.now() - UNREAD)
    db.session.execute(old.values(read_at=Notice.at), execution_options={"synchronize_session": False})
    assert administrator.organisation_id is not None
    add_channel(
        actor=administrator,
        organisation_id=administrator.organisation_id,
        kind=ChannelKind.WECOM,
        name="企业服务专员群（演示）",
        address="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=00000000-0000-0000-0000-000000000000",
        secret=None,
        kinds=TOLD,
    ).disabled = True
    db.session.flush()
    channel = db.session.scalars(select(Channel)).one()
    problem = "对方拒收：93000 invalid webhook url"
    failed = Delivery(channel=channel, key="test 1", content={}, state=DeliveryState.FAILED, attempts=1)
    failed.begun_at, failed.problem = clock.now(), problem
    db.session.add(failed)
    db.session.flush()
