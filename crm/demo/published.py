"""An official list that an officer has taken in: matched rows, one of a firm whose case is open, one under a former name, a
doubled and an unknown firm, and a day that there is not."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from sqlalchemy import delete, select

from crm.applications.results import service, work
from crm.applications.results.reading import read_list
from crm.applications.results.reconcile import reconcile
from crm.demo.numbers import credit_code
from crm.demo.story import Story
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.jobs import Job
from crm.ladder.models import Case, CaseStatus, Rung, Stage


def write_results(stories: list[Story], random: Random) -> None:
    """Take in last week's list of technology-based SMEs; its titles wait to be recorded."""
    officer, park = stories[0].officer, stories[0].cast.park
    rows = [(story.here.name, story.here.credit_code or "") for story in stories[:6]]
    former = next((story for story in stories if story.plan.former), None)
    if former is not None:
        rows.append((former.plan.former or "", ""))
    cases = select(Firm.name, Firm.credit_code).join(Case, Case.firm_id == Firm.id)
    under_way = cases.where(
        Case.rung == Rung.TECH_SME, Case.status == CaseStatus.OPEN, Case.stage != Stage.APPLIED,
        Firm.organisation_id == park.id, Firm.credit_code.is_not(None),
    )  # fmt: skip
    rows += [(name, code or "") for name, code in db.session.execute(under_way.order_by(Firm.id).limit(2))]
    rows += [rows[0], (park.name[:2] + "青石包装有限公司", credit_code(random))]
    year = clock.today().year
    days = {2: f"{year}年2月30日"}  # a slip of the pen
    lines = [
        f"{place},{name},{code},{year}0009A800{place:04},{days.get(place, '')}"
        for place, (name, code) in enumerate(rows, start=1)
    ]
    text = "\n".join(["序号,企业名称,统一社会信用代码,入库登记编号,入库日期", *lines])
    results = service.take_in(
        actor=officer,
        organisation=park,
        rung=Rung.TECH_SME,
        title=f"{year} 年第六批入库科技型中小企业名单",
        decided=True,
        published_on=clock.today() - timedelta(days=6),
        valid_from=clock.today() - timedelta(days=6),
        valid_to=date(year, 12, 31),
        file_name="第六批入库名单.csv",
        content=text.encode("utf-8-sig"),
    )
    work.keep_rows(results, reconcile(db.session, results, read_list(text.encode())))
    db.session.execute(delete(Job).where(Job.name == service.READ))  # it is done already
