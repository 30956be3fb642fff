/* One statement. The current status is found order by order from the newest on, so that a page
 * costs what it shows, however many orders there are. */
#include "gateway/list.h"

#include "gateway/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* How far a row's status is, by the same table as everywhere. */
static void print_rank(FILE *out, const char *row)
{
    fprintf(out, "(CASE %s.status", row);
    for (int i = 0; i < OF_EVENT_COUNT; i++) {
        struct of_text text = of_event_text((enum of_event)i);
        fprintf(out, " WHEN '%s' THEN %d", text.data, status_rank(text));
    }
    fputs(" ELSE -1 END", out);
    fprintf(out, ", coalesce(%s.at, '-infinity'), ", row);
}

char *list_query(const struct list_choice *choice)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort(); /* as when there is no memory */
    fputs("SELECT h.order_id, h.customer_id, h.status, h.stage, "
          "(extract(epoch FROM h.at) * 1000)::bigint, h.reason "
          "FROM order_status_history h WHERE NOT EXISTS ("
          "SELECT FROM order_status_history l WHERE l.order_id = h.order_id AND ",
        out);
    print_rank(out, "l");
    fputs("h.status) > ", out);
    print_rank(out, "h");
    fputs("l.status))", out);
    if (choice->status)
        fprintf(out, " AND h.status = '%s'", choice->status);
    if (choice->customer != LIST_ANY)
        fprintf(out, " AND h.customer_id = %" PRId64, choice->customer);
    if (choice->since != LIST_ANY)
        fprintf(out, " AND h.at >= timestamp '1970-01-01' + %" PRId64 " * interval '1 ms'",
            choice->since);
    if (choice->until != LIST_ANY)
        fprintf(out, " AND h.at < timestamp '1970-01-01' + %" PRId64 " * interval '1 ms'",
            choice->until);
    if (choice->before != LIST_ANY)
        fprintf(out, " AND h.order_id < %" PRId64, choice->before);
    fprintf(out, " ORDER BY h.order_id DESC LIMIT %" PRId64, choice->limit + 1);
    fclose(out);
    return text;
}
