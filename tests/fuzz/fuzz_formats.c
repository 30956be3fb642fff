/* Records of JSON, DELIMITED and KAFKA: what can be read can be written, and what was
 * written reads as the same again. The first byte chooses format and columns. */
#include "fuzz.h"

#include "base/buffer.h"
#include "ksqld/serde/side.h"
#include "types.h"

static const struct ksql_type reals = {.kind = KSQL_ARRAY, .element = &real},
                              map = {.kind = KSQL_MAP, .key = &string, .element = &reals};
static const struct ksql_field fields[] = {{"A", &map}, {"b", &string}};
static const struct ksql_type structure = {
    .kind = KSQL_STRUCT, .fields = fields, .field_count = OF_COUNT(fields)};

static struct ksql_column plain[] = {{"A", &boolean, false}, {"B", &integer, false},
    {"C", &bigint, false}, {"D", &real, false}, {"E", &string, false}, {"F", &bytes, false},
    {"G", &timestamp, false}, {"H", &date, false}, {"I", &time_of_day, false},
    {"J", &decimal, false}, {"K", &structure, false}};
static struct ksql_column single[] = {{"V", &structure, false}};

#define COLUMNS_MAX OF_COUNT(plain)

static void choose(unsigned char byte, struct ksql_schema *schema, struct ksql_side *side)
{
    static const char *const formats[] = {"JSON", "JSON", "DELIMITED", "KAFKA", "JSON"};
    const char *format = formats[byte % OF_COUNT(formats)];
    bool lonely = byte % OF_COUNT(formats) == 1;
    *schema = (struct ksql_schema){plain, COLUMNS_MAX - 1, false};
    if (lonely)
        *schema = (struct ksql_schema){single, 1, false};
    else if (format == formats[0])
        schema->count = COLUMNS_MAX;
    else if (format == formats[3]) /* one column of a type that KAFKA has */
        *schema = (struct ksql_schema){plain + 1 + byte / OF_COUNT(formats) % 5, 1, false};
    ksql_side_init(side, format, schema, false, lonely);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    OF_CLEANUP(ksql_arena_release) struct ksql_arena arena = {.limit = MEMORY_MAX};
    OF_CLEANUP(of_buffer_release) struct of_buffer first, second;
    struct ksql_schema schema;
    struct ksql_side side;
    struct ksql_value row[COLUMNS_MAX];
    struct of_error error;
    bool null;
    of_buffer_init(&first, OUT_MAX);
    of_buffer_init(&second, OUT_MAX);
    if (!size)
        return 0;
    choose(data[0], &schema, &side);
    if (ksql_side_read(&side, data + 1, size - 1, &arena, row, &null, &error)) {
        PROMISE(error.class == OF_INPUT && error.message[0]);
        return 0;
    }
    if (null || !ksql_side_write(&side, row, &first) || first.full)
        return 0;
    if (first.length && memmem(first.data, first.length, "-0.0", 4)) /* JSON reads that as 0 */
        return 0;
    PROMISE(ksql_side_read(
                &side, of_buffer_text(&first), first.length, &arena, row, &null, &error) == OF_OK ||
            arena.full);
    if (arena.full)
        return 0;
    PROMISE(!null && ksql_side_write(&side, row, &second));
    PROMISE(first.length == second.length);
    PROMISE(!first.length || memcmp(first.data, second.data, first.length) == 0);
    return 0;
}
