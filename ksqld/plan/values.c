/* INSERT INTO ... VALUES: which values the columns get. Bytes are made of them elsewhere. */
#include "base/memory.h"
#include "ksqld/exec/cast.h"
#include "ksqld/exec/strict.h"
#include "ksqld/plan/context.h"
#include "ksqld/plan/select.h"
#include "ksqld/plan/typing.h"

#include <stdlib.h>
#include <strings.h>

#define SHOWN_MAX (64u * 1024)

/* ---- the target ---- */

/* ksqlDB answers these without the statement. */
static int fail_generic(struct ksql_context *context)
{
    context->problem->generic = context->problem->class == OF_INPUT;
    return OF_INPUT;
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *hint_one(struct ksql_arena *arena, const char *name)
{
    bool small = false;
    for (const char *c = name; *c; c++)
        small = small || (*c >= 'a' && *c <= 'z');
    return small ? ksql_arena_printf(arena,
                       "\nDid you mean \"%s\"? Hint: wrap the source name in double quotes to make "
                       "it case-sensitive.",
                       name)
                 : ksql_arena_printf(arena,
                       "\nDid you mean %s? Hint: try removing double quotes from the source name.",
                       name);
}

/* "Did you mean ..." for names that differ in their case only. */
static const char *alternatives(struct ksql_context *context, const char *name)
{
    struct ksql_arena *arena = &context->plan->arena;
    const char **shown = NULL, *one = NULL;
    size_t count = 0;
    for (size_t i = 0; i < context->metastore->source_count; i++) {
        const struct ksql_source *source = &context->metastore->sources[i]->source;
        if (strcasecmp(source->name, name) != 0)
            continue;
        one = source->name;
        *ksql_arena_append(arena, shown, count) = ksql_arena_printf(
            arena, "\"%s\" (%s)", source->name, source->table ? "TABLE" : "STREAM");
    }
    if (count < 2)
        return count ? hint_one(arena, one) : "";
    qsort(shown, count, sizeof(*shown), compare_text);
    const char *list = shown[0];
    for (size_t i = 1; i < count; i++) {
        const char *between = i + 1 < count ? ", " : count == 2 ? " or " : ", or ";
        list = ksql_arena_printf(arena, "%s%s%s", list, between, shown[i]);
    }
    return ksql_arena_printf(arena,
        "\nDid you mean %s? Hint: wrap the source name in double quotes to make it case-sensitive.",
        list);
}

static bool is_internal(const char *topic)
{
    static const char *const names[] = {"_schemas", "__consumer_offsets", "__transaction_state",
        "connect-configs", "connect-offsets", "connect-status", "connect-statuses"};
    for (size_t i = 0; i < OF_COUNT(names); i++) {
        if (strcmp(names[i], topic) == 0)
            return true;
    }
    return strncmp(topic, "_confluent", 10) == 0 || strncmp(topic, "__confluent", 11) == 0;
}

static int check_target(struct ksql_context *context, const struct ksql_source *source)
{
    const struct ksql_place *place = &context->plan->parsed.name_place;
    if (source->windowed)
        return ksql_problem_set(
            context->problem, place, "Cannot insert values into windowed stream/table!");
    if (is_internal(source->topic))
        return ksql_problem_set(context->problem, place,
            "Cannot insert values into read-only topic: %s", source->topic);
    if (source->read_only)
        return ksql_problem_set(context->problem, place,
            "Cannot insert values into read-only %s: %s", source->table ? "table" : "stream",
            source->name);
    return 0;
}

static void copy_source(
    struct ksql_arena *arena, const struct ksql_source *from, struct ksql_source *to)
{
    *to = *from;
    to->name = ksql_arena_strdup(arena, from->name);
    to->topic = ksql_arena_strdup(arena, from->topic);
    to->key_format = ksql_arena_strdup(arena, from->key_format);
    to->value_format = ksql_arena_strdup(arena, from->value_format);
    to->statement = to->timestamp_column = "";
    for (int side = 0; side < 2; side++) {
        if (from->schema_names[side])
            to->schema_names[side] = ksql_arena_strdup(arena, from->schema_names[side]);
    }
    ksql_schema_copy(arena, &from->schema, &to->schema);
}

static int write_schema(struct ksql_context *context, bool key)
{
    struct ksql_insertion *insertion = context->plan->insertion;
    struct ksql_arena *arena = &context->plan->arena;
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    of_buffer_init(&text, KSQL_STATEMENT_MAX);
    if (ksql_write_source_schema(
            arena, &insertion->target, &insertion->target.schema, key, &text, context->problem))
        return OF_INPUT;
    if (text.length)
        insertion->schemas[key] = ksql_arena_strndup(arena, (const char *)text.data, text.length);
    return 0;
}

int ksql_prepare_target(struct ksql_context *context, const char *name)
{
    const struct ksql_plan *found = ksql_metastore_source(context->metastore, name);
    if (!found) {
        ksql_problem_set(context->problem, &context->plan->parsed.name_place,
            "Cannot insert values into an unknown stream/table: `%s`%s", name,
            alternatives(context, name));
        return fail_generic(context);
    }
    if (check_target(context, &found->source))
        return fail_generic(context);
    struct ksql_plan *plan = context->plan;
    plan->insertion = ksql_arena_new(&plan->arena, sizeof(*plan->insertion));
    struct ksql_source *target = &plan->insertion->target;
    copy_source(&plan->arena, &found->source, target);
    const char *const formats[] = {target->key_format, target->value_format};
    if (ksql_context_declares(context, formats, OF_COUNT(formats)) ||
        ksql_check_serialization(
            &target->schema, target->key_format, target->value_format, false, context->problem) ||
        write_schema(context, false) || write_schema(context, true))
        return OF_INPUT;
    context->statement->effect = KSQL_EFFECT_INSERT_VALUES;
    context->statement->insertion = plan->insertion;
    return 0;
}

/* ---- one value ---- */

static bool has_column(const struct ksql_node *node)
{
    if (node->kind == KSQL_NODE_COLUMN)
        return true;
    for (size_t i = 0; i < node->count; i++) {
        if (has_column(node->items[i]))
            return true;
    }
    return false;
}

static int fail_type(const struct ksql_scope *scope, const struct ksql_node *node,
    const struct ksql_column *column, const struct ksql_type *from, const struct ksql_value *value)
{
    struct of_buffer text OF_CLEANUP(of_buffer_release);
    const char *format = "";
    of_buffer_init(&text, SHOWN_MAX);
    ksql_value_print(from, value, &text);
    if (from->kind == KSQL_STRING && column->type->kind == KSQL_TIMESTAMP)
        format = ". Timestamp format must be yyyy-mm-ddThh:mm:ss[.S]";
    if (from->kind == KSQL_STRING && column->type->kind == KSQL_TIME)
        format = ". Time format must be hh:mm:ss[.S]";
    if (from->kind == KSQL_STRING && column->type->kind == KSQL_DATE)
        format = ". Date format must be yyyy-mm-dd";
    return ksql_problem_set(scope->problem, &node->place,
        "Expected type %s for field `%s` but got %s(%s)%s", ksql_show_type(scope, column->type),
        column->name, ksql_type_kind_name(from->kind), of_buffer_text(&text), format);
}

static int evaluate(const struct ksql_scope *scope, const struct ksql_node *node,
    const struct ksql_column *column, struct ksql_value *result)
{
    struct ksql_frame frame = {.arena = scope->arena};
    struct ksql_expression *expression;
    struct ksql_value value;
    if (has_column(node))
        return ksql_problem_set(scope->problem, &node->place,
            "Unsupported column reference in insert value: %s", ksql_show_node(scope, node));
    if (ksql_type_expression(scope, node, &expression))
        return OF_INPUT;
    if (ksql_evaluate(&frame, expression, &value) || frame.errors)
        return ksql_problem_set(scope->problem, &node->place,
            "The value for field `%s` cannot be evaluated: %s", column->name,
            ksql_show_node(scope, node));
    if (frame.refusal)
        return ksql_problem_unsupported(scope->problem, &node->place, "%s", frame.refusal);
    if (ksql_strict_value(scope->arena, expression->type, &value, column->type, result))
        return fail_type(scope, node, column, expression->type, &value);
    return 0;
}

/* ---- all of them ---- */

struct values {
    struct ksql_context *context;
    struct ksql_insertion *insertion;
    struct ksql_schema none;
    struct ksql_scope scope;
    struct ksql_value *values;
    bool *given;
};

static const char *show_list(struct values *work, bool names)
{
    const struct ksql_parsed *parsed = &work->context->plan->parsed;
    struct ksql_arena *arena = work->scope.arena;
    const char **shown = NULL;
    size_t count = 0;
    for (size_t i = 0; i < (names ? parsed->column_count : parsed->value_count); i++)
        *ksql_arena_append(arena, shown, count) =
            names ? ksql_arena_printf(arena, "`%s`", parsed->columns[i])
                  : ksql_show_node(&work->scope, parsed->values[i]);
    return ksql_join_names(arena, shown, count, false);
}

/* ROWTIME, and what no record can be sent with. */
static int set_time(struct values *work, const struct ksql_node *node)
{
    const struct ksql_type bigint = {.kind = KSQL_BIGINT};
    const struct ksql_column column = {.name = "ROWTIME", .type = &bigint};
    struct ksql_value value;
    if (evaluate(&work->scope, node, &column, &value))
        return OF_INPUT;
    if (value.null)
        return ksql_problem_set(
            work->scope.problem, &node->place, "The value for field `ROWTIME` is null.");
    if (value.number < 0)
        return ksql_problem_set(work->scope.problem, &node->place,
            "Invalid timestamp: %lld. Timestamp should always be non-negative or null.",
            (long long)value.number);
    work->insertion->timed = true;
    work->insertion->timestamp = value.number;
    return 0;
}

static int check_column(struct values *work, const char *name)
{
    const struct ksql_place *place = &work->context->plan->parsed.name_place;
    bool pseudo = strcmp(name, "ROWPARTITION") == 0 || strcmp(name, "ROWOFFSET") == 0;
    if (pseudo)
        return ksql_problem_set(
            work->scope.problem, place, "Inserting into column `%s` is not allowed.", name);
    if (strcmp(name, "ROWTIME") == 0)
        return 0;
    for (size_t i = 0; i < work->insertion->target.schema.count; i++) {
        if (strcmp(work->insertion->target.schema.columns[i].name, name) == 0)
            return 0;
    }
    return ksql_problem_set(work->scope.problem, place, "Column name `%s` does not exist.", name);
}

static int set_column(struct values *work, const char *name, const struct ksql_node *node)
{
    const struct ksql_schema *schema = &work->insertion->target.schema;
    if (strcmp(name, "ROWTIME") == 0)
        return set_time(work, node);
    size_t i = 0;
    while (strcmp(schema->columns[i].name, name) != 0)
        i++;
    work->given[i] = true;
    return evaluate(&work->scope, node, &schema->columns[i], &work->values[i]);
}

/* Without a list: the key's columns, then the others. */
static void implicit_columns(struct values *work)
{
    const struct ksql_schema *schema = &work->insertion->target.schema;
    struct ksql_parsed *parsed = &work->context->plan->parsed;
    for (int value = 0; value < 2; value++) {
        for (size_t i = 0; i < schema->count; i++) {
            if (schema->columns[i].key == !value && !schema->columns[i].header)
                *ksql_arena_append(work->scope.arena, parsed->columns, parsed->column_count) =
                    schema->columns[i].name;
        }
    }
}

static int fill(struct values *work)
{
    struct ksql_parsed *parsed = &work->context->plan->parsed;
    const char *names = show_list(work, true);
    if (!parsed->column_count)
        implicit_columns(work);
    if (parsed->column_count != parsed->value_count)
        return ksql_problem_set(work->scope.problem, &parsed->name_place,
            "Expected a value for each column. Expected Columns: [%s]. Got [%s]", names,
            show_list(work, false));
    for (size_t i = 0; i < parsed->column_count; i++) {
        if (check_column(work, parsed->columns[i]))
            return OF_INPUT;
    }
    for (size_t i = 0; i < parsed->column_count; i++) {
        if (set_column(work, parsed->columns[i], parsed->values[i]))
            return OF_INPUT;
    }
    return 0;
}

/* Columns of headers that the statement names, or that stand among all columns. */
static int check_headers(struct values *work)
{
    const struct ksql_schema *schema = &work->insertion->target.schema;
    const struct ksql_parsed *parsed = &work->context->plan->parsed;
    const char **found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < schema->count; i++) {
        bool named = !parsed->column_count;
        for (size_t j = 0; j < parsed->column_count && !named; j++)
            named = strcmp(parsed->columns[j], schema->columns[i].name) == 0;
        if (schema->columns[i].header && named)
            *ksql_arena_append(work->scope.arena, found, count) = schema->columns[i].name;
    }
    if (!count)
        return 0;
    ksql_problem_set(work->scope.problem, &parsed->name_place,
        "Cannot insert into HEADER columns: %s",
        ksql_join_names(work->scope.arena, found, count, false));
    return fail_generic(work->context);
}

static int check_keys(struct values *work)
{
    const struct ksql_source *target = &work->insertion->target;
    const char **missing = NULL;
    size_t count = 0;
    for (size_t i = 0; target->table && i < target->schema.count; i++) {
        if (target->schema.columns[i].key && !work->given[i])
            *ksql_arena_append(work->scope.arena, missing, count) = target->schema.columns[i].name;
    }
    return count ? ksql_problem_set(work->scope.problem, &work->context->plan->parsed.name_place,
                       "Value for primary key column(s) %s is required for tables",
                       ksql_join_names(work->scope.arena, missing, count, false))
                 : 0;
}

int ksql_prepare_values(struct ksql_context *context)
{
    struct ksql_arena *arena = &context->plan->arena;
    const struct ksql_parsed *parsed = &context->plan->parsed;
    const char *name = parsed->name;
    if (parsed->column_count && parsed->column_count != parsed->value_count)
        return ksql_problem_set(context->problem, &parsed->name_place,
            "Failed to prepare statement: Expected number columns and values to match: %zu, %zu",
            parsed->column_count, parsed->value_count);
    if (ksql_prepare_target(context, name))
        return OF_INPUT;
    struct ksql_insertion *insertion = context->plan->insertion;
    size_t count = insertion->target.schema.count;
    struct values work = {.context = context, .insertion = insertion};
    work.scope = (struct ksql_scope){.schema = &work.none,
        .arena = arena,
        .problem = context->problem,
        .clause = "insert value"};
    work.values = ksql_arena_new_array(arena, count, sizeof(*work.values));
    work.given = ksql_arena_new_array(arena, count, sizeof(*work.given));
    for (size_t i = 0; i < count; i++)
        work.values[i] = KSQL_VALUE_NULL;
    if (check_headers(&work))
        return OF_INPUT;
    if (fill(&work) || check_keys(&work))
        return ksql_problem_prefix(context->problem,
            ksql_arena_printf(arena, "Failed to insert values into '%s'. ", name));
    insertion->values = work.values;
    return 0;
}
