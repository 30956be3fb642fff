/* DROP, TERMINATE, PAUSE and RESUME. */
#include "base/memory.h"
#include "ksqld/lang/keywords.h"
#include "ksqld/plan/context.h"

#include <stdlib.h>

static void add_stop(struct ksql_statement *statement, const char *id)
{
    statement->stops =
        of_realloc_array(statement->stops, statement->stop_count + 1, sizeof(*statement->stops));
    statement->stops[statement->stop_count++] = of_strdup(id);
}

/* ---- DROP ---- */

static int compare_ids(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, "A, B". */
static const char *join(struct ksql_context *context, const char **names, size_t count)
{
    const char *list = "";
    if (count)
        qsort(names, count, sizeof(*names), compare_ids);
    for (size_t i = 0; i < count; i++)
        list = ksql_arena_printf(&context->plan->arena, "%s%s%s", list, i ? ", " : "", names[i]);
    return list;
}

/* INSERT queries must be ended first; those of CREATE ... AS go by what they made. */
static int check_inserts(struct ksql_context *context, const char *name)
{
    const struct ksql_metastore *metastore = context->metastore;
    struct ksql_arena *arena = &context->plan->arena;
    const char **readers = NULL, **writers = NULL;
    size_t reader_count = 0, writer_count = 0;
    for (size_t i = 0; i < metastore->query_count; i++) {
        const struct ksql_plan *plan = metastore->queries[i];
        if (plan->created_as)
            continue;
        if (ksql_query_reads(&plan->query, name))
            *ksql_arena_append(arena, readers, reader_count) = plan->query.id;
        if (strcmp(plan->query.sink, name) == 0)
            *ksql_arena_append(arena, writers, writer_count) = plan->query.id;
    }
    if (!reader_count && !writer_count)
        return 0;
    return ksql_problem_set(context->problem, &context->plan->parsed.name_place,
        "Cannot drop %s.\nThe following queries read from this source: [%s].\nThe following "
        "queries write into this source: [%s].\nYou need to terminate them before dropping %s.",
        name, join(context, readers, reader_count), join(context, writers, writer_count), name);
}

static int check_constraints(struct ksql_context *context, const char *name)
{
    const struct ksql_metastore *metastore = context->metastore;
    const char **made = NULL;
    size_t count = 0;
    for (size_t i = 0; i < metastore->source_count; i++) {
        const struct ksql_plan *plan = metastore->sources[i];
        if (ksql_metastore_is_made_from(plan, name))
            *ksql_arena_append(&context->plan->arena, made, count) = plan->source.name;
    }
    if (!count)
        return 0;
    return ksql_problem_set(context->problem, &context->plan->parsed.name_place,
        "Cannot drop %s.\nThe following streams and/or tables read from this source: [%s].\nYou "
        "need to drop them before dropping %s.",
        name, join(context, made, count), name);
}

static int check_topic(struct ksql_context *context, const struct ksql_source *source)
{
    const struct ksql_metastore *metastore = context->metastore;
    const char **others = NULL;
    size_t count = 0;
    for (size_t i = 0; i < metastore->source_count; i++) {
        const struct ksql_source *other = &metastore->sources[i]->source;
        if (other != source && strcmp(other->topic, source->topic) == 0)
            *ksql_arena_append(&context->plan->arena, others, count) = other->name;
    }
    if (!count)
        return 0;
    return ksql_problem_set(context->problem, &context->plan->parsed.name_place,
        "Refusing to delete topic. Found other data sources (%s) using topic %s",
        join(context, others, count), source->topic);
}

static int find_source(struct ksql_context *context, const struct ksql_plan **plan)
{
    const struct ksql_parsed *parsed = &context->plan->parsed;
    *plan = ksql_metastore_source(context->metastore, parsed->name);
    if (!*plan && !parsed->if_exists)
        return ksql_problem_set(context->problem, &parsed->name_place, "%s %s does not exist.",
            parsed->table ? "Table" : "Stream", parsed->name);
    if (*plan && (*plan)->source.table != parsed->table)
        return ksql_problem_set(context->problem, &parsed->name_place,
            "Incompatible data source type is %s, but statement was DROP %s",
            parsed->table ? "stream" : "table", parsed->table ? "table" : "stream");
    return 0;
}

/* The text that is logged says nothing of the topic: that is deleted once, not at each replay. */
static void show_without_topic(struct ksql_context *context)
{
    const struct ksql_parsed *parsed = &context->plan->parsed;
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, KSQL_STATEMENT_MAX);
    of_buffer_appendf(&text, "DROP %s %s", parsed->table ? "TABLE" : "STREAM",
        parsed->if_exists ? "IF EXISTS " : "");
    ksql_name_append(&text, parsed->name, false);
    of_buffer_append_byte(&text, ';');
    ksql_context_show(context, &text);
}

int ksql_prepare_drop(struct ksql_context *context)
{
    const struct ksql_parsed *parsed = &context->plan->parsed;
    struct ksql_statement *statement = context->statement;
    const struct ksql_plan *plan;
    if (find_source(context, &plan))
        return OF_INPUT;
    if (!plan) {
        statement->message = of_asprintf("Source `%s` does not exist.", parsed->name);
        return 0;
    }
    if (parsed->delete_topic && plan->source.read_only)
        return ksql_problem_set(context->problem, &parsed->name_place,
            "Cannot delete topic for read-only source: %s", parsed->name);
    if (parsed->delete_topic) {
        if (check_topic(context, &plan->source))
            return OF_INPUT;
        show_without_topic(context);
    }
    if (check_inserts(context, parsed->name) || check_constraints(context, parsed->name))
        return OF_INPUT;
    const struct ksql_plan *query =
        plan->created_as ? ksql_metastore_query(context->metastore, plan->query.id) : NULL;
    if (query)
        add_stop(statement, query->query.id);
    statement->effect = KSQL_EFFECT_DROP;
    statement->name = of_strdup(parsed->name);
    statement->delete_topic = parsed->delete_topic && !context->options->replay;
    statement->topic.name = of_strdup(plan->source.topic);
    statement->command_id =
        of_asprintf("%s/`%s`/drop", parsed->table ? "table" : "stream", parsed->name);
    statement->message =
        of_asprintf("Source `%s` (topic: %s) was dropped.", parsed->name, plan->source.topic);
    return 0;
}

/* ---- TERMINATE, PAUSE, RESUME ---- */

static int check_source_table(struct ksql_context *context)
{
    static const char *const verbs[] = {[KSQL_STATEMENT_TERMINATE] = "terminate",
        [KSQL_STATEMENT_PAUSE] = "pause",
        [KSQL_STATEMENT_RESUME] = "resume"};
    const struct ksql_parsed *parsed = &context->plan->parsed;
    const struct ksql_plan *plan = ksql_metastore_query(context->metastore, parsed->name);
    if (*plan->query.sink)
        return 0;
    return ksql_problem_set(context->problem, &parsed->name_place,
        "Cannot %s query '%s' because it is linked to a source table.", verbs[parsed->kind],
        parsed->name);
}

int ksql_prepare_queries(struct ksql_context *context)
{
    static const struct {
        enum ksql_effect effect;
        const char *command, *message;
    } kinds[] = {
        [KSQL_STATEMENT_TERMINATE] = {KSQL_EFFECT_TERMINATE, "terminate", "Query terminated."},
        [KSQL_STATEMENT_PAUSE] = {KSQL_EFFECT_PAUSE, "pause", "Query paused."},
        [KSQL_STATEMENT_RESUME] = {KSQL_EFFECT_RESUME, "resume", "Query resumed."},
    };
    const struct ksql_parsed *parsed = &context->plan->parsed;
    const struct ksql_metastore *metastore = context->metastore;
    struct ksql_statement *statement = context->statement;
    for (size_t i = 0; parsed->all && i < metastore->query_count; i++)
        add_stop(statement, metastore->queries[i]->query.id);
    if (!parsed->all) {
        if (!ksql_metastore_query(metastore, parsed->name))
            return ksql_problem_set(
                context->problem, &parsed->name_place, "Unknown queryId: %s", parsed->name);
        if (check_source_table(context))
            return OF_INPUT;
        add_stop(statement, parsed->name);
    }
    statement->effect = kinds[parsed->kind].effect;
    statement->message = of_strdup(kinds[parsed->kind].message);
    statement->command_id = of_asprintf(
        "%s/%s/execute", kinds[parsed->kind].command, parsed->all ? "ALL" : parsed->name);
    return 0;
}
