"""What each row of a list of firms would do. Identity is a number, never the name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Organisation, User
from crm.exchange.lookups import Lookups
from crm.exchange.models import Outcome
from crm.exchange.plan import FirmChange, NewFirm, PlannedRow, begin, refuse, ways_to_write
from crm.exchange.rows import ConvertedRow, Remark
from crm.firms.models import Contact, Firm, FirmName
from crm.firms.naming import comparable
from crm.firms.rules import clean_contact, clean_profile
from crm.kernel.bulk import rows_where_in
from crm.kernel.errors import DomainError

# Columns of a list that are columns of a firm as they stand.
PLAIN_FIELDS = (
    "name", "credit_code", "registration_number", "stock_code", "short_name", "english_name", "status", "registered_on",
    "registered_capital", "capital_currency", "address", "business_scope", "tech_field", "source_channel", "telephone",
    "website",
)  # fmt: skip
FIELDS = (*PLAIN_FIELDS, "organisation_id", "officer_id", "division_code", "industry_code", "chain_id")
# The numbers that tell a firm, the strongest first.
NUMBERS = ("credit_code", "stock_code", "registration_number")

# Values that a firm can do without: where they break the profile's rules, they alone are refused.
RULED = ("registration_number", "registered_on", "telephone", "website")
CONTACT_RULED = ("contact_name", "contact_position", "contact_telephone", "contact_email")

KnownFirm = dict[str, Any]


class FirmsPlanner:
    """Plans the rows of one file, in their order."""

    def __init__(self, session: Session, actor: User, organisation: Organisation) -> None:
        self.session = session
        self.actor = actor
        self.organisation = organisation
        self.lookups = Lookups(session, actor)
        self.by_number: dict[str, dict[str, list[KnownFirm]]] = {key: defaultdict(list) for key in NUMBERS}
        self.by_name: dict[str, list[KnownFirm]] = defaultdict(list)
        self.former: dict[int, set[str]] = defaultdict(set)
        self.people: dict[int, set[str]] = defaultdict(set)
        self.seen: dict[tuple[str, str], int] = {}

    def plan(self, rows: list[ConvertedRow]) -> Iterable[PlannedRow]:
        for row in rows:
            _tidy(row)
        self._read(rows)
        return map(self._plan_row, rows)

    def _read(self, rows: list[ConvertedRow]) -> None:
        """Read every firm that a row might be, and what is compared with it."""
        columns = select(Firm.id, Firm.version, *(getattr(Firm, key) for key in FIELDS))
        found: dict[int, KnownFirm] = {}
        for key in (*NUMBERS, "name"):
            wanted = {row.values[key] for row in rows if row.values.get(key) is not None}
            if key == "name":
                wanted = {way for name in wanted for way in ways_to_write(name)}
            for record in rows_where_in(self.session, columns, getattr(Firm, key), wanted):
                found.setdefault(record.id, dict(record._mapping))
        for firm in found.values():
            for key in NUMBERS:
                if firm[key] is not None:
                    self.by_number[key][firm[key]].append(firm)
            self.by_name[comparable(firm["name"])].append(firm)
        names = select(FirmName.firm_id, FirmName.name)
        for firm_id, name in rows_where_in(self.session, names, FirmName.firm_id, found):
            self.former[firm_id].add(comparable(name))
        people = select(Contact.firm_id, Contact.name)
        for firm_id, name in rows_where_in(self.session, people, Contact.firm_id, found):
            self.people[firm_id].add(name)

    def _plan_row(self, row: ConvertedRow) -> PlannedRow:
        values = row.values
        name = values.get("name")
        if row.problems:
            return refuse(row, name)
        if (first := self._seen_before(row)) is not None:
            return refuse(row, name, _("与第 %(row)s 行是同一家企业：请只留一行", row=first))
        firm, objection = self._find(values)
        if objection:
            return refuse(row, name, objection)
        if firm and (first := self.seen.setdefault(("id", str(firm["id"])), row.number)) != row.number:
            return refuse(row, name, _("与第 %(row)s 行是同一家企业：请只留一行", row=first))
        planned = begin(row, name)
        wanted = {key: values[key] for key in PLAIN_FIELDS if values.get(key) is not None}
        if (objection := self._resolve(values, wanted, planned)) is not None:
            return refuse(row, name, objection, key="park")
        if wanted.get("industry_code") in self.lookups.disabled_trades and (
            firm is None or firm["industry_code"] != wanted["industry_code"]
        ):
            del wanted["industry_code"]
            planned.warn(_("行业“%(text)s”已停用，未记入", text=values["industry"]), "industry")
        self._check_officer(values, wanted, firm, planned)
        self._remember(row)
        if firm is None:
            self._plan_new(values, wanted, planned)
        else:
            self._plan_change(values, wanted, firm, planned)
        return planned

    def _seen_before(self, row: ConvertedRow) -> int | None:
        """The earlier row that is the same firm by one of the numbers, or by its name where neither has a number."""
        for key in self._own_numbers(row.values) or [("name", comparable(row.values["name"]))]:
            if key in self.seen:
                return self.seen[key]
        return None

    def _remember(self, row: ConvertedRow) -> None:
        for key in self._own_numbers(row.values) or [("name", comparable(row.values["name"]))]:
            self.seen[key] = row.number

    @staticmethod
    def _own_numbers(values: dict[str, Any]) -> list[tuple[str, str]]:
        """The numbers that may stand only once in a file; an old registration number counts where there is no code."""
        keys: tuple[str, ...] = ("credit_code", "stock_code") if values.get("credit_code") else NUMBERS
        return [(key, values[key]) for key in keys if values.get(key)]

    def _find(self, values: dict[str, Any]) -> tuple[KnownFirm | None, str | None]:
        """The firm that the row is, or why it cannot be told."""
        code = values.get("credit_code")
        for key in NUMBERS:
            number = values.get(key)
            if number is None:
                continue
            firms = self.by_number[key].get(number, [])
            if key != "credit_code" and code is not None:
                # A firm with another code is another firm, whatever else is alike.
                if key == "stock_code" and any(firm["credit_code"] not in (None, code) for firm in firms):
                    return None, _(
                        "证券代码 %(number)s 已属于“%(name)s”，其信用代码与本行不同：请核对",
                        number=number,
                        name=firms[0]["name"],
                    )
                firms = [firm for firm in firms if firm["credit_code"] is None]
            if len(firms) > 1:
                return None, _(
                    "有 %(count)s 家企业的号码是 %(number)s：请填统一社会信用代码", count=len(firms), number=number
                )
            if firms:
                return self._within_scope(firms[0])
        if not any(values.get(key) for key in NUMBERS):
            for firm in self.by_name.get(comparable(values["name"]), ()):
                if firm["organisation_id"] in self.lookups.scope:
                    return None, _("可能与已有的“%(name)s”重复：请填写统一社会信用代码", name=firm["name"])
        return None, None

    def _within_scope(self, firm: KnownFirm) -> tuple[KnownFirm | None, str | None]:
        if firm["organisation_id"] in self.lookups.scope:
            return firm, None
        return None, _("这家企业不在您的管辖范围内，不能导入：请联系上级单位")

    def _resolve(self, values: dict[str, Any], wanted: dict[str, Any], planned: PlannedRow) -> str | None:
        """Turn words into our records. A park outside the scope refuses the row; other words nobody knows only warn."""
        if park := values.get("park"):
            organisation_id = self.lookups.organisations.get(comparable(park))
            if organisation_id is None:
                return _("没有“%(name)s”这个单位，或它不在您的管辖范围内", name=park)
            wanted["organisation_id"] = organisation_id
        if text := values.get("industry"):
            if code := self.lookups.trade(text):
                wanted["industry_code"] = code
            else:
                planned.warn(_("行业“%(text)s”在国民经济行业分类里没有，未记入", text=text), "industry")
        if text := values.get("chain"):
            if chain_id := self.lookups.chain(text):
                wanted["chain_id"] = chain_id
            else:
                planned.warn(_("没有产业链“%(text)s”，未记入", text=text), "chain")
        if text := values.get("officer"):
            if officer_id := self.lookups.officer(text):
                wanted["officer_id"] = officer_id
            else:
                planned.warn(_("没有名为“%(text)s”的专员，或有重名，未记入：可改填邮箱", text=text), "officer")
        county = values.get("division")
        if code := self.lookups.division(values.get("province"), values.get("city"), county):
            wanted["division_code"] = code
        elif county:
            planned.warn(_("行政区划“%(text)s”对不上，未记入：可改填 6 位代码", text=county), "division")
        return None

    def _check_officer(
        self, values: dict[str, Any], wanted: dict[str, Any], firm: KnownFirm | None, planned: PlannedRow
    ) -> None:
        """See that nobody is put, or left, in charge of a firm they cannot see."""
        home, present = (firm["organisation_id"], firm["officer_id"]) if firm else (self.organisation.id, None)
        place: int = wanted.get("organisation_id") or home
        named = wanted.get("officer_id")
        if (place, named) == (home, present):
            return
        if named is not None and (reason := self.lookups.why_not_in_charge(named, place)):
            del wanted["officer_id"]
            planned.warn(_left_out(reason, values["officer"]), "officer")
        if present is None or place == home or "officer_id" in wanted:
            return
        if self.lookups.why_not_in_charge(present, place):
            wanted["officer_id"] = None
            planned.warn(_("企业转到“%(name)s”，原专员管不到那里，已取消：请另派专员", name=values["park"]), "officer")

    def _plan_new(self, values: dict[str, Any], wanted: dict[str, Any], planned: PlannedRow) -> None:
        wanted.setdefault("organisation_id", self.organisation.id)
        own = comparable(wanted["name"])
        former = tuple(name for name in values.get("former_names") or () if comparable(name) != own)
        planned.outcome = Outcome.CREATED
        planned.deed = NewFirm(wanted, former, _contacts(values))
        if not any(values.get(key) for key in NUMBERS):
            planned.warn(_("没有统一社会信用代码：请尽快补上"), "credit_code")
        self._warn_of_namesakes(own, None, planned)

    def _warn_of_namesakes(self, name: str, firm_id: int | None, planned: PlannedRow) -> None:
        """Say where another firm in scope has the name."""
        namesakes = [each for each in self.by_name.get(name, ()) if each["id"] != firm_id]
        if any(each["organisation_id"] in self.lookups.scope for each in namesakes):
            planned.warn(_("另有一家同名企业：请核对是不是同一家"), "name")

    def _plan_change(
        self, values: dict[str, Any], wanted: dict[str, Any], firm: KnownFirm, planned: PlannedRow
    ) -> None:
        planned.entity_id = firm["id"]
        self._warn_of_namesakes(comparable(wanted["name"]), firm["id"], planned)
        if comparable(wanted["name"]) == comparable(firm["name"]):
            del wanted["name"]
        changed = {key: value for key, value in wanted.items() if firm[key] != value}
        known = self.former[firm["id"]] | {comparable(firm["name"]), comparable(wanted.get("name", ""))}
        former = [name for name in values.get("former_names") or () if comparable(name) not in known]
        # A firm that came in by its stock code alone was kept under its short name, which is no former name.
        if "name" in changed and firm["name"] != firm["short_name"]:
            former.append(firm["name"])
        people = [each for each in _contacts(values) if each["name"] not in self.people[firm["id"]]]
        if not changed and not former and not people:
            return
        before = {key: firm[key] for key in changed}
        planned.outcome = Outcome.UPDATED
        planned.deed = FirmChange(firm["id"], firm["version"], changed, before, tuple(former), people)
        planned.show(
            {**before, **{key: None for key, added in (("former_names", former), ("contacts", people)) if added}},
            {
                **changed,
                **({"former_names": "；".join(former)} if former else {}),
                **({"contacts": "；".join(each["name"] for each in people)} if people else {}),
            },
        )


def _tidy(row: ConvertedRow) -> None:
    """Bring values under the rules of the profile; one that breaks them is left out with a warning, the firm comes in."""
    values = row.values
    for key in (*RULED, *CONTACT_RULED):
        value = values.get(key)
        if value is not None:
            field = key.removeprefix("contact_")
            clean = clean_profile if key == field else clean_contact
            try:
                values[key] = clean({field: value})[field]
            except DomainError as error:
                values[key] = None
                row.warnings.append(Remark(_left_out(error.message, value), key))


def _left_out(reason: Any, value: Any) -> str:
    return _("%(reason)s（“%(value)s”未记入）", reason=reason, value=value)


def _contacts(values: dict[str, Any]) -> list[dict[str, Any]]:
    """The people that a row names."""
    people: list[dict[str, Any]] = []
    if name := values.get("contact_name"):
        people.append(
            {
                "name": name,
                "position": values.get("contact_position"),
                "telephone": values.get("contact_telephone"),
                "email": values.get("contact_email"),
                "main": True,
            }
        )
    if (name := values.get("legal_representative")) and all(name != each["name"] for each in people):
        people.append({"name": name, "position": _("法定代表人"), "telephone": None, "email": None, "main": False})
    return people
