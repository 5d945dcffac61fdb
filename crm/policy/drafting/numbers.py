"""Every number of an edition that a person may change: where it stands, whose clause it is, and what it means in words."""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from crm.policy.drafting.wording import band_ends, say_test
from crm.policy.language.clauses import parse_test
from crm.policy.language.operators import MEASURES, parse_measure
from crm.policy.language.points import NOTHING, Band
from crm.policy.language.source import Spec
from crm.policy.text import SIGNS, Text
from crm.policy.vocabulary import ATTRIBUTE_TITLES, LIST_TITLES, LISTS

Content = dict[str, Any]

FIXED = {"year", "nth", "values"}  # which year is meant, and codes: changing them is another clause, not another number
WHOLE_UNITS = {"年", "天", "个月", "个完整年度", "名"}
COUNTS: dict[str, tuple[Text, str]] = {
    "years": (Text("取几年", "How many years"), "年"),
    "years_ago": (Text("须满", "At least ago"), "年"),
    "months_ago": (Text("须满", "At least ago"), "个月"),
    "full_years": (Text("须满完整会计年度", "Full years"), "年"),
    "last_years": (Text("在近几年内", "In the last years"), "年"),
    "last_days": (Text("在近几天内", "In the last days"), "天"),
    "last_months": (Text("在近几个月内", "In the last months"), "个月"),
    "more_than_years_ago": (Text("须超过", "More than ago"), "年"),
    "at_most": (Text("须在前几名", "Among the first"), "名"),
    "cap": (Text("合计至多", "Together at most"), "分"),
    "max": (Text("满分", "Full points"), "分"),
}


@dataclass(frozen=True)
class Number:
    """One number. `clause` is the first criterion that reads it, `clauses` all of them; ratios are fractions of 比例."""

    path: str
    clause: str
    label: Text
    value: Fraction
    unit: str
    clauses: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether only whole numbers make sense: years, days, ranks."""
        return self.unit in WHOLE_UNITS


@dataclass(frozen=True)
class _Place:
    """Where a walk through the content stands: the path, the clause, what the numbers here are called and counted in."""

    path: str
    clause: str
    label: Text
    unit: str = ""

    def at(self, key: str | int, label: Text | None = None, unit: str | None = None) -> "_Place":
        step = f"[{key}]" if isinstance(key, int) else f".{key}"
        return _Place(self.path + step, self.clause, label or self.label, self.unit if unit is None else unit)

    def called(self, zh: str, en: str) -> Text:
        """The words of this place with something more behind them."""
        return Text(
            f"{self.label.zh} · {zh}" if self.label.zh else zh, f"{self.label.en} · {en}" if self.label.en else en
        )


@dataclass
class _Walk:
    """All numbers of a content, each with the function that sets it."""

    content: Content
    found: dict[str, Number] = field(default_factory=dict)
    setters: dict[str, Callable[[Fraction], None]] = field(default_factory=dict)

    def all(self) -> None:
        seen: dict[str, int] = {}
        for criterion in _mappings(self.content.get("criteria")):
            name = str(criterion.get("id"))
            seen[name] = seen.get(name, 0) + 1
            again = f"#{seen[name]}" if seen[name] > 1 else ""  # an id may stand several times, once a purpose
            self.below(criterion, _Place(f"criteria[{name}{again}]", name, Text("", "")))

    def item(self, holder: Any, key: Any, place: _Place) -> None:
        """The numbers below one key of a mapping or list."""
        value = holder[key]
        if isinstance(value, Fraction):
            if key not in FIXED:
                label, unit = COUNTS.get(key, (None, None))
                where = place.at(key, place.called(label.zh, label.en) if label else None, unit)
                self.number(where, value, holder, key)
        elif key == "when":  # a step's or a part's condition, or for whom a clause holds
            self.below(value, place.at(key, place.called("适用于", "for whom")))
        elif key == "scoring" and not isinstance(value, dict):
            self.below(value, place.at(key, place.called("得分", "points"), "分"))
        elif key not in FIXED:
            self.below(value, place.at(key))

    def number(self, place: _Place, value: Fraction, holder: Any, key: Any) -> None:
        known = self.found.get(place.path)
        if known is None:
            self.found[place.path] = Number(
                place.path, place.clause, place.label, value, place.unit, (place.clause,) if place.clause else ()
            )
            self.setters[place.path] = lambda new: holder.__setitem__(key, new)
        elif place.clause not in known.clauses:
            self.found[place.path] = replace(known, clauses=(*known.clauses, place.clause))

    def below(self, value: Any, place: _Place) -> None:
        """The numbers in a value, by what the value is."""
        if isinstance(value, list):
            ends = len(value) == 2 and all(isinstance(item, Fraction) for item in value)
            names = (Text("最低", "lowest"), Text("最高", "highest"))
            for index in range(len(value)):
                label = place.called(names[index].zh, names[index].en) if ends else None
                self.item(value, index, replace(place, label=label or place.label))
        elif isinstance(value, dict):
            if set(value) == {"use"}:
                self.source("definitions", value["use"], place)
            elif set(value) == {"parameter"}:
                self.source("parameters", value["parameter"], place)
            elif "bands" in value:
                self.bands(value, place)
            elif "steps" in value or "each" in value:
                self.steps(value, place)
            elif "operator" in value and ("measure" in value or "points" in value):
                self.comparison(value, place)
            elif "where" in value:
                self.counted(value, place)
            else:
                named = _named(value, self.content)
                where = replace(place, label=place.called(named.zh, named.en)) if named else place
                for key in value:
                    if key != "title":
                        self.item(value, key, where)

    def source(self, kind: str, name: Any, place: _Place) -> None:
        """A definition or a parameter's options: their numbers keep their own path, and belong to every clause that reads them."""
        piece = _piece(self.content, kind, name)
        if kind == "definitions":
            if isinstance(piece, Fraction):
                self.number(replace(place, path=f"definitions.{name}"), piece, self.content[kind], name)
            else:
                self.below(piece, replace(place, path=f"definitions.{name}"))
            return
        options = piece.get("options") if isinstance(piece, dict) else None
        chosen = piece.get("default") if isinstance(piece, dict) else None
        others = [option for option in options if option != chosen] if isinstance(options, dict) else []
        for option in options if isinstance(options, dict) else ():
            if option == chosen:
                where = place.called("现在采用的读法", "the reading in use")
            else:
                number = others.index(option) + 1
                where = place.called(f"另一种读法（{number}）", f"another reading ({number})")
            self.item(options, option, replace(place, path=f"parameters.{name}.options", label=where))

    def comparison(self, value: Content, place: _Place) -> None:
        measure, sign = value.get("measure"), SIGNS.get(str(value.get("operator")), "")
        name = _measure_name(measure, self.content) if measure is not None else Text("得分", "points")
        for key, item in value.items():
            if key == "value" and isinstance(item, Fraction):
                label = place.called(f"{name.zh} {sign}", f"{name.en} {sign}")
                self.number(place.at(key, label, str(value.get("unit", ""))), item, value, key)
            elif key != "title":
                self.item(value, key, place)

    def counted(self, value: Content, place: _Place) -> None:
        keyword = next((key for key in ("count", "total") if key in value), None)
        name = value.get(keyword) if keyword else None
        title = _bilingual(value.get("title")) or (LIST_TITLES.get(name) if isinstance(name, str) else None)
        counts = replace(place, label=title or place.label)
        self.where(value["where"], counts.at("where"))

    def where(self, value: Any, place: _Place) -> None:
        if isinstance(value, list):
            for index, item in enumerate(value):
                self.where(item, place.at(index))
        elif isinstance(value, dict) and set(value) in ({"use"}, {"parameter"}):
            self.below(value, place)
        elif isinstance(value, dict):
            for key, item in value.items():
                title = ATTRIBUTE_TITLES.get(key) if any(key in attributes for attributes in LISTS.values()) else None
                below = place.at(key, place.called(title.zh, title.en) if title else None)
                if isinstance(item, (dict, list)):
                    self.where(item, below)
                elif isinstance(item, Fraction):
                    self.item(value, key, place)

    def bands(self, value: Content, place: _Place) -> None:
        unit = str(value.get("unit", ""))
        name = _measure_name(value.get("measure"), self.content)
        here = replace(place, label=place.called(name.zh, name.en))
        for key in value:
            if key != "bands":
                self.item(value, key, place)
        bands, where = value["bands"], here.at("bands")
        if isinstance(bands, dict) and set(bands) == {"use"}:
            where = replace(where, path=f"definitions.{bands['use']}")
            bands = _piece(self.content, "definitions", bands["use"])
        for index, band in enumerate(bands if isinstance(bands, list) else []):
            if isinstance(band, dict):
                self.band(band, where.at(index), unit)

    def band(self, band: Content, place: _Place, unit: str) -> None:
        ends = band_ends(_band(band), unit)
        here = replace(place, label=place.called(ends.zh, ends.en))
        words = {
            "from": Text("下限（含）", "from (included)"),
            "above": Text("下限（不含）", "above"),
            "below": Text("上限（不含）", "below"),
            "up_to": Text("上限（含）", "up to (included)"),
        }
        for key in band:
            if key in words:
                self.item(band, key, replace(here, label=here.called(words[key].zh, words[key].en), unit=unit))
            else:
                self.item(band, key, replace(here, label=here.called("得分", "points"), unit="分"))

    def steps(self, value: Content, place: _Place) -> None:
        for kind in ("steps", "each"):
            for index, step in enumerate(_mappings(value.get(kind))):
                here = place.at(kind).at(index)
                said = _test_words(step.get("when"), self.content)
                for key in step:
                    if key == "when":
                        self.below(step[key], here.at(key))
                    else:
                        label = place.called(f"{said.zh} · 得分", f"{said.en} · points")
                        self.item(step, key, replace(here, label=label, unit="分"))
        for key in value:
            if key == "otherwise":
                self.item(value, key, replace(place, label=place.called("其余得分", "otherwise"), unit="分"))
            elif key == "cap":
                self.item(value, key, place)


def numbers_of(content: Content) -> list[Number]:
    """Every number a person may change, in the order of the clauses. `content` is whole: an overlay with its base."""
    walk = _Walk(content)
    walk.all()
    return list(walk.found.values())


def with_numbers(content: Content, numbers: Mapping[str, Fraction]) -> Content:
    """The content with other numbers, by path. Raises KeyError for a path it does not have."""
    changed = deepcopy(content)
    walk = _Walk(changed)
    walk.all()
    for path, number in numbers.items():
        walk.setters[path](number)
    return changed


# words for what is not a number


def _piece(content: Any, kind: str, name: Any) -> Any:
    """What stands under a name among the definitions or parameters; None where a draft has it wrong."""
    pieces = content.get(kind) if isinstance(content, dict) else None
    return pieces.get(name) if isinstance(pieces, dict) and isinstance(name, str) else None


def _mappings(value: Any) -> Iterator[Content]:
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            yield item


def _bilingual(value: Any) -> Text | None:
    return Text(str(value.get("zh")), str(value.get("en"))) if isinstance(value, dict) else None


def resolved(value: Any, content: Content, depth: int = 0) -> Any:
    """The value with its definitions, and the default of its parameters, in their place."""
    if depth > 50:
        return None
    if isinstance(value, list):
        return [resolved(item, content, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"use"}:
        return resolved(_piece(content, "definitions", value["use"]), content, depth + 1)
    if set(value) == {"parameter"}:
        parameter = _piece(content, "parameters", value["parameter"])
        chosen = parameter.get("default") if isinstance(parameter, dict) else None
        return resolved(_piece(parameter, "options", chosen), content, depth + 1)
    return {key: resolved(item, content, depth + 1) for key, item in value.items()}


def _measure_name(value: Any, content: Content) -> Text:
    return _words(lambda spec: parse_measure(spec).name(None), value, content)


def _test_words(value: Any, content: Content) -> Text:
    return _words(lambda spec: say_test(parse_test(spec), {}, brief=True), value, content)


def _words(say: Callable[[Spec], Text], value: Any, content: Content) -> Text:
    """What a piece says; nothing where a draft's piece is still so wrong that it cannot be read."""
    try:
        return say(Spec("", "", resolved(value, content), []))
    except (TypeError, AttributeError, KeyError):
        return Text("", "")


def _named(value: Content, content: Content) -> Text | None:
    """What a mapping is called whose numbers have no better words: a measure, or a test of dates."""
    if any(isinstance(value.get(key), str) for key in MEASURES):
        return _measure_name(value, content)
    if "date" in value:
        return _test_words(value, content)
    return None


def _band(value: Content) -> Band:
    def end(*keys: str) -> Fraction | None:
        found = next((value[key] for key in keys if key in value), None)
        return found if isinstance(found, Fraction) else None

    return Band(end("from", "above"), "above" in value, end("below", "up_to"), "below" in value, NOTHING)
