/* Trouble on purpose: shares, what each kind does to order and record, what waits for successors,
 * and a manifest that says exactly what was committed, whenever a run was cut off. */
#include "base/clock.h"
#include "producer/inject.h"
#include "producer/manifest.h"
#include "producer/options.h"
#include "registry/wire.h"

#include "support.h"

#define ORDERS 20000

static void test_shares_by_number_alone(void **state)
{
    (void)state;
    struct of_trouble_shares shares = {.of = {0, .1, .05, .2, .02, .01, .12}};
    struct of_error error;
    int counts[OF_TROUBLE_COUNT] = {0};
    assert_true(of_trouble_wanted(&shares));
    assert_int_equal(of_trouble_check(&shares, &error), OF_OK);
    for (int64_t id = 1; id <= ORDERS; id++) {
        enum of_trouble trouble = of_trouble_draw(&shares, 7, id);
        counts[trouble]++;
        assert_int_equal(of_trouble_draw(&shares, 7, id), trouble);
    }
    for (int i = OF_TROUBLE_NONE + 1; i < OF_TROUBLE_COUNT; i++) {
        double share = (double)counts[i] / ORDERS;
        if (share < shares.of[i] * .85 || share > shares.of[i] * 1.15)
            fail_msg(
                "%s: %g instead of %g", of_trouble_name((enum of_trouble)i), share, shares.of[i]);
    }
}

static void test_shares_at_their_ends(void **state)
{
    (void)state;
    struct of_error error;
    struct of_trouble_shares none = {.of = {0}}, all = {.of = {0, .4, 0, .3, .3, 0, 0}};
    struct of_trouble_shares more = {.of = {0, .4, 0, .3, .3, 0, .001}};
    assert_false(of_trouble_wanted(&none));
    assert_int_equal(of_trouble_check(&none, &error), OF_OK);
    assert_int_equal(of_trouble_check(&all, &error), OF_OK);
    assert_int_equal(of_trouble_check(&more, &error), OF_INPUT);
    assert_contains(error.message, "add up to 1.001, more than 1");
    for (int64_t id = 1; id <= ORDERS; id++) {
        assert_int_equal(of_trouble_draw(&none, 7, id), OF_TROUBLE_NONE);
        assert_int_not_equal(of_trouble_draw(&all, 7, id), OF_TROUBLE_NONE);
    }
}

/* ---- one order ---- */

static struct of_item items[2] = {{.sku = 3, .quantity = 5}, {.sku = 9, .quantity = 1}};
static const struct of_order order = {
    .order_id = 11, .order_date = 1000 * OF_DAY, .item_info = items, .item_info_count = 2};

static void test_what_changes(void **state)
{
    (void)state;
    struct of_trouble_copy copy;
    assert_ptr_equal(of_trouble_change(OF_TROUBLE_NONE, 1, &order, &copy), &order);
    assert_ptr_equal(of_trouble_change(OF_TROUBLE_MALFORMED, 1, &order, &copy), &order);
    const struct of_order *late = of_trouble_change(OF_TROUBLE_LATE, 1, &order, &copy);
    int64_t lateness = order.order_date - late->order_date;
    assert_in_range(lateness, OF_HOUR, 8 * OF_HOUR);
    const struct of_order *negative = of_trouble_change(OF_TROUBLE_NEGATIVE, 1, &order, &copy);
    int below = (negative->item_info[0].quantity < 0) + (negative->item_info[1].quantity < 0);
    assert_int_equal(below, 1);
    assert_int_equal(negative->item_info[copy.line].quantity, -order.item_info[copy.line].quantity);
    assert_int_equal(items[0].quantity, 5); /* the generator's own are untouched */
    assert_int_equal(items[1].quantity, 1);
    struct of_order empty = order;
    empty.item_info_count = 0;
    assert_ptr_equal(of_trouble_change(OF_TROUBLE_NEGATIVE, 1, &empty, &copy), &empty);
}

static void test_what_is_damaged(void **state)
{
    (void)state;
    struct of_error error;
    OF_CLEANUP(of_buffer_release) struct of_buffer value;
    of_buffer_init(&value, 100);
    int32_t id;
    const uint8_t *body;
    size_t size;
    of_wire_begin(&value, 3);
    of_buffer_append_text(&value, "123456789");
    of_trouble_damage(OF_TROUBLE_LATE, &value);
    assert_int_equal(value.length, 14);
    of_trouble_damage(OF_TROUBLE_MALFORMED, &value);
    assert_int_equal(of_wire_split(value.data, value.length, &id, &body, &size, &error), OF_OK);
    assert_int_equal(id, 3);
    assert_int_equal(size, 4);
    of_trouble_damage(OF_TROUBLE_UNKNOWN_SCHEMA, &value);
    assert_int_equal(of_wire_split(value.data, value.length, &id, &body, &size, &error), OF_OK);
    assert_int_equal(id, OF_TROUBLE_SCHEMA_ID);
}

/* ---- what is sent, and told ---- */

struct wire {
    char sent[4096]; /* "1 2 2 5 4": keys */
    int calls_left;  /* until one fails; negative: none will */
};

static int send_record(
    void *context, struct of_text key, const struct of_buffer *value, struct of_error *error)
{
    struct wire *wire = context;
    size_t length = strlen(wire->sent);
    assert_true(value->length > 0);
    if (wire->calls_left >= 0 && wire->calls_left-- == 0)
        return of_fail(error, OF_RETRY, "a broken wire");
    snprintf(wire->sent + length, sizeof(wire->sent) - length, "%s%.*s", length ? " " : "",
        (int)key.length, key.data);
    return OF_OK;
}

static int inject(struct of_injector *injector, int64_t id, struct of_error *error)
{
    char text[24];
    struct of_text key = {text, (size_t)snprintf(text, sizeof(text), "%lld", (long long)id)};
    OF_CLEANUP(of_buffer_release) struct of_buffer value;
    of_buffer_init(&value, 100);
    of_wire_begin(&value, 3);
    of_buffer_append_text(&value, "the order");
    struct of_order one = order;
    one.order_id = id;
    (void)of_injector_order(injector, &one);
    return of_injector_record(injector, key, &value, error);
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *text = of_alloc(65536);
    text[fread(text, 1, 65535, file)] = '\0';
    fclose(file);
    return text;
}

static struct of_injector *injector_of(
    const struct of_trouble_shares *shares, const char *path, struct wire *wire)
{
    struct of_error error;
    struct of_injector *injector;
    assert_int_equal(
        of_injector_new(shares, path, NULL, send_record, wire, &injector, &error), OF_OK);
    assert_int_equal(of_injector_resume(injector, 1, 0, &error), OF_OK);
    return injector;
}

static void test_duplicates_are_sent_twice(void **state)
{
    (void)state;
    struct of_error error;
    TEMPORARY file;
    temporary_make(&file, "", 0);
    struct wire wire = {.calls_left = -1};
    struct of_trouble_shares shares = {.of = {[OF_TROUBLE_DUPLICATE] = 1}};
    OF_CLEANUP(of_cleanup_injector)
    struct of_injector *injector = injector_of(&shares, file.path, &wire);
    assert_int_equal(inject(injector, 5, &error), OF_OK);
    assert_int_equal(inject(injector, 6, &error), OF_OK);
    assert_string_equal(wire.sent, "5 5 6 6");
    OF_FREE char *before = read_file(file.path);
    assert_string_equal(before, "");
    assert_int_equal(of_injector_settle(injector, &error), OF_OK);
    OF_FREE char *after = read_file(file.path);
    assert_string_equal(after, "{\"order_id\":5,\"trouble\":\"duplicate\"}\n"
                               "{\"order_id\":6,\"trouble\":\"duplicate\"}\n");
}

static void test_lines_hold_what_was_sent(void **state)
{
    (void)state;
    static const struct {
        enum of_trouble trouble;
        const char *start;
    } cases[] = {
        {OF_TROUBLE_LATE, "{\"order_id\":7,\"trouble\":\"late\",\"order_date\":\"1972-09-2"},
        {OF_TROUBLE_MALFORMED, "{\"order_id\":7,\"trouble\":\"malformed\",\"bytes\":9}\n"},
        {OF_TROUBLE_UNKNOWN_SCHEMA,
            "{\"order_id\":7,\"trouble\":\"unknown-schema\",\"schema_id\":2147483647}\n"},
        {OF_TROUBLE_NEGATIVE, "{\"order_id\":7,\"trouble\":\"negative\",\"sku\":"},
        {OF_TROUBLE_OUT_OF_ORDER, ""}, /* alone: there is nothing to be behind */
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct of_error error;
        TEMPORARY file;
        temporary_make(&file, "", 0);
        struct wire wire = {.calls_left = -1};
        struct of_trouble_shares shares = {.of = {[0] = 0}};
        shares.of[cases[i].trouble] = 1;
        OF_CLEANUP(of_cleanup_injector)
        struct of_injector *injector = injector_of(&shares, file.path, &wire);
        assert_int_equal(inject(injector, 7, &error), OF_OK);
        assert_int_equal(of_injector_settle(injector, &error), OF_OK);
        assert_string_equal(wire.sent, "7");
        OF_FREE char *text = read_file(file.path);
        if (strncmp(text, cases[i].start, strlen(cases[i].start)) != 0 ||
            (!*cases[i].start && *text))
            fail_msg("%s: %s", of_trouble_name(cases[i].trouble), text);
    }
}

/* Half of the orders come out of order: each once, and those listed really behind a later one. */
static void test_out_of_order(void **state)
{
    (void)state;
    struct of_error error;
    TEMPORARY file;
    temporary_make(&file, "", 0);
    struct wire wire = {.calls_left = -1};
    struct of_trouble_shares shares = {.of = {[OF_TROUBLE_OUT_OF_ORDER] = .5}};
    OF_CLEANUP(of_cleanup_injector)
    struct of_injector *injector = injector_of(&shares, file.path, &wire);
    int64_t seen[101] = {0}, before[101] = {0}, highest = 0, place = 0;
    for (int64_t id = 1; id <= 100; id++)
        assert_int_equal(inject(injector, id, &error), OF_OK);
    assert_int_equal(of_injector_settle(injector, &error), OF_OK);
    for (char *rest = wire.sent; *rest;) {
        int64_t id = strtoll(rest, &rest, 10);
        assert_in_range(id, 1, 100);
        assert_int_equal(seen[id], 0);
        seen[id] = ++place;
        before[id] = highest;
        highest = id > highest ? id : highest;
    }
    assert_int_equal(place, 100);
    OF_FREE char *text = read_file(file.path);
    int told = 0, behind = 0;
    for (int64_t id = 1; id <= 100; id++) {
        char line[128];
        snprintf(line, sizeof(line),
            "{\"order_id\":%lld,\"trouble\":\"out-of-order\",\"behind\":%lld}\n", (long long)id,
            (long long)before[id]);
        bool listed = strstr(text, line);
        told += listed;
        behind += before[id] > id;
        assert_int_equal(listed, before[id] > id);
    }
    assert_in_range(told, 30, 70);
    assert_int_equal(told, behind);
}

/* One more than can wait goes out at once. */
static void test_most_that_wait(void **state)
{
    (void)state;
    struct of_error error;
    TEMPORARY file;
    temporary_make(&file, "", 0);
    struct wire wire = {.calls_left = -1};
    struct of_trouble_shares shares = {.of = {[OF_TROUBLE_OUT_OF_ORDER] = 1}};
    OF_CLEANUP(of_cleanup_injector)
    struct of_injector *injector = injector_of(&shares, file.path, &wire);
    for (int64_t id = 1; id <= OF_INJECT_HELD_MAX; id++)
        assert_int_equal(inject(injector, id, &error), OF_OK);
    assert_string_equal(wire.sent, "");
    assert_int_equal(inject(injector, OF_INJECT_HELD_MAX + 1, &error), OF_OK);
    assert_int_equal(strncmp(wire.sent, "17", 2), 0);
    assert_int_equal(of_injector_settle(injector, &error), OF_OK);
    wire.sent[0] = '\0';
    assert_int_equal(inject(injector, 50, &error), OF_OK);
    wire.calls_left = 0;
    assert_int_equal(of_injector_settle(injector, &error), OF_RETRY);
    /* What was held is forgotten with the transaction. */
    wire.calls_left = -1;
    assert_int_equal(of_injector_resume(injector, 1, 17, &error), OF_OK);
    assert_int_equal(of_injector_settle(injector, &error), OF_OK);
    assert_string_equal(wire.sent, "");
}

/* ---- the manifest and crashes ---- */

static void test_manifest_goes_on_behind_what_is_committed(void **state)
{
    (void)state;
    static const struct {
        const char *before;
        int64_t last;
        const char *after; /* NULL: refused */
    } cases[] = {
        {"", 0, ""},
        {"{\"order_id\":5,\"a\":1}\n", 5, "{\"order_id\":5,\"a\":1}\n"},
        {"{\"order_id\":5,\"a\":1}\n", 4, ""},
        {"{\"order_id\":5,\"a\":1}\n{\"order_id\":9,\"a\":1}\n{\"order_id\":8,\"a\":1}\n", 5,
            "{\"order_id\":5,\"a\":1}\n"},
        {"{\"order_id\":9,\"a\":1}\n{\"order_id\":8,\"a\":1}\n", 9,
            "{\"order_id\":9,\"a\":1}\n{\"order_id\":8,\"a\":1}\n"},
        {"{\"order_id\":5,\"a\":1}\n{\"order_id\":6,\"a", 9, "{\"order_id\":5,\"a\":1}\n"},
        {"something else\n", 9, NULL},
        {"{\"order_id\":5,\"a\":1}\n\n", 9, NULL},
    };
    for (size_t i = 0; i < OF_COUNT(cases); i++) {
        struct of_error error;
        TEMPORARY file;
        temporary_make(&file, cases[i].before, strlen(cases[i].before));
        OF_CLEANUP(of_cleanup_manifest) struct of_manifest *manifest = NULL;
        assert_int_equal(of_manifest_open(file.path, &manifest, &error), OF_OK);
        of_buffer_append_text(of_manifest_pending(manifest), "forgotten\n");
        int result = of_manifest_resume(manifest, cases[i].last, &error);
        assert_int_equal(result, cases[i].after ? OF_OK : OF_FATAL);
        if (result == OF_OK)
            assert_int_equal(of_manifest_write(manifest, &error), OF_OK);
        OF_FREE char *text = read_file(file.path);
        assert_string_equal(text, cases[i].after ? cases[i].after : cases[i].before);
    }
}

static void test_manifest_that_cannot_be(void **state)
{
    (void)state;
    struct of_error error;
    struct of_manifest *manifest = NULL;
    assert_int_equal(of_manifest_open("/nowhere/manifest", &manifest, &error), OF_FATAL);
    assert_contains(error.message, "/nowhere/manifest: No such file");
    TEMPORARY file;
    char line[OF_MANIFEST_LINE_MAX + 2];
    memset(line, 'x', sizeof(line));
    temporary_make(&file, line, sizeof(line));
    assert_int_equal(of_manifest_open(file.path, &manifest, &error), OF_OK);
    assert_int_equal(of_manifest_resume(manifest, 1, &error), OF_FATAL);
    assert_contains(error.message, ":1 is no line of a manifest");
    of_buffer_append(of_manifest_pending(manifest), line, 10);
    of_manifest_pending(manifest)->full = true; /* as after one byte too many */
    assert_int_equal(of_manifest_write(manifest, &error), OF_FATAL);
    of_manifest_free(manifest);
}

/* ---- options ---- */

static int parse(const char *const *words, struct of_error *error)
{
    struct of_producer_options options;
    char *argv[16] = {(char *)"orderflow-producer"};
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)words[argc - 1];
    return of_producer_options_parse(&options, argc, argv, error);
}

#define PARSE(error, ...) parse((const char *const[]){__VA_ARGS__, NULL}, error)

static void test_options(void **state)
{
    (void)state;
    struct of_error error;
    assert_int_equal(
        PARSE(&error, "--mode", "live", "--late", ".5", "--negative=0.5", "--manifest", "m"), 0);
    assert_int_equal(PARSE(&error, "--mode", "live", "--late", "0"), 0);
    assert_int_equal(PARSE(&error, "--mode", "live", "--late", "1.1", "--manifest", "m"), OF_INPUT);
    assert_int_equal(PARSE(&error, "--mode", "live", "--late", ".1"), OF_INPUT);
    assert_contains(error.message, "needs --manifest");
    assert_int_equal(PARSE(&error, "--late", ".1", "--manifest", "m"), OF_INPUT);
    assert_contains(error.message, "needs --mode live or both");
    assert_int_equal(PARSE(&error, "--mode", "live", "--manifest", "m"), OF_INPUT);
    assert_contains(error.message, "--manifest needs a share");
    assert_int_equal(
        PARSE(&error, "--mode", "live", "--dry-run", "--late", ".1", "--manifest", "m"), OF_INPUT);
    assert_contains(error.message, "not with --dry-run");
    assert_int_equal(
        PARSE(&error, "--mode", "live", "--late", ".6", "--duplicate", ".6", "--manifest", "m"),
        OF_INPUT);
    assert_contains(error.message, "add up to 1.2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares_by_number_alone),
        cmocka_unit_test(test_shares_at_their_ends),
        cmocka_unit_test(test_what_changes),
        cmocka_unit_test(test_what_is_damaged),
        cmocka_unit_test(test_duplicates_are_sent_twice),
        cmocka_unit_test(test_lines_hold_what_was_sent),
        cmocka_unit_test(test_out_of_order),
        cmocka_unit_test(test_most_that_wait),
        cmocka_unit_test(test_manifest_goes_on_behind_what_is_committed),
        cmocka_unit_test(test_manifest_that_cannot_be),
        cmocka_unit_test(test_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
