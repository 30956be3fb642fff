/* Tokens, and the one transaction. */
#include "gateway/truncate.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "gateway/digest.h"
#include "kafka/scan.h"
#include "order/status.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct truncation {
    const struct of_config *config;
    pthread_mutex_t lock;
    char token[TRUNCATE_TOKEN_SIZE]; /* "": none */
    int64_t expires;
};

struct truncation *truncation_new(const struct of_config *config)
{
    struct truncation *truncation = of_alloc(sizeof(*truncation));
    pthread_mutex_init(&truncation->lock, NULL);
    truncation->config = config;
    return truncation;
}

void truncation_free(struct truncation *truncation)
{
    pthread_mutex_destroy(&truncation->lock);
    free(truncation);
}

int truncation_ask(struct truncation *truncation, int64_t now, char token[TRUNCATE_TOKEN_SIZE],
    struct of_error *error)
{
    uint8_t bytes[(TRUNCATE_TOKEN_SIZE - 1) / 2];
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return of_fail(error, OF_FATAL, "the system gives no random numbers");
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    pthread_mutex_lock(&truncation->lock);
    memcpy(truncation->token, token, sizeof(truncation->token));
    truncation->expires = now + TRUNCATE_CONFIRM_MS;
    pthread_mutex_unlock(&truncation->lock);
    return OF_OK;
}

bool truncation_confirm(struct truncation *truncation, int64_t now, const char *token)
{
    pthread_mutex_lock(&truncation->lock);
    bool good = truncation->token[0] && now < truncation->expires &&
                digest_same_secret(token, truncation->token);
    if (good)
        truncation->token[0] = '\0';
    pthread_mutex_unlock(&truncation->lock);
    return good;
}

/* ---- the transaction ---- */

struct names {
    struct of_buffer list; /* "a", "b" */
    json_t *array;
};

static void cleanup_names(struct names *names)
{
    of_buffer_release(&names->list);
    json_decref(names->array);
}

static int on_table(
    void *context, char *const fields[OF_DATABASE_FIELDS_MAX], struct of_error *error)
{
    struct names *names = context;
    if (names->list.length > 0)
        of_buffer_append_text(&names->list, ", ");
    of_buffer_append_text(&names->list, fields[0]);
    json_array_append_new(names->array, json_string(fields[0]));
    return of_buffer_check(&names->list, "the list of tables", error);
}

/* Those of the sinks that this database has. */
static const char tables_query[] =
    "SELECT quote_ident(relname) FROM pg_class "
    "WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace "
    "AND relname IN ('customer_info', 'order_info', 'item_info', 'order_status_history', "
    "'order_price', 'destination_total') ORDER BY relname";

static int mark(struct of_database *database, const char *topic, const struct of_scan_range *range,
    struct of_error *error)
{
    /* Prefix and name of a topic hold letters, digits, '.', '_' and '-' only, or Kafka would not
     * have it. */
    OF_FREE char *statement =
        of_asprintf("INSERT INTO reconcile_start (topic, partition, position, at) VALUES ('%s', "
                    "%d, %" PRId64 ", now() AT TIME ZONE 'UTC')",
            topic, (int)range->partition, range->end);
    return of_database_run(database, statement, error);
}

static int mark_ends(
    struct truncation *truncation, struct of_database *database, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_scan) struct of_scan *scan = NULL;
    int result = of_scan_new(truncation->config, &scan, error);
    for (size_t i = 0; i < OF_ORDER_TOPIC_COUNT && result == OF_OK; i++) {
        OF_CLEANUP(of_scan_ranges_release) struct of_scan_ranges ranges = {NULL, 0, 0};
        OF_FREE char *topic =
            of_config_topic(truncation->config, of_order_topic_name((enum of_order_topic)i));
        bool exists = false;
        result = of_scan_topic(scan, topic, i, OF_SCAN_WRITTEN, &ranges, &exists, error);
        for (size_t j = 0; j < ranges.count && result == OF_OK; j++)
            result = mark(database, topic, &ranges.items[j], error);
    }
    return result;
}

static int run_with(
    struct of_database *database, const char *format, struct names *names, struct of_error *error)
{
    OF_FREE char *statement =
        of_asprintf("%s %s", format, names ? of_buffer_text(&names->list) : "");
    return of_database_run(database, statement, error);
}

static int empty(struct truncation *truncation, struct of_database *database, struct names *names,
    struct of_error *error)
{
    OF_FREE char *lock =
        of_asprintf("LOCK TABLE %s IN ACCESS EXCLUSIVE MODE", of_buffer_text(&names->list));
    int result = of_database_run(database, "BEGIN; SET LOCAL lock_timeout = '5s'", error);
    if (result == OF_OK)
        result = of_database_run(database, lock, error);
    if (result == OF_OK)
        result = of_database_run(database, "DELETE FROM reconcile_start", error);
    if (result == OF_OK)
        result = mark_ends(truncation, database, error);
    if (result == OF_OK)
        result = run_with(database, "TRUNCATE", names, error);
    return result == OF_OK ? of_database_run(database, "COMMIT", error) : result;
}

int truncation_run(struct truncation *truncation, struct of_database *database, json_t **tables,
    struct of_error *error)
{
    OF_CLEANUP(cleanup_names) struct names names = {.array = json_array()};
    of_buffer_init(&names.list, 4096);
    int result = of_database_read(database, tables_query, on_table, &names, error);
    if (result == OF_OK && names.list.length == 0)
        result = of_fail(error, OF_INPUT, "there are no tables to be emptied");
    if (result < 0)
        return result;
    result = empty(truncation, database, &names, error);
    if (result < 0) {
        struct of_error ignored;
        if (of_database_run(database, "ROLLBACK", &ignored) < 0)
            of_log_error(OF_LOG_DEBUG, "rolling back", &ignored);
        return result;
    }
    of_log(OF_LOG_WARNING, "tables emptied", OF_F_TEXT("tables", of_buffer_text(&names.list)));
    *tables = OF_TAKE(names.array);
    return OF_OK;
}
