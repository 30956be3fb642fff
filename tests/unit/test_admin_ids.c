/* The set of order ids that orderflow-admin counts with. */
#include "base/memory.h"
#include "stack/admin/ids.h"

#include "support.h"

static void counts_each_id_once(void **state)
{
    (void)state;
    struct id_set set = {NULL, 0, 0};
    struct of_error error;
    bool added;
    assert_false(id_set_has(&set, 1));
    for (int round = 0; round < 2; round++)
        for (int64_t id = 1; id <= 5000; id++) {
            assert_int_equal(id_set_add(&set, id << (id % 30), &added, &error), OF_OK);
            assert_true(!added || round == 0);
        }
    size_t different = set.count;
    assert_true(different > 4000 && different <= 5000);
    assert_int_equal(id_set_add(&set, 999999999999999999, &added, &error), OF_OK);
    assert_true(added && id_set_has(&set, 999999999999999999) && set.count == different + 1);
    assert_false(id_set_has(&set, 999999999999999998));
    id_set_release(&set);
    assert_false(id_set_has(&set, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_each_id_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
