import pytest

from world_of_gateway import GatewayWorld


@pytest.fixture
def world():
    world = GatewayWorld()
    yield world
    world.close()
