/* Avro records by schemas of ours and of others: any bytes give a row or a reason; and what was
 * read of our own schema is written as the same again. The first byte chooses the schema. */
#include "fuzz.h"

#include "base/buffer.h"
#include "ksqld/plan/plan.h"
#include "ksqld/serde/avro_reader.h"
#include "ksqld/serde/avro_writer.h"
#include "types.h"

static const struct ksql_type reals = {.kind = KSQL_ARRAY, .element = &real},
                              map = {.kind = KSQL_MAP, .key = &string, .element = &reals};
static const struct ksql_field fields[] = {{"A", &map}, {"B", &string}};
static const struct ksql_type structure = {
    .kind = KSQL_STRUCT, .fields = fields, .field_count = OF_COUNT(fields)};
static const struct ksql_type structures = {.kind = KSQL_ARRAY, .element = &structure};

static struct ksql_column columns[] = {{"A", &boolean, false}, {"B", &integer, false},
    {"C", &bigint, false}, {"D", &real, false}, {"E", &string, false}, {"F", &bytes, false},
    {"G", &timestamp, false}, {"H", &date, false}, {"I", &time_of_day, false},
    {"J", &decimal, false}, {"K", &structures, false}};
static struct ksql_column single[] = {{"V", &structure, false}};
static const struct ksql_schema plain = {columns, OF_COUNT(columns), false},
                                lonely = {single, 1, false};

#define COLUMNS_MAX OF_COUNT(columns)

/* Schemas of others: other types for the same columns, fields that nobody asked for, no fields. */
static const char *const others[] = {
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"x\",\"type\":{\"type\":\"map\","
    "\"values\":[\"null\",{\"type\":\"array\",\"items\":\"null\"}]}},{\"name\":\"c\",\"type\":"
    "\"int\"},{\"name\":\"D\",\"type\":[\"float\",\"null\"]},{\"name\":\"E\",\"type\":{\"type\":"
    "\"enum\",\"name\":\"S\",\"symbols\":[\"P\",\"Q\"]}},{\"name\":\"F\",\"type\":{\"type\":"
    "\"fixed\",\"name\":\"F\",\"size\":3}},{\"name\":\"k\",\"type\":{\"type\":\"array\",\"items\":"
    "{\"type\":\"record\",\"name\":\"K\",\"fields\":[{\"name\":\"a\",\"type\":{\"type\":\"array\","
    "\"items\":{\"type\":\"record\",\"name\":\"MapEntry\",\"fields\":[{\"name\":\"key\",\"type\":["
    "\"null\",\"string\"]},{\"name\":\"value\",\"type\":{\"type\":\"array\",\"items\":\"double\"}}"
    "]}}},{\"name\":\"z\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":"
    "\"E\",\"fields\":[]}}}]}}}]}",
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"E\",\"type\":\"long\"},{\"name\":"
    "\"y\",\"type\":{\"type\":\"record\",\"name\":\"Y\",\"fields\":[{\"name\":\"n\",\"type\":["
    "\"null\",\"Y\"]},{\"name\":\"l\",\"type\":[\"string\",\"bytes\",\"double\"]}]}},{\"name\":"
    "\"J\",\"type\":{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":38,\"scale\":9}},"
    "{\"name\":\"A\",\"type\":[\"null\",\"boolean\"]}]}",
};

#define READERS (2 + OF_COUNT(others))

static struct reader {
    const struct ksql_schema *schema;
    struct ksql_side side;
    struct of_avro_schema *writer;
    struct ksql_avro_reader *reader;
} readers[READERS];
static struct ksql_arena setup;

static void make(struct reader *reader, const struct ksql_schema *schema, const char *text,
    size_t size, bool unwrapped)
{
    struct of_error error;
    reader->schema = schema;
    ksql_side_init(&reader->side, "AVRO", schema, false, unwrapped);
    PROMISE(of_avro_schema_parse(text, size, &reader->writer, &error) == OF_OK);
    PROMISE(ksql_avro_reader_new(
                &setup, reader->writer, &reader->side, NULL, &reader->reader, &error) == OF_OK);
}

static void make_own(struct reader *reader, const struct ksql_schema *schema, bool unwrapped)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    of_buffer_init(&text, OUT_MAX);
    const struct ksql_avro_shape shape = {.unwrapped = unwrapped};
    OF_CLEANUP(ksql_problem_release) struct ksql_problem problem = {.class = OF_OK};
    PROMISE(ksql_write_avro_schema(schema, &shape, &text, &problem) == OF_OK);
    make(reader, schema, of_buffer_text(&text), text.length, unwrapped);
}

static void make_all(void)
{
    if (readers[0].reader)
        return;
    make_own(&readers[0], &plain, false);
    make_own(&readers[1], &lonely, true);
    for (size_t i = 0; i < OF_COUNT(others); i++)
        make(&readers[2 + i], &plain, others[i], strlen(others[i]), false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    OF_CLEANUP(ksql_arena_release) struct ksql_arena arena = {.limit = MEMORY_MAX};
    OF_CLEANUP(of_buffer_release) struct of_buffer first, second;
    struct ksql_value row[COLUMNS_MAX];
    struct of_error error;
    bool null;
    of_buffer_init(&first, OUT_MAX);
    of_buffer_init(&second, OUT_MAX);
    make_all();
    if (!size)
        return 0;
    const struct reader *reader = &readers[data[0] % READERS];
    if (ksql_avro_read(reader->reader, data + 1, size - 1, &arena, row, &null, &error)) {
        PROMISE(error.class == OF_INPUT && error.message[0]);
        return 0;
    }
    bool own = reader < &readers[2];
    if (arena.full || null || !ksql_side_write(&reader->side, row, &first) || first.full || !own)
        return 0;
    PROMISE(ksql_avro_read(reader->reader, first.data, first.length, &arena, row, &null, &error) ==
                OF_OK ||
            arena.full);
    if (arena.full)
        return 0;
    PROMISE(!null && ksql_side_write(&reader->side, row, &second));
    PROMISE(first.length == second.length);
    PROMISE(memcmp(first.data, second.data, first.length) == 0);
    return 0;
}
