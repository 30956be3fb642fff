/* Reading the dead-letter topic and the one that tells what became of its letters. */
#include "dlq.h"

/* `each` ends by this answer, which no error has. */
#define ENOUGH (-1000)

static int on_handled(void *context, const struct of_scan_range *range,
    const rd_kafka_message_t *message, struct of_error *error)
{
    (void)range;
    struct dlq *dlq = context;
    return handled_take(&dlq->handled, dlq->topic, message->key, message->key_len, message->payload,
        message->len, error);
}

int dlq_load_handled(struct dlq *dlq, struct of_error *error)
{
    OF_CLEANUP(of_scan_ranges_release) struct of_scan_ranges ranges = {NULL, 0, 0};
    const char *const names[] = {dlq->handled_topic};
    bool exists;
    handled_release(&dlq->handled);
    /* What is written, not only what shows: a predecessor's commit may have its markers under way.
     */
    int result =
        of_scan_topic(dlq->scan, dlq->handled_topic, 0, OF_SCAN_WRITTEN, &ranges, &exists, error);
    return result < 0
               ? result
               : of_scan_read(dlq->scan, names, ranges.items, ranges.count, on_handled, dlq, error);
}

int dlq_ranges(struct dlq *dlq, struct of_scan_ranges *ranges, struct of_error *error)
{
    bool exists;
    int result = of_scan_topic(dlq->scan, dlq->topic, 0, OF_SCAN_COMMITTED, ranges, &exists, error);
    if (result == OF_OK && !exists)
        result = of_fail(error, OF_INPUT, "there is no topic %s", dlq->topic);
    for (size_t i = 0; i < ranges->count && result == OF_OK; i++) {
        struct of_scan_range *range = &ranges->items[i];
        int64_t start, end;
        if (!selection_bounds(&dlq->selection, range->partition, &start, &end))
            end = range->start;
        if (start > range->start)
            range->start = start;
        if (end < range->end)
            range->end = end;
    }
    return result;
}

struct each {
    struct dlq *dlq;
    dlq_visit *visit;
    void *context;
};

static int on_record(void *context, const struct of_scan_range *range,
    const rd_kafka_message_t *message, struct of_error *error)
{
    (void)range;
    struct each *each = context;
    struct letter letter;
    letter_read(&letter, message);
    bool wanted = selection_wants(&each->dlq->selection, &letter);
    int result = each->visit(each->context, wanted ? &letter : NULL, error);
    return result > 0 ? ENOUGH : result;
}

int dlq_each(struct dlq *dlq, const struct of_scan_ranges *ranges, dlq_visit *visit, void *context,
    struct of_error *error)
{
    const char *const names[] = {dlq->topic};
    struct each each = {dlq, visit, context};
    int result = OF_OK;
    /* One partition at a time: letters come in the same order each time. */
    for (size_t i = 0; i < ranges->count && result == OF_OK; i++)
        result = of_scan_read(dlq->scan, names, &ranges->items[i], 1, on_record, &each, error);
    return result == ENOUGH ? OF_OK : result;
}
