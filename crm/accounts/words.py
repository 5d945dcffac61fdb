"""Titles for humans."""

from flask_babel import lazy_gettext as _l

from crm.accounts.models import OrganisationKind
from crm.accounts.permissions import Role

ROLES = {
    Role.ADMINISTRATOR: _l("管理员"),
    Role.MANAGER: _l("负责人"),
    Role.OFFICER: _l("园区专员"),
    Role.FIRM: _l("企业"),
}
ORGANISATION_KINDS = {
    OrganisationKind.CITY: _l("市"),
    OrganisationKind.COUNTY: _l("县（市、区）"),
    OrganisationKind.PARK: _l("园区"),
}
