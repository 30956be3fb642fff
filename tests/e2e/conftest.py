"""What the tests of this folder share."""

import pytest

from flow import Pipeline


@pytest.fixture
def pipeline():
    return Pipeline()
