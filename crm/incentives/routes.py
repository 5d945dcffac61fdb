"""Pages of the room, by what they are about."""

from crm.incentives.pages import claims, firm, policies, provisions
from crm.incentives.pages.blueprint import blueprint

__all__ = ["blueprint", "claims", "firm", "policies", "provisions"]
