"""Telling both sides of what became of something of a firm."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crm.accounts.models import User
from crm.firms.models import Firm
from crm.firms.people import in_charge, own_people
from crm.notices.models import NoticeKind
from crm.notices.service import notify


def tell_both(
    firm: Firm, kind: NoticeKind, *, key: str, staff_path: str, own_path: str, also: Iterable[User] = (), **values: Any
) -> None:
    """Tell the firm's own people, and those in charge of it (and `also`) where someone else did it.

    Each is led to the page that is theirs; a group chat is the staff's.
    """
    staff = [*in_charge(firm), *also]
    notify(staff, kind, key=key, path=staff_path, firm_id=firm.id, firm=firm.name, **values)
    notify(own_people(firm), kind, key=key, path=own_path, firm_id=firm.id, chats=False, firm=firm.name, **values)
