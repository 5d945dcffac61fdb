"""The worked firm, in the park's officer's scope."""

from __future__ import annotations

import pytest

from crm.firms.models import Firm
from tests.factories import Park
from tests.integration.outlook.makers import worked_firm


@pytest.fixture
def firm(session, park: Park) -> Firm:
    return worked_firm(session, park.firm, park.officer)
