/* Expressions made of the input's bytes, on rows made of its other bytes: each is refused with a
 * message, or gives a value or none. The expressions are right more often than not, so that what
 * runs is the evaluator and the functions rather than the checks before them. */
#include "fuzz.h"

#include "base/buffer.h"
#include "ksqld/engine.h"
#include "ksqld/functions/functions.h"

#define TEXT_MAX 4096 /* bytes of an expression; more is cut and so refused */
#define DEPTH_MAX 4

static const char source[] =
    "CREATE STREAM s (k STRING KEY, i INT, b BIGINT, d DOUBLE, m DECIMAL(6, 2), n DECIMAL(38, 10), "
    "t STRING, f BOOLEAN, y BYTES, ts TIMESTAMP, da DATE, ti TIME, a ARRAY<INT>, aw ARRAY<STRING>, "
    "p MAP<STRING, BIGINT>, st STRUCT<x INT, z STRUCT<w STRING>>) WITH (KAFKA_TOPIC='s', "
    "VALUE_FORMAT='JSON', PARTITIONS=1);";

static struct ksql_engine *engine;

/* The input as a row of choices; when it has ended, all are the first. */
struct choices {
    const uint8_t *next, *end;
    struct of_buffer text;
};

static unsigned pick(struct choices *choices, unsigned count)
{
    return choices->next < choices->end ? *choices->next++ % count : 0;
}

static void put(struct choices *choices, const char *text)
{
    of_buffer_append_text(&choices->text, text);
}

#define PICK(choices, list) (list)[pick((choices), OF_COUNT(list))]

enum kind { NUMBER, TEXT, TRUTH, TIME, LIST, MAP, RECORD, BYTES, ANY };

static void make(struct choices *choices, enum kind kind, int depth);

static void make_leaf(struct choices *choices, enum kind kind)
{
    static const char *const numbers[] = {"i", "b", "d", "m", "n", "0", "1", "-1", "7",
        "2147483647", "-2147483648", "9223372036854775807", "1e308", "1.5", "0.001", "NULL",
        "ROWTIME", "12345678901234567890.5", "a[1]", "p['x']", "st->x"};
    static const char *const texts[] = {"t", "k", "''", "'a'", "'%'", "'[a-z]+('", "'yyyy-MM-dd'",
        "'{\"a\":[1,null]}'", "'2021-02-29'", "'UTC'", "'\xc3\x9f\xf0\x9f\x98\x80'", "aw[-1]",
        "st->z->w", "'http://u:p@h:1/p?q=%zz#f'", "NULL", "'1,2'", "'$.a[0]'",
        "FROM_BYTES(TO_BYTES('610062', 'hex'), 'utf8')"};
    static const char *const truths[] = {"f", "TRUE", "FALSE", "NULL", "t LIKE 'a%\\_'"};
    static const char *const times[] = {"ts", "da", "ti", "NULL", "'2024-02-29T23:59:59.999'"};
    static const char *const lists[] = {"a", "aw", "ARRAY[1, NULL]", "ARRAY['b', 'a']", "NULL"};
    static const char *const maps[] = {"p", "MAP('a' := 1)", "MAP('a' := 'x')", "NULL"};
    static const char *const records[] = {"st", "st->z", "STRUCT(q := 1)"};
    static const char *const bytes[] = {"y", "TO_BYTES('ff00', 'hex')", "NULL"};
    switch (kind) {
    case NUMBER:
        put(choices, PICK(choices, numbers));
        break;
    case TEXT:
        put(choices, PICK(choices, texts));
        break;
    case TRUTH:
        put(choices, PICK(choices, truths));
        break;
    case TIME:
        put(choices, PICK(choices, times));
        break;
    case LIST:
        put(choices, PICK(choices, lists));
        break;
    case MAP:
        put(choices, PICK(choices, maps));
        break;
    case RECORD:
        put(choices, PICK(choices, records));
        break;
    default:
        put(choices, PICK(choices, bytes));
        break;
    }
}

static void make_cast(struct choices *choices, int depth)
{
    static const char *const types[] = {"INT", "BIGINT", "DOUBLE", "DECIMAL(10, 3)",
        "DECIMAL(38, 38)", "STRING", "BOOLEAN", "TIMESTAMP", "DATE", "TIME", "ARRAY<STRING>",
        "ARRAY<DOUBLE>", "MAP<STRING, STRING>", "BYTES", "STRUCT<x STRING>"};
    put(choices, "CAST(");
    make(choices, ANY, depth);
    put(choices, " AS ");
    put(choices, PICK(choices, types));
    put(choices, ")");
}

static enum kind kind_of(const char *type)
{
    static const struct {
        const char *name;
        enum kind kind;
    } kinds[] = {{"INT", NUMBER}, {"BIGINT", NUMBER}, {"DOUBLE", NUMBER}, {"DECIMAL", NUMBER},
        {"VARCHAR", TEXT}, {"STRING", TEXT}, {"BOOLEAN", TRUTH}, {"TIMESTAMP", TIME},
        {"DATE", TIME}, {"TIME", TIME}, {"ARRAY", LIST}, {"MAP", MAP}, {"STRUCT", RECORD},
        {"BYTES", BYTES}};
    for (size_t i = 0; i < OF_COUNT(kinds); i++)
        if (strncmp(type, kinds[i].name, strlen(kinds[i].name)) == 0)
            return kinds[i].kind;
    return ANY;
}

/* One of its overloads, with arguments of the kinds that its signature names. */
static void make_call(struct choices *choices, int depth)
{
    char name[KSQL_FUNCTION_NAME_MAX];
    unsigned index = pick(choices, 256) << 8 | pick(choices, 256);
    const struct ksql_function *function = ksql_function_at(index % ksql_function_count());
    size_t overloads;
    ksql_function_name(function, name, sizeof(name));
    const struct ksql_function *first = ksql_function_find(name, &overloads);
    put(choices, name);
    put(choices, "(");
    const char *type = strchr(first[pick(choices, (unsigned)overloads)].signature, '(') + 1;
    int nested = 0;
    for (bool begins = true; *type && !(*type == ')' && !nested); type++) {
        if (begins && strncmp(type, "LAMBDA", 6) == 0)
            put(choices, PICK(choices, ((const char *[]){
                                           "x => x + 1", "(x, y) => x + y", "(x, y, z) => x"})));
        else if (begins)
            make(choices, pick(choices, 8) ? kind_of(type) : ANY, depth);
        nested += (*type == '<' || *type == '(') - (*type == '>' || *type == ')');
        begins = *type == ',' && !nested;
        if (begins)
            put(choices, ", ");
        while (begins && type[1] == ' ')
            type++;
    }
    put(choices, ")");
}

static void make_pair(
    struct choices *choices, enum kind kind, const char *operation, enum kind other, int depth)
{
    put(choices, "(");
    make(choices, kind, depth);
    put(choices, operation);
    make(choices, other, depth);
    put(choices, ")");
}

static void make_case(struct choices *choices, enum kind kind, int depth)
{
    put(choices, "CASE WHEN ");
    make(choices, TRUTH, depth);
    put(choices, " THEN ");
    make(choices, kind, depth);
    put(choices, " ELSE ");
    make(choices, kind, depth);
    put(choices, " END");
}

static void make_truth(struct choices *choices, int depth)
{
    static const char *const comparisons[] = {
        " = ", " <> ", " < ", " >= ", " IS DISTINCT FROM ", " IS NOT DISTINCT FROM "};
    static const enum kind kinds[] = {NUMBER, TEXT, TRUTH, TIME, LIST, MAP, RECORD, BYTES};
    enum kind kind = PICK(choices, kinds);
    switch (pick(choices, 7)) {
    case 0:
        make_pair(choices, kind, PICK(choices, comparisons), kind, depth);
        break;
    case 1:
        make_pair(choices, TRUTH, pick(choices, 2) ? " AND " : " OR ", TRUTH, depth);
        break;
    case 2:
        put(choices, "NOT ");
        make(choices, TRUTH, depth);
        break;
    case 3:
        make_pair(choices, TEXT, " LIKE ", TEXT, depth);
        break;
    case 4:
        make(choices, kind, depth);
        put(choices, pick(choices, 2) ? " IS NULL" : " IS NOT NULL");
        break;
    case 5:
        make(choices, kind, depth);
        put(choices, " IN ");
        make_pair(choices, kind, ", ", kind, DEPTH_MAX);
        break;
    default:
        make(choices, kind, depth);
        put(choices, " BETWEEN ");
        make(choices, kind, depth);
        put(choices, " AND ");
        make(choices, kind, depth);
        break;
    }
}

static void make_subscript(struct choices *choices, int depth)
{
    make(choices, LIST, depth);
    put(choices, "[");
    make(choices, NUMBER, depth);
    put(choices, "]");
}

static void make_compound(struct choices *choices, enum kind kind, int depth)
{
    static const char *const operations[] = {" + ", " - ", " * ", " / ", " % "};
    if (kind == TRUTH)
        make_truth(choices, depth);
    else if (kind == NUMBER)
        make_pair(choices, NUMBER, PICK(choices, operations), NUMBER, depth);
    else if (kind == TEXT)
        make_pair(choices, TEXT, " + ", pick(choices, 2) ? TEXT : ANY, depth);
    else if (kind == LIST)
        make_subscript(choices, depth);
    else
        make_case(choices, kind, depth);
}

static void make(struct choices *choices, enum kind kind, int depth)
{
    static const enum kind kinds[] = {NUMBER, TEXT, TRUTH, TIME, LIST, MAP, RECORD, BYTES};
    if (kind == ANY)
        kind = PICK(choices, kinds);
    unsigned what = depth >= DEPTH_MAX || choices->text.full ? 0 : pick(choices, 8);
    if (what < 3)
        make_leaf(choices, kind);
    else if (what == 3)
        make_cast(choices, depth + 1);
    else if (what == 4)
        make_case(choices, kind, depth + 1);
    else if (what == 5)
        make_compound(choices, kind, depth + 1);
    else
        make_call(choices, depth + 1);
}

/* ---- rows ---- */

static void make_row(struct choices *choices)
{
    static const char *const ints[] = {"null", "0", "-1", "7", "2147483647", "-2147483648"};
    static const char *const longs[] = {
        "null", "1", "-1", "9223372036854775807", "-9223372036854775808", "1700000000000"};
    static const char *const reals[] = {
        "null", "0.0", "-0.0", "2.5", "1e308", "-4.9e-324", "\"NaN\"", "\"Infinity\""};
    static const char *const decimals[] = {"null", "0", "-1.25", "9999.99", "0.01"};
    static const char *const texts[] = {"null", "\"\"", "\" 42 \"", "\"a\\u0000b\"", "\"\xc3\x9f\"",
        "\"\xf0\x9f\x98\x80\"", "\"2024-02-29\"", "\"{\\\"a\\\":1}\"", "\"http://x/?a=b\"",
        "\"1e5\"", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\""};
    static const char *const truths[] = {"null", "true", "false"};
    static const char *const bytes[] = {"null", "\"\"", "\"/wA=\"", "\"AAAAAAAAAAAA\""};
    static const char *const days[] = {"null", "0", "-719162", "19000", "2147483647"};
    static const char *const times[] = {"null", "0", "86399999", "45000000"};
    static const char *const lists[] = {"null", "[]", "[1]", "[null,3,-2147483648]"};
    static const char *const words[] = {"null", "[]", "[\"b\",null,\"a\"]", "[\"\"]"};
    static const char *const maps[] = {"null", "{}", "{\"x\":1,\"y\":null}"};
    static const char *const records[] = {"null", "{}", "{\"X\":1,\"Z\":{\"W\":\"w\"}}"};
    of_buffer_appendf(&choices->text, "{\"I\":%s,\"B\":%s,\"D\":%s,\"M\":%s,\"N\":%s,\"T\":%s,",
        PICK(choices, ints), PICK(choices, longs), PICK(choices, reals), PICK(choices, decimals),
        PICK(choices, decimals), PICK(choices, texts));
    of_buffer_appendf(&choices->text, "\"F\":%s,\"Y\":%s,\"TS\":%s,\"DA\":%s,\"TI\":%s,",
        PICK(choices, truths), PICK(choices, bytes), PICK(choices, longs), PICK(choices, days),
        PICK(choices, times));
    of_buffer_appendf(&choices->text, "\"A\":%s,\"AW\":%s,\"P\":%s,\"ST\":%s}",
        PICK(choices, lists), PICK(choices, words), PICK(choices, maps), PICK(choices, records));
}

/* ---- running ---- */

static int prepare(
    const char *text, size_t size, struct ksql_statement **statement, struct ksql_failure *failure)
{
    struct ksql_prepare_options options = {.replay = false};
    return ksql_engine_prepare(engine, text, size, &options, statement, failure);
}

static void make_engine(void)
{
    OF_CLEANUP(ksql_failure_release) struct ksql_failure failure = {0};
    OF_CLEANUP(of_cleanup_ksql_statement) struct ksql_statement *statement = NULL;
    struct of_error error;
    engine = ksql_engine_new(&(struct ksql_callbacks){0});
    if (prepare(source, sizeof(source) - 1, &statement, &failure) < 0)
        fprintf(stderr, "%s\n", failure.message);
    PROMISE(statement);
    PROMISE(ksql_engine_apply(engine, statement, 0, &error) == OF_OK);
}

static int emit(void *context, const struct ksql_record_out *record, struct of_error *error)
{
    (void)error;
    unsigned *sum = context;
    for (size_t i = 0; i < record->value_size; i++) /* a sanitizer sees what is not there */
        *sum += ((const uint8_t *)record->value)[i];
    return 0;
}

static void run(struct choices *choices, const struct ksql_statement *statement)
{
    OF_CLEANUP(of_cleanup_ksql_run) struct ksql_run *query = NULL;
    const struct ksql_run_callbacks callbacks = {.context = NULL};
    struct of_error error;
    unsigned sum = 0;
    PROMISE(ksql_run_new(statement->query, &callbacks, 0, 0, &query, &error) == OF_OK);
    of_buffer_clear(&choices->text);
    make_row(choices);
    const struct ksql_record_in record = {.timestamp = 1700000000000,
        .key = "key",
        .key_size = 3,
        .value = choices->text.data,
        .value_size = choices->text.length};
    for (int i = 0; i < 2; i++) { /* nothing is kept of the first */
        int result = ksql_run_process(query, &record, emit, &sum, &error);
        PROMISE(result == OF_OK || (result == OF_INPUT && error.message[0]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = {.next = data, .end = data + size};
    OF_CLEANUP(ksql_failure_release) struct ksql_failure failure = {0};
    OF_CLEANUP(of_cleanup_ksql_statement) struct ksql_statement *statement = NULL;
    if (!engine)
        make_engine();
    of_buffer_init(&choices.text, TEXT_MAX);
    put(&choices, "CREATE STREAM o AS SELECT k, ");
    make(&choices, ANY, 0);
    put(&choices, " AS x FROM s");
    if (pick(&choices, 4) == 0) {
        put(&choices, " WHERE ");
        make(&choices, TRUTH, 0);
    }
    put(&choices, ";");
    if (getenv("FUZZ_SHOW"))
        fprintf(stderr, "%s\n", of_buffer_text(&choices.text));
    int result = prepare(of_buffer_text(&choices.text), choices.text.length, &statement, &failure);
    if (result == OF_OK)
        run(&choices, statement);
    else
        PROMISE(result == OF_INPUT && failure.message && failure.message[0]);
    of_buffer_release(&choices.text);
    return 0;
}
