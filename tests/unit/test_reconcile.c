/* The rules of the reconciliation, by a table of ledgers made by hand, and how findings look. */
#include "reconcile/report.h"

#include "support.h"

#include <inttypes.h>

#define OLD 1000 /* when records were sent, unless they are young */
#define DUE 2000 /* before that, rows must be there */
#define YOUNG 3000

/* A ledger in words, each a letter, an order's id and what else there is to say:
 *   u v p s f x   a record in unpaid, valid, paid, shipped, finished, failed orders; u7* was put
 *                 back, f7+ is young
 *   o r d       a letter: open, replayed, dropped
 *   R7:2:Delivered   a row of order_info with item_variety and status
 *   I7:2             as many rows of item_info
 *   c7               its customer's row is missing
 * Expected: "generated finished failed in_flight dead under_way", and what is off. */
struct ledger_case {
    const char *name, *words;
    int64_t surely, at_most;
    bool rows;
    const char *balance, *off;
};

static const struct ledger_case cases[] = {
    {"nothing at all", "", 0, 0, true, "0 0 0 0 0 0", ""},
    {"one in each place", "u1 u2 p2 u3 p3 s3 u4 p4 s4 f4 u5 x5 u6 o6", 6, 6, false, "6 1 1 3 1 0",
        ""},
    {"past orders begin where their state belongs", "f1 x2 s3 p4 u5", 5, 5, false, "5 1 1 3 0 0",
        ""},
    {"each way to fail", "u1 x1 u2 p2 x2 u3 p3 s3 x3 p4 x4 s5 x5", 5, 5, false, "5 0 5 0 0 0", ""},
    {"screened on the way", "u1 v1 u2 v2 p2 u3 v3 p3 s3 f3 u4 v4 x4 u5 x5 v6", 6, 6, false,
        "6 1 2 3 0 0", ""},
    {"valid, but nobody shipped it before", "u1 v1 s1 v2 f2", 2, 2, false, "2 1 0 1 0 0",
        "skipped 1-2"},
    {"generated while we looked", "u1 u2 u3", 1, 3, false, "3 0 0 3 0 0", ""},
    {"the last one just in time", "u1 u2 u3", 1, 2, false, "2 0 0 3 0 0", "unknown 3"},
    {"lost", "u1 u3 u7", 7, 7, false, "7 0 0 3 0 0", "lost 2, 4-6"},
    {"all lost", "", 4, 4, false, "4 0 0 0 0 0", "lost 1-4"},
    {"a row is no topic", "R1:1:Delivered I1:1", 1, 1, true, "1 0 0 0 0 0", "lost 1; extra_row 1"},
    {"nor is a letter that was put back", "r1", 1, 1, false, "1 0 0 0 0 0", "lost 1"},
    {"a letter alone accounts for its order", "o1 d2", 2, 2, false, "2 0 0 0 2 0", ""},
    {"doubled where it stands", "u1 u1 p2 p2 p2 f3 f3", 3, 3, false, "3 1 0 2 0 0", "doubled 1-3"},
    {"put back is no double", "u1 o1 r1 u1*", 1, 1, false, "1 0 0 0 1 0", ""},
    {"put back and went on", "u1 r1 u1* p1 s1 f1", 1, 1, false, "1 1 0 0 0 0", ""},
    {"put back, seen before the first one", "u1* u1 r1", 1, 1, false, "1 0 0 1 0 0", ""},
    {"put back twice, by two letters", "u1 r1 r1 u1* u1*", 1, 1, false, "1 0 0 1 0 0", ""},
    {"put back twice, by one letter", "u1 r1 u1* u1*", 1, 1, false, "1 0 0 1 0 0",
        "replayed_twice 1"},
    {"finished and failed", "u1 p1 s1 f1 x1", 1, 1, false, "1 1 0 0 0 0", "both_ends 1"},
    {"final and dead", "f1 o1 x2 o2 f3 d3 f4 r4", 4, 4, false, "4 3 1 0 0 0", "end_and_dead 1-2"},
    {"skipped a step", "u1 s1 u2 p2 f2 u3 f3", 3, 3, false, "3 2 0 1 0 0", "skipped 1-3"},
    {"rows that fit", "f1 x2 R1:2:Delivered I1:2 R2:1:Timed_Out I2:1", 2, 2, true, "2 1 1 0 0 0",
        ""},
    {"an order without items", "f1 R1:0:Delivered", 1, 1, true, "1 1 0 0 0 0", ""},
    {"no row", "f1 f2 R2:1:Delivered I2:1", 2, 2, true, "2 2 0 0 0 0", "no_row 1"},
    {"its row may be on its way", "f1+ f2+ f3 R2:2:Delivered I2:1 R3:1:Delivered I3:1", 3, 3, true,
        "3 3 0 0 0 2", ""},
    {"young, but all is there", "f1+ R1:1:Delivered I1:1", 1, 1, true, "1 1 0 0 0 0", ""},
    {"young is no excuse for a wrong status", "f1+ R1:1:Cancelled I1:1", 1, 1, true, "1 1 0 0 0 0",
        "status 1"},
    {"rows are not looked at", "f1 x2", 2, 2, false, "2 1 1 0 0 0", ""},
    {"a row too many", "u1 p2 R2:1:Delivered I2:1 I1:1 u3", 3, 3, true, "3 0 0 3 0 0",
        "extra_row 1-2"},
    {"a row of an order that nobody knows", "f1 R1:1:Delivered I1:1 R9:1:Delivered I9:1", 1, 1,
        true, "1 1 0 0 0 0", "extra_row 9"},
    {"a status of another topic", "f1 x2 x3 R1:1:Returned I1:1 R2:1:Delivered I2:1 R3:1:Lost I3:1",
        3, 3, true, "3 1 2 0 0 0", "status 1-3"},
    {"a status that no final order has", "f1 R1:1:Processing I1:1", 1, 1, true, "1 1 0 0 0 0",
        "status 1"},
    {"items missing or too many", "f1 f2 f3 R1:2:Delivered I1:1 R2:1:Delivered I2:2 R3:1:Delivered",
        3, 3, true, "3 3 0 0 0 0", "items 1-3"},
    {"no customer", "f1 R1:1:Delivered I1:1 c1", 1, 1, true, "1 1 0 0 0 0", "customer 1"},
    {"the first end counts for the time", "f1 f1+", 1, 1, true, "1 1 0 0 0 0",
        "doubled 1; no_row 1"},
    {"several things about one order", "f1 f1 x1 o1 R1:3:Nowhere c1", 1, 1, true, "1 1 0 0 0 0",
        "doubled 1; both_ends 1; end_and_dead 1; status 1; items 1; customer 1"},
};

static void add_row(struct ledger *ledger, char *words, int64_t id)
{
    struct of_error error;
    int64_t items = strtoll(words, &words, 10);
    assert_int_equal(*words, ':');
    char *status = words + 1;
    for (char *blank; (blank = strchr(status, '_'));)
        *blank = ' ';
    struct of_text text = {status, strlen(status)};
    assert_int_equal(ledger_add_row(ledger, id, items, text, &error), OF_OK);
}

static void add_word(struct ledger *ledger, char *word)
{
    static const char topics[] = "uvpsfx", letters[] = "ord";
    struct of_error error;
    char *rest;
    const char *topic = strchr(topics, *word), *letter = strchr(letters, *word);
    int64_t id = strtoll(word + 1, &rest, 10);
    size_t key_size = (size_t)(rest - word) - 1;
    int result = OF_OK;
    if (topic)
        result = ledger_add_record(ledger, (enum of_order_topic)(topic - topics), word + 1,
            key_size, *rest == '+' ? YOUNG : OLD, *rest == '*', &error);
    else if (letter)
        result = ledger_add_letter(
            ledger, word + 1, key_size, (enum letter_state)(letter - letters), &error);
    else if (*word == 'R')
        add_row(ledger, rest + 1, id);
    else if (*word == 'I')
        result = ledger_add_item_rows(ledger, id, strtoll(rest + 1, NULL, 10), &error);
    else if (*word == 'c')
        result = ledger_add_missing_customer(ledger, id, &error);
    else
        fail_msg("%s?", word);
    assert_int_equal(result, OF_OK);
}

static void fill(struct ledger *ledger, const char *words)
{
    OF_FREE char *copy = of_strdup(words);
    char *rest = copy;
    for (char *word; (word = strsep(&rest, " "));)
        if (*word)
            add_word(ledger, word);
}

/* "lost 2, 4-6; doubled 1" */
static char *findings(const struct balance *balance)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (int i = 0, any = 0; i < FINDING_COUNT; i++) {
        const struct finding_list *list = &balance->findings[i];
        if (list->count == 0)
            continue;
        fprintf(out, "%s%s ", any++ ? "; " : "", finding_name((enum finding)i));
        for (size_t at = 0; at < list->count; at++) {
            size_t last = at;
            while (last + 1 < list->count && list->ids[last + 1] == list->ids[last] + 1)
                last++;
            fprintf(out, "%s%" PRId64, at ? ", " : "", list->ids[at]);
            if (last > at)
                fprintf(out, "-%" PRId64, list->ids[last]);
            at = last;
        }
    }
    fclose(out);
    return text;
}

static void each_ledger_is_judged_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        const struct ledger_case *expected = &cases[i];
        OF_CLEANUP(ledger_release) struct ledger ledger = {.has_rows = expected->rows};
        OF_CLEANUP(balance_release) struct balance found = {.generated = 0};
        struct of_error error;
        fill(&ledger, expected->words);
        assert_int_equal(
            ledger_balance(&ledger, expected->surely, expected->at_most, DUE, &found, &error),
            OF_OK);
        OF_FREE char *numbers = of_asprintf(
            "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, found.generated,
            found.finished, found.failed, found.in_flight, found.dead, found.under_way);
        OF_FREE char *off = findings(&found);
        if (strcmp(numbers, expected->balance) != 0 || strcmp(off, expected->off) != 0)
            fail_msg("%s: %s (%s), expected %s (%s)", expected->name, numbers, off,
                expected->balance, expected->off);
        if (!*expected->off) /* what is clean adds up */
            assert_int_equal(
                found.generated, found.finished + found.failed + found.in_flight + found.dead);
    }
}

/* Beside the orders' way, in words:
 *   a7   its paid record waits for routing
 *   T7 E7 J7   events: Routed, Exported, Rejected
 *   L7 L7+     an external line; one that waits for the export
 *   q7 Q7 k7 K7   letters: of routing, open and replayed; of the export, open and replayed
 * Expected: of routing and of the export "all done in_flight dead", rejected, and what is off. */
static const struct {
    const char *name, *words, *balance, *off;
} sides[] = {
    {"nothing", "", "0 0 0 0  0 0 0 0  0", ""},
    {"all done", "p1 T1 p2 T2 L2 L2 E2", "2 2 0 0  1 1 0 0  0", ""},
    {"not yet read", "p1 a1 p2 T2 L2 L2+", "2 1 1 0  1 0 1 0  0", ""},
    {"read, and nothing came of it", "p1 p2 T2 L2", "2 1 0 0  1 0 0 0  0",
        "not_routed 1; not_exported 2"},
    {"dead letters", "p1 q1 p2 T2 L2 k2", "2 1 0 1  1 0 0 1  0", ""},
    {"put back and waiting", "p1 Q1 p1* a1 p2 T2 L2 K2 L2+", "2 1 1 0  1 0 1 0  0", ""},
    {"put back and done", "p1 Q1 p1* T1 p2 T2 L2 K2 L2 E2", "2 2 0 0  1 1 0 0  0", ""},
    {"put back and lost", "p1 Q1 p1* p2 T2 L2 K2 L2", "2 1 0 0  1 0 0 0  0",
        "not_routed 1; not_exported 2"},
    {"a letter beside does not hold the order", "p1 s1 f1 q1 L1 k1", "1 0 0 1  1 0 0 1  0", ""},
    {"exported without a line", "p1 T1 E1", "1 1 0 0  0 0 0 0  0", "exported 1"},
    {"rejected ones that failed", "u1 x1 J1 u2 J2", "0 0 0 0  0 0 0 0  1", ""},
};

static void add_side_word(struct ledger *ledger, char *word)
{
    static const char events[] = "TEJ", letters[] = "qQkK";
    static const enum of_event kinds[] = {OF_EVENT_ROUTED, OF_EVENT_EXPORTED, OF_EVENT_REJECTED};
    struct of_error error;
    char *rest;
    int64_t id = strtoll(word + 1, &rest, 10);
    size_t size = (size_t)(rest - word) - 1;
    const char *event = strchr(events, *word), *letter = strchr(letters, *word);
    int result = OF_OK;
    if (event)
        result = ledger_add_event(ledger, id, kinds[event - events], &error);
    else if (letter)
        result = ledger_add_side_letter(ledger, word + 1, size,
            (letter - letters) % 2 ? LETTER_REPLAYED : LETTER_OPEN, letter - letters < 2, &error);
    else if (*word == 'a')
        result = ledger_await_routing(ledger, word + 1, size, &error);
    else if (*word == 'L')
        result = ledger_add_line(ledger, word + 1, size, *rest == '+', &error);
    else
        add_word(ledger, word);
    assert_int_equal(result, OF_OK);
}

static void stages_beside_the_way_are_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < OF_COUNT(sides); i++) {
        OF_CLEANUP(ledger_release) struct ledger ledger = {.has_routing = true, .has_export = true};
        OF_CLEANUP(balance_release) struct balance found = {.generated = 0};
        struct of_error error;
        OF_FREE char *copy = of_strdup(sides[i].words);
        char *rest = copy;
        for (char *word; (word = strsep(&rest, " "));)
            if (*word)
                add_side_word(&ledger, word);
        assert_int_equal(ledger_balance(&ledger, 0, 9, DUE, &found, &error), OF_OK);
        const struct balance_side *r = &found.routing, *e = &found.export;
        OF_FREE char *numbers = of_asprintf("%d %d %d %d  %d %d %d %d  %d", (int)r->all,
            (int)r->done, (int)r->in_flight, (int)r->dead, (int)e->all, (int)e->done,
            (int)e->in_flight, (int)e->dead, (int)found.rejected);
        OF_FREE char *off = findings(&found);
        if (strcmp(numbers, sides[i].balance) != 0 || strcmp(off, sides[i].off) != 0)
            fail_msg("%s: %s (%s), expected %s (%s)", sides[i].name, numbers, off, sides[i].balance,
                sides[i].off);
    }
}

/* Without events nothing is known of them. */
static void stages_beside_the_way_may_be_unknown(void **state)
{
    (void)state;
    OF_CLEANUP(ledger_release) struct ledger ledger = {.entries = NULL};
    OF_CLEANUP(balance_release) struct balance found = {.generated = 0};
    struct of_error error;
    add_side_word(&ledger, (char[]){"p1"});
    add_side_word(&ledger, (char[]){"L1"});
    assert_int_equal(ledger_balance(&ledger, 1, 1, DUE, &found, &error), OF_OK);
    assert_int_equal(found.finding_count, 0);
    assert_int_equal(found.routing.all, 0);
}

static void orders_wait_where_their_newest_record_is(void **state)
{
    (void)state;
    OF_CLEANUP(ledger_release) struct ledger ledger = {.entries = NULL};
    OF_CLEANUP(balance_release) struct balance balance = {.generated = 0};
    struct of_error error;
    fill(&ledger, "u1 u2 p2 p3 u4 p4 s4 s5 s6 u7 v7");
    assert_int_equal(ledger_balance(&ledger, 7, 7, DUE, &balance, &error), OF_OK);
    assert_int_equal(balance.waiting[OF_TOPIC_VALID], 1);
    assert_int_equal(balance.waiting[OF_TOPIC_UNPAID], 1);
    assert_int_equal(balance.waiting[OF_TOPIC_PAID], 2);
    assert_int_equal(balance.waiting[OF_TOPIC_SHIPPED], 3);
    assert_int_equal(balance.finding_count, 0);
}

/* More orders than the table begins with, from the last to the first. */
static void a_great_many_orders_keep_apart(void **state)
{
    (void)state;
    OF_CLEANUP(ledger_release) struct ledger ledger = {.entries = NULL};
    OF_CLEANUP(balance_release) struct balance balance = {.generated = 0};
    struct of_error error;
    for (int64_t id = 100000; id >= 1; id--) {
        char key[24];
        int size = snprintf(key, sizeof(key), "%" PRId64, id);
        if (id == 77777)
            continue;
        assert_int_equal(ledger_add_record(&ledger, id % 2 ? OF_TOPIC_FINISHED : OF_TOPIC_FAILED,
                             key, (size_t)size, OLD, false, &error),
            OF_OK);
    }
    assert_int_equal(ledger_balance(&ledger, 100000, 100000, DUE, &balance, &error), OF_OK);
    assert_int_equal(balance.finished, 49999);
    assert_int_equal(balance.failed, 50000);
    assert_int_equal(balance.finding_count, 1);
    assert_int_equal(balance.findings[FOUND_LOST].ids[0], 77777);
}

static void a_key_that_is_no_id_is_counted(void **state)
{
    (void)state;
    OF_CLEANUP(ledger_release) struct ledger ledger = {.entries = NULL};
    struct of_error error;
    assert_int_equal(
        ledger_add_record(&ledger, OF_TOPIC_UNPAID, "x", 1, OLD, false, &error), OF_OK);
    assert_int_equal(ledger_add_letter(&ledger, NULL, 0, LETTER_DROPPED, &error), OF_OK);
    assert_int_equal(ledger.bad_keys, 1);
    assert_int_equal(ledger.letters[LETTER_DROPPED], 1);
    assert_int_equal(ledger.count, 0);
}

static void too_many_orders_are_refused(void **state)
{
    (void)state;
    OF_CLEANUP(ledger_release) struct ledger ledger = {.entries = NULL};
    OF_CLEANUP(balance_release) struct balance balance = {.generated = 0};
    struct of_error error;
    assert_int_equal(
        ledger_balance(&ledger, LEDGER_ORDERS_MAX + INT64_C(1), 0, DUE, &balance, &error),
        OF_INPUT);
    assert_contains(error.message, "200000001 orders");
    fill(&ledger, "u1");
    ledger.count = LEDGER_ORDERS_MAX; /* as if */
    assert_int_equal(
        ledger_add_row(&ledger, 1, 1, (struct of_text){"Delivered", 9}, &error), OF_OK);
    assert_int_equal(
        ledger_add_record(&ledger, OF_TOPIC_UNPAID, "2", 1, OLD, false, &error), OF_FATAL);
    assert_int_equal(ledger_add_letter(&ledger, "2", 1, LETTER_OPEN, &error), OF_FATAL);
    assert_int_equal(ledger_add_item_rows(&ledger, 2, 1, &error), OF_FATAL);
    assert_int_equal(ledger_add_missing_customer(&ledger, 2, &error), OF_FATAL);
}

static void more_replays_than_fit_are_still_one_finding(void **state)
{
    (void)state;
    OF_CLEANUP(ledger_release) struct ledger ledger = {.entries = NULL};
    OF_CLEANUP(balance_release) struct balance balance = {.generated = 0};
    struct of_error error;
    for (int i = 0; i < 300; i++)
        fill(&ledger, "u1* r2 u2*");
    assert_int_equal(ledger_balance(&ledger, 2, 2, DUE, &balance, &error), OF_OK);
    OF_FREE char *off = findings(&balance);
    assert_string_equal(off, "replayed_twice 1");
}

static void every_finding_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < FINDING_COUNT; i++) {
        assert_non_null(finding_name((enum finding)i));
        assert_true(strlen(finding_text((enum finding)i)) > 10);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(finding_name((enum finding)i), finding_name((enum finding)j));
    }
}

/* ---- how it looks ---- */

struct page {
    struct ledger ledger;
    struct balance balance;
    struct gathered gathered;
    struct database_counts counts;
};

static void cleanup_page(struct page *page)
{
    ledger_release(&page->ledger);
    balance_release(&page->balance);
}

static char *printed(struct page *page, void (*print)(const struct report *, FILE *), bool *clean)
{
    struct report report = {&page->ledger, &page->gathered, &page->balance, &page->counts};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    print(&report, out);
    fclose(out);
    *clean = report_is_clean(&report);
    return text;
}

static void judge(struct page *page, const char *words, int64_t surely)
{
    struct of_error error;
    fill(&page->ledger, words);
    assert_int_equal(
        ledger_balance(&page->ledger, surely, surely, DUE, &page->balance, &error), OF_OK);
}

static void a_clean_page(void **state)
{
    (void)state;
    OF_CLEANUP(cleanup_page)
    struct page page = {.ledger.has_rows = true, .counts.customers = 2};
    bool clean;
    judge(&page, "u1 p2 f3 R3:1:Delivered I3:1 x4+ u5 o5", 5);
    OF_FREE char *text = printed(&page, report_print, &clean);
    assert_true(clean);
    assert_string_equal(text, "generated                 5\n"
                              "finished                  1\n"
                              "failed                    1\n"
                              "in flight                 2  unpaid_orders 1, paid_orders 1\n"
                              "dead letters              1  orders; letters: 1 open, 0 replayed, 0 "
                              "dropped\n"
                              "order_info                1  of 2 final orders, 1 so young that "
                              "their rows may be on their way\n"
                              "item_info                 1\n"
                              "customer_info             2\n"
                              "clean: generated = finished + failed + in flight + dead letters, "
                              "rows = records\n");
}

static void a_page_names_every_id_that_is_off(void **state)
{
    (void)state;
    OF_CLEANUP(cleanup_page) struct page page = {.ledger.has_rows = false};
    bool clean;
    judge(&page, "u1 u1 u4 u7 u9 s9 ux", 9);
    OF_FREE char *text = printed(&page, report_print, &clean);
    assert_false(clean);
    assert_contains(text, "\nOFF: 5 orders generated, but in no topic and no dead letter: "
                          "2, 3, 5, 6, 8\n");
    assert_contains(text, "\nOFF: 1 order more than once in the same topic: 1\n");
    assert_contains(text, "\nOFF: 1 order in a topic further on");
    assert_contains(text, "\n1 records of the order topics have a key that is no order's number\n");
    assert_lacks(text, "clean");
    assert_lacks(text, "order_info");
}

static void neighbours_are_a_range(void **state)
{
    (void)state;
    OF_CLEANUP(cleanup_page) struct page page = {.ledger.has_rows = false};
    bool clean;
    judge(&page, "u1 u5 u7", 10);
    OF_FREE char *text = printed(&page, report_print, &clean);
    assert_contains(text, ": 2-4, 6, 8-10\n");
}

static void rows_of_no_order_are_a_difference(void **state)
{
    (void)state;
    OF_CLEANUP(cleanup_page)
    struct page page = {.ledger.has_rows = true, .counts.items_of_no_order = 2};
    bool clean;
    judge(&page, "", 0);
    OF_FREE char *text = printed(&page, report_print, &clean);
    assert_false(clean);
    assert_contains(text, "OFF: 2 rows of item_info have no order's number");

    /* A customer's row may come before the order's. */
    OF_CLEANUP(cleanup_page)
    struct page young = {.ledger.has_rows = true, .counts.customers_of_no_order = 1};
    judge(&young, "f1+", 1);
    OF_FREE char *page_of_young = printed(&young, report_print, &clean);
    assert_true(clean);
    young.balance.under_way = 0;
    OF_FREE char *page_later = printed(&young, report_print, &clean);
    assert_false(clean);
}

static void json_holds_the_same(void **state)
{
    (void)state;
    OF_CLEANUP(cleanup_page)
    struct page page = {.gathered.records = {3, 0, 1, 0, 1, 0}, .counts.customers = 1};
    bool clean;
    judge(&page, "u1 u1 p2 f4 u5 o5 d6", 6);
    OF_FREE char *text = printed(&page, report_print_json, &clean);
    assert_string_equal(text,
        "{\"clean\":false,\"generated\":6,\"finished\":1,\"failed\":0,\"in_flight\":2,\"dead\":2,"
        "\"waiting\":{\"unpaid_orders\":1,\"valid_orders\":0,\"paid_orders\":1,"
        "\"shipped_orders\":0},"
        "\"records\":{\"unpaid_orders\":3,\"valid_orders\":0,\"paid_orders\":1,\"shipped_orders\":"
        "0,"
        "\"finished_orders\":1,\"failed_orders\":0},"
        "\"letters\":{\"open\":1,\"replayed\":0,\"dropped\":1},\"rejected\":0,\"routed\":null,"
        "\"exported\":null,\"bad_keys\":0,\"rows\":null,"
        "\"differences\":[{\"kind\":\"lost\",\"text\":\"generated, but in no topic and no dead "
        "letter\",\"orders\":[3]},{\"kind\":\"doubled\",\"text\":\"more than once in the same "
        "topic\",\"orders\":[1]}]}\n");
    page.ledger.has_rows = true;
    OF_FREE char *with_rows = printed(&page, report_print_json, &clean);
    assert_contains(with_rows,
        "\"rows\":{\"order_info\":0,\"item_info\":0,\"customer_info\":1,\"under_way\":0,"
        "\"customers_of_no_order\":0,\"items_of_no_order\":0}");
}

static void the_gateways_orders_count_from_a_first_of_their_own(void **state)
{
    (void)state;
    OF_CLEANUP(ledger_release) struct ledger ledger = {.entries = NULL};
    OF_CLEANUP(balance_release) struct balance balance = {.generated = 0};
    struct of_error error;
    static const char *const keys[] = {
        "1", "1000000000000", "1000000000002", "1000000000003", "999999999999"};
    for (size_t i = 0; i < OF_COUNT(keys); i++)
        assert_int_equal(
            ledger_add_record(&ledger, OF_TOPIC_UNPAID, keys[i], strlen(keys[i]), 0, false, &error),
            OF_OK);
    ledger.gateway_surely = OF_ORDER_GATEWAY_FIRST + 1;
    ledger.gateway_at_most = OF_ORDER_GATEWAY_FIRST + 2;
    assert_int_equal(ledger_balance(&ledger, 1, 1, 0, &balance, &error), OF_OK);
    assert_int_equal(balance.generated, 4); /* 1, two for sure, and the one that came meanwhile */
    assert_int_equal(balance.findings[FOUND_LOST].count, 1);
    assert_int_equal(balance.findings[FOUND_LOST].ids[0], OF_ORDER_GATEWAY_FIRST + 1);
    assert_int_equal(balance.findings[FOUND_UNKNOWN].count, 2);
    assert_int_equal(balance.findings[FOUND_UNKNOWN].ids[0], INT64_C(999999999999));
    assert_int_equal(balance.findings[FOUND_UNKNOWN].ids[1], OF_ORDER_GATEWAY_FIRST + 3);
    ledger.gateway_surely = OF_ORDER_GATEWAY_FIRST + LEDGER_ORDERS_MAX;
    struct balance ignored;
    assert_int_equal(ledger_balance(&ledger, 1, 1, 0, &ignored, &error), OF_INPUT);
}

static void orders_from_before_the_start_do_not_count(void **state)
{
    (void)state;
    OF_CLEANUP(ledger_release) struct ledger ledger = {.has_rows = true};
    OF_CLEANUP(balance_release) struct balance balance = {.generated = 0};
    struct of_error error;
    ledger_add_start(&ledger, "unpaid_orders", 1, 10);
    assert_true(ledger_is_before_start(&ledger, "unpaid_orders", 1, 9));
    assert_false(ledger_is_before_start(&ledger, "unpaid_orders", 1, 10));
    assert_false(ledger_is_before_start(&ledger, "unpaid_orders", 2, 9));
    assert_false(ledger_is_before_start(&ledger, "paid_orders", 1, 9));
    /* 1: emptied, its rows are gone; 2: under way then, its rows came later; 3: new. */
    for (int i = 1; i <= 3; i++) {
        const char *key = i == 1 ? "1" : i == 2 ? "2" : "3";
        assert_int_equal(
            ledger_add_record(&ledger, OF_TOPIC_UNPAID, key, 1, 0, false, &error), OF_OK);
        if (i < 3)
            assert_int_equal(ledger_forget(&ledger, key, 1, &error), OF_OK);
        if (i == 1)
            assert_int_equal(
                ledger_add_record(&ledger, OF_TOPIC_FAILED, key, 1, 0, false, &error), OF_OK);
    }
    assert_int_equal(ledger_add_row(&ledger, 2, 1, OF_TEXT("Timed Out"), &error), OF_OK);
    assert_int_equal(ledger_balance(&ledger, 3, 3, 1000, &balance, &error), OF_OK);
    assert_int_equal(balance.generated, 1);
    assert_int_equal(balance.in_flight, 1);
    assert_int_equal(balance.finding_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gateways_orders_count_from_a_first_of_their_own),
        cmocka_unit_test(orders_from_before_the_start_do_not_count),
        cmocka_unit_test(each_ledger_is_judged_as_the_table_says),
        cmocka_unit_test(stages_beside_the_way_are_judged),
        cmocka_unit_test(stages_beside_the_way_may_be_unknown),
        cmocka_unit_test(orders_wait_where_their_newest_record_is),
        cmocka_unit_test(a_great_many_orders_keep_apart),
        cmocka_unit_test(a_key_that_is_no_id_is_counted),
        cmocka_unit_test(too_many_orders_are_refused),
        cmocka_unit_test(more_replays_than_fit_are_still_one_finding),
        cmocka_unit_test(every_finding_has_a_name_of_its_own),
        cmocka_unit_test(a_clean_page),
        cmocka_unit_test(a_page_names_every_id_that_is_off),
        cmocka_unit_test(neighbours_are_a_range),
        cmocka_unit_test(rows_of_no_order_are_a_difference),
        cmocka_unit_test(json_holds_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
