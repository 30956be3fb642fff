/* The course of an order through held, document, files and partner. */
#include "exporter.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

void exporter_init(struct exporter *exporter)
{
    *exporter = (struct exporter){.hold_ms = INT64_MAX};
    of_buffer_init(&exporter->document, DOCUMENT_BYTES_MAX);
    for (size_t i = 0; i < HELD_LINES_MAX; i++)
        of_order_line_init(&exporter->lines[i]);
}

void exporter_release(struct exporter *exporter)
{
    held_release(&exporter->held);
    partner_release(&exporter->partner);
    of_buffer_release(&exporter->document);
    for (size_t i = 0; i < HELD_LINES_MAX; i++)
        of_order_line_release(&exporter->lines[i]);
}

/* ---- giving up ---- */

static int give_up(struct exporter *exporter, struct held_order *order, struct of_error *why,
    struct of_error *error)
{
    for (size_t i = 0; i < order->count; i++) {
        const struct held_line *line = &order->lines[i];
        const struct of_record record = {.topic = exporter->topic,
            .partition = order->partition,
            .offset = line->offset,
            .timestamp = line->timestamp,
            .key = line->key,
            .key_size = line->key_size,
            .value = line->value,
            .value_size = line->value_size,
            .headers = line->headers};
        struct of_error copy = *why;
        int result = exporter->words.dead_letter(exporter->words.context, &record, &copy);
        if (result < 0) {
            *error = copy;
            return result;
        }
    }
    held_remove(&exporter->held, order);
    exporter->given_up++;
    return OF_OK;
}

static int give_up_incomplete(
    struct exporter *exporter, struct held_order *order, const char *cause, struct of_error *error)
{
    struct of_error why;
    of_fail(&why, OF_INPUT, "order %" PRId64 ": %zu of %" PRId32 " lines came; %s", order->order_id,
        order->count, order->wanted, cause);
    of_error_kind(&why, "incomplete");
    return give_up(exporter, order, &why, error);
}

/* ---- exporting ---- */

static int print(struct exporter *exporter, const struct held_order *order, struct of_error *error)
{
    of_buffer_clear(&exporter->document);
    for (size_t i = 0; i < order->count; i++) {
        int result = of_order_line_decode(
            &exporter->lines[i], order->lines[i].body, order->lines[i].body_size, error);
        if (result < 0)
            return of_error_kind(error, "decode");
    }
    return document_print(exporter->lines, order->count, &exporter->document, error);
}

static int export(struct exporter *exporter, const struct held_order *order, struct of_error *error)
{
    const struct of_order_line *first = &exporter->lines[0];
    char name[FILES_NAME_SIZE];
    bool written;
    int result = print(exporter, order, error);
    if (result == OF_OK)
        result = files_put(&exporter->files, order->order_id, first->order_date,
            &exporter->document, &written, error);
    if (result == OF_OK)
        result = partner_send(&exporter->partner, order->order_id, &exporter->document, error);
    if (result < 0)
        return result;
    files_name(order->order_id, first->order_date, name);
    return exporter->words.exported(exporter->words.context, first, name, error);
}

static int finish(struct exporter *exporter, struct held_order *order, struct of_error *error)
{
    int64_t began = of_clock_monotonic();
    int result = export(exporter, order, error);
    exporter->busy += of_clock_monotonic() - began;
    if (result == OF_INPUT) {
        struct of_error why = *error;
        return give_up(exporter, order, &why, error);
    }
    if (result == OF_OK) {
        held_remove(&exporter->held, order);
        exporter->exported++;
    }
    return result;
}

int exporter_take(struct exporter *exporter, const struct of_record *record, const uint8_t *body,
    size_t body_size, const struct of_order_line *line, int64_t now, struct of_error *error)
{
    const struct held_record held = {.order_id = line->order_id,
        .line = line->line,
        .wanted = line->route_lines,
        .partition = record->partition,
        .offset = record->offset,
        .timestamp = record->timestamp,
        .key = record->key,
        .key_size = record->key_size,
        .value = record->value,
        .value_size = record->value_size,
        .headers = of_record_headers(record),
        .body = body,
        .body_size = body_size};
    struct held_order *complete = NULL;
    while (!held_has_room(&exporter->held, &held)) {
        int result = give_up_incomplete(exporter, held_oldest(&exporter->held),
            "too many orders are incomplete to wait for the others", error);
        if (result < 0)
            return result;
    }
    int result = held_add(&exporter->held, &held, now, &complete, error);
    if (result < 0)
        return of_error_kind(error, "line");
    return complete ? finish(exporter, complete, error) : OF_OK;
}

int exporter_settle(struct exporter *exporter, int64_t now, struct of_error *error)
{
    struct held_order *oldest;
    while ((oldest = held_oldest(&exporter->held)) && now - oldest->since >= exporter->hold_ms) {
        int result = give_up_incomplete(exporter, oldest, "the others did not come in time", error);
        if (result < 0)
            return result;
    }
    exporter->busy = 0;
    return files_settle(&exporter->files, error);
}

void exporter_forget(struct exporter *exporter)
{
    held_clear(&exporter->held);
    exporter->busy = exporter->exported = exporter->given_up = 0;
}

int64_t exporter_needed(const struct exporter *exporter, int32_t partition)
{
    return held_first_offset(&exporter->held, partition);
}

bool exporter_is_slow(const struct exporter *exporter)
{
    return exporter->busy >= EXPORTER_SLOW_MS;
}
