/* The processing log: what goes wrong with records of queries, as ksqlDB writes it to its topic
 * `<service id>ksql_processing_log`, one JSON object each. This makes the text; sending it is the
 * query's. */
#ifndef KSQLD_SERVER_PROCESSING_LOG_H
#define KSQLD_SERVER_PROCESSING_LOG_H

#include "avro/binary.h"
#include "base/buffer.h"
#include "ksqld/engine.h"

#define KSQL_LOG_ENTRY_MAX (512u * 1024) /* bytes; what is larger goes without its row */
/* Of one record: those that are told, what was left out, and why the record was given up. */
#define KSQL_LOG_ENTRIES_MAX (KSQL_TROUBLES_MAX + 2)

/* What went wrong with the record at hand. */
struct ksql_processing_log {
    const char *query_id; /* borrowed, like the next two */
    const char *topic;    /* of the record */
    const struct ksql_record_in *record;
    bool rows; /* with rows and bytes of records (ksql.logging.processing.rows.include) */
    struct of_buffer bytes;
    size_t ends[KSQL_LOG_ENTRIES_MAX]; /* of the entries in `bytes` */
    size_t count;
};

void ksql_processing_log_init(struct ksql_processing_log *log, const char *query_id, bool rows);
void ksql_processing_log_release(struct ksql_processing_log *log);
void ksql_processing_log_clear(struct ksql_processing_log *log); /* all entries are taken */

/* For ksql_run_callbacks.trouble; the context is the log. */
void ksql_processing_log_tell(void *context, const struct ksql_trouble *trouble);
/* The bytes of an entry, until the next one is told. */
struct of_text ksql_processing_log_entry(const struct ksql_processing_log *log, size_t index);

#endif
