"""Who is told of a step: the firm itself, and whoever is in charge of it, where someone else took it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select

from crm.applications.models import ApplicationEvent, ResultList
from crm.firms.models import Firm
from crm.firms.people import own_people_of
from crm.firms.telling import tell_both
from crm.kernel.bulk import rows_where_in
from crm.kernel.db import db
from crm.ladder.service import Grant
from crm.notices.models import NoticeKind
from crm.notices.service import OwnNotice, notify_many, path_of, take_back


def tell_titles(results: ResultList, brought: Mapping[int, Grant]) -> None:
    """The firms' own people learn of the titles that an official list brought them, by title; who applied here follows the case."""
    ids = [grant.firm_id for grant in brought.values()]
    names = {row.id: row.name for row in rows_where_in(db.session, select(Firm.id, Firm.name), Firm.id, ids)}
    notices = [
        OwnNotice(
            grant.firm_id,
            _title_key(title_id),
            path_of("ladder.standing", firm_id=grant.firm_id),
            {"firm": names[grant.firm_id], "list": results.title, "rung": results.rung, "on": grant.valid_from},
        )
        for title_id, grant in brought.items()
    ]
    notify_many(own_people_of(ids), NoticeKind.TITLE_GRANTED, notices)


def take_back_titles(title_ids: Collection[int]) -> None:
    """The titles were taken back before everybody read of them."""
    take_back(NoticeKind.TITLE_GRANTED, {_title_key(title_id) for title_id in title_ids})


def _title_key(title_id: int) -> str:
    return f"credential {title_id} granted"


def tell_moved(event: ApplicationEvent) -> None:
    application = event.application
    path = path_of("applications.show", application_id=application.id)
    officer = application.case.officer if application.case is not None else None
    tell_both(
        application.firm,
        NoticeKind.APPLICATION_MOVED,
        key=f"application {application.id} moved {event.id}",
        staff_path=path,
        own_path=path,
        also=[officer] if officer is not None else [],
        programme=application.window.programme.title,
        application_state=event.to_state,
    )
