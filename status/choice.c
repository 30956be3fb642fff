/* Choice by event and by SQL: the two must mean the same. Nothing of what users type goes into a
 * statement but numbers and names of the table of statuses. */
#include "choice.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool choice_takes(const struct choice *choice, const struct of_order_status *event)
{
    if (choice->order != CHOICE_ANY && event->order_id != choice->order)
        return false;
    if (choice->customer != CHOICE_ANY &&
        !(event->has_customer_id && event->customer_id == choice->customer))
        return false;
    if (choice->since != CHOICE_ANY && event->at < choice->since)
        return false;
    if (choice->state < 0)
        return true;
    struct of_text wanted = of_event_text((enum of_event)choice->state);
    return event->status.length == wanted.length &&
           memcmp(event->status.data, wanted.data, wanted.length) == 0;
}

static void print_conditions(FILE *out, const struct choice *choice)
{
    if (choice->order != CHOICE_ANY)
        fprintf(out, " AND order_id = %" PRId64, choice->order);
    if (choice->customer != CHOICE_ANY)
        fprintf(out, " AND customer_id = %" PRId64, choice->customer);
    if (choice->since != CHOICE_ANY) /* in microseconds, as a timestamp holds them */
        fprintf(out, " AND at >= timestamp '1970-01-01' + %" PRId64 " * interval '1 ms'",
            choice->since);
    if (choice->state >= 0)
        fprintf(out, " AND status = '%s'", of_event_text((enum of_event)choice->state).data);
}

char *choice_query(const struct choice *choice, bool history)
{
    static const char columns[] =
        "SELECT order_id, customer_id, status, stage, "
        "(extract(epoch FROM at) * 1000)::bigint, reason, coalesce(final, false), ";
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort(); /* as when there is no memory */
    fputs(columns, out);
    if (history)
        fputs("rank IS NOT NULL FROM order_status_history LEFT JOIN order_status_rank USING "
              "(status) WHERE order_id IN "
              "(SELECT order_id FROM ",
            out);
    fputs(history ? "order_status WHERE true" : "true FROM order_status WHERE true", out);
    print_conditions(out, choice);
    if (history) {
        /* For the planner: it does not see through the view. */
        if (choice->order != CHOICE_ANY)
            fprintf(out, ") AND (order_id = %" PRId64, choice->order);
        /* The order of the view, backwards: of those with a rank, or else of all, its choice is the
         * last. */
        fputs(") ORDER BY order_id, rank NULLS LAST, at NULLS FIRST, status DESC", out);
    } else {
        fputs(" ORDER BY order_id", out);
    }
    fclose(out);
    return text;
}
