/* The life of one query: prepared, started, read to its end. */
#include "ksqld/server/query.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "ksqld/server/ephemeral.h"
#include "ksqld/server/intake.h"
#include "ksqld/server/print.h"
#include "ksqld/server/pushes.h"
#include "ksqld/server/state.h"

#include <stdlib.h>
#include <sys/random.h>

#define SLICE_MS 100 /* how long a stop may go unnoticed */

struct ksql_querying {
    struct ksql_server *server;
    struct ksql_statement *statement;
    char *id;
    struct ksql_intake intake;
    struct ksql_push push;
    bool listed, over;
    struct ksql_ephemeral *ephemeral; /* PUSH */
    struct ksql_topic_print *print;   /* PRINT */
    int64_t deadline;                 /* of a pull query, like the next */
    struct ksql_run *run;             /* while it reads */
};

void ksql_querying_free(struct ksql_querying *querying)
{
    if (!querying)
        return;
    if (querying->listed)
        ksql_pushes_remove(querying->server->pushes, &querying->push);
    if (querying->ephemeral)
        ksql_ephemeral_free(querying->ephemeral);
    ksql_topic_print_free(querying->print);
    ksql_run_free(querying->run);
    ksql_statement_free(querying->statement);
    of_buffer_release(&querying->intake.answer);
    free(querying->id);
    free(querying);
}

const char *ksql_querying_id(const struct ksql_querying *querying)
{
    return querying->id;
}

/* ---- refusals ---- */

/* At these endpoints ksqlDB puts the statement behind its messages, but for those that come before
 * there is one. */
static int fail(struct ksql_failure *failure, const char *text)
{
    static const char early[] = "Exception while preparing statement:";
    if (failure->status == 400 && failure->statement &&
        strncmp(failure->message, early, strlen(early)) != 0) {
        char *message = of_asprintf("%s\nStatement: %s", failure->message, text);
        free(failure->message);
        failure->message = message;
    }
    return failure->status == 400 ? OF_INPUT : OF_RETRY;
}

static int fail_statement(struct ksql_failure *failure, const char *text, const char *message)
{
    *failure = (struct ksql_failure){.status = 400,
        .error_code = 40001,
        .type = "statement_error",
        .message = of_strdup(message),
        .statement = of_strdup(text)};
    return fail(failure, text);
}

static int fail_error(struct ksql_failure *failure, const char *text, const struct of_error *error)
{
    ksql_request_fail(failure, text, error);
    return fail(failure, text);
}

static int fail_full(struct ksql_querying *querying, struct ksql_failure *failure)
{
    const char *text = querying->statement->text;
    OF_FREE char *message = of_asprintf(
        "Not executing statement(s) '%s' as it would cause the number of active, push queries to "
        "exceed the configured limit. Terminate existing PUSH queries, or increase the "
        "'ksql.max.push.queries' setting via the 'ksql-server.properties' file. Current push query "
        "count: %d. Configured limit: %d.",
        text, KSQL_PUSH_QUERIES_MAX, KSQL_PUSH_QUERIES_MAX);
    return fail_statement(failure, text, message);
}

static void set_limit(struct ksql_querying *querying)
{
    const struct ksql_asked *asked = querying->statement->asked;
    querying->intake.limited = asked->limited;
    querying->intake.limit = asked->limit;
    querying->intake.limit_reached = asked->limited && asked->limit <= 0;
}

/* ---- pull queries ---- */

static int take_table_row(void *context, const struct ksql_read_row *row, struct of_error *error)
{
    struct ksql_querying *querying = context;
    int result =
        ksql_intake_check_time(of_clock_monotonic(), querying->deadline, KSQL_PULL_MS, error);
    if (result == OF_OK)
        result = ksql_run_answer(querying->run, row, ksql_intake_row, &querying->intake, error);
    return result < 0 ? result : querying->intake.limit_reached;
}

/* A paused query's table that could not be opened, as when no broker answered, may be by now. */
static bool reopen(struct ksql_server *server, const char *writer)
{
    pthread_mutex_lock(&server->lock);
    const struct ksql_query *query = ksql_engine_query_find(server->engine, writer);
    bool open = query && query->paused && ksql_tasks_reopen(&server->tasks, &server->world, query);
    pthread_mutex_unlock(&server->lock);
    return open;
}

static int read_table(
    struct ksql_querying *querying, const struct ksql_read *read, struct of_error *error)
{
    struct ksql_server *server = querying->server;
    const char *writer = querying->statement->asked->writer;
    size_t told = querying->intake.answer.length;
    int result = ksql_tables_read(server->tables, writer, read, take_table_row, querying, error);
    if (result == OF_RETRY && querying->intake.answer.length == told && reopen(server, writer))
        result = ksql_tables_read(server->tables, writer, read, take_table_row, querying, error);
    return result;
}

static int pull(struct ksql_querying *querying, struct of_error *error)
{
    const struct ksql_asked *asked = querying->statement->asked;
    bool told = false;
    struct ksql_run_callbacks callbacks = ksql_cluster_run_callbacks(querying->server->cluster);
    callbacks.trouble = ksql_ephemeral_note;
    callbacks.trouble_context = &told;
    int result =
        ksql_run_new(querying->statement->query, &callbacks, -1, -1, &querying->run, error);
    querying->deadline = of_clock_monotonic() + KSQL_PULL_MS;
    set_limit(querying);
    for (size_t i = 0; i < asked->read_count && result == OF_OK && !querying->intake.limit_reached;
         i++)
        result = read_table(querying, &asked->reads[i], error);
    ksql_run_free(OF_TAKE(querying->run));
    return result;
}

static int start_pull(struct ksql_querying *querying, struct ksql_failure *failure)
{
    struct of_error error;
    of_buffer_init(&querying->intake.answer, KSQL_PULL_BYTES_MAX);
    querying->id = of_asprintf("query_%lld", (long long)of_clock_now());
    querying->intake.telling.pull = true;
    ksql_tell_header(&querying->intake.telling, querying->id, querying->statement->asked->columns,
        &querying->intake.answer);
    if (pull(querying, &error) < 0)
        return fail_error(failure, querying->statement->text, &error);
    ksql_tell_end(&querying->intake.telling, NULL, &querying->intake.answer);
    querying->over = true;
    return OF_OK;
}

/* ---- push queries ---- */

/* A place in the list, before anything is started. */
static int enlist(struct ksql_querying *querying, const char *source, struct ksql_failure *failure)
{
    of_buffer_init(&querying->intake.answer, KSQL_PUSH_BYTES_MAX);
    uint64_t number = 0;
    (void)!getrandom(&number, sizeof(number), 0);
    querying->id = of_asprintf("transient_%s_%llu", source, (unsigned long long)(number >> 1));
    querying->push.id = querying->id;
    querying->listed = ksql_pushes_add(querying->server->pushes, &querying->push);
    return querying->listed ? OF_OK : fail_full(querying, failure);
}

static int start_push(struct ksql_querying *querying, const struct ksql_request *request,
    struct ksql_failure *failure)
{
    struct of_error error;
    const struct ksql_ephemeral_spec spec = {.config = querying->server->config,
        .statement = querying->statement,
        .properties = request->properties.items,
        .property_count = request->properties.count,
        .callbacks = ksql_cluster_run_callbacks(querying->server->cluster)};
    int result = enlist(querying, querying->statement->query->sources[0], failure);
    if (result < 0)
        return result;
    if (ksql_ephemeral_new(&spec, &querying->ephemeral, &error) < 0)
        return fail_error(failure, querying->statement->text, &error);
    const struct ksql_asked *asked = querying->statement->asked;
    set_limit(querying);
    ksql_tell_header(
        &querying->intake.telling, querying->id, asked->columns, &querying->intake.answer);
    return OF_OK;
}

static int start_print(struct ksql_querying *querying, struct ksql_failure *failure)
{
    struct of_error error;
    int result = enlist(querying, "print", failure);
    if (result < 0)
        return result;
    if (ksql_topic_print_new(querying->server->config, querying->server->registry,
            querying->statement->printing, &querying->print, &error) < 0)
        return fail_error(failure, querying->statement->text, &error);
    return OF_OK;
}

/* ---- starting ---- */

static int prepare(struct ksql_querying *querying, const struct ksql_request *request,
    struct ksql_failure *failure)
{
    struct ksql_server *server = querying->server;
    struct of_error error;
    OF_CLEANUP(ksql_pieces_release) struct ksql_pieces pieces = {.items = NULL};
    if (ksql_split(request->text, request->length, &pieces, &error) < 0)
        return fail_statement(failure, request->text, error.message);
    if (pieces.count != 1) {
        OF_FREE char *message =
            of_asprintf("Expected exactly one KSQL statement; found %zu instead", pieces.count);
        return fail_statement(failure, request->text, message);
    }
    const struct ksql_prepare_options options = {.properties = request->properties.items,
        .property_count = request->properties.count,
        .variables = request->variables.items,
        .variable_count = request->variables.count,
        .queries = true};
    pthread_mutex_lock(&server->engine_lock);
    int result = ksql_engine_prepare(server->engine, pieces.items[0].text, pieces.items[0].length,
        &options, &querying->statement, failure);
    pthread_mutex_unlock(&server->engine_lock);
    if (result < 0 && failure->statement) {
        free(failure->statement); /* as it was given */
        failure->statement = of_strdup(request->text);
    }
    return result < 0 ? fail(failure, request->text) : OF_OK;
}

int ksql_querying_new(struct ksql_server *server, const struct ksql_request *request,
    enum ksql_telling_form form, struct ksql_querying **out, struct ksql_failure *failure)
{
    OF_CLEANUP(of_cleanup_ksql_querying)
    struct ksql_querying *querying = of_alloc(sizeof(*querying));
    querying->server = server;
    querying->intake.telling.form = form;
    int result = prepare(querying, request, failure);
    if (result < 0)
        return result;
    switch (querying->statement->effect) {
    case KSQL_EFFECT_PULL:
        result = start_pull(querying, failure);
        break;
    case KSQL_EFFECT_PRINT:
        result = start_print(querying, failure);
        break;
    default:
        result = start_push(querying, request, failure);
    }
    if (result < 0)
        return result;
    *out = OF_TAKE(querying);
    return OF_OK;
}

/* ---- reading ---- */

static void end_push(struct ksql_querying *querying, int result, const struct of_error *error)
{
    querying->over = true;
    if (result < 0) {
        of_log_error(OF_LOG_WARNING, "a push query failed", error);
        if (querying->intake.answer.full) /* rows in part are no answer */
            of_buffer_clear(&querying->intake.answer);
        ksql_tell_error(&querying->intake.telling, 50000, error->message, &querying->intake.answer);
    }
    ksql_tell_end(&querying->intake.telling,
        result < 0                       ? NULL
        : querying->intake.limit_reached ? "Limit Reached"
                                         : "Query Completed",
        &querying->intake.answer);
}

static void step_push(struct ksql_querying *querying, int wait_ms)
{
    struct of_error error;
    int result = OF_OK;
    bool stopped = atomic_load(&querying->push.stop) || of_signals_stopping();
    if (!querying->intake.limit_reached && !stopped)
        result = ksql_ephemeral_step(
            querying->ephemeral, wait_ms, ksql_intake_row, &querying->intake, &error);
    if (querying->intake.limit_reached || stopped || result)
        end_push(querying, result, &error);
}

static void step_print(struct ksql_querying *querying, int wait_ms)
{
    bool stopped = atomic_load(&querying->push.stop) || of_signals_stopping();
    querying->over =
        stopped || !ksql_topic_print_step(querying->print, wait_ms, &querying->intake.answer);
}

bool ksql_querying_read(struct ksql_querying *querying, int wait_ms, struct of_buffer *out)
{
    int64_t deadline = of_clock_monotonic() + wait_ms;
    do {
        int slice = wait_ms < SLICE_MS ? wait_ms : SLICE_MS;
        if (!querying->over && querying->intake.answer.length == 0)
            (querying->print ? step_print : step_push)(querying, slice);
    } while (
        !querying->over && querying->intake.answer.length == 0 && of_clock_monotonic() < deadline);
    of_buffer_append(out, querying->intake.answer.data, querying->intake.answer.length);
    of_buffer_clear(&querying->intake.answer);
    return !querying->over;
}
