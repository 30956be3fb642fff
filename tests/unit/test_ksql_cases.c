/* The runner of cases itself: what it must call wrong, what refused, and ours, which all pass and
 * leave out no function. */
#include "support.h"

#include "ksqld/cases/cases.h"
#include "ksqld/cases/compare.h"
#include "ksqld/cases/file.h"
#include "ksqld/cases/world.h"
#include "ksqld/functions/aggregate.h"
#include "ksqld/functions/functions.h"

#include <ctype.h>
#include <glob.h>
#include <unistd.h>

struct outcome {
    char *text;
    struct ksql_case_sum sum;
    int status;
    struct of_error error;
};

static void outcome_release(struct outcome *outcome)
{
    free(outcome->text);
}

static struct outcome run_path(const char *path)
{
    struct outcome outcome = {0};
    size_t size;
    FILE *out = open_memstream(&outcome.text, &size);
    outcome.status = ksql_cases_run(path, true, out, &outcome.sum, &outcome.error);
    fclose(out);
    return outcome;
}

static struct outcome run_text(const char *text)
{
    struct temporary file OF_CLEANUP(temporary_remove);
    temporary_make(&file, text, strlen(text));
    return run_path(file.path);
}

#define STREAM                                                                                     \
    "\"CREATE STREAM S (K STRING KEY, A INT, B STRING) WITH (KAFKA_TOPIC='s', "                    \
    "VALUE_FORMAT='{FORMAT}');\","
#define CASE(members) "{\"tests\": [{\"name\": \"x\", " members "}]}"
#define COPY(expected)                                                                             \
    CASE("\"format\": [\"JSON\", \"AVRO\", \"DELIMITED\"], \"statements\": [" STREAM               \
         "\"CREATE STREAM T AS SELECT * FROM S;\"], \"inputs\": [{\"topic\": \"s\", \"key\": "     \
         "\"k\", \"timestamp\": 7, \"value\": {\"A\": 1, \"B\": \"x\"}}], \"outputs\": "           \
         "[" expected "]")

static void assert_sum(const struct outcome *outcome, size_t passed, size_t refused, size_t wrong)
{
    if (outcome->status)
        fail_msg("%s", outcome->error.message);
    if (outcome->sum.passed != passed || outcome->sum.refused != refused ||
        outcome->sum.wrong != wrong)
        fail_msg("%s", outcome->text);
}

static void ours_pass(void **state)
{
    (void)state;
    struct outcome outcome OF_CLEANUP(outcome_release) = run_path(GOLDEN "/../sql");
    assert_sum(&outcome, outcome.sum.passed, 0, 0);
    assert_true(outcome.sum.passed > 0);
}

/* The statements of a file's cases that say what comes out. */
static void add_statements(struct of_buffer *text, const char *path)
{
    struct ksql_case_file file OF_CLEANUP(ksql_case_file_release) = {0};
    struct of_error error;
    if (ksql_case_file_read(&file, path, &error))
        fail_msg("%s", error.message);
    for (size_t i = 0; i < file.count; i++) {
        const struct ksql_json *list = ksql_json_get(file.cases[i].body, "statements");
        if (!list || !ksql_json_get(file.cases[i].body, "outputs"))
            continue;
        for (size_t j = 0; j < list->count; j++) {
            struct of_text statement = list->members[j].value->text;
            of_buffer_append(text, statement.data, statement.length);
        }
    }
}

static void assert_called(const char *text, const char *name)
{
    char *call OF_FREE = of_asprintf("%s(", name);
    const char *at = strcasestr(text, call);
    while (at && at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '_'))
        at = strcasestr(at + 1, call);
    if (!at)
        fail_msg("%s is in no case of tests/sql", name);
}

static void every_function_has_a_case(void **state)
{
    (void)state;
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, KSQL_CASE_FILE_MAX);
    glob_t paths OF_CLEANUP(globfree) = {0};
    assert_int_equal(glob(GOLDEN "/../sql/*.json", 0, NULL, &paths), 0);
    for (size_t i = 0; i < paths.gl_pathc; i++)
        add_statements(&text, paths.gl_pathv[i]);
    assert_false(text.full);
    for (size_t i = 0; i < ksql_function_count(); i++) {
        char name[KSQL_FUNCTION_NAME_MAX];
        assert_called(
            of_buffer_text(&text), ksql_function_name(ksql_function_at(i), name, sizeof(name)));
    }
    for (size_t i = 0; i < ksql_aggregate_count(); i++)
        assert_called(of_buffer_text(&text), ksql_aggregate_at(i)->name);
}

/* DELIMITED has no objects: those two are told from each other by their records alone. */
static void outputs_are_compared(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        COPY("{\"topic\": \"T\", \"key\": \"k\", \"value\": {\"A\": 2, \"B\": \"x\"}}"),
        COPY("{\"topic\": \"T\", \"key\": \"k\", \"value\": {\"A\": 1}}"),
        COPY("{\"topic\": \"T\", \"key\": \"k\", \"value\": {\"A\": 1, \"B\": \"x\", \"C\": 0}}"),
        COPY("{\"topic\": \"T\", \"key\": \"j\", \"value\": {\"A\": 1, \"B\": \"x\"}}"),
        COPY("{\"topic\": \"T\", \"key\": \"k\", \"value\": null}"),
        COPY("{\"topic\": \"T\", \"key\": \"k\", \"timestamp\": 8, \"value\": {\"A\": 1, \"B\": "
             "\"x\"}}"),
        COPY("{\"topic\": \"U\", \"key\": \"k\", \"value\": {\"A\": 1, \"B\": \"x\"}}"),
        COPY("{\"topic\": \"T\", \"key\": \"k\", \"value\": {\"A\": 1, \"B\": \"x\"}}, "
             "{\"topic\": \"T\", \"key\": \"k\", \"value\": {\"A\": 1, \"B\": \"x\"}}"),
    };
    for (size_t i = 0; i < OF_COUNT(wrong); i++) {
        struct outcome outcome OF_CLEANUP(outcome_release) = run_text(wrong[i]);
        assert_sum(&outcome, 0, 0, 3);
    }
    struct outcome right OF_CLEANUP(outcome_release) = run_text(
        COPY("{\"topic\": \"T\", \"key\": \"k\", \"timestamp\": 7, \"value\": {\"A\": 1, \"B\": "
             "\"x\"}}"));
    assert_sum(&right, 2, 0, 1); /* the line of DELIMITED is a string */
    assert_contains(right.text, "x - DELIMITED");
    assert_contains(right.text, "expected");
}

static void more_records_than_expected_are_wrong(void **state)
{
    (void)state;
    struct outcome outcome OF_CLEANUP(outcome_release) =
        run_text(CASE("\"statements\": [\"CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', "
                      "VALUE_FORMAT='JSON');\", \"CREATE STREAM T AS SELECT * FROM S;\"], "
                      "\"inputs\": [{\"topic\": \"s\", \"value\": {\"A\": 1}}, {\"topic\": \"s\", "
                      "\"value\": {\"A\": 2}}], \"outputs\": [{\"topic\": \"T\", \"value\": "
                      "{\"A\": 1}}]"));
    assert_sum(&outcome, 0, 0, 1);
    assert_contains(outcome.text, "1 records expected, but 2 came");
}

/* As ksqlDB's own comparison has it. */
static void values_are_compared_as_in_java(void **state)
{
    (void)state;
    static const struct {
        const char *expected, *actual;
        bool exact, same;
    } cases[] = {
        {"1", "1", true, true},
        {"1", "1.0", true, false},
        {"1.0", "1.00", true, false},
        {"1000000000000", "1.0E12", true, true},
        {"1000000000001", "1.0E12", true, false},
        {"1.0E+3", "1.0e3", true, true},
        {"10077696.0", "1.0077696E7", true, true},
        {"1.0077696E7", "10077696.0", true, true},
        {"10077696.5", "1.0077696E7", true, false},
        {"-0.00001", "-1.0E-5", true, true},
        {"1.0E400", "1.0E401", true, false},
        {"1", "1.0", false, true},
        {"0.1", "0.10", false, true},
        {"0.1", "0.2", false, false},
        {"\"1\"", "1", false, false},
        {"null", "1", false, false},
        {"{\"a\":1}", "{\"A\":1}", true, true},
        {"{\"A\":1}", "{\"a\":1}", true, false},
        {"{\"a\":1}", "{\"A\":1,\"B\":null}", true, true},
        {"{\"a\":1}", "{\"A\":1,\"B\":2}", true, false},
        {"{\"a\":1,\"b\":2}", "{\"A\":1}", true, false},
        {"[1,2]", "[1]", true, false},
        {"[1,[true]]", "[1,[true]]", true, true},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct ksql_arena arena OF_CLEANUP(ksql_arena_release) = {0};
        const struct ksql_json *expected, *actual;
        struct of_error error;
        const char *texts[] = {cases[i].expected, cases[i].actual};
        assert_int_equal(ksql_json_parse(&arena, texts[0], strlen(texts[0]), &expected, &error), 0);
        assert_int_equal(ksql_json_parse(&arena, texts[1], strlen(texts[1]), &actual, &error), 0);
        if (ksql_case_same(expected, actual, cases[i].exact) != cases[i].same)
            fail_msg("%s beside %s", texts[0], texts[1]);
    }
}

#define FAILING(statement, message)                                                                \
    CASE("\"statements\": [\"" statement "\"], \"expectedException\": {\"type\": \"T\", "          \
         "\"message\": \"" message "\"}")

static void errors_must_have_the_words(void **state)
{
    (void)state;
    struct outcome right OF_CLEANUP(outcome_release) =
        run_text(FAILING("CREATE STREAM T AS SELECT * FROM S;", "S does not exist"));
    assert_sum(&right, 1, 0, 0);
    struct outcome other OF_CLEANUP(outcome_release) =
        run_text(FAILING("CREATE STREAM T AS SELECT * FROM S;", "S is not there"));
    assert_sum(&other, 0, 0, 1);
    assert_contains(other.text, "expected the error: S is not there");
    struct outcome none OF_CLEANUP(outcome_release) = run_text(
        FAILING("CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');", "x"));
    assert_sum(&none, 0, 0, 1);
    assert_contains(none.text, "nothing failed");
    struct outcome refused OF_CLEANUP(outcome_release) =
        run_text(FAILING("CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='PROTOBUF');"
                         "CREATE STREAM T AS SELECT * FROM S;",
            "not supported"));
    assert_sum(&refused, 0, 1, 0);
}

/* A mistake in a case is no shortcoming of the runner. */
static void mistakes_are_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *function, *input;
        bool refused;
    } cases[] = {
        {"UCASEY", "1", false}, {"TEST_UDF", "1", true}, {"multi_arg", "1", true},
        {"WhenResult", "1", true}, {"LCASE", "\"x\"", false}, /* AVRO takes no text for an INT */
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        OF_FREE char *text = of_asprintf(
            "{\"tests\": [{\"name\": \"x\", \"statements\": [\"CREATE STREAM S (K STRING KEY, A "
            "INT, "
            "B STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO');\", \"CREATE STREAM T AS SELECT "
            "K, %s(B) AS C FROM S;\"], \"inputs\": [{\"topic\": \"s\", \"key\": \"k\", \"value\": "
            "{\"A\": %s, \"B\": \"x\"}}], \"outputs\": []}]}",
            cases[i].function, cases[i].input);
        struct outcome outcome OF_CLEANUP(outcome_release) = run_text(text);
        assert_sum(&outcome, 0, cases[i].refused, !cases[i].refused);
    }
}

static void topics_inside_of_queries_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *topic;
        bool refused;
    } cases[] = {
        {"_confluent-ksql-some.ksql.service.idquery_CTAS_T_0-changelog", true}, {"U", false}};
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        OF_FREE char *text = of_asprintf(
            CASE("\"statements\": [\"CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', "
                 "VALUE_FORMAT='JSON');\"], \"outputs\": [{\"topic\": \"%s\", \"value\": 1}]"),
            cases[i].topic);
        struct outcome outcome OF_CLEANUP(outcome_release) = run_text(text);
        assert_sum(&outcome, 0, cases[i].refused, !cases[i].refused);
    }
}

static void the_end_is_looked_at(void **state)
{
    (void)state;
    static const struct {
        const char *post;
        bool right;
    } cases[] = {
        {"{\"name\": \"S\", \"type\": \"stream\", \"schema\": \"A INT\"}", true},
        {"{\"name\": \"S\", \"type\": \"table\"}", false},
        {"{\"name\": \"S\", \"schema\": \"A BIGINT\"}", false},
        {"{\"name\": \"S\", \"schema\": \"A INT KEY\"}", false},
        {"{\"name\": \"S\", \"valueFormat\": {\"format\": \"AVRO\"}}", false},
        {"{\"name\": \"U\"}", false},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        char *text OF_FREE =
            of_asprintf(CASE("\"statements\": [\"CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', "
                             "VALUE_FORMAT='JSON');\"], \"post\": {\"sources\": [%s]}"),
                cases[i].post);
        struct outcome outcome OF_CLEANUP(outcome_release) = run_text(text);
        assert_sum(&outcome, cases[i].right, 0, !cases[i].right);
    }
}

/* Avro's schemas are compared as schemas, JSON's as JSON. */
static void registered_schemas_are_compared(void **state)
{
    (void)state;
    static const struct {
        const char *format, *schema;
        bool right;
    } cases[] = {
        {"AVRO",
            "{\"type\": \"record\", \"name\": \"KsqlDataSourceSchema\", \"namespace\": "
            "\"io.confluent.ksql.avro_schemas\", \"fields\": [{\"name\": \"A\", \"type\": "
            "[\"null\", \"int\"], \"default\": null}]}",
            true},
        {"AVRO", "{\"type\": \"record\", \"name\": \"R\", \"fields\": []}", false},
        {"AVRO", "{\"type\": \"nothing\"}", false},
        {"JSON_SR",
            "{\"properties\": {\"A\": {\"connect.index\": 0, \"oneOf\": [{\"type\": "
            "\"null\"}, {\"connect.type\": \"int32\", \"type\": \"integer\"}]}}, \"type\": "
            "\"object\"}",
            true},
        {"JSON_SR", "{\"type\": \"object\"}", false},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        char *text OF_FREE = of_asprintf(
            CASE("\"statements\": [\"CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', "
                 "VALUE_FORMAT='%s');\"], \"post\": {\"topics\": {\"topics\": [{\"name\": "
                 "\"s\", \"valueFormat\": {\"format\": \"%s\"}, \"valueSchema\": %s}]}}"),
            cases[i].format, cases[i].format, cases[i].schema);
        struct outcome outcome OF_CLEANUP(outcome_release) = run_text(text);
        assert_sum(&outcome, cases[i].right, 0, !cases[i].right);
    }
}

static void unknown_properties_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *property;
        bool refused;
    } cases[] = {{"\"ksql.new.query.planner.enabled\": \"true\"", true},
        {"\"ksql.new.query.planner.enabled\": \"false\"", false},
        {"\"ksql.functions.substring.legacy.args\": true", true},
        {"\"ksql.fail.on.deserialization.error\": \"true\"", true},
        {"\"ksql.streams.num.stream.threads\": 2", false},
        {"\"auto.offset.reset\": \"earliest\"", false}};
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        char *text OF_FREE = of_asprintf(
            CASE("\"properties\": {%s}, \"statements\": [\"CREATE STREAM S (A INT) WITH "
                 "(KAFKA_TOPIC='s', VALUE_FORMAT='JSON');\"]"),
            cases[i].property);
        struct outcome outcome OF_CLEANUP(outcome_release) = run_text(text);
        assert_sum(&outcome, !cases[i].refused, cases[i].refused, 0);
    }
}

static void files_must_be_cases(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "[]", "{}", "{\"tests\": 1}", "{\"tests\": ["};
    for (size_t i = 0; i < OF_COUNT(bad); i++) {
        struct outcome outcome OF_CLEANUP(outcome_release) = run_text(bad[i]);
        assert_int_equal(outcome.status, OF_INPUT);
        assert_contains(outcome.error.message, "/tmp/orderflow-test-");
    }
    struct outcome missing OF_CLEANUP(outcome_release) = run_path("/nowhere.json");
    assert_int_equal(missing.status, OF_INPUT);
}

/* ---- limits ---- */

static void files_have_so_many_cases(void **state)
{
    (void)state;
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, 8u << 20);
    for (size_t over = 0; over < 2; over++) {
        of_buffer_clear(&text);
        of_buffer_append_text(&text, "{\"tests\": [");
        for (size_t i = 0; i < KSQL_CASES_MAX + over; i++)
            of_buffer_appendf(&text, "%s{\"name\": \"x\", \"statements\": []}", i ? "," : "");
        of_buffer_append_text(&text, "]}");
        struct temporary written OF_CLEANUP(temporary_remove);
        struct ksql_case_file file OF_CLEANUP(ksql_case_file_release) = {0};
        struct of_error error;
        temporary_make(&written, (const char *)text.data, text.length);
        assert_int_equal(ksql_case_file_read(&file, written.path, &error), over ? OF_INPUT : 0);
        if (over)
            assert_contains(error.message, "more than 65536 cases");
        else
            assert_int_equal(file.count, KSQL_CASES_MAX);
    }
}

static void cases_have_so_many_records(void **state)
{
    (void)state;
    /* An input and a row for each of its items, twice: as many as there may be, and one more. */
    for (unsigned over = 0; over < 2; over++) {
        char *text OF_FREE = of_asprintf(
            CASE("\"statements\": [\"CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='s', "
                 "VALUE_FORMAT='JSON');\", \"CREATE STREAM T AS SELECT "
                 "EXPLODE(GENERATE_SERIES(1, A)) AS X FROM S;\"], \"inputs\": [{\"topic\": "
                 "\"s\", \"value\": {\"A\": %u}}, {\"topic\": \"s\", \"value\": {\"A\": "
                 "%u}}], \"outputs\": []"),
            KSQL_WORLD_RECORDS_MAX / 2 - 1, KSQL_WORLD_RECORDS_MAX / 2 - 1 + over);
        struct outcome outcome OF_CLEANUP(outcome_release) = run_text(text);
        assert_sum(&outcome, !over, 0, over);
        if (over)
            assert_non_null(strstr(outcome.text, "more than 1048576 records"));
    }
}

static void folders_have_so_many_files(void **state)
{
    (void)state;
    char folder[] = "/dev/shm/orderflow-cases-XXXXXX", path[64]; /* no disk has to do with it */
    assert_non_null(mkdtemp(folder));
    for (unsigned i = 0; i <= KSQL_CASE_FILES_MAX; i++) {
        snprintf(path, sizeof(path), "%s/%u.json", folder, i);
        assert_int_equal(symlink("nowhere", path), 0);
    }
    for (unsigned over = 1; over < 2; over--) {
        struct outcome outcome OF_CLEANUP(outcome_release) = run_path(folder);
        assert_int_equal(outcome.status, OF_INPUT);
        assert_int_equal(strstr(outcome.error.message, "more than 65536 files") != NULL, over);
        snprintf(path, sizeof(path), "%s/%u.json", folder, KSQL_CASE_FILES_MAX);
        if (over)
            assert_int_equal(unlink(path), 0);
    }
    for (unsigned i = 0; i < KSQL_CASE_FILES_MAX; i++) {
        snprintf(path, sizeof(path), "%s/%u.json", folder, i);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_have_so_many_cases),
        cmocka_unit_test(cases_have_so_many_records),
        cmocka_unit_test(folders_have_so_many_files),
        cmocka_unit_test(ours_pass),
        cmocka_unit_test(every_function_has_a_case),
        cmocka_unit_test(outputs_are_compared),
        cmocka_unit_test(more_records_than_expected_are_wrong),
        cmocka_unit_test(values_are_compared_as_in_java),
        cmocka_unit_test(errors_must_have_the_words),
        cmocka_unit_test(mistakes_are_wrong),
        cmocka_unit_test(the_end_is_looked_at),
        cmocka_unit_test(registered_schemas_are_compared),
        cmocka_unit_test(topics_inside_of_queries_are_refused),
        cmocka_unit_test(unknown_properties_are_refused),
        cmocka_unit_test(files_must_be_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
