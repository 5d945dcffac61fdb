"""Reads of yearly figures. A firm has one row a year, so a series is bounded by itself."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.kernel.db import db


def years_of(firm_id: int) -> list[YearlyFigures]:
    """The firm's figures, oldest year first. One query."""
    return list(
        db.session.scalars(select(YearlyFigures).where(YearlyFigures.firm_id == firm_id).order_by(YearlyFigures.year))
    )


WITH_SOURCES = selectinload(YearlyFigures.sources).options(
    joinedload(FigureSource.entered_by), joinedload(FigureSource.document)
)


def years_with_sources(firm_id: int) -> list[YearlyFigures]:
    """The same, each with its sources, who entered them and from which document. Two queries."""
    return list(
        db.session.scalars(
            select(YearlyFigures)
            .where(YearlyFigures.firm_id == firm_id)
            .order_by(YearlyFigures.year)
            .options(WITH_SOURCES)
        )
    )


def figures_of_year(firm_id: int, year: int) -> YearlyFigures | None:
    """The firm's figures of one year; None if nothing was entered for it."""
    return db.session.scalar(select(YearlyFigures).where(YearlyFigures.firm_id == firm_id, YearlyFigures.year == year))


def year_with_sources(firm_id: int, year: int) -> YearlyFigures | None:
    """The same, with its sources. Two queries."""
    return db.session.scalar(
        select(YearlyFigures).where(YearlyFigures.firm_id == firm_id, YearlyFigures.year == year).options(WITH_SOURCES)
    )
