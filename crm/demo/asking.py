"""What firms asked to change in their own record, and what the officer said to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from crm.accounts import service as accounts
from crm.accounts.models import User
from crm.demo.city import PersonPlan
from crm.demo.diary import sign
from crm.demo.numbers import yuan
from crm.demo.scenarios import write_scenarios
from crm.demo.story import Story
from crm.firms import service as firms
from crm.firms.figures.keys import KEYS
from crm.firms.figures.queries import figures_of_year
from crm.firms.proposals import service
from crm.firms.proposals.models import Decision, Proposal, Target
from crm.firms.proposals.service import Verdict, Wanted
from crm.portal.queries import contacts_of
from crm.visits import needs
from crm.visits import service as visits
from crm.visits.agency import note_step
from crm.visits.models import Need, NeedState


def write_asking(story: Story, plan: PersonPlan) -> None:
    """Write down when the firm's person got an account and what they asked for."""
    people: list[User] = []
    story.on(story.entered + timedelta(days=40), lambda: people.append(_account(story, plan)), hour=11)
    for given in story.city.proposals:
        if given["firm"] == story.plan.name:
            _ask(story, people, given)
    story.on(story.diary.ago(33), lambda: _new_telephone(story, people[0]), hour=11)
    if plan.password:
        write_scenarios(story, lambda: people[0])
        for asked in NEEDS:
            _need(story, people, *asked)
        _agency(story, people, *AGENCY)


# What the firm asked the park for itself: days ago, kind, words, and the answer with the days it took.
NEEDS = (
    (
        41,
        "finance",
        "第二条产线的设备贷款约 800 万元，抵押物不足，想了解知识产权质押。",
        ("已约两家银行上门，质押评估由园区补贴一半。", 9),
    ),
    (19, "talent", "急招伺服控制工程师两名，年底前到岗。", ("已推荐职院对口专业八名学生，面试安排在下周。", 6)),
    (5, "policy", "去年研发奖补还没有到账，请帮忙问进度。", None),
)
# One that the park takes through all offices for the firm: days ago, its words, and the steps with the days they are ago.
AGENCY = (
    24,
    "二期厂房扩建要办规划许可、施工许可和消防审查，请园区帮我们跑。",
    (
        (20, None, "材料清单已列好，企业补齐土地证复印件。"),
        (16, "自然资源局", "规划许可已受理。"),
        (9, "自然资源局", "规划许可已取得，企业可到园区领取。"),
        (3, "住建局", "施工许可材料已交，等现场勘察。"),
    ),
)


def _need(story: Story, people: list[User], days: int, kind: str, text: str, answer: tuple[str, int] | None) -> None:
    raised: list[Need] = []

    def ask() -> None:
        sign(people[0])
        raised.append(needs.raise_need(people[0], story.here, kind=kind, text=text))

    def rate() -> None:
        sign(people[0])
        needs.rate_need(people[0], raised[0], rating=5, words="银行第三天就来了。")

    story.on(story.diary.ago(days), ask, hour=11)
    if answer is not None:
        words, took = answer
        story.on(
            story.diary.ago(days - took),
            lambda: visits.answer_need(story.officer, raised[0], state=NeedState.ANSWERED, answer=words),
            hour=16,
        )
    if kind == "finance":  # the other answer waits to be rated
        story.on(story.diary.ago(days - 14), rate, hour=10)


def _agency(
    story: Story, people: list[User], days: int, text: str, steps: tuple[tuple[int, str | None, str], ...]
) -> None:
    raised: list[Need] = []

    def ask() -> None:
        sign(people[0])
        raised.append(needs.raise_need(people[0], story.here, kind="approval", text=text, agency=True))

    def take_on() -> None:
        due = story.diary.today + timedelta(days=21)
        needs.promise_answer(story.officer, raised[0], assignee_id=story.officer.id, due_on=due, agency=True)

    def step(ago: int, office: str | None, words: str) -> None:
        note_step(story.officer, raised[0], on=story.diary.ago(ago), office=office, text=words)

    story.on(story.diary.ago(days), ask, hour=10)
    story.on(story.diary.ago(days - 1), take_on, hour=9)
    for ago, office, words in steps:
        story.on(story.diary.ago(ago), partial(step, ago, office, words), hour=15)


def _account(story: Story, plan: PersonPlan) -> User:
    person = accounts.create_firm_user(email=plan.email, name=plan.name, firm_id=story.here.id)
    if plan.password:
        accounts.set_password(user=person, password=plan.password)
    return person


def _ask(story: Story, people: list[User], given: Mapping[str, Any]) -> None:
    asked: list[Proposal] = []

    def ask() -> None:
        person = people[0]
        sign(person)
        document = story.file(given["document"], actor=person) if "document" in given else None
        wanted = [_wanted(story, want) for want in given["wants"]]
        asked.append(
            service.propose(actor=person, firm=story.here, wanted=wanted, note=given["note"], document=document)
        )

    def decide() -> None:
        refused = given["decided"].get("refused", {})
        verdicts = {
            field.id: Verdict(Decision.REFUSED, refused[field.field])
            if field.field in refused
            else Verdict(Decision.ACCEPTED)
            for field in asked[0].fields
        }
        service.decide(actor=story.officer, proposal=asked[0], verdicts=verdicts, verify=True)

    story.on(story.diary.ago(given["days"]), ask, hour=11)
    if "decided" in given:
        story.on(story.diary.ago(given["decided"]["days"]), decide, hour=14)


def _wanted(story: Story, want: Mapping[str, Any]) -> Wanted:
    field = want["field"]
    if "year" not in want:
        return Wanted(target=Target.FIRM, field=field, new=want["new"] if "new" in want else yuan(want["new_wan"]))
    year = story.last_year + 1 + want["year"]
    figures = figures_of_year(story.here.id, year)
    assert figures is not None
    now = getattr(figures, field)
    new = yuan(float(now) / 10000 * want["times"]) if KEYS[field].is_money else round(now * want["times"])
    return Wanted(target=Target.FIGURES, target_key=str(year), field=field, new=new)


def _new_telephone(story: Story, person: User) -> None:
    """A change of little risk, which the firm makes itself."""
    sign(person)
    contact = contacts_of(story.here)[0]
    firms.update_contact(actor=person, contact=contact, telephone=f"0000-5553{story.number:03}")
