/* Orders in the order of their coming. There are few at a time: an order's lines follow each other
 * closely, so the search from the newest ends soon. */
#include "held.h"

#include "base/memory.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_OVERHEAD 64 /* what librdkafka takes for one, besides name and value */

static bool is_within(const void *part, const void *whole, size_t size)
{
    return (uintptr_t)part >= (uintptr_t)whole && (uintptr_t)part < (uintptr_t)whole + size;
}

static size_t size_of(const struct held_line *line)
{
    return line->key_size + line->value_size + line->headers_size + line->body_size;
}

static void free_order(struct held *held, struct held_order *order)
{
    for (size_t i = 0; i < order->count; i++) {
        held->bytes -= size_of(&order->lines[i]);
        if (!is_within(order->lines[i].body, order->lines[i].value, order->lines[i].value_size))
            free((void *)order->lines[i].body);
        free(order->lines[i].key);
        free(order->lines[i].value);
        if (order->lines[i].headers)
            rd_kafka_headers_destroy(order->lines[i].headers);
    }
    free(order);
}

void held_clear(struct held *held)
{
    for (size_t i = 0; i < held->count; i++)
        free_order(held, held->orders[i]);
    held->count = held->span_count = 0;
}

void held_release(struct held *held)
{
    held_clear(held);
    free(held->orders);
    free(held->spans);
    *held = (struct held){.orders = NULL};
}

static struct held_order *find(const struct held *held, int64_t order_id)
{
    for (size_t i = held->count; i > 0; i--)
        if (held->orders[i - 1]->order_id == order_id)
            return held->orders[i - 1];
    return NULL;
}

bool held_has_room(const struct held *held, const struct held_record *record)
{
    return held->bytes + record->key_size + record->value_size + record->body_size +
                   of_kafka_headers_size(record->headers, HEADER_OVERHEAD) <=
               HELD_BYTES_MAX &&
           (held->count < HELD_ORDERS_MAX || find(held, record->order_id));
}

static int check(
    const struct held_order *order, const struct held_record *record, struct of_error *error)
{
    if (record->wanted < 1 || record->wanted > HELD_LINES_MAX || record->line < 1 ||
        record->line > HELD_LINES_MAX)
        return of_fail(error, OF_INPUT,
            "order %" PRId64 ": line %" PRId32 " of an order of %" PRId32 " such lines",
            record->order_id, record->line, record->wanted);
    if (order && (order->wanted != record->wanted || order->partition != record->partition))
        return of_fail(error, OF_INPUT,
            "order %" PRId64 ": line %" PRId32 " says that there are %" PRId32
            " such lines, in partition %" PRId32 "; an earlier one says %" PRId32
            ", in partition %" PRId32,
            record->order_id, record->line, record->wanted, record->partition, order->wanted,
            order->partition);
    return OF_OK;
}

static struct held_order *append(struct held *held, const struct held_record *record, int64_t now)
{
    if (held->count == held->capacity) {
        held->capacity = held->capacity ? 2 * held->capacity : 16;
        held->orders = of_realloc_array(held->orders, held->capacity, sizeof(*held->orders));
    }
    struct held_order *order = held->orders[held->count++] = of_alloc(sizeof(*order));
    order->order_id = record->order_id;
    order->partition = record->partition;
    order->wanted = record->wanted;
    order->first_offset = record->offset;
    order->since = now;
    return order;
}

static void *copy(const void *bytes, size_t size)
{
    void *out = of_alloc(size + 1); /* never of nothing: an empty key is not a missing one */
    if (size > 0)
        memcpy(out, bytes, size);
    return bytes ? out : (free(out), NULL);
}

static void copy_body(struct held_line *line, const struct held_record *record)
{
    const uint8_t *value = record->value, *own = line->value;
    line->body = is_within(record->body, record->value, record->value_size)
                     ? own + (record->body - value)
                     : copy(record->body, record->body_size);
}

int held_add(struct held *held, const struct held_record *record, int64_t now,
    struct held_order **complete, struct of_error *error)
{
    struct held_order *order = find(held, record->order_id);
    assert(held_has_room(held, record));
    if (check(order, record, error) < 0)
        return OF_INPUT;
    if (!order)
        order = append(held, record, now);
    size_t at = 0;
    while (at < order->count && order->lines[at].line < record->line)
        at++;
    *complete = NULL;
    if (at < order->count && order->lines[at].line == record->line)
        return OF_OK;
    memmove(&order->lines[at + 1], &order->lines[at], (order->count - at) * sizeof(*order->lines));
    order->lines[at] = (struct held_line){.line = record->line,
        .offset = record->offset,
        .timestamp = record->timestamp,
        .key_size = record->key_size,
        .value_size = record->value_size,
        .headers_size = of_kafka_headers_size(record->headers, HEADER_OVERHEAD),
        .body_size = record->body_size,
        .headers = record->headers ? rd_kafka_headers_copy(record->headers) : NULL,
        .key = copy(record->key, record->key_size),
        .value = copy(record->value, record->value_size)};
    copy_body(&order->lines[at], record);
    order->count++;
    held->bytes += size_of(&order->lines[at]);
    if (record->offset < order->first_offset)
        order->first_offset = record->offset;
    if (order->count == (size_t)order->wanted)
        *complete = order;
    return OF_OK;
}

struct held_order *held_oldest(const struct held *held)
{
    return held->count > 0 ? held->orders[0] : NULL;
}

/* ---- orders that are done ---- */

static struct held_span span_of(const struct held_order *order)
{
    struct held_span span = {order->partition, order->first_offset, order->first_offset};
    for (size_t i = 0; i < order->count; i++)
        if (order->lines[i].offset > span.last)
            span.last = order->lines[i].offset;
    return span;
}

static bool is_amid(const struct held_span *span, int32_t partition, int64_t offset)
{
    return partition == span->partition && offset > span->first && offset <= span->last;
}

/* Whether reading might begin amid it. */
static bool is_needed(const struct held *held, const struct held_span *span)
{
    for (size_t i = held->count; i > 0; i--) {
        const struct held_order *order = held->orders[i - 1];
        if (is_amid(span, order->partition, order->first_offset))
            return true;
        if (order->partition == span->partition && order->first_offset < span->first)
            break; /* all before it begin before it */
    }
    for (size_t i = 0; i < held->span_count; i++)
        if (is_amid(span, held->spans[i].partition, held->spans[i].first))
            return true;
    return false;
}

static void keep_span(struct held *held, const struct held_span *span)
{
    if (held->span_count == HELD_ORDERS_MAX || !is_needed(held, span))
        return;
    if (held->span_count == held->span_capacity) {
        held->span_capacity = held->span_capacity ? 2 * held->span_capacity : 16;
        held->spans = of_realloc_array(held->spans, held->span_capacity, sizeof(*held->spans));
    }
    held->spans[held->span_count++] = *span;
}

/* One that goes may have been what another was needed for. */
static void drop_spans(struct held *held)
{
    for (size_t i = 0; i < held->span_count;) {
        if (is_needed(held, &held->spans[i])) {
            i++;
        } else {
            held->spans[i] = held->spans[--held->span_count];
            i = 0;
        }
    }
}

void held_remove(struct held *held, struct held_order *order)
{
    struct held_span span = span_of(order);
    size_t at = 0;
    while (held->orders[at] != order)
        at++;
    free_order(held, order);
    held->count--;
    memmove(
        &held->orders[at], &held->orders[at + 1], (held->count - at) * sizeof(struct held_order *));
    keep_span(held, &span);
    drop_spans(held);
}

int64_t held_first_offset(const struct held *held, int32_t partition)
{
    int64_t first = -1;
    for (size_t i = 0; i < held->count; i++) {
        const struct held_order *order = held->orders[i];
        if (order->partition == partition && (first < 0 || order->first_offset < first))
            first = order->first_offset;
    }
    for (size_t i = 0; i < held->span_count; i++)
        if (is_amid(&held->spans[i], partition, first)) {
            first = held->spans[i].first;
            i = SIZE_MAX; /* it may lie amid another */
        }
    return first;
}
