"""The pages of editions: read by everybody, written by administrators."""

from __future__ import annotations

import io
import re
from datetime import date
from fractions import Fraction

import pytest
from sqlalchemy import select

from crm.editions import service
from crm.editions.library import edition_named, library
from crm.editions.models import EditionRecord, EditionState
from crm.firms.models import Division
from crm.kernel.audit import Change
from crm.policy.language.source import parse_yaml, write_yaml
from tests.factories import Park
from tests.integration.editions.makers import REVENUE, START, change, draft, own_document, published
from tests.pages import check_page
from tests.queries import count_queries

TAGS = re.compile(r"<[^>]*>")
ON = {"name": "srdi.2027", "since": "2027-01-01", "region": ""}


@pytest.fixture
def admin(park: Park, sign_in):
    return sign_in(park.administrator)


def numbers_sent(client, name: str, **changed: str) -> dict[str, str]:
    """What the form of numbers would send as it is opened, with some of it typed anew."""
    tree = check_page(client.get(f"/editions/{name}/numbers"))
    fields = {i.get("name"): i.get("value") or "" for i in tree.iter("input") if i.get("name")}
    return {**fields, **changed}


@pytest.mark.parametrize("who", ["administrator", "officer", "firm_user"])
def test_everybody_reads_the_editions(session, park: Park, sign_in, who: str) -> None:
    client = sign_in(getattr(park, who))
    page = client.get("/editions")
    check_page(page)
    assert "工信部企业〔2026〕2号" in page.text and "施行中" in page.text and "已停止施行" in page.text
    one = client.get("/editions/srdi.2026")
    check_page(one)
    assert "上年营业收入 ≥ 1,500 万元" in one.text
    assert "须全部符合：Z26-1a" in one.text
    assert ("以此起草" in one.text) is (who == "administrator")
    assert ("草稿" in page.text) is (who == "administrator")


def test_every_edition_for_every_purpose_is_a_page(session, park: Park, admin) -> None:
    for edition in library():
        page = admin.get(f"/editions/{edition.name}?purpose={edition.purpose}")
        check_page(page)
        for criterion in edition.criteria:
            assert f'id="clause-{criterion.id}"' in page.text


def test_what_is_no_edition_is_not_found(session, park: Park, admin) -> None:
    assert admin.get("/editions/srdi.1999").status_code == 404
    assert admin.get("/editions/srdi.1999/difference").status_code == 404


def test_the_file_can_be_downloaded_and_says_the_same(session, park: Park, admin) -> None:
    answer = admin.get("/editions/srdi.2026/file")
    assert parse_yaml(answer.text, "x") == edition_named("srdi.2026").content
    assert "srdi.2026.yaml" in answer.headers["Content-Disposition"]


def test_a_whole_life_from_copy_to_publication(session, park: Park, admin) -> None:
    check_page(admin.get("/editions/srdi.2026/copy"))
    page = admin.post("/editions/srdi.2026/copy", data=ON, follow_redirects=True)
    check_page(page)
    assert "这是草稿" in page.text
    sent = numbers_sent(admin, "srdi.2027", **{REVENUE: "2000", "criteria[Z26-2c].value": "75"})
    page = admin.post("/editions/srdi.2027/numbers", data=sent, follow_redirects=True)
    assert "与 srdi.2026 相比有 3 处不同" in page.text
    difference = admin.get("/editions/srdi.2027/difference")
    check_page(difference)
    assert (
        "1,500 万元 → <strong>2,000 万元</strong>" in difference.text
        and "80% → <strong>75%</strong>" in difference.text
    )
    review = admin.get("/editions/srdi.2027?purpose=review")
    check_page(review)
    assert "近两年任一年" in review.text and "年度更新" in review.text
    refused = admin.get("/editions/srdi.2027/publish")
    check_page(refused)
    assert "文号却还是 工信部企业〔2026〕2号" in refused.text and "确认发布" not in refused.text
    own_document(park, session.scalars(select(EditionRecord)).one())
    confirm = admin.get("/editions/srdi.2027/publish")
    check_page(confirm)
    assert "srdi.2026 改为 2026年4月1日 至 2026年12月31日" in confirm.text
    record = session.scalars(select(EditionRecord)).one()
    page = admin.post("/editions/srdi.2027/publish", data={"version": record.version}, follow_redirects=True)
    assert "已发布，从施行起日起据以判断" in page.text and "2,000 万元" in page.text
    assert record.state is EditionState.PUBLISHED and record.hash == service.source_hash(record.source)
    history = session.scalars(select(Change.field).where(Change.entity == "edition")).all()
    assert {"state", "hash", "published_by_id"} <= set(history)


@pytest.mark.parametrize("form", ["edit", "numbers", "publish", "discard"])
def test_no_form_opens_a_published_edition(session, park: Park, admin, form: str) -> None:
    record = published(park)
    source = record.source
    if form != "discard":
        assert admin.get(f"/editions/srdi.2027/{form}").status_code == 302
    data = {"version": record.version, REVENUE: "1", "title_zh": "改了"}
    page = admin.post(f"/editions/srdi.2027/{form}", data=data, follow_redirects=True)
    check_page(page)
    assert "srdi.2027 已经发布，不能再改" in page.text and "以此起草" in page.text
    assert (record.source, record.state) == (source, EditionState.PUBLISHED)
    assert admin.post("/editions/srdi.2026/edit", data=data).status_code == 404  # a file's neither


@pytest.mark.parametrize(
    ("typed", "says"),
    [("很多", "不是数字"), ("-5", "不能是负数"), ("", "请填写数字"), ("9" * 40, "数字太大"), ("1,8", "不是数字")],
)
def test_a_bad_number_lands_on_its_field_and_nothing_is_saved(
    session, park: Park, admin, typed: str, says: str
) -> None:
    record = draft(park)
    before = record.source
    page = admin.post("/editions/srdi.2027/numbers", data=numbers_sent(admin, "srdi.2027", **{REVENUE: typed}))
    tree = check_page(page)
    field = next(i for i in tree.iter("input") if i.get("name") == REVENUE)
    assert field.get("aria-invalid") == "true" and says in page.text
    assert record.source == before


def test_years_are_whole(session, park: Park, admin) -> None:
    draft(park)
    path = "criteria[Z26-2a].any[1].measure.where.on.last_years"
    page = admin.post("/editions/srdi.2027/numbers", data=numbers_sent(admin, "srdi.2027", **{path: "2.5"}))
    assert "请填整数" in page.text


def test_a_hole_between_bands_is_saved_shown_with_its_cure_and_not_published(session, park: Park, admin) -> None:
    record = draft(park, "hte.2027", base="hte.2016")
    sent = numbers_sent(admin, "hte.2027", **{"definitions.growth_bands[0].from": "40"})
    page = admin.post("/editions/hte.2027/numbers", data=sent, follow_redirects=True)
    check_page(page)
    assert "之间没有档，请补上" in page.text
    refused = admin.post("/editions/hte.2027/publish", data={"version": record.version})
    assert "之间没有档" in refused.text and record.state is EditionState.DRAFT
    assert "40" in numbers_sent(admin, "hte.2027")["definitions.growth_bands[0].from"]


def test_the_head_is_changed_and_bad_dates_land_on_their_field(session, park: Park, admin) -> None:
    record = draft(park)
    tree = check_page(admin.get("/editions/srdi.2027/edit"))
    sent = {i.get("name"): i.get("value") or "" for i in tree.iter("input") if i.get("name")}
    sent |= {
        "certainty": "reposted",
        "title_zh": "<script>alert(1)</script>",
        "paper_0_zh": "审计报告",
        "to_new": "2026-01-01",
    }
    page = admin.post("/editions/srdi.2027/edit", data=sent)
    check_page(page)
    assert "止日早于起日" in page.text and "审计报告" not in record.source
    page = admin.post("/editions/srdi.2027/edit", data={**sent, "to_new": "2027-12-31"}, follow_redirects=True)
    check_page(page)
    assert "<script>alert" not in page.text and "&lt;script&gt;alert(1)" in page.text and "审计报告" in page.text
    assert edition_named("srdi.2027", drafts=True).until == date(2027, 12, 31)
    without = {**sent, "to_new": "", "from_new": "", "from_review": "", "from_annual": "", "version": record.version}
    assert "至少填写一种用途的起日" in admin.post("/editions/srdi.2027/edit", data=without).text


def test_a_region_is_chosen_from_the_divisions(session, park: Park, admin) -> None:
    session.add(Division(code="430900", name="益阳市"))
    wanted = {"name": "srdi.430900.2027", "since": "2027-01-01", "region": "430900"}
    page = admin.post("/editions/srdi.2026/copy", data=wanted, follow_redirects=True)
    check_page(page)
    assert "益阳市" in page.text and "在这一版之上补充" in page.text
    page = admin.post("/editions/srdi.2026/copy", data={**wanted, "name": "srdi.x.1", "region": "999999"})
    assert "请从列出的选项中选一个" in page.text
    assert "已有版本使用" in admin.post("/editions/srdi.2026/copy", data={**wanted, "name": "srdi.2026"}).text


def test_an_overlay_stores_only_what_differs(session, park: Park, admin) -> None:
    record = draft(park, "srdi.430900.2026", since=date(2026, 12, 1), region="430900")
    sent = numbers_sent(admin, record.name, **{REVENUE: "1800"})
    page = admin.post(f"/editions/{record.name}/numbers", data=sent, follow_redirects=True)
    check_page(page)
    assert "1,800 万元" in page.text and "益阳市" in page.text
    content = service.content_of(record)
    assert content["based_on"] == "srdi.2026" and list(content["change"]) == ["Z26-2a"] and "criteria" not in content


def test_no_document_is_called_confirmed_without_day_and_source(session, park: Park, admin) -> None:
    record = draft(park)
    tree = check_page(admin.get("/editions/srdi.2027/edit"))
    sent = {i.get("name"): i.get("value") or "" for i in tree.iter("input") if i.get("name")}
    page = admin.post("/editions/srdi.2027/edit", data={**sent, "region": "", "certainty": "confirmed"})
    assert "请从列出的选项中选一个" in page.text and "confirmed" not in record.source
    admin.post("/editions/srdi.2027/edit", data={**sent, "region": "", "certainty": "general"})
    assert "certainty: general" in record.source


def test_a_second_administrator_is_told_and_what_they_never_touched_stays(session, park: Park, sign_in, admin) -> None:
    record = draft(park)
    second = sign_in(park.other_administrator)
    opened = numbers_sent(second, "srdi.2027")
    first = numbers_sent(admin, "srdi.2027", **{REVENUE: "2000"})
    admin.post("/editions/srdi.2027/numbers", data=first)
    page = second.post("/editions/srdi.2027/numbers", data={**opened, "criteria[Z26-2c].value": "70"})
    tree = check_page(page)
    assert "别人刚刚保存过" in page.text
    again = {i.get("name"): i.get("value") or "" for i in tree.iter("input") if i.get("name")}
    second.post("/editions/srdi.2027/numbers", data=again)
    values = edition_named("srdi.2027", drafts=True)
    assert "2,000 万元" in second.get("/editions/srdi.2027").text
    assert values.criterion("Z26-2c").test.threshold == Fraction(7, 10)  # type: ignore[union-attr]
    assert record.version > 2


def upload(client, text: str | bytes, **data: str):
    content = text if isinstance(text, bytes) else text.encode()
    return client.post(
        "/editions/upload", data={"file": (io.BytesIO(content), "edition.yaml"), **data}, follow_redirects=True
    )


def test_a_file_is_uploaded_with_its_faults_shown_and_replaced_when_mended(session, park: Park, admin) -> None:
    content = {**edition_named("srdi.2026").content, "id": "srdi.2028", "replaces": "srdi.2026"}
    content["in_force"] = {"new": {"from": date(2028, 1, 1)}}
    broken = write_yaml(content).replace("operator: '>='", "operator: '=>'", 1)
    page = upload(admin, broken)
    check_page(page)
    assert "criteria[Z26-1a]" in page.text or "operator" in page.text
    assert "还有" in page.text and "发布" in page.text
    assert "已经有了" in upload(admin, write_yaml(content)).text
    page = upload(admin, write_yaml(content), instead="y")
    assert "草稿 srdi.2028 已存下。" in page.text
    assert edition_named("srdi.2028", drafts=True).since == date(2028, 1, 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe\x00", "UTF-8"),
        (b"id: [", "第 1 行：不是可以读取的 YAML：这里缺少内容，或括号没有合上"),
        (b"just text", "键: 值"),
        (b"id: x.1\nid: x.2\nrung: srdi", "第 2 行：不是可以读取的 YAML：这个键重复了"),
        (b"id: srdi.2026\nrung: srdi", "已有版本使用"),
        (b"id: new.2026\nrung: nonsense", "rung"),
        (b"rung: srdi", "编号用小写字母"),
        (b"id: srdi.4\nbased_on: srdi.1999", "没有政策版本"),
        (b"id: srdi.5\nrung: srdi\ncriteria: 7\nin_force: no\ndecision: {}", "还有"),
    ],
)
def test_whatever_is_uploaded_ends_in_a_sentence(session, park: Park, admin, content: bytes, says: str) -> None:
    page = upload(admin, content)
    assert page.status_code == 200
    check_page(page)
    assert says in page.text


def test_a_draft_is_discarded(session, park: Park, admin) -> None:
    record = draft(park)
    admin.post("/editions/srdi.2027/discard", data={"version": record.version})
    assert session.scalars(select(EditionRecord)).all() == []
    assert admin.get("/editions/srdi.2027").status_code == 404


def test_drafts_are_for_administrators(session, park: Park, sign_in) -> None:
    draft(park)
    client = sign_in(park.officer)
    for address in ("", "/file", "/difference"):
        assert client.get(f"/editions/srdi.2027{address}").status_code == 404
    assert "srdi.2027" not in client.get("/editions").text
    assert client.post("/editions/srdi.2027/publish").status_code == 403


def test_any_two_editions_of_a_rung_can_be_compared(session, park: Park, admin) -> None:
    page = admin.get("/editions/srdi.2026/difference?with=srdi.2022")
    check_page(page)
    assert "2 年 → <strong>3 年</strong>" in page.text
    other = admin.get("/editions/srdi.2022/difference?with=srdi.2026")
    check_page(other)
    assert "3 年 → <strong>2 年</strong>" in other.text
    assert "没有可以对比的版本" in admin.get("/editions/srdi.2026/difference?with=hte.2016").text


def test_a_tampered_edition_is_told_of_on_the_list(session, park: Park, admin) -> None:
    record = published(park)
    session.flush()
    session.execute(EditionRecord.__table__.update().values(source=record.source + "\n# x\nnote: y\n"))  # type: ignore[attr-defined]
    session.expire_all()
    page = admin.get("/editions")
    check_page(page)
    assert "有已发布的版本停用" in page.text and "srdi.2027" in page.text
    assert admin.get("/editions/srdi.2027").status_code == 404


def test_the_pages_ask_little_of_the_database(session, park: Park, admin) -> None:
    for number in range(3):
        draft(park, f"srdi.{2030 + number}", since=date(2030 + number, 1, 1))
    published(park)
    for address, most in (("/editions", 9), ("/editions/srdi.2026", 8), ("/editions/srdi.2026/difference", 9)):
        admin.get(address)
        with count_queries(session) as statements:
            admin.get(address)
        assert len(statements) <= most, (address, len(statements), statements)


def test_a_number_unchanged_changes_nothing(session, park: Park, admin) -> None:
    record = draft(park, since=START)
    before = record.source
    admin.post("/editions/srdi.2027/numbers", data=numbers_sent(admin, "srdi.2027"))
    assert record.source == before
    change(park, record, {})
    assert record.source == before


@pytest.mark.parametrize(
    "own",
    [
        "change: 7",
        "change: {Z26-2a: 7}",
        "change: {Z99: {value: 1}}",
        "add: [1, 2]",
        "definitions: [1]",
        "parameters: 3",
        "criteria: 7",
        "papers: [x, {title: 3}]",
        "document: x",
        "in_force: {new: soon}",
        "title: 3",
    ],
)
def test_an_overlay_of_a_wrong_shape_opens_on_every_page(session, park: Park, admin, own: str) -> None:
    head = "id: srdi.4\nbased_on: srdi.2026\nregion: '430900'\n"
    assert "还有" in upload(admin, f"{head}{own}\n").text
    for page in ("", "/edit", "/numbers", "/publish", "/file"):
        answer = admin.get(f"/editions/srdi.4{page}", follow_redirects=True)
        assert answer.status_code == 200, page
    tree = check_page(admin.get("/editions/srdi.4/edit"))
    sent = {i.get("name"): i.get("value") or "" for i in tree.iter("input") if i.get("name")}
    assert admin.post("/editions/srdi.4/edit", data=sent, follow_redirects=True).status_code == 200
    answer = admin.get("/editions/srdi.4/numbers")
    if answer.status_code == 200:
        sent = {**numbers_sent(admin, "srdi.4"), REVENUE: "1700"}
        assert admin.post("/editions/srdi.4/numbers", data=sent, follow_redirects=True).status_code == 200


def test_a_draft_that_only_clashes_by_its_dates_is_shown_and_mended_on_its_page(session, park: Park, admin) -> None:
    published(park, "srdi.u1", since=date(2026, 12, 1))
    record = draft(park, since=date(2027, 6, 1))
    page = admin.get("/editions/srdi.2027")
    check_page(page)
    assert "施行期间：srdi.2027 与 srdi.u1 同时生效" in page.text
    for key in ("in_force", "replaces", "（new）"):
        assert key not in page.text
    assert "谁会新符合" in page.text and 'id="clause-Z26-2a"' in page.text
    assert admin.get("/park/comparisons/new?rung=srdi&purpose=new&before=srdi.u1&after=srdi.2027").status_code == 200
    tree = check_page(admin.get("/editions/srdi.2027/edit"))
    offered = [o.get("value") for s in tree.iter("select") if s.get("name") == "replaces" for o in s.iter("option")]
    assert "srdi.u1" in offered and "srdi.2026" in offered and "hte.2016" not in offered
    sent = {i.get("name"): i.get("value") or "" for i in tree.iter("input") if i.get("name")}
    admin.post("/editions/srdi.2027/edit", data={**sent, "region": "", "certainty": "secondary", "replaces": "srdi.u1"})
    assert service.obstacles(record) == [] and edition_named("srdi.2027", drafts=True).replaces == "srdi.u1"


def test_the_readings_of_the_text_are_in_words_and_say_only_what_differs(session, park: Park, admin) -> None:
    draft(park, "hte.2027", base="hte.2016")
    for address in ("/editions/hte.2016", "/editions/srdi.2026", "/editions/hte.2027/numbers"):
        page = admin.get(address)
        check_page(page)
        for code in ("marked", "strict", "lowest_band", "either"):
            assert code not in TAGS.sub(" ", page.text), (address, code)
    shown = admin.get("/editions/srdi.2026").text
    part = shown[shown.index("原文留有余地之处") :]
    assert "取“或”：有其一即可" in part and "另一种读法（1）" in part
    assert "现在采用的读法" in admin.get("/editions/hte.2027/numbers").text
    assert "名称为“创客中国”全国 50 强" in admin.get("/editions/little_giant.2022").text


def test_the_difference_names_the_region(session, park: Park, admin) -> None:
    draft(park, "srdi.430900.2026", since=date(2026, 12, 1), region="430900")
    text = TAGS.sub(" ", admin.get("/editions/srdi.430900.2026/difference").text)
    assert "益阳市" in text and "2026年12月1日起" in text
    assert not re.search(r"(?<![.\d])430900(?![.\d])", text)
