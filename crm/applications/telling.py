"""Who is told of a step: the firm itself, and whoever is in charge of it, where someone else took it."""

from __future__ import annotations

from crm.applications.models import ApplicationEvent
from crm.firms.telling import tell_both
from crm.notices.models import NoticeKind
from crm.notices.service import path_of


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
