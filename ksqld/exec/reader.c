/* One input of a query: its records to rows. Where the input is a table whose rows are needed again
 * (as what they were before, or by a join), it is kept in the state. */
#include "ksqld/exec/flow.h"
#include "ksqld/exec/table.h"
#include "ksqld/exec/trouble.h"
#include "ksqld/serde/input.h"

enum { VALUE, KEY }; /* sides of a record */

struct ksql_reader {
    const struct ksql_feed *feed;
    struct ksql_input sides[2];
    struct ksql_value *slots;
    bool has_headers;        /* there are columns of them */
    struct ksql_table *kept; /* or NULL */
    struct ksql_step *next;
};

static void init_side(struct ksql_reader *reader, int side, const struct ksql_want *wants,
    const struct ksql_run_callbacks *callbacks)
{
    const struct ksql_feed *feed = reader->feed;
    bool key = side == KEY;
    char delimiter = feed->delimiters[side];
    struct ksql_side made;
    ksql_side_init(&made, key ? feed->key_format : feed->value_format, &feed->schema, key,
        key || feed->unwrapped);
    made.delimiter = delimiter ? delimiter : KSQL_DELIMITER_DEFAULT;
    ksql_input_init(&reader->sides[side], &made, wants, callbacks);
}

struct ksql_reader *ksql_reader_new(struct ksql_flow *flow, size_t input,
    const struct ksql_run_callbacks *callbacks, struct ksql_step *next)
{
    const struct ksql_pipeline *pipeline = &flow->plan->pipeline;
    const struct ksql_feed *feed = &pipeline->feeds[input];
    struct ksql_reader *reader = ksql_arena_new(&flow->setup, sizeof(*reader));
    reader->feed = feed;
    reader->next = next;
    /* Rows that are told have all columns. */
    init_side(reader, VALUE, callbacks->trouble_rows ? NULL : feed->wants, callbacks);
    init_side(reader, KEY, NULL, callbacks);
    for (size_t i = 0; i < feed->schema.count; i++)
        reader->has_headers |= feed->schema.columns[i].header;
    size_t slots = feed->schema.count + KSQL_PSEUDO_COUNT + pipeline->table_count;
    reader->slots = ksql_arena_new_array(&flow->setup, slots, sizeof(*reader->slots));
    if (feed->kept)
        reader->kept = ksql_table_new(flow, (unsigned char)input, &feed->schema);
    return reader;
}

void ksql_reader_set_next(struct ksql_reader *reader, struct ksql_step *next)
{
    reader->next = next;
}

struct ksql_table *ksql_reader_table(const struct ksql_reader *reader)
{
    return reader->kept;
}

void ksql_reader_release(struct ksql_reader *reader)
{
    ksql_input_release(&reader->sides[VALUE]);
    ksql_input_release(&reader->sides[KEY]);
    if (reader->kept)
        ksql_table_release(reader->kept);
}

/* The last header of that name. */
static struct ksql_value last_header(const struct ksql_record_in *record, const char *name)
{
    for (size_t i = record->header_count; i-- > 0;) {
        const struct ksql_header *header = &record->headers[i];
        if (strcmp(header->name, name) == 0)
            return (struct ksql_value){
                .null = !header->value, .text = {header->value, header->size}};
    }
    return KSQL_VALUE_NULL;
}

/* A list of STRUCTs of KEY and VALUE. */
static struct ksql_value all_headers(struct ksql_flow *flow, const struct ksql_record_in *record)
{
    struct ksql_value *items =
        ksql_arena_new_array(&flow->record, record->header_count, sizeof(*items));
    for (size_t i = 0; i < record->header_count; i++) {
        const struct ksql_header *header = &record->headers[i];
        struct ksql_value *fields = ksql_arena_new_array(&flow->record, 2, sizeof(*fields));
        fields[0].text = (struct of_text){header->name, strlen(header->name)};
        fields[1] =
            (struct ksql_value){.null = !header->value, .text = {header->value, header->size}};
        items[i].fields = fields;
    }
    return (struct ksql_value){.list = {items, record->header_count}};
}

static void read_headers(
    struct ksql_reader *reader, struct ksql_flow *flow, const struct ksql_record_in *record)
{
    for (size_t i = 0; i < reader->feed->schema.count; i++) {
        const struct ksql_column *column = &reader->feed->schema.columns[i];
        if (column->header)
            reader->slots[i] = column->header_key ? last_header(record, column->header_key)
                                                  : all_headers(flow, record);
    }
}

static int fail(struct ksql_flow *flow, int side, int status)
{
    ksql_trouble_note(flow, KSQL_FAULT_READING, side == KEY);
    return status;
}

static int read_record(struct ksql_reader *reader, struct ksql_flow *flow,
    const struct ksql_record_in *record, struct ksql_window *window, bool null[2],
    struct of_error *error)
{
    size_t key_size = record->key_size;
    if (record->key &&
        ksql_window_split(&reader->feed->windows, &key_size, record->key, window, error))
        return fail(flow, KEY, OF_INPUT);
    struct ksql_value *pseudo = reader->slots + reader->feed->schema.count;
    pseudo[KSQL_ROWTIME] = (struct ksql_value){.number = record->timestamp};
    pseudo[KSQL_ROWPARTITION] = (struct ksql_value){.number = record->partition};
    pseudo[KSQL_ROWOFFSET] = (struct ksql_value){.number = record->offset};
    pseudo[KSQL_WINDOWSTART] = (struct ksql_value){.number = window->start};
    pseudo[KSQL_WINDOWEND] = (struct ksql_value){.number = window->end};
    int status = ksql_input_read(&reader->sides[KEY], record->key, key_size, &flow->record,
        reader->slots, &null[KEY], error);
    if (status)
        return fail(flow, KEY, status);
    status = ksql_input_read(&reader->sides[VALUE], record->value, record->value_size,
        &flow->record, reader->slots, &null[VALUE], error);
    if (status)
        return fail(flow, VALUE, status);
    if (reader->has_headers)
        read_headers(reader, flow, record);
    return 0;
}

/* Kafka Streams drops records whose time can't be told, or is before 1970. */
static int read_time(
    struct ksql_reader *reader, struct ksql_flow *flow, int64_t *time, struct of_error *error)
{
    const struct ksql_feed *feed = reader->feed;
    const char *refusal = NULL;
    if (!feed->timing.any)
        return 0;
    int status =
        ksql_flow_time(flow, &feed->timing, &reader->slots[feed->timing.slot], time, &refusal);
    if (status > 0)
        return of_fail(error, OF_INPUT, "%s is not supported by this runner", refusal);
    if (status)
        return of_fail(error, OF_INPUT, "the column %s has no time of a record",
            feed->schema.columns[feed->timing.slot].name);
    reader->slots[feed->schema.count + KSQL_ROWTIME].number = *time;
    return 0;
}

int ksql_reader_process(struct ksql_reader *reader, struct ksql_flow *flow,
    const struct ksql_record_in *record, struct of_error *error)
{
    bool null[2] = {false}; /* a side that is not read is not null */
    struct ksql_window window = {0};
    int64_t time = record->timestamp;
    int status = read_record(reader, flow, record, &window, null, error);
    if (!status)
        status = read_time(reader, flow, &time, error);
    if (status)
        return status;
    struct ksql_change change = {.now = {.slots = reader->slots, .present = !null[VALUE]},
        .keyed = !null[KEY],
        .timestamp = time,
        .lane = record->partition,
        .window = window};
    if (reader->feed->table && !change.keyed)
        return 0; /* no row of a table is without a key */
    if (reader->kept) {
        status = ksql_table_exchange(reader->kept, flow, &change, error);
        if (status)
            return status;
    }
    return reader->next->process(reader->next, flow, &change, error);
}

/* A record that can't be read comes when its timestamp says. */
int64_t ksql_reader_time(
    struct ksql_reader *reader, struct ksql_flow *flow, const struct ksql_record_in *record)
{
    bool null[2] = {false};
    struct ksql_window window = {0};
    int64_t time = record->timestamp;
    struct of_error ignored;
    if (!reader->feed->timing.any)
        return time;
    ksql_arena_reset(&flow->record);
    if (read_record(reader, flow, record, &window, null, &ignored) ||
        read_time(reader, flow, &time, &ignored))
        return record->timestamp;
    return time;
}
