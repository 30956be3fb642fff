/* Rows of the sink to entries of the state and back. The bytes of a key come before those of its
 * window, whose bounds are written so that the order of the bytes is that of time. */
#include "ksqld/exec/sink.h"

#include "ksqld/exec/group.h"
#include "ksqld/exec/rows.h"

#define BOUND_BYTES 8

struct ksql_sink {
    const struct ksql_schema *schema;
    bool windowed;
    struct of_buffer key, value;
};

bool ksql_sink_is_kept(const struct ksql_plan *plan, const struct ksql_state *state)
{
    return state && plan->pipeline.output_kept;
}

struct ksql_sink *ksql_sink_new(struct ksql_flow *flow)
{
    if (!ksql_sink_is_kept(flow->plan, flow->state))
        return NULL;
    struct ksql_sink *sink = ksql_arena_new(&flow->setup, sizeof(*sink));
    sink->schema = &flow->plan->pipeline.output;
    sink->windowed = flow->plan->pipeline.windows.kind != KSQL_WINDOW_NONE;
    of_buffer_init(&sink->key, KSQL_STATE_KEY_MAX);
    of_buffer_init(&sink->value, KSQL_ROW_BYTES_MAX);
    return sink;
}

void ksql_sink_release(struct ksql_sink *sink)
{
    if (!sink)
        return;
    of_buffer_release(&sink->key);
    of_buffer_release(&sink->value);
}

/* ---- bytes ---- */

/* Times before 1970 come before those after it. */
static void write_bound(int64_t bound, struct of_buffer *out)
{
    uint64_t bits = (uint64_t)bound ^ (uint64_t)1 << 63;
    uint8_t bytes[BOUND_BYTES];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(bits >> (56 - 8 * i));
    of_buffer_append(out, bytes, sizeof(bytes));
}

static int64_t read_bound(const uint8_t *bytes)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < BOUND_BYTES; i++)
        bits = bits << 8 | bytes[i];
    return (int64_t)(bits ^ (uint64_t)1 << 63);
}

/* The key columns in their order: `values` has one a column, or, with `packed`, those alone. */
static void write_keys(const struct ksql_schema *schema, const struct ksql_value *values,
    bool packed, struct of_buffer *out)
{
    size_t at = 0;
    of_buffer_clear(out);
    of_buffer_append_byte(out, KSQL_STATE_SINK);
    for (size_t i = 0; i < schema->count; i++) {
        if (schema->columns[i].key)
            ksql_value_write(schema->columns[i].type, &values[packed ? at++ : i], out);
    }
}

/* ---- writing ---- */

static void write_value(
    struct ksql_sink *sink, const struct ksql_change *change, const struct ksql_value *outputs)
{
    of_buffer_clear(&sink->value);
    of_buffer_append(&sink->value, &change->timestamp, sizeof(change->timestamp));
    of_buffer_append(&sink->value, &change->lane, sizeof(change->lane));
    for (size_t i = 0; i < sink->schema->count; i++) {
        if (!sink->schema->columns[i].key)
            ksql_value_write(sink->schema->columns[i].type, &outputs[i], &sink->value);
    }
}

int ksql_sink_keep(struct ksql_sink *sink, struct ksql_flow *flow, const struct ksql_change *change,
    const struct ksql_value *outputs, struct of_error *error)
{
    write_keys(sink->schema, outputs, false, &sink->key);
    if (sink->windowed) {
        write_bound(change->window.start, &sink->key);
        write_bound(change->window.end, &sink->key);
    }
    if (of_buffer_check(&sink->key, "the key of a row", error))
        return OF_INPUT;
    const struct ksql_state_bytes key = {sink->key.data, sink->key.length};
    if (!change->now.present)
        return ksql_state_delete(flow->state, &key, error);
    write_value(sink, change, outputs);
    if (of_buffer_check(&sink->value, "a row", error))
        return OF_INPUT;
    const struct ksql_state_bytes value = {sink->value.data, sink->value.length};
    return ksql_state_put(flow->state, &key, &value, error);
}

/* ---- reading ---- */

struct reading {
    const struct ksql_plan *plan;
    const struct ksql_read *read;
    ksql_read_visit *visit;
    void *context;
    struct ksql_arena arena;
    struct ksql_value *values;
    struct ksql_lanes lanes;
    int result;
    struct of_error *error;
};

static bool is_within(const struct ksql_read_bounds *bounds, int64_t time)
{
    return time >= bounds->first && time <= bounds->last;
}

static bool read_columns(struct reading *reading, struct of_text *key, struct of_text *value)
{
    const struct ksql_schema *schema = &reading->plan->pipeline.output;
    for (size_t i = 0; i < schema->count; i++) {
        struct of_text *from = schema->columns[i].key ? key : value;
        if (ksql_value_read(schema->columns[i].type, from, &reading->arena, &reading->values[i]))
            return false;
    }
    return value->length == 0 && key->length == 0;
}

/* Takes the bounds off the key's end. */
static bool take_window(struct of_text *key, struct ksql_read_row *row)
{
    if (key->length < 2 * BOUND_BYTES)
        return false;
    key->length -= 2 * BOUND_BYTES;
    const uint8_t *bounds = (const uint8_t *)key->data + key->length;
    row->window_start = read_bound(bounds);
    row->window_end = read_bound(bounds + BOUND_BYTES);
    return true;
}

static int give(struct reading *reading, const struct ksql_read_row *row)
{
    if (reading->arena.full)
        return of_fail(reading->error, OF_INPUT, "a row takes more than %u bytes of memory",
            KSQL_RECORD_MEMORY_MAX);
    return reading->visit(reading->context, row, reading->error);
}

/* Whether the row is among those that are asked for. */
static bool is_wanted(const struct reading *reading, const struct ksql_read_row *row, int32_t lane)
{
    const struct ksql_pipeline *pipeline = &reading->plan->pipeline;
    const struct ksql_grouping *grouping = pipeline->grouping;
    const struct ksql_window window = {row->window_start, row->window_end};
    if (pipeline->windows.kind == KSQL_WINDOW_NONE)
        return true;
    if (grouping && grouping->window &&
        ksql_window_is_over(grouping->window, &reading->lanes, lane, &window))
        return false;
    return is_within(&reading->read->start, window.start) &&
           is_within(&reading->read->end, window.end);
}

static bool read_entry(
    void *context, const struct ksql_state_bytes *key, const struct ksql_state_bytes *value)
{
    struct reading *reading = context;
    struct ksql_read_row row = {.values = reading->values};
    struct of_text left = {(const char *)key->data + 1, key->size - 1};
    struct of_text bytes = {value->data, value->size};
    bool windowed = reading->plan->pipeline.windows.kind != KSQL_WINDOW_NONE;
    int32_t lane = 0;
    bool good = (!windowed || take_window(&left, &row)) &&
                of_text_take(&bytes, &row.timestamp, sizeof(row.timestamp)) &&
                of_text_take(&bytes, &lane, sizeof(lane));
    if (good && !is_wanted(reading, &row, lane))
        return true;
    ksql_arena_reset(&reading->arena);
    good = good && read_columns(reading, &left, &bytes);
    reading->result = good ? give(reading, &row)
                           : of_fail(reading->error, OF_INPUT, "a row of the state can't be read");
    return reading->result == 0;
}

bool ksql_sink_row_is_over(const struct ksql_window_clause *clause, const struct ksql_lanes *lanes,
    const struct ksql_state_bytes *key, const struct ksql_state_bytes *value)
{
    struct ksql_read_row row;
    struct of_text left = {key->data, key->size}, bytes = {value->data, value->size};
    int32_t lane;
    if (!take_window(&left, &row) || !of_text_take(&bytes, &row.timestamp, sizeof(row.timestamp)) ||
        !of_text_take(&bytes, &lane, sizeof(lane)))
        return false;
    const struct ksql_window window = {row.window_start, row.window_end};
    return ksql_window_is_over(clause, lanes, lane, &window);
}

int ksql_sink_read(const struct ksql_plan *plan, struct ksql_state *view,
    const struct ksql_read *read, ksql_read_visit *visit, void *context, struct of_error *error)
{
    const struct ksql_schema *schema = &plan->pipeline.output;
    struct ksql_arena setup OF_CLEANUP(ksql_arena_release) = {0};
    struct of_buffer prefix OF_CLEANUP(of_buffer_release);
    struct reading reading = {
        .plan = plan, .read = read, .visit = visit, .context = context, .error = error};
    of_buffer_init(&prefix, KSQL_STATE_KEY_MAX);
    if (read->keys)
        write_keys(schema, read->keys, true, &prefix);
    else
        of_buffer_append_byte(&prefix, KSQL_STATE_SINK);
    if (of_buffer_check(&prefix, "the key of a row", error))
        return OF_INPUT;
    int64_t records;
    if (ksql_lanes_load(&reading.lanes, &records, view, error))
        return OF_FATAL;
    reading.arena.limit = KSQL_RECORD_MEMORY_MAX;
    reading.values = ksql_arena_new_array(&setup, schema->count, sizeof(*reading.values));
    const struct ksql_state_bytes bytes = {prefix.data, prefix.length};
    ksql_state_scan(view, &bytes, NULL, read_entry, &reading);
    ksql_arena_release(&reading.arena);
    ksql_lanes_release(&reading.lanes);
    return reading.result < 0 ? reading.result : ksql_state_check(view, error);
}
