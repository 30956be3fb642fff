"""Schema resolution, judged by Apache Avro for Java: for every pair of schemas and every random
value, both resolve it to the same content or both refuse it.

Java's jars are what pom.xml names, fetched by Maven into data/test-jars (or the folder that
ORDERFLOW_AVRO_JARS names) once; the judge is compiled each time. Without javac or mvn the test is
skipped. ORDERFLOW_TEST_SEED=N repeats a run."""

import io
import json
import math
import os
import random
import shutil
import subprocess
from pathlib import Path

import fastavro
import pytest

from bridge import ROOT, Bridge, Refused
from schemas import TABLE, line, random_pairs

HERE = Path(__file__).parent
SEED = int(os.environ.get("ORDERFLOW_TEST_SEED") or random.SystemRandom().randrange(1 << 31))
VALUES = 20          # of each pair
RANDOM_PAIRS = 1500
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"


def jars():
    folder = Path(os.environ.get("ORDERFLOW_AVRO_JARS", ROOT / "data" / "test-jars"))
    wanted = (HERE / "pom.xml").read_bytes()
    mark = folder / "pom.xml"
    if not (mark.exists() and mark.read_bytes() == wanted):
        if not shutil.which("mvn"):
            pytest.skip("mvn is not installed")
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["mvn", "-q", "-B", "-f", HERE / "pom.xml", COPY,
                        f"-DoutputDirectory={folder}"], check=True, timeout=600)
        mark.write_bytes(wanted)
    return folder


@pytest.fixture(name="java", scope="module")
def make_java(tmp_path_factory):
    """Judges a list of pairs: for each the list of (bytes, resolved bytes or None)."""
    if not shutil.which("javac"):
        pytest.skip("javac is not installed")
    folder, classes = jars(), tmp_path_factory.mktemp("classes")
    path = f"{folder}/*"
    subprocess.run(["javac", "-cp", path, "-d", classes, HERE / "ResolutionJudge.java"],
                   check=True, timeout=300)

    def judge(pairs):
        run = subprocess.run(
            ["java", "-cp", f"{path}:{classes}", "ResolutionJudge", str(SEED), str(VALUES)],
            input="".join(line(writer, reader) + "\n" for _, writer, reader in pairs),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True, timeout=600)
        return parse_answers(run.stdout, len(pairs))

    print(f"ORDERFLOW_TEST_SEED={SEED}")
    return judge


def parse_answers(text, count):
    answers, current = [], []
    for row in text.splitlines():
        if row == "end":
            answers.append(current)
            current = []
            continue
        assert "\t" in row, row  # or Java refused a schema
        data, result = row.split("\t", 1)
        current.append((unhex(data), None if result.startswith("!") else unhex(result)))
    assert len(answers) == count
    return answers


def unhex(text):
    return b"" if text == "-" else bytes.fromhex(text)


def comparable(value):
    """NaN equals itself; the order of a map's entries is nobody's."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, dict):
        return {key: comparable(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [comparable(each) for each in value]
    return value


def content(schema, data):
    source = io.BytesIO(data)
    value = fastavro.schemaless_reader(source, schema, return_record_name=True)
    assert source.tell() == len(data), "bytes are left over"
    return comparable(value)


def plain(node):
    """The schema without logical types, whose values fastavro would turn into others."""
    if isinstance(node, list):
        return [plain(each) for each in node]
    if isinstance(node, dict):
        return {key: each if key == "default" else plain(each) for key, each in node.items()
                if key != "logicalType"}
    return node


def ours_of(bridge, data):
    """Resolved bytes and None, or None and the refusal."""
    try:
        return bridge.resolve(data), None
    except Refused as cause:
        return None, str(cause)


def has_text_that_is_none(schema, data):
    """Is there a string in it that is not UTF-8?"""
    try:
        content(schema, data)
    except UnicodeDecodeError:
        return True
    return False


def judge_pair(bridge, pair, answers):
    name, writer, reader = pair
    resolved = sum(theirs is not None for _, theirs in answers)
    try:
        bridge.pair(json.dumps(writer), json.dumps(reader))
    except Refused as cause:
        assert "the writer's schema cannot be resolved" in str(cause), (name, cause)
        # Java looks at items and values no sooner than it meets one: an empty array goes through.
        assert resolved < len(answers), f"only Java resolves {line(writer, reader)}: {cause}"
        return 0
    schema = None
    for data, theirs in answers:
        ours, why = ours_of(bridge, data)
        told = f"{name}: {data.hex()}: {line(writer, reader)}"
        if theirs is not None and why and "a string that is not UTF-8" in why:
            # Bytes that become a string: Java keeps what is no text.
            schema = schema or fastavro.parse_schema(plain(reader))
            assert has_text_that_is_none(schema, theirs), f"only Java resolves ({why}) {told}"
            continue
        assert (ours is None) == (theirs is None), (
            f"only {'Java' if ours is None else 'ours'} resolves ({why}) {told}")
        if ours != theirs:
            schema = schema or fastavro.parse_schema(plain(reader))
            assert content(schema, ours) == content(schema, theirs), told
    return resolved


@pytest.mark.parametrize("pair", TABLE, ids=[pair[0] for pair in TABLE])
def test_table(pair, table_answers):
    with Bridge() as bridge:
        judge_pair(bridge, pair, table_answers[pair[0]])


@pytest.fixture(name="table_answers", scope="module")
def make_table_answers(java):
    """One Java for the whole table."""
    return dict(zip((pair[0] for pair in TABLE), java(TABLE)))


def test_random_pairs(java):
    pairs = list(random_pairs(random.Random(SEED), RANDOM_PAIRS))
    resolved = 0
    with Bridge() as bridge:
        for pair, answers in zip(pairs, java(pairs)):
            resolved += judge_pair(bridge, pair, answers)
    assert resolved > RANDOM_PAIRS * VALUES / 4, "hardly any pair can be resolved"
