"""What is published on a page gates, explains and is assessed like what is shipped; what was tampered with is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from shutil import copytree

import pytest
from sqlalchemy import delete, update

from crm.editions import service
from crm.editions.library import (
    _known,
    _loaded,
    _written,
    as_published,
    drafted,
    edition_in_force,
    edition_named,
    library,
    shelf,
    whole_hash,
)
from crm.editions.models import EditionRecord, EditionState
from crm.firms.service import set_fact
from crm.kernel import clock
from crm.kernel.errors import DomainError, EditConflictError
from crm.ladder.gate import examine
from crm.ladder.models import Rung
from crm.policy import EditionError, NoEdition, editions, load
from crm.policy.drafting.wording import say
from crm.policy.language.library import DIRECTORY
from crm.policy.language.source import write_yaml
from tests.factories import Park
from tests.integration.editions.makers import REVENUE, START, change, draft, own_document, published
from tests.queries import count_queries

TABLE = EditionRecord.metadata.tables["edition"]  # past every verb and listener
BEFORE, AFTER = date(2026, 12, 31), date(2027, 3, 1)


def test_without_drafts_the_library_is_the_files(session, park: Park) -> None:
    assert library() == editions()


def test_a_published_edition_is_in_force_from_its_first_day_and_ends_its_predecessor(session, park: Park) -> None:
    published(park, revenue=2000)
    assert edition_in_force("srdi", BEFORE).id == "srdi.2026"
    later = edition_in_force("srdi", AFTER)
    assert later.id == "srdi.2027" and edition_in_force("srdi", AFTER, "review").id == "srdi.2027.review"
    assert edition_named("srdi.2026").until == BEFORE
    assert edition_named("srdi.2026").hash == next(e for e in editions() if e.id == "srdi.2026").hash
    assert "2,000 万元" in _revenue_clause(later)


def test_a_draft_changes_nothing_until_it_is_published(session, park: Park) -> None:
    record = draft(park)
    assert library() == editions()
    with pytest.raises(NoEdition):
        edition_named("srdi.2027")
    assert edition_named("srdi.2027", drafts=True).since == START
    assert {edition.id for edition in drafted()} == {"srdi.2027", "srdi.2027.review", "srdi.2027.annual"}
    service.publish(record, actor=park.administrator, expected_version=record.version)
    assert edition_named("srdi.2027").since == START


def test_the_ladder_judges_by_what_was_published(session, park: Park) -> None:
    published(park, revenue=2000)
    examination = examine(park.firm, Rung.SRDI, AFTER)
    assert examination.assessment is not None and examination.assessment.edition.id == "srdi.2027"
    clause = examination.assessment.criterion("Z26-2a")
    assert examination.assessment.edition.hash != edition_named("srdi.2026").hash
    assert clause.verdict == "unknown"
    earlier = examine(park.firm, Rung.SRDI, BEFORE).assessment
    assert earlier is not None and earlier.edition.id == "srdi.2026"


def test_an_overlay_holds_in_its_region_only(session, park: Park) -> None:
    published(park, "srdi.430900.2026", revenue=1800, since=date(2026, 12, 1), region="430900")
    on = date(2026, 12, 15)
    assert edition_in_force("srdi", on, region="430902").id == "srdi.430900.2026"
    assert edition_in_force("srdi", on, region="430100").id == "srdi.2026"
    assert edition_in_force("srdi", on).id == "srdi.2026"


def test_a_tampered_edition_is_refused_and_noticed(session, park: Park, caplog: pytest.LogCaptureFixture) -> None:
    record = published(park, revenue=2000)
    tampered = record.source.replace("value: 2000", "value: 20")
    assert tampered != record.source
    session.flush()
    session.execute(TABLE.update().values(source=tampered))  # past every verb
    session.expire_all()
    assert [each.name for each in shelf().refused] == ["srdi.2027"]
    assert "srdi.2027" in caplog.text and "not what was published" in caplog.text
    for on in (BEFORE, AFTER):
        with pytest.raises(NoEdition, match="已停用"):
            edition_in_force("srdi", on)
    with pytest.raises(NoEdition, match="已停用"):
        edition_named("srdi.2027.review")
    examination = examine(park.firm, Rung.SRDI, AFTER)
    assert examination.assessment is None and examination.lack is not None and "srdi.2027" in examination.lack.zh
    assert edition_in_force("hte", AFTER).id == "hte.2016"


def test_a_published_edition_that_no_longer_fits_the_files_is_refused(session, park: Park) -> None:
    record = published(park)
    clashing = record.source.replace("id: srdi.2027", "id: srdi.2026")
    session.flush()
    session.execute(TABLE.update().values(source=clashing, hash=service.source_hash(clashing)))
    session.expire_all()
    assert [each.name for each in shelf().refused] == ["srdi.2027"]
    with pytest.raises(NoEdition, match="不相容"):
        edition_in_force("srdi", AFTER)


def test_an_expert_may_give_what_a_published_edition_allows(session, park: Park) -> None:
    points = {
        "actor": park.officer,
        "firm": park.firm,
        "key": "expert.mgmt_system",
        "value": 25,
        "as_of": clock.today(),
    }
    with pytest.raises(DomainError, match="最多 20 分"):
        set_fact(**points)
    record = draft(park, "hte.2027", "hte.2016")
    change(park, record, {"criteria[HT-M1].max": Fraction(30), "criteria[HT-M1].scoring[1]": Fraction(30)})
    own_document(park, record)
    service.publish(record, actor=park.administrator, expected_version=None)
    fact = set_fact(**points)
    assert fact is not None and fact.value == 25


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that are shipped, as a copy to be changed."""
    directory = tmp_path / "policies"
    copytree(DIRECTORY, directory)
    monkeypatch.setattr("crm.editions.library.load", lambda **options: load(directory, **options))
    return directory


@pytest.fixture
def files_changed(session) -> Iterator[Callable[[], None]]:
    """What a restart does after a file was changed."""

    def forget_all() -> None:
        for kept in (_loaded, _written):
            kept.cache_clear()
        _known.clear()

    yield forget_all
    forget_all()


def second_update(directory: Path, since: str, name: str = "srdi.u2") -> None:
    content = {**edition_named("srdi.2026").content, "id": name, "replaces": "srdi.2026"}
    content["in_force"] = {"new": {"from": date.fromisoformat(since)}}
    (directory / "srdi" / f"{name}.yaml").write_text(write_yaml(content))


@pytest.mark.parametrize("since", ["2026-12-01", "2026-11-01"])
def test_a_file_that_clashes_with_a_published_edition_stops_that_rung_only(
    session, park: Park, app, sign_in, shipped: Path, files_changed, since: str
) -> None:
    published(park, "srdi.u1", since=date(2026, 11, 15))
    second_update(shipped, since)
    files_changed()
    (refused,) = shelf().refused
    assert (refused.name, refused.rung) == ("srdi.u1", "srdi")
    for part in ("srdi.u1", "srdi.u2", "移出 seeds/policies", "上传", "取代哪一版"):
        assert part in refused.text.zh
    with pytest.raises(NoEdition, match=r"srdi\.u2"):
        edition_in_force("srdi", date(2026, 12, 15))
    assert edition_in_force("hte", date(2026, 12, 15)).id == "hte.2016"
    lack = examine(park.firm, Rung.SRDI, date(2026, 12, 15)).lack
    assert lack is not None and "srdi.u1" in lack.zh
    client = sign_in(park.administrator)
    for address in ("/editions", "/editions/srdi.2026"):
        page = client.get(address)
        assert "有已发布的版本停用" in page.text and "srdi.u2" in page.text and "srdi.u1" in page.text
    assert "有已发布的版本停用" not in client.get("/editions/hte.2016").text
    # another rung is worked on as ever; of this one nothing is published meanwhile
    published(park, "hte.2027", base="hte.2016")
    with pytest.raises(DomainError, match=r"srdi\.u1"):
        published(park, "srdi.2028", base="srdi.2026", since=date(2028, 1, 1))
    (shipped / "srdi" / "srdi.u2.yaml").unlink()
    files_changed()
    assert shelf().refused == () and edition_in_force("srdi", date(2026, 12, 15)).id == "srdi.u1"


def test_a_file_that_is_wrong_by_itself_is_no_fault_of_what_was_published(
    session, park: Park, shipped: Path, files_changed
) -> None:
    published(park)
    second_update(shipped, "2026-12-01")
    second_update(shipped, "2026-12-15", "srdi.u3")
    files_changed()
    with pytest.raises(EditionError, match=r"srdi\.u3"):
        shelf()


def test_the_command_names_what_does_not_fit(session, park: Park, app, shipped: Path, files_changed) -> None:
    published(park, "srdi.u1", since=date(2026, 11, 15))
    fine = app.test_cli_runner().invoke(args=["editions", "check"])
    assert fine.exit_code == 0 and "0 个停用" in fine.output
    second_update(shipped, "2026-12-01")
    files_changed()
    found = app.test_cli_runner().invoke(args=["editions", "check"])
    assert found.exit_code == 1 and "srdi.u1" in found.output and "srdi/srdi.u2.yaml" in found.output


def test_a_published_overlay_is_refused_when_its_base_was_changed(
    session, park: Park, shipped: Path, files_changed
) -> None:
    record = published(park, "srdi.430900.2026", revenue=1800, since=date(2026, 12, 1), region="430900")
    stored = record.hash
    base = shipped / "srdi" / "srdi.2026.yaml"
    text = base.read_text()
    base.write_text(text.replace("value: 0.80", "value: 0.90", 1))
    files_changed()
    (refused,) = shelf().refused
    assert refused.name == record.name and "srdi.2026 改动过" in refused.text.zh and record.hash == stored
    with pytest.raises(NoEdition, match=r"恢复 srdi\.2026"):
        edition_in_force("srdi", date(2026, 12, 15), region="430900")
    base.write_text(text)
    files_changed()
    assert edition_in_force("srdi", date(2026, 12, 15), region="430902").id == record.name


def test_nothing_changes_a_published_edition(session, park: Park) -> None:
    record = published(park)
    verbs = [
        lambda: service.change_head(record, {"title": None}, actor=park.administrator, expected_version=None),
        lambda: change(park, record, {REVENUE: Fraction(1)}),
        lambda: service.publish(record, actor=park.administrator, expected_version=None),
        lambda: service.discard(record, actor=park.administrator),
        lambda: service.upload_edition(record.source, actor=park.administrator, instead=True),
    ]
    before = record.source
    for verb in verbs:
        with pytest.raises(DomainError, match=r"已经发布|已有版本使用"):
            verb()
    assert record.source == before and record.state is EditionState.PUBLISHED


def test_even_code_that_forgets_to_ask_cannot_write_it(session, park: Park) -> None:
    record = published(park)
    record.source = "id: other"
    with pytest.raises(RuntimeError, match="never changes"):
        session.flush()
    session.rollback()


def test_it_cannot_be_deleted_either(session, park: Park) -> None:
    session.delete(published(park))
    with pytest.raises(RuntimeError, match="never changes"):
        session.flush()
    session.rollback()


def test_it_cannot_be_written_before_it_was_read_again(session, park: Park) -> None:
    record = published(park)
    session.expire(record)
    record.source = "id: other"
    with pytest.raises(RuntimeError, match="never changes"):
        session.flush()
    session.rollback()


@pytest.mark.parametrize("many", [update(EditionRecord).values(source="id: other"), delete(EditionRecord)])
def test_nor_many_at_once(session, park: Park, many) -> None:
    record = published(park)
    with pytest.raises(RuntimeError, match="never changes"):
        session.execute(many)
    assert edition_named(record.name).since == START


def test_called_a_draft_again_it_is_still_published(session, park: Park) -> None:
    record = published(park, revenue=2000)
    source = record.source
    session.flush()
    session.execute(TABLE.update().values(state="draft"))
    session.expire_all()
    assert edition_in_force("srdi", AFTER).id == "srdi.2027"
    session.execute(TABLE.update().values(source=source.replace("value: 2000", "value: 20")))
    with pytest.raises(NoEdition, match="已停用"):
        edition_in_force("srdi", AFTER)


def test_the_second_of_two_published_at_once_is_checked_beside_the_first(session, park: Park, app) -> None:
    first, second = draft(park), draft(park, "srdi.2028", since=date(2027, 6, 1))
    session.flush()
    with app.test_request_context(), count_queries(session) as statements:
        assert len(library()) == len(editions())  # what this request knows
        session.execute(
            TABLE.update()
            .where(TABLE.c.id == first.id)
            .values(
                state="published",
                hash=service.source_hash(first.source),
                whole_hash=whole_hash(as_published(first.source)),
            )
        )
        with pytest.raises(DomainError, match="还不能发布"):
            service.publish(second, actor=park.administrator, expected_version=None)
    assert session.get_bind().dialect.name == "sqlite" or any("FOR UPDATE" in each for each in statements)


def test_two_administrators_do_not_overwrite_each_other(session, park: Park) -> None:
    record = draft(park)
    seen = record.version
    change(park, record, {REVENUE: Fraction(1600)})
    with pytest.raises(EditConflictError):
        service.publish(record, actor=park.other_administrator, expected_version=seen)


@pytest.mark.parametrize(
    ("since", "reason"),
    [(date(2026, 4, 1), "并不早于本版本"), (date(2026, 3, 1), "并不早于本版本")],
)
def test_an_edition_cannot_begin_before_the_one_it_replaces(session, park: Park, since: date, reason: str) -> None:
    record = draft(park, since=since)
    with pytest.raises(DomainError, match=reason):
        service.publish(record, actor=park.administrator, expected_version=None)


def test_two_editions_cannot_be_in_force_at_once(session, park: Park) -> None:
    record = draft(park)
    service.change_head(record, {"replaces": None}, actor=park.administrator, expected_version=None)
    with pytest.raises(DomainError, match="同时生效"):
        service.publish(record, actor=park.administrator, expected_version=None)


def test_an_overlay_cannot_begin_before_what_it_lies_on(session, park: Park) -> None:
    record = draft(park, "srdi.430900.2026", since=date(2026, 1, 1), region="430900")
    with pytest.raises(DomainError, match="早于它所依据的"):
        service.publish(record, actor=park.administrator, expected_version=None)


def test_a_region_that_does_not_exist_is_refused(session, park: Park) -> None:
    with pytest.raises(DomainError, match="不存在"):
        draft(park, "srdi.999999.2026", region="999999")
    record = service.upload_edition(
        draft(park, "srdi.430900.2026", region="430900").source.replace("430900", "999999"), actor=park.administrator
    )
    assert any("999999" in reason for reason in service.obstacles(record))


@pytest.mark.parametrize("name", ["srdi.2026", "srdi", "SRDI.2027", "srdi.2027.review", "../etc", "srdi.2027 x"])
def test_an_id_that_is_taken_or_no_id_is_refused(session, park: Park, name: str) -> None:
    with pytest.raises(DomainError):
        draft(park, name)


def test_a_hole_between_bands_can_be_kept_but_not_published(session, park: Park) -> None:
    record = draft(park, "hte.2027", base="hte.2016")
    change(park, record, {"definitions.growth_bands[0].from": Fraction(4, 10)})
    assert any("没有档" in service.sentence(fault) for fault in service.faults_of(record))
    with pytest.raises(DomainError, match="没有档"):
        service.publish(record, actor=park.administrator, expected_version=None)


def test_many_drafts_cost_a_page_nothing_and_are_read_once(session, park: Park, monkeypatch) -> None:
    for number in range(10):
        draft(park, f"srdi.{2030 + number}", since=date(2030 + number, 1, 1))
    reads = []

    def counted(**options):
        reads.append(options)
        return load(**options)

    monkeypatch.setattr("crm.editions.library.load", counted)
    assert edition_named("hte.2016", drafts=True).id == "hte.2016"
    assert reads == []
    assert edition_named("srdi.2031.review", drafts=True).id == "srdi.2031.review"
    assert len(reads) == 1
    assert drafted() == drafted()
    assert len(reads) == 10


def test_one_query_tells_what_is_published(session, park: Park) -> None:
    published(park)
    library()
    with count_queries(session) as statements:
        edition_in_force("srdi", AFTER)
    assert len(statements) == 1


def _revenue_clause(edition) -> str:
    return say(edition.criterion("Z26-2a")).zh
