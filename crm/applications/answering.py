"""What an application asks of the record goes into the record: of a firm's own user as a wish to decide on, of staff as declared."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from crm.accounts.models import User
from crm.applications.machine import is_own
from crm.applications.models import Application
from crm.applications.prefill import COLUMNS, pending_of
from crm.firms import service as firms
from crm.firms.facts.groups import FACT_KEYS
from crm.firms.figures.service import record_figures
from crm.firms.forms import to_json
from crm.firms.proposals.models import Target
from crm.firms.proposals.service import Wanted, propose
from crm.kernel import clock
from crm.kernel.errors import DomainError
from crm.kernel.plain import plain

PROFILE = {path: column for column, path in COLUMNS.items()}


def keep_facts(application: Application, *, actor: User, facts: dict[str, Any]) -> None:
    """`facts`: path → what a form's field of it gave. What is left blank, or waits so already, is left alone."""
    wanted = {path: value for path, value in facts.items() if value is not None}
    if is_own(actor, application):
        _propose(application, actor, wanted)
    else:
        _record(application, actor, wanted)


def _propose(application: Application, actor: User, facts: dict[str, Any]) -> None:
    waiting = {path: asked.new for path, asked in pending_of(application.firm).items()}
    wishes = [(path, _wish(path, value)) for path, value in facts.items()]
    new = [wish for path, wish in wishes if waiting.get(path) != plain(wish.new)]
    if not new:
        return
    propose(actor=actor, firm=application.firm, wanted=new, note=application.window.programme.title, document=None)


def _wish(path: str, value: Any) -> Wanted:
    head, _dot, rest = path.partition(".")
    if head == "years":
        year, _dot, key = rest.partition(".")
        return Wanted(target=Target.FIGURES, target_key=year, field=key, new=value)
    if path in PROFILE:
        return Wanted(target=Target.FIRM, field=PROFILE[path], new=value)
    as_of = clock.today().isoformat()
    return Wanted(target=Target.FACT, target_key=as_of, field=path, new=to_json(FACT_KEYS[path], value))


def _record(application: Application, actor: User, facts: dict[str, Any]) -> None:
    firm, years = application.firm, defaultdict[int, dict[str, Any]](dict)
    profile: dict[str, Any] = {}
    for path, value in facts.items():
        head, _dot, rest = path.partition(".")
        if head == "years":
            year, _dot, key = rest.partition(".")
            years[int(year)][key] = value
        elif path in PROFILE:
            profile[PROFILE[path]] = value
        else:
            stored = to_json(FACT_KEYS[path], value)
            firms.set_fact(actor=actor, firm=firm, key=path, value=stored, as_of=clock.today())
    if profile:
        firms.update_profile(actor=actor, firm=firm, **profile)
    for of_year, values in sorted(years.items()):
        try:
            record_figures(actor=actor, firm=firm, year=of_year, values=values)
        except DomainError as error:
            error.field = f"years.{of_year}.{error.field}" if error.field else None
            raise
