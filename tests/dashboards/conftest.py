"""Where the instance under test is: DATABASE_URL (the owner's), DASHBOARDS_URL, ORDERFLOW_DATA."""

import os
import sys
from pathlib import Path

import psycopg2
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "dashboards"), str(Path(__file__).resolve().parent)]


@pytest.fixture(scope="session")
def superset_folder():
    return Path(os.environ["ORDERFLOW_DATA"]) / "superset"


@pytest.fixture(scope="session")
def address():
    return os.environ["DASHBOARDS_URL"]


@pytest.fixture(scope="session")
def password(superset_folder):
    return (superset_folder / "password").read_text(encoding="ascii").strip()


@pytest.fixture(scope="session")
def figure():
    """Asks the database for one figure in plain SQL."""
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True

    def ask(statement, *values):
        with connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchone()[0]

    yield ask
    connection.close()
