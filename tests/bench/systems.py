"""The pages of lists, diagnosis, incentives, official lists and services, and filters that find next to nothing in a whole city."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import func, select

from crm.accounts.models import Organisation, User
from crm.applications.models import Application, ResultList
from crm.firms.models import Firm
from crm.insight.diagnosis import work as diagnosis
from crm.kernel import clock
from crm.kernel.db import db
from crm.lists.models import FirmList, Screened
from crm.park.models import Verdict
from crm.visits.models import Need
from tests.bench.bare import COLUMNS, NAMED, PAGE, Cursor

PEOPLE = ("manager", "officer1")


def addresses(app: Flask) -> list[tuple[str, str]]:
    """Title and address of each page that both people open; the diagnosis of either's place is made first, once."""
    with app.app_context():
        year = clock.today().year
        places = select(User.organisation_id).where(User.name.in_(PEOPLE))
        for organisation in db.session.scalars(select(Organisation).where(Organisation.id.in_(places))).all():
            diagnosis.make(organisation, year - 1)
        db.session.commit()
        fitting = select(Screened.list_id).where(Screened.verdict == Verdict.MET).group_by(Screened.list_id)
        longest = db.session.scalar(fitting.order_by(func.count().desc(), Screened.list_id).limit(1))
        list_id = longest or db.session.scalar(select(func.min(FirmList.id)))
        park = select(User.organisation_id).where(User.name == "officer1").scalar_subquery()
        firm = db.session.scalar(select(func.min(Firm.id)).where(Firm.organisation_id == park))
        ours = select(Firm.id).where(Firm.organisation_id == park)
        application = db.session.scalar(select(func.min(Application.id)).where(Application.firm_id.in_(ours)))
        need = db.session.scalar(select(func.min(Need.id)).where(Need.firm_id.in_(ours)))
        official = db.session.scalar(select(func.min(ResultList.id)))
    return [
        ("lists", "/lists"),
        ("one list, its members", f"/lists/{list_id}"),
        ("one list, who could join", f"/lists/{list_id}?show=candidates"),
        ("cultivation chains", "/chains"),
        ("diagnosis", "/diagnosis"),
        ("why firms do not innovate", "/diagnosis/reluctance"),
        ("incentives", "/incentives"),
        ("claims", "/incentives/claims"),
        ("what a firm is entitled to", f"/firms/{firm}/incentives"),
        ("one application", f"/applications/{application}"),
        ("official lists", "/results"),
        *([("one official list", f"/results/{official}")] if official else []),
        ("service packages", "/services"),
        ("a firm's services", f"/firms/{firm}/services"),
        ("what answers a need", f"/needs/{need}/matches"),
        ("firms obliged to have an institution", "/registers/obliged"),
        ("steps to a listing", "/listing"),
        ("policy documents", "/library"),
        ("firms never visited", "/firms?unseen=never"),
        ("firms without a patent", f"/firms?counted={year}.zero_patent"),
        ("firms that gave no figures", f"/firms?lacking={year - 1}.rd"),
        ("firms not obliged", "/firms?obliged=no"),
    ]


def fetch(cursor: Cursor, park: int | None) -> None:
    """A page of firms with their latest claim, and what the lists and states add up to: about what such a page shows."""
    scope, values = ("WHERE f.organisation_id = ?", (park,)) if park else ("", ())
    cursor.rows(f"SELECT {COLUMNS} FROM firm f {NAMED} {scope} ORDER BY f.sort_key, f.id LIMIT ?", *values, PAGE)
    of_place = "JOIN firm f ON f.id = x.firm_id WHERE f.organisation_id = ?" if park else ""
    for table in ("claim", "application"):
        cursor.rows(f"SELECT x.state, count(*) FROM {table} x {of_place} GROUP BY x.state", *values)
    cursor.rows("SELECT list_id, count(*) FROM list_member WHERE until IS NULL GROUP BY list_id")
