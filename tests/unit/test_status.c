/* orderflow-status without servers: which orders are meant, by event and by SQL. */
#include "status/choice.h"

#include "support.h"

static struct of_order_status make_event(int64_t order, int64_t customer, const char *status)
{
    return (struct of_order_status){.order_id = order,
        .status = {status, strlen(status)},
        .stage = OF_TEXT("payment"),
        .at = 1000,
        .has_customer_id = customer >= 0,
        .customer_id = customer};
}

static void a_choice_takes_what_fits_all_of_it(void **state)
{
    (void)state;
    static const struct {
        struct choice choice;
        bool takes;
    } cases[] = {
        {CHOICE_NONE, true},
        {{.order = 5, CHOICE_ANY, CHOICE_ANY, -1}, true},
        {{.order = 6, CHOICE_ANY, CHOICE_ANY, -1}, false},
        {{CHOICE_ANY, .customer = 9, CHOICE_ANY, -1}, true},
        {{CHOICE_ANY, .customer = 8, CHOICE_ANY, -1}, false},
        {{CHOICE_ANY, CHOICE_ANY, .since = 1000, -1}, true},
        {{CHOICE_ANY, CHOICE_ANY, .since = 1001, -1}, false},
        {{CHOICE_ANY, CHOICE_ANY, CHOICE_ANY, OF_EVENT_PAID}, true},
        {{CHOICE_ANY, CHOICE_ANY, CHOICE_ANY, OF_EVENT_TIMED_OUT}, false},
        {{5, 9, 1000, OF_EVENT_PAID}, true},
        {{5, 9, 1001, OF_EVENT_PAID}, false},
    };
    const struct of_order_status event = make_event(5, 9, "Paid");
    for (size_t i = 0; i < OF_COUNT(cases); i++)
        if (choice_takes(&cases[i].choice, &event) != cases[i].takes)
            fail_msg("case %zu", i);
    const struct of_order_status nobodys = make_event(5, -1, "Paid");
    assert_false(choice_takes(&cases[3].choice, &nobodys));
    const struct of_order_status longer = make_event(5, 9, "Paid by card");
    assert_false(choice_takes(&cases[7].choice, &longer));
}

static void sql_says_the_same(void **state)
{
    (void)state;
    const struct choice none = CHOICE_NONE;
    const struct choice all = {-5, 9, -1, OF_EVENT_TIMED_OUT};
    OF_FREE char *every = choice_query(&none, false);
    assert_string_equal(every,
        "SELECT order_id, customer_id, status, stage, (extract(epoch FROM at) * 1000)::bigint, "
        "reason, coalesce(final, false), true FROM order_status WHERE true ORDER BY order_id");
    OF_FREE char *chosen = choice_query(&all, false);
    assert_contains(chosen,
        " FROM order_status WHERE true AND order_id = -5 AND customer_id = 9 AND at >= timestamp "
        "'1970-01-01' + -1 * interval '1 ms' AND status = 'Timed Out' ORDER BY order_id");
    OF_FREE char *history = choice_query(&all, true);
    assert_contains(history, "WHERE order_id IN (SELECT order_id FROM order_status WHERE true AND "
                             "order_id = -5 AND");
    assert_contains(
        history, ") AND (order_id = -5) ORDER BY order_id, rank NULLS LAST, at NULLS FIRST");
    assert_contains(history, "coalesce(final, false), rank IS NOT NULL FROM order_status_history");
    OF_FREE char *histories = choice_query(&none, true);
    assert_contains(histories, "(SELECT order_id FROM order_status WHERE true) ORDER BY order_id");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_choice_takes_what_fits_all_of_it),
        cmocka_unit_test(sql_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
