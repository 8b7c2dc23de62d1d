import pytest

from tests.unit.control.world import World


@pytest.fixture
async def world() -> World:
    return World()
