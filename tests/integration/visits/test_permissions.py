"""Every verb refuses who may not, whatever page or command calls it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crm.kernel import clock
from crm.kernel.errors import DomainError, NotAllowedError
from crm.visits import service
from crm.visits.models import NeedState, TaskState
from crm.visits.service import Account, Asked
from crm.visits.tasks import Promised, change_task, end_task, plan_task, reopen_task

TODAY = clock.today()


def promised(person: Any) -> Promised:
    return Promised(title="送政策汇编", due_on=TODAY, assignee_id=person.id)


class Made:
    """A visit with a need and a task, both open; and with one of each settled."""

    def __init__(self, park: Any) -> None:
        officer = self.actor = park.officer
        self.park, self.firm = park, park.firm
        self.account = Account(on=TODAY, said="谈了研发")
        self.visit = service.log_visit(
            officer,
            park.firm,
            self.account,
            needs=[Asked(kind="finance", text="缺流动资金"), Asked(kind="talent", text="缺焊工")],
            tasks=[promised(officer), promised(officer)],
        )
        self.task, self.ended = self.visit.tasks
        self.need, self.answered = self.visit.needs
        end_task(officer, self.ended, state=TaskState.DONE)
        service.answer_need(officer, self.answered, state=NeedState.ANSWERED, answer="已发布岗位")


VERBS: dict[str, Callable[[Made], Any]] = {
    "log_visit": lambda it: service.log_visit(it.actor, it.firm, it.account),
    "edit_visit": lambda it: service.edit_visit(it.actor, it.visit, it.account, version=it.visit.version),
    "plan_task": lambda it: plan_task(it.actor, it.firm, promised(it.park.officer)),
    "change_task": lambda it: change_task(it.actor, it.task, promised(it.park.manager), version=it.task.version),
    "end_task": lambda it: end_task(it.actor, it.task, state=TaskState.DONE),
    "reopen_task": lambda it: reopen_task(it.actor, it.ended),
    "answer_need": lambda it: service.answer_need(it.actor, it.need, state=NeedState.ANSWERED, answer="已对接"),
    "reopen_need": lambda it: service.reopen_need(it.actor, it.answered),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_firms_user_may_not_and_an_officer_may(session, park, verb: str) -> None:
    made = Made(park)
    made.actor = park.firm_user
    with pytest.raises(NotAllowedError):
        VERBS[verb](made)
    made.actor = park.officer
    VERBS[verb](made)


GIVERS: dict[str, Callable[[Made, Promised], Any]] = {
    "log_visit": lambda it, task: service.log_visit(it.actor, it.firm, it.account, tasks=[task]),
    "edit_visit": lambda it, task: service.edit_visit(
        it.actor, it.visit, it.account, version=it.visit.version, tasks=[task]
    ),
    "plan_task": lambda it, task: plan_task(it.actor, it.firm, task),
    "change_task": lambda it, task: change_task(it.actor, it.task, task, version=it.task.version),
}


@pytest.mark.parametrize("verb", GIVERS)
@pytest.mark.parametrize("who", ["other_officer", "firm_user", "disabled"])
def test_a_task_is_given_only_to_staff_who_see_the_firm(session, park, verb: str, who: str) -> None:
    made = Made(park)
    if who == "disabled":
        park.manager.disabled = True
        session.flush()
    person = park.manager if who == "disabled" else getattr(park, who)
    with pytest.raises(DomainError, match="承办人须是"):
        GIVERS[verb](made, promised(person))
