"""Forms of editions: a copy, a file, the head of a draft, its numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, Field, HiddenField
from wtforms.validators import InputRequired, Length

from crm.editions.models import EditionRecord
from crm.editions.words import PURPOSES
from crm.firms.queries import division_words
from crm.kernel import clock
from crm.kernel.errors import EditConflictError
from crm.policy import CERTAINTIES, Edition
from crm.policy.drafting.drafts import Content
from crm.policy.drafting.numbers import Number
from crm.web.conflict import VersionField, told
from crm.web.fields import ChoiceField, DateField, NumberField, PercentField, TextField, WholeNumberField
from crm.web.language import language

UNCONFIRMED = tuple(code for code in CERTAINTIES if code != "confirmed")
NEW_PAPERS = 2  # empty rows for documents to hand in
NOT_TOUCHED = _l("（您没有改过，已换成别人保存的）")


class CopyForm(FlaskForm):
    """A successor of an edition, or a region's overlay on it."""

    name = TextField(
        _l("版本编号"),
        [InputRequired(_l("请填写编号，例如 srdi.2027。")), Length(max=60)],
        description=_l("小写字母、数字、下划线和点，例如 srdi.2027。发布后不能再改。"),
    )
    since = DateField(_l("施行起日"), [InputRequired(_l("请填写施行起日。"))])
    region = ChoiceField(
        _l("适用地区"),
        words={},
        empty=_l("与底稿相同"),
        description=_l("选了地区，草稿就是这个地区在底稿之上的补充：只存与底稿不同之处。"),
    )

    def __init__(self, base: Edition, **options: Any) -> None:
        self.base = base
        super().__init__(**options)

    def process(self, *arguments: Any, **options: Any) -> None:
        """The choices have to be there before what was sent is read."""
        self.region.words = {code: title for code, title in division_words().items() if code != self.base.region}
        super().process(*arguments, **options)


class UploadForm(FlaskForm):
    """A YAML file as a draft."""

    file = FileField(
        _l("文件"), [FileRequired(_l("请选择一个 YAML 文件。"))], render_kw={"accept": ".yaml,.yml,text/plain"}
    )
    instead = BooleanField(_l("替换同名草稿"))


class DraftForm(FlaskForm):
    """A form of a draft that two people may have open: what each field said when it was opened is sent along."""

    version = VersionField()
    opened = HiddenField()

    def draft_fields(self) -> list[Field]:
        """The fields a person fills in."""
        return [f for name, f in self._fields.items() if name not in ("version", "opened", "csrf_token")]

    def remember(self) -> None:
        """Keep what the form says as it is opened."""
        self.opened.data = json.dumps({f.name: text_in(f) for f in self.draft_fields()}, ensure_ascii=False)

    def check_seen(self, record: EditionRecord, now: DraftForm) -> None:
        """Raise EditConflictError if the draft was saved since and says something else than this person wants.

        `now` is the form as it would open now. What this person never touched stays as the other saved it.
        """
        if str(self.version.data) == str(record.version):
            return
        try:
            opened: dict[str, str] = dict(json.loads(self.opened.data or "{}"))
        except (ValueError, TypeError):
            opened = {}
        differences, theirs = [], {}
        for f in self.draft_fields():
            there = now._fields.get(f.name)
            mine, saved = text_in(f), text_in(there) if there is not None else ""
            if mine == saved or there is None:
                continue
            if mine == opened.get(f.name):
                theirs[f.name] = there.data
                differences.append((f.label.text, saved, NOT_TOUCHED))
            elif saved != opened.get(f.name):
                differences.append((f.label.text, saved, mine))
        if differences:
            self.opened.data, self.opened.raw_data = now.opened.data, None
            raise EditConflictError(told(), differences, version=record.version, theirs=theirs)


def text_in(f: Field) -> str:
    """What a field says, as its control shows it."""
    if isinstance(f, ChoiceField):
        return "" if f.data is None else f.written(f.data)
    if isinstance(f, BooleanField):
        return "yes" if f.data else ""
    return str(f._value() or "")


class HeadForm(DraftForm):
    """What an edition is called, which document it rests on, where and from when to when it holds, what it asks for."""

    title_zh = TextField(_l("标题"), [InputRequired(_l("请填写标题。")), Length(max=200)])
    title_en = TextField(_l("标题（英文）"), [InputRequired(_l("请填写英文标题。")), Length(max=200)])
    number = TextField(_l("文号"), [InputRequired(_l("请填写文号。")), Length(max=100)])
    document_zh = TextField(_l("文件名称"), [InputRequired(_l("请填写文件名称。")), Length(max=200)])
    document_en = TextField(_l("文件名称（英文）"), [InputRequired(_l("请填写文件的英文名称。")), Length(max=200)])
    certainty = ChoiceField(_l("文件的把握程度"), words={}, empty=None)
    region = ChoiceField(_l("适用地区"), words={}, empty=_l("全国"))
    replaces = ChoiceField(_l("取代的版本"), words={}, empty=_l("不取代"))

    def __init__(self, content: Content, replaceable: dict[str, str], **options: Any) -> None:
        self.content, self.replaceable = content, replaceable
        super().__init__(data=_head_data(content), **options)

    def process(self, *arguments: Any, **options: Any) -> None:
        """The choices have to be there before what was sent is read."""
        # That it is confirmed is said with day and source, on the page of what has to be confirmed.
        stated = _head_data(self.content)["certainty"]
        offered = {code: title for code, title in CERTAINTIES.items() if code in (stated, *UNCONFIRMED)}
        self.certainty.words = {code: title[language()] for code, title in offered.items()}
        self.region.words = division_words()
        stated = _string(self.content.get("replaces"))
        self.replaces.words = {**({stated: stated} if stated else {}), **self.replaceable}
        super().process(*arguments, **options)

    def periods(self) -> list[tuple[str, Field, Field]]:
        """Each purpose with the fields of its first and last day."""
        return [(str(title), self[f"from_{key}"], self[f"to_{key}"]) for key, title in PURPOSES.items()]

    def paper_rows(self) -> list[tuple[Field, Field]]:
        """The documents to hand in, and empty rows for more."""
        return [(self[f"paper_{n}_zh"], self[f"paper_{n}_en"]) for n in range(_paper_count(self.content))]

    def validate(self, extra_validators: Any = None) -> bool:
        good: bool = super().validate(extra_validators)
        if not any(self[f"from_{key}"].data or self[f"from_{key}"].errors for key in PURPOSES):
            self.from_new.errors = [*self.from_new.errors, _("至少填写一种用途的起日。")]
            good = False
        for _title, first, last in self.periods():
            if last.data and not first.data and not first.errors:
                first.errors = [*first.errors, _("填了止日，请也填起日。")]
                good = False
            elif first.data and last.data and last.data < first.data:
                last.errors = [*last.errors, _("止日早于起日。")]
                good = False
        return good

    def changes(self) -> dict[str, Any]:
        """The keys of the file as this form would write them; None takes a key away."""
        force = {
            key: {"from": self[f"from_{key}"].data, **({"to": last} if (last := self[f"to_{key}"].data) else {})}
            for key in PURPOSES
            if self[f"from_{key}"].data
        }
        return {
            "title": {"zh": self.title_zh.data, "en": self.title_en.data},
            "document": {
                "number": self.number.data,
                "title": {"zh": self.document_zh.data, "en": self.document_en.data},
                "certainty": self.certainty.data,
            },
            "region": self.region.data,
            "replaces": self.replaces.data,
            "in_force": force,
            "papers": self._papers() or None,
        }

    def _papers(self) -> list[Content]:
        written = _papers_of(self.content)
        taken = {str(paper.get("key")) for paper in written}
        result: list[Content] = []
        for n, (zh, en) in enumerate(self.paper_rows()):
            if not zh.data:
                continue  # a row that was emptied is gone
            title = {"zh": zh.data, "en": en.data or zh.data}
            if n < len(written):
                result.append({**written[n], "title": title})
                continue
            number = next(i for i in range(1, 1000) if f"paper_{i}" not in taken)
            taken.add(f"paper_{number}")
            result.append({"key": f"paper_{number}", "title": title, "certainty": self.certainty.data})
        return result


for _key, _title in PURPOSES.items():
    setattr(HeadForm, f"from_{_key}", DateField(_l("起日")))
    setattr(HeadForm, f"to_{_key}", DateField(_l("止日")))


def head_form(content: Content, replaceable: dict[str, str], **options: Any) -> HeadForm:
    """The form of a draft's head, with a row for each document to hand in; `replaceable` are editions by name, in words."""
    rows = {}
    for n in range(_paper_count(content)):
        rows[f"paper_{n}_zh"] = TextField(_("材料 %(number)s", number=n + 1), [Length(max=200)])
        rows[f"paper_{n}_en"] = TextField(_("材料 %(number)s（英文）", number=n + 1), [Length(max=200)])
    form: HeadForm = type("HeadForm", (HeadForm,), rows)(content, replaceable, **options)
    return form


def _papers_of(content: Content) -> list[Content]:
    found = content.get("papers")
    return [paper for paper in found if isinstance(paper, dict)] if isinstance(found, list) else []


def _paper_count(content: Content) -> int:
    return len(_papers_of(content)) + NEW_PAPERS


def _head_data(content: Content) -> dict[str, Any]:
    """What the form shows of a content that may still be wrong."""
    title, document = _text(content.get("title")), content.get("document")
    document = document if isinstance(document, dict) else {}
    named, region, certainty = _text(document.get("title")), content.get("region"), document.get("certainty")
    data: dict[str, Any] = {
        "title_zh": title["zh"],
        "title_en": title["en"],
        "number": _string(document.get("number")),
        "document_zh": named["zh"],
        "document_en": named["en"],
        "certainty": certainty if certainty in CERTAINTIES else "uncertain",
        "region": _string(region),
        "replaces": _string(content.get("replaces")),
    }
    force = content.get("in_force")
    for key in PURPOSES:
        dates = force.get(key) if isinstance(force, dict) else None
        dates = dates if isinstance(dates, dict) else {}
        data[f"from_{key}"], data[f"to_{key}"] = _date(dates.get("from")), _date(dates.get("to"))
    for n, paper in enumerate(_papers_of(content)):
        words = _text(paper.get("title"))
        data[f"paper_{n}_zh"], data[f"paper_{n}_en"] = words["zh"], words["en"]
    return data


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _date(value: Any) -> date | None:
    return value if isinstance(value, date) else None


def _text(value: Any) -> dict[str, str | None]:
    value = value if isinstance(value, dict) else {}
    return {key: _string(value.get(key)) for key in ("zh", "en")}


# numbers


class NumbersForm(DraftForm):
    """One field for each number of a draft, named by its path."""

    def numbers(self, known: Iterable[Number]) -> dict[str, Fraction]:
        """The numbers that the form changes, exactly."""
        return {number.path: value for number in known if (value := Fraction(self[number.path].data)) != number.value}


def numbers_form(numbers: Iterable[Number], **options: Any) -> NumbersForm:
    """A form with the draft's numbers as they are."""
    fields: dict[str, Any] = {}
    data: dict[str, Decimal | int] = {}
    for index, number in enumerate(numbers):
        fields[number.path] = _number_field(number, f"number-{index}")
        data[number.path] = Decimal(number.value.numerator) / Decimal(number.value.denominator)
        if number.whole and number.value.denominator == 1:
            data[number.path] = int(number.value)
    form: NumbersForm = type("NumbersForm", (NumbersForm,), fields)(data=data, **options)
    return form


def _number_field(number: Number, name: str) -> Any:
    label, required = number.label[language()], [InputRequired(_("请填写数字。"))]
    if number.unit == "比例":
        return PercentField(label, required, places=6, maximum=1000, id=name)
    if number.whole and number.value.denominator == 1:
        return WholeNumberField(label, required, maximum=1000, id=name)
    return NumberField(label, required, places=6, id=name)


def tomorrow_or_later(base: Edition) -> date:
    """The first of next January: when a successor usually begins; later than its predecessor in any case."""
    first = date(clock.today().year + 1, 1, 1)
    return first if first > base.since else date(base.since.year + 1, 1, 1)
