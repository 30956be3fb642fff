/* ASSERT: asks until it is true or the time is up. */
#include "base/clock.h"
#include "base/memory.h"
#include "ksqld/server/state.h"

#include <stdlib.h>

#define AGAIN_MS 100
#define EXPECTATION_FAILED 417

/* 0: it is true; INPUT: it isn't, in ksqlDB's words; RETRY: nobody answers. */
static int check_topic(
    struct ksql_server *server, const struct ksql_asserted *asserted, struct of_error *error)
{
    struct ksql_topic topic;
    const char *name = asserted->topic;
    int result = ksql_cluster_topic(server->cluster, name, &topic, error);
    if (result < 0)
        return result;
    if (topic.exists == asserted->absent)
        return of_fail(
            error, OF_INPUT, "Topic %s %s", name, topic.exists ? "exists" : "does not exist");
    if (asserted->absent)
        return OF_OK;
    if (asserted->partitions >= 0 && asserted->partitions != topic.partitions)
        return of_fail(error, OF_INPUT,
            "Mismatched configuration for topic %s: For config partitions, expected %lld got %d",
            name, (long long)asserted->partitions, topic.partitions);
    if (asserted->replicas >= 0 && asserted->replicas != topic.replicas)
        return of_fail(error, OF_INPUT,
            "Mismatched configuration for topic %s: For config replicas, expected %lld got %d",
            name, (long long)asserted->replicas, topic.replicas);
    return OF_OK;
}

/* With both, the subject's newest schema must be that of the id. */
static int find_schema(struct ksql_server *server, const struct ksql_asserted *asserted,
    bool *found, struct of_error *error)
{
    struct of_registry_version newest = {.id = -1};
    int result = OF_OK;
    *found = true;
    if (asserted->subject)
        result = of_registry_newest(server->registry, asserted->subject, &newest, error);
    else if (asserted->id > INT32_MAX)
        *found = false;
    else
        result = of_registry_find(server->registry, (int32_t)asserted->id, &newest.schema, error);
    if (result < 0)
        *found = !of_registry_is_missing(error);
    else if (asserted->subject && asserted->id >= 0)
        *found = newest.id == asserted->id;
    /* A type that is not ours is there all the same, but its id is not known. */
    bool judged = result == OF_INPUT && !(*found && asserted->subject && asserted->id >= 0);
    return judged ? OF_OK : result;
}

static int check_schema(
    struct ksql_server *server, const struct ksql_asserted *asserted, struct of_error *error)
{
    bool found;
    int result = find_schema(server, asserted, &found, error);
    if (result < 0 || found != asserted->absent)
        return result;
    OF_FREE char *id =
        asserted->id < 0 ? of_strdup("") : of_asprintf(" id %lld", (long long)asserted->id);
    return of_fail(error, OF_INPUT, "Schema with%s%s%s %s",
        asserted->subject ? " subject name " : "", asserted->subject ? asserted->subject : "", id,
        found ? "exists" : "does not exist");
}

json_t *ksql_assert(struct ksql_server *server, const struct ksql_statement *statement,
    struct ksql_failure *failure)
{
    const struct ksql_asserted *asserted = statement->asserted;
    int64_t deadline = of_clock_monotonic() + asserted->timeout_ms;
    struct of_error error;
    for (;;) {
        int result = (asserted->topic ? check_topic : check_schema)(server, asserted, &error);
        if (result == OF_OK)
            return ksql_entity_assert(statement->text, asserted);
        if (of_clock_monotonic() >= deadline)
            break;
        of_sleep(AGAIN_MS);
    }
    *failure = (struct ksql_failure){.status = EXPECTATION_FAILED,
        .error_code = 100 * EXPECTATION_FAILED,
        .type = "generic_error",
        .message = of_strdup(error.message)};
    return NULL;
}
