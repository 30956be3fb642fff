/* A query over JSON or DELIMITED records, fed by a test, and what can be read of its table. */
#ifndef TESTS_UNIT_KSQL_TABLE_H
#define TESTS_UNIT_KSQL_TABLE_H

#include "unit/support.h"

#include "ksqld/engine.h"
#include "ksqld/plan/value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

OF_UNUSED static struct ksql_engine *table_engine(const char *const *statements)
{
    struct ksql_engine *engine = ksql_engine_new(&(struct ksql_callbacks){.keeps_state = true});
    struct of_error error;
    for (int64_t i = 0; statements[i]; i++) {
        struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
        struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
        const struct ksql_prepare_options options = {0};
        if (ksql_engine_prepare(
                engine, statements[i], strlen(statements[i]), &options, &statement, &failure))
            fail_msg("%s\n%s", statements[i], failure.message);
        assert_int_equal(ksql_engine_apply(engine, statement, i, &error), 0);
    }
    return engine;
}

struct emitted {
    char text[8192];
};

OF_UNUSED static void add_text(struct emitted *out, const char *bytes, size_t size)
{
    size_t used = strlen(out->text);
    snprintf(out->text + used, sizeof(out->text) - used, "%.*s", (int)size, bytes);
}

/* "key=value;", a tombstone "key;" */
OF_UNUSED static int emit_text(
    void *context, const struct ksql_record_out *record, struct of_error *error)
{
    (void)error;
    struct emitted *out = context;
    if (!out)
        return 0;
    add_text(out, record->key ? record->key : "-", record->key ? record->key_size : 1);
    if (record->value) {
        add_text(out, "=", 1);
        add_text(out, record->value, record->value_size);
    }
    add_text(out, ";", 1);
    return 0;
}

OF_UNUSED static int feed_partition(struct ksql_run *run, int32_t partition, const char *key,
    const char *value, int64_t timestamp, struct emitted *out)
{
    struct of_error error;
    const struct ksql_record_in in = {.partition = partition,
        .timestamp = timestamp,
        .key = key,
        .key_size = key ? strlen(key) : 0,
        .value = value,
        .value_size = value ? strlen(value) : 0};
    return ksql_run_process(run, &in, emit_text, out, &error);
}

OF_UNUSED static int feed(struct ksql_run *run, const char *key, const char *value,
    int64_t timestamp, struct emitted *out)
{
    return feed_partition(run, 0, key, value, timestamp, out);
}

/* Rows of STRING keys and BIGINT columns: "a[0,10] 1 2@5;" */
OF_UNUSED static int show_row(
    void *context, const struct ksql_read_row *row, struct of_error *error)
{
    (void)error;
    char text[256];
    add_text(context, row->values[0].text.data, row->values[0].text.length);
    if (row->window_end) {
        snprintf(
            text, sizeof(text), "[%" PRId64 ",%" PRId64 "]", row->window_start, row->window_end);
        add_text(context, text, strlen(text));
    }
    snprintf(text, sizeof(text), " %" PRId64 "@%" PRId64 ";",
        row->values[1].null ? -1 : row->values[1].number, row->timestamp);
    add_text(context, text, strlen(text));
    return 0;
}

OF_UNUSED static void assert_rows(
    const struct ksql_run *run, const struct ksql_read *read, const char *expected)
{
    struct of_error error;
    struct emitted rows = {""};
    assert_int_equal(ksql_run_read(run, read, show_row, &rows, &error), 0);
    assert_string_equal(rows.text, expected);
}

#endif
