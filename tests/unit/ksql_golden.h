/* The recording of a real ksqlDB that the ksql tests compare with, and an engine that has been told
 * the same as the recorded one. Header only, for tests/unit/test_ksql_*.c. */
#ifndef TESTS_UNIT_KSQL_GOLDEN_H
#define TESTS_UNIT_KSQL_GOLDEN_H

#include "ksqld/engine.h"

#include "base/memory.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct golden {
    json_t *json;
    char *schemas[16];
    size_t schema_count;
};

OF_UNUSED static void golden_load(struct golden *golden)
{
    json_error_t error;
    *golden = (struct golden){.json = json_load_file(GOLDEN "/ksqldb-8.3.1.json", 0, &error)};
    if (!golden->json)
        fail_msg("%s: %s", error.source, error.text);
}

OF_UNUSED static void golden_release(struct golden *golden)
{
    json_decref(golden->json);
}
#define GOLDEN_OWNER OF_CLEANUP(golden_release)

OF_UNUSED static const char *golden_schema(const struct golden *golden, const char *topic)
{
    char *subject OF_FREE = of_asprintf("%s-value", topic);
    json_t *entry = json_object_get(json_object_get(golden->json, "subjects"), subject);
    return entry ? json_string_value(json_object_get(entry, "schema")) : NULL;
}

/* Topics of two partitions: those of the orders are there before. */
static int golden_topic(
    void *context, const char *topic, struct ksql_topic *answer, struct of_error *error)
{
    (void)context;
    (void)error;
    bool orders =
        strcmp(topic, "rec_finished_orders") == 0 || strcmp(topic, "rec_failed_orders") == 0;
    bool ours = strcmp(topic, "CLOSED") == 0 || strcmp(topic, "rec_item_exploded") == 0;
    *answer = (struct ksql_topic){.exists = orders, .partitions = 2, .replicas = 1};
    if (ours) /* read by a later query: the shape counts, and it is not there to be made */
        answer->exists = false;
    return 0;
}

static int golden_value_schema(void *context, const char *topic, bool key, int32_t id,
    struct of_schema *schema, struct of_error *error)
{
    (void)error;
    (void)id;
    assert_false(key);
    schema->text = golden_schema(context, topic);
    schema->type = OF_SCHEMA_AVRO;
    schema->size = schema->text ? strlen(schema->text) : 0;
    return 0;
}

OF_UNUSED static struct ksql_engine *golden_engine(struct golden *golden)
{
    return ksql_engine_new(&(struct ksql_callbacks){.context = golden,
        .topic = golden_topic,
        .schema = golden_value_schema,
        .keeps_state = true});
}

OF_UNUSED static void assert_member(const json_t *object, const char *name, const char *actual)
{
    const json_t *member = json_object_get(object, name);
    if (json_is_string(member))
        assert_string_equal(actual, json_string_value(member));
    else
        assert_null(actual);
}

/* Prepares and applies; fails the test when it is refused. */
OF_UNUSED static void run_statement(
    struct ksql_engine *engine, const char *text, int64_t sequence, bool replay)
{
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
    struct ksql_prepare_options options = {.replay = replay};
    struct of_error error;
    if (ksql_engine_prepare(engine, text, strlen(text), &options, &statement, &failure))
        fail_msg("%s\n%s", text, failure.message);
    if (ksql_engine_apply(engine, statement, sequence, &error))
        fail_msg("%s\n%s", text, error.message);
}

#endif
