"""Forms of the exchange room."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, SelectField
from wtforms.fields.choices import SelectChoice

from crm.exchange.columns import columns_of
from crm.exchange.engine import Opened, Settled, lacks_unit
from crm.exchange.models import ImportKind, kind_named
from crm.exchange.titles import GROUPS, KINDS
from crm.web.choices import choices

# The units that lists are written in; the reader knows more, for headers that name them.
MONEY_UNITS = ("元", "万元")


def _kinds() -> list[SelectChoice]:
    return [
        SelectChoice(kind.value, str(KINDS[kind]), optgroup=str(group))
        for group, kinds in GROUPS.items()
        for kind in kinds
    ]


class UploadForm(FlaskForm):
    kind = SelectField(_l("导入什么"), choices=_kinds, coerce=kind_named)
    file = FileField(_l("文件"), validators=[FileRequired(_l("请选择文件。"))])
    organisation_id = SelectField(_l("归入哪个单位"), coerce=int)


class ColumnsForm(FlaskForm):
    """What each column of the file is; the columns themselves are added by `columns_form`."""

    unit = SelectField(_l("金额的单位"))
    create_firms = BooleanField(_l("系统里没有的企业，一并登记"))


def columns_form(opened: Opened, settled: Settled) -> ColumnsForm:
    """A form with a choice for every column of the sheet, set to what is proposed or was chosen."""
    keys = choices([(column.key, column.title) for column in columns_of(opened.kind)], empty=_("不导入"))
    fields: dict[str, Any] = {
        field_name(match.index): SelectField(
            match.header or _("第 %(n)s 列", n=match.index + 1), choices=keys, default=match.key or ""
        )
        for match in opened.matches
    }
    form = type("Columns", (ColumnsForm,), fields)(create_firms=settled.create_firms, unit=settled.unit or "")
    asks_unit = opened.kind is ImportKind.FIGURES and lacks_unit(opened)
    silent = _("请选择") if asks_unit else _("按表头注明的单位，没有注明按元")
    form.unit.choices = choices([(unit, unit) for unit in MONEY_UNITS], empty=silent)
    if opened.kind not in (ImportKind.FIGURES, ImportKind.IP):
        del form.create_firms
    return form


def field_name(place: int) -> str:
    return f"column_{place}"


def choices_in(form: ColumnsForm, opened: Opened) -> dict[int, str]:
    """What the form says each column is, by its place."""
    return {match.index: form[field_name(match.index)].data or "" for match in opened.matches}
