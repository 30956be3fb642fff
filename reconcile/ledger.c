/* The hash table of all orders, and the rules. Reads nothing itself. */
#include "ledger.h"

#include "base/memory.h"
#include "order/id.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 1024

struct ledger_entry {
    int64_t id;
    int64_t final_time;        /* of the first record in a final topic */
    int32_t items, item_rows;  /* as the row says; as there are */
    uint8_t topics;            /* bits by enum of_order_topic: in which it is */
    uint8_t firsts, doubled;   /* likewise, of records that were not put back: one; more */
    uint8_t replays, replayed; /* records put back; letters that say so; both up to 255 */
    uint8_t row_topic;         /* where the row's status belongs; ROW_* */
    bool used, open, dropped, row, item, no_customer;
    bool forgotten; /* from before the tables were emptied */
    bool rejected, routed, exported, external, awaits_routing, awaits_export;
    bool routing_dead, export_dead; /* a letter that is not replayed */
};

#define ROW_STATUS_UNKNOWN 0xff
#define FINAL_BITS ((1u << OF_TOPIC_FINISHED) | (1u << OF_TOPIC_FAILED))

static const struct {
    const char *name, *text;
} names[FINDING_COUNT] = {
    [FOUND_LOST] = {"lost", "generated, but in no topic and no dead letter"},
    [FOUND_UNKNOWN] = {"unknown", "in a topic, but nobody generated it"},
    [FOUND_DOUBLED] = {"doubled", "more than once in the same topic"},
    [FOUND_REPLAYED] = {"replayed_twice", "put back more often than its dead letters say"},
    [FOUND_BOTH_ENDS] = {"both_ends", "finished and failed"},
    [FOUND_END_AND_DEAD] = {"end_and_dead", "final, and one of its dead letters is open"},
    [FOUND_SKIPPED] = {"skipped", "in a topic further on, but not in the one before it"},
    [FOUND_NO_ROW] = {"no_row", "final, but without a row in order_info"},
    [FOUND_EXTRA_ROW] = {"extra_row", "rows in the database, but not final in the topics"},
    [FOUND_STATUS] = {"status", "the row's order_status does not belong to its topic"},
    [FOUND_ITEMS] = {"items", "not as many rows in item_info as item_variety says"},
    [FOUND_CUSTOMER] = {"customer", "its customer has no row in customer_info"},
    [FOUND_NOT_ROUTED] = {"not_routed", "paid, but not routed"},
    [FOUND_NOT_EXPORTED] = {"not_exported", "in external_orders, but not exported"},
    [FOUND_EXPORTED] = {"exported", "exported, but not in external_orders"},
};

const char *finding_text(enum finding finding)
{
    return names[finding].text;
}

const char *finding_name(enum finding finding)
{
    return names[finding].name;
}

/* ---- the table ---- */

void ledger_release(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->start_count; i++)
        free(ledger->starts[i].topic);
    free(ledger->starts);
    free(ledger->entries);
    *ledger = (struct ledger){.entries = NULL};
}

static struct ledger_entry *slot(const struct ledger *ledger, int64_t id)
{
    size_t mask = ledger->capacity - 1;
    for (size_t i = (size_t)(((uint64_t)id * UINT64_C(0x9e3779b97f4a7c15)) >> 20);; i++) {
        struct ledger_entry *entry = &ledger->entries[i & mask];
        if (!entry->used || entry->id == id)
            return entry;
    }
}

static void grow(struct ledger *ledger)
{
    struct ledger larger = *ledger;
    larger.capacity = ledger->capacity ? 2 * ledger->capacity : FIRST_CAPACITY;
    larger.entries = of_alloc(larger.capacity * sizeof(*larger.entries));
    for (size_t i = 0; i < ledger->capacity; i++)
        if (ledger->entries[i].used)
            *slot(&larger, ledger->entries[i].id) = ledger->entries[i];
    free(ledger->entries);
    *ledger = larger;
}

static struct ledger_entry *entry_of(struct ledger *ledger, int64_t id, struct of_error *error)
{
    if (3 * (ledger->count + 1) > 2 * ledger->capacity)
        grow(ledger);
    struct ledger_entry *entry = slot(ledger, id);
    if (entry->used)
        return entry;
    if (ledger->count >= LEDGER_ORDERS_MAX) {
        of_fail(error, OF_FATAL, "more than %d orders", LEDGER_ORDERS_MAX);
        return NULL;
    }
    ledger->count++;
    entry->used = true;
    entry->id = id;
    return entry;
}

/* ---- what is where ---- */

int ledger_add_record(struct ledger *ledger, enum of_order_topic topic, const void *key,
    size_t key_size, int64_t timestamp, bool is_replay, struct of_error *error)
{
    int64_t id;
    if (!of_order_id_parse(key, key_size, &id)) {
        ledger->bad_keys++;
        return OF_OK;
    }
    struct ledger_entry *entry = entry_of(ledger, id, error);
    if (!entry)
        return OF_FATAL;
    uint8_t bit = (uint8_t)(1u << topic);
    if (is_replay)
        entry->replays += entry->replays < UINT8_MAX;
    else if (entry->firsts & bit)
        entry->doubled |= bit;
    else
        entry->firsts |= bit;
    if ((bit & FINAL_BITS) && !(entry->topics & FINAL_BITS))
        entry->final_time = timestamp;
    entry->topics |= bit;
    return OF_OK;
}

void ledger_add_start(struct ledger *ledger, const char *topic, int32_t partition, int64_t position)
{
    ledger->starts =
        of_realloc_array(ledger->starts, ledger->start_count + 1, sizeof(*ledger->starts));
    ledger->starts[ledger->start_count++] =
        (struct ledger_start){of_strdup(topic), partition, position};
}

bool ledger_is_before_start(
    const struct ledger *ledger, const char *topic, int32_t partition, int64_t offset)
{
    for (size_t i = 0; i < ledger->start_count; i++) {
        const struct ledger_start *start = &ledger->starts[i];
        if (start->partition == partition && strcmp(start->topic, topic) == 0)
            return offset < start->position;
    }
    return false;
}

int ledger_forget(struct ledger *ledger, const void *key, size_t key_size, struct of_error *error)
{
    int64_t id;
    if (!of_order_id_parse(key, key_size, &id))
        return OF_OK;
    struct ledger_entry *entry = entry_of(ledger, id, error);
    if (!entry)
        return OF_FATAL;
    entry->forgotten = true;
    return OF_OK;
}

/* The entry of a key. *entry NULL: the key is no order's. */
static int entry_of_key(struct ledger *ledger, const void *key, size_t key_size,
    struct ledger_entry **entry, struct of_error *error)
{
    int64_t id;
    *entry = NULL;
    if (!of_order_id_parse(key, key_size, &id))
        return OF_OK;
    *entry = entry_of(ledger, id, error);
    return *entry ? OF_OK : OF_FATAL;
}

int ledger_add_event(struct ledger *ledger, int64_t id, enum of_event event, struct of_error *error)
{
    if (event != OF_EVENT_REJECTED && event != OF_EVENT_ROUTED && event != OF_EVENT_EXPORTED)
        return OF_OK;
    struct ledger_entry *entry = entry_of(ledger, id, error);
    if (!entry)
        return OF_FATAL;
    entry->rejected |= event == OF_EVENT_REJECTED;
    entry->routed |= event == OF_EVENT_ROUTED;
    entry->exported |= event == OF_EVENT_EXPORTED;
    return OF_OK;
}

int ledger_await_routing(
    struct ledger *ledger, const void *key, size_t key_size, struct of_error *error)
{
    struct ledger_entry *entry;
    if (entry_of_key(ledger, key, key_size, &entry, error) < 0)
        return OF_FATAL;
    if (entry)
        entry->awaits_routing = true;
    return OF_OK;
}

int ledger_add_line(
    struct ledger *ledger, const void *key, size_t key_size, bool waits, struct of_error *error)
{
    struct ledger_entry *entry;
    if (entry_of_key(ledger, key, key_size, &entry, error) < 0)
        return OF_FATAL;
    if (!entry)
        return OF_OK;
    entry->external = true;
    entry->awaits_export |= waits;
    return OF_OK;
}

int ledger_add_side_letter(struct ledger *ledger, const void *key, size_t key_size,
    enum letter_state state, bool source_is_orders, struct of_error *error)
{
    struct ledger_entry *entry;
    ledger->letters[state]++;
    if (entry_of_key(ledger, key, key_size, &entry, error) < 0)
        return OF_FATAL;
    if (!entry)
        return OF_OK;
    bool *dead = source_is_orders ? &entry->routing_dead : &entry->export_dead;
    *dead |= state != LETTER_REPLAYED;
    if (source_is_orders && state == LETTER_REPLAYED)
        entry->replayed += entry->replayed < UINT8_MAX;
    return OF_OK;
}

int ledger_add_letter(struct ledger *ledger, const void *key, size_t key_size,
    enum letter_state state, struct of_error *error)
{
    int64_t id;
    ledger->letters[state]++;
    if (!of_order_id_parse(key, key_size, &id))
        return OF_OK;
    struct ledger_entry *entry = entry_of(ledger, id, error);
    if (!entry)
        return OF_FATAL;
    entry->open |= state == LETTER_OPEN;
    entry->dropped |= state == LETTER_DROPPED;
    entry->replayed += state == LETTER_REPLAYED && entry->replayed < UINT8_MAX;
    return OF_OK;
}

int ledger_add_row(
    struct ledger *ledger, int64_t id, int64_t items, struct of_text status, struct of_error *error)
{
    enum of_status known;
    struct of_error ignored;
    struct ledger_entry *entry = entry_of(ledger, id, error);
    if (!entry)
        return OF_FATAL;
    ledger->order_rows++;
    entry->row = true;
    entry->items = items > INT32_MAX || items < 0 ? -1 : (int32_t)items;
    entry->row_topic = of_status_parse(status, &known, &ignored) < 0
                           ? ROW_STATUS_UNKNOWN
                           : (uint8_t)of_status_topic(known, true);
    return OF_OK;
}

int ledger_add_item_rows(struct ledger *ledger, int64_t id, int64_t rows, struct of_error *error)
{
    struct ledger_entry *entry = entry_of(ledger, id, error);
    if (!entry)
        return OF_FATAL;
    ledger->item_rows += rows;
    entry->item = true;
    entry->item_rows = rows > INT32_MAX ? INT32_MAX : (int32_t)rows;
    return OF_OK;
}

int ledger_add_missing_customer(struct ledger *ledger, int64_t id, struct of_error *error)
{
    struct ledger_entry *entry = entry_of(ledger, id, error);
    if (!entry)
        return OF_FATAL;
    entry->no_customer = true;
    return OF_OK;
}

/* ---- the rules ---- */

static void append(struct balance *balance, enum finding finding, int64_t id)
{
    struct finding_list *list = &balance->findings[finding];
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 16;
        list->ids = of_realloc_array(list->ids, list->capacity, sizeof(*list->ids));
    }
    list->ids[list->count++] = id;
    balance->finding_count++;
}

void balance_release(struct balance *balance)
{
    for (size_t i = 0; i < FINDING_COUNT; i++) {
        free(balance->findings[i].ids);
        balance->findings[i] = (struct finding_list){NULL, 0, 0};
    }
}

static bool leads_to(enum of_order_topic from, enum of_order_topic to)
{
    for (size_t i = 0; i < of_transition_count; i++)
        if (of_transitions[i].from == from && of_transitions[i].to == to)
            return true;
    return false;
}

/* Whether an order can have been in just these topics: past orders begin where their state belongs,
 * and from there each step is one of the table. Both ends at once have a finding of their own. */
static bool is_a_way(unsigned topics)
{
    int before = -1;
    for (int topic = OF_TOPIC_UNPAID; topic <= OF_TOPIC_FAILED; topic++) {
        if (!(topics & (1u << topic)))
            continue;
        if (topic == OF_TOPIC_FAILED && before == OF_TOPIC_FINISHED)
            continue;
        if (before >= 0 && !leads_to((enum of_order_topic)before, (enum of_order_topic)topic))
            return false;
        before = topic;
    }
    return true;
}

static void judge_topics(struct balance *balance, const struct ledger_entry *entry, bool final)
{
    if (entry->doubled)
        append(balance, FOUND_DOUBLED, entry->id);
    if (entry->replays > entry->replayed)
        append(balance, FOUND_REPLAYED, entry->id);
    if ((entry->topics & FINAL_BITS) == FINAL_BITS)
        append(balance, FOUND_BOTH_ENDS, entry->id);
    if (final && entry->open)
        append(balance, FOUND_END_AND_DEAD, entry->id);
    if (!is_a_way(entry->topics))
        append(balance, FOUND_SKIPPED, entry->id);
}

static void judge_rows(struct balance *balance, const struct ledger_entry *entry, int64_t rows_due)
{
    bool due = entry->final_time < rows_due;
    bool fits = entry->row && !entry->no_customer && entry->items == entry->item_rows;
    if (!fits && !due) { /* the sinks write in any order, a while later */
        balance->under_way++;
        return;
    }
    if (!entry->row) {
        append(balance, FOUND_NO_ROW, entry->id);
        return;
    }
    if (entry->row_topic == ROW_STATUS_UNKNOWN ||
        !(entry->topics & FINAL_BITS & (1u << entry->row_topic)))
        append(balance, FOUND_STATUS, entry->id);
    if (entry->items != entry->item_rows)
        append(balance, FOUND_ITEMS, entry->id);
    if (entry->no_customer)
        append(balance, FOUND_CUSTOMER, entry->id);
}

static void count_order(struct balance *balance, const struct ledger_entry *entry, bool final)
{
    if (entry->topics & (1u << OF_TOPIC_FINISHED))
        balance->finished++;
    else if (final)
        balance->failed++;
    else if (entry->open || entry->dropped)
        balance->dead++;
    else {
        int topic = OF_TOPIC_SHIPPED;
        while (topic > OF_TOPIC_UNPAID && !(entry->topics & (1u << topic)))
            topic--;
        balance->in_flight++;
        balance->waiting[topic]++;
    }
}

/* What became of an order at a stage beside its way. False: it is nowhere. */
static bool count_side(struct balance_side *side, bool done, bool waits, bool dead)
{
    side->all++;
    if (done)
        side->done++;
    else if (waits)
        side->in_flight++;
    else if (dead)
        side->dead++;
    return done || waits || dead;
}

static void judge_sides(
    const struct ledger *ledger, struct balance *balance, const struct ledger_entry *entry)
{
    if (ledger->has_routing && (entry->topics & (1u << OF_TOPIC_PAID)) &&
        !count_side(&balance->routing, entry->routed, entry->awaits_routing, entry->routing_dead))
        append(balance, FOUND_NOT_ROUTED, entry->id);
    if (!ledger->has_export)
        return;
    if (entry->external &&
        !count_side(&balance->export, entry->exported, entry->awaits_export, entry->export_dead))
        append(balance, FOUND_NOT_EXPORTED, entry->id);
    if (entry->exported && !entry->external)
        append(balance, FOUND_EXPORTED, entry->id);
}

/* Ids that are generated for sure but have no entry. */
static void find_lost(
    const struct ledger *ledger, struct balance *balance, int64_t first, int64_t surely)
{
    for (int64_t id = first; id <= surely; id++) {
        const struct ledger_entry *entry = ledger->capacity ? slot(ledger, id) : NULL;
        if (entry && entry->used && entry->forgotten)
            continue;
        /* A row alone, or a letter that says it was put back, is no order in a topic. */
        if (!entry || !entry->used || (!entry->topics && !entry->open && !entry->dropped))
            append(balance, FOUND_LOST, id);
    }
}

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

/* Whether somebody gave this id out: before the topics were read; or after. */
static bool is_sure(const struct ledger *ledger, int64_t id, int64_t surely)
{
    return id >= OF_ORDER_GATEWAY_FIRST ? id <= ledger->gateway_surely : id >= 1 && id <= surely;
}

static bool is_known(const struct ledger *ledger, int64_t id, int64_t at_most)
{
    return id >= OF_ORDER_GATEWAY_FIRST ? id <= ledger->gateway_at_most : id >= 1 && id <= at_most;
}

int ledger_balance(const struct ledger *ledger, int64_t surely, int64_t at_most, int64_t rows_due,
    struct balance *balance, struct of_error *error)
{
    int64_t taken = ledger->gateway_surely >= OF_ORDER_GATEWAY_FIRST
                        ? ledger->gateway_surely - OF_ORDER_GATEWAY_FIRST + 1
                        : 0;
    if (surely > LEDGER_ORDERS_MAX || taken > LEDGER_ORDERS_MAX)
        return of_fail(error, OF_INPUT, "%" PRId64 " orders were generated, the limit is %d",
            surely > taken ? surely : taken, LEDGER_ORDERS_MAX);
    *balance = (struct balance){.generated = surely + taken};
    for (size_t i = 0; i < ledger->capacity; i++) {
        const struct ledger_entry *entry = &ledger->entries[i];
        bool final = entry->topics & FINAL_BITS;
        if (!entry->used)
            continue;
        if (entry->forgotten) {
            balance->generated -= is_sure(ledger, entry->id, surely);
            continue;
        }
        judge_sides(ledger, balance, entry);
        balance->rejected += entry->rejected && final;
        if (!final && (entry->row || entry->item))
            append(balance, FOUND_EXTRA_ROW, entry->id);
        if (!entry->topics && !entry->open && !entry->dropped)
            continue;
        if (!is_known(ledger, entry->id, at_most))
            append(balance, FOUND_UNKNOWN, entry->id);
        else if (!is_sure(ledger, entry->id, surely))
            balance->generated++;
        count_order(balance, entry, final);
        judge_topics(balance, entry, final);
        if (final && ledger->has_rows)
            judge_rows(balance, entry, rows_due);
    }
    find_lost(ledger, balance, 1, surely);
    find_lost(ledger, balance, OF_ORDER_GATEWAY_FIRST, ledger->gateway_surely);
    for (size_t i = 0; i < FINDING_COUNT; i++)
        if (balance->findings[i].count > 0)
            qsort(balance->findings[i].ids, balance->findings[i].count, sizeof(int64_t), compare);
    return OF_OK;
}
