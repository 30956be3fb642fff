/* Prepare and apply, one statement after the other, with nothing made, logged or answered. */
#include "ksqld/server/rehearsal.h"

#include "base/memory.h"
#include "ksqld/serde/side.h"
#include "ksqld/server/command.h"

#include <stdlib.h>
#include <string.h>

#define COMMAND_OFFSETS 2 /* a command and the marker of its transaction */

/* What the request has made of a topic so far. */
struct rehearsed {
    char *name;
    bool topic_known, schemas_known; /* else the world knows */
    struct ksql_topic topic;
    char *schemas[2]; /* of value and key; NULL: none */
    enum of_schema_type types[2];
};

struct rehearsal {
    const struct ksql_callbacks *world;
    struct rehearsed *topics;
    size_t count;
    struct ksql_engine *engine;
    struct ksql_request request; /* its SETs and DEFINEs included */
    int64_t sequence;
};

static void release(struct rehearsal *rehearsal)
{
    for (size_t i = 0; i < rehearsal->count; i++) {
        free(rehearsal->topics[i].name);
        free(rehearsal->topics[i].schemas[false]);
        free(rehearsal->topics[i].schemas[true]);
    }
    free(rehearsal->topics);
    ksql_engine_free(rehearsal->engine);
    ksql_request_release(&rehearsal->request);
}

/* ---- the world as it would be ---- */

static struct rehearsed *find(const struct rehearsal *rehearsal, const char *name)
{
    for (size_t i = 0; i < rehearsal->count; i++)
        if (strcmp(rehearsal->topics[i].name, name) == 0)
            return &rehearsal->topics[i];
    return NULL;
}

static struct rehearsed *find_or_add(struct rehearsal *rehearsal, const char *name)
{
    struct rehearsed *found = find(rehearsal, name);
    if (found)
        return found;
    rehearsal->topics =
        of_realloc_array(rehearsal->topics, rehearsal->count + 1, sizeof(*rehearsal->topics));
    found = &rehearsal->topics[rehearsal->count++];
    *found = (struct rehearsed){.name = of_strdup(name)};
    return found;
}

static int ask_topic(
    void *context, const char *topic, struct ksql_topic *answer, struct of_error *error)
{
    const struct rehearsal *rehearsal = context;
    const struct rehearsed *known = find(rehearsal, topic);
    if (!known || !known->topic_known)
        return rehearsal->world->topic(rehearsal->world->context, topic, answer, error);
    *answer = known->topic;
    return OF_OK;
}

static int ask_schema(void *context, const char *topic, bool key, int32_t id,
    struct of_schema *schema, struct of_error *error)
{
    const struct rehearsal *rehearsal = context;
    const struct rehearsed *known = find(rehearsal, topic);
    if (id >= 0 || !known || !known->schemas_known)
        return rehearsal->world->schema(rehearsal->world->context, topic, key, id, schema, error);
    const char *text = known->schemas[key];
    *schema = (struct of_schema){known->types[key], text, text ? strlen(text) : 0};
    return OF_OK;
}

static void set_schema(struct rehearsed *known, bool key, const char *text, const char *format)
{
    free(known->schemas[key]);
    known->schemas[key] = text ? of_strdup(text) : NULL;
    known->types[key] = ksql_side_schema_type(format);
    known->schemas_known = true;
}

static void set_schemas(struct rehearsed *known, const struct ksql_query *query)
{
    set_schema(known, false, query->sink_value_schema, query->sink_value_format);
    set_schema(known, true, query->sink_key_schema, query->sink_key_format);
}

static void note_new_topic(struct rehearsal *rehearsal, const struct ksql_new_topic *topic)
{
    struct rehearsed *known = find_or_add(rehearsal, topic->name);
    known->topic_known = true;
    known->topic = (struct ksql_topic){.exists = true,
        .partitions = topic->partitions,
        .replicas = topic->replicas < 0 ? 1 : topic->replicas,
        .has_retention = topic->retention_ms != INT64_MIN,
        .retention_ms = topic->retention_ms};
}

/* What would be made before the statement is logged, and deleted after it. */
static void note(struct rehearsal *rehearsal, const struct ksql_statement *statement)
{
    const struct ksql_query *query = statement->query;
    if (statement->create_topic)
        note_new_topic(rehearsal, &statement->topic);
    if (query && (query->sink_key_schema || query->sink_value_schema))
        set_schemas(find_or_add(rehearsal, query->sink_topic), query);
    if (!statement->delete_topic)
        return;
    struct rehearsed *gone = find_or_add(rehearsal, statement->topic.name);
    gone->topic_known = true;
    gone->topic = (struct ksql_topic){.exists = false};
    set_schema(gone, false, NULL, "NONE");
    set_schema(gone, true, NULL, "NONE");
}

/* ---- one statement ---- */

static int try_out(
    struct rehearsal *rehearsal, struct ksql_statement *statement, struct of_error *error)
{
    struct ksql_request *request = &rehearsal->request;
    int result = ksql_request_change(request, statement, error);
    if (result < 0 || !statement->command_id)
        return result;
    result = ksql_command_check(statement->command_id, statement->text, request->properties.items,
        request->properties.count, error);
    if (result < 0)
        return result;
    note(rehearsal, statement);
    result = ksql_engine_apply(rehearsal->engine, statement, rehearsal->sequence, error);
    rehearsal->sequence += COMMAND_OFFSETS;
    return result;
}

static int rehearse_piece(
    struct rehearsal *rehearsal, const struct ksql_piece *piece, struct ksql_failure *failure)
{
    const struct ksql_request *request = &rehearsal->request;
    const struct ksql_prepare_options options = {.properties = request->properties.items,
        .property_count = request->properties.count,
        .variables = request->variables.items,
        .variable_count = request->variables.count};
    OF_CLEANUP(of_cleanup_ksql_statement) struct ksql_statement *statement = NULL;
    int result = ksql_engine_prepare(
        rehearsal->engine, piece->text, piece->length, &options, &statement, failure);
    if (result < 0)
        return result;
    struct of_error error;
    result = try_out(rehearsal, statement, &error);
    return result < 0 ? ksql_request_fail(failure, statement->text, &error) : OF_OK;
}

int ksql_rehearse(const struct ksql_engine *engine, const struct ksql_callbacks *world,
    int64_t sequence, const struct ksql_request *request, const struct ksql_pieces *pieces,
    struct ksql_failure *failure)
{
    OF_CLEANUP(release)
    struct rehearsal rehearsal = {.world = world,
        .request.sequence = -1,
        .sequence = sequence < 0 ? 0 : sequence + COMMAND_OFFSETS};
    ksql_request_copy_settings(&rehearsal.request, request);
    const struct ksql_callbacks callbacks = {.context = &rehearsal,
        .topic = world->topic ? ask_topic : NULL,
        .schema = world->schema ? ask_schema : NULL,
        .keeps_state = world->keeps_state,
        .declares_protobuf = world->declares_protobuf};
    rehearsal.engine = ksql_engine_copy(engine, &callbacks);
    for (size_t i = 0; i < pieces->count; i++) {
        int result = rehearse_piece(&rehearsal, &pieces->items[i], failure);
        if (result < 0)
            return result;
    }
    return OF_OK;
}
