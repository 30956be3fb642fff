/* One query on one record after the other: decode, WHERE, table functions, PARTITION BY, SELECT,
 * encode. What happens to records without a value, and to rows where an expression fails, is as in
 * ksqlDB. */
#include "ksqld/engine.h"
#include "ksqld/exec/evaluate.h"
#include "ksqld/serde/avro_reader.h"
#include "ksqld/serde/side.h"

#include "base/memory.h"
#include "registry/wire.h"

#include <stdlib.h>

#define WRITERS_MAX 1024u              /* schema ids in the input of one run */
#define OUTPUT_MAX (64u * 1024 * 1024) /* bytes of one written key or value */

enum { VALUE, KEY }; /* sides of a record */

/* The reader of one schema id; or, when there is none, why. */
struct writer {
    int32_t id;
    struct of_avro_schema *schema;
    struct ksql_avro_reader *reader;
    char *refusal;
};

struct ksql_run {
    struct ksql_plan *plan;
    struct ksql_run_callbacks callbacks;
    int32_t key_id, value_id;
    struct ksql_arena setup;  /* readers */
    struct ksql_arena record; /* values, until the next record */
    struct writer *writers;
    size_t writer_count;
    struct ksql_side in[2], out[2]; /* value and key */
    struct ksql_value *row, *outputs;
    bool has_key, has_value;    /* of the record at hand */
    struct ksql_list *exploded; /* one a table function */
    struct of_buffer key, value;
    struct ksql_frame frame;
};

int ksql_run_new(const struct ksql_query *query, const struct ksql_run_callbacks *callbacks,
    int32_t key_id, int32_t value_id, struct ksql_run **run, struct of_error *error)
{
    (void)error;
    struct ksql_run *made = of_alloc(sizeof(*made));
    made->plan = ksql_plan_hold(ksql_plan_of_query(query));
    made->callbacks = *callbacks;
    made->key_id = key_id;
    made->value_id = value_id;
    const struct ksql_pipeline *pipeline = &made->plan->pipeline;
    size_t slots = pipeline->input.count + KSQL_PSEUDO_COUNT + pipeline->table_count;
    made->row = ksql_arena_new_array(&made->setup, slots, sizeof(*made->row));
    made->outputs =
        ksql_arena_new_array(&made->setup, pipeline->output.count, sizeof(*made->outputs));
    ksql_side_init(&made->in[VALUE], pipeline->input_value_format, &pipeline->input, false,
        pipeline->input_unwrapped);
    ksql_side_init(&made->in[KEY], pipeline->input_key_format, &pipeline->input, true, true);
    ksql_side_init(&made->out[VALUE], made->plan->query.sink_value_format, &pipeline->output, false,
        pipeline->output_unwrapped);
    ksql_side_init(
        &made->out[KEY], made->plan->query.sink_key_format, &pipeline->output, true, true);
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
    for (size_t i = 0; i < run->writer_count; i++) {
        if (run->writers[i].schema) /* none where the text was refused */
            of_avro_schema_free(run->writers[i].schema);
        free(run->writers[i].refusal);
    }
    free(run->writers);
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

/* The schema's text is good for as long as the run, and so is what is found out about it. */
static int add_writer(
    struct ksql_run *run, int32_t id, struct writer **writer, struct of_error *error)
{
    const char *text;
    size_t size;
    if (run->writer_count == WRITERS_MAX)
        return of_fail(error, OF_INPUT, "more than %u schema ids in one topic", WRITERS_MAX);
    int status = run->callbacks.schema(run->callbacks.context, id, &text, &size, error);
    if (status)
        return status;
    const struct ksql_pipeline *pipeline = &run->plan->pipeline;
    struct writer made = {.id = id};
    if (of_avro_schema_parse(text, size, &made.schema, error) ||
        ksql_avro_reader_new(
            &run->setup, made.schema, &pipeline->input, pipeline->wants, &made.reader, error))
        made.refusal = of_strdup(error->message);
    run->writers = of_realloc_array(run->writers, run->writer_count + 1, sizeof(*run->writers));
    run->writers[run->writer_count] = made;
    *writer = &run->writers[run->writer_count++];
    return 0;
}

static int find_writer(
    struct ksql_run *run, int32_t id, struct writer **writer, struct of_error *error)
{
    for (size_t i = 0; i < run->writer_count; i++) {
        if (run->writers[i].id == id) {
            *writer = &run->writers[i];
            return 0;
        }
    }
    return add_writer(run, id, writer, error);
}

static int read_avro(
    struct ksql_run *run, const struct ksql_record_in *record, struct of_error *error)
{
    int32_t id;
    const uint8_t *body;
    size_t size;
    struct writer *writer = NULL;
    int status = of_wire_split(record->value, record->value_size, &id, &body, &size, error);
    if (!status)
        status = find_writer(run, id, &writer, error);
    if (status)
        return status;
    if (writer->refusal)
        return of_fail(error, OF_INPUT, "schema id %d: %s", id, writer->refusal);
    return ksql_avro_read(writer->reader, body, size, &run->record, run->row, error);
}

static int read_record(
    struct ksql_run *run, const struct ksql_record_in *record, struct of_error *error)
{
    struct ksql_value *pseudo = run->row + run->plan->pipeline.input.count;
    pseudo[KSQL_ROWTIME] = (struct ksql_value){.number = record->timestamp};
    pseudo[KSQL_ROWPARTITION] = (struct ksql_value){.number = record->partition};
    pseudo[KSQL_ROWOFFSET] = (struct ksql_value){.number = record->offset};
    bool null, avro = record->value && strcmp(run->in[VALUE].format, "AVRO") == 0;
    int status = ksql_side_read(
        &run->in[KEY], record->key, record->key_size, &run->record, run->row, &null, error);
    run->has_key = !null;
    if (!status && avro)
        status = read_avro(run, record, error);
    else if (!status)
        status = ksql_side_read(&run->in[VALUE], record->value, record->value_size, &run->record,
            run->row, &null, error);
    run->has_value = avro || !null;
    return status;
}

/* ---- output ---- */

static const void *bytes_of(const struct of_buffer *buffer)
{
    return buffer->length ? (const void *)buffer->data : "";
}

/* Key columns are good without a value only where nothing of the value goes into them. */
static void evaluate_outputs(struct ksql_run *run)
{
    const struct ksql_pipeline *pipeline = &run->plan->pipeline;
    for (size_t i = 0; i < pipeline->output.count; i++) {
        bool key = pipeline->output.columns[i].key;
        run->outputs[i] = KSQL_VALUE_NULL;
        if (run->has_value || (key && (!pipeline->partitioned || pipeline->partition_on_key)))
            ksql_evaluate_or_null(&run->frame, pipeline->outputs[i].expression, &run->outputs[i]);
    }
}

/* A record without a key has none afterwards, but for PARTITION BY. */
static int write_key(struct ksql_run *run, struct ksql_record_out *out, struct of_error *error)
{
    of_buffer_clear(&run->key);
    if (!run->has_key && !run->plan->pipeline.partitioned)
        return 0;
    if (!ksql_side_write(&run->out[KEY], run->outputs, &run->key))
        return 0;
    out->key = bytes_of(&run->key);
    out->key_size = run->key.length;
    return of_buffer_check(&run->key, "the key", error);
}

static int write_value(struct ksql_run *run, struct ksql_record_out *out, struct of_error *error)
{
    of_buffer_clear(&run->value);
    if (strcmp(run->out[VALUE].format, "AVRO") == 0 && of_wire_begin(&run->value, run->value_id))
        return of_buffer_check(&run->value, "the value", error);
    if (!ksql_side_write(&run->out[VALUE], run->outputs, &run->value))
        return 0;
    out->value = bytes_of(&run->value);
    out->value_size = run->value.length;
    return of_buffer_check(&run->value, "the value", error);
}

static int emit_row(struct ksql_run *run, const struct ksql_record_in *record, ksql_emit *emit,
    void *emit_context, struct of_error *error)
{
    struct ksql_record_out out = {.timestamp = record->timestamp};
    evaluate_outputs(run);
    int status = write_key(run, &out, error);
    if (!status && run->has_value)
        status = write_value(run, &out, error);
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
