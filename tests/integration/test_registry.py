"""Our registry client against the real registry: what is registered is the raw text, and the
registry's own words reach the user. The scripted cases (retries, proxies, credentials) are in
tests/unit/test_registry.c."""

import json
import os
import subprocess
import uuid
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ORDERFLOW_BUILD", ROOT / "build"))
REGISTRY = os.environ["SCHEMA_REGISTRY_URL"]
ORDER = ROOT / "schemas" / "order.avsc"


class Tool:
    """registry-tool on subjects of our own, which are deleted at the end."""

    def __init__(self, folder):
        self.folder, self.prefix = folder, f"registry_{uuid.uuid4().hex[:8]}_"
        self.files = 0

    def subject(self, name):
        return f"{self.prefix}{name}-value"

    def file(self, schema):
        """A schema as a file; text goes in as it is."""
        self.files += 1
        path = self.folder / f"{self.files}.avsc"
        path.write_text(schema if isinstance(schema, str) else json.dumps(schema))
        return path

    def ask(self, *arguments, **properties):
        pairs = [f"{name.replace('_', '.')}={value}" for name, value in
                 {"schema_registry_url": REGISTRY, **properties}.items()]
        run = subprocess.run([BUILD / "tests" / "integration" / "registry-tool", *pairs, "--",
                              *map(str, arguments)], check=True, timeout=60, text=True,
                             stdout=subprocess.PIPE)
        return tuple(run.stdout.rstrip("\n").split(" ", 1))

    def good(self, *arguments, **properties):
        word, *rest = self.ask(*arguments, **properties)
        assert word == "ok", (word, rest)
        return rest[0] if rest else ""

    def clean(self):
        for subject in requests.get(f"{REGISTRY}/subjects", timeout=30).json():
            if subject.startswith(self.prefix):
                for permanent in ("false", "true"):
                    requests.delete(f"{REGISTRY}/subjects/{subject}?permanent={permanent}",
                                    timeout=30)


@pytest.fixture(name="tool")
def make_tool(tmp_path):
    tool = Tool(tmp_path)
    yield tool
    tool.clean()


def record(*fields):
    return {"type": "record", "name": "R", "namespace": "n", "fields": list(fields)}


ID = {"name": "id", "type": "long"}
NOTE = {"name": "note", "type": "string", "default": "none"}
NEEDED = {"name": "needed", "type": "string"}


def test_ping(tool):
    assert tool.good("ping") == ""


def test_raw_text_is_registered(tool):
    subject = tool.subject("raw")
    number = tool.good("register", subject, ORDER)
    text = ORDER.read_text()
    answer = requests.get(f"{REGISTRY}/schemas/ids/{number}", timeout=30).json()
    assert json.loads(answer["schema"]) == json.loads(text)
    assert "timestamp-millis" in answer["schema"] and '"default"' in answer["schema"]
    assert tool.good("register", subject, ORDER) == number
    assert json.loads(tool.good("schema", number)) == json.loads(text)
    latest, version, schema = tool.good("latest", subject).split(" ", 2)
    assert (latest, version) == (number, "1")
    assert json.loads(schema) == json.loads(text)


def test_id_for_subject(tool):
    subject, schema = tool.subject("id"), tool.file(record(ID))
    refused = tool.ask("id", subject, schema, auto_register_schemas="false")
    assert refused[0] == "fatal" and f"subject {subject}: the registry answered 404" in refused[1]
    number = tool.good("id", subject, schema)
    assert tool.good("id", subject, schema, auto_register_schemas="false") == number
    other = tool.ask("id", subject, tool.file(record(ID, NOTE)), auto_register_schemas="false")
    assert other[0] == "fatal" and "404" in other[1]


def test_use_latest_version(tool):
    subject, schema = tool.subject("latest"), tool.file(record(ID))
    missing = tool.ask("id", subject, schema, use_latest_version="true")
    assert missing[0] in ("input", "fatal") and subject in missing[1]
    tool.good("register", subject, schema)
    documented = tool.file({**record(ID), "doc": "The same on the wire."})
    number = tool.good("register", subject, documented)
    assert tool.good("id", subject, schema, use_latest_version="true") == number
    tool.good("register", subject, tool.file(record(ID, NOTE)))
    differs = tool.ask("id", subject, schema, use_latest_version="true")
    assert differs[0] == "fatal" and "differs from the schema of this program" in differs[1]


def test_compatibility(tool):
    subject = tool.subject("compatibility")
    tool.good("register", subject, tool.file(record(ID)))
    tool.good("compatibility", subject, "BACKWARD")
    config = requests.get(f"{REGISTRY}/config/{subject}", timeout=30).json()
    assert config["compatibilityLevel"] == "BACKWARD"
    refused = tool.ask("register", subject, tool.file(record(ID, NEEDED)))
    assert refused[0] == "fatal"
    assert f"subject {subject}: the registry answered 409: " in refused[1]
    assert "(error code 409)" in refused[1]
    tool.good("register", subject, tool.file(record(ID, NOTE)))
    tool.good("compatibility", subject, "NONE")
    tool.good("register", subject, tool.file(record(ID, NEEDED)))


def test_bad_requests(tool):
    subject = tool.subject("bad")
    refused = tool.ask("register", subject, tool.file('{"type": "nonsense"}'))
    assert refused[0] == "fatal"
    assert f"subject {subject}: the registry answered 422: " in refused[1]
    assert "(error code 42201)" in refused[1]
    level = tool.ask("compatibility", subject, "SIDEWAYS")
    assert level[0] != "ok" and "level" in level[1]  # Apicurio answers 500, Confluent's 42203
    assert tool.ask("latest", subject)[0] == "input"


def test_unknown_ids(tool):
    assert tool.ask("schema", 999999999) == (
        "input", "the registry does not know schema id 999999999")
    refused = tool.ask("body", 999999999, "00", tool.file(record(ID)))
    assert refused == ("input", "the registry does not know schema id 999999999")


def test_a_wrong_path_is_no_unknown_id(tool):
    """A registry URL without its path answers 404 to everything: no reason for dead letters."""
    root = REGISTRY.split("/apis/")[0] + "/nowhere"
    assert tool.ask("schema", 1, schema_registry_url=root)[0] == "retry"


def test_older_writer(tool):
    subject, newer = tool.subject("older"), tool.file(record(ID, NOTE))
    old = tool.good("register", subject, tool.file(record(ID)))
    new = tool.good("register", subject, newer)
    assert old != new
    assert tool.good("body", old, "0e", newer) == "0e" + "08" + b"none".hex()
    assert tool.good("body", new, "0e0268", newer) == "0e0268"
    cut = tool.ask("body", new, "0e", newer)
    assert cut[0] == "ok"  # in place: the decoder behind it says what is wrong
    refused = tool.ask("body", old, "0e", tool.file(record(ID, NEEDED)))
    assert refused[0] == "input" and "needed: the writer has no such field" in refused[1]


def test_failover(tool):
    urls = f"http://127.0.0.1:1,{REGISTRY}"
    assert tool.good("ping", schema_registry_url=urls) == ""
    alone = tool.ask("ping", schema_registry_url="http://127.0.0.1:1",
                     **{"schema_registry_max_retries": "0"})
    assert alone[0] == "retry" and "http://127.0.0.1:1" in alone[1]
