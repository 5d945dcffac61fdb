"""Every command, gathered: `flask --app app …`."""

from __future__ import annotations

from crm.accounts.commands import accounts
from crm.bench.commands import bench
from crm.demo.commands import demo
from crm.editions.commands import editions
from crm.exchange.commands import figures, firms, ip, registers
from crm.firms.commands import reference
from crm.incentives.commands import incentives
from crm.insight.commands import funnel
from crm.kernel.identifiers.commands import identifiers
from crm.kernel.jobs import worker
from crm.kernel.migrate import database
from crm.ladder.commands import ladder
from crm.lists.commands import lists
from crm.park.commands import park
from crm.policy.commands import policy

COMMANDS = (
    accounts,
    bench,
    database,
    demo,
    editions,
    figures,
    firms,
    funnel,
    identifiers,
    incentives,
    ip,
    ladder,
    lists,
    park,
    policy,
    reference,
    registers,
    worker,
)
