"""An import is taken back after the park was judged: what is worked out of a firm does not hold it."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.editions.library import edition_in_force
from crm.exchange.models import ImportKind
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.park import comparisons
from crm.park.models import ComparedFirm, Readiness, ReadinessRun, Verdict
from crm.park.refresh import refresh
from tests.factories import Park, credit_code
from tests.integration.exchange.conftest import Importing


def test_imported_firms_go_with_what_was_worked_out_of_them(importing: Importing, session: Session, park: Park) -> None:
    firms = session.scalar(select(func.count()).select_from(Firm))
    refresh()
    run = importing.save(
        ImportKind.FIRMS, "企业名称,信用代码\n" + "".join(f"益阳将撤{n}有限公司,{credit_code()}\n" for n in range(3))
    )
    session.commit()
    refresh()
    firm_id = importing.rows(run)[0].entity_id
    assert session.scalar(select(func.count()).select_from(Readiness).where(Readiness.firm_id == firm_id))
    comparison = comparisons.begin(
        actor=park.administrator,
        organisation=park.city,
        before=edition_in_force("hte", date(2026, 6, 1)),
        after=edition_in_force("hte", date(2026, 6, 1)),
        on=date(2026, 6, 1),
        numbers={"criteria[HT-04].value": Fraction(1, 5)},
    )
    session.add(ComparedFirm(comparison_id=comparison.id, firm_id=firm_id, before=Verdict.UNKNOWN, after=Verdict.MET))
    session.commit()
    run = importing.undo(run)
    session.commit()
    assert run.options["undone"] == {"removed": 3, "kept": 0}
    assert session.scalar(select(func.count()).select_from(Firm)) == firms
    assert refresh() is not None
    last = session.scalars(select(ReadinessRun).order_by(ReadinessRun.id.desc())).first()
    counted = sum(
        number for rungs in last.counts.values() for name, number in rungs["hte"].items() if isinstance(number, int)
    )
    assert counted == firms, "the overview counts those that are left"
    assert db.session.scalar(select(func.count()).select_from(Readiness)) == firms * 10
