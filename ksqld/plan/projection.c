/* Rules for the columns that a SELECT yields: each key once, at least one value, no name twice. */
#include "ksqld/lang/node.h"
#include "ksqld/plan/select.h"
#include "ksqld/plan/typing.h"

#include <stdlib.h>

struct rules {
    const struct ksql_pipeline *pipeline;
    const struct ksql_select *select;
    const char *sink, *const *partition_names;
    struct ksql_scope scope;
};

const char *ksql_join_names(
    struct ksql_arena *arena, const char *const *names, size_t count, bool spoken)
{
    const char *list = count ? names[0] : "";
    for (size_t i = 1; i < count; i++)
        list = ksql_arena_printf(
            arena, "%s%s%s", list, spoken && i + 1 == count ? " and " : ", ", names[i]);
    return list;
}

static int fail_missing(
    const struct rules *rules, const char *kind, const char **keys, size_t count)
{
    const char *plural = count > 1 ? "s" : "";
    return ksql_problem_set(rules->scope.problem, &rules->select->place,
        "Key%s missing from projection (ie, SELECT). \nThe query used to build `%s` must include "
        "the %s%s %s in its projection (eg, SELECT %s...).",
        plural, rules->sink, kind, plural, ksql_join_names(rules->scope.arena, keys, count, true),
        ksql_join_names(rules->scope.arena, keys, count, false));
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int fail_twice(
    const struct rules *rules, const char *key, const char **aliases, size_t count)
{
    qsort(aliases, count, sizeof(*aliases), compare_text);
    return ksql_problem_set(rules->scope.problem, &rules->select->place,
        "The projection contains a key column (`%s`) more than once, aliased as: %s.\nEach key "
        "column must only be in the projection once. If you intended to copy the key into the "
        "value, then consider using the AS_VALUE function to indicate which key reference should "
        "be copied.",
        key, ksql_join_names(rules->scope.arena, aliases, count, true));
}

/* How often the key of this index is selected; twice is an error. */
static int count_key(const struct rules *rules, size_t index, const char *key, size_t *found)
{
    const struct ksql_pipeline *pipeline = rules->pipeline;
    const char **aliases = NULL;
    *found = 0;
    for (size_t i = 0; i < pipeline->output.count; i++) {
        const struct ksql_output *output = &pipeline->outputs[i];
        if (output->key && output->key_index == index)
            *ksql_arena_append(rules->scope.arena, aliases, *found) =
                pipeline->output.columns[i].name;
    }
    return *found > 1 ? fail_twice(rules, key, aliases, *found) : 0;
}

static int check_twice(const struct rules *rules)
{
    const struct ksql_pipeline *pipeline = rules->pipeline;
    size_t found;
    for (size_t i = 0; i < pipeline->partition_count; i++) {
        if (count_key(rules, i, rules->partition_names[i], &found))
            return OF_INPUT;
    }
    for (size_t i = 0; !pipeline->partitioned && i < pipeline->input.count; i++) {
        if (pipeline->input.columns[i].key &&
            count_key(rules, i, pipeline->input.columns[i].name, &found))
            return OF_INPUT;
    }
    return 0;
}

static const char *show_source(const struct ksql_scope *scope, const struct ksql_node *node)
{
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, KSQL_PROBLEM_MAX);
    ksql_node_format(node, true, false, &text);
    return ksql_arena_strdup(scope->arena, of_buffer_text(&text));
}

/* BY NULL: no key to ask for. */
static int check_partition(const struct rules *rules)
{
    const char **shown = NULL;
    size_t count = 0;
    bool missing = false;
    for (size_t i = 0; i < rules->pipeline->partition_count; i++) {
        size_t found;
        if (count_key(rules, i, rules->partition_names[i], &found))
            return OF_INPUT;
        missing = missing || !found;
        *ksql_arena_append(rules->scope.arena, shown, count) =
            show_source(&rules->scope, rules->select->partition_by[i]);
    }
    return missing ? fail_missing(rules, "partitioning expression", shown, count) : 0;
}

static int check_keys(const struct rules *rules)
{
    const struct ksql_schema *input = &rules->pipeline->input;
    const char **keys = NULL;
    size_t count = 0;
    bool missing = false;
    for (size_t i = 0; i < input->count; i++) {
        size_t found;
        if (!input->columns[i].key)
            continue;
        if (count_key(rules, i, input->columns[i].name, &found))
            return OF_INPUT;
        missing = missing || !found;
        *ksql_arena_append(rules->scope.arena, keys, count) = input->columns[i].name;
    }
    return missing ? fail_missing(rules, "key column", keys, count) : 0;
}

/* Keys and values are apart for this. */
static int check_names(const struct rules *rules)
{
    const struct ksql_schema *output = &rules->pipeline->output;
    if (output->count > KSQL_COLUMNS_MAX)
        return ksql_problem_set(rules->scope.problem, &rules->select->place,
            "the result has more than %d columns", KSQL_COLUMNS_MAX);
    for (size_t i = 0; i < output->count; i++) {
        const struct ksql_column *column = &output->columns[i];
        for (size_t j = 0; j < i; j++) {
            if (strcmp(column->name, output->columns[j].name) == 0 &&
                column->key == output->columns[j].key)
                return ksql_problem_set(rules->scope.problem, &rules->select->place,
                    "Duplicate %s columns found in schema: `%s` %s%s",
                    column->key ? "key" : "value", column->name,
                    ksql_show_type(&rules->scope, column->type), column->key ? " KEY" : "");
        }
    }
    return 0;
}

static int check_values(const struct rules *rules)
{
    const struct ksql_schema *output = &rules->pipeline->output;
    if (output->count == ksql_schema_key_count(output))
        return ksql_problem_set(rules->scope.problem, &rules->select->place,
            "The projection contains no value columns.");
    for (size_t i = 0; i < output->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(output->columns[i].name, output->columns[j].name) == 0)
                return ksql_problem_unsupported(rules->scope.problem, &rules->select->place,
                    "A key and a value of one name (%s)", output->columns[i].name);
        }
    }
    return 0;
}

int ksql_check_projection(struct ksql_plan *plan, const char *sink,
    const char *const *partition_names, struct ksql_problem *problem)
{
    struct rules rules = {.pipeline = &plan->pipeline,
        .select = plan->parsed.select,
        .sink = sink,
        .partition_names = partition_names,
        .scope = {.schema = &plan->pipeline.input, .arena = &plan->arena, .problem = problem}};
    if (check_names(&rules))
        return OF_INPUT;
    if (plan->ephemeral)
        return 0;
    if (check_twice(&rules) || check_values(&rules))
        return OF_INPUT;
    return rules.pipeline->partitioned ? check_partition(&rules) : check_keys(&rules);
}
