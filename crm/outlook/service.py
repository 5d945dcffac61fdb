"""What may be done with scenarios: keep one under a name, rename it, put other changes into it, remove it."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.permissions import Role
from crm.kernel.db import db
from crm.kernel.errors import DomainError, EditConflictError
from crm.outlook.models import Scenario
from crm.outlook.what_if import WhatIf
from crm.web.conflict import check_version, is_outdated

MOST = 50  # of a firm on one side; more are a list nobody reads


def is_internal(actor: User) -> bool:
    """Whether what the person keeps is the staff's: the firm does not see it, nor they the firm's."""
    return actor.role is not Role.FIRM


def save_scenario(*, actor: User, made: WhatIf, name: str) -> Scenario:
    """Keep the changes under a name. Raises DomainError for a name that is taken, or where nothing was changed."""
    _require_changes(made)
    internal = is_internal(actor)
    names = set(
        db.session.scalars(select(Scenario.name).where(Scenario.firm_id == made.firm.id, Scenario.internal == internal))
    )
    if len(names) >= MOST:
        raise DomainError(_("方案已有 %(n)s 个，请先删去用不着的。", n=len(names)))
    if name in names:
        raise DomainError(_("已有名为“%(name)s”的方案，请换个名字；要改它，请打开它再覆盖。", name=name), field="name")
    scenario = Scenario(
        firm=made.firm,
        firm_id=made.firm.id,
        name=name,
        rung=made.rung,
        purpose=made.purpose,
        on=made.on,
        changes=made.changes,
        record=made.facts.document,
        internal=internal,
        created_by=actor,
        created_by_id=actor.id,
    )
    db.session.add(scenario)
    db.session.flush()
    return scenario


def overwrite_scenario(*, actor: User, scenario: Scenario, made: WhatIf, version: int | str | None) -> None:
    """Put other changes into a scenario. Raises EditConflictError if someone saved it since `version`."""
    _require_changes(made)
    if is_outdated(scenario, version):
        raise EditConflictError(
            _("您打开之后，有人改过方案“%(name)s”，这次没有覆盖。请重新打开核对，或另存一个名字。", name=scenario.name),
            [],
            version=scenario.version,
        )
    scenario.rung, scenario.purpose, scenario.on = made.rung, made.purpose, made.on
    scenario.changes, scenario.record = made.changes, made.facts.document
    db.session.flush()


def rename_scenario(*, actor: User, scenario: Scenario, name: str, version: int | str | None) -> None:
    """Raises DomainError for a name that is taken, EditConflictError if someone saved it since `version`."""
    check_version(scenario, version, {"name": name}, {"name": _("方案名称")})
    taken = db.session.scalar(
        select(Scenario.id).where(
            Scenario.firm_id == scenario.firm_id,
            Scenario.internal == scenario.internal,
            Scenario.name == name,
            Scenario.id != scenario.id,
        )
    )
    if taken is not None:
        raise DomainError(_("已有名为“%(name)s”的方案，请换个名字。", name=name), field="name")
    scenario.name = name
    db.session.flush()


def remove_scenario(*, actor: User, scenario: Scenario) -> None:
    """It stays in the firm's history."""
    db.session.delete(scenario)
    db.session.flush()


def _require_changes(made: WhatIf) -> None:
    if made.after is None:
        raise DomainError(_("有填写错误，方案没有保存。请改正后再存。"))
    if not made.changes:
        raise DomainError(_("还没有改动任何数据，没有可保存的方案。"))
