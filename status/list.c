/* Orders and their statuses out of PostgreSQL. */
#include "status.h"

#include "base/clock.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Widths of the columns; a longer text pushes the rest of its line. */
enum { WIDE_NUMBER = 10, WIDE_STATUS = 10, WIDE_TIME = 24, WIDE_STAGE = 10 };

struct listing {
    int64_t found;        /* orders */
    int64_t order;        /* whose statuses come, with found > 0 */
    int64_t way;          /* how many of them on its way */
    struct of_buffer now; /* JSON of its newest status, the current one so far */
    struct of_buffer history, beside;
    bool apart; /* what comes of the order is beside its way */
};

static void cleanup_listing(struct listing *listing)
{
    of_buffer_release(&listing->now);
    of_buffer_release(&listing->history);
    of_buffer_release(&listing->beside);
}

void status_print_text(const char *text, size_t length, int width)
{
    for (size_t i = 0; i < length; i++)
        putchar((unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '.' : text[i]);
    for (size_t i = length; i < (size_t)width; i++)
        putchar(' ');
}

static void print_cell(const char *field, int width, const char *behind)
{
    const char *text = field ? field : "-";
    status_print_text(text, strlen(text), width);
    fputs(behind, stdout);
}

static const char *print_time(const char *field, char text[OF_ISO8601_SIZE])
{
    return field ? of_iso8601_print(of_database_int(field, 0), text) : NULL;
}

/* Stage and reason, the ends of both sorts of line; without blanks at the end. */
static void end_line(char *const fields[OF_DATABASE_FIELDS_MAX])
{
    const char *reason = fields[COLUMN_REASON];
    print_cell(fields[COLUMN_STAGE], reason ? WIDE_STAGE : 0, reason ? " " : "");
    if (reason)
        print_cell(reason, 0, "");
    putchar('\n');
}

static bool is_on_way(char *const fields[OF_DATABASE_FIELDS_MAX])
{
    return fields[COLUMN_WAY] && fields[COLUMN_WAY][0] == 't';
}

/* ---- all orders, a line each ---- */

static int on_order(
    void *context, char *const fields[OF_DATABASE_FIELDS_MAX], struct of_error *error)
{
    (void)error;
    struct listing *listing = context;
    char time[OF_ISO8601_SIZE];
    if (listing->found++ == 0)
        printf("%-*s %-*s %-*s %-*s %-*s %s\n", WIDE_NUMBER, "ORDER", WIDE_NUMBER, "CUSTOMER",
            WIDE_STATUS, "STATUS", WIDE_TIME, "SINCE", WIDE_STAGE, "STAGE", "REASON");
    print_cell(fields[COLUMN_ORDER], WIDE_NUMBER, " ");
    print_cell(fields[COLUMN_CUSTOMER], WIDE_NUMBER, " ");
    print_cell(fields[COLUMN_STATUS], WIDE_STATUS, " ");
    print_cell(print_time(fields[COLUMN_AT], time), WIDE_TIME, " ");
    end_line(fields);
    return OF_OK;
}

/* ---- one order, a line a status ---- */

static int on_status(
    void *context, char *const fields[OF_DATABASE_FIELDS_MAX], struct of_error *error)
{
    (void)error;
    struct listing *listing = context;
    char time[OF_ISO8601_SIZE];
    if (listing->found == 0)
        printf("order %s, customer %s\n", fields[COLUMN_ORDER],
            fields[COLUMN_CUSTOMER] ? fields[COLUMN_CUSTOMER] : "unknown");
    listing->found = 1;
    if (!is_on_way(fields) && !listing->apart)
        puts("beside its way:");
    listing->apart = !is_on_way(fields);
    printf("    ");
    print_cell(print_time(fields[COLUMN_AT], time), WIDE_TIME, " ");
    print_cell(fields[COLUMN_STATUS], WIDE_STATUS, " ");
    end_line(fields);
    return OF_OK;
}

/* ---- JSON, an object an order ---- */

static void append_text(struct of_buffer *out, const char *name, const char *text)
{
    of_buffer_appendf(out, "\"%s\":", name);
    if (text)
        of_buffer_append_json_string(out, text, strlen(text));
    else
        of_buffer_append_text(out, "null");
}

static void append_status(struct of_buffer *out, char *const fields[OF_DATABASE_FIELDS_MAX])
{
    char time[OF_ISO8601_SIZE];
    append_text(out, "status", fields[COLUMN_STATUS]);
    of_buffer_append_text(out, ",");
    append_text(out, "stage", fields[COLUMN_STAGE]);
    of_buffer_append_text(out, ",");
    append_text(out, "at", print_time(fields[COLUMN_AT], time));
    of_buffer_append_text(out, ",");
    append_text(out, "reason", fields[COLUMN_REASON]);
}

static int flush_order(struct listing *listing, struct of_error *error)
{
    if (listing->found == 0)
        return OF_OK;
    if (of_buffer_check(&listing->now, "an order", error) < 0 ||
        of_buffer_check(&listing->history, "an order", error) < 0 ||
        of_buffer_check(&listing->beside, "an order", error) < 0)
        return of_error_context(error, "order %" PRId64, listing->order);
    fwrite(listing->now.data, 1, listing->now.length, stdout);
    fwrite(listing->history.data, 1, listing->history.length, stdout);
    fputs("],\"beside\":[", stdout);
    fwrite(listing->beside.data, 1, listing->beside.length, stdout);
    fputs("]}\n", stdout);
    return OF_OK;
}

static void begin_order(struct listing *listing, int64_t order)
{
    listing->found++;
    listing->order = order;
    of_buffer_clear(&listing->history);
    of_buffer_clear(&listing->now);
    of_buffer_clear(&listing->beside);
    listing->way = 0;
}

static void set_now(struct listing *listing, char *const fields[OF_DATABASE_FIELDS_MAX])
{
    of_buffer_clear(&listing->now);
    of_buffer_appendf(&listing->now, "{\"order_id\":%" PRId64 ",\"customer_id\":%s,",
        listing->order, fields[COLUMN_CUSTOMER] ? fields[COLUMN_CUSTOMER] : "null");
    append_status(&listing->now, fields);
    of_buffer_appendf(&listing->now, ",\"final\":%s,\"history\":[",
        fields[COLUMN_FINAL] && fields[COLUMN_FINAL][0] == 't' ? "true" : "false");
}

/* The statuses of an order come one after the other, the current one as the last on its way; or of
 * all, if it has none. */
static int on_json(
    void *context, char *const fields[OF_DATABASE_FIELDS_MAX], struct of_error *error)
{
    struct listing *listing = context;
    int64_t order = of_database_int(fields[COLUMN_ORDER], 0);
    bool another = listing->found == 0 || order != listing->order;
    if (another) {
        int result = flush_order(listing, error);
        if (result < 0)
            return result;
        begin_order(listing, order);
    }
    bool on_way = is_on_way(fields);
    struct of_buffer *list = on_way ? &listing->history : &listing->beside;
    listing->way += on_way;
    if (on_way || listing->way == 0)
        set_now(listing, fields);
    of_buffer_append_text(list, list->length == 0 ? "{" : ",{");
    append_status(list, fields);
    of_buffer_append_text(list, "}");
    return OF_OK;
}

int status_list(struct of_database *database, const struct choice *choice, bool json,
    int64_t *found, struct of_error *error)
{
    OF_CLEANUP(cleanup_listing)
    struct listing listing = {.found = 0};
    bool one = choice->order != CHOICE_ANY;
    OF_FREE char *query = choice_query(choice, json || one);
    of_buffer_init(&listing.now, LINE_BYTES_MAX);
    of_buffer_init(&listing.history, LINE_BYTES_MAX);
    of_buffer_init(&listing.beside, LINE_BYTES_MAX);
    int result = of_database_read(database, query,
        json  ? on_json
        : one ? on_status
              : on_order,
        &listing, error);
    if (result == OF_OK && json)
        result = flush_order(&listing, error);
    if (result == OF_OK && !json && !one)
        printf("%" PRId64 " %s\n", listing.found, listing.found == 1 ? "order" : "orders");
    *found = listing.found;
    return result;
}
