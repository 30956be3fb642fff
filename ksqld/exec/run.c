/* One query on one record after the other: decode, WHERE, table functions, PARTITION BY, SELECT,
 * encode. What happens to records without a value, and to rows where an expression fails, is as in
 * ksqlDB. */
#include "ksqld/engine.h"
#include "ksqld/exec/evaluate.h"
#include "ksqld/serde/input.h"
#include "ksqld/serde/window.h"

#include "base/memory.h"
#include "registry/wire.h"

#include <stdlib.h>

#define OUTPUT_MAX (64u * 1024 * 1024) /* bytes of one written key or value */

enum { VALUE, KEY }; /* sides of a record */

struct ksql_run {
    struct ksql_plan *plan;
    int32_t key_id, value_id;
    struct ksql_arena setup;  /* rows */
    struct ksql_arena record; /* values, until the next record */
    struct ksql_input in[2];  /* value and key */
    struct ksql_side out[2];
    struct ksql_value *row, *outputs;
    bool has_key, has_value;    /* of the record at hand */
    struct ksql_window window;  /* of its key */
    struct ksql_list *exploded; /* one a table function */
    struct of_buffer key, value;
    struct ksql_frame frame;
};

static char pick_delimiter(char chosen)
{
    return chosen ? chosen : KSQL_DELIMITER_DEFAULT;
}

static void init_inputs(struct ksql_run *run, const struct ksql_run_callbacks *callbacks)
{
    const struct ksql_pipeline *pipeline = &run->plan->pipeline;
    struct ksql_side value, key;
    ksql_side_init(
        &value, pipeline->input_value_format, &pipeline->input, false, pipeline->input_unwrapped);
    ksql_side_init(&key, pipeline->input_key_format, &pipeline->input, true, true);
    value.delimiter = pick_delimiter(pipeline->input_delimiters[VALUE]);
    key.delimiter = pick_delimiter(pipeline->input_delimiters[KEY]);
    ksql_input_init(&run->in[VALUE], &value, pipeline->wants, callbacks);
    ksql_input_init(&run->in[KEY], &key, NULL, callbacks);
}

int ksql_run_new(const struct ksql_query *query, const struct ksql_run_callbacks *callbacks,
    int32_t key_id, int32_t value_id, struct ksql_run **run, struct of_error *error)
{
    (void)error;
    struct ksql_run *made = of_alloc(sizeof(*made));
    made->plan = ksql_plan_hold(ksql_plan_of_query(query));
    made->key_id = key_id;
    made->value_id = value_id;
    const struct ksql_pipeline *pipeline = &made->plan->pipeline;
    size_t slots = pipeline->input.count + KSQL_PSEUDO_COUNT + pipeline->table_count;
    made->row = ksql_arena_new_array(&made->setup, slots, sizeof(*made->row));
    made->outputs =
        ksql_arena_new_array(&made->setup, pipeline->output.count, sizeof(*made->outputs));
    init_inputs(made, callbacks);
    ksql_side_init(&made->out[VALUE], made->plan->query.sink_value_format, &pipeline->output, false,
        pipeline->output_unwrapped);
    ksql_side_init(
        &made->out[KEY], made->plan->query.sink_key_format, &pipeline->output, true, true);
    made->out[VALUE].delimiter = pick_delimiter(pipeline->output_delimiters[VALUE]);
    made->out[KEY].delimiter = pick_delimiter(pipeline->output_delimiters[KEY]);
    made->exploded =
        ksql_arena_new_array(&made->setup, pipeline->table_count, sizeof(*made->exploded));
    of_buffer_init(&made->key, OUTPUT_MAX);
    of_buffer_init(&made->value, OUTPUT_MAX);
    made->record.limit = KSQL_RECORD_MEMORY_MAX;
    made->frame = (struct ksql_frame){.row = made->row, .arena = &made->record};
    *run = made;
    return 0;
}

void ksql_run_free(struct ksql_run *run)
{
    if (!run)
        return;
    ksql_input_release(&run->in[VALUE]);
    ksql_input_release(&run->in[KEY]);
    of_buffer_release(&run->key);
    of_buffer_release(&run->value);
    ksql_arena_release(&run->record);
    ksql_arena_release(&run->setup);
    ksql_plan_release(run->plan);
    free(run);
}

uint64_t ksql_run_expression_errors(const struct ksql_run *run)
{
    return run->frame.errors;
}

/* ---- input ---- */

static int read_record(
    struct ksql_run *run, const struct ksql_record_in *record, struct of_error *error)
{
    struct ksql_value *pseudo = run->row + run->plan->pipeline.input.count;
    pseudo[KSQL_ROWTIME] = (struct ksql_value){.number = record->timestamp};
    pseudo[KSQL_ROWPARTITION] = (struct ksql_value){.number = record->partition};
    pseudo[KSQL_ROWOFFSET] = (struct ksql_value){.number = record->offset};
    size_t key_size = record->key_size;
    if (record->key && ksql_window_split(&run->plan->pipeline.windows, &key_size, record->key,
                           &run->window, error))
        return OF_INPUT;
    pseudo[KSQL_WINDOWSTART] = (struct ksql_value){.number = run->window.start};
    pseudo[KSQL_WINDOWEND] = (struct ksql_value){.number = run->window.end};
    bool null[2] = {false}; /* a side that is not read is not null */
    int status = ksql_input_read(
        &run->in[KEY], record->key, key_size, &run->record, run->row, &null[KEY], error);
    if (!status)
        status = ksql_input_read(&run->in[VALUE], record->value, record->value_size, &run->record,
            run->row, &null[VALUE], error);
    run->has_key = !null[KEY];
    run->has_value = !null[VALUE];
    return status;
}

/* ---- output ---- */

/* Key columns are good without a value only where nothing of the value goes into them. */
static void evaluate_outputs(struct ksql_run *run)
{
    const struct ksql_pipeline *pipeline = &run->plan->pipeline;
    for (size_t i = 0; i < pipeline->output.count; i++) {
        run->outputs[i] = KSQL_VALUE_NULL;
        if (run->has_value || pipeline->outputs[i].on_key)
            ksql_evaluate_or_null(&run->frame, pipeline->outputs[i].expression, &run->outputs[i]);
    }
}

/* *bytes stays NULL where the side as a whole is null. */
static int write_side(struct ksql_run *run, int side, struct of_buffer *out, const void **bytes,
    size_t *size, struct of_error *error)
{
    const char *name = side == KEY ? "the key" : "the value";
    of_buffer_clear(out);
    if (strcmp(run->out[side].format, "AVRO") == 0 &&
        of_wire_begin(out, side == KEY ? run->key_id : run->value_id))
        return of_buffer_check(out, name, error);
    if (!ksql_side_write(&run->out[side], run->outputs, out))
        return 0;
    if (side == KEY)
        ksql_window_append(run->plan->pipeline.windows.kind, &run->window, out);
    *bytes = out->length ? (const void *)out->data : "";
    *size = out->length;
    return of_buffer_check(out, name, error);
}

static int emit_row(struct ksql_run *run, const struct ksql_record_in *record, ksql_emit *emit,
    void *emit_context, struct of_error *error)
{
    struct ksql_record_out out = {.timestamp = record->timestamp};
    evaluate_outputs(run);
    int status = 0;
    if (run->has_key || run->plan->pipeline.partitioned) /* else the output has no key, too */
        status = write_side(run, KEY, &run->key, &out.key, &out.key_size, error);
    if (!status && run->has_value)
        status = write_side(run, VALUE, &run->value, &out.value, &out.value_size, error);
    if (!status && run->record.full)
        status = of_fail(error, OF_INPUT, "the record's rows take more than %u bytes of memory",
            KSQL_RECORD_MEMORY_MAX);
    return status ? status : emit(emit_context, &out, error);
}

/* ---- between ---- */

static bool passes_where(struct ksql_run *run)
{
    struct ksql_value result;
    ksql_evaluate_or_null(&run->frame, run->plan->pipeline.where, &result);
    return !result.null && result.number;
}

/* Several table functions go side by side, the shorter ones filled up with NULL. */
static int emit_exploded(struct ksql_run *run, const struct ksql_record_in *record, ksql_emit *emit,
    void *emit_context, struct of_error *error)
{
    const struct ksql_pipeline *pipeline = &run->plan->pipeline;
    struct ksql_value *slots = run->row + pipeline->input.count + KSQL_PSEUDO_COUNT;
    size_t rows = 0;
    for (size_t i = 0; i < pipeline->table_count; i++) {
        struct ksql_value array;
        ksql_evaluate_or_null(&run->frame, pipeline->tables[i], &array);
        run->exploded[i] = array.null ? (struct ksql_list){0} : array.list;
        if (run->exploded[i].count > rows)
            rows = run->exploded[i].count;
    }
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = 0; i < pipeline->table_count; i++) {
            const struct ksql_list *list = &run->exploded[i];
            slots[i] = row < list->count ? list->items[row] : KSQL_VALUE_NULL;
        }
        int status = emit_row(run, record, emit, emit_context, error);
        if (status)
            return status;
    }
    return 0;
}

int ksql_run_process(struct ksql_run *run, const struct ksql_record_in *record, ksql_emit *emit,
    void *emit_context, struct of_error *error)
{
    const struct ksql_pipeline *pipeline = &run->plan->pipeline;
    ksql_arena_reset(&run->record);
    int status = read_record(run, record, error);
    if (status)
        return status;
    /* A record without a value passes neither WHERE nor a table function; SELECT lets it by. */
    if ((pipeline->where || pipeline->table_count) && !run->has_value)
        return 0;
    if (pipeline->where && !passes_where(run))
        return 0;
    if (pipeline->table_count)
        return emit_exploded(run, record, emit, emit_context, error);
    return emit_row(run, record, emit, emit_context, error);
}
