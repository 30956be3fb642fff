/* What every kind of statement that makes something does alike: topics, texts, queries. */
#include "ksqld/plan/context.h"

#include "base/memory.h"
#include "ksqld/plan/analyze.h"
#include "ksqld/plan/join.h"
#include "ksqld/plan/resolve.h"
#include "ksqld/plan/select.h"
#include "ksqld/plan/with.h"

#include <stdlib.h>
#include <strings.h>

#define DEFAULT_RETENTION_MS 604800000 /* ksqlDB's own, where the input's is not known */
#define SCHEMA_TEXT_MAX (1024u * 1024)

void ksql_context_show(struct ksql_context *context, struct of_buffer *text)
{
    free(*context->shown);
    *context->shown = of_strdup(of_buffer_text(text));
    free(context->statement->text);
    context->statement->text = of_strdup(of_buffer_text(text));
}

void ksql_context_exists(struct ksql_context *context)
{
    const struct ksql_parsed *parsed = &context->plan->parsed;
    const char *kind = parsed->table ? "table" : "stream";
    context->statement->effect = KSQL_EFFECT_NONE;
    context->statement->warning = true;
    context->statement->message = of_asprintf(
        "Cannot add %s `%s`: A %s with the same name already exists.", kind, parsed->name, kind);
}

const char *ksql_context_property(const struct ksql_context *context, const char *name)
{
    for (size_t i = 0; i < context->options->property_count; i++) {
        if (strcmp(context->options->properties[i].name, name) == 0)
            return context->options->properties[i].value;
    }
    return NULL;
}

/* ---- topics ---- */

static int fail_callback(struct ksql_context *context, const struct of_error *error)
{
    ksql_problem_set(context->problem, NULL, "%s", error->message);
    context->problem->class = error->class;
    context->problem->generic = error->class == OF_INPUT;
    return error->class;
}

int ksql_context_topic(struct ksql_context *context, const char *name, struct ksql_topic *topic)
{
    *topic = (struct ksql_topic){.exists = true, .partitions = 1, .replicas = 1};
    if (context->options->replay || !context->callbacks->topic)
        return 0;
    *topic = (struct ksql_topic){0};
    struct of_error error;
    if (context->callbacks->topic(context->callbacks->context, name, topic, &error))
        return fail_callback(context, &error);
    return 0;
}

/* Values of -1 (replicas) and INT64_MIN (retention) ask for nothing. */
static int check_shape(struct ksql_context *context, const struct ksql_new_topic *wanted,
    const struct ksql_topic *topic)
{
    bool retention = wanted->retention_ms != INT64_MIN && topic->has_retention;
    if (wanted->partitions == topic->partitions && wanted->replicas <= topic->replicas &&
        !(retention && wanted->retention_ms != topic->retention_ms))
        return 0;
    char *more OF_FREE = retention
                             ? of_asprintf(", and %lld retention (topic has %lld)",
                                   (long long)wanted->retention_ms, (long long)topic->retention_ms)
                             : of_strdup("");
    ksql_problem_set(context->problem, NULL,
        "A Kafka topic with the name '%s' already exists, with different partition/replica%s "
        "configuration than required. KSQL expects %d partitions (topic has %d), %d replication "
        "factor (topic has %d)%s.",
        wanted->name, retention ? "/retention" : "", wanted->partitions, topic->partitions,
        wanted->replicas, topic->replicas, more);
    context->problem->generic = true;
    return OF_INPUT;
}

/* Windows come to an end, and their rows with them. */
const char *ksql_context_cleanup(const struct ksql_context *context)
{
    const struct ksql_parsed *parsed = &context->plan->parsed;
    if (!parsed->table)
        return "delete";
    return parsed->select && parsed->select->window ? "compact,delete" : "compact";
}

int ksql_context_sink_topic(struct ksql_context *context, const char *name, int64_t partitions,
    int64_t replicas, int64_t retention, const struct ksql_topic *topic)
{
    struct ksql_statement *statement = context->statement;
    struct ksql_new_topic *made = &statement->topic;
    made->name = of_strdup(name);
    made->partitions = (int)partitions;
    made->replicas = (int)replicas;
    made->cleanup_policy = ksql_context_cleanup(context);
    made->retention_ms = strcmp(made->cleanup_policy, "compact") == 0 ? INT64_MIN : retention;
    statement->create_topic = !context->options->replay && !topic->exists;
    if (statement->create_topic && ksql_check_topic_name(name, NULL, context->problem))
        return OF_INPUT;
    if (topic->exists && !context->options->replay)
        return check_shape(context, made, topic);
    if (made->retention_ms == INT64_MIN && !context->plan->parsed.table)
        made->retention_ms = DEFAULT_RETENTION_MS;
    return 0;
}

/* ---- queries ---- */

void ksql_context_properties(struct ksql_context *context)
{
    const struct ksql_prepare_options *options = context->options;
    struct ksql_arena *arena = &context->plan->arena;
    struct ksql_property *copies =
        ksql_arena_new_array(arena, options->property_count, sizeof(*copies));
    for (size_t i = 0; i < options->property_count; i++) {
        copies[i].name = ksql_arena_strdup(arena, options->properties[i].name);
        copies[i].value = ksql_arena_strdup(arena, options->properties[i].value);
        copies[i].quoted = options->properties[i].quoted;
    }
    context->plan->query.properties = copies;
    context->plan->query.property_count = options->property_count;
}

static int write_schema(
    struct ksql_context *context, const struct ksql_source *sink, bool key, const char **schema)
{
    struct ksql_arena *arena = &context->plan->arena;
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, SCHEMA_TEXT_MAX);
    if (ksql_write_source_schema(
            arena, sink, &context->plan->pipeline.output, key, &text, context->problem))
        return OF_INPUT;
    if (text.length)
        *schema = ksql_arena_strndup(arena, (const char *)text.data, text.length);
    return 0;
}

int ksql_context_declares(struct ksql_context *context, const char *const *formats, size_t count)
{
    for (size_t i = 0; !context->callbacks->declares_protobuf && i < count; i++) {
        if (strncmp(formats[i], "PROTOBUF", 8) == 0)
            return ksql_problem_unsupported(
                context->problem, &context->plan->parsed.place, "The format %s", formats[i]);
    }
    return 0;
}

/* Where keys meet as they are, so must the partitions. */
static int check_partitions(struct ksql_context *context)
{
    const struct ksql_plan *plan = context->plan;
    const struct ksql_source *left = plan->sources[0];
    for (size_t i = 1; i < plan->source_count; i++) {
        struct ksql_topic topics[2];
        const struct ksql_source *right = plan->sources[i];
        if (!plan->pipeline.joints[i - 1].as_is)
            continue;
        int status = ksql_context_topic(context, left->topic, &topics[0]);
        if (!status)
            status = ksql_context_topic(context, right->topic, &topics[1]);
        if (status)
            return status;
        if (topics[0].partitions != topics[1].partitions)
            return ksql_problem_set(context->problem, &plan->parsed.select->joins[i - 1].place,
                "Can't join `%s` with `%s` since the number of partitions don't match. `%s` "
                "partitions = %d; `%s` partitions = %d. Please repartition either one so that the "
                "number of partitions match.",
                left->name, right->name, left->name, topics[0].partitions, right->name,
                topics[1].partitions);
    }
    return 0;
}

int ksql_context_sources(struct ksql_context *context)
{
    struct ksql_plan *plan = context->plan;
    struct ksql_query *query = &plan->query;
    for (size_t i = 0; i < plan->source_count; i++) {
        query->sources[i] = ksql_arena_strdup(&plan->arena, plan->sources[i]->name);
        query->source_topics[i] = ksql_arena_strdup(&plan->arena, plan->sources[i]->topic);
    }
    query->source_count = plan->source_count;
    int status = check_partitions(context);
    if (status)
        return status;
    for (size_t i = 0; i < plan->source_count; i++) {
        const struct ksql_source *source = plan->sources[i];
        const char *const formats[] = {source->key_format, source->value_format};
        if (ksql_context_declares(context, formats, OF_COUNT(formats)) ||
            ksql_check_serialization(&plan->pipeline.feeds[i].schema, source->key_format,
                source->value_format, true, context->problem))
            return OF_INPUT;
    }
    return 0;
}

int ksql_context_query(struct ksql_context *context, const struct ksql_source *sink, const char *id)
{
    struct ksql_plan *plan = context->plan;
    struct ksql_query *query = &plan->query;
    struct ksql_arena *arena = &plan->arena;
    const char *const formats[] = {sink->key_format, sink->value_format};
    query->id = id;
    query->sink = ksql_arena_strdup(arena, sink->name);
    query->sink_topic = ksql_arena_strdup(arena, sink->topic);
    query->sink_key_format = ksql_arena_strdup(arena, sink->key_format);
    query->sink_value_format = ksql_arena_strdup(arena, sink->value_format);
    query->statement = ksql_arena_strdup(arena, context->statement->text);
    ksql_context_properties(context);
    plan->pipeline.output_unwrapped = !sink->wrap_single_value;
    memcpy(plan->pipeline.output_delimiters, sink->delimiters, sizeof(sink->delimiters));
    int status = ksql_context_sources(context);
    if (status)
        return status;
    if (ksql_context_declares(context, formats, OF_COUNT(formats)) ||
        ksql_check_serialization(
            &plan->pipeline.output, sink->key_format, sink->value_format, false, context->problem))
        return OF_INPUT;
    if (ksql_pipeline_keeps_state(&plan->pipeline) && !context->callbacks->keeps_state)
        return ksql_problem_unsupported(context->problem, &plan->parsed.select->place,
            "A query that needs state, which this server doesn't keep yet,");
    plan->has_query = true;
    if (write_schema(context, sink, false, &query->sink_value_schema))
        return OF_INPUT;
    return write_schema(context, sink, true, &query->sink_key_schema);
}

static void set_limit(struct ksql_context *context, int limit, const char *property)
{
    const char *value = ksql_context_property(context, property);
    int64_t number = value ? strtoll(value, NULL, 10) : -1;
    if (number >= 0) /* any other: none */
        context->plan->collect_limits[limit] = number;
}

static int resolve_joins(struct ksql_context *context)
{
    struct ksql_plan *plan = context->plan;
    const struct ksql_select *select = plan->parsed.select;
    for (size_t i = 0; i < select->join_count; i++) {
        const struct ksql_join *join = &select->joins[i];
        const struct ksql_plan *right = ksql_metastore_source(context->metastore, join->source);
        if (!right)
            return ksql_problem_set(context->problem, &join->place,
                "Exception while preparing statement: %s does not exist.", join->source);
        *ksql_arena_append(&plan->arena, plan->sources, plan->source_count) = &right->source;
    }
    return ksql_join_resolve(plan, context->problem);
}

int ksql_context_resolve(struct ksql_context *context, const struct ksql_source **from)
{
    struct ksql_select *select = context->plan->parsed.select;
    const struct ksql_plan *plan = ksql_metastore_source(context->metastore, select->from);
    if (!plan)
        return ksql_problem_set(context->problem, &select->from_place,
            "Exception while preparing statement: %s does not exist.", select->from);
    *from = &plan->source;
    set_limit(context, KSQL_LIMIT_LIST, "ksql.functions.collect_list.limit");
    set_limit(context, KSQL_LIMIT_SET, "ksql.functions.collect_set.limit");
    *ksql_arena_append(&context->plan->arena, context->plan->sources, context->plan->source_count) =
        *from;
    struct ksql_arena *arena = &context->plan->arena;
    if (ksql_analyze_written(arena, select, context->problem) ||
        (select->join_count
                ? resolve_joins(context)
                : ksql_resolve_select(arena, select, &plan->source.schema, context->problem)))
        return OF_INPUT;
    return ksql_analyze(context->plan, context->problem);
}
