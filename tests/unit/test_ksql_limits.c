/* The limits of the language one past, where no other test is: each says no, and what it is about.
 */
#include "ksqld/engine.h"

#include "base/memory.h"
#include "ksqld/exec/decimal.h"
#include "ksqld/functions/aggregate.h"
#include "ksqld/functions/pattern.h"
#include "ksqld/functions/time_format.h"
#include "ksqld/lang/ast.h"
#include "ksqld/plan/expression.h"
#include "ksqld/serde/avro_reader.h"
#include "ksqld/serde/avro_skip.h"
#include "ksqld/serde/number.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TEXT_MAX KSQL_STATEMENT_MAX
#define ENGINE OF_CLEANUP(of_cleanup_ksql_engine) struct ksql_engine *

static const char source[] =
    "CREATE STREAM s (k INT KEY, i INT, t STRING, a ARRAY<INT>) WITH (KAFKA_TOPIC='s', "
    "VALUE_FORMAT='JSON');";

static struct ksql_engine *new_engine(void)
{
    return ksql_engine_new(&(struct ksql_callbacks){.keeps_state = true});
}

/* NULL: it is fine, and applied; else what is wrong, to be freed. */
static char *execute(struct ksql_engine *engine, const char *text, int64_t sequence)
{
    OF_CLEANUP(ksql_failure_release) struct ksql_failure failure = {0};
    OF_CLEANUP(of_cleanup_ksql_statement) struct ksql_statement *statement = NULL;
    const struct ksql_prepare_options options = {.replay = false};
    struct of_error error;
    if (ksql_engine_prepare(engine, text, strlen(text), &options, &statement, &failure) < 0)
        return of_strdup(failure.message);
    assert_int_equal(ksql_engine_apply(engine, statement, sequence, &error), 0);
    return NULL;
}

static void expect(struct ksql_engine *engine, const char *text, int64_t sequence, const char *part)
{
    OF_FREE char *message = execute(engine, text, sequence);
    if (part ? !message || !strstr(message, part) : message != NULL)
        fail_msg("%.200s...: %s", text, message ? message : "(fine)");
}

/* SELECT k, EXPRESSION AS x, where `count` decides about the expression. */
typedef void build_expression(struct of_buffer *out, unsigned count);

static void expect_count(
    build_expression *build, unsigned count, const char *rest, const char *part)
{
    ENGINE engine = new_engine();
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    of_buffer_init(&text, TEXT_MAX);
    expect(engine, source, 0, NULL);
    of_buffer_appendf(&text, "CREATE %s o AS SELECT k, ", *rest ? "TABLE" : "STREAM");
    build(&text, count);
    of_buffer_appendf(&text, " AS x FROM s %s;", rest);
    expect(engine, of_buffer_text(&text), 2, part);
}

static void build_lambdas(struct of_buffer *out, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        of_buffer_appendf(out, "REDUCE(a, i, (v%u, w%u) => ", i, i);
    of_buffer_append_text(out, "1");
    for (unsigned i = 0; i < count; i++)
        of_buffer_append_text(out, ")");
}

static void lambdas_have_so_many_variables(void **state)
{
    (void)state;
    expect_count(build_lambdas, KSQL_VARIABLES_MAX / 2, "", NULL);
    expect_count(build_lambdas, KSQL_VARIABLES_MAX / 2 + 1, "", "more than 64 variables");
}

static void build_time_format(struct of_buffer *out, unsigned count)
{
    of_buffer_append_text(out, "STRINGTOTIMESTAMP(t, 'yyyy");
    for (unsigned i = 1; i < count; i++)
        of_buffer_append_text(out, i % 2 ? "/" : "M");
    of_buffer_append_text(out, "')");
}

static void time_formats_have_so_many_parts(void **state)
{
    (void)state;
    expect_count(build_time_format, KSQL_FORMAT_PARTS_MAX, "", NULL);
    expect_count(build_time_format, KSQL_FORMAT_PARTS_MAX + 1, "", "so many parts");
}

static void build_pattern(struct of_buffer *out, unsigned count)
{
    of_buffer_append_text(out, "REGEXP_EXTRACT('");
    for (unsigned i = 0; i < count; i++)
        of_buffer_append_text(out, "(a)");
    of_buffer_append_text(out, "', t)");
}

static void patterns_have_so_many_groups(void **state)
{
    (void)state;
    expect_count(build_pattern, KSQL_PATTERN_GROUPS_MAX, "", NULL);
    expect_count(build_pattern, KSQL_PATTERN_GROUPS_MAX + 1, "", "so many groups");
}

static void build_aggregate(struct of_buffer *out, unsigned count)
{
    of_buffer_append_text(out, "TOPK(");
    for (unsigned i = 1; i < count; i++)
        of_buffer_append_text(out, "i, ");
    of_buffer_append_text(out, "3)");
}

static void aggregates_have_so_many_arguments(void **state)
{
    (void)state;
    expect_count(build_aggregate, KSQL_AGGREGATE_ARGUMENTS_MAX, "GROUP BY k", NULL);
    expect_count(
        build_aggregate, KSQL_AGGREGATE_ARGUMENTS_MAX + 1, "GROUP BY k", "more than 64 arguments");
}

static void build_count(struct of_buffer *out, unsigned count)
{
    (void)count;
    of_buffer_append_text(out, "COUNT(*)");
}

static void so_many_windows_are_over_a_moment(void **state)
{
    (void)state;
    static const char form[] =
        "WINDOW HOPPING (SIZE %d MILLISECONDS, ADVANCE BY 1 MILLISECONDS) GROUP BY k";
    OF_FREE char *most = of_asprintf(form, KSQL_WINDOW_OVERLAP_MAX);
    OF_FREE char *more = of_asprintf(form, KSQL_WINDOW_OVERLAP_MAX + 1);
    expect_count(build_count, 0, most, NULL);
    expect_count(build_count, 0, more, "More than 10000 windows");
}

static void a_select_joins_so_many_sources(void **state)
{
    (void)state;
    for (unsigned count = KSQL_QUERY_SOURCES_MAX; count <= KSQL_QUERY_SOURCES_MAX + 1; count++) {
        ENGINE engine = new_engine();
        OF_CLEANUP(of_buffer_release) struct of_buffer text;
        of_buffer_init(&text, TEXT_MAX);
        of_buffer_append_text(&text, "CREATE TABLE o AS SELECT t0.k, t0.v FROM t0");
        for (unsigned i = 0; i < count; i++) {
            OF_FREE char *table = of_asprintf("CREATE TABLE t%u (k INT PRIMARY KEY, v INT) WITH "
                                              "(KAFKA_TOPIC='t%u', VALUE_FORMAT='JSON');",
                i, i);
            expect(engine, table, 2 * (int64_t)i, NULL);
            if (i)
                of_buffer_appendf(&text, " JOIN t%u ON t0.k = t%u.k", i, i);
        }
        of_buffer_append_text(&text, ";");
        expect(engine, of_buffer_text(&text), 1000,
            count <= KSQL_QUERY_SOURCES_MAX ? NULL : "more than 16 sources");
    }
}

static void there_are_so_many_sources(void **state)
{
    (void)state;
    ENGINE engine = new_engine();
    for (unsigned i = 0; i <= KSQL_SOURCES_MAX; i++) {
        OF_FREE char *text = of_asprintf(
            "CREATE STREAM s%u (v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');", i);
        expect(engine, text, i, i < KSQL_SOURCES_MAX ? NULL : "more than 4096 streams and tables");
    }
    /* One that takes the place of another is none more. */
    expect(engine,
        "CREATE OR REPLACE STREAM s0 (v INT, w INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');",
        9000, NULL);
}

static void there_are_so_many_queries(void **state)
{
    (void)state;
    ENGINE engine = new_engine();
    expect(engine, source, 0, NULL);
    expect(engine, "CREATE STREAM o AS SELECT * FROM s;", 2, NULL);
    for (unsigned i = 1; i <= KSQL_QUERIES_MAX; i++)
        expect(engine, "INSERT INTO o SELECT * FROM s;", 2 + 2 * (int64_t)i,
            i < KSQL_QUERIES_MAX ? NULL : "more than 4096 queries");
}

static void numbers_have_so_many_digits(void **state)
{
    (void)state;
    char digits[KSQL_NUMBER_TEXT_MAX + 1];
    double value = 0;
    memset(digits, '1', sizeof(digits));
    assert_true(ksql_number_double((struct of_text){digits, KSQL_NUMBER_TEXT_MAX - 1}, &value));
    assert_false(ksql_number_double((struct of_text){digits, KSQL_NUMBER_TEXT_MAX}, &value));
}

/* ---- Avro ---- */

static int read_avro(const char *writer, const uint8_t *bytes, size_t size, struct of_error *error)
{
    static const struct ksql_type string = {.kind = KSQL_STRING};
    static struct ksql_column columns[] = {{"T", &string, false, false, NULL}};
    static const struct ksql_schema schema = {columns, 1, false};
    OF_CLEANUP(ksql_arena_release) struct ksql_arena arena = {.chunk = NULL};
    struct of_avro_schema *parsed = NULL;
    struct ksql_avro_reader *reader = NULL;
    struct ksql_side side;
    struct ksql_value row[1];
    bool null;
    ksql_side_init(&side, "AVRO", &schema, false, false);
    assert_int_equal(of_avro_schema_parse(writer, strlen(writer), &parsed, error), 0);
    assert_int_equal(ksql_avro_reader_new(&arena, parsed, &side, NULL, &reader, error), 0);
    int result = ksql_avro_read(reader, bytes, size, &arena, row, &null, error);
    of_avro_schema_free(parsed);
    return result;
}

static void skipped_records_are_so_deep(void **state)
{
    (void)state;
    static const char writer[] =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"n\",\"type\":[\"null\",{"
        "\"type\":\"record\",\"name\":\"N\",\"fields\":[{\"name\":\"n\",\"type\":[\"null\",\"N\"]}]"
        "}]}]}";
    uint8_t bytes[2 * KSQL_SKIP_DEPTH_MAX] = {0};
    struct of_error error;
    size_t deepest = 0;
    for (size_t depth = 1; depth < sizeof(bytes); depth++) {
        memset(bytes, 2, depth);
        bytes[depth] = 0;
        if (read_avro(writer, bytes, depth + 1, &error) == OF_OK)
            deepest = depth;
        else
            assert_non_null(strstr(error.message, "nested too deeply"));
    }
    assert_in_range(deepest, KSQL_SKIP_DEPTH_MAX / 2 - 1, KSQL_SKIP_DEPTH_MAX);
}

static void texts_of_avro_are_so_long(void **state)
{
    (void)state;
    static const char writer[] =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"T\",\"type\":\"string\"}]}";
    OF_FREE uint8_t *bytes = of_alloc(KSQL_TEXT_VALUE_MAX + 16);
    struct of_error error;
    for (int64_t more = 0; more < 2; more++) {
        int64_t length = KSQL_TEXT_VALUE_MAX + more;
        uint8_t *next = of_avro_write_long(bytes, length);
        int result = read_avro(writer, bytes, (size_t)(next - bytes) + (size_t)length, &error);
        assert_int_equal(result, more ? OF_INPUT : OF_OK);
    }
}

/* What is wrong takes more words than anybody reads. */
static void messages_have_a_length(void **state)
{
    (void)state;
    static const char text[] = "line 1:1: Syntax Error\nSyntax error at or near '' at line 1:1";
    for (size_t over = 0; over < 2; over++) {
        ENGINE engine = new_engine();
        size_t length = KSQL_PROBLEM_MAX - strlen(text) + over;
        char *word OF_FREE = of_alloc(length + 2);
        memset(word, 'x', length);
        word[length] = ';';
        OF_FREE char *message = execute(engine, word, 0);
        assert_int_equal(strncmp(message, text, 40) == 0, !over);
        assert_int_equal(
            strcmp(message, "The statement is wrong, in more words than fit here.") == 0, over);
    }
}

static void exponents_have_a_limit(void **state)
{
    (void)state;
    static const int limit = KSQL_DECIMAL_EXPONENT_MAX;
    for (int over = 0; over < 2; over++) {
        char text[32];
        __int128 units = 1;
        snprintf(text, sizeof(text), "0e%d", limit + over);
        assert_int_equal(
            ksql_decimal_read((struct of_text){text, strlen(text)}, 4, 2, &units), !over);
        snprintf(text, sizeof(text), "1e-%d", limit + over);
        assert_int_equal(
            ksql_decimal_read((struct of_text){text, strlen(text)}, 4, 2, &units), !over);
        char *digits OF_FREE = of_alloc((size_t)limit + 2);
        memset(digits, '0', (size_t)limit + 1);
        const struct of_text zeros = {digits, (size_t)(limit + over)};
        assert_int_equal(ksql_decimal_read(zeros, 4, 2, &units), !over);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_have_a_length),
        cmocka_unit_test(exponents_have_a_limit),
        cmocka_unit_test(lambdas_have_so_many_variables),
        cmocka_unit_test(time_formats_have_so_many_parts),
        cmocka_unit_test(patterns_have_so_many_groups),
        cmocka_unit_test(aggregates_have_so_many_arguments),
        cmocka_unit_test(so_many_windows_are_over_a_moment),
        cmocka_unit_test(a_select_joins_so_many_sources),
        cmocka_unit_test(there_are_so_many_sources),
        cmocka_unit_test(there_are_so_many_queries),
        cmocka_unit_test(numbers_have_so_many_digits),
        cmocka_unit_test(skipped_records_are_so_deep),
        cmocka_unit_test(texts_of_avro_are_so_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
