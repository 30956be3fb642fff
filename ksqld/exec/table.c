/* Rows of a table to entries of the state: the table's number and the key columns, and behind them
 * the timestamp and the other columns. */
#include "ksqld/exec/table.h"

#include "ksqld/exec/rows.h"

struct ksql_table {
    unsigned char number;
    const struct ksql_schema *schema;
    bool by_lane; /* as ksqlDB's tasks, rows see those of their own partition only */
    struct of_buffer key, value;
    struct ksql_value *slots; /* of the row that was got */
};

/* Where ksqlDB brings rows to the partition of another key first, they find that key's row; here in
 * whichever partition it lies. */
static bool stays_in_lanes(const struct ksql_pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->joint_count; i++) {
        if (!pipeline->joints[i].as_is)
            return false;
    }
    return true;
}

struct ksql_table *ksql_table_new(
    struct ksql_flow *flow, unsigned char number, const struct ksql_schema *schema)
{
    struct ksql_table *table = ksql_arena_new(&flow->setup, sizeof(*table));
    table->number = number;
    table->schema = schema;
    table->by_lane = stays_in_lanes(&flow->plan->pipeline);
    table->slots = ksql_arena_new_array(&flow->setup,
        schema->count + KSQL_PSEUDO_COUNT + flow->plan->pipeline.table_count,
        sizeof(*table->slots));
    of_buffer_init(&table->key, KSQL_STATE_KEY_MAX);
    of_buffer_init(&table->value, KSQL_ROW_BYTES_MAX);
    return table;
}

void ksql_table_release(struct ksql_table *table)
{
    of_buffer_release(&table->key);
    of_buffer_release(&table->value);
}

/* `slots` has a value for each column, or, with `packed`, for the key columns alone. */
static int write_key(struct ksql_table *table, const struct ksql_value *slots, bool packed,
    int32_t lane, const struct ksql_window *window, struct of_error *error)
{
    size_t at = 0;
    of_buffer_clear(&table->key);
    of_buffer_append_byte(&table->key, table->number);
    if (table->by_lane)
        of_buffer_append(&table->key, &lane, sizeof(lane));
    of_buffer_append(&table->key, window, sizeof(*window));
    for (size_t i = 0; i < table->schema->count; i++) {
        if (table->schema->columns[i].key)
            ksql_value_write(
                table->schema->columns[i].type, &slots[packed ? at++ : i], &table->key);
    }
    return of_buffer_check(&table->key, "the key", error);
}

static int write_value(
    struct ksql_table *table, const struct ksql_change *change, struct of_error *error)
{
    const struct ksql_schema *schema = table->schema;
    of_buffer_clear(&table->value);
    of_buffer_append(&table->value, &change->timestamp, sizeof(change->timestamp));
    for (size_t i = 0; i < schema->count; i++)
        ksql_value_write(schema->columns[i].type, &change->now.slots[i], &table->value);
    for (size_t i = 0; i < KSQL_PSEUDO_COUNT; i++) {
        int64_t number = change->now.slots[schema->count + i].number;
        of_buffer_append(&table->value, &number, sizeof(number));
    }
    return of_buffer_check(&table->value, "the row", error);
}

/* The bytes are copied: what is read borrows from them, and the state moves on. */
static int read_row(struct ksql_table *table, struct ksql_flow *flow,
    const struct ksql_state_bytes *found, int64_t *timestamp, struct of_error *error)
{
    char *copy = ksql_arena_take(&flow->record, found->size + 1);
    memcpy(copy, found->data, found->size);
    struct of_text bytes = {copy, found->size};
    bool good = of_text_take(&bytes, timestamp, sizeof(int64_t));
    size_t count = table->schema->count;
    for (size_t i = 0; good && i < count; i++)
        good = !ksql_value_read(
            table->schema->columns[i].type, &bytes, &flow->record, &table->slots[i]);
    for (size_t i = 0; good && i < KSQL_PSEUDO_COUNT; i++) {
        table->slots[count + i] = (struct ksql_value){0};
        good = of_text_take(&bytes, &table->slots[count + i].number, sizeof(int64_t));
    }
    return good ? 0 : of_fail(error, OF_INPUT, "a row of the state can't be read");
}

static int get(struct ksql_table *table, struct ksql_flow *flow, struct ksql_row *row,
    int64_t *timestamp, struct of_error *error)
{
    const struct ksql_state_bytes key = {table->key.data, table->key.length};
    struct ksql_state_bytes found;
    *row = (struct ksql_row){0};
    if (!ksql_state_get(flow->state, &key, &found))
        return 0;
    *row = (struct ksql_row){.slots = table->slots, .present = true};
    return read_row(table, flow, &found, timestamp, error);
}

int ksql_table_get(struct ksql_table *table, struct ksql_flow *flow, const struct ksql_value *keys,
    int32_t lane, struct ksql_row *row, int64_t *timestamp, struct of_error *error)
{
    static const struct ksql_window none = {0};
    if (write_key(table, keys, true, lane, &none, error))
        return OF_INPUT;
    return get(table, flow, row, timestamp, error);
}

int ksql_table_exchange(struct ksql_table *table, struct ksql_flow *flow,
    struct ksql_change *change, struct of_error *error)
{
    int64_t ignored;
    if (write_key(table, change->now.slots, false, change->lane, &change->window, error) ||
        get(table, flow, &change->before, &ignored, error))
        return OF_INPUT;
    const struct ksql_state_bytes key = {table->key.data, table->key.length};
    if (!change->now.present)
        return ksql_state_delete(flow->state, &key, error);
    if (write_value(table, change, error))
        return OF_INPUT;
    const struct ksql_state_bytes value = {table->value.data, table->value.length};
    return ksql_state_put(flow->state, &key, &value, error);
}
