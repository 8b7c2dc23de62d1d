import pytest

from tests.unit.control.known import Known
from tests.unit.control.world import World


@pytest.fixture
async def world() -> World:
    return World()


@pytest.fixture
def known() -> Known:
    return Known()
