"""Applications in every state, each brought there by the steps that people take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.applications import service
from crm.applications.loading import load_programmes
from crm.applications.machine import State
from crm.applications.models import Application, Programme, Window
from crm.applications.openings import Opening, openings_for
from crm.applications.papers import declarations_of, papers_of
from crm.applications.prefill import Prefill
from crm.firms.models import Division, Firm
from crm.ladder.service import Certificate
from tests.factories import Park
from tests.integration.ladder.makers import TODAY, pdf, qualify

CERTIFICATE = Certificate("202643090008000001", TODAY, date(2026, 12, 31))
NUMBER = "益科计〔2026〕8号-3"


@dataclass
class Hall:
    """Where applications are handed in. `title` leads to tech_sme, `project` to no title of the ladder."""

    session: Session
    park: Park
    firm: Firm
    own: User
    officer: User
    manager: User
    title: Programme
    project: Programme
    project_window: Window

    def opening(self, programme: Programme) -> Opening:
        return openings_for([programme], self.firm.division_code, TODAY)[programme.id][0]

    def draft(self, programme: Programme | None = None, *, actor: User | None = None) -> Application:
        """Begun, and nothing filled in; by the firm unless someone else is named."""
        return service.start(actor=actor or self.own, firm=self.firm, opening=self.opening(programme or self.title))

    def fill(self, application: Application) -> Application:
        """Everything the firm has to bring."""
        words = {ask["key"]: "我们这样写" for ask in application.window.programme.asks if not ask.get("fact")}
        service.answer(
            application,
            actor=self.own,
            words=words,
            facts={},
            declared=[each.key for each, _made in declarations_of(application, TODAY)],
        )
        for paper in papers_of(application, TODAY):
            if paper.document is None:
                service.attach(application, paper.key, actor=self.own, file=pdf(f"{paper.key}.pdf"))
        return application

    def at(self, state: State, programme: Programme | None = None) -> Application:
        """An application that came to a state by the proper steps."""
        application = self.fill(self.draft(programme))
        if state is State.DRAFT:
            return application
        service.submit(application, actor=self.own)
        if state is State.RETURNED:
            service.send_back(application, ["补充销售合同"], actor=self.officer)
        if state in (State.REVIEWED, State.RECOMMENDED, State.ON_NOTICE, State.GRANTED):
            service.review(application, actor=self.officer)
        if state in (State.RECOMMENDED, State.ON_NOTICE, State.GRANTED):
            service.recommend(application, actor=self.manager)
        if state in (State.ON_NOTICE, State.GRANTED):
            ended = TODAY - timedelta(days=1)
            service.announce(application, actor=self.officer, since=TODAY - timedelta(days=7), until=ended)
        if state is State.GRANTED:
            self.grant(application)
        if state is State.REFUSED:
            service.refuse(application, "不符合当年要求", actor=self.manager)
        if state is State.WITHDRAWN:
            service.withdraw(application, "明年再报", actor=self.own)
        assert application.state is state
        return application

    def mend(self, application: Application) -> None:
        """What was asked for is changed in what the firm wrote."""
        words = {key: f"{text}，已补充" for key, text in application.answers["words"].items()}
        declared = application.answers["declared"]
        service.answer(application, actor=self.own, words=words, facts={}, declared=declared)

    def grant(self, application: Application) -> None:
        rung = application.window.programme.rung
        service.grant(
            application,
            actor=self.manager,
            number=NUMBER,
            certificate=CERTIFICATE if rung else None,
            file=pdf(),
            skipped="省厅统一公示",
        )

    def missing(self, application: Application) -> list[str]:
        return [question.key for question in Prefill.of(application, TODAY).questions]


def make_hall(session: Session, park: Park) -> Hall:
    load_programmes()
    for code, name in (("430900", "益阳市"), ("330000", "浙江省")):
        if session.get(Division, code) is None:
            session.add(Division(code=code, name=name))
    session.flush()
    park.firm.division_code = "430900"
    qualify(session, park.firm, park.officer).rd_staff = 12  # which the project asks for
    programmes = {programme.key: programme for programme in session.scalars(select(Programme))}
    window = Window(
        programme=programmes["science_project"],
        year=2026,
        title="第一批",
        division_code="430900",
        opens_on=date(2026, 6, 1),
        closes_on=date(2026, 6, 30),
    )
    session.add(window)
    session.commit()
    return Hall(
        session=session,
        park=park,
        firm=park.firm,
        own=park.firm_user,
        officer=park.officer,
        manager=park.manager,
        title=programmes["tech_sme"],
        project=programmes["science_project"],
        project_window=window,
    )
