/* Which texts are order ids. */
#include "order/id.h"

#include "support.h"

static void an_id_has_one_form(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "x", "0", "00", "-1", "+1", " 1", "1 ", "01", "1.0", "1x",
        "1/", "1:", "9223372036854775808", "99999999999999999999", "poison-1"};
    int64_t id = -1;
    for (size_t i = 0; i < OF_COUNT(bad); i++)
        if (of_order_id_parse(bad[i], strlen(bad[i]), &id))
            fail_msg("'%s' was read", bad[i]);
    assert_false(of_order_id_parse(NULL, 0, &id));
    assert_int_equal(id, -1);
}

static void every_id_is_read(void **state)
{
    (void)state;
    int64_t id = -1;
    assert_true(of_order_id_parse("1", 1, &id) && id == 1);
    assert_true(of_order_id_parse("90", 2, &id) && id == 90);
    assert_true(of_order_id_parse("1000000000000rest", 13, &id) && id == 1000000000000);
    assert_true(of_order_id_parse("9223372036854775807 ", 19, &id) && id == INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_has_one_form),
        cmocka_unit_test(every_id_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
