"""The sink files on the real worker: types, nulls, upserts, dead letters."""

from datetime import datetime, timezone
from decimal import Decimal

import pytest

from sinks import Sink, execute

UTC = timezone.utc


def order_row(order_id, **changes):
    row = {"ORDER_ID": order_id, "CUSTOMER_ID": 9_000_000_000,
           "ORDER_DATE": datetime(2021, 3, 14, 9, 0, 0, 123000, UTC), "ORDER_STATUS": "Delivered",
           "ORDER_TOTAL": Decimal("9999999999.99"), "ITEM_VARIETY": 7, "PAYMENT_STATUS": True,
           "PAYMENT_METHOD": "Credit Card", "PAYMENT_DATE": datetime(2021, 3, 15, tzinfo=UTC),
           "SHIPPING_ID": 2**62, "EXPRESS_SHIPPING": False,
           "SHIPPED_DATE": datetime(2021, 3, 16, tzinfo=UTC), "ETA": datetime(2021, 3, 20, tzinfo=UTC),
           "FINISHED_DATE": datetime(2021, 3, 19, 23, 59, 59, 999000, UTC)}
    return {**row, **changes}


@pytest.fixture(scope="module")
def orders():
    with Sink("order_info", "sinktest") as sink:
        yield sink


def row_of(sink, order_id):
    return execute(f"SELECT * FROM {sink.name} WHERE order_id = {order_id}")


def test_every_type_arrives_unchanged(orders):
    orders.send("1", order_row(1))
    orders.flush()
    orders.wait("the row is there", lambda: row_of(orders, 1))
    assert row_of(orders, 1) == [(
        1, 9_000_000_000, datetime(2021, 3, 14, 9, 0, 0, 123000), "Delivered",
        Decimal("9999999999.99"), 7, True, "Credit Card", datetime(2021, 3, 15), 2**62, False,
        datetime(2021, 3, 16), datetime(2021, 3, 20), datetime(2021, 3, 19, 23, 59, 59, 999000), None)]


def test_everything_but_the_key_may_be_null(orders):
    orders.send("2", {**dict.fromkeys(order_row(2)), "ORDER_ID": 2})
    orders.flush()
    orders.wait("the row is there", lambda: row_of(orders, 2))
    assert row_of(orders, 2)[0] == (2, *[None] * 14)


def test_the_price_of_an_order_arrives_with_its_row():
    with Sink("order_executed", "sinktest") as sink:
        sink.send("1", order_row(1, EXECUTION_PRICE=Decimal("12.34")))
        sink.send("2", order_row(2, EXECUTION_PRICE=Decimal("9999999999.99")))
        sink.flush()
        sink.wait("both rows are there", lambda: sink.count() == 2)
        assert row_of(sink, 1)[0][-2:] == (datetime(2021, 3, 19, 23, 59, 59, 999000),
                                           Decimal("12.34"))
        assert row_of(sink, 2)[0][-1] == Decimal("9999999999.99")
        assert row_of(sink, 2)[0][4] == Decimal("9999999999.99")


def test_the_newest_record_of_a_key_wins(orders):
    for total in range(1, 51):
        orders.send("3", order_row(3, ORDER_TOTAL=Decimal(total), ORDER_STATUS=f"step {total}"))
    orders.flush()
    orders.wait("the last update is there", lambda: row_of(orders, 3) and
                row_of(orders, 3)[0][3] == "step 50")
    assert row_of(orders, 3)[0][4] == Decimal(50)
    assert len(row_of(orders, 3)) == 1


def test_text_of_any_kind_arrives(orders):
    text = "Peñafrancia “O'Hara”; \\ % $1 {x} \t\n 東"
    orders.send("4", order_row(4, ORDER_STATUS=text))
    orders.flush()
    orders.wait("the row is there", lambda: row_of(orders, 4))
    assert row_of(orders, 4)[0][3] == text


def test_undecodable_records_go_to_the_dead_letters(orders):
    orders.send("5", b"no Avro at all")
    orders.send("6", order_row(6))
    orders.flush()
    orders.wait("the good row behind it is there", lambda: row_of(orders, 6))
    letters = orders.dead_letters()
    assert [letter.key() for letter in letters] == [b"5"]
    headers = dict(letters[0].headers())
    assert letters[0].value() == b"no Avro at all"
    assert headers["__connect.errors.topic"] == orders.name.encode()
    assert headers["__connect.errors.stage"] == b"VALUE_CONVERTER"
    assert orders.states() == ["RUNNING"]


def test_items_and_customers_arrive():
    with Sink("item_info", "sinktest") as items, Sink("customer_info", "sinktest") as customers:
        items.send("1-7", {"ITEM_ID": "1-7", "ORDER_ID": 1, "SKU": 7,
                           "UNIT_PRICE": Decimal("0.01"), "QUANTITY": 3,
                           "DISCOUNT_PERCENT": 12.5, "SUBTOTAL": Decimal("0.03")})
        customers.send("9", {"CUSTOMER_ID": 9, "CUSTOMER_NAME": "Ana Peña", "COMPANY": None,
                             "EMAIL": "ana@example.com", "STREET_ADDRESS": "1 Rizal St.",
                             "LGU": "Manila", "PROVINCIAL_CODE": "PH-00",
                             "CONTACT_NUMBER": "+63 900 000 0000"})
        items.flush()
        customers.flush()
        items.wait("the item is there", lambda: items.count() == 1)
        customers.wait("the customer is there", lambda: customers.count() == 1)
        assert execute(f"SELECT * FROM {items.name}") == [
            ("1-7", 1, 7, Decimal("0.01"), 3, 12.5, Decimal("0.03"))]
        assert execute(f"SELECT * FROM {customers.name}") == [
            (9, "Ana Peña", None, "ana@example.com", "1 Rizal St.", "Manila", "PH-00",
             "+63 900 000 0000")]


def test_aggregates_arrive_as_they_run():
    with Sink("order_price", "sinktest") as prices, Sink("destination_total", "sinktest") as totals:
        for lines in (1, 2, 3):
            prices.send("7", {"ORDER_ID": 7, "LINES": lines, "ORDER_PRICE": Decimal(lines)})
            totals.send("x", {"TO_LOCATION": 51, "TO_LOCATION_NAME": "Cebu", "LINES": lines,
                              "QUANTITY": 2**40 + lines, "AMOUNT": Decimal("9" * 16 + ".99")})
        for sink in (prices, totals):
            sink.flush()
            sink.wait("the last sum is there", lambda sink=sink: execute(
                f"SELECT max(lines) FROM {sink.name}") == [(3,)])
        assert execute(f"SELECT * FROM {prices.name}") == [(7, 3, Decimal(3))]
        assert execute(f"SELECT * FROM {totals.name}") == [
            (51, "Cebu", 3, 2**40 + 3, Decimal("9" * 16 + ".99"))]


def test_status_events_arrive_however_often_they_come():
    with Sink("order_status_history", "sinktest") as sink:
        at = datetime(2021, 3, 14, 9, 0, 0, 123000, UTC)
        event = {"order_id": 7, "status": "Timed Out", "stage": "payment", "at": at,
                 "reason": "not paid within 7 days", "customer_id": 2**40}
        bare = {"order_id": 7, "status": "Generated", "stage": "producer", "at": at,
                "reason": None, "customer_id": None}
        for _ in range(3):
            sink.send("7", event)
            sink.send("7", bare)
        sink.flush()
        sink.wait("both rows are there", lambda: sink.count() == 2)
        assert execute(f"SELECT order_id, status, stage, at, reason, customer_id FROM {sink.name} "
                       "ORDER BY status") == [
            (7, "Generated", "producer", at.replace(tzinfo=None), None, None),
            (7, "Timed Out", "payment", at.replace(tzinfo=None), "not paid within 7 days", 2**40)]
