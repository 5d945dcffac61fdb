"""The titles of this room's fields."""

from typing import Any

from flask_babel import lazy_gettext as _l

TERM_FIELDS: dict[str, Any] = {
    "vocabulary": _l("词表"),
    "key": _l("代号"),
    "title": _l("中文名称"),
    "title_en": _l("英文名称"),
    "place": _l("次序"),
    "built_in": _l("内置"),
    "disabled": _l("停用"),
}
DAY_FIELDS: dict[str, Any] = {"working": _l("这一天"), "name": _l("名称")}
INDUSTRY_FIELDS: dict[str, Any] = {"name": _l("名称"), "disabled": _l("停用")}
# Length of a code → the level of GB/T 4754, as the table keeps it; and what it is called.
LEVEL_OF = {1: "门类", 3: "大类", 4: "中类", 5: "小类"}
LEVELS: dict[str, Any] = {"门类": _l("门类"), "大类": _l("大类"), "中类": _l("中类"), "小类": _l("小类")}
CHAIN_FIELDS: dict[str, Any] = {"name": _l("名称"), "name_en": _l("英文名称"), "disabled": _l("停用")}
