/* How findings look. Every id that is off is named: neighbours as a range. */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>

int64_t report_stray_rows(const struct report *report)
{
    if (!report->ledger->has_rows)
        return 0;
    return report->counts->items_of_no_order +
           (report->balance->under_way == 0 ? report->counts->customers_of_no_order : 0);
}

bool report_is_clean(const struct report *report)
{
    return report->balance->finding_count == 0 && report_stray_rows(report) == 0;
}

static void print_line(FILE *out, const char *name, int64_t number)
{
    fprintf(out, "%-14s %12" PRId64, name, number);
}

static void print_rows(const struct report *report, FILE *out)
{
    const struct balance *balance = report->balance;
    print_line(out, "order_info", report->ledger->order_rows);
    fprintf(out, "  of %" PRId64 " final orders", balance->finished + balance->failed);
    if (balance->under_way > 0)
        fprintf(
            out, ", %" PRId64 " so young that their rows may be on their way", balance->under_way);
    fputc('\n', out);
    print_line(out, "item_info", report->ledger->item_rows);
    fputc('\n', out);
    print_line(out, "customer_info", report->counts->customers);
    fputc('\n', out);
}

static void print_balance(const struct report *report, FILE *out)
{
    const struct balance *balance = report->balance;
    const char *between = "  ";
    print_line(out, "generated", balance->generated);
    fputc('\n', out);
    print_line(out, "finished", balance->finished);
    fputc('\n', out);
    print_line(out, "failed", balance->failed);
    if (balance->rejected > 0)
        fprintf(out, "  %" PRId64 " of them rejected", balance->rejected);
    fputc('\n', out);
    print_line(out, "in flight", balance->in_flight);
    for (int topic = 0; topic < OF_ORDER_TOPIC_COUNT; topic++) {
        if (balance->waiting[topic] == 0)
            continue;
        fprintf(out, "%s%s %" PRId64, between, of_order_topic_name((enum of_order_topic)topic),
            balance->waiting[topic]);
        between = ", ";
    }
    fputc('\n', out);
    print_line(out, "dead letters", balance->dead);
    fprintf(out, "  orders; letters: %" PRId64 " open, %" PRId64 " replayed, %" PRId64 " dropped\n",
        report->ledger->letters[LETTER_OPEN], report->ledger->letters[LETTER_REPLAYED],
        report->ledger->letters[LETTER_DROPPED]);
}

static void print_side(
    const char *name, const struct balance_side *side, const char *what, FILE *out)
{
    print_line(out, name, side->done);
    fprintf(out, "  of %" PRId64 " %s", side->all, what);
    if (side->in_flight > 0)
        fprintf(out, ", %" PRId64 " in flight", side->in_flight);
    if (side->dead > 0)
        fprintf(out, ", %" PRId64 " dead letters", side->dead);
    fputc('\n', out);
}

static void print_sides(const struct report *report, FILE *out)
{
    if (report->ledger->has_routing)
        print_side("routed", &report->balance->routing, "paid orders", out);
    if (report->ledger->has_export)
        print_side("exported", &report->balance->export, "external orders", out);
}

static size_t range_end(const struct finding_list *list, size_t from)
{
    while (from + 1 < list->count && list->ids[from + 1] == list->ids[from] + 1)
        from++;
    return from;
}

static void print_ids(const struct finding_list *list, FILE *out)
{
    for (size_t i = 0; i < list->count; i++) {
        size_t last = range_end(list, i);
        fprintf(out, "%s%" PRId64, i > 0 ? ", " : "", list->ids[i]);
        if (last > i)
            fprintf(out, "%s%" PRId64, last == i + 1 ? ", " : "-", list->ids[last]);
        i = last;
    }
}

void report_print(const struct report *report, FILE *out)
{
    const struct balance *balance = report->balance;
    print_balance(report, out);
    print_sides(report, out);
    if (report->ledger->has_rows)
        print_rows(report, out);
    if (report->ledger->bad_keys > 0)
        fprintf(out,
            "%" PRId64 " records of the order topics have a key that is no order's number\n",
            report->ledger->bad_keys);
    for (int i = 0; i < FINDING_COUNT; i++) {
        const struct finding_list *list = &balance->findings[i];
        if (list->count == 0)
            continue;
        fprintf(out, "OFF: %zu %s %s: ", list->count, list->count == 1 ? "order" : "orders",
            finding_text((enum finding)i));
        print_ids(list, out);
        fputc('\n', out);
    }
    if (report_stray_rows(report) > 0)
        fprintf(out,
            "OFF: %" PRId64 " rows of item_info have no order's number, %" PRId64
            " customers of customer_info no order\n",
            report->counts->items_of_no_order, report->counts->customers_of_no_order);
    if (report_is_clean(report))
        fprintf(out, "clean: generated = finished + failed + in flight + dead letters%s\n",
            report->ledger->has_rows ? ", rows = records" : "");
}

/* ---- JSON ---- */

static void print_json_side(
    const char *name, bool known, const struct balance_side *side, FILE *out)
{
    if (known)
        fprintf(out,
            ",\"%s\":{\"all\":%" PRId64 ",\"done\":%" PRId64 ",\"in_flight\":%" PRId64
            ",\"dead\":%" PRId64 "}",
            name, side->all, side->done, side->in_flight, side->dead);
    else
        fprintf(out, ",\"%s\":null", name);
}

static void print_findings(const struct balance *balance, FILE *out)
{
    const char *between = "";
    fprintf(out, ",\"differences\":[");
    for (int i = 0; i < FINDING_COUNT; i++) {
        const struct finding_list *list = &balance->findings[i];
        if (list->count == 0)
            continue;
        fprintf(out, "%s{\"kind\":\"%s\",\"text\":\"%s\",\"orders\":[", between,
            finding_name((enum finding)i), finding_text((enum finding)i));
        for (size_t id = 0; id < list->count; id++)
            fprintf(out, "%s%" PRId64, id > 0 ? "," : "", list->ids[id]);
        fprintf(out, "]}");
        between = ",";
    }
    fprintf(out, "]");
}

void report_print_json(const struct report *report, FILE *out)
{
    const struct balance *balance = report->balance;
    const struct ledger *ledger = report->ledger;
    fprintf(out,
        "{\"clean\":%s,\"generated\":%" PRId64 ",\"finished\":%" PRId64 ",\"failed\":%" PRId64
        ",\"in_flight\":%" PRId64 ",\"dead\":%" PRId64,
        report_is_clean(report) ? "true" : "false", balance->generated, balance->finished,
        balance->failed, balance->in_flight, balance->dead);
    fprintf(out, ",\"waiting\":{");
    for (int topic = OF_TOPIC_UNPAID; topic <= OF_TOPIC_SHIPPED; topic++)
        fprintf(out, "%s\"%s\":%" PRId64, topic > 0 ? "," : "",
            of_order_topic_name((enum of_order_topic)topic), balance->waiting[topic]);
    fprintf(out, "},\"records\":{");
    for (int topic = 0; topic < OF_ORDER_TOPIC_COUNT; topic++)
        fprintf(out, "%s\"%s\":%" PRId64, topic > 0 ? "," : "",
            of_order_topic_name((enum of_order_topic)topic), report->gathered->records[topic]);
    fprintf(out,
        "},\"letters\":{\"open\":%" PRId64 ",\"replayed\":%" PRId64 ",\"dropped\":%" PRId64 "}",
        ledger->letters[LETTER_OPEN], ledger->letters[LETTER_REPLAYED],
        ledger->letters[LETTER_DROPPED]);
    fprintf(out, ",\"rejected\":%" PRId64, balance->rejected);
    print_json_side("routed", ledger->has_routing, &balance->routing, out);
    print_json_side("exported", ledger->has_export, &balance->export, out);
    fprintf(out, ",\"bad_keys\":%" PRId64, ledger->bad_keys);
    if (ledger->has_rows)
        fprintf(out,
            ",\"rows\":{\"order_info\":%" PRId64 ",\"item_info\":%" PRId64
            ",\"customer_info\":%" PRId64 ",\"under_way\":%" PRId64
            ",\"customers_of_no_order\":%" PRId64 ",\"items_of_no_order\":%" PRId64 "}",
            ledger->order_rows, ledger->item_rows, report->counts->customers, balance->under_way,
            report->counts->customers_of_no_order, report->counts->items_of_no_order);
    else
        fprintf(out, ",\"rows\":null");
    print_findings(balance, out);
    fprintf(out, "}\n");
}
