/* CREATE STREAM ... AS SELECT and INSERT INTO ... SELECT. */
#include "base/memory.h"
#include "ksqld/lang/format.h"
#include "ksqld/plan/context.h"
#include "ksqld/plan/group.h"
#include "ksqld/plan/select.h"
#include "ksqld/plan/with.h"

#include <ctype.h>
#include <stdlib.h>

#define PLAN_PREFIX "Could not determine output schema for query due to error: "

/* ---- CREATE STREAM AS ---- */

static const char *choose_format(
    struct ksql_context *context, const char *name, const char *inherited)
{
    const struct ksql_with *with = &context->plan->parsed.with;
    const char *given = ksql_with_string(with, name);
    if (!given)
        given = ksql_with_string(with, "FORMAT");
    return given ? ksql_format_find(given) : ksql_arena_strdup(&context->plan->arena, inherited);
}

/* PARTITION BY NULL leaves no key to write; a key where there was none has the default format. */
static int choose_key_format(
    struct ksql_context *context, const struct ksql_source *from, const char **format)
{
    const struct ksql_plan *plan = context->plan;
    const struct ksql_with *with = &plan->parsed.with;
    bool given = ksql_with_string(with, "KEY_FORMAT") || ksql_with_string(with, "FORMAT");
    *format = choose_format(context, "KEY_FORMAT", from->key_format);
    bool none = strcmp(*format, "NONE") == 0;
    if (plan->pipeline.partitioned && !plan->pipeline.partition_count) {
        if (given && !none)
            return ksql_problem_set(context->problem, &plan->parsed.place,
                "Key format specified for stream without key columns.");
        *format = "NONE";
    } else if (!given && none && ksql_schema_key_count(&plan->pipeline.output)) {
        const char *property =
            ksql_context_property(context, "ksql.persistence.default.format.key");
        *format = property ? ksql_format_find(property) : "KAFKA";
        if (!*format)
            return ksql_problem_set(
                context->problem, &plan->parsed.place, "Unknown format: %s", property);
    }
    return 0;
}

/* The topic is named, and gets its shape from the input's where the WITH clause leaves it open. */
static int inject_topic(struct ksql_context *context, const struct ksql_source *from)
{
    struct ksql_plan *plan = context->plan;
    struct ksql_with *with = &plan->parsed.with;
    struct ksql_topic input, sink;
    const char *name = ksql_with_string(with, "KAFKA_TOPIC");
    if (!name) {
        const char *prefix = ksql_context_property(context, "ksql.output.topic.name.prefix");
        name = ksql_arena_printf(&plan->arena, "%s%s", prefix ? prefix : "", plan->parsed.name);
    }
    int64_t partitions, replicas, retention;
    int status = ksql_context_topic(context, from->topic, &input);
    if (!status)
        status = ksql_context_topic(context, name, &sink);
    if (status)
        return status;
    if (!ksql_with_number(with, "PARTITIONS", &partitions))
        partitions = input.partitions;
    if (!ksql_with_number(with, "REPLICAS", &replicas))
        replicas = input.replicas;
    bool given = ksql_with_number(with, "RETENTION_MS", &retention);
    if (given && plan->parsed.table && !plan->parsed.select->window && !context->options->replay)
        return ksql_problem_set(context->problem, NULL,
            "Invalid config variable in the WITH clause: RETENTION_MS. Non-windowed tables do not "
            "support retention.");
    if (!given)
        retention = input.has_retention ? input.retention_ms : 604800000;
    const struct ksql_window_clause *window = plan->parsed.select->window;
    if (window && window->retention_ms >= 0)
        retention = window->retention_ms;
    if (partitions < 1) {
        ksql_problem_set(
            context->problem, NULL, "Cannot determine partitions for creating topic %s", name);
        context->problem->generic = true;
        return OF_INPUT;
    }
    status = ksql_context_sink_topic(context, name, partitions, replicas, retention, &sink);
    if (status)
        return status;
    ksql_with_set_string(&plan->arena, with, "KAFKA_TOPIC", name);
    ksql_with_set_number(&plan->arena, with, "PARTITIONS", partitions);
    ksql_with_set_number(&plan->arena, with, "REPLICAS", replicas);
    ksql_with_set_number(&plan->arena, with, "RETENTION_MS", retention);
    ksql_with_set_string(&plan->arena, with, "CLEANUP_POLICY", ksql_context_cleanup(context));
    return 0;
}

static void show(struct ksql_context *context)
{
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, KSQL_STATEMENT_MAX);
    ksql_format_create_as(&context->plan->parsed, &text);
    ksql_context_show(context, &text);
}

static int build_source(struct ksql_context *context, const struct ksql_source *from)
{
    struct ksql_plan *plan = context->plan;
    struct ksql_source *source = &plan->source;
    struct ksql_schema *schema = &plan->pipeline.output;
    source->name = plan->parsed.name;
    source->table = plan->parsed.table;
    source->topic = ksql_with_string(&plan->parsed.with, "KAFKA_TOPIC");
    source->schema = *schema;
    source->windows = plan->pipeline.windows;
    source->windowed = source->schema.windowed = source->windows.kind != KSQL_WINDOW_NONE;
    source->timestamp_column = "";
    source->wrap_single_value = true;
    source->statement = ksql_arena_strdup(&plan->arena, context->statement->text);
    source->value_format = choose_format(context, "VALUE_FORMAT", from->value_format);
    if (choose_key_format(context, from, &source->key_format))
        return OF_INPUT;
    const struct ksql_plan *existing = ksql_metastore_source(context->metastore, source->name);
    if (existing)
        return ksql_problem_set(context->problem, &plan->parsed.name_place,
            "Cannot add %s '%s': A %s with the same name already exists",
            source->table ? "table" : "stream", source->name,
            existing->source.table ? "table" : "stream");
    plan->has_source = plan->created_as = true;
    plan->pipeline.output_kept = source->table && context->callbacks->keeps_state;
    return ksql_context_layout(context, from);
}

/* ksqlDB looks at this last. */
static int check_kind(struct ksql_context *context)
{
    const struct ksql_plan *plan = context->plan;
    bool table = plan->pipeline.table || plan->pipeline.grouping;
    if (plan->parsed.table == table)
        return 0;
    return ksql_problem_set(context->problem, &plan->parsed.place,
        "Invalid result type. Your SELECT query produces a %s. Please use CREATE %s AS SELECT "
        "statement instead.",
        table ? "TABLE" : "STREAM", table ? "TABLE" : "STREAM");
}

static int plan_create_as(struct ksql_context *context, const struct ksql_source *from)
{
    struct ksql_plan *plan = context->plan;
    const char *name = plan->parsed.name;
    if (ksql_with_check_formats(&plan->parsed.with, context->problem) ||
        ksql_plan_select(plan, from, name, context->problem) || build_source(context, from) ||
        check_kind(context))
        return OF_INPUT;
    ksql_plan_timing(&plan->arena, &plan->source, &plan->pipeline.output, &plan->pipeline.timing);
    char *id = ksql_arena_printf(&plan->arena, "%s_%s_%lld", plan->parsed.table ? "CTAS" : "CSAS",
        name, (long long)context->next_id);
    for (char *c = id; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return ksql_context_query(context, &plan->source, id);
}

/* A second query into a stream makes even IF NOT EXISTS an error. */
static int check_writers(struct ksql_context *context)
{
    const struct ksql_metastore *metastore = context->metastore;
    const char *name = context->plan->parsed.name, *list = "";
    size_t writers = 0;
    for (size_t i = 0; i < metastore->query_count; i++) {
        const struct ksql_query *query = &metastore->queries[i]->query;
        if (strcmp(query->sink, name) == 0)
            list = ksql_arena_printf(
                &context->plan->arena, "%s%s%s", list, writers++ ? ", " : "", query->id);
    }
    if (writers <= 1)
        return 0;
    return ksql_problem_set(context->problem, &context->plan->parsed.name_place,
        PLAN_PREFIX "REPLACE for sink `%s` is not supported because there are multiple queries "
                    "writing into it: [%s]",
        name, list);
}

int ksql_prepare_create_as(struct ksql_context *context)
{
    struct ksql_plan *plan = context->plan;
    struct ksql_statement *statement = context->statement;
    const struct ksql_source *from = NULL;
    if (ksql_with_check(
            &plan->parsed.with, KSQL_WITH_CREATE_AS, context->options->replay, context->problem))
        return ksql_problem_prefix(context->problem, "Failed to prepare statement: ");
    if (ksql_context_resolve(context, &from))
        return OF_INPUT;
    if (plan->parsed.or_replace)
        return ksql_problem_unsupported(
            context->problem, &plan->parsed.place, "CREATE OR REPLACE ... AS SELECT");
    if (plan->parsed.if_not_exists &&
        ksql_metastore_source(context->metastore, plan->parsed.name)) {
        if (check_writers(context))
            return OF_INPUT;
        ksql_context_exists(context);
        return 0;
    }
    int status = inject_topic(context, from);
    if (status)
        return status;
    show(context);
    if (plan_create_as(context, from))
        return ksql_problem_prefix(context->problem, PLAN_PREFIX);
    statement->effect = KSQL_EFFECT_CREATE_QUERY;
    statement->source = &plan->source;
    statement->query = &plan->query;
    statement->command_id =
        of_asprintf("%s/`%s`/create", plan->parsed.table ? "table" : "stream", plan->parsed.name);
    statement->message = of_asprintf("Created query with ID %s", plan->query.id);
    return 0;
}

/* ---- INSERT INTO ---- */

static int find_target(struct ksql_context *context, const struct ksql_source **target)
{
    const struct ksql_parsed *parsed = &context->plan->parsed;
    const struct ksql_plan *plan = ksql_metastore_source(context->metastore, parsed->name);
    if (!plan)
        return ksql_problem_set(context->problem, &parsed->name_place,
            "Exception while preparing statement: Line: %d, Col: %d: Source `%s` does not exist.",
            parsed->place.line, parsed->place.column + (int)strlen("INSERT INTO"), parsed->name);
    if (plan->source.table)
        return ksql_problem_set(context->problem, &parsed->name_place,
            "Exception while preparing statement: INSERT INTO can only be used to insert into a "
            "stream. %s is a table.",
            parsed->name);
    for (size_t i = 0; i < plan->source.schema.count; i++) {
        if (plan->source.schema.columns[i].header)
            return ksql_problem_set(context->problem, &parsed->name_place,
                "Exception while preparing statement: Cannot insert into %s because it has header "
                "columns",
                parsed->name);
    }
    if (plan->source.read_only)
        return ksql_problem_set(context->problem, &parsed->name_place,
            "Cannot insert into read-only stream: %s", parsed->name);
    *target = &plan->source;
    return 0;
}

static int choose_id(struct ksql_context *context, const char **id)
{
    static const char *const prefixes[] = {"INSERTQUERY_", "CTAS_", "CSAS_", "CST_"};
    struct ksql_plan *plan = context->plan;
    const char *given = ksql_with_string(&plan->parsed.with, "QUERY_ID");
    if (!given) {
        *id = ksql_arena_printf(&plan->arena, "INSERTQUERY_%lld", (long long)context->next_id);
        return 0;
    }
    char *chosen = ksql_arena_strdup(&plan->arena, given);
    bool good = *chosen;
    for (char *c = chosen; *c; c++) {
        *c = (char)toupper((unsigned char)*c);
        good = good && (isalnum((unsigned char)*c) || *c == '_');
    }
    for (size_t i = 0; i < OF_COUNT(prefixes); i++) {
        if (strncmp(chosen, prefixes[i], strlen(prefixes[i])) == 0)
            return ksql_problem_set(context->problem, NULL,
                "Query IDs must not start with a reserved query ID prefix (INSERTQUERY_, CTAS_, "
                "CSAS_, CST_). Got '%s'.",
                chosen);
    }
    if (!good)
        return ksql_problem_set(context->problem, NULL,
            "Query IDs may contain only alphanumeric characters and '_'. Got: '%s'", chosen);
    *id = chosen;
    return 0;
}

static int check_id(struct ksql_context *context, const char *id)
{
    if (!ksql_metastore_query(context->metastore, id))
        return 0;
    return ksql_problem_set(context->problem, NULL, "Query ID '%s' already exists.", id);
}

/* The one conversion that ksqlDB makes: of decimals and of numbers as they are written to a DECIMAL
 * with more room. This runner leaves it to a CAST. */
static bool becomes_decimal(const struct ksql_output *output, const struct ksql_type *to)
{
    const struct ksql_type *from = output->expression->type;
    enum ksql_node_kind kind = output->expression->kind;
    if (to->kind != KSQL_DECIMAL)
        return false;
    if (kind == KSQL_NODE_INTEGER || kind == KSQL_NODE_BIGINT || kind == KSQL_NODE_DECIMAL ||
        kind == KSQL_NODE_DOUBLE || kind == KSQL_NODE_SIGN)
        return true;
    return from->kind == KSQL_DECIMAL && from->scale <= to->scale &&
           from->precision - from->scale <= to->precision - to->scale;
}

/* Names, kinds and types of all columns must agree. */
static int check_target(struct ksql_context *context, const struct ksql_source *target)
{
    const struct ksql_schema *result = &context->plan->pipeline.output, *sink = &target->schema;
    bool names = result->count == sink->count, types = true;
    for (size_t i = 0; names && i < result->count; i++) {
        const struct ksql_column *a = &result->columns[i], *b = &sink->columns[i];
        names = strcmp(a->name, b->name) == 0 && a->key == b->key;
        bool same = ksql_type_equal(a->type, b->type);
        types = types && same;
        if (!same && becomes_decimal(&context->plan->pipeline.outputs[i], b->type))
            return ksql_problem_unsupported(context->problem, &context->plan->parsed.place,
                "Column %s of another number type than in %s, without a CAST,", a->name,
                target->name);
    }
    if (names && types)
        return 0;
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, KSQL_PROBLEM_MAX);
    of_buffer_append_text(
        &text, "Incompatible schema between results and sink.\nResult schema is ");
    ksql_schema_format(result, &text);
    of_buffer_append_text(&text, "\nSink schema is ");
    ksql_schema_format(sink, &text);
    return ksql_problem_set(
        context->problem, &context->plan->parsed.place, "%s", of_buffer_text(&text));
}

int ksql_prepare_insert(struct ksql_context *context)
{
    struct ksql_plan *plan = context->plan;
    struct ksql_statement *statement = context->statement;
    const struct ksql_source *from = NULL, *target = NULL;
    const char *id = NULL;
    if (ksql_with_check(
            &plan->parsed.with, KSQL_WITH_INSERT, context->options->replay, context->problem))
        return ksql_problem_prefix(context->problem, "Failed to prepare statement: ");
    if (ksql_group_is_asked(plan->parsed.select))
        return ksql_problem_unsupported(
            context->problem, &plan->parsed.place, "INSERT INTO ... SELECT ... GROUP BY");
    if (find_target(context, &target) || ksql_context_resolve(context, &from))
        return OF_INPUT;
    if (from->table)
        return ksql_problem_unsupported(context->problem, &plan->parsed.select->from_place,
            "INSERT INTO a stream from a table");
    if (from->windowed || target->windowed)
        return ksql_problem_unsupported(
            context->problem, &plan->parsed.name_place, "INSERT INTO with windowed keys");
    if (from == target)
        return ksql_problem_unsupported(
            context->problem, &plan->parsed.name_place, "INSERT INTO a stream from itself");
    if (ksql_plan_select(plan, from, target->name, context->problem) || choose_id(context, &id) ||
        check_id(context, id) || check_target(context, target) ||
        ksql_context_query(context, target, id))
        return OF_INPUT;
    statement->effect = KSQL_EFFECT_INSERT_QUERY;
    statement->query = &plan->query;
    statement->command_id = of_asprintf("stream/`%s`/create", plan->parsed.name);
    statement->message = of_asprintf("Created query with ID %s", plan->query.id);
    return 0;
}
