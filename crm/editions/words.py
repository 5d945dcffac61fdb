"""What people call things of this room."""

from flask_babel import lazy_gettext as _l

from crm.editions.models import EditionState

STATES = {EditionState.DRAFT: _l("草稿"), EditionState.PUBLISHED: _l("已发布")}
PURPOSES = {"new": _l("新申报"), "review": _l("复核"), "annual": _l("年度更新")}
EDITION_FIELDS = {
    "name": _l("版本编号"),
    "rung": _l("资质"),
    "state": _l("状态"),
    "hash": _l("内容校验码"),
    "copied_from": _l("底稿"),
    "created_by_id": _l("起草人"),
    "published_by_id": _l("发布人"),
    "published_at": _l("发布时间"),
}
ROLES = {"alternative": _l("几条途径任一即可"), "basis": _l("供其他条款引用")}
CHANGES = {"same": _l("未变"), "changed": _l("有改动"), "added": _l("新增"), "removed": _l("删去")}
CHANGE_KINDS = {"same": "neutral", "changed": "warn", "added": "good", "removed": "bad"}
KEY_TITLES = {  # what a key of an edition's file is called on a page
    "id": _l("版本编号"),
    "file": _l("文件"),
    "rung": _l("方向"),
    "title": _l("标题"),
    "document": _l("依据文件"),
    "in_force": _l("施行期间"),
    "region": _l("适用地区"),
    "replaces": _l("取代的版本"),
    "based_on": _l("底稿"),
    "papers": _l("另需提交的材料"),
    "criteria": _l("条款"),
    "decision": _l("判定办法"),
    "score": _l("评分"),
    "definitions": _l("共用的定义"),
    "parameters": _l("原文留有余地之处"),
}
CERTAINTY_WORDS = {  # as the badge of a clause has it (templates/_components/ladder.html)
    "confirmed": _l("已核实"),
    "reposted": _l("数字已对转载件"),
    "secondary": _l("数字出自二手资料"),
    "general": _l("数字待核原文"),
    "uncertain": _l("数字存疑"),
}
DATES = {"from": _l("起日"), "to": _l("止日")}
