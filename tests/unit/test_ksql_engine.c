/* Statements against the metastore: what a real ksqlDB answered to the same ones, what a replay
 * gives, and what is refused. */
#include "unit/ksql_golden.h"

#include "ksqld/lang/lexer.h"

/* ---- the recorded talk ---- */

static void check_answer(struct ksql_engine *engine, const json_t *answer,
    struct ksql_statement *statement, const char *text)
{
    struct of_error error;
    if (strcmp(json_string_value(json_object_get(answer, "@type")), "warning_entity") == 0) {
        assert_int_equal(statement->effect, KSQL_EFFECT_NONE);
        assert_true(statement->warning);
        assert_member(answer, "message", statement->message);
        assert_member(answer, "statementText", text);
        return;
    }
    assert_member(answer, "statementText", statement->text);
    assert_member(answer, "commandId", statement->command_id);
    const json_t *status = json_object_get(answer, "commandStatus");
    assert_member(status, "message", statement->message);
    assert_member(status, "queryId", statement->query ? statement->query->id : NULL);
    json_int_t sequence = json_integer_value(json_object_get(answer, "commandSequenceNumber"));
    assert_int_equal(ksql_engine_apply(engine, statement, sequence, &error), 0);
}

static void check_refusal(const json_t *answer, const struct ksql_failure *failure)
{
    assert_int_equal(failure->status, 400);
    assert_member(answer, "@type", failure->type);
    assert_int_equal(
        failure->error_code, json_integer_value(json_object_get(answer, "error_code")));
    assert_member(answer, "message", failure->message);
    assert_member(answer, "statementText", failure->statement);
}

static void test_recorded_talk(void **state)
{
    (void)state;
    struct golden golden GOLDEN_OWNER;
    golden_load(&golden);
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = golden_engine(&golden);
    size_t index, refused = 0;
    json_t *talk;
    json_array_foreach(json_object_get(golden.json, "talk"), index, talk)
    {
        struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
        struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
        struct ksql_prepare_options options = {0};
        const char *text = json_string_value(json_object_get(talk, "statement"));
        const json_t *answer = json_object_get(talk, "answer");
        int status =
            ksql_engine_prepare(engine, text, strlen(text), &options, &statement, &failure);
        if (failure.not_supported) {
            refused++;
            assert_non_null(strstr(failure.message, "GROUP BY"));
        } else if (json_integer_value(json_object_get(talk, "status")) == 200) {
            if (status)
                fail_msg("%s\n%s", text, failure.message);
            check_answer(engine, answer, statement, text);
        } else {
            assert_int_equal(status, OF_INPUT);
            check_refusal(answer, &failure);
        }
    }
    assert_int_equal(refused, 1);
    assert_int_equal(ksql_engine_source_count(engine), 7);
    assert_int_equal(ksql_engine_query_count(engine), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded_talk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
