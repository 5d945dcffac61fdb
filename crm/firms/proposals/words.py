"""Titles for humans."""

from flask_babel import lazy_gettext as _l

from crm.firms.proposals.models import Decision, Target

DECISIONS = {
    Decision.PENDING: _l("待处理"),
    Decision.ACCEPTED: _l("已接受"),
    Decision.REFUSED: _l("未接受"),
    Decision.WITHDRAWN: _l("已撤回"),
}
TARGETS = {
    Target.FIRM: _l("基本情况"),
    Target.FIGURES: _l("年度数据"),
    Target.IP: _l("知识产权"),
    Target.FACT: _l("企业情况"),
    Target.PAPER: _l("申报材料"),
    Target.ENTRY: _l("登记册"),
}
DECISION_KINDS = {
    Decision.PENDING: "warn",
    Decision.ACCEPTED: "good",
    Decision.REFUSED: "bad",
    Decision.WITHDRAWN: "neutral",
}
