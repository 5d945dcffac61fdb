"""Words in a file that name records of ours: trades, divisions, parks, chains, officers."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Organisation, User
from crm.accounts.permissions import Role
from crm.accounts.scope import organisations_of
from crm.firms.models import Chain, Division, Industry
from crm.firms.rules import officer_for
from crm.kernel.errors import DomainError

# "C2221 …", "K 房地产", "65": the code of GB/T 4754 at the beginning of a cell.
_TRADE_CODE = re.compile(r"([A-Z])?(\d{2,4})?(?=\s|$|[^\w])", re.ASCII)
_DIVISION_CODE = re.compile(r"\d{6}")


def same(text: str) -> str:
    """A word for comparing: half-width, without spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split())


class Lookups:
    """The dictionaries of one import, each read when first asked."""

    def __init__(self, session: Session, actor: User) -> None:
        self.session = session
        self.actor = actor
        self._in_charge: dict[tuple[int, int], str | None] = {}

    @cached_property
    def organisations(self) -> dict[str, int]:
        return {same(each.name): each.id for each in organisations_of(self.actor) if not each.disabled}

    @cached_property
    def scope(self) -> set[int]:
        """Ids of the organisations within the actor's scope."""
        return {each.id for each in organisations_of(self.actor)}

    @cached_property
    def _officers(self) -> dict[str, int | None]:
        """Name or address → person; None where two have the name."""
        found: dict[str, int | None] = {}
        people = select(User.id, User.name, User.email).where(
            User.role != Role.FIRM, User.disabled.is_(False), User.organisation_id.in_(self.scope)
        )
        for user_id, name, email in self.session.execute(people.order_by(User.id)):
            found[same(name)] = None if same(name) in found else user_id
            found[email] = user_id
        return found

    def why_not_in_charge(self, officer_id: int, organisation_id: int) -> str | None:
        """The sentence by which a firm there may not have this officer; None if it may."""
        key = (officer_id, organisation_id)
        if key not in self._in_charge:
            try:
                officer_for(self.session.get_one(Organisation, organisation_id), officer_id)
                self._in_charge[key] = None
            except DomainError as error:
                self._in_charge[key] = str(error.message)
        return self._in_charge[key]

    @cached_property
    def _chains(self) -> dict[str, int]:
        chains = self.session.execute(select(Chain.name, Chain.id).where(Chain.disabled.is_(False)))
        return {same(name): chain_id for name, chain_id in chains}

    @cached_property
    def _trades(self) -> tuple[dict[str, str], dict[str, str]]:
        """Code without its letter → code, and name → the widest code below the sections that has the name, first of those in use."""
        by_code: dict[str, str] = {}
        by_name: dict[str, str] = {}
        trades = self.session.execute(select(Industry.code, Industry.name, Industry.disabled)).all()
        for code, name, _disabled in sorted(trades, key=lambda row: (row[2], len(row[0]) == 1, len(row[0]), row[0])):
            by_code[code] = code
            if len(code) > 1:
                by_code.setdefault(code[1:] if code[0].isalpha() else code, code)
            by_name.setdefault(same(name), code)
        return by_code, by_name

    @cached_property
    def disabled_trades(self) -> set[str]:
        """Codes that a record may still hold, but none takes anew."""
        return set(self.session.scalars(select(Industry.code).where(Industry.disabled)))

    @cached_property
    def _divisions(self) -> tuple[set[str], dict[str, list[str]]]:
        codes: set[str] = set()
        by_name: dict[str, list[str]] = defaultdict(list)
        for code, name in self.session.execute(select(Division.code, Division.name).order_by(Division.code)):
            codes.add(code)
            by_name[same(name)].append(code)
        return codes, by_name

    def officer(self, text: str) -> int | None:
        return self._officers.get(same(text)) or self._officers.get(text.strip().lower())

    def chain(self, text: str) -> int | None:
        return self._chains.get(same(text))

    def trade(self, text: str) -> str | None:
        """The code of a trade given by name or code, of any level; None when it is not in GB/T 4754."""
        by_code, by_name = self._trades
        word = same(text)
        if word in by_name:
            return by_name[word]
        found = _TRADE_CODE.match(unicodedata.normalize("NFKC", text).strip())
        if found is None or not found[0]:
            return None
        return by_code.get(found[0]) or by_code.get(found[2] or "")

    def division(self, *texts: str | None) -> str | None:
        """The code of the narrowest division that the texts (province, city, county) name; None when none does."""
        codes, by_name = self._divisions
        wider = [same(text) for text in texts if text]
        for position in range(len(wider) - 1, -1, -1):
            word = wider[position]
            if (code := _DIVISION_CODE.match(word)) and code[0] in codes:
                return code[0]
            candidates = [*by_name.get(word, ()), *by_name.get(f"{word}市", ()), *by_name.get(f"{word}省", ())]
            if len(candidates) > 1:
                candidates = _under(candidates, wider[:position], by_name)
            if len(candidates) == 1:
                return candidates[0]
        return None


def _under(candidates: list[str], wider: Iterable[str], by_name: dict[str, list[str]]) -> list[str]:
    """Those of the candidates that lie below the divisions named beside them."""
    heads = {code.rstrip("0") for word in wider for code in by_name.get(word, ())}
    return [code for code in candidates if any(code != head and code.startswith(head) for head in heads)]
