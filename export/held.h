/* Lines of orders that are not complete yet. An order is complete when as many different lines of
 * it are here as each of them says; they come from one partition. Bounded: whoever adds past a
 * limit is told to give up the oldest order first. Pure. */
#ifndef EXPORT_HELD_H
#define EXPORT_HELD_H

#include "base/buffer.h"
#include "kafka/client.h"
#include "schemas/order.h"

#define HELD_ORDERS_MAX 10000
#define HELD_BYTES_MAX (64u * 1024 * 1024) /* of keys, values, headers and bodies */
#define HELD_LINES_MAX OF_ORDER_ITEM_INFO_MAX

struct held_line {
    int32_t line; /* number within the order, from 1 */
    int64_t offset, timestamp;
    size_t key_size, value_size, headers_size, body_size;
    void *key, *value;
    rd_kafka_headers_t *headers; /* NULL: none */
    const uint8_t *body;         /* in our schema; within `value`, or memory of its own */
};

struct held_order {
    int64_t order_id;
    int32_t partition;
    int32_t wanted;                         /* lines */
    int64_t first_offset;                   /* of the lines that are here */
    int64_t since;                          /* when the first came: the caller's clock */
    struct held_line lines[HELD_LINES_MAX]; /* by number */
    size_t count;
};

/* Where the lines of an order were that is done, while another's begin among them. */
struct held_span {
    int32_t partition;
    int64_t first, last;
};

struct held {
    struct held_order **orders; /* as their first lines came */
    size_t count, capacity;
    size_t bytes;
    struct held_span *spans; /* HELD_ORDERS_MAX at the most */
    size_t span_count, span_capacity;
};

void held_release(struct held *held); /* also for OF_CLEANUP */
void held_clear(struct held *held);   /* all orders */

/* A line as it came. */
struct held_record {
    int64_t order_id;
    int32_t line, wanted;
    int32_t partition;
    int64_t offset, timestamp;
    const void *key, *value;
    const rd_kafka_headers_t *headers; /* NULL: none */
    const uint8_t *body;               /* the value's, in our schema: within it or elsewhere */
    size_t key_size, value_size, body_size;
};

/* Whether the record can be added; else the oldest order, held_oldest, must go first. */
bool held_has_room(const struct held *held, const struct held_record *record);

/* Copies the line. *complete: the order, when it has all its lines now, else NULL. A line that is
 * here already changes nothing. INPUT: numbers that cannot be, or that contradict the order's other
 * lines. There must be room. */
int held_add(struct held *held, const struct held_record *record, int64_t now,
    struct held_order **complete, struct of_error *error) OF_NODISCARD;

struct held_order *held_oldest(const struct held *held); /* NULL: there is none */
void held_remove(struct held *held, struct held_order *order);

/* From where on a partition is to be read again for the held orders: before none of their lines,
 * and amid no order that is done, of which the rest alone would never be complete. -1: there are
 * none. */
int64_t held_first_offset(const struct held *held, int32_t partition);

#endif
