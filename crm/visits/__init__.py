"""Visits, needs and tasks."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.firms.history.words import add_words
from crm.firms.saved_views.service import offer_views
from crm.firms.tabs import Tab, TabGroup, add_tab
from crm.kernel.jobs import offer_regular
from crm.notices.reminders import LOOK_EVERY
from crm.visits import agency_routes as _agency_routes  # noqa: F401  its views join the blueprint
from crm.visits import finding, firm_list, needs, routes, words
from crm.visits import need_routes as _need_routes  # noqa: F401  its views join the blueprint
from crm.visits import planning_routes as _planning_routes  # noqa: F401
from crm.visits import task_routes as _task_routes  # noqa: F401
from crm.visits.answers import answers_told
from crm.visits.models import NeedState, PlannedState, Reluctance, TaskState
from crm.visits.showing import task_item
from crm.visits.telling import remind_of_tasks
from crm.web.layout import Place, add_place


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    offer_regular(app, "task reminders", LOOK_EVERY, remind_of_tasks)
    app.jinja_env.globals.update(
        task_item=task_item,
        task_state=lambda task: words.TASK_STATES[task.state],
        planned_state=lambda planned: words.PLANNED_STATES[planned.state],
        need_state=lambda need: words.NEED_STATES[need.state],
        reluctance_word=lambda visit: words.RELUCTANCES[visit.reluctance],
        need_kind=lambda need: words.NEED_KINDS.get(need.kind, need.kind),
    )
    app.jinja_env.filters["topic_titles"] = words.topic_titles
    add_words(
        app,
        "visit",
        _l("走访"),
        words.VISIT_FIELDS,
        subject="on",
        enumerations={Reluctance: words.RELUCTANCES},
        shown={"topics": lambda topics: "、".join(map(str, words.topic_titles(topics))), "answers": answers_told},
    )
    add_words(
        app,
        "planned_visit",
        _l("走访计划"),
        words.PLANNED_FIELDS,
        subject="on",
        enumerations={PlannedState: words.PLANNED_STATES},
    )
    add_words(
        app,
        "need",
        _l("诉求"),
        words.NEED_FIELDS,
        subject="text",
        enumerations={NeedState: words.NEED_STATES},
        shown={"kind": lambda kind: words.NEED_KINDS.get(kind, kind)},
    )
    add_words(app, "need_step", _l("代办进展"), words.STEP_FIELDS, subject="text")
    add_words(app, "task", _l("任务"), words.TASK_FIELDS, subject="title", enumerations={TaskState: words.TASK_STATES})
    add_place(app, Place("visits.pick", _l("记走访"), "plus", Permission.LOG_VISITS, thumb=3, action=True))
    add_place(app, Place("visits.visit_calendar", _l("走访日历"), "calendar", Permission.VIEW_FIRMS, 15, thumb=4))
    add_place(app, Place("visits.tasks", _l("任务"), "task", Permission.VIEW_FIRMS, 20))
    add_place(app, Place("visits.needs", _l("诉求"), "need", Permission.VIEW_FIRMS, 22))
    add_tab(app, Tab("visits.index", _l("走访"), TabGroup.SERVICE, 60))
    finding.init_app(app)
    app.extensions.setdefault("firm_filters", {}).update(firm_list.filters())
    app.extensions.setdefault("firm_moved", []).append(needs.hand_on)
    app.extensions["firm_list_last_visits"] = firm_list.last_visits
    offer_views(app, "visits.tasks", _l("任务"))
