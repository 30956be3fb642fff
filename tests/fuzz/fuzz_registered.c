/* Records of JSON_SR by any JSON schema: the first line is the schema, the rest the record. What
 * can be read can be written by our own schema, and reads as the same again. */
#include "fuzz.h"

#include "base/buffer.h"
#include "ksqld/plan/plan.h"
#include "ksqld/serde/registered.h"

#include <math.h>

#include "types.h"

static const struct ksql_type strings = {.kind = KSQL_ARRAY, .element = &string};
static const struct ksql_field fields[] = {{"A", &strings}, {"b", &bigint}};
static const struct ksql_type structure = {
    .kind = KSQL_STRUCT, .fields = fields, .field_count = OF_COUNT(fields)};

static struct ksql_column columns[] = {{"A", &boolean, false}, {"B", &integer, false},
    {"C", &bigint, false}, {"D", &real, false}, {"E", &string, false}, {"F", &bytes, false},
    {"G", &timestamp, false}, {"H", &date, false}, {"I", &time_of_day, false},
    {"J", &decimal, false}, {"K", &structure, false}, {"L", &strings, false}};
static const struct ksql_schema schema = {columns, OF_COUNT(columns), false};

static int read_by(const struct ksql_side *side, const void *text, size_t size, const uint8_t *body,
    size_t body_size, struct ksql_arena *arena, struct ksql_value *row, bool *null)
{
    struct ksql_arena memory OF_CLEANUP(ksql_arena_release) = {0};
    struct ksql_registered_reader *reader;
    struct of_error error;
    if (ksql_registered_reader_new(&memory, text, size, side, &reader, &error) ||
        ksql_registered_read(reader, body, body_size, arena, row, null, &error)) {
        PROMISE(error.class == OF_INPUT && error.message[0]);
        return OF_INPUT;
    }
    return OF_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    OF_CLEANUP(ksql_arena_release) struct ksql_arena arena = {.limit = MEMORY_MAX};
    OF_CLEANUP(of_buffer_release) struct of_buffer first, second, ours;
    OF_CLEANUP(ksql_problem_release) struct ksql_problem problem = {0};
    const uint8_t *end = memchr(data, '\n', size);
    struct ksql_value row[OF_COUNT(columns)];
    struct ksql_side side;
    bool null;
    of_buffer_init(&first, OUT_MAX);
    of_buffer_init(&second, OUT_MAX);
    of_buffer_init(&ours, OUT_MAX);
    ksql_side_init(&side, "JSON_SR", &schema, false, false);
    if (!end || read_by(&side, data, (size_t)(end - data), end + 1, (size_t)(data + size - end - 1),
                    &arena, row, &null) != OF_OK)
        return 0;
    if (null || isinf(row[3].real) || !ksql_side_write(&side, row, &first) || first.full)
        return 0;
    if (first.length && memmem(first.data, first.length, "-0.0", 4)) /* is read as 0 */
        return 0;
    PROMISE(!ksql_write_json_schema(&arena, &schema, false, false, &ours, &problem));
    bool good = read_by(&side, of_buffer_text(&ours), ours.length, first.data, first.length, &arena,
                    row, &null) == OF_OK;
    PROMISE(good || arena.full);
    if (arena.full)
        return 0;
    PROMISE(!null && ksql_side_write(&side, row, &second));
    PROMISE(first.length == second.length);
    PROMISE(memcmp(first.data, second.data, first.length) == 0);
    return 0;
}
