/* Orders from their first line to file, partner and word; what is held, for how long, how much; and
 * that doing it again after a crash at any point changes nothing. */
#include "base/clock.h"
#include "export/exporter.h"

#include "http_server.h"

#define DATE INT64_C(1795251600000) /* 2026-11-21T09:00:00Z */
#define TOPIC "external_orders"

struct fixture {
    char folder[40];
    struct exporter exporter;
    char said[4096]; /* "exported 7 2026-11-21/order-7.json; dead 8 @12 incomplete; " */
    char why[1024];  /* of the last dead letter */
    int words_left;  /* until one fails with RETRY; negative: none will */
    int64_t now;
    int64_t offset;
};

static int say(struct fixture *fixture, struct of_error *error, const char *format, ...)
{
    size_t length = strlen(fixture->said);
    va_list arguments;
    if (fixture->words_left >= 0 && fixture->words_left-- == 0)
        return of_fail(error, OF_RETRY, "a broken wire");
    va_start(arguments, format);
    vsnprintf(fixture->said + length, sizeof(fixture->said) - length, format, arguments);
    va_end(arguments);
    return OF_OK;
}

static int on_exported(
    void *context, const struct of_order_line *line, const char *name, struct of_error *error)
{
    return say(context, error, "exported %lld %s; ", (long long)line->order_id, name);
}

static int on_dead_letter(void *context, const struct of_record *record, struct of_error *why)
{
    struct fixture *fixture = context;
    assert_string_equal(record->topic, TOPIC);
    assert_null(record->message);
    assert_int_equal(record->timestamp, 1000 + record->offset);
    const void *trace;
    size_t size;
    assert_non_null(record->headers);
    assert_int_equal(rd_kafka_header_get_last(record->headers, "trace", &trace, &size), 0);
    assert_int_equal(size, sizeof(record->offset));
    assert_memory_equal(trace, &record->offset, size);
    snprintf(fixture->why, sizeof(fixture->why), "%s", why->message);
    return say(fixture, why, "dead %.*s @%lld %s; ", (int)record->key_size,
        (const char *)record->key, (long long)record->offset, why->kind);
}

static void open_exporter(struct fixture *fixture)
{
    struct of_error error;
    exporter_init(&fixture->exporter);
    fixture->exporter.topic = TOPIC;
    fixture->exporter.hold_ms = 1000;
    fixture->exporter.words = (struct exporter_words){on_exported, on_dead_letter, fixture};
    assert_int_equal(files_open(&fixture->exporter.files, fixture->folder, "1", &error), OF_OK);
}

static int set_up(void **state)
{
    struct fixture *fixture = of_alloc(sizeof(*fixture));
    snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/orderflow-test-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    fixture->words_left = -1;
    open_exporter(fixture);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    OF_FREE char *command = of_asprintf("rm -rf %s", fixture->folder);
    assert_int_equal(system(command), 0);
    exporter_release(&fixture->exporter);
    free(fixture);
    return 0;
}

/* A line as the stage hands it over; the value is the body behind five bytes. */
static int take_at(struct fixture *fixture, int64_t id, int32_t line, int32_t wanted,
    int32_t partition, int64_t offset, struct of_error *error)
{
    char key[24];
    struct of_order_line record = {.order_id = id,
        .line = line,
        .route_lines = wanted,
        .order_date = DATE,
        .sku = 100 + line,
        .subtotal = 1000};
    OF_CLEANUP(of_buffer_release) struct of_buffer value;
    of_buffer_init(&value, OF_ORDER_LINE_BYTES_MAX);
    of_buffer_append(&value, "\0\0\0\0\1", 5);
    assert_int_equal(of_order_line_encode(&record, &value, error), OF_OK);
    OF_CLEANUP(of_cleanup_rd_kafka_headers)
    rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
    rd_kafka_header_add(headers, "trace", -1, &offset, sizeof(offset));
    const struct of_record from = {.topic = TOPIC,
        .partition = partition,
        .offset = offset,
        .timestamp = 1000 + offset,
        .key = key,
        .key_size = (size_t)snprintf(key, sizeof(key), "%lld", (long long)id),
        .value = value.data,
        .value_size = value.length,
        .headers = headers};
    return exporter_take(
        &fixture->exporter, &from, value.data + 5, value.length - 5, &record, fixture->now, error);
}

static void take(struct fixture *fixture, int64_t id, int32_t line, int32_t wanted)
{
    struct of_error error;
    if (take_at(fixture, id, line, wanted, 0, fixture->offset++, &error) < 0)
        fail_msg("%s", error.message);
}

static char *read_order(const struct fixture *fixture, int64_t id)
{
    OF_FREE char *path =
        of_asprintf("%s/2026-11-21/order-%lld.json", fixture->folder, (long long)id);
    FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    char *text = of_alloc(65536);
    text[fread(text, 1, 65535, file)] = '\0';
    fclose(file);
    return text;
}

/* ---- completing ---- */

static void one_line_is_enough_for_one(void **state)
{
    struct fixture *fixture = *state;
    take(fixture, 7, 3, 1);
    assert_string_equal(fixture->said, "exported 7 2026-11-21/order-7.json; ");
    assert_int_equal(exporter_needed(&fixture->exporter, 0), -1);
    OF_FREE char *text = read_order(fixture, 7);
    assert_contains(text, "\"line\":3,\"sku\":103,");
}

static void lines_come_in_any_order_and_mixed(void **state)
{
    struct fixture *fixture = *state;
    take(fixture, 7, 5, 3);
    take(fixture, 8, 1, 2);
    take(fixture, 7, 1, 3);
    assert_string_equal(fixture->said, "");
    assert_null(read_order(fixture, 7));
    assert_int_equal(exporter_needed(&fixture->exporter, 0), 0);
    take(fixture, 7, 2, 3);
    assert_string_equal(fixture->said, "exported 7 2026-11-21/order-7.json; ");
    /* Order 8's first line is @1; but from there on one of order 7 would come, and no other. */
    assert_int_equal(exporter_needed(&fixture->exporter, 0), 0);
    take(fixture, 8, 2, 2);
    assert_int_equal(exporter_needed(&fixture->exporter, 0), -1);
    OF_FREE char *text = read_order(fixture, 7);
    const char *first = strstr(text, "\"line\":1,"), *second = strstr(text, "\"line\":2,"),
               *third = strstr(text, "\"line\":5,");
    assert_true(first && second && third && first < second && second < third);
    assert_contains(text, "\"amount\":30.00}\n");
}

static void a_line_twice_counts_once(void **state)
{
    struct fixture *fixture = *state;
    take(fixture, 7, 1, 2);
    take(fixture, 7, 1, 2);
    assert_string_equal(fixture->said, "");
    take(fixture, 7, 2, 2);
    assert_string_equal(fixture->said, "exported 7 2026-11-21/order-7.json; ");
}

static void an_order_twice_is_the_same_file(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 2; i++) {
        take(fixture, 7, 1, 2);
        take(fixture, 7, 2, 2);
    }
    assert_string_equal(
        fixture->said, "exported 7 2026-11-21/order-7.json; exported 7 2026-11-21/order-7.json; ");
}

/* What differs from what the partner has is not sent over it. */
static void another_order_of_that_number_is_a_dead_letter(void **state)
{
    struct fixture *fixture = *state;
    take(fixture, 7, 1, 1);
    take(fixture, 7, 2, 1);
    assert_string_equal(fixture->said, "exported 7 2026-11-21/order-7.json; dead 7 @1 content; ");
    assert_contains(fixture->why, "is there already, with another content");
}

static void offsets_of_each_partition(void **state)
{
    struct fixture *fixture = *state;
    struct of_error error;
    assert_int_equal(take_at(fixture, 7, 1, 2, 0, 50, &error), OF_OK);
    assert_int_equal(take_at(fixture, 8, 1, 2, 3, 40, &error), OF_OK);
    assert_int_equal(exporter_needed(&fixture->exporter, 0), 50);
    assert_int_equal(exporter_needed(&fixture->exporter, 3), 40);
    assert_int_equal(exporter_needed(&fixture->exporter, 1), -1);
    exporter_forget(&fixture->exporter);
    assert_int_equal(exporter_needed(&fixture->exporter, 3), -1);
}

static void lines_that_cannot_be(void **state)
{
    struct fixture *fixture = *state;
    struct of_error error;
    static const struct {
        int32_t line, wanted, partition;
    } bad[] = {{0, 1, 0}, {-1, 1, 0}, {65, 1, 0}, {1, 0, 0}, {1, 65, 0}, {2, 3, 0}, {2, 2, 1}};
    take(fixture, 7, 1, 2);
    for (size_t i = 0; i < OF_COUNT(bad); i++)
        assert_int_equal(
            take_at(fixture, 7, bad[i].line, bad[i].wanted, bad[i].partition, 99, &error),
            OF_INPUT);
    assert_string_equal(error.kind, "line");
    assert_contains(error.message, "an earlier one says 2, in partition 0");
    take(fixture, 7, 2, 2); /* the good ones stand */
    assert_string_equal(fixture->said, "exported 7 2026-11-21/order-7.json; ");
    for (int32_t line = 1; line <= HELD_LINES_MAX; line++)
        take(fixture, 9, line, HELD_LINES_MAX);
    assert_contains(fixture->said, "exported 9 ");
}

/* Whoever reads again begins amid no order that is done: what is left of it would never be
 * complete, and be given up though it was exported. */
static void reading_begins_amid_no_order(void **state)
{
    struct fixture *fixture = *state;
    struct of_error error;
    static const struct {
        int64_t id;
        int32_t line, needed; /* behind it */
    } lines[] = {{1, 1, 0}, {1, 2, -1}, {2, 1, 2}, {3, 1, 2}, {2, 2, 2}, {4, 1, 2}, {3, 2, 2},
        {5, 1, 2}, {5, 2, 2}, {4, 2, -1}, {6, 1, 10}};
    for (int64_t at = 0; at < (int64_t)OF_COUNT(lines); at++) {
        take(fixture, lines[at].id, lines[at].line, 2);
        assert_int_equal(exporter_needed(&fixture->exporter, 0), lines[at].needed);
        assert_int_equal(exporter_needed(&fixture->exporter, 1), -1);
    }
    /* After a crash behind each of them: from there to the end nothing stays but the last. */
    for (size_t crash = 0; crash < OF_COUNT(lines); crash++) {
        int64_t from = lines[crash].needed < 0 ? (int64_t)crash + 1 : lines[crash].needed;
        exporter_forget(&fixture->exporter);
        for (int64_t at = from; at < (int64_t)OF_COUNT(lines); at++)
            assert_int_equal(
                take_at(fixture, lines[at].id, lines[at].line, 2, 0, at, &error), OF_OK);
        assert_int_equal(fixture->exporter.held.count, 1 - (from > 10));
        assert_int_equal(fixture->exporter.held.span_count, 0);
    }
    assert_null(strstr(fixture->said, "dead"));
}

/* ---- giving up ---- */

static void incomplete_for_too_long(void **state)
{
    struct fixture *fixture = *state;
    struct of_error error;
    take(fixture, 7, 1, 3);
    take(fixture, 7, 2, 3);
    fixture->now = 500;
    take(fixture, 8, 1, 2);
    fixture->now = 999;
    assert_int_equal(exporter_settle(&fixture->exporter, fixture->now, &error), OF_OK);
    assert_string_equal(fixture->said, "");
    fixture->now = 1000;
    assert_int_equal(exporter_settle(&fixture->exporter, fixture->now, &error), OF_OK);
    assert_string_equal(fixture->said, "dead 7 @0 incomplete; dead 7 @1 incomplete; ");
    assert_string_equal(
        fixture->why, "order 7: 2 of 3 lines came; the others did not come in time");
    assert_int_equal(exporter_needed(&fixture->exporter, 0), 2); /* order 8 waits on */
}

static void more_orders_than_wait(void **state)
{
    struct fixture *fixture = *state;
    for (int64_t id = 1; id <= HELD_ORDERS_MAX; id++)
        take(fixture, id, 1, 2);
    assert_string_equal(fixture->said, "");
    take(fixture, 2, 1, 2); /* of one that is here: nothing goes */
    assert_string_equal(fixture->said, "");
    take(fixture, HELD_ORDERS_MAX + 1, 1, 2);
    assert_string_equal(fixture->said, "dead 1 @0 incomplete; ");
    assert_contains(fixture->why, "too many orders are incomplete");
}

static void more_bytes_than_wait(void **state)
{
    struct fixture *fixture = *state;
    struct held held = {.orders = NULL};
    struct held_order *complete;
    struct of_error error;
    OF_FREE uint8_t *large = of_alloc(HELD_BYTES_MAX);
    struct held_record record = {.order_id = 1,
        .line = 1,
        .wanted = 2,
        .value = large,
        .body = large,
        .value_size = HELD_BYTES_MAX / 2,
        .body_size = HELD_BYTES_MAX / 2};
    (void)fixture;
    assert_true(held_has_room(&held, &record));
    assert_int_equal(held_add(&held, &record, 0, &complete, &error), OF_OK);
    record.line = 2;
    record.value_size = record.body_size = 0;
    assert_true(held_has_room(&held, &record));
    record.key = "k";
    record.key_size = 1;
    assert_false(held_has_room(&held, &record));
    record.key = NULL;
    record.key_size = 0;
    assert_true(held_has_room(&held, &record));
    OF_CLEANUP(of_cleanup_rd_kafka_headers) rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
    rd_kafka_header_add(headers, "a", -1, "b", 1);
    record.headers = headers;
    assert_false(held_has_room(&held, &record));
    held_clear(&held);
    assert_int_equal(held.bytes, 0);
    assert_true(held_has_room(&held, &record));
    held_release(&held);
}

/* A body that a resolved schema gave lies outside of the value. */
static void bodies_of_their_own(void **state)
{
    (void)state;
    struct held held = {.orders = NULL};
    struct held_order *complete;
    struct of_error error;
    char value[] = "value", body[] = "body";
    struct held_record record = {.order_id = 1,
        .line = 1,
        .wanted = 1,
        .value = value,
        .value_size = 5,
        .body = (uint8_t *)body,
        .body_size = 4};
    assert_int_equal(held_add(&held, &record, 0, &complete, &error), OF_OK);
    memset(body, 'x', 4);
    assert_memory_equal(complete->lines[0].body, "body", 4);
    assert_null(complete->lines[0].key);
    held_release(&held);
}

/* ---- the partner ---- */

static void with_partner(struct fixture *fixture, const char *url)
{
    struct of_error error;
    OF_CLEANUP(of_cleanup_config) struct of_config *config = NULL;
    OF_FREE char *where = of_asprintf("export.partner.url=%s", url);
    struct of_option_list overrides = {
        .values = {where, "export.partner.retries=2", "export.partner.retries.wait.ms=1",
            "topic.prefix=eu.", "export.partner.bearer.token=hush"},
        .count = 5};
    assert_int_equal(of_config_load(NULL, &overrides, &config, &error), OF_OK);
    if (partner_open(&fixture->exporter.partner, config, &error) < 0)
        fail_msg("%s", error.message);
}

static void sends_each_order_once_it_stands(void **state)
{
    struct fixture *fixture = *state;
    static const struct http_answer answers[] = {{.status = 201}, {0}};
    SERVER server = http_server_start(answers);
    with_partner(fixture, server->url);
    take(fixture, 7, 1, 2);
    assert_int_equal(server->count, 0);
    take(fixture, 7, 2, 2);
    assert_int_equal(server->count, 1);
    OF_FREE char *text = read_order(fixture, 7);
    assert_string_equal(server->requests[0].method, "POST");
    assert_string_equal(server->requests[0].content_type, "application/json");
    assert_string_equal(server->requests[0].authorization, "Bearer hush");
    assert_string_equal(server->requests[0].idempotency_key, "eu.order-7");
    assert_int_equal(server->requests[0].body_size, strlen(text));
    assert_memory_equal(server->requests[0].body, text, strlen(text));
    take(fixture, 7, 1, 2); /* again: the same key */
    take(fixture, 7, 2, 2);
    assert_int_equal(server->count, 2);
    assert_string_equal(server->requests[1].idempotency_key, "eu.order-7");
}

static void tries_again_and_succeeds(void **state)
{
    struct fixture *fixture = *state;
    static const struct http_answer answers[] = {
        {.status = 503}, {.status = 429}, {.status = 200}, {0}};
    SERVER server = http_server_start(answers);
    with_partner(fixture, server->url);
    take(fixture, 7, 1, 1);
    assert_int_equal(server->count, 3);
    assert_string_equal(fixture->said, "exported 7 2026-11-21/order-7.json; ");
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(server->requests[i].idempotency_key, "eu.order-7");
}

static void dead_letters_all_lines_after_the_last_try(void **state)
{
    struct fixture *fixture = *state;
    static const struct http_answer answers[] = {{.status = 503, .body = "busy"}, {0}};
    SERVER server = http_server_start(answers);
    with_partner(fixture, server->url);
    take(fixture, 7, 1, 2);
    take(fixture, 7, 2, 2);
    assert_int_equal(server->count, 3);
    assert_string_equal(fixture->said, "dead 7 @0 partner; dead 7 @1 partner; ");
    assert_string_equal(fixture->why, "order 7: the partner did not take it: status 503: busy");
    assert_int_equal(exporter_needed(&fixture->exporter, 0), -1);
}

static void a_refusal_is_not_tried_again(void **state)
{
    struct fixture *fixture = *state;
    static const struct http_answer answers[] = {{.status = 422}, {.status = 200}, {0}};
    SERVER server = http_server_start(answers);
    with_partner(fixture, server->url);
    take(fixture, 7, 1, 1);
    assert_int_equal(server->count, 1);
    assert_string_equal(fixture->said, "dead 7 @0 partner; ");
    take(fixture, 7, 1, 1); /* put back: the file is there, and it is sent */
    assert_int_equal(server->count, 2);
    assert_string_equal(fixture->said, "dead 7 @0 partner; exported 7 2026-11-21/order-7.json; ");
}

/* What is longer than anybody says of an order is no answer to it. */
static void an_answer_past_the_limit_is_a_refusal(void **state)
{
    struct fixture *fixture = *state;
    OF_FREE char *most = of_alloc(PARTNER_ANSWER_MAX + 1), *more = of_alloc(PARTNER_ANSWER_MAX + 2);
    memset(most, 'x', PARTNER_ANSWER_MAX);
    memset(more, 'x', PARTNER_ANSWER_MAX + 1);
    const struct http_answer answers[] = {
        {.status = 200, .body = most}, {.status = 200, .body = more}, {0}};
    SERVER server = http_server_start(answers);
    with_partner(fixture, server->url);
    take(fixture, 7, 1, 1);
    take(fixture, 8, 1, 1);
    assert_string_equal(fixture->said, "exported 7 2026-11-21/order-7.json; dead 8 @1 partner; ");
    assert_contains(fixture->why, "the answer is longer than 65536 bytes");
}

static void nobody_listens(void **state)
{
    struct fixture *fixture = *state;
    OF_FREE char *url = http_nobody();
    with_partner(fixture, url);
    take(fixture, 7, 1, 1);
    assert_string_equal(fixture->said, "dead 7 @0 partner; ");
    assert_contains(fixture->why, "the partner did not take it: http://127.0.0.1:");
    assert_lacks(fixture->why, "hush");
}

static void a_bad_url_is_an_error_at_start(void **state)
{
    (void)state;
    struct of_error error;
    OF_CLEANUP(of_cleanup_config) struct of_config *config = NULL;
    struct of_option_list overrides = {
        .values = {"export.partner.url=partner.example"}, .count = 1};
    struct partner partner;
    assert_int_equal(of_config_load(NULL, &overrides, &config, &error), OF_OK);
    assert_int_equal(partner_open(&partner, config, &error), OF_INPUT);
    assert_contains(error.message, "export.partner.url: an URL must start with");
    partner_release(&partner);
}

/* ---- crashes ---- */

/* Each word fails in turn, and with it the transaction: all is read again, and comes out the same.
 */
static void done_again_after_each_failure(void **state)
{
    struct fixture *fixture = *state;
    for (int words = 0; words < 3; words++) {
        struct of_error error;
        fixture->words_left = words;
        int result = OF_OK;
        for (int64_t id = 1; id <= 3 && result == OF_OK; id++)
            for (int32_t line = 1; line <= 2 && result == OF_OK; line++)
                result = take_at(fixture, id, line, 2, 0, 2 * id + line, &error);
        assert_int_equal(result, OF_RETRY);
        exporter_forget(&fixture->exporter);
        assert_int_equal(exporter_needed(&fixture->exporter, 0), -1);
    }
    fixture->words_left = -1;
    fixture->said[0] = '\0';
    for (int64_t id = 1; id <= 3; id++) {
        take(fixture, id, 1, 2);
        take(fixture, id, 2, 2);
    }
    assert_string_equal(fixture->said,
        "exported 1 2026-11-21/order-1.json; exported 2 2026-11-21/order-2.json; "
        "exported 3 2026-11-21/order-3.json; ");
}

static int fail_step(void *context, enum files_step step)
{
    int *left = context;
    (void)step;
    return (*left)-- == 0 ? 5 : 0; /* EIO */
}

/* A disk that fails is no reason to give an order up. */
static void the_disk_fails(void **state)
{
    struct fixture *fixture = *state;
    struct of_error error;
    int left = 3;
    fixture->exporter.files.before = fail_step;
    fixture->exporter.files.context = &left;
    assert_int_equal(take_at(fixture, 7, 1, 1, 0, 0, &error), OF_RETRY);
    assert_string_equal(fixture->said, "");
    exporter_forget(&fixture->exporter);
    take(fixture, 7, 1, 1);
    assert_string_equal(fixture->said, "exported 7 2026-11-21/order-7.json; ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(one_line_is_enough_for_one),
        TEST(lines_come_in_any_order_and_mixed),
        TEST(reading_begins_amid_no_order),
        TEST(a_line_twice_counts_once),
        TEST(an_order_twice_is_the_same_file),
        TEST(another_order_of_that_number_is_a_dead_letter),
        TEST(offsets_of_each_partition),
        TEST(lines_that_cannot_be),
        TEST(incomplete_for_too_long),
        TEST(more_orders_than_wait),
        TEST(more_bytes_than_wait),
        TEST(bodies_of_their_own),
        TEST(sends_each_order_once_it_stands),
        TEST(tries_again_and_succeeds),
        TEST(dead_letters_all_lines_after_the_last_try),
        TEST(a_refusal_is_not_tried_again),
        TEST(an_answer_past_the_limit_is_a_refusal),
        TEST(nobody_listens),
        TEST(a_bad_url_is_an_error_at_start),
        TEST(done_again_after_each_failure),
        TEST(the_disk_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
