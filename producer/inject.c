/* Trouble between encoding and sending. */
#include "inject.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "manifest.h"
#include "registry/wire.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DISTANCE_STREAM 0x64697374
#define KEY_MAX 24

struct held {
    int64_t order_id;
    int64_t successors; /* to wait for */
    char key[KEY_MAX];
    size_t key_size;
    struct of_buffer value;
};

struct of_injector {
    const struct of_trouble_shares *shares;
    struct of_manifest *manifest;
    struct of_counter *counters[OF_TROUBLE_COUNT]; /* NULL: none */
    of_inject_send *send;
    void *context;
    uint64_t seed;
    enum of_trouble trouble; /* of the order at hand */
    int64_t order_id;        /* likewise */
    int64_t highest;         /* order number sent so far */
    struct of_trouble_copy copy;
    struct held held[OF_INJECT_HELD_MAX];
    size_t held_count;
};

static void count_trouble(struct of_injector *injector, enum of_trouble trouble)
{
    if (injector->counters[trouble])
        of_counter_add(injector->counters[trouble], 1);
}

static void make_counters(struct of_injector *injector, struct of_metrics *metrics)
{
    for (int i = OF_TROUBLE_NONE + 1; metrics && i < OF_TROUBLE_COUNT; i++) {
        OF_FREE char *labels = of_asprintf("trouble=\"%s\"", of_trouble_name((enum of_trouble)i));
        injector->counters[i] = of_metrics_counter(metrics, "orderflow_trouble_total",
            "Live orders sent with trouble on purpose, those of aborted transactions included.",
            labels);
    }
}

int of_injector_new(const struct of_trouble_shares *shares, const char *manifest,
    struct of_metrics *metrics, of_inject_send *send, void *context, struct of_injector **out,
    struct of_error *error)
{
    OF_CLEANUP(of_cleanup_injector) struct of_injector *injector = of_alloc(sizeof(*injector));
    injector->shares = shares;
    injector->send = send;
    injector->context = context;
    for (size_t i = 0; i < OF_INJECT_HELD_MAX; i++)
        of_buffer_init(&injector->held[i].value, OF_ORDER_BYTES_MAX + OF_WIRE_HEADER_SIZE);
    make_counters(injector, metrics);
    int result = of_manifest_open(manifest, &injector->manifest, error);
    if (result < 0)
        return result;
    *out = OF_TAKE(injector);
    return OF_OK;
}

void of_injector_free(struct of_injector *injector)
{
    for (size_t i = 0; i < OF_INJECT_HELD_MAX; i++)
        of_buffer_release(&injector->held[i].value);
    if (injector->manifest)
        of_manifest_free(injector->manifest);
    free(injector);
}

int of_injector_resume(
    struct of_injector *injector, uint64_t seed, int64_t last_order_id, struct of_error *error)
{
    injector->seed = seed;
    injector->highest = last_order_id;
    injector->held_count = 0;
    return of_manifest_resume(injector->manifest, last_order_id, error);
}

const struct of_order *of_injector_order(struct of_injector *injector, const struct of_order *order)
{
    injector->trouble = of_trouble_draw(injector->shares, injector->seed, order->order_id);
    injector->order_id = order->order_id;
    const struct of_order *sent =
        of_trouble_change(injector->trouble, injector->seed, order, &injector->copy);
    if (injector->trouble == OF_TROUBLE_NEGATIVE && sent == order)
        injector->trouble = OF_TROUBLE_NONE; /* it has no line */
    return sent;
}

/* ---- the manifest's lines ---- */

static void tell(struct of_injector *injector, const struct of_buffer *value)
{
    struct of_buffer *out = of_manifest_pending(injector->manifest);
    const struct of_item *item = &injector->copy.items[injector->copy.line];
    char date[OF_ISO8601_SIZE];
    of_buffer_appendf(out, "{\"order_id\":%" PRId64 ",\"trouble\":\"%s\"", injector->order_id,
        of_trouble_name(injector->trouble));
    switch (injector->trouble) {
    case OF_TROUBLE_LATE:
        of_buffer_appendf(
            out, ",\"order_date\":\"%s\"", of_iso8601_print(injector->copy.order.order_date, date));
        break;
    case OF_TROUBLE_MALFORMED:
        of_buffer_appendf(out, ",\"bytes\":%zu", value->length);
        break;
    case OF_TROUBLE_UNKNOWN_SCHEMA:
        of_buffer_appendf(out, ",\"schema_id\":%d", OF_TROUBLE_SCHEMA_ID);
        break;
    case OF_TROUBLE_NEGATIVE:
        of_buffer_appendf(out, ",\"sku\":%d,\"quantity\":%d", item->sku, item->quantity);
        break;
    case OF_TROUBLE_NONE:
    case OF_TROUBLE_DUPLICATE:
    case OF_TROUBLE_OUT_OF_ORDER:
        break;
    }
    of_buffer_append_text(out, "}\n");
    count_trouble(injector, injector->trouble);
}

static void tell_behind(struct of_injector *injector, const struct held *held)
{
    of_buffer_appendf(of_manifest_pending(injector->manifest),
        "{\"order_id\":%" PRId64 ",\"trouble\":\"%s\",\"behind\":%" PRId64 "}\n", held->order_id,
        of_trouble_name(OF_TROUBLE_OUT_OF_ORDER), injector->highest);
    count_trouble(injector, OF_TROUBLE_OUT_OF_ORDER);
}

/* ---- out of order ---- */

static bool hold(struct of_injector *injector, struct of_text key, const struct of_buffer *value)
{
    if (injector->held_count == OF_INJECT_HELD_MAX || key.length > KEY_MAX)
        return false;
    struct held *held = &injector->held[injector->held_count];
    struct of_random random =
        of_random_make(injector->seed, DISTANCE_STREAM, (uint64_t)injector->order_id);
    of_buffer_clear(&held->value);
    if (of_buffer_append(&held->value, value->data, value->length) < 0)
        return false;
    held->order_id = injector->order_id;
    held->successors = of_random_between(&random, 1, OF_INJECT_DISTANCE_MAX);
    held->key_size = key.length;
    memcpy(held->key, key.data, key.length);
    injector->held_count++;
    return true;
}

static int let_go(struct of_injector *injector, struct held *held, struct of_error *error)
{
    if (injector->highest > held->order_id)
        tell_behind(injector, held);
    else
        injector->highest = held->order_id;
    return injector->send(
        injector->context, (struct of_text){held->key, held->key_size}, &held->value, error);
}

/* Those that have waited long enough, or all. */
static int let_some_go(struct of_injector *injector, bool all, struct of_error *error)
{
    size_t kept = 0, count = injector->held_count;
    int result = OF_OK;
    for (size_t i = 0; i < count; i++) {
        struct held *held = &injector->held[i];
        if (result == OF_OK && (all || held->successors <= 0)) {
            result = let_go(injector, held, error);
            continue;
        }
        struct held other = injector->held[kept]; /* a swap: each keeps a buffer of its own */
        injector->held[kept++] = *held;
        *held = i == kept - 1 ? *held : other;
    }
    injector->held_count = kept;
    return result;
}

int of_injector_record(struct of_injector *injector, struct of_text key, struct of_buffer *value,
    struct of_error *error)
{
    enum of_trouble trouble = injector->trouble;
    if (trouble == OF_TROUBLE_OUT_OF_ORDER && hold(injector, key, value))
        return OF_OK;
    of_trouble_damage(trouble, value);
    if (trouble != OF_TROUBLE_NONE && trouble != OF_TROUBLE_OUT_OF_ORDER)
        tell(injector, value);
    int result = injector->send(injector->context, key, value, error);
    if (result == OF_OK && trouble == OF_TROUBLE_DUPLICATE)
        result = injector->send(injector->context, key, value, error);
    if (result < 0)
        return result;
    if (injector->order_id > injector->highest)
        injector->highest = injector->order_id;
    for (size_t i = 0; i < injector->held_count; i++)
        injector->held[i].successors--;
    return let_some_go(injector, false, error);
}

int of_injector_settle(struct of_injector *injector, struct of_error *error)
{
    int result = let_some_go(injector, true, error);
    return result == OF_OK ? of_manifest_write(injector->manifest, error) : result;
}
