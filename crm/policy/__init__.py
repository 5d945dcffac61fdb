"""The policy engine: official criteria as dated, cited data, and one pure function over them. No database, no web.

edition = edition_for("hte", date(2026, 6, 1))
assessment = evaluate(edition, facts_document, date(2026, 6, 1))
"""

from crm.policy.answers.assess import Assessment, CriterionResult, Score, evaluate
from crm.policy.answers.explain import Gap
from crm.policy.answers.park import ParkResult, evaluate_columns, evaluate_many, evaluate_park
from crm.policy.facts import Facts, FactsError, Problem, parse_json
from crm.policy.language.edition import (
    CERTAINTIES,
    PURPOSES,
    Criterion,
    Document,
    Edition,
    Paper,
    Parameter,
    least_certain,
)
from crm.policy.language.library import NoEdition, edition_for, edition_named, editions, load
from crm.policy.language.source import EditionError, Fault
from crm.policy.notices.notice import Notice, SiteCheck, Window, site_checks
from crm.policy.notices.shelf import closing_window, load_notices, notice_for, regions_told
from crm.policy.readings.columns import Columns, columns_of
from crm.policy.text import Text
from crm.policy.vocabulary import EXPERT, FIGURES, LISTS, PROFILE, RUNGS, title_of

__all__ = [
    "CERTAINTIES",
    "EXPERT",
    "FIGURES",
    "LISTS",
    "PROFILE",
    "PURPOSES",
    "RUNGS",
    "Assessment",
    "Columns",
    "Criterion",
    "CriterionResult",
    "Document",
    "Edition",
    "EditionError",
    "Facts",
    "FactsError",
    "Fault",
    "Gap",
    "NoEdition",
    "Notice",
    "Paper",
    "Parameter",
    "ParkResult",
    "Problem",
    "Score",
    "SiteCheck",
    "Text",
    "Window",
    "closing_window",
    "columns_of",
    "edition_for",
    "edition_named",
    "editions",
    "evaluate",
    "evaluate_columns",
    "evaluate_many",
    "evaluate_park",
    "least_certain",
    "load",
    "load_notices",
    "notice_for",
    "parse_json",
    "regions_told",
    "site_checks",
    "title_of",
]
