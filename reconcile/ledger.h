/* What stands where of every order, and what about it is off. Pure: records, letters and rows come
 * in one by one, in any order; findings come out.
 *
 * The balance: every order that was generated is finished, failed, in flight or a dead letter, and
 * exactly one of these. A record that orderflow-dlq put back may stand in its topic beside the
 * first one; the header orderflow.attempts tells them apart. The rows: every final order has one
 * row of its status, as many item rows as it has items, and its customer's row.
 *
 * Beside the orders' way: each paid order is routed, each order with external lines exported, or
 * the stage has yet to read it, or has dead-lettered it. */
#ifndef ORDERFLOW_RECONCILE_LEDGER_H
#define ORDERFLOW_RECONCILE_LEDGER_H

#include "base/error.h"
#include "order/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEDGER_ORDERS_MAX 200000000 /* ids that are looked at */

enum finding {
    FOUND_LOST,         /* generated, but nowhere */
    FOUND_UNKNOWN,      /* somewhere, but nobody generated it */
    FOUND_DOUBLED,      /* more than once in one topic */
    FOUND_REPLAYED,     /* put back more often than letters say */
    FOUND_BOTH_ENDS,    /* finished and failed */
    FOUND_END_AND_DEAD, /* final, and a dead letter is open */
    FOUND_SKIPPED,      /* stands in topics that no legal way of an order leads through */
    FOUND_NO_ROW,
    FOUND_EXTRA_ROW, /* a row of an order that is not final */
    FOUND_STATUS,    /* the row's status is not one of the order's topic */
    FOUND_ITEMS,     /* not as many item rows as items */
    FOUND_CUSTOMER,  /* the customer's row is missing */
    FOUND_NOT_ROUTED,
    FOUND_NOT_EXPORTED,
    FOUND_EXPORTED, /* without external lines */
};
#define FINDING_COUNT 15

/* For people and for JSON; static memory. */
const char *finding_text(enum finding finding); /* "generated, but in no topic" */
const char *finding_name(enum finding finding); /* "lost" */

enum letter_state { LETTER_OPEN, LETTER_REPLAYED, LETTER_DROPPED };

/* Records of a topic's partition before `position` are of orders that no longer count. */
struct ledger_start {
    char *topic; /* full name */
    int32_t partition;
    int64_t position;
};

struct ledger_entry;
struct ledger {
    struct ledger_entry *entries; /* open addressing by id, capacity a power of two */
    size_t count, capacity;
    int64_t bad_keys;   /* records whose key is no order id */
    int64_t letters[3]; /* by enum letter_state */
    int64_t order_rows, item_rows;
    bool has_rows; /* set by who reads the database: rows are to be judged */
    /* Set by who reads the gateway's state, as `surely` and `at_most` of ledger_balance; 0: it has
     * taken no orders. */
    int64_t gateway_surely, gateway_at_most;
    /* Set by who reads what stages beside the orders' way have done: it is to be judged. */
    bool has_routing, has_export;
    struct ledger_start *starts;
    size_t start_count;
};

void ledger_release(struct ledger *ledger); /* also for OF_CLEANUP */

/* Every one of these is FATAL past LEDGER_ORDERS_MAX ids. `timestamp`: of the record, ms. */
int ledger_add_record(struct ledger *ledger, enum of_order_topic topic, const void *key,
    size_t key_size, int64_t timestamp, bool is_replay, struct of_error *error) OF_NODISCARD;
/* Where counting begins, since the tables were emptied. `topic` is copied. */
void ledger_add_start(
    struct ledger *ledger, const char *topic, int32_t partition, int64_t position);
bool ledger_is_before_start(
    const struct ledger *ledger, const char *topic, int32_t partition, int64_t offset);
/* The order of this key no longer counts, wherever it is. FATAL past LEDGER_ORDERS_MAX ids. */
int ledger_forget(
    struct ledger *ledger, const void *key, size_t key_size, struct of_error *error) OF_NODISCARD;

/* What an order's events say, by the topic order_status. Others than Rejected, Routed and Exported
 * change nothing. */
int ledger_add_event(
    struct ledger *ledger, int64_t id, enum of_event event, struct of_error *error) OF_NODISCARD;
/* An order stands in paid_orders where routing has yet to read it. */
int ledger_await_routing(
    struct ledger *ledger, const void *key, size_t key_size, struct of_error *error) OF_NODISCARD;
/* An external line of an order; `waits`: the export has yet to read it. */
int ledger_add_line(struct ledger *ledger, const void *key, size_t key_size, bool waits,
    struct of_error *error) OF_NODISCARD;
/* A letter of a stage beside the orders' way: the order goes on without it. `source`: the topic
 * that the record stood in is one of orders, not of lines. */
int ledger_add_side_letter(struct ledger *ledger, const void *key, size_t key_size,
    enum letter_state state, bool source_is_orders, struct of_error *error) OF_NODISCARD;

int ledger_add_letter(struct ledger *ledger, const void *key, size_t key_size,
    enum letter_state state, struct of_error *error) OF_NODISCARD;
int ledger_add_row(struct ledger *ledger, int64_t id, int64_t items, struct of_text status,
    struct of_error *error) OF_NODISCARD;
int ledger_add_item_rows(
    struct ledger *ledger, int64_t id, int64_t rows, struct of_error *error) OF_NODISCARD;
int ledger_add_missing_customer(
    struct ledger *ledger, int64_t id, struct of_error *error) OF_NODISCARD;

struct finding_list {
    int64_t *ids; /* ascending */
    size_t count, capacity;
};

struct balance {
    int64_t generated, finished, failed, in_flight, dead;
    int64_t waiting[OF_ORDER_TOPIC_COUNT]; /* in flight, by the topic of the newest record */
    int64_t under_way;                     /* final orders that the database need not hold yet */
    int64_t rejected;                      /* of the failed ones, as far as events tell */
    /* Beside the orders' way: orders that were paid, and what became of their lines. */
    struct balance_side {
        int64_t all, done, in_flight, dead;
    } routing, export;
    struct finding_list findings[FINDING_COUNT];
    int64_t finding_count;
};
void balance_release(struct balance *balance); /* also for OF_CLEANUP */

/* `surely`: the last id that was generated before the topics were read; `at_most`: after. Orders
 * that became final before `rows_due` (ms) must have their rows. INPUT: `surely` passes
 * LEDGER_ORDERS_MAX. */
int ledger_balance(const struct ledger *ledger, int64_t surely, int64_t at_most, int64_t rows_due,
    struct balance *balance, struct of_error *error) OF_NODISCARD;

#endif
