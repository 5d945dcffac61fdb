"""How long a right lasts by law. 专利法第四十二条; 集成电路布图设计保护条例第十二条; 计算机软件保护条例第十四条."""

from datetime import date

from crm.policy.language.conditions import months_before

TERMS = {"invention": 20, "defence_invention": 20, "utility_model": 10, "design": 15, "ic_layout": 10, "software": 50}
LONGER_DESIGNS_SINCE = date(2021, 6, 1)
DESIGN_TERM_BEFORE = 10


def term_years(kind: str, filed_on: date | None) -> int | None:
    """For how many years the right lasts; None where the kind has no fixed term."""
    if kind == "design" and filed_on is not None and filed_on < LONGER_DESIGNS_SINCE:
        return DESIGN_TERM_BEFORE
    return TERMS.get(kind)


def term_end(kind: str, filed_on: date | None, granted_on: date | None = None) -> date | None:
    """The day the right ends if all fees are paid; None where it cannot be told.

    Software of a firm is protected to the end of the fiftieth year, counted from the date of the application or, where only that
    is known, of the registration.
    """
    years = term_years(kind, filed_on)
    if kind == "software":
        start = filed_on or granted_on
        return None if start is None or years is None else date(start.year + years, 12, 31)
    return None if filed_on is None or years is None else months_before(filed_on, -12 * years)
