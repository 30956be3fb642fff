"""What happens when something is away, or there twice: nothing lost, nothing twice.

Runs against the instance that ./orderflow test started, in any order and whatever earlier runs left
there. Each test ends by waiting until all orders are final and PostgreSQL holds them, and then
reconciles every id.
"""

import os
import re
import signal
import time

import judge
from flow import PATIENCE, PROGRAMS, SINKS_RUN, LiveOrders, count, task_states
from instance import (STAGE_OPTIONS, STAGES, Program, kill, log_since_start, orderflow, pid_of,
                      wait_until)

CRASH = r"Segmentation fault|Aborted|Assertion .* failed|AddressSanitizer|runtime error:"
LEAVE_SECONDS = 30  # twice what they take at most, for a busy machine


def test_a_second_instance_joins_and_leaves(pipeline, tmp_path):
    flow = LiveOrders(rate=100)
    flow.start()
    for stage in STAGES:
        with Program(tmp_path / stage, f"orderflow-{stage}", "--instance", "second",
                     *STAGE_OPTIONS.get(stage, [])) as second:
            second.wait_for("partitions assigned", PATIENCE)
            made = flow.made()
            wait_until("orders flow through both",
                       lambda: flow.made() >= made + 200 or flow.made(), PATIENCE)
            assert second.stop(60) == 0, second.log()[-2000:]
    flow.stop()
    pipeline.settle()


def test_the_same_instance_twice_is_fenced(pipeline, tmp_path):
    """The later one takes over, the earlier leaves with exit code 6 and says why."""
    twin = "orderflow-payment", "--instance", "twin"
    orderflow("stop", "payment")
    flow = LiveOrders(rate=100)
    flow.start()
    try:
        with Program(tmp_path / "first", *twin) as first:
            first.wait_for("partitions assigned", PATIENCE)
            with Program(tmp_path / "second", *twin) as second:
                assert first.wait(PATIENCE) == 6, first.log()[-2000:]
                assert "taken over" in first.log()
                second.wait_for("partitions assigned", PATIENCE)
                made = flow.made()
                wait_until("orders flow through it",
                           lambda: flow.made() >= made + 200 or flow.made(), PATIENCE)
                assert second.stop(60) == 0, second.log()[-2000:]
                assert "taken over" not in second.log()
    finally:
        orderflow("start", "payment")
    flow.stop()
    pipeline.settle()


def test_registry_is_down_while_orders_flow(pipeline, monkeypatch):
    """Who knows the schema ids goes on without it; who starts waits, and then goes on by itself."""
    monkeypatch.setenv("ORDERFLOW_STARTUP_TIMEOUT_MS", str(PATIENCE * 1000))
    flow = LiveOrders(rate=60)
    flow.start()
    before = count("finished_orders")
    wait_until("every stage has met the schema",
               lambda: count("finished_orders") > before + 50, PATIENCE)
    assert kill("registry")
    finished, failed = count("finished_orders"), count("failed_orders")
    wait_until("orders flow through all stages without a registry",
               lambda: (count("finished_orders") >= finished + 300
                        and count("failed_orders") > failed), PATIENCE)
    kill("shipping")
    orderflow("start", "shipping")
    newcomer = pid_of("shipping")
    wait_until("the new stage waits", lambda: log_since_start("shipping").count(
        "waiting for the schema registry") >= 2, PATIENCE)
    shipped, paid = count("shipped_orders"), count("paid_orders")
    wait_until("orders pile up before it", lambda: count("paid_orders") >= paid + 200, PATIENCE)
    assert count("shipped_orders") == shipped
    assert pid_of("registry") is None and pid_of("shipping") == newcomer
    orderflow("start", "registry")
    wait_until("the new stage works", lambda: count("shipped_orders") > shipped, PATIENCE)
    assert pid_of("shipping") == newcomer
    flow.stop()
    pipeline.settle()


def test_all_leave_in_time_while_kafka_is_away(pipeline):
    """Amid their transactions, which their successors abort."""
    flow = LiveOrders(rate=100)
    flow.start()
    wait_until("orders flow", lambda: flow.made() >= 200 or flow.made(), PATIENCE)
    assert kill("kafka")
    for part in PROGRAMS:
        os.kill(pid_of(part), signal.SIGTERM)
    wait_until("all have left", lambda: not any(map(pid_of, PROGRAMS)) or
               [part for part in PROGRAMS if pid_of(part)], LEAVE_SECONDS, pause=.2)
    for part in PROGRAMS:  # by themselves; a stage that ends in time says nothing of it
        log = log_since_start(part)
        assert not re.search(CRASH, log), (part, log[-2000:])
        if part in ("gateway", "ksqld"):
            assert re.search(r"\bstopping\b|leaving at once", log), (part, log[-2000:])
    orderflow("up", timeout=2 * PATIENCE)
    pipeline.settle()


def test_postgres_is_away_for_a_minute(pipeline):
    flow = LiveOrders(500, rate=20)
    flow.start()
    time.sleep(2)
    assert kill("postgres")
    time.sleep(60)
    orderflow("start", "postgres")
    flow.wait()
    pipeline.settle()
    assert task_states() == SINKS_RUN


def test_a_failed_sink_is_shown_with_its_cause_and_restarted_by_up(pipeline):
    flow = LiveOrders(100, rate=200)
    judge.execute("ALTER TABLE order_info RENAME TO order_info_away")
    try:
        flow.start()
        wait_until("the task failed",
                   lambda: "FAILED" in task_states()["order_info"] or task_states(), PATIENCE)
        answer = orderflow("status", check=False)
        assert re.search(r"^order_info +FAILED\n    .*Exception", answer.stdout, re.M), answer.stdout
    finally:
        judge.execute("ALTER TABLE order_info_away RENAME TO order_info")
    flow.wait()
    orderflow("up", timeout=2 * PATIENCE)
    assert task_states() == SINKS_RUN
    pipeline.settle()
