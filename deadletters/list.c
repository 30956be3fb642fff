/* list: a line a letter. */
#include "base/buffer.h"
#include "base/clock.h"
#include "dlq.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES (64u * 1024 * 1024) /* a key of any size a broker takes, escaped */

/* Widths of the columns; a longer text pushes the rest of its line. */
enum { WIDE_LETTER = 20, WIDE_SOURCE = 24, WIDE_WORD = 10, WIDE_TIME = 24, WIDE_KEY = 12 };

struct listing {
    struct dlq *dlq;
    struct of_buffer line;
    int64_t count, handled;
};

static void cleanup_listing(struct listing *listing)
{
    of_buffer_release(&listing->line);
}

static void print_position(
    const char *topic, size_t length, int64_t partition, int64_t offset, int width)
{
    char text[400];
    if (length == 0)
        snprintf(text, sizeof(text), "-");
    else
        snprintf(text, sizeof(text), "%.*s[%" PRId64 "]@%" PRId64, (int)length, topic, partition,
            offset);
    size_t size = strlen(text);
    dlq_print_text(stdout, text, size, size > (size_t)width ? size : (size_t)width);
    putchar(' ');
}

static void print_cell(struct of_text text, size_t width)
{
    if (text.length == 0)
        text = OF_TEXT("-");
    dlq_print_text(stdout, text.data, text.length, text.length > width ? text.length : width);
    putchar(' ');
}

static void print_head(const struct dlq *dlq)
{
    printf("%-*s %-*s %-*s %-*s %-*s %-*s %s%s\n", WIDE_LETTER, "LETTER", WIDE_SOURCE, "SOURCE",
        WIDE_WORD, "STAGE", WIDE_WORD, "CLASS", WIDE_TIME, "TIME", WIDE_KEY, "KEY",
        dlq->all ? "STATE    " : "", "MESSAGE");
}

static void print_row(const struct dlq *dlq, const struct letter *letter, enum handled_as state)
{
    char time[OF_ISO8601_SIZE] = "-";
    const rd_kafka_message_t *record = letter->record;
    if (letter->timestamp >= 0)
        of_iso8601_print(letter->timestamp, time);
    print_position(dlq->topic, strlen(dlq->topic), letter->position.partition,
        letter->position.offset, WIDE_LETTER);
    print_position(letter->source_topic.data, letter->source_topic.length, letter->source_partition,
        letter->source_offset, WIDE_SOURCE);
    print_cell(letter->stage, WIDE_WORD);
    print_cell(letter->class, WIDE_WORD);
    print_cell((struct of_text){time, strlen(time)}, WIDE_TIME);
    print_cell((struct of_text){record->key ? record->key : "", record->key ? record->key_len : 0},
        WIDE_KEY);
    if (dlq->all)
        printf("%-8s ", handled_name(state));
    dlq_print_text(stdout, letter->message.data, letter->message.length, 0);
    putchar('\n');
}

static int on_letter(void *context, const struct letter *letter, struct of_error *error)
{
    struct listing *listing = context;
    const struct dlq *dlq = listing->dlq;
    if (!letter)
        return OF_OK;
    enum handled_as state = handled_find(&dlq->handled, &letter->position, letter->timestamp);
    if (state != HANDLED_NOT && !dlq->all) {
        listing->handled++;
        return OF_OK;
    }
    if (dlq->json) {
        of_buffer_clear(&listing->line);
        of_buffer_append_text(&listing->line, "{");
        dlq_append_json(dlq, letter, &listing->line);
        of_buffer_append_text(&listing->line, "}\n");
        if (of_buffer_check(&listing->line, "a letter", error) < 0)
            return OF_INPUT;
        fwrite(listing->line.data, 1, listing->line.length, stdout);
    } else {
        if (listing->count == 0)
            print_head(dlq);
        print_row(dlq, letter, state);
    }
    listing->count++;
    return dlq->limit > 0 && listing->count >= dlq->limit;
}

int dlq_list(struct dlq *dlq, struct of_error *error)
{
    OF_CLEANUP(of_scan_ranges_release) struct of_scan_ranges ranges = {NULL, 0, 0};
    OF_CLEANUP(cleanup_listing) struct listing listing = {.dlq = dlq};
    of_buffer_init(&listing.line, LINE_MAX_BYTES);
    int result = dlq_load_handled(dlq, error);
    if (result == OF_OK)
        result = dlq_ranges(dlq, &ranges, error);
    if (result == OF_OK)
        result = dlq_each(dlq, &ranges, on_letter, &listing, error);
    if (result == OF_OK && (dlq->limit == 0 || listing.count < dlq->limit))
        result = selection_check_found(&dlq->selection, dlq->topic, error);
    if (result < 0 || dlq->json)
        return result;
    printf("%" PRId64 " %s%s", listing.count, listing.count == 1 ? "letter" : "letters",
        listing.count > 0 && listing.count == dlq->limit ? ", as many as --limit" : "");
    if (listing.handled > 0)
        printf(" (%" PRId64 " handled, see --all)", listing.handled);
    putchar('\n');
    return OF_OK;
}
