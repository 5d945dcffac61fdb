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
