"""The firm's own pages."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.firms.proposals.shown import titles_of
from crm.firms.tabs import Tab, TabGroup, add_tab
from crm.kernel import clock
from crm.portal import account_routes as _account_routes  # noqa: F401  these add their views to the blueprint
from crm.portal import filling_routes as _filling_routes  # noqa: F401
from crm.portal import fits, paper_routes, routes
from crm.portal import need_routes as _need_routes  # noqa: F401
from crm.portal import register_routes as _register_routes  # noqa: F401
from crm.portal import upload_routes as _upload_routes  # noqa: F401
from crm.web.layout import Place, add_place


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    app.jinja_env.globals.update(last_year=lambda: clock.today().year - 1, asked_for=titles_of)
    own = Permission.KEEP_OWN_RECORD
    add_place(app, Place("portal.home", _l("首页"), "home", own, 10, exact=True, thumb=1))
    add_place(app, Place("portal.tasks", _l("填报"), "checklist", own, 15, thumb=2))
    add_place(app, Place("portal.ladder", _l("对照标准"), "case", own, 20, thumb=3))
    add_place(app, Place("portal.own_needs", _l("诉求"), "need", own, 25, thumb=4))
    add_place(app, Place("portal.record", _l("企业档案"), "firm", own, 30))
    add_place(app, Place("portal.own_proposals", _l("我的申请"), "proposal", own, 40))
    add_place(app, Place("portal.own_documents", _l("资料文件"), "document", own, 45))
    add_place(app, Place("portal.contacts", _l("联系人"), "users", own, 50))
    add_tab(app, Tab("portal.firm_tasks", _l("填报进度"), TabGroup.FILLING, 75))
    add_tab(app, Tab("portal.accounts", _l("账号"), TabGroup.FILLING, 80, Permission.EDIT_FIRMS))
    paper_routes.offer_papers(app)
    fits.init_app(app)
