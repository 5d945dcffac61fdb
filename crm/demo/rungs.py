"""A firm on the ladder: the titles it was given, renewed and lost, and the cases that brought it up."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from random import Random

from crm.demo.city import CasePlan
from crm.demo.diary import sign
from crm.demo.papers import paper
from crm.demo.story import Story
from crm.firms.ip.rules import later
from crm.kernel import clock
from crm.ladder import service
from crm.ladder.checklists import checklist_for
from crm.ladder.models import Case, CaseStatus, Credential, Rung, Stage
from crm.ladder.queries import credentials_of
from crm.ladder.service.moves import next_stage

CLIMBED = list(Rung)[:6]  # up to the first board
ENTRY_REASONS = (
    "上年研发费用占比已达到 3%，有自主知识产权在申请",
    "主导产品市场占有率居省内前列，企业有申报意愿",
    "研发人员占比达到条件，正在补研发费用辅助账",
    "走访了解有两项发明专利在审，两年内有望达标",
)
TERM = 3  # years, of every title but the yearly one and a listing


def write_rungs(story: Story) -> None:
    _titles(story)
    story.on(story.entered + timedelta(days=9), lambda: _climb(story))  # when its first titles are known
    if story.plan.lapsed:
        _lapsed(story, **story.plan.lapsed)
    for given in story.plan.cases:
        _case(story, CasePlan(**given))


# --- titles --------------------------------------------------------------------------------------------------------


def _titles(story: Story) -> None:
    for title in story.kind.titles:
        rung = Rung(title["rung"])
        ends = story.plan.titles.get(rung.value, title.get("ends"))
        if title.get("yearly"):
            _renew_yearly(story, rung, max(story.entered, date(story.last_year - 2, 1, 1)))
        elif "since" in title:
            _grant(story, rung, story.diary.ago(title["since"]), None)
        elif ends is not None:  # without an end it comes from a case
            days = story.random.randint(*ends) if isinstance(ends, list) else ends
            valid_to = story.diary.today + timedelta(days=days)
            valid_from = later(valid_to, years=-TERM) + timedelta(days=1)
            if title.get("before") and valid_from > story.entered + timedelta(days=5):
                _grant(story, rung, later(valid_from, years=-TERM), valid_from - timedelta(days=1))
                story.on(valid_from, partial(_renew, story, rung, valid_from, valid_to), hour=9)
            else:
                _grant(story, rung, valid_from, valid_to)
    if story.plan.revoked:
        revoked = story.plan.revoked
        day = story.diary.ago(revoked["days"])
        story.on(day, partial(_revoke, story, Rung(revoked["rung"]), revoked["reason"]))


def _grant(story: Story, rung: Rung, valid_from: date, valid_to: date | None) -> None:
    def grant() -> None:
        service.grant_credential(
            story.here,
            rung,
            number=_number(story, rung, valid_from.year),
            valid_from=valid_from,
            valid_to=valid_to,
            actor=story.officer,
        )

    story.on(max(valid_from + timedelta(days=11), story.entered + timedelta(days=5)), grant)


def _renew_yearly(story: Story, rung: Rung, first: date) -> None:
    """A title that runs from April to March and is renewed every year from `first` on."""
    for year in range(first.year - 1, story.diary.today.year + 1):
        valid_from, valid_to = date(year, 4, 1), date(year + 1, 3, 31)
        day = max(valid_from, first + timedelta(days=7))
        if day < valid_to and valid_from <= story.diary.today:
            story.on(day, partial(_renew, story, rung, valid_from, valid_to), hour=9)


def _renew(story: Story, rung: Rung, valid_from: date, valid_to: date) -> None:
    held = _held(story, rung)
    number = _number(story, rung, valid_from.year)
    if held is None:
        service.grant_credential(
            story.here, rung, number=number, valid_from=valid_from, valid_to=valid_to, actor=story.officer
        )
    else:
        service.renew_credential(held, number=number, valid_from=valid_from, valid_to=valid_to, actor=story.officer)


def _revoke(story: Story, rung: Rung, reason: str) -> None:
    held = _held(story, rung)
    assert held is not None, "nothing to revoke"
    service.revoke_credential(held, reason, actor=story.officer)


def _held(story: Story, rung: Rung) -> Credential | None:
    held = [each for each in credentials_of(story.here) if each.rung is rung and each.ended_on is None]
    return held[-1] if held else None


def _number(story: Story, rung: Rung, year: int) -> str:
    """A number of a made-up series."""
    serial = story.number * 37 % 1000
    series = {Rung.HTE: f"GR{year}9900{serial:04}", Rung.TECH_SME: f"{year}990100A{serial:07}"}
    return series.get(rung, f"YL-{rung.value.upper().replace('_', '-')}-{year}-{serial:03}")


# --- the years before ----------------------------------------------------------------------------------------------


def _climb(story: Story) -> None:
    """The lower titles that a firm had before its first higher ones: how it came up, some faster, some past a rung."""
    random = Random(f"{story.plan.name} climb")  # noqa: S311  of its own: the rest stays as it is
    firsts: dict[Rung, date] = {}
    for title in credentials_of(story.here):
        firsts.setdefault(title.rung, title.valid_from)
    above = [rung for rung in CLIMBED if rung in firsts]
    upper = firsts[above[-1]] if above else None
    for rung in reversed(CLIMBED[: CLIMBED.index(above[-1])] if above else []):
        assert upper is not None
        if random.random() < 0.15 and rung not in firsts:
            continue  # never had it
        wanted = upper - timedelta(days=random.randint(250, 1300))
        upper = _earlier(story, rung, wanted, firsts.get(rung), random.randint(1, 3))
    if above == [Rung.TECH_SME]:  # on the first rung only, but for how long already
        back = random.randint(0, 4)
        _earlier(story, Rung.TECH_SME, later(firsts[Rung.TECH_SME], years=-back), firsts[Rung.TECH_SME], back)


def _earlier(story: Story, rung: Rung, wanted: date, until: date | None, years: int) -> date:
    """Record terms of a title from about the wanted day up to the first one known, or for some years; the first day held."""
    if until is not None and until <= wanted:
        return until
    if rung is Rung.TECH_SME:
        last = until.year if until else wanted.year + years
        terms = [(date(year, 4, 1), date(year + 1, 3, 31)) for year in range(wanted.year, last)]
    elif until is None:
        terms = [(wanted, later(wanted, years=TERM) - timedelta(days=1))]
    else:
        terms = []
        while not terms or terms[0][0] > wanted:
            start = later(terms[0][0] if terms else until, years=-TERM)
            terms.insert(0, (start, (terms[0][0] if terms else until) - timedelta(days=1)))
    terms = [(start, end) for start, end in terms if start > story.born and end < story.entered]
    for start, end in terms:
        number = _number(story, rung, start.year)
        service.grant_credential(story.here, rung, number=number, valid_from=start, valid_to=end, actor=story.officer)
    return terms[0][0] if terms else until or wanted


def _lapsed(story: Story, rung: str, years: int) -> None:
    """A yearly title that was kept so many years and not renewed when it ended last March."""
    today = story.diary.today
    last = today.year if today >= date(today.year, 4, 1) else today.year - 1
    for year in range(last - years, last):
        day = max(date(year, 4, 10), story.entered + timedelta(days=7))
        begin = partial(_renew, story, Rung(rung), date(year, 4, 1), date(year + 1, 3, 31))
        story.on(day, begin)


# --- cases ---------------------------------------------------------------------------------------------------------


def _case(story: Story, plan: CasePlan) -> None:
    """Write down the steps of a case: those of a decided one in the autumn of last year, those of an open one of late."""
    today, random, cases = story.diary.today, story.random, []
    opened = max(today - timedelta(days=plan.opened * 30), story.entered + timedelta(days=20))
    rung = Rung(plan.rung)
    why = ENTRY_REASONS[story.number % len(ENTRY_REASONS)]
    story.on(opened, lambda: cases.append(service.open_case(story.here, rung, actor=story.officer, reason=why)))
    reach = Stage.APPLIED if plan.ended in ("certified", "rejected") else Stage(plan.stage)
    autumn = plan.ended in ("certified", "rejected")
    decided = date(today.year + plan.year, 12, 9)
    days = {
        Stage.CULTIVATING: min(opened + timedelta(days=random.randint(30, 55)), story.diary.ago(12)),
        Stage.READY: decided.replace(month=9) if autumn else story.diary.ago(random.randint(28, 62)),
        Stage.APPLIED: decided.replace(month=10) if autumn else story.diary.ago(random.randint(3, 16)),
    }
    for stage, day in days.items():
        if list(Stage).index(stage) <= list(Stage).index(reach):
            story.on(day, lambda stage=stage: _advance(story, cases[0], stage, plan))  # type: ignore[misc]
    if not plan.ended:  # where it stood when it began and where it stands now are kept, to be compared
        for day in (opened + timedelta(days=3), story.diary.ago(5)):
            story.on(day, lambda: _keep(story, cases[0]), hour=17)
    if reach is Stage.CULTIVATING and not plan.ended:
        story.on(story.diary.ago(20), lambda: _prepare(story, cases[0], Stage.READY, at_most=1))
    if plan.ended == "dropped":
        story.on(
            story.diary.ago(plan.days), lambda: service.drop_case(cases[0], plan.reason, actor=story.officer), hour=16
        )
    elif autumn:
        story.on(decided, lambda: _decide(story, cases[0], plan, decided), hour=16)
        renewed = date(decided.year + 1, 4, 1)
        if plan.ended == "certified" and rung is Rung.TECH_SME and renewed <= today:
            story.on(renewed, partial(_renew, story, rung, renewed, date(renewed.year + 1, 3, 31)))


def _keep(story: Story, case: Case) -> None:
    service.keep_assessment(story.here, case.rung, actor=story.officer, purpose=case.purpose)


def _prepare(story: Story, case: Case, stage: Stage, at_most: int | None = None) -> None:
    """Do what people do for the move: documents, declarations, the manager's signature."""
    done = {item.key for item in case.items}
    wanted = [each for each in checklist_for(case.rung, stage).requirements if each.key not in done]
    for each in wanted[:at_most]:
        if each.kind == "document":
            file = paper(f"{each.title.zh}.pdf", story.plan.name)
            service.attach_document(case, each.key, file, actor=story.officer)
        elif each.kind == "declaration":
            service.declare(case, each.key, actor=story.officer)
        elif each.kind == "step":
            service.reach_step(case, each.key, clock.today(), actor=story.officer)
        else:
            service.sign_off(case, each.key, actor=story.cast.manager)


def _advance(story: Story, case: Case, stage: Stage, plan: CasePlan) -> None:
    """Move the case if nothing stands in the way any more; the manager may overrule, where the plan says why."""
    if next_stage(case.stage) is not stage:
        return  # it stands still further down
    _prepare(story, case, stage)
    try:
        service.move_case(case, stage, actor=story.officer)
    except service.OpenItemsError:
        if plan.override:
            sign(story.cast.manager)
            service.move_case(case, stage, actor=story.cast.manager, override_reason=plan.override)


def _decide(story: Story, case: Case, plan: CasePlan, on: date) -> None:
    if case.status is not CaseStatus.OPEN or case.stage is not Stage.APPLIED:
        return
    if plan.ended == "rejected":
        service.reject_case(case, plan.reason, actor=story.officer)
        return
    _prepare(story, case, Stage.CERTIFIED)
    ends = date(on.year + 1, 3, 31) if case.rung is Rung.TECH_SME else later(on, years=TERM) - timedelta(days=1)
    certificate = service.Certificate(plan.number or _number(story, case.rung, on.year), on, ends)
    service.move_case(case, Stage.CERTIFIED, actor=story.officer, certificate=certificate)
