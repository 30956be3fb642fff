/* Orders, events, cancel requests, keys and progress as records. When to write, and what to do when
 * it fails, is writer.c's. */
#include "gateway/batch.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "gateway/placed.h"
#include "kafka/outbox.h"
#include "kafka/scan.h"
#include "registry/wire.h"
#include "schemas/cancel_request.h"
#include "schemas/gateway_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX 64
#define PROGRESS_KEY "progress"
#define GENERATOR_KEY "generator"
#define NAME_PREFIX "key/"
#define HEX_SIZE (2 * KEYS_NAME_SIZE + 1)

#define OUTPUTS_MAX 3 /* of one request: order, event, key */

enum { ORDERS, EVENTS, CANCELS, STATE, TOPICS };

struct batch {
    const struct of_config *config;
    struct of_registry *registry;
    struct of_wire_reader *reader;
    struct of_producer *producer;
    struct of_scan *scan;
    char *topics[TOPICS];
    int32_t schema_ids[TOPICS];
    struct of_buffer value;
    struct of_outbox outbox; /* of the request at hand: all of it is written, or nothing */
    struct keys keys;
    int64_t sequence, last_id; /* as committed */
    struct generator_wish wish;
    bool has_wish;
    bool loaded;     /* the above is what stands in the topic */
    int64_t pending; /* the transaction whose end is not known; 0: none */
    const struct submission *undecided;
};

/* ---- hexadecimal ---- */

static void print_hex(const uint8_t bytes[KEYS_NAME_SIZE], char text[HEX_SIZE])
{
    for (size_t i = 0; i < KEYS_NAME_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

static bool read_hex(const char *text, size_t length, uint8_t bytes[KEYS_NAME_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    if (length != 2 * KEYS_NAME_SIZE)
        return false;
    for (size_t i = 0; i < length; i++) {
        const char *found = memchr(digits, text[i], 16);
        if (!found)
            return false;
        unsigned value = (unsigned)(found - digits);
        bytes[i / 2] = (uint8_t)(i % 2 ? bytes[i / 2] << 4 | value : value);
    }
    return true;
}

/* ---- reading ---- */

static int take_key(
    struct batch *batch, const rd_kafka_message_t *message, const struct of_gateway_state *state)
{
    const size_t prefix = strlen(NAME_PREFIX);
    struct key_entry entry = {0};
    if (!read_hex((const char *)message->key + prefix, message->key_len - prefix, entry.name))
        return OF_OK;
    if (!state) {
        keys_forget(&batch->keys, entry.name);
        return OF_OK;
    }
    entry.at = state->at;
    entry.order_id = state->order_id;
    if (state->has_order_id && state->has_body &&
        read_hex(state->body.data, state->body.length, entry.body) &&
        !keys_add(&batch->keys, &entry))
        of_log(OF_LOG_WARNING, "more keys than are kept", OF_F_INT("limit", KEYS_MAX));
    return OF_OK;
}

static bool has_key(const rd_kafka_message_t *message, const char *key, bool prefix)
{
    size_t size = strlen(key);
    return message->key && (prefix ? message->key_len > size : message->key_len == size) &&
           memcmp(message->key, key, size) == 0;
}

/* The topic is compacted, but superseded records may still be there: the last one wins. */
static void take_state(
    struct batch *batch, const rd_kafka_message_t *message, const struct of_gateway_state *state)
{
    if (has_key(message, PROGRESS_KEY, false)) {
        batch->sequence = state->sequence;
        batch->last_id = state->last_order_id;
    } else if (has_key(message, GENERATOR_KEY, false)) {
        batch->has_wish = true;
        batch->wish = (struct generator_wish){state->running, state->rate_millis};
    } else if (has_key(message, NAME_PREFIX, true)) {
        take_key(batch, message, state);
    }
}

static int on_state(void *context, const struct of_scan_range *range,
    const rd_kafka_message_t *message, struct of_error *error)
{
    struct batch *batch = context;
    struct of_gateway_state state;
    const uint8_t *body;
    size_t size;
    if (!message->payload)
        return has_key(message, NAME_PREFIX, true) ? take_key(batch, message, NULL) : OF_OK;
    of_gateway_state_init(&state);
    int result =
        of_wire_reader_body(batch->reader, message->payload, message->len, &body, &size, error);
    if (result == OF_OK)
        result = of_gateway_state_decode(&state, body, size, error);
    if (result == OF_OK)
        take_state(batch, message, &state);
    of_gateway_state_release(&state);
    return result < 0 ? of_error_context(error, "%s[%d]@%" PRId64, batch->topics[STATE],
                            (int)range->partition, message->offset)
                      : OF_OK;
}

/* Once a transaction has begun, nothing of an earlier one of ours is undecided. */
static int begin(struct batch *batch, struct of_error *error)
{
    return of_producer_in_transaction(batch->producer) ? OF_OK
                                                       : of_producer_begin(batch->producer, error);
}

static int read_state(struct batch *batch, struct of_error *error)
{
    OF_CLEANUP(of_scan_ranges_release) struct of_scan_ranges ranges = {NULL, 0, 0};
    bool exists = false;
    int result = begin(batch, error);
    if (result == OF_OK)
        result = of_scan_topic(
            batch->scan, batch->topics[STATE], STATE, OF_SCAN_WRITTEN, &ranges, &exists, error);
    if (result == OF_OK && !exists)
        result = of_fail(error, OF_INPUT,
            "there is no topic %s; orderflow-admin setup makes what is missing",
            batch->topics[STATE]);
    keys_release(&batch->keys);
    batch->sequence = 0;
    batch->last_id = OF_ORDER_GATEWAY_FIRST - 1;
    if (result == OF_OK)
        result = of_scan_read(batch->scan, (const char *const *)batch->topics, ranges.items,
            ranges.count, on_state, batch, error);
    batch->loaded = result == OF_OK;
    return result;
}

static int find_schema(
    struct batch *batch, int topic, const char *schema, size_t size, struct of_error *error)
{
    OF_FREE char *subject = of_asprintf("%s-value", batch->topics[topic]);
    return of_registry_id_for_subject(
        batch->registry, subject, schema, size, &batch->schema_ids[topic], error);
}

static int find_schemas(struct batch *batch, struct of_error *error)
{
    int result = find_schema(batch, ORDERS, of_order_schema, of_order_schema_size, error);
    if (result == OF_OK)
        result =
            find_schema(batch, EVENTS, of_order_status_schema, of_order_status_schema_size, error);
    if (result == OF_OK)
        result = find_schema(
            batch, CANCELS, of_cancel_request_schema, of_cancel_request_schema_size, error);
    if (result == OF_OK)
        result =
            find_schema(batch, STATE, of_gateway_state_schema, of_gateway_state_schema_size, error);
    return result;
}

int batch_load(struct batch *batch, struct generator_wish *wish, struct of_error *error)
{
    int result = OF_OK;
    if (!batch->producer) {
        OF_FREE char *id = of_config_topic(batch->config, "orderflow-gateway");
        result = of_producer_new(batch->config, id, &batch->producer, error);
        if (result == OF_OK)
            batch->outbox.message_max = of_producer_message_max(batch->producer);
    }
    if (result == OF_OK)
        result = find_schemas(batch, error);
    if (result == OF_OK)
        result = read_state(batch, error);
    if (result == OF_OK && batch->has_wish)
        *wish = batch->wish;
    if (result == OF_OK)
        of_log(OF_LOG_INFO, "going on", OF_F_INT("last_order_id", batch->last_id),
            OF_F_INT("keys", (int64_t)batch->keys.count));
    /* An open transaction would time out while nobody writes. */
    if (result == OF_OK)
        result = of_producer_abort(batch->producer, error);
    return result;
}

/* ---- writing ---- */

static int add_to(
    struct batch *batch, int topic, const char *key, bool tombstone, struct of_error *error)
{
    return of_outbox_add(&batch->outbox,
        &(struct of_message){.topic = batch->topics[topic],
            .partition = topic == STATE ? 0 : RD_KAFKA_PARTITION_UA,
            .key = key,
            .key_size = strlen(key),
            .value = tombstone ? NULL : batch->value.data,
            .value_size = tombstone ? 0 : batch->value.length},
        error);
}

static int begin_value(struct batch *batch, int topic, struct of_error *error)
{
    of_buffer_clear(&batch->value);
    return of_wire_begin(&batch->value, batch->schema_ids[topic]) < 0
               ? of_buffer_check(&batch->value, "a record", error)
               : OF_OK;
}

static int add_state(struct batch *batch, const char *key, const struct of_gateway_state *state,
    struct of_error *error)
{
    int result = begin_value(batch, STATE, error);
    if (result == OF_OK)
        result = of_gateway_state_encode(state, &batch->value, error);
    return result == OF_OK ? add_to(batch, STATE, key, false, error) : result;
}

static int add_order(struct batch *batch, struct submission *submission, struct of_error *error)
{
    char key[KEY_MAX];
    struct of_order_status event;
    snprintf(key, sizeof(key), "%" PRId64, submission->order_id);
    placed_number(&submission->order, submission->order_id);
    submission->outcome = OUTCOME_REFUSED; /* what fails here is the order's own */
    int result = begin_value(batch, ORDERS, error);
    if (result == OF_OK)
        result = of_order_encode(&submission->order, &batch->value, error);
    if (result == OF_OK)
        result = add_to(batch, ORDERS, key, false, error);
    if (result < 0)
        return result;
    submission->outcome = OUTCOME_FAILED;
    result = of_event_make(&submission->order, BATCH_STAGE, submission->at, &event, error);
    if (result == OF_OK)
        result = of_event_encode(&event, batch->schema_ids[EVENTS], &batch->value, error);
    return result == OF_OK ? add_to(batch, EVENTS, key, false, error) : result;
}

static int add_key(struct batch *batch, const struct submission *submission, struct of_error *error)
{
    char key[KEY_MAX], hex[HEX_SIZE];
    print_hex(submission->name, hex);
    snprintf(key, sizeof(key), NAME_PREFIX "%s", hex);
    print_hex(submission->digest, hex);
    const struct of_gateway_state state = {.at = submission->at,
        .has_order_id = true,
        .order_id = submission->order_id,
        .has_body = true,
        .body = {hex, strlen(hex)}};
    return add_state(batch, key, &state, error);
}

/* True: it has been decided without a new order. */
static bool is_repeated(struct batch *batch, struct submission *submission)
{
    const struct key_entry *known =
        submission->has_key ? keys_find(&batch->keys, submission->name) : NULL;
    if (!known)
        return false;
    submission->order_id = known->order_id;
    submission->outcome = memcmp(known->body, submission->digest, KEYS_NAME_SIZE) == 0
                              ? OUTCOME_DONE
                              : OUTCOME_OTHER_BODY;
    return true;
}

static int make_order(
    struct batch *batch, struct submission *submission, int64_t *last_id, struct of_error *error)
{
    if (is_repeated(batch, submission))
        return OF_OK;
    if (submission->has_key && keys_is_full(&batch->keys)) {
        submission->outcome = OUTCOME_TOO_MANY_KEYS;
        return OF_OK;
    }
    struct key_entry entry = {.order_id = *last_id + 1, .at = submission->at};
    memcpy(entry.name, submission->name, sizeof(entry.name));
    memcpy(entry.body, submission->digest, sizeof(entry.body));
    submission->order_id = entry.order_id;
    int result = add_order(batch, submission, error);
    if (result == OF_OK && submission->has_key)
        result = add_key(batch, submission, error);
    if (result < 0)
        return result;
    if (submission->has_key)
        keys_add(&batch->keys, &entry);
    *last_id = entry.order_id;
    submission->outcome = OUTCOME_DONE;
    return OF_OK;
}

static int make_cancel(struct batch *batch, struct submission *submission, struct of_error *error)
{
    char key[KEY_MAX];
    const struct of_cancel_request request = {.order_id = submission->order_id,
        .at = submission->at,
        .source = {BATCH_STAGE, strlen(BATCH_STAGE)}};
    snprintf(key, sizeof(key), "%" PRId64, submission->order_id);
    int result = begin_value(batch, CANCELS, error);
    if (result == OF_OK)
        result = of_cancel_request_encode(&request, &batch->value, error);
    if (result == OF_OK)
        result = add_to(batch, CANCELS, key, false, error);
    submission->outcome = result == OF_OK ? OUTCOME_DONE : OUTCOME_FAILED;
    return result;
}

static int make_wish(struct batch *batch, struct submission *submission, struct of_error *error)
{
    const struct of_gateway_state state = {.at = submission->at,
        .has_running = true,
        .running = submission->wish.running,
        .has_rate_millis = true,
        .rate_millis = submission->wish.rate_millis};
    int result = add_state(batch, GENERATOR_KEY, &state, error);
    submission->outcome = result == OF_OK ? OUTCOME_DONE : OUTCOME_FAILED;
    return result;
}

static int make_one(
    struct batch *batch, struct submission *submission, int64_t *last_id, struct of_error *error)
{
    switch (submission->kind) {
    case SUBMIT_ORDER:
        return make_order(batch, submission, last_id, error);
    case SUBMIT_CANCEL:
        return make_cancel(batch, submission, error);
    case SUBMIT_GENERATOR:
        break;
    }
    return make_wish(batch, submission, error);
}

/* The records of one request are sent when all of them can be; that one cannot is no reason to
 * leave the others of the transaction out. */
static int write_one(
    struct batch *batch, struct submission *submission, int64_t *last_id, struct of_error *error)
{
    int result = make_one(batch, submission, last_id, error);
    if (result == OF_OK)
        return of_outbox_flush(&batch->outbox, batch->producer, error);
    of_outbox_clear(&batch->outbox);
    if (result != OF_INPUT)
        return result;
    of_log_error(OF_LOG_ERROR, "a request that can be no record", error);
    free(submission->why);
    submission->why = of_strdup(error->message);
    return OF_OK;
}

static int forget_old_keys(struct batch *batch, struct of_error *error)
{
    struct key_entry old;
    char key[KEY_MAX], hex[HEX_SIZE];
    int result = OF_OK;
    while (result == OF_OK && keys_expire(&batch->keys, of_clock_now(), &old)) {
        print_hex(old.name, hex);
        snprintf(key, sizeof(key), NAME_PREFIX "%s", hex);
        result = add_to(batch, STATE, key, true, error);
        if (result == OF_OK)
            result = of_outbox_flush(&batch->outbox, batch->producer, error);
    }
    return result;
}

/* Whether the transaction whose end was not known was committed after all: the outcomes stand. */
static int find_out(
    struct batch *batch, const struct submission *first, bool *done, struct of_error *error)
{
    *done = false;
    if (batch->loaded)
        return OF_OK;
    int result = read_state(batch, error);
    if (result == OF_OK)
        *done = batch->undecided == first && batch->pending == batch->sequence;
    return result;
}

int batch_write(struct batch *batch, struct submission *first, struct of_error *error)
{
    bool done = false;
    int result = begin(batch, error);
    if (result == OF_OK)
        result = find_out(batch, first, &done, error);
    if (result < 0)
        return result;
    if (done)
        return OF_OK;
    int64_t last_id = batch->last_id;
    batch->loaded = false; /* until it is committed: keys and numbers run ahead */
    batch->pending = batch->sequence + 1;
    batch->undecided = first;
    result = forget_old_keys(batch, error);
    for (struct submission *at = first; at && result == OF_OK; at = at->next)
        result = write_one(batch, at, &last_id, error);
    const struct of_gateway_state progress = {.at = of_clock_now(),
        .has_sequence = true,
        .sequence = batch->pending,
        .has_last_order_id = true,
        .last_order_id = last_id};
    if (result == OF_OK)
        result = add_state(batch, PROGRESS_KEY, &progress, error);
    if (result == OF_OK)
        result = of_outbox_flush(&batch->outbox, batch->producer, error);
    if (result == OF_OK)
        result = of_producer_commit(batch->producer, NULL, NULL, error);
    if (result < 0)
        return result;
    batch->loaded = true;
    batch->sequence = batch->pending;
    batch->last_id = last_id;
    return OF_OK;
}

int batch_probe(struct batch *batch, struct of_error *error)
{
    return of_producer_ask(batch->producer, batch->topics[ORDERS], WRITER_ANSWER_MS, error);
}

void batch_limit_keys(struct batch *batch, size_t limit)
{
    batch->keys.limit = limit;
}

bool batch_fenced(const struct batch *batch)
{
    return batch->producer && of_producer_fenced(batch->producer);
}

/* ---- making and freeing ---- */

OF_DEFINE_CLEANUP(cleanup_batch, struct batch *, batch_free)

int batch_new(const struct of_config *config, struct batch **out, struct of_error *error)
{
    OF_CLEANUP(cleanup_batch) struct batch *batch = of_alloc(sizeof(*batch));
    const char *cancels = of_config_get(config, "order.cancel.topic");
    batch->config = config;
    keys_init(&batch->keys);
    of_buffer_init(&batch->value, OF_ORDER_BYTES_MAX + OF_WIRE_HEADER_SIZE);
    of_outbox_init(&batch->outbox, OUTPUTS_MAX * (OF_ORDER_BYTES_MAX + OF_WIRE_HEADER_SIZE),
        OUTPUTS_MAX, 0); /* the producer knows how long a record may be */
    batch->topics[ORDERS] = of_config_topic(config, of_order_topic_name(OF_TOPIC_UNPAID));
    batch->topics[EVENTS] = of_event_topic(config);
    batch->topics[STATE] = of_config_topic(config, WRITER_STATE_TOPIC);
    if (!batch->topics[EVENTS] || !cancels || !*cancels)
        return of_fail(error, OF_INPUT,
            "order.status.topic and order.cancel.topic must be set: what becomes of an order is "
            "read from the one, and asked for through the other");
    batch->topics[CANCELS] = of_config_topic(config, cancels);
    int result = of_registry_new(config, &batch->registry, error);
    if (result == OF_OK)
        result = of_wire_reader_new(batch->registry, of_gateway_state_schema,
            of_gateway_state_schema_size, OF_GATEWAY_STATE_BYTES_MAX, &batch->reader, error);
    if (result == OF_OK)
        result = of_scan_new(config, &batch->scan, error);
    if (result < 0)
        return result;
    *out = OF_TAKE(batch);
    return OF_OK;
}

void batch_free(struct batch *batch)
{
    if (batch->producer)
        of_producer_free(batch->producer);
    if (batch->scan)
        of_scan_free(batch->scan);
    if (batch->reader)
        of_wire_reader_free(batch->reader);
    if (batch->registry)
        of_registry_free(batch->registry);
    for (size_t i = 0; i < TOPICS; i++)
        free(batch->topics[i]);
    keys_release(&batch->keys);
    of_buffer_release(&batch->value);
    of_outbox_release(&batch->outbox);
    free(batch);
}
