/* The error record: classes, origin, context, cut messages. */
#include "support.h"

static int raise_here(struct of_error *error)
{
    return of_fail(error, OF_RETRY, "broker %d of %s", 3, "us");
}

static void test_set(void **state)
{
    (void)state;
    struct of_error error;
    assert_int_equal(raise_here(&error), OF_RETRY);
    assert_int_equal(error.class, OF_RETRY);
    assert_string_equal(error.message, "broker 3 of us");
    assert_contains(error.origin, "test_error.c:");
}

static void test_context(void **state)
{
    (void)state;
    struct of_error error;
    raise_here(&error);
    const char *origin = error.origin;
    assert_int_equal(of_error_context(&error, "topic %s[%d]", "orders", 7), OF_RETRY);
    assert_string_equal(error.message, "topic orders[7]: broker 3 of us");
    assert_ptr_equal(error.origin, origin);
}

/* The arguments may point into the message that is being replaced. */
static void test_own_message_as_argument(void **state)
{
    (void)state;
    struct of_error error;
    raise_here(&error);
    assert_int_equal(of_fail(&error, OF_FATAL, "again: %s", error.message), OF_FATAL);
    assert_string_equal(error.message, "again: broker 3 of us");
    of_error_context(&error, "%s", error.message);
    assert_string_equal(error.message, "again: broker 3 of us: again: broker 3 of us");
}

static void test_cut(void **state)
{
    (void)state;
    struct of_error error;
    char text[OF_ERROR_MESSAGE_MAX + 8];
    memset(text, 'x', sizeof(text));
    /* The longest that fits is whole; one more is cut and says so. */
    text[OF_ERROR_MESSAGE_MAX - 1] = '\0';
    of_fail(&error, OF_INPUT, "%s", text);
    assert_string_equal(error.message, text);
    of_fail(&error, OF_INPUT, "%sx", text);
    assert_int_equal(strlen(error.message), OF_ERROR_MESSAGE_MAX - 1);
    assert_string_equal(error.message + OF_ERROR_MESSAGE_MAX - 5, "x...");
    of_error_context(&error, "place");
    assert_int_equal(strlen(error.message), OF_ERROR_MESSAGE_MAX - 1);
    assert_memory_equal(error.message, "place: xxx", 10);
    assert_string_equal(error.message + OF_ERROR_MESSAGE_MAX - 5, "x...");
    of_error_context(&error, "%sxxx", text);
    assert_string_equal(error.message + OF_ERROR_MESSAGE_MAX - 5, "x...");
}

static void test_context_fills_exactly(void **state)
{
    (void)state;
    struct of_error error;
    char prefix[OF_ERROR_MESSAGE_MAX];
    memset(prefix, 'p', sizeof(prefix));
    prefix[OF_ERROR_MESSAGE_MAX - 1 - 3] = '\0';
    of_fail(&error, OF_INPUT, "m");
    of_error_context(&error, "%s", prefix);
    assert_int_equal(strlen(error.message), OF_ERROR_MESSAGE_MAX - 1);
    assert_string_equal(error.message + OF_ERROR_MESSAGE_MAX - 5, "p: m");
}

static void test_class_names(void **state)
{
    (void)state;
    assert_string_equal(of_error_class_name(OF_OK), "ok");
    assert_string_equal(of_error_class_name(OF_INPUT), "input");
    assert_string_equal(of_error_class_name(OF_RETRY), "retry");
    assert_string_equal(of_error_class_name(OF_FATAL), "fatal");
    assert_string_equal(of_error_class_name((enum of_error_class)7), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_context),
        cmocka_unit_test(test_own_message_as_argument),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_context_fills_exactly),
        cmocka_unit_test(test_class_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
