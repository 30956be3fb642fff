/* Expressions, one column at a time: type and value as ksqlDB computes them, NULL and overflow
 * included; and what is refused, with its message. */
#include "ksqld/engine.h"

#include "base/memory.h"
#include "ksqld/exec/decimal.h"
#include "ksqld/serde/avro_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char source[] =
    "CREATE STREAM s (k STRING KEY, i INT, j INT, b BIGINT, d DOUBLE, m DECIMAL(6, 2), t STRING, "
    "f BOOLEAN, n INT, ns STRING, nf BOOLEAN, a ARRAY<INT>, st STRUCT<x INT, y STRING, z "
    "STRUCT<w BIGINT>>, nst STRUCT<x INT>, ts TIMESTAMP, u STRING, na ARRAY<INT>) WITH "
    "(KAFKA_TOPIC='s', VALUE_FORMAT='AVRO');";

/* The row that all expressions see; n... are NULL. */
static void write_row(const struct ksql_schema *schema, struct of_buffer *out)
{
    static const struct ksql_value items[] = {{.number = 3}, {.null = true}};
    static const struct ksql_value inner[] = {{.number = 5000000000}};
    static const struct ksql_value fields[] = {
        {.number = 9}, {.text = {"why", 3}}, {.fields = inner}};
    static const uint8_t frame[] = {0, 0, 0, 0, 1};
    const struct ksql_value values[] = {{.null = true}, {.number = 7}, {.number = INT32_MAX},
        {.number = INT64_MIN}, {.real = 2.5}, {.decimal = -125}, {.text = {" 42 ", 4}},
        {.number = 1}, KSQL_VALUE_NULL, KSQL_VALUE_NULL, KSQL_VALUE_NULL, {.list = {items, 2}},
        {.fields = fields}, KSQL_VALUE_NULL, {.number = 1615712400123},
        {.text = {"stra\xc3\x9f"
                  "e \xef\xac\x81 \xf0\x9f\x98\x80",
             16}},
        KSQL_VALUE_NULL};
    of_buffer_append(out, frame, sizeof(frame));
    for (size_t i = 0; i < schema->count; i++) {
        if (!schema->columns[i].key)
            ksql_avro_write(schema->columns[i].type, &values[i], out);
    }
}

struct result {
    char text[256]; /* "NULL", or the value */
    size_t rows;
    char type[64];
};

static void show_value(const struct ksql_type *type, const uint8_t *bytes, size_t size, char *text)
{
    struct of_avro_reader in;
    of_avro_reader_init(&in, bytes, size);
    if (!of_avro_read_branch(&in, 2, "x")) {
        snprintf(text, 256, "NULL");
        return;
    }
    struct of_text view;
    switch (type->kind) {
    case KSQL_BOOLEAN:
        snprintf(text, 256, "%s", of_avro_read_boolean(&in, "x") ? "true" : "false");
        break;
    case KSQL_DOUBLE:
        snprintf(text, 256, "%g", of_avro_read_double(&in, "x"));
        break;
    case KSQL_DECIMAL: {
        char digits[KSQL_DECIMAL_TEXT_MAX];
        view = of_avro_read_bytes(&in, 16, "x");
        __int128 units = (int8_t)view.data[0] < 0 ? -1 : 0;
        for (size_t i = 0; i < view.length; i++)
            units = (__int128)((unsigned __int128)units << 8 | (uint8_t)view.data[i]);
        ksql_decimal_print(units, type->scale, digits);
        snprintf(text, 256, "%s", digits);
        break;
    }
    case KSQL_STRING:
        view = of_avro_read_string(&in, 200, "x");
        snprintf(text, 256, "'%.*s'", (int)view.length, view.data);
        break;
    default:
        snprintf(text, 256, "%lld", (long long)of_avro_read_long(&in, "x"));
        break;
    }
    assert_null(in.failure);
    assert_ptr_equal(in.next, in.end);
}

/* ---- running one expression ---- */

struct bench {
    struct ksql_engine *engine;
    char *schema; /* that the row is written with */
    struct of_buffer row;
};

static int value_schema(void *context, int32_t id, enum of_schema_type type, const char **text,
    size_t *size, struct of_error *error)
{
    (void)type;
    (void)id;
    (void)error;
    const struct bench *bench = context;
    *text = bench->schema;
    *size = strlen(bench->schema);
    return 0;
}

static int prepare(struct ksql_engine *engine, const char *text, struct ksql_statement **statement,
    struct ksql_failure *failure)
{
    struct ksql_prepare_options options = {0};
    return ksql_engine_prepare(engine, text, strlen(text), &options, statement, failure);
}

static void apply(struct ksql_engine *engine, const char *text, int64_t sequence)
{
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
    struct of_error error;
    if (prepare(engine, text, &statement, &failure))
        fail_msg("%s\n%s", text, failure.message);
    assert_int_equal(ksql_engine_apply(engine, statement, sequence, &error), 0);
}

static int setup(void **state)
{
    struct bench *bench = of_alloc(sizeof(*bench));
    bench->engine = ksql_engine_new(&(struct ksql_callbacks){0});
    of_buffer_init(&bench->row, 65536);
    apply(bench->engine, source, 0);
    apply(bench->engine, "CREATE STREAM copy AS SELECT * FROM s;", 2);
    bench->schema =
        of_strdup(ksql_engine_query_find(bench->engine, "CSAS_COPY_1")->sink_value_schema);
    write_row(&ksql_engine_source_find(bench->engine, "S")->schema, &bench->row);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    ksql_engine_free(bench->engine);
    of_buffer_release(&bench->row);
    free(bench->schema);
    free(bench);
    return 0;
}

struct sink {
    const struct ksql_type *type;
    struct result *result;
};

static int emit(void *context, const struct ksql_record_out *record, struct of_error *error)
{
    (void)error;
    struct sink *sink = context;
    sink->result->rows++;
    if (!sink->type)
        return 0; /* more columns than one */
    show_value(
        sink->type, (const uint8_t *)record->value + 5, record->value_size - 5, sink->result->text);
    return 0;
}

/* SELECT k, EXPRESSION AS x FROM s REST; yields the failures of expressions. */
static uint64_t run(
    struct bench *bench, const char *expression, const char *rest, struct result *result)
{
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
    struct ksql_run *query OF_CLEANUP(of_cleanup_ksql_run) = NULL;
    struct ksql_run_callbacks callbacks = {bench, value_schema};
    struct of_error error;
    struct of_buffer type OF_CLEANUP(of_buffer_release);
    char *text OF_FREE =
        of_asprintf("CREATE STREAM o AS SELECT k, %s AS x FROM s %s;", expression, rest);
    if (prepare(bench->engine, text, &statement, &failure))
        fail_msg("%s\n%s", text, failure.message);
    assert_int_equal(ksql_run_new(statement->query, &callbacks, 0, 1, &query, &error), 0);
    *result = (struct result){0};
    const struct ksql_schema *schema = &statement->source->schema;
    struct sink sink = {schema->count == 2 ? schema->columns[1].type : NULL, result};
    of_buffer_init(&type, sizeof(result->type));
    ksql_type_format(schema->columns[1].type, false, &type);
    snprintf(result->type, sizeof(result->type), "%s", of_buffer_text(&type));
    struct ksql_record_in in = {.timestamp = 5,
        .offset = 6,
        .partition = 7,
        .key = "key",
        .key_size = 3,
        .value = bench->row.data,
        .value_size = bench->row.length};
    if (ksql_run_process(query, &in, emit, &sink, &error))
        fail_msg("%s: %s", text, error.message);
    return ksql_run_expression_errors(query);
}

struct expected {
    const char *expression, *type, *value;
    unsigned errors;
};

static void check(struct bench *bench, const struct expected *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct result result;
        uint64_t errors = run(bench, cases[i].expression, "", &result);
        if (strcmp(result.type, cases[i].type) != 0 || strcmp(result.text, cases[i].value) != 0 ||
            errors != cases[i].errors)
            fail_msg("%s: %s %s with %u errors, expected %s %s with %u", cases[i].expression,
                result.type, result.text, (unsigned)errors, cases[i].type, cases[i].value,
                cases[i].errors);
        assert_int_equal(result.rows, 1);
    }
}

/* ---- cases ---- */

static void test_arithmetic(void **state)
{
    static const struct expected cases[] = {
        {"i + 1", "INTEGER", "8", 0},
        {"j + 1", "INTEGER", "-2147483648", 0}, /* Java's int wraps */
        {"j * j", "INTEGER", "1", 0},
        {"b - 1", "BIGINT", "9223372036854775807", 0},
        {"b / -1", "BIGINT", "-9223372036854775808", 0},
        {"b % -1", "BIGINT", "0", 0},
        {"i / 2", "INTEGER", "3", 0},
        {"-i % 4", "INTEGER", "-3", 0},
        {"i / 0", "INTEGER", "NULL", 1},
        {"i % 0", "INTEGER", "NULL", 1},
        {"i + b", "BIGINT", "-9223372036854775801", 0},
        {"i + d", "DOUBLE", "9.5", 0},
        {"d / 0", "DOUBLE", "inf", 0},
        {"i + n", "INTEGER", "NULL", 1},
        {"-n", "INTEGER", "NULL", 1},
        {"-m", "DECIMAL(6, 2)", "1.25", 0},
        {"+ +i", "INTEGER", "7", 0},
        {"m + i", "DECIMAL(13, 2)", "5.75", 0},
        {"m - 0.125", "DECIMAL(8, 3)", "-1.375", 0},
        {"m * i", "DECIMAL(17, 2)", "-8.75", 0},
        {"m * m", "DECIMAL(13, 4)", "1.5625", 0},
        {"m * b", "DECIMAL(26, 2)", "11529215046068469760.00", 0},
        {"m + d", "DOUBLE", "1.25", 0},
        {"0.005", "DECIMAL(4, 3)", "0.005", 0},
        {"12.50", "DECIMAL(4, 2)", "12.50", 0},
        {"1e2", "DOUBLE", "100", 0},
        {"2147483648", "BIGINT", "2147483648", 0},
        {"-2147483648", "INTEGER", "-2147483648", 0},
    };
    check(*state, cases, OF_COUNT(cases));
}

static void test_strings(void **state)
{
    static const struct expected cases[] = {
        {"t + '-' + 'x'", "STRING", "' 42 -x'", 0},
        {"t + ns", "STRING", "' 42 null'", 0}, /* Java joins NULL as the word */
        {"CONCAT(t, ns, 'x')", "STRING", "' 42 x'", 0},
        {"t || ns", "STRING", "' 42 '", 0},
        {"CONCAT(ns)", "STRING", "''", 0},
        {"TRIM(t)", "STRING", "'42'", 0},
        {"LEN(u)", "INTEGER", "11", 0}, /* the last character counts twice */
        {"LEN(ns)", "INTEGER", "NULL", 0},
        {"UCASE(u)", "STRING", "'STRASSE FI \xf0\x9f\x98\x80'", 0},
        {"UCASE('\xc3\xb1 \xc7\x86')", "STRING", "'\xc3\x91 \xc7\x84'", 0},
        {"UCASE(ns)", "STRING", "NULL", 0},
        {"COALESCE(ns, NULL, t)", "STRING", "' 42 '", 0},
        {"IFNULL(n, 3)", "INTEGER", "3", 0},
        {"AS_VALUE(k)", "STRING", "'key'", 0},
        {"ARRAY_LENGTH(a)", "INTEGER", "2", 0},
        {"ARRAY_LENGTH(na)", "INTEGER", "NULL", 0},
        {"'it''s'", "STRING", "'it's'", 0},
        {"''", "STRING", "''", 0},
    };
    check(*state, cases, OF_COUNT(cases));
}

static void test_logic(void **state)
{
    static const struct expected cases[] = {
        {"i = 7 AND t <> 'x'", "BOOLEAN", "true", 0},
        {"n = 7", "BOOLEAN", "false", 0},  /* a comparison with NULL is false, */
        {"n <> 7", "BOOLEAN", "false", 0}, /* whatever is compared */
        {"NOT (n = 7)", "BOOLEAN", "true", 0},
        {"NOT nf", "BOOLEAN", "NULL", 1},
        {"nf AND f", "BOOLEAN", "NULL", 1},
        {"(i = 8) AND nf", "BOOLEAN", "false", 0}, /* ends early */
        {"f OR nf", "BOOLEAN", "true", 0},
        {"(i = 8) OR nf", "BOOLEAN", "NULL", 1},
        {"n IS NULL", "BOOLEAN", "true", 0},
        {"i + n IS NULL", "BOOLEAN", "NULL", 1},
        {"CAST(i / 0 AS STRING) IS NULL", "BOOLEAN", "true", 1}, /* a CAST catches */
        {"st IS NOT NULL", "BOOLEAN", "true", 0},
        {"m < -1", "BOOLEAN", "true", 0},
        {"m = -1.250", "BOOLEAN", "true", 0},
        {"b < 1.5", "BOOLEAN", "true", 0},
        {"i < d", "BOOLEAN", "false", 0},
        {"'a' < 'b'", "BOOLEAN", "true", 0},
        {"'\xf0\x9f\x98\x80' < '\xef\xbf\xbd'", "BOOLEAN", "true", 0}, /* by UTF-16 units */
        {"'a' < 'aa'", "BOOLEAN", "true", 0},
        {"f = true", "BOOLEAN", "true", 0},
        {"ts >= ts", "BOOLEAN", "true", 0},
        {"CASE WHEN n = 1 THEN 'a' WHEN i = 7 THEN 'b' ELSE 'c' END", "STRING", "'b'", 0},
        {"CASE WHEN i = 8 THEN i END", "INTEGER", "NULL", 0},
        {"CASE WHEN i = 7 THEN NULL ELSE b END", "BIGINT", "NULL", 0},
        {"CASE WHEN nf THEN 1 ELSE 2 END", "INTEGER", "NULL", 1},
        {"CASE WHEN i = 7 THEN i ELSE i / 0 END", "INTEGER", "7", 0},
    };
    check(*state, cases, OF_COUNT(cases));
}

static void test_casts(void **state)
{
    static const struct expected cases[] = {
        {"CAST(i AS STRING)", "STRING", "'7'", 0},
        {"CAST(m AS STRING)", "STRING", "'-1.25'", 0},
        {"CAST(f AS STRING)", "STRING", "'true'", 0},
        {"CAST(n AS STRING)", "STRING", "NULL", 0},
        {"CAST(NULL AS BIGINT)", "BIGINT", "NULL", 0},
        {"CAST(b AS INT)", "INTEGER", "0", 0}, /* the low 32 bits */
        {"CAST(t AS INT)", "INTEGER", "42", 0},
        {"CAST('2147483648' AS INT)", "INTEGER", "NULL", 1},
        {"CAST('-9223372036854775808' AS BIGINT)", "BIGINT", "-9223372036854775808", 0},
        {"CAST('9223372036854775808' AS BIGINT)", "BIGINT", "NULL", 1},
        {"CAST('+5' AS INT)", "INTEGER", "5", 0},
        {"CAST('' AS INT)", "INTEGER", "NULL", 1},
        {"CAST('-' AS INT)", "INTEGER", "NULL", 1},
        {"CAST('1.0' AS INT)", "INTEGER", "NULL", 1},
        {"CAST(m AS INT)", "INTEGER", "-1", 0},
        {"CAST(m AS DOUBLE)", "DOUBLE", "-1.25", 0},
        {"CAST(m AS DECIMAL(3, 1))", "DECIMAL(3, 1)", "-1.3", 0}, /* half up */
        {"CAST(1.249 AS DECIMAL(3, 1))", "DECIMAL(3, 1)", "1.2", 0},
        {"CAST(i AS DECIMAL(3, 2))", "DECIMAL(3, 2)", "7.00", 0},
        {"CAST(j AS DECIMAL(3, 2))", "DECIMAL(3, 2)", "NULL", 1},
        {"CAST(d AS BIGINT)", "BIGINT", "2", 0},
        {"CAST(1e20 AS BIGINT)", "BIGINT", "9223372036854775807", 0},
        {"CAST(-1e20 AS INT)", "INTEGER", "-2147483648", 0},
    };
    check(*state, cases, OF_COUNT(cases));
}

static void test_columns(void **state)
{
    static const struct expected cases[] = {
        {"st->y", "STRING", "'why'", 0},
        {"st->z->w", "BIGINT", "5000000000", 0},
        {"nst->x", "INTEGER", "NULL", 0},
        {"s.i", "INTEGER", "7", 0},
        {"ts", "TIMESTAMP", "1615712400123", 0},
        {"ROWTIME + 0", "BIGINT", "5", 0},
        {"ROWOFFSET + 0", "BIGINT", "6", 0},
        {"ROWPARTITION + 0", "INTEGER", "7", 0},
    };
    check(*state, cases, OF_COUNT(cases));
}

static void test_where(void **state)
{
    static const struct {
        const char *rest;
        size_t rows;
        unsigned errors;
    } cases[] = {
        {"WHERE i = 7", 1, 0},
        {"WHERE i = 8", 0, 0},
        {"WHERE n = 7", 0, 0},
        {"WHERE nf", 0, 0},
        {"WHERE i / 0 = 1", 0, 1},
        {"WHERE f AND st->z->w > 1", 1, 0},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct result result;
        assert_int_equal(run(*state, "i", cases[i].rest, &result), cases[i].errors);
        assert_int_equal(result.rows, cases[i].rows);
    }
}

/* Several EXPLODEs go side by side; NULL arrays and arrays without items give no row. */
static void test_explode(void **state)
{
    struct result result;
    assert_int_equal(run(*state, "EXPLODE(a)", "", &result), 0);
    assert_int_equal(result.rows, 2);
    assert_string_equal(result.text, "NULL"); /* the second item */
    assert_int_equal(run(*state, "EXPLODE(na)", "", &result), 0);
    assert_int_equal(result.rows, 0);
    assert_int_equal(run(*state, "i AS y, EXPLODE(na) AS p, EXPLODE(a)", "", &result), 0);
    assert_int_equal(result.rows, 2);
}

static void test_refused(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *expression, *message;
    } cases[] = {
        {"t + i", "Error processing expression: (T + I). Unsupported arithmetic types. STRING "
                  "INTEGER\nStatement: (T + I)"},
        {"i + NULL",
            "Error processing expression: (I + null). Arithmetic on types INTEGER and null "
            "are not supported.\nStatement: (I + null)"},
        {"i = 'x'", "Cannot compare I (INTEGER) to 'x' (STRING) with EQUAL.\nStatement: (I = 'x')"},
        {"i = NULL", "Comparison with NULL not supported: INTEGER = NULL\nUse 'IS NULL' or 'IS NOT "
                     "NULL' instead."},
        {"NULL", "Can't infer a type of null. Please explicitly cast it to a required type, e.g. "
                 "CAST(null AS VARCHAR)."},
        {"st->nope", "Could not find field 'NOPE' in 'ST'."},
        {"i->x", "Expected STRUCT type, got: INTEGER"},
        {"CAST(f AS INT)",
            "Invalid Select: Cast of BOOLEAN to INTEGER is not supported. expression:CAST(F AS "
            "INTEGER)"},
        {"CASE WHEN f THEN i ELSE t END",
            "Invalid Case expression. Type for the default clause should be the same as for 'THEN' "
            "clauses.\nTHEN type: INTEGER.\nDEFAULT type: STRING."},
        {"CASE WHEN f THEN NULL END", "Invalid Case expression. All case branches have NULL type"},
        {"UCASE(i)", "Function 'ucase' does not accept parameters (INTEGER).\nValid alternatives "
                     "are:\nucase(VARCHAR input)\nFor detailed information on a function run: "
                     "DESCRIBE FUNCTION <Function-Name>;"},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
        struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
        char *text OF_FREE =
            of_asprintf("CREATE STREAM o AS SELECT k, %s AS x FROM s;", cases[i].expression);
        char *message OF_FREE = of_asprintf(
            "Could not determine output schema for query due to error: %s", cases[i].message);
        assert_int_equal(prepare(bench->engine, text, &statement, &failure), OF_INPUT);
        assert_string_equal(failure.message, message);
        assert_false(failure.not_supported);
    }
}

static void test_predicates(void **state)
{
    static const struct expected cases[] = {
        {"i BETWEEN 7 AND 8", "BOOLEAN", "true", 0},
        {"i BETWEEN 8 AND 7", "BOOLEAN", "false", 0},
        {"n BETWEEN 1 AND 2", "BOOLEAN", "false", 0},
        {"NOT (n BETWEEN 1 AND 2)", "BOOLEAN", "true", 0},
        {"ts BETWEEN '2021-03-14' AND '2021-03-14T09:01'", "BOOLEAN", "true", 0},
        {"ts > 'yesterday'", "BOOLEAN", "NULL", 1},
        {"ROWTIME < '1970-01-01T00:00:00.006'", "BOOLEAN", "true", 0},
        {"i IN (1, '7', NULL)", "BOOLEAN", "true", 0},
        {"i IN (1, 7.0)", "BOOLEAN", "true", 0},
        {"n IN (1)", "BOOLEAN", "false", 0},
        {"a IN (ARRAY[3, NULL])", "BOOLEAN", "true", 0},
        {"STRUCT(x := i) IN (STRUCT(x := '7'))", "BOOLEAN", "true", 0},
        {"t LIKE '%4_ '", "BOOLEAN", "true", 0},
        {"t LIKE '%4!_ ' ESCAPE '!'", "BOOLEAN", "false", 0},
        {"'a%b' LIKE 'a!%b' ESCAPE '!'", "BOOLEAN", "true", 0},
        {"t LIKE '!' ESCAPE '!'", "BOOLEAN", "NULL", 1},
        {"ns LIKE 'x'", "BOOLEAN", "NULL", 1},
        {"u LIKE 'stra_e _ _'", "BOOLEAN", "true", 0}, /* one character, two units */
        {"'a\nb' LIKE 'a%b'", "BOOLEAN", "false", 0},  /* Java's dot ends with the line */
        {"n IS DISTINCT FROM i", "BOOLEAN", "true", 0},
        {"n IS DISTINCT FROM n", "BOOLEAN", "false", 0},
        {"n IS NOT DISTINCT FROM n", "BOOLEAN", "true", 0},
        {"i IS DISTINCT FROM 7", "BOOLEAN", "false", 0},
        {"a = ARRAY[3, NULL]", "BOOLEAN", "true", 0},
        {"a <> ARRAY[3]", "BOOLEAN", "true", 0},
        {"d = CAST(2.50 AS DECIMAL(4, 2))", "BOOLEAN", "true", 0},
        {"m < d", "BOOLEAN", "true", 0},
    };
    check(*state, cases, OF_COUNT(cases));
}

static void test_collections(void **state)
{
    static const struct expected cases[] = {
        {"a[1]", "INTEGER", "3", 0},
        {"a[-2]", "INTEGER", "3", 0},
        {"a[2]", "INTEGER", "NULL", 0},
        {"a[0]", "INTEGER", "NULL", 0},
        {"a[3]", "INTEGER", "NULL", 0},
        {"na[1]", "INTEGER", "NULL", 0},
        {"a[n]", "INTEGER", "NULL", 1},
        {"ARRAY[i, b][2]", "BIGINT", "-9223372036854775808", 0},
        {"ARRAY[1.5, 2][2]", "DECIMAL(11, 1)", "2.0", 0},
        {"ARRAY[n + 1, 5][2]", "INTEGER", "5", 1},
        {"MAP('x' := 1, 'y' := i)['y']", "INTEGER", "7", 0},
        {"MAP('x' := 1)['z']", "INTEGER", "NULL", 0},
        {"MAP(t := 1, ' 42 ' := 2)[' 42 ']", "INTEGER", "2", 0},
        {"STRUCT(x := i, y := t)->x", "INTEGER", "7", 0},
        {"CAST(a AS STRING)", "STRING", "'[3, null]'", 0},
        {"CAST(st AS STRING)", "STRING", "'Struct{X=9,Y=why,Z=Struct{W=5000000000}}'", 0},
        {"CAST(MAP('a' := 1, 'b' := 2) AS STRING)", "STRING", "'{a=1, b=2}'", 0},
        {"CAST(a AS ARRAY<STRING>)[1]", "STRING", "'3'", 0},
        {"CAST(STRUCT(a := 1, b := 2) AS STRUCT<b STRING, c INT>)->b", "STRING", "'2'", 0},
    };
    check(*state, cases, OF_COUNT(cases));
}

static void test_casts_of_text(void **state)
{
    static const struct expected cases[] = {
        {"CAST(d AS STRING)", "STRING", "'2.5'", 0},
        {"CAST(1E10 AS STRING)", "STRING", "'1.0E10'", 0},
        {"CAST(' Ye' AS BOOLEAN)", "BOOLEAN", "true", 0},
        {"CAST('yesterday' AS BOOLEAN)", "BOOLEAN", "false", 0},
        {"CAST(t AS DOUBLE)", "DOUBLE", "42", 0},
        {"CAST('NaN' AS DOUBLE)", "DOUBLE", "NULL", 1},
        {"CAST('0x1p3' AS DOUBLE)", "DOUBLE", "8", 0},
        {"CAST('0x10' AS DOUBLE)", "DOUBLE", "NULL", 1},
        {"CAST('12.345' AS DECIMAL(4, 2))", "DECIMAL(4, 2)", "12.35", 0},
        {"CAST('1e2' AS DECIMAL(5, 2))", "DECIMAL(5, 2)", "100.00", 0},
        {"CAST('123' AS DECIMAL(4, 2))", "DECIMAL(4, 2)", "NULL", 1},
        {"CAST(CAST('2020-02' AS DATE) AS STRING)", "STRING", "'2020-02-01'", 0},
        {"CAST('2021-02-30' AS DATE)", "DATE", "NULL", 1},
        {"CAST(CAST('2021-02-30' AS TIMESTAMP) AS STRING)", "STRING", "'2021-02-28T00:00:00.000'",
            0},
        {"CAST(CAST('2020-05-26T23:59:58+0200' AS TIMESTAMP) AS STRING)", "STRING",
            "'2020-05-26T21:59:58.000'", 0},
        {"CAST(CAST('23:59:58.5' AS TIME) AS STRING)", "STRING", "'23:59:58'", 0},
        {"CAST(CAST('23:59' AS TIME) AS STRING)", "STRING", "'23:59'", 0},
        {"CAST(CAST(ts AS DATE) AS STRING)", "STRING", "'2021-03-14'", 0},
        {"CAST(CAST(ts AS TIME) AS STRING)", "STRING", "'09:00'", 0},
        {"CAST(d AS DECIMAL(3, 0))", "DECIMAL(3, 0)", "3", 0},
        {"CAST(0.1E0 AS DECIMAL(20, 18))", "DECIMAL(20, 18)", "0.100000000000000006", 0},
        {"m / CAST(2.5 AS DECIMAL(2, 1))", "DECIMAL(11, 6)", "-0.500000", 0},
        {"m / 3", "DECIMAL(17, 13)", "NULL", 1}, /* not exact: ksqlDB fails */
        {"m / 0", "DECIMAL(17, 13)", "NULL", 1},
        {"m % CAST(1 AS DECIMAL(2, 0))", "DECIMAL(4, 2)", "-0.25", 0},
        {"m % 0", "DECIMAL(6, 2)", "NULL", 1},
    };
    check(*state, cases, OF_COUNT(cases));
}

static void test_not_supported(void **state)
{
    struct bench *bench = *state;
    static const char *const cases[] = {"CASE i WHEN 7 THEN 1 END", "a[b]", "i IN (NULL)",
        "STRUCT(x := NULL)", "CAST(ARRAY[ts] AS STRING)", "CAST(1.5 AS DECIMAL(38, 20)) * m"};
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
        struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
        char *text OF_FREE = of_asprintf("CREATE STREAM o AS SELECT k, %s AS x FROM s;", cases[i]);
        assert_int_equal(prepare(bench->engine, text, &statement, &failure), OF_INPUT);
        if (!failure.not_supported || !strstr(failure.message, "is not supported by this runner"))
            fail_msg("%s: %s", cases[i], failure.message);
        assert_int_equal(failure.line, 1);
        assert_true(failure.column >= 30);
    }
}

static void test_decimals(void **state)
{
    (void)state;
    char text[KSQL_DECIMAL_TEXT_MAX];
    __int128 most = 1, result;
    for (int i = 0; i < 38; i++)
        most *= 10;
    ksql_decimal_print(1 - most, 38, text);
    assert_string_equal(text, "-0.99999999999999999999999999999999999999");
    ksql_decimal_print(0, 2, text);
    assert_string_equal(text, "0.00");
    ksql_decimal_print(-5, 0, text);
    assert_string_equal(text, "-5");
    assert_true(ksql_decimal_fits(most - 1, 38));
    assert_false(ksql_decimal_fits(most, 38));
    assert_false(ksql_decimal_rescale(most, 0, 1, &result));
    assert_true(ksql_decimal_rescale(-15, 1, 0, &result));
    assert_true(result == -2);
    assert_true(ksql_decimal_rescale(-14, 1, 0, &result));
    assert_true(result == -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_logic),
        cmocka_unit_test(test_casts),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_where),
        cmocka_unit_test(test_explode),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_predicates),
        cmocka_unit_test(test_collections),
        cmocka_unit_test(test_casts_of_text),
        cmocka_unit_test(test_not_supported),
        cmocka_unit_test(test_decimals),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
