/* The language core behind its contract: which function prepares which statement, how problems
 * become error bodies, and what a statement changes once it is applied. */
#include "ksqld/engine.h"

#include "avro/binary.h"
#include "base/memory.h"
#include "ksqld/lang/parser.h"
#include "ksqld/lang/variables.h"
#include "ksqld/plan/context.h"

#include <assert.h>
#include <stdlib.h>

#define HTTP_BAD_REQUEST 400
#define HTTP_SERVER_ERROR 500
#define ERROR_GENERIC 40000
#define ERROR_BAD_STATEMENT 40001
#define ERROR_QUERY_ENDPOINT 40002
#define ERROR_SERVER 50000

struct ksql_engine {
    struct ksql_callbacks callbacks;
    struct ksql_metastore metastore;
    int64_t next_id;
    uint64_t changes; /* counts applied statements; a prepared one holds for one count */
    bool copy;        /* its plans are another engine's too */
};

struct ksql_engine *ksql_engine_new(const struct ksql_callbacks *callbacks)
{
    struct ksql_engine *engine = of_alloc(sizeof(*engine));
    engine->callbacks = *callbacks;
    return engine;
}

struct ksql_engine *ksql_engine_copy(
    const struct ksql_engine *engine, const struct ksql_callbacks *callbacks)
{
    struct ksql_engine *copy = ksql_engine_new(callbacks);
    for (size_t i = 0; i < engine->metastore.source_count; i++)
        ksql_metastore_add_source(&copy->metastore, engine->metastore.sources[i]);
    for (size_t i = 0; i < engine->metastore.query_count; i++)
        ksql_metastore_add_query(&copy->metastore, engine->metastore.queries[i]);
    for (size_t i = 0; i < engine->metastore.type_count; i++)
        ksql_metastore_add_type(&copy->metastore, engine->metastore.types[i]);
    copy->next_id = engine->next_id;
    copy->copy = true;
    return copy;
}

void ksql_engine_free(struct ksql_engine *engine)
{
    if (!engine)
        return;
    ksql_metastore_release(&engine->metastore);
    free(engine);
}

void ksql_statement_free(struct ksql_statement *statement)
{
    if (!statement)
        return;
    free(statement->text);
    free(statement->command_id);
    free(statement->message);
    free(statement->topic.name);
    free(statement->name);
    free(statement->value);
    for (size_t i = 0; i < statement->stop_count; i++)
        free(statement->stops[i]);
    free(statement->stops);
    if (statement->plan)
        ksql_plan_release(statement->plan);
    free(statement);
}

void ksql_failure_release(struct ksql_failure *failure)
{
    free(failure->message);
    free(failure->statement);
    *failure = (struct ksql_failure){0};
}

/* ---- preparing ---- */

static int prepare_list(struct ksql_context *context)
{
    static const enum ksql_effect effects[] = {
        [KSQL_STATEMENT_LIST_STREAMS] = KSQL_EFFECT_LIST_STREAMS,
        [KSQL_STATEMENT_LIST_TABLES] = KSQL_EFFECT_LIST_TABLES,
        [KSQL_STATEMENT_LIST_TOPICS] = KSQL_EFFECT_LIST_TOPICS,
        [KSQL_STATEMENT_LIST_QUERIES] = KSQL_EFFECT_LIST_QUERIES,
        [KSQL_STATEMENT_LIST_PROPERTIES] = KSQL_EFFECT_LIST_PROPERTIES,
        [KSQL_STATEMENT_LIST_FUNCTIONS] = KSQL_EFFECT_LIST_FUNCTIONS,
        [KSQL_STATEMENT_LIST_VARIABLES] = KSQL_EFFECT_LIST_VARIABLES,
        [KSQL_STATEMENT_LIST_TYPES] = KSQL_EFFECT_LIST_TYPES,
    };
    const struct ksql_parsed *parsed = &context->plan->parsed;
    context->statement->effect = effects[parsed->kind];
    context->statement->extended = parsed->extended;
    return 0;
}

static int prepare_describe(struct ksql_context *context)
{
    const struct ksql_parsed *parsed = &context->plan->parsed;
    if (!ksql_metastore_source(context->metastore, parsed->name))
        return ksql_problem_set(context->problem, &parsed->name_place,
            "Could not find STREAM/TABLE '%s' in the Metastore", parsed->name);
    context->statement->effect = KSQL_EFFECT_DESCRIBE;
    context->statement->name = of_strdup(parsed->name);
    context->statement->extended = parsed->extended;
    return 0;
}

static int prepare_setting(struct ksql_context *context)
{
    static const enum ksql_effect effects[] = {
        [KSQL_STATEMENT_SET] = KSQL_EFFECT_SET,
        [KSQL_STATEMENT_UNSET] = KSQL_EFFECT_UNSET,
        [KSQL_STATEMENT_DEFINE] = KSQL_EFFECT_DEFINE,
        [KSQL_STATEMENT_UNDEFINE] = KSQL_EFFECT_UNDEFINE,
    };
    const struct ksql_parsed *parsed = &context->plan->parsed;
    context->statement->effect = effects[parsed->kind];
    context->statement->name = of_strdup(parsed->name);
    if (parsed->value)
        context->statement->value = of_strdup(parsed->value);
    return 0;
}

static int refuse_query(struct ksql_context *context)
{
    context->problem->select = true;
    return ksql_problem_set(context->problem, NULL,
        "The following statement types should be issued to the websocket endpoint '/query':\n"
        "\t* PRINT\n\t* SELECT");
}

/* SELECT and PRINT go one way, all others another. */
static int check_endpoint(struct ksql_context *context)
{
    enum ksql_statement_kind kind = context->plan->parsed.kind;
    bool query = kind == KSQL_STATEMENT_SELECT || kind == KSQL_STATEMENT_PRINT;
    if (query == context->options->queries)
        return 0;
    return query
               ? refuse_query(context)
               : ksql_problem_set(context->problem, NULL, "Neither a query nor a print statement");
}

static int prepare_parsed(struct ksql_context *context)
{
    if (check_endpoint(context))
        return OF_INPUT;
    switch (context->plan->parsed.kind) {
    case KSQL_STATEMENT_SELECT:
        return ksql_prepare_query(context);
    case KSQL_STATEMENT_PRINT:
        return ksql_prepare_print(context);
    case KSQL_STATEMENT_CREATE:
        return ksql_prepare_create(context);
    case KSQL_STATEMENT_CREATE_AS:
        return ksql_prepare_create_as(context);
    case KSQL_STATEMENT_INSERT:
        return ksql_prepare_insert(context);
    case KSQL_STATEMENT_INSERT_VALUES:
        return ksql_prepare_values(context);
    case KSQL_STATEMENT_CREATE_TYPE:
        return ksql_prepare_create_type(context);
    case KSQL_STATEMENT_DROP_TYPE:
        return ksql_prepare_drop_type(context);
    case KSQL_STATEMENT_DESCRIBE_FUNCTION:
        return ksql_prepare_describe_function(context);
    case KSQL_STATEMENT_ASSERT:
        return ksql_prepare_assert(context);
    case KSQL_STATEMENT_EXPLAIN:
        return ksql_prepare_explain(context);
    case KSQL_STATEMENT_DROP:
        return ksql_prepare_drop(context);
    case KSQL_STATEMENT_TERMINATE:
    case KSQL_STATEMENT_PAUSE:
    case KSQL_STATEMENT_RESUME:
        return ksql_prepare_queries(context);
    case KSQL_STATEMENT_DESCRIBE:
        return prepare_describe(context);
    case KSQL_STATEMENT_SET:
    case KSQL_STATEMENT_UNSET:
    case KSQL_STATEMENT_DEFINE:
    case KSQL_STATEMENT_UNDEFINE:
        return prepare_setting(context);
    default:
        return prepare_list(context);
    }
}

static int check_room(struct ksql_context *context)
{
    bool more = context->plan->has_source &&
                !ksql_metastore_source(context->metastore, context->plan->source.name);
    if (context->metastore->source_count >= KSQL_SOURCES_MAX && more)
        return ksql_problem_set(
            context->problem, NULL, "more than %u streams and tables", KSQL_SOURCES_MAX);
    if (context->metastore->query_count >= KSQL_QUERIES_MAX && context->plan->has_query)
        return ksql_problem_set(context->problem, NULL, "more than %u queries", KSQL_QUERIES_MAX);
    return 0;
}

static const char *find_variable(const void *context, const char *name, size_t length)
{
    const struct ksql_prepare_options *options = context;
    for (size_t i = 0; i < options->variable_count; i++) {
        const struct ksql_property *variable = &options->variables[i];
        if (strlen(variable->name) == length && memcmp(variable->name, name, length) == 0)
            return variable->value;
    }
    return NULL;
}

/* From the first word to the semicolon: what comes before is no part of a statement. */
static void set_text(struct ksql_statement *statement, const char *text, size_t length)
{
    struct ksql_lexer lexer;
    struct ksql_token token;
    ksql_lexer_init(&lexer, text, length);
    ksql_lexer_next(&lexer, &token);
    size_t start = token.place.offset;
    while (length > start && strchr(" \t\r\n", text[length - 1]))
        length--;
    statement->text = of_strndup(text + start, length - start);
}

static const struct ksql_type *find_type(
    const void *context, const char *name, struct ksql_arena *arena)
{
    const struct ksql_plan *plan = ksql_metastore_type(context, name);
    return plan ? ksql_type_copy(arena, plan->parsed.type) : NULL;
}

static int prepare(struct ksql_context *context, const char *text, size_t length)
{
    struct of_buffer substituted OF_CLEANUP(of_buffer_release);
    of_buffer_init(&substituted, KSQL_STATEMENT_MAX);
    if (length > KSQL_STATEMENT_MAX)
        return ksql_problem_set(
            context->problem, NULL, "the statement is longer than %u bytes", KSQL_STATEMENT_MAX);
    if (memchr(text, 0, length) || !of_avro_is_utf8(text, length))
        return ksql_problem_set(
            context->problem, NULL, "the statement is no text (UTF-8 without NUL bytes)");
    const struct ksql_type_names types = {context->metastore, find_type};
    const struct ksql_variable_values variables = {find_variable, context->options};
    if ((memmem(text, length, "${", 2) &&
            ksql_parse_variables(text, length, &types, &variables, context->problem)) ||
        ksql_substitute(
            text, length, find_variable, context->options, &substituted, context->problem))
        return OF_INPUT;
    text = of_buffer_text(&substituted);
    set_text(context->statement, text, substituted.length);
    free(*context->shown);
    *context->shown = of_strdup(context->statement->text);
    if (ksql_parse_typed(&context->plan->arena, text, substituted.length, &types,
            &context->plan->parsed, context->problem))
        return OF_INPUT;
    int status = prepare_parsed(context);
    return status ? status : check_room(context);
}

/* ---- problems to error bodies ---- */

static void fill_failure(struct ksql_failure *failure, struct ksql_problem *problem, char **shown)
{
    bool input = problem->class == OF_INPUT;
    bool generic = !input || problem->generic;
    *failure = (struct ksql_failure){
        .status = input ? HTTP_BAD_REQUEST : HTTP_SERVER_ERROR,
        .error_code = !input             ? ERROR_SERVER
                      : problem->generic ? ERROR_GENERIC
                      : problem->select  ? ERROR_QUERY_ENDPOINT
                                         : ERROR_BAD_STATEMENT,
        .type = generic ? "generic_error" : "statement_error",
        .message = OF_TAKE(problem->message),
        .statement = generic ? NULL : OF_TAKE(*shown),
        .not_supported = problem->not_supported,
        .line = problem->place.line,
        .column = problem->place.column,
    };
}

/* What a statement is prepared with, and where its outcome stands. */
struct preparation {
    struct ksql_problem problem;
    struct ksql_statement *made;
    char *shown;
    struct ksql_context context;
};

static void begin(struct preparation *work, struct ksql_engine *engine,
    const struct ksql_prepare_options *options, const char *text, size_t length)
{
    work->made = of_alloc(sizeof(*work->made));
    work->made->plan = ksql_plan_new();
    work->made->prepared_at = engine->changes;
    work->shown = of_strndup(text, length < KSQL_STATEMENT_MAX ? length : 0);
    work->context = (struct ksql_context){.metastore = &engine->metastore,
        .callbacks = &engine->callbacks,
        .options = options,
        .next_id = engine->next_id,
        .plan = work->made->plan,
        .statement = work->made,
        .problem = &work->problem,
        .shown = &work->shown};
}

static int end(struct preparation *work, int status, struct ksql_statement **statement,
    struct ksql_failure *failure)
{
    assert(!status || work->problem.class != OF_OK);
    if (status)
        fill_failure(failure, &work->problem, &work->shown);
    else
        *statement = OF_TAKE(work->made);
    ksql_problem_release(&work->problem);
    ksql_statement_free(work->made);
    free(work->shown);
    return status;
}

int ksql_engine_prepare(struct ksql_engine *engine, const char *text, size_t length,
    const struct ksql_prepare_options *options, struct ksql_statement **statement,
    struct ksql_failure *failure)
{
    struct preparation work = {.made = NULL};
    begin(&work, engine, options, text, length);
    return end(&work, prepare(&work.context, text, length), statement, failure);
}

int ksql_engine_prepare_target(struct ksql_engine *engine, const char *name,
    struct ksql_statement **statement, struct ksql_failure *failure)
{
    const struct ksql_prepare_options none = {.properties = NULL};
    struct preparation work = {.made = NULL};
    begin(&work, engine, &none, name, strlen(name));
    work.made->text = of_strdup(name);
    return end(&work, ksql_prepare_target(&work.context, name), statement, failure);
}

/* ---- applying ---- */

static void apply_drop(struct ksql_engine *engine, const struct ksql_statement *statement)
{
    for (size_t i = 0; i < statement->stop_count; i++)
        ksql_metastore_drop_query(&engine->metastore, statement->stops[i]);
    ksql_metastore_drop_source(&engine->metastore, statement->name);
}

static void apply_stops(struct ksql_engine *engine, const struct ksql_statement *statement)
{
    for (size_t i = 0; i < statement->stop_count; i++) {
        struct ksql_plan *plan = ksql_metastore_query(&engine->metastore, statement->stops[i]);
        if (!plan)
            continue;
        if (!engine->copy)
            plan->query.paused = statement->effect == KSQL_EFFECT_PAUSE;
        if (statement->effect == KSQL_EFFECT_TERMINATE)
            ksql_metastore_drop_query(&engine->metastore, statement->stops[i]);
    }
}

int ksql_engine_apply(struct ksql_engine *engine, struct ksql_statement *statement,
    int64_t sequence, struct of_error *error)
{
    if (statement->prepared_at != engine->changes)
        return of_fail(error, OF_INPUT,
            "another statement was applied since this one was prepared: %s", statement->text);
    struct ksql_plan *plan = statement->plan;
    switch (statement->effect) {
    case KSQL_EFFECT_CREATE_SOURCE:
        ksql_metastore_add_source(&engine->metastore, plan);
        if (plan->has_query)
            ksql_metastore_add_query(&engine->metastore, plan);
        break;
    case KSQL_EFFECT_CREATE_QUERY:
        ksql_metastore_add_source(&engine->metastore, plan);
        ksql_metastore_add_query(&engine->metastore, plan);
        break;
    case KSQL_EFFECT_INSERT_QUERY:
        ksql_metastore_add_query(&engine->metastore, plan);
        break;
    case KSQL_EFFECT_CREATE_TYPE:
        if (!ksql_metastore_type(&engine->metastore, statement->name))
            ksql_metastore_add_type(&engine->metastore, plan);
        break;
    case KSQL_EFFECT_DROP_TYPE:
        ksql_metastore_drop_type(&engine->metastore, statement->name);
        break;
    case KSQL_EFFECT_DROP:
        apply_drop(engine, statement);
        break;
    case KSQL_EFFECT_TERMINATE:
    case KSQL_EFFECT_PAUSE:
    case KSQL_EFFECT_RESUME:
        apply_stops(engine, statement);
        break;
    default:
        return 0; /* changes nothing, is no part of the log */
    }
    engine->changes++;
    engine->next_id = sequence + 1;
    return 0;
}

/* ---- reading ---- */

size_t ksql_engine_source_count(const struct ksql_engine *engine)
{
    return engine->metastore.source_count;
}

const struct ksql_source *ksql_engine_source(const struct ksql_engine *engine, size_t index)
{
    return &engine->metastore.sources[index]->source;
}

const struct ksql_source *ksql_engine_source_find(
    const struct ksql_engine *engine, const char *name)
{
    const struct ksql_plan *plan = ksql_metastore_source(&engine->metastore, name);
    return plan ? &plan->source : NULL;
}

const struct ksql_schema *ksql_engine_query_columns(
    const struct ksql_engine *engine, const char *id, struct ksql_windows *windows)
{
    const struct ksql_plan *plan = ksql_metastore_query(&engine->metastore, id);
    if (!plan)
        return NULL;
    *windows = plan->pipeline.windows;
    return &plan->pipeline.output;
}

size_t ksql_engine_type_count(const struct ksql_engine *engine)
{
    return engine->metastore.type_count;
}

const struct ksql_type *ksql_engine_type(
    const struct ksql_engine *engine, size_t index, const char **name)
{
    const struct ksql_parsed *parsed = &engine->metastore.types[index]->parsed;
    *name = parsed->name;
    return parsed->type;
}

size_t ksql_engine_query_count(const struct ksql_engine *engine)
{
    return engine->metastore.query_count;
}

const struct ksql_query *ksql_engine_query(const struct ksql_engine *engine, size_t index)
{
    return &engine->metastore.queries[index]->query;
}

const struct ksql_query *ksql_engine_query_find(const struct ksql_engine *engine, const char *id)
{
    const struct ksql_plan *plan = ksql_metastore_query(&engine->metastore, id);
    return plan ? &plan->query : NULL;
}

size_t ksql_engine_constraints(
    const struct ksql_engine *engine, const char *name, const char **names, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < engine->metastore.source_count; i++) {
        const struct ksql_plan *plan = engine->metastore.sources[i];
        if (!ksql_metastore_is_made_from(plan, name))
            continue;
        if (count < max)
            names[count] = plan->source.name;
        count++;
    }
    return count;
}
