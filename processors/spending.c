/* States by partition, and how they keep up with Kafka. What is decided is order/hourly.h's. */
#include "processors/spending.h"

#include "base/log.h"
#include "base/memory.h"
#include "kafka/payload.h"
#include "kafka/scan.h"
#include "state/store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAKER "orderflow-validation, hourly limit"
#define DISK_MAX ((uint64_t)2 * 1024 * 1024 * 1024) /* of one partition */
#define DISK_FREE ((uint64_t)256 * 1024 * 1024)
#define KEY_SIZE 9
#define NOTHING (-1) /* no offset is committed */

struct part {
    int32_t partition;
    struct ksql_store *store;
    bool prepared;
};

struct spending {
    struct of_service *service;
    int64_t limit;
    char *folder;
    struct of_service_output output;
    struct of_wire_reader *reader;
    struct of_order order; /* of a replay */
    struct of_buffer after;
    struct part parts[SPENDING_PARTITIONS_MAX];
    size_t count;
};

/* ---- making and freeing ---- */

OF_DEFINE_CLEANUP(cleanup_spending, struct spending *, spending_free)

int spending_new(struct of_service *service, const struct spending_options *options,
    struct spending **out, struct of_error *error)
{
    OF_CLEANUP(cleanup_spending) struct spending *made = of_alloc(sizeof(*made));
    made->service = service;
    made->limit = options->limit;
    made->folder = of_strdup(options->folder);
    of_order_init(&made->order);
    of_buffer_init(&made->after, OF_HOURLY_STATE_MAX);
    int result = of_service_find(service, of_config_topic(service->config, SPENDING_TOPIC),
        of_order_schema, of_order_schema_size, &made->output, error);
    if (result == OF_OK)
        result = of_wire_reader_new(service->registry, of_order_schema, of_order_schema_size,
            OF_ORDER_BYTES_MAX, &made->reader, error);
    if (result < 0)
        return result;
    *out = OF_TAKE(made);
    return OF_OK;
}

void spending_free(struct spending *spending)
{
    if (!spending)
        return;
    spending_revoked(spending);
    if (spending->reader)
        of_wire_reader_free(spending->reader);
    of_service_output_release(&spending->output);
    of_order_release(&spending->order);
    of_buffer_release(&spending->after);
    free(spending->folder);
    free(spending);
}

const struct of_service_output *spending_output(const struct spending *spending)
{
    return &spending->output;
}

/* ---- one order ---- */

static struct part *find(struct spending *spending, int32_t partition)
{
    for (size_t i = 0; i < spending->count; i++)
        if (spending->parts[i].partition == partition)
            return &spending->parts[i];
    return NULL;
}

/* Behind a letter: the store's own keys begin with 0xff. */
static void make_key(int64_t customer, uint8_t key[static KEY_SIZE])
{
    key[0] = 'c';
    for (int i = 1; i < KEY_SIZE; i++)
        key[i] = (uint8_t)((uint64_t)customer >> (8 * (KEY_SIZE - 1 - i)));
}

static int decide(struct spending *spending, struct ksql_store *store, const struct of_order *order,
    struct of_hourly_verdict *verdict, struct of_error *error)
{
    struct ksql_state *state = ksql_store_state(store);
    uint8_t key[KEY_SIZE];
    make_key(order->customer_info.customer_id, key);
    struct ksql_state_bytes name = {key, sizeof(key)}, value = {NULL, 0};
    const struct of_hourly_order hourly = {order->order_id, order->order_date, order->order_total};
    bool found = ksql_state_get(state, &name, &value);
    int result = ksql_state_check(state, error);
    if (result == OF_OK)
        result = of_hourly_decide(found ? value.data : NULL, found ? value.size : 0, &hourly,
            spending->limit, &spending->after, verdict, error);
    if (result < 0 || !verdict->accepted)
        return result;
    value = (struct ksql_state_bytes){spending->after.data, spending->after.length};
    return ksql_state_put(state, &name, &value, error);
}

int spending_decide(struct spending *spending, int32_t partition, const struct of_order *order,
    struct of_hourly_verdict *verdict, struct of_error *error)
{
    const struct part *part = find(spending, partition);
    if (!part || !part->store)
        return of_fail(error, OF_RETRY, "%s[%d] has no state", spending->output.topic, partition);
    return decide(spending, part->store, order, verdict, error);
}

/* ---- offsets ---- */

/* Whose offset it is does not matter: what has been read up to it is the same for everyone. */
static struct ksql_store_position position_at(
    const struct spending *spending, const struct part *part, int64_t offset)
{
    return (struct ksql_store_position){.topic = spending->output.topic,
        .partition = part->partition,
        .offset = offset,
        .id = ksql_store_id(part->store),
        .id_size = KSQL_STORE_ID_SIZE};
}

static int write_at(
    const struct spending *spending, struct part *part, int64_t offset, struct of_error *error)
{
    struct ksql_store_position position = position_at(spending, part, offset);
    int result = ksql_store_prepare(part->store, &position, 1, error);
    return result == OF_OK ? ksql_store_commit(part->store, error) : result;
}

/* ---- from the topic ---- */

struct replay {
    struct spending *spending;
    struct part *part;
    int64_t records;
};

/* What cannot be read went to the dead letters then, and goes nowhere now. */
static int on_record(void *context, const struct of_scan_range *range,
    const rd_kafka_message_t *message, struct of_error *error)
{
    struct replay *replay = context;
    struct spending *spending = replay->spending;
    const struct of_record record = {.topic = spending->output.topic,
        .partition = range->partition,
        .offset = message->offset,
        .value = message->payload,
        .value_size = message->len,
        .message = message};
    struct of_hourly_verdict verdict;
    const uint8_t *body;
    size_t size;
    int result = of_payload_body(spending->reader, &record, &body, &size, error);
    if (result == OF_OK)
        result = of_order_decode(&spending->order, body, size, error);
    if (result == OF_OK)
        result = decide(spending, replay->part->store, &spending->order, &verdict, error);
    replay->records++;
    if (result < 0)
        return result == OF_INPUT ? OF_OK : result;
    return ksql_store_uncommitted(replay->part->store) > KSQL_STORE_BATCH_BYTES
               ? write_at(spending, replay->part, message->offset + 1, error)
               : OF_OK;
}

static int read_again(
    struct spending *spending, struct part *part, int64_t until, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_scan) struct of_scan *scan = NULL;
    OF_CLEANUP(of_scan_ranges_release) struct of_scan_ranges ranges = {.items = NULL};
    struct replay replay = {spending, part, 0};
    const char *const names[] = {spending->output.topic};
    bool exists = false;
    int result = of_scan_new(spending->service->config, &scan, error);
    if (result == OF_OK)
        result = of_scan_topic(scan, names[0], 0, OF_SCAN_COMMITTED, &ranges, &exists, error);
    for (size_t i = 0; i < ranges.count && result == OF_OK; i++) {
        struct of_scan_range *range = &ranges.items[i];
        if (range->partition != part->partition || range->start >= until)
            continue;
        range->end = until;
        result = of_scan_read(scan, names, range, 1, on_record, &replay, error);
    }
    if (result == OF_OK)
        of_log(OF_LOG_INFO, "customers' orders read again",
            OF_F_TEXT("topic", spending->output.topic), OF_F_INT("partition", part->partition),
            OF_F_INT("records", replay.records));
    return result;
}

/* ---- states ---- */

static int open_store(const struct spending *spending, struct part *part, struct of_error *error)
{
    OF_FREE char *folder = of_asprintf("%s/%d", spending->folder, part->partition);
    const struct ksql_store_options options = {
        .folder = folder, .maker = MAKER, .disk_max = DISK_MAX, .disk_free = DISK_FREE};
    return ksql_store_open(&options, &part->store, error);
}

static int make_anew(
    struct spending *spending, struct part *part, int64_t offset, struct of_error *error)
{
    OF_FREE char *folder = of_asprintf("%s/%d", spending->folder, part->partition);
    ksql_store_close(OF_TAKE(part->store));
    int result = ksql_store_remove(folder, error);
    if (result == OF_OK)
        result = open_store(spending, part, error);
    if (result < 0)
        return result;
    struct ksql_store_position nowhere = position_at(spending, part, NOTHING);
    result = ksql_store_settle(part->store, &nowhere, 1, error);
    if (result < 0 || offset == NOTHING)
        return result;
    result = read_again(spending, part, offset, error);
    return result == OF_OK ? write_at(spending, part, offset, error) : result;
}

/* A broker that does not answer is waited for by the stage, which asks again. */
static int settle(
    struct spending *spending, struct part *part, int64_t offset, struct of_error *error)
{
    struct of_error why;
    struct ksql_store_position position = position_at(spending, part, offset);
    if (ksql_store_settle(part->store, &position, 1, &why) == OF_OK)
        return OF_OK;
    of_log_error(OF_LOG_INFO, "the state is made anew", &why);
    return make_anew(spending, part, offset, error);
}

static int add_part(
    struct spending *spending, int32_t partition, struct part **part, struct of_error *error)
{
    if (spending->count == SPENDING_PARTITIONS_MAX)
        return of_fail(error, OF_FATAL, "more than %d partitions of %s", SPENDING_PARTITIONS_MAX,
            spending->output.topic);
    struct part *made = &spending->parts[spending->count];
    *made = (struct part){.partition = partition};
    int result = open_store(spending, made, error);
    if (result < 0)
        return result;
    spending->count++;
    *part = made;
    return OF_OK;
}

bool spending_is_full(const struct spending *spending)
{
    size_t sum = 0;
    for (size_t i = 0; i < spending->count; i++)
        sum += ksql_store_uncommitted(spending->parts[i].store);
    return sum > KSQL_STORE_BATCH_BYTES;
}

static bool is_ours(const struct spending *spending, const rd_kafka_topic_partition_t *one)
{
    return strcmp(one->topic, spending->output.topic) == 0;
}

int spending_assigned(struct spending *spending, const rd_kafka_topic_partition_list_t *partitions,
    struct of_error *error)
{
    for (int i = 0; i < partitions->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &partitions->elems[i];
        if (!is_ours(spending, one))
            continue;
        struct part *part = find(spending, one->partition);
        int result = part ? OF_OK : add_part(spending, one->partition, &part, error);
        /* Without our mark the offset is where to start, for nothing is committed. */
        if (result == OF_OK)
            result = settle(spending, part, one->metadata_size ? one->offset : NOTHING, error);
        if (result < 0)
            return result;
    }
    return OF_OK;
}

void spending_revoked(struct spending *spending)
{
    for (size_t i = 0; i < spending->count; i++)
        ksql_store_close(spending->parts[i].store);
    spending->count = 0;
}

int spending_committing(
    struct spending *spending, rd_kafka_topic_partition_list_t *offsets, struct of_error *error)
{
    for (int i = 0; i < offsets->cnt; i++) {
        rd_kafka_topic_partition_t *one = &offsets->elems[i];
        struct part *part = is_ours(spending, one) ? find(spending, one->partition) : NULL;
        if (!part)
            continue;
        struct ksql_store_position position = position_at(spending, part, one->offset);
        one->metadata = of_strndup(ksql_store_id(part->store), KSQL_STORE_ID_SIZE);
        one->metadata_size = KSQL_STORE_ID_SIZE;
        int result = ksql_store_prepare(part->store, &position, 1, error);
        if (result < 0)
            return result;
        part->prepared = true;
    }
    return OF_OK;
}

int spending_committed(struct spending *spending, struct of_error *error)
{
    for (size_t i = 0; i < spending->count; i++) {
        struct part *part = &spending->parts[i];
        if (!part->prepared)
            continue;
        part->prepared = false;
        int result = ksql_store_commit(part->store, error);
        if (result < 0)
            return result;
    }
    return OF_OK;
}

void spending_aborted(struct spending *spending)
{
    for (size_t i = 0; i < spending->count; i++) {
        if (spending->parts[i].store) /* making it anew may have failed */
            ksql_store_abort(spending->parts[i].store);
        spending->parts[i].prepared = false;
    }
}
