"""Resources of the place and their ties to firms: the verbs and who sees what."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from crm.firms.duplicates.service import merge
from crm.firms.history.words import history_of
from crm.firms.models import Firm
from crm.firms.reference.terms import term_titles
from crm.kernel import clock
from crm.kernel.errors import DomainError, EditConflictError, NotFoundError
from crm.registers.resources import queries, service
from crm.registers.resources.kinds import RESOURCES
from crm.registers.resources.models import Resource, ResourceFirm, ResourceRegister
from crm.registers.resources.queries import Running, Ties, Wanted
from tests.factories import Park, make_firm

TODAY = clock.today()


def make_resource(park: Park, register: ResourceRegister = ResourceRegister.EXPERT, **values) -> Resource:
    kind = {"kind": next(iter(term_titles(f"{register}.kind")))} if "kind" in RESOURCES[register].required else {}
    on = {"on": TODAY} if "on" in RESOURCES[register].required else {}
    return service.add_resource(
        actor=park.officer,
        register=register,
        organisation=park.park,
        **{"name": "演示专家甲", **kind, **on, **values},
    )


def tie(park: Park, resource: Resource, firm: Firm | None = None, **values) -> ResourceFirm:
    return service.tie(actor=park.officer, resource=resource, firm=firm or park.firm, **values)


@pytest.mark.any_database
def test_every_register_has_words_for_its_kinds_roles_and_outcomes(session) -> None:
    for register, kind in RESOURCES.items():
        for vocabulary in ("kind", "role", "outcome"):
            assert term_titles(f"{register}.{vocabulary}"), f"{register}.{vocabulary}"
        assert "kind" in kind.fields
    assert list(RESOURCES) == list(ResourceRegister)


@pytest.mark.any_database
@pytest.mark.parametrize("vocabulary", ["kind", "role", "outcome"])
def test_a_key_means_the_same_in_every_register(session, vocabulary: str) -> None:
    """The history knows the key alone."""
    said: dict[str, set[str]] = {}
    for register in ResourceRegister:
        for key, title in term_titles(f"{register}.{vocabulary}").items():
            said.setdefault(key, set()).add(title)
    assert {key: titles for key, titles in said.items() if len(titles) > 1} == {}


def test_a_firm_is_tied_and_untied_and_the_resource_says_so(session, park: Park) -> None:
    expert = make_resource(park)
    tied = tie(park, expert, role="adviser", since=TODAY - timedelta(days=30))
    assert [(each.resource.name, queries.holds_on(each, TODAY)) for each in queries.resources_of(park.firm.id)] == [
        ("演示专家甲", True)
    ]
    service.edit_tie(actor=park.officer, tied=tied, until=TODAY, outcome="solved")
    standing = queries.standing_of(park.officer, expert)
    assert (standing.now.all, standing.before.visible, standing.outcomes) == (0, 1, {"solved": 1})
    (seen,) = queries.resources_of(park.firm.id)
    assert not queries.holds_on(seen, TODAY)


def test_a_firm_is_tied_once_at_a_time_and_may_come_again(session, park: Park) -> None:
    carrier = make_resource(park, ResourceRegister.CARRIER, name="演示孵化器")
    first = tie(park, carrier, since=TODAY - timedelta(days=400))
    with pytest.raises(DomainError) as refused:
        tie(park, carrier, since=TODAY - timedelta(days=10))
    assert refused.value.field == "since"
    service.edit_tie(actor=park.officer, tied=first, until=TODAY - timedelta(days=10), outcome="moved")
    tie(park, carrier, since=TODAY - timedelta(days=10))
    assert len(queries.resources_of(park.firm.id)) == 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"role": "king"}, "role"),
        ({"outcome": "prize"}, "outcome"),
        ({"since": TODAY, "until": TODAY - timedelta(days=1)}, "until"),
        ({"until": TODAY + timedelta(days=5), "outcome": "solved"}, "outcome"),
    ],
)
def test_a_tie_that_cannot_be_is_refused_on_its_field(session, park: Park, values, field: str) -> None:
    expert = make_resource(park)
    with pytest.raises(DomainError) as refused:
        tie(park, expert, **values)
    assert refused.value.field == field


def test_who_comes_to_an_event_comes_on_its_day(session, park: Park) -> None:
    event = make_resource(park, ResourceRegister.EVENT, name="成果对接会", kind="fair", on=TODAY - timedelta(days=3))
    tied = tie(park, event)
    assert (tied.since, tied.until) == (event.on, event.on)


@pytest.mark.parametrize(
    ("register", "values", "field"),
    [
        (ResourceRegister.EXPERT, {"name": " "}, "name"),
        (ResourceRegister.EXPERT, {"kind": "incubator"}, "kind"),
        (ResourceRegister.EXPERT, {"level": "galactic"}, "level"),
        (ResourceRegister.EXPERT, {"capacity": 3}, "capacity"),
        (ResourceRegister.CARRIER, {"kind": None}, "kind"),
        (ResourceRegister.CARRIER, {"on": TODAY, "valid_to": TODAY - timedelta(days=1)}, "valid_to"),
        (ResourceRegister.INSTRUMENT, {"amount": Decimal(-1)}, "amount"),
        (ResourceRegister.EVENT, {"on": None}, "on"),
    ],
)
def test_a_resource_that_cannot_be_is_refused_on_its_field(session, park: Park, register, values, field: str) -> None:
    with pytest.raises(DomainError) as refused:
        make_resource(park, register, **values)
    assert refused.value.field == field


def test_a_resource_entered_twice_is_refused_unless_something_tells_the_two_apart(session, park: Park) -> None:
    make_resource(park, name="王一", holder="演示大学")
    with pytest.raises(DomainError, match="姓名、所在单位都相同") as refused:
        make_resource(park, name="王一", holder="演示大学")
    assert refused.value.field == "name"
    make_resource(park, name="王一", holder="演示研究院")
    make_resource(park, name="王一", holder=None)
    with pytest.raises(DomainError):
        make_resource(park, name="王一", holder=None)


def test_no_firm_is_tied_from_a_day_after_the_resource_ended(session, park: Park) -> None:
    expert = make_resource(park, valid_to=TODAY - timedelta(days=30))
    with pytest.raises(DomainError, match="为止") as refused:
        tie(park, expert, since=TODAY)
    assert refused.value.field == "since"
    tied = tie(park, expert, since=TODAY - timedelta(days=30))
    service.end_resource(actor=park.officer, resource=expert, on=TODAY - timedelta(days=60))
    service.edit_tie(actor=park.officer, tied=tied, note="年终总结")
    assert tied.note == "年终总结", "what stood before it was ended can still be kept"


def test_a_resource_with_ties_is_ended_and_not_removed(session, park: Park) -> None:
    servant = make_resource(park, ResourceRegister.SERVANT, name="演示科技官甲")
    tied = tie(park, servant)
    with pytest.raises(DomainError, match="不能删除"):
        service.remove_resource(actor=park.officer, resource=servant)
    yesterday = TODAY - timedelta(days=1)
    service.end_resource(actor=park.officer, resource=servant, on=yesterday)

    def listed(running: Running) -> list[str]:
        wanted = Wanted(register=ResourceRegister.SERVANT, running=running)
        return [row.resource.name for row in queries.list_resources(park.officer, wanted, 1).rows]

    assert (listed(Running.NOW), listed(Running.ENDED)) == ([], ["演示科技官甲"])
    service.remove_tie(actor=park.officer, tied=tied)
    session.expire_all()
    service.remove_resource(actor=park.officer, resource=servant)
    assert listed(Running.ALL) == []


def test_what_somebody_else_saved_meanwhile_is_not_overwritten(session, park: Park) -> None:
    expert = make_resource(park)
    opened_on = expert.version
    service.edit_resource(actor=park.manager, resource=expert, words="减速机")
    with pytest.raises(EditConflictError):
        service.edit_resource(actor=park.officer, resource=expert, expected_version=opened_on, words="轴承")
    tied = tie(park, expert)
    seen = tied.version
    service.edit_tie(actor=park.manager, tied=tied, role="adviser")
    with pytest.raises(EditConflictError):
        service.edit_tie(actor=park.officer, tied=tied, expected_version=seen, role="project")


def test_all_staff_of_the_city_read_and_only_those_above_it_write(session, park: Park) -> None:
    expert = make_resource(park)
    assert queries.load_resource(park.other_officer, expert.id) is expert
    assert queries.load_kept_resource(park.manager, expert.id) is expert
    for stranger in (park.other_officer, park.other_manager):
        with pytest.raises(NotFoundError):
            queries.load_kept_resource(stranger, expert.id)
        assert not queries.may_keep(stranger, expert)
    with pytest.raises(NotFoundError):
        queries.load_resource(park.firm_user, expert.id)


def test_firms_outside_the_scope_are_counted_and_not_named(session, park: Park) -> None:
    carrier = make_resource(park, ResourceRegister.CARRIER, name="演示孵化器")
    tie(park, carrier)
    service.tie(actor=park.administrator, resource=carrier, firm=park.other_firm)
    standing = queries.standing_of(park.officer, carrier)
    assert (standing.now.visible, standing.now.hidden) == (1, 1)
    seen = queries.ties_page(park.officer, carrier, Ties.NOW, 1)
    assert [each.firm_id for each in seen.rows] == [park.firm.id]
    assert queries.standing_of(park.administrator, carrier).now.hidden == 0


def test_a_search_finds_by_words_holder_initials_and_number(session, park: Park) -> None:
    make_resource(park, name="演示专家甲", holder="云岭理工大学", words="减速机 齿轮传动")
    make_resource(park, name="演示专家乙", words="锂电池")

    def found(typed: str) -> list[str]:
        wanted = Wanted(register=ResourceRegister.EXPERT, typed=typed)
        return [row.resource.name for row in queries.list_resources(park.officer, wanted, 1).rows]

    assert found("齿轮") == found("理工") == found("ylligong"[:2]) == found("减速 理工") == ["演示专家甲"]
    assert found("yszjy") == ["演示专家乙"]
    assert found("没有这个词") == []


def test_events_are_counted_by_year_kind_and_scope(session, park: Park) -> None:
    year = TODAY.year
    make_resource(park, ResourceRegister.EVENT, name="培训一", kind="training", on=TODAY)
    make_resource(park, ResourceRegister.EVENT, name="培训二", kind="training", on=TODAY)
    make_resource(park, ResourceRegister.EVENT, name="去年", kind="training", on=TODAY.replace(year=year - 1, day=1))
    counted = queries.events_in(park.officer, year)
    assert (counted["training"], counted["talent"]) == (2, 0)
    assert queries.events_in(park.other_officer, year)["training"] == 0
    assert queries.events_in(park.administrator, year, park.other_park)["training"] == 0
    assert queries.events_in(park.administrator, year, park.county)["training"] == 2


def test_many_firms_are_tied_at_once_and_none_twice(session, park: Park) -> None:
    event = make_resource(park, ResourceRegister.EVENT, name="培训", kind="training")
    others = [make_firm(session, park.park) for _each in range(3)]
    tie(park, event)
    made = service.tie_many(actor=park.officer, resource=event, firms=[park.firm, *others])
    assert [each.firm_id for each in made] == [each.id for each in others]


def test_merged_firms_are_inside_a_carrier_once_at_a_time(session, park: Park) -> None:
    double = make_firm(session, park.park, "益阳云梯机械", credit_code=None)
    carrier, event = make_resource(park, ResourceRegister.CARRIER), make_resource(park, ResourceRegister.EVENT)
    day = timedelta(days=1)
    mine = tie(park, carrier, since=TODAY - 30 * day)
    tie(park, carrier, double, since=TODAY - 400 * day, until=TODAY - 30 * day)  # left on the day the other came
    tie(park, carrier, double, since=TODAY - 10 * day)
    tie(park, event)
    tie(park, event, double)
    merge(actor=park.officer, kept=park.firm, gone=double, wanted=(), kept_version=None, gone_version=None)
    session.expire_all()
    found = queries.resources_of(park.firm.id)
    inside = [(each.since, each.until) for each in found if each.resource_id == carrier.id]
    assert inside == [(mine.since, None), (TODAY - 400 * day, TODAY - 30 * day)]
    assert len(found) == 3


def test_the_history_of_the_firm_tells_of_a_tie_in_words(session, park: Park, app) -> None:
    expert = make_resource(park)
    tied = tie(park, expert, role="adviser", since=TODAY)
    service.edit_tie(actor=park.officer, tied=tied, until=TODAY, outcome="solved")
    with app.test_request_context():
        lines = history_of(park.firm.id, "resource_firm", 1).rows
    assert {str(line.subject) for line in lines} == {"演示专家甲"}
    created = next(line for line in lines if line.values)
    assert ("资源", "演示专家甲") in [(str(title), value) for title, value in created.values]
    assert ("角色", "技术顾问") in [(str(title), value) for title, value in created.values]
    assert "解决难题" in [line.new for line in lines]
