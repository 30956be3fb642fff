import pytest

from scratch import Instance


@pytest.fixture
def instance(tmp_path):
    instance = Instance(tmp_path)
    yield instance
    instance.run("reset")
    assert instance.pids() == {}
