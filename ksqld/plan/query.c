/* SELECT as a statement of its own: rows to who asked, as they come (EMIT CHANGES) or as a table
 * has them (pull queries); and PRINT. */
#include "ksqld/plan/query.h"

#include "ksqld/plan/select.h"

#include <strings.h>

/* ---- pull queries: what ksqlDB does not have for them ---- */

#define HELP                                                                                       \
    " See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you intended to issue a "    \
    "push "                                                                                        \
    "query."

static int fail_pull(struct ksql_context *context, const struct ksql_place *place, const char *text)
{
    return ksql_problem_set(context->problem, place, "%s" HELP, text);
}

static int check_clauses(struct ksql_context *context, const struct ksql_select *select)
{
    const struct {
        bool there;
        const char *message;
    } rules[] = {
        {select->join_count, "Pull queries don't support JOIN clauses."},
        {select->window, "Pull queries don't support WINDOW clauses."},
        {select->group_count, "Pull queries don't support GROUP BY clauses."},
        {select->partition_count, "Pull queries don't support PARTITION BY clauses."},
        {select->having, "Pull queries don't support HAVING clauses."},
        {select->limited && select->limit < 0,
            "Pull queries don't support negative integers in the LIMIT clause."},
    };
    const char *limits = ksql_context_property(context, "ksql.query.pull.limit.clause.enabled");
    if (select->limited && limits && strcasecmp(limits, "false") == 0)
        return fail_pull(context, &select->place,
            "LIMIT clause in pull queries is currently disabled. You can enable them by setting "
            "ksql.query.pull.limit.clause.enabled=true.");
    for (size_t i = 0; i < OF_COUNT(rules); i++) {
        if (rules[i].there)
            return fail_pull(context, &select->place, rules[i].message);
    }
    return 0;
}

static const char *list_places(
    struct ksql_context *context, const struct ksql_node *node, const char *list)
{
    static const char *const names[] = {"ROWPARTITION", "ROWOFFSET"};
    for (size_t i = 0; node->kind == KSQL_NODE_COLUMN && i < OF_COUNT(names); i++) {
        if (strcmp(node->name, names[i]) == 0)
            list = ksql_arena_printf(
                &context->plan->arena, "%s%s`%s`", list, *list ? ", " : "", names[i]);
    }
    for (size_t i = 0; i < node->count; i++)
        list = list_places(context, node->items[i], list);
    return list;
}

/* A table's row has no place in a topic. */
static int check_places(struct ksql_context *context, const struct ksql_select *select)
{
    const char *selected = "";
    for (size_t i = 0; i < select->count; i++) {
        if (!select->items[i].star)
            selected = list_places(context, select->items[i].node, selected);
    }
    const char *where = select->where ? list_places(context, select->where, "") : "";
    if (!*selected && !*where)
        return 0;
    return fail_pull(context, &select->place,
        ksql_arena_printf(&context->plan->arena,
            "Pull queries don't support the following columns in %s clauses: %s\n",
            *selected ? "SELECT" : "WHERE", *selected ? selected : where));
}

static int check_star(struct ksql_context *context, const struct ksql_select *select)
{
    for (size_t i = 0; select->count > 1 && i < select->count; i++) {
        if (select->items[i].star)
            return ksql_problem_set(context->problem, &select->items[i].place,
                "Pull queries only support wildcards in the projects if they are the only "
                "expression");
    }
    return 0;
}

/* ---- both ---- */

static int check_window(struct ksql_context *context, const struct ksql_select *select)
{
    if (!select->window || select->group_count)
        return 0;
    return ksql_problem_set(
        context->problem, &select->window->place, "WINDOW clause requires a GROUP BY clause.");
}

static struct ksql_asked *ask(struct ksql_context *context)
{
    struct ksql_plan *plan = context->plan;
    const struct ksql_select *select = plan->parsed.select;
    struct ksql_asked *asked = ksql_arena_new(&plan->arena, sizeof(*asked));
    asked->columns = &plan->pipeline.output;
    asked->table = plan->pipeline.table || plan->pipeline.grouping;
    for (size_t i = 0; i < plan->source_count; i++)
        asked->tables[i] = plan->sources[i]->table;
    asked->limited = select->limited;
    asked->limit = select->limit;
    context->statement->asked = plan->asked = asked;
    context->statement->query = &plan->query;
    return asked;
}

/* Of the keys that GROUP BY makes, as they would go through a topic of their own. */
static const char *regroup_format(struct ksql_plan *plan, const struct ksql_source *from)
{
    const char *format = from->key_format;
    if (strcmp(format, "NONE") == 0)
        format = "KAFKA";
    if (strcmp(format, "KAFKA") == 0 && plan->parsed.select->group_count > 1)
        format = "JSON";
    return ksql_arena_strdup(&plan->arena, format);
}

static int prepare_push(struct ksql_context *context, const struct ksql_source *from)
{
    struct ksql_plan *plan = context->plan;
    bool pull = !plan->parsed.select->emit;
    if (check_window(context, plan->parsed.select) ||
        ksql_plan_select(plan, from, from->name, context->problem))
        return OF_INPUT;
    plan->query.sink_key_format = regroup_format(plan, from);
    int status = ksql_context_sources(context);
    if (status)
        return status;
    ask(context)->ends = pull;
    context->statement->effect = KSQL_EFFECT_PUSH;
    return 0;
}

static int prepare_pull(struct ksql_context *context, const struct ksql_source *from)
{
    struct ksql_plan *plan = context->plan;
    const struct ksql_select *select = plan->parsed.select;
    if (check_clauses(context, select))
        return OF_INPUT;
    if (!from->table)
        return prepare_push(context, from);
    if (check_places(context, select))
        return OF_INPUT;
    const char *writer = ksql_pull_writer(context, from);
    if (!writer && from->read_only && from->windowed)
        return ksql_problem_unsupported(context->problem, &select->from_place,
            "A pull query on a SOURCE TABLE with windowed keys");
    if (!writer)
        return fail_pull(context, &select->from_place,
            ksql_arena_printf(&plan->arena,
                "The `%s` table isn't queryable. To derive a queryable table, you can do 'CREATE "
                "TABLE QUERYABLE_%s AS SELECT * FROM %s'.",
                from->name, from->name, from->name));
    if (check_star(context, select) || ksql_plan_select(plan, from, from->name, context->problem))
        return OF_INPUT;
    if (plan->pipeline.table_count)
        return ksql_problem_unsupported(
            context->problem, &select->place, "A table function in a pull query");
    ask(context)->writer = writer;
    context->statement->effect = KSQL_EFFECT_PULL;
    ksql_pull_mark_keys(plan);
    return ksql_pull_reads(context);
}

int ksql_prepare_query(struct ksql_context *context)
{
    struct ksql_plan *plan = context->plan;
    const struct ksql_source *from = NULL;
    plan->ephemeral = true;
    if (ksql_context_resolve(context, &from))
        return OF_INPUT;
    return plan->parsed.select->emit ? prepare_push(context, from) : prepare_pull(context, from);
}

int ksql_prepare_print(struct ksql_context *context)
{
    const struct ksql_print *print = &context->plan->parsed.print;
    struct ksql_printing *printing = ksql_arena_new(&context->plan->arena, sizeof(*printing));
    *printing = (struct ksql_printing){.topic = print->topic,
        .from_beginning = print->from_beginning,
        .limited = print->limited,
        .interval = print->interval,
        .limit = print->limit};
    context->statement->effect = KSQL_EFFECT_PRINT;
    context->statement->printing = printing;
    return 0;
}
