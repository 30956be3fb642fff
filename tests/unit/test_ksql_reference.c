/* docs/ksqld-functions.md is what `orderflow-ksql functions` prints today. */
#include "base/memory.h"
#include "ksqld/functions/aggregate.h"
#include "ksqld/tool/reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void the_page_is_current(void **state)
{
    (void)state;
    OF_CLEANUP(of_buffer_release) struct of_buffer made, kept;
    char block[4096];
    of_buffer_init(&made, KSQL_REFERENCE_MAX);
    of_buffer_init(&kept, KSQL_REFERENCE_MAX);
    ksql_reference_append(&made);
    assert_false(made.full);
    FILE *page = fopen(GOLDEN "/../../docs/ksqld-functions.md", "rb");
    assert_non_null(page);
    for (size_t size; (size = fread(block, 1, sizeof(block), page)) > 0;)
        of_buffer_append(&kept, block, size);
    fclose(page);
    if (strcmp(of_buffer_text(&made), of_buffer_text(&kept)) != 0)
        fail_msg("the page is old: orderflow-ksql functions >docs/ksqld-functions.md");
}

static void every_function_is_on_it(void **state)
{
    (void)state;
    OF_CLEANUP(of_buffer_release) struct of_buffer made;
    of_buffer_init(&made, KSQL_REFERENCE_MAX);
    ksql_reference_append(&made);
    const char *text = of_buffer_text(&made);
    for (size_t i = 0; i < ksql_function_count(); i++)
        assert_non_null(strstr(text, ksql_function_at(i)->signature));
    for (size_t i = 0; i < ksql_aggregate_count(); i++)
        assert_non_null(strstr(text, ksql_aggregate_at(i)->signatures[0]));
    assert_non_null(strstr(text, "\n## Aggregates\n"));
    assert_null(strstr(text, " |  |"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_current),
        cmocka_unit_test(every_function_is_on_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
