/* The pipeline's own scripts on this engine: planned with the order schema as it is registered,
 * applied twice, replayed, and run on an order. */
#include "unit/ksql_golden.h"

#include "base/buffer.h"
#include "ksqld/lang/lexer.h"
#include "schemas/order.h"

#define SCRIPT_MAX (256u * 1024)

static const char *const scripts[] = {"01_sources", "02_customer_info", "03_order_info",
    "04_item_exploded", "05_item_info", "06_order_executed", "07_order_lines", "08_order_price",
    "09_destination_total"};

/* ---- an engine whose world has the order topics ---- */

struct world {
    bool second; /* the outputs' topics are there by now */
};

static int find_topic(
    void *context, const char *topic, struct ksql_topic *answer, struct of_error *error)
{
    (void)error;
    const struct world *world = context;
    bool orders = strstr(topic, "_orders");
    *answer = (struct ksql_topic){.exists = orders || world->second,
        .partitions = 4,
        .replicas = 1,
        .has_retention = true,
        .retention_ms = -1};
    return 0;
}

static int find_schema(void *context, const char *topic, bool key, int32_t id,
    struct of_schema *schema, struct of_error *error)
{
    (void)context;
    (void)key;
    (void)id;
    (void)error;
    schema->text = strstr(topic, "_orders") ? of_order_schema : NULL;
    schema->size = of_order_schema_size;
    return 0;
}

static struct ksql_engine *new_engine(struct world *world)
{
    return ksql_engine_new(&(struct ksql_callbacks){
        .context = world, .topic = find_topic, .schema = find_schema, .keeps_state = true});
}

static char *load(const char *directory, const char *name)
{
    char *path OF_FREE = of_asprintf("%s/%s", directory, name);
    FILE *file OF_CLEANUP(of_cleanup_file) = fopen(path, "r");
    if (!file)
        fail_msg("%s", path);
    char *text = of_alloc(SCRIPT_MAX);
    text[fread(text, 1, SCRIPT_MAX - 1, file)] = '\0';
    return text;
}

/* ---- applying, as orderflow-ksql does ---- */

#define LOG_MAX 64

struct log {
    char *texts[LOG_MAX];
    size_t count, created, warned, known;
};

static void release_log(struct log *log)
{
    for (size_t i = 0; i < log->count; i++)
        free(log->texts[i]);
}

static void apply_statement(
    struct ksql_engine *engine, const struct ksql_piece *piece, struct log *log)
{
    static char name[] = "partitions", value[] = "4";
    static const struct ksql_property variable = {.name = name, .value = value};
    struct ksql_prepare_options options = {.variables = &variable, .variable_count = 1};
    struct ksql_failure failure OF_CLEANUP(ksql_failure_release) = {0};
    struct ksql_statement *statement OF_CLEANUP(of_cleanup_ksql_statement) = NULL;
    struct of_error error;
    if (ksql_engine_prepare(engine, piece->text, piece->length, &options, &statement, &failure)) {
        if (!strstr(failure.message, "already exists"))
            fail_msg("%.*s\n%s", (int)piece->length, piece->text, failure.message);
        log->known++;
        return;
    }
    log->warned += statement->warning;
    if (!statement->command_id)
        return;
    log->created++;
    int64_t sequence = (int64_t)log->count * 2;
    log->texts[log->count++] = of_strdup(statement->text);
    if (statement->effect == KSQL_EFFECT_CREATE_SOURCE ||
        statement->effect == KSQL_EFFECT_CREATE_QUERY) {
        bool input = strstr(statement->topic.name, "_orders");
        assert_int_equal(statement->create_topic, !input);
        assert_int_equal(statement->topic.partitions, 4);
        if (!input && strcmp(statement->topic.cleanup_policy, "compact") != 0)
            assert_int_equal(statement->topic.retention_ms, -1);
    }
    assert_int_equal(ksql_engine_apply(engine, statement, sequence, &error), 0);
}

static void apply_scripts(struct ksql_engine *engine, struct log *log)
{
    for (size_t i = 0; i < OF_COUNT(scripts); i++) {
        char *name OF_FREE = of_asprintf("%s.sql", scripts[i]);
        char *text OF_FREE = load(GOLDEN "/../../ksql", name);
        struct ksql_pieces pieces OF_CLEANUP(ksql_pieces_release) = {0};
        struct of_error error;
        assert_int_equal(ksql_split(text, strlen(text), &pieces, &error), 0);
        for (size_t j = 0; j < pieces.count; j++)
            apply_statement(engine, &pieces.items[j], log);
    }
}

static void test_plan(void **state)
{
    (void)state;
    struct world world = {0};
    struct log log OF_CLEANUP(release_log) = {0};
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = new_engine(&world);
    apply_scripts(engine, &log);
    assert_int_equal(log.created, 24);
    assert_int_equal(ksql_engine_source_count(engine), 14);
    assert_int_equal(ksql_engine_query_count(engine), 13);
    for (size_t i = 0; i < ksql_engine_query_count(engine); i++) {
        const struct ksql_query *query = ksql_engine_query(engine, i);
        char *name OF_FREE = of_asprintf("%s-value.avsc", query->sink_topic);
        char *schema OF_FREE = load(GOLDEN, name);
        schema[strcspn(schema, "\n")] = '\0';
        assert_string_equal(query->sink_value_schema, schema);
        assert_null(query->sink_key_schema);
    }
}

static void test_apply_again(void **state)
{
    (void)state;
    struct world world = {0};
    struct log log OF_CLEANUP(release_log) = {0}, again OF_CLEANUP(release_log) = {0};
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = new_engine(&world);
    apply_scripts(engine, &log);
    world.second = true;
    apply_scripts(engine, &again);
    assert_int_equal(again.created, 0);
    assert_int_equal(again.warned, 14); /* the streams and tables */
    assert_int_equal(again.known, 10);  /* the INSERTs, by their QUERY_ID */
    assert_int_equal(ksql_engine_query_count(engine), 13);
}

/* A replay asks nobody, and comes to the same. */
static void test_replay(void **state)
{
    (void)state;
    struct world world = {0};
    struct log log OF_CLEANUP(release_log) = {0};
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = new_engine(&world);
    apply_scripts(engine, &log);
    struct ksql_engine *second OF_CLEANUP(of_cleanup_ksql_engine) =
        ksql_engine_new(&(struct ksql_callbacks){.keeps_state = true});
    for (size_t i = 0; i < log.count; i++)
        run_statement(second, log.texts[i], (int64_t)i * 2, true);
    assert_int_equal(ksql_engine_source_count(second), ksql_engine_source_count(engine));
    for (size_t i = 0; i < ksql_engine_source_count(engine); i++)
        assert_string_equal(
            ksql_engine_source(second, i)->statement, ksql_engine_source(engine, i)->statement);
    assert_int_equal(ksql_engine_query_count(second), ksql_engine_query_count(engine));
    for (size_t i = 0; i < ksql_engine_query_count(engine); i++) {
        const struct ksql_query *a = ksql_engine_query(engine, i);
        const struct ksql_query *b = ksql_engine_query(second, i);
        assert_string_equal(a->id, b->id);
        assert_string_equal(a->statement, b->statement);
        assert_string_equal(a->sink_value_schema, b->sink_value_schema);
    }
}

/* ---- running ---- */

#define ROWS_MAX 8

struct row {
    uint8_t bytes[256];
    size_t size;
    char key[32];
    size_t key_size;
};

struct rows {
    struct row items[ROWS_MAX];
    size_t count;
};

static int collect(void *context, const struct ksql_record_out *record, struct of_error *error)
{
    (void)error;
    struct rows *rows = context;
    struct row *row = &rows->items[rows->count++];
    assert_true(record->value_size <= sizeof(row->bytes) && record->key_size <= sizeof(row->key));
    row->size = record->value_size;
    memcpy(row->bytes, record->value, record->value_size);
    row->key_size = record->key_size;
    memcpy(row->key, record->key, record->key_size);
    assert_int_equal(record->timestamp, 77);
    return 0;
}

static int schema_of_id(void *context, int32_t id, enum of_schema_type type, const char **text,
    size_t *size, struct of_error *error)
{
    (void)type;
    (void)error;
    *text = id == 1 ? of_order_schema : context;
    *size = id == 1 ? of_order_schema_size : strlen(context);
    return 0;
}

static void run_one(const struct ksql_engine *engine, const char *id, const char *schema,
    const struct of_buffer *value, struct rows *rows)
{
    char text[SCRIPT_MAX];
    snprintf(text, sizeof(text), "%s", schema ? schema : "");
    struct ksql_run_callbacks callbacks = {text, schema_of_id};
    struct ksql_run *run OF_CLEANUP(of_cleanup_ksql_run) = NULL;
    struct of_error error;
    const struct ksql_query *query = ksql_engine_query_find(engine, id);
    assert_non_null(query);
    assert_int_equal(ksql_run_new(query, &callbacks, 0, 2, &run, &error), 0);
    struct ksql_record_in in = {.timestamp = 77,
        .key = "42",
        .key_size = 2,
        .value = value->data,
        .value_size = value->length};
    if (ksql_run_process(run, &in, collect, rows, &error))
        fail_msg("%s", error.message);
    assert_int_equal(ksql_run_expression_errors(run), 0);
}

static void make_order(struct of_buffer *value)
{
    static const uint8_t frame[] = {0, 0, 0, 0, 1};
    struct of_error error;
    struct of_order order OF_CLEANUP(of_order_release);
    of_order_init(&order);
    order.order_id = 42;
    order.order_date = 1615712400000;
    order.customer_info = (struct of_customer_info){7, OF_TEXT("Ma. Ni\xc3\xb1o"), OF_TEXT("Acme"),
        OF_TEXT("a@b.ph"), OF_TEXT("1 St"), OF_TEXT("Manila"), OF_TEXT("PH-00"), OF_TEXT("0917"),
        OF_TEXT("192.0.2.1")};
    order.payment_info = (struct of_payment_info){.payment_status = true,
        .has_payment_method = true,
        .payment_method = OF_TEXT("Credit Card")};
    order.shipping_info = (struct of_shipping_info){.shipping_id = 99,
        .order_status = OF_TEXT("Delivered"),
        .has_finished_date = true,
        .finished_date = -1};
    for (int i = 0; i < 2; i++)
        *of_order_add_item_info(&order) =
            (struct of_item){10 + i, 12345 * (1 + i), 2, 5.5f * (float)i, -128 + 256 * i};
    order.item_variety = 2;
    order.order_total = 99999;
    of_buffer_append(value, frame, sizeof(frame));
    assert_int_equal(of_order_encode(&order, value, &error), 0);
}

/* What is expected, field by field, each with its union branch before it. */
struct expected {
    uint8_t bytes[256];
    uint8_t *next;
};

static void begin(struct expected *expected)
{
    static const uint8_t frame[] = {0, 0, 0, 0, 2};
    memcpy(expected->bytes, frame, sizeof(frame));
    expected->next = expected->bytes + sizeof(frame);
}

static void add_number(struct expected *expected, int64_t number)
{
    *expected->next++ = 2;
    expected->next = of_avro_write_long(expected->next, number);
}

static void add_boolean(struct expected *expected, bool value)
{
    *expected->next++ = 2;
    *expected->next++ = value;
}

static void add_double(struct expected *expected, double number)
{
    *expected->next++ = 2;
    expected->next = of_avro_write_double(expected->next, number);
}

static void add_text(struct expected *expected, const char *text)
{
    *expected->next++ = 2;
    expected->next = of_avro_write_text(expected->next, (struct of_text){text, strlen(text)});
}

static void add_decimal(struct expected *expected, int64_t units)
{
    *expected->next++ = 2;
    expected->next = of_avro_write_decimal(expected->next, units);
}

static void assert_row(
    const struct row *row, const struct expected *expected, const char *key, size_t key_size)
{
    assert_int_equal(row->size, expected->next - expected->bytes);
    assert_memory_equal(row->bytes, expected->bytes, row->size);
    assert_int_equal(row->key_size, key_size);
    assert_memory_equal(row->key, key, key_size);
}

static void check_customer(const struct ksql_engine *engine, const struct of_buffer *value)
{
    struct rows rows = {0};
    struct expected expected;
    run_one(engine, "CUSTOMER_INFO_FAILED", NULL, value, &rows);
    assert_int_equal(rows.count, 1);
    begin(&expected);
    add_number(&expected, 7);
    static const char *const texts[] = {
        "Ma. Ni\xc3\xb1o", "Acme", "a@b.ph", "1 St", "Manila", "PH-00", "0917"};
    for (size_t i = 0; i < OF_COUNT(texts); i++)
        add_text(&expected, texts[i]);
    assert_row(&rows.items[0], &expected, "\0\0\0\0\0\0\0\7", 8);
}

static void check_order(const struct ksql_engine *engine, const struct of_buffer *value)
{
    struct rows rows = {0};
    struct expected expected;
    run_one(engine, "ORDER_INFO_FINISHED", NULL, value, &rows);
    assert_int_equal(rows.count, 1);
    begin(&expected);
    add_number(&expected, 42);
    add_number(&expected, 7);
    add_number(&expected, 1615712400000);
    add_text(&expected, "Delivered");
    add_decimal(&expected, 99999);
    add_number(&expected, 2);
    add_boolean(&expected, true);
    add_text(&expected, "Credit Card");
    *expected.next++ = 0;
    add_number(&expected, 99);
    add_boolean(&expected, false);
    *expected.next++ = 0;
    *expected.next++ = 0;
    add_number(&expected, -1);
    assert_row(&rows.items[0], &expected, "42", 2);
}

static void check_items(const struct ksql_engine *engine, const struct of_buffer *value)
{
    struct rows exploded = {0};
    const struct ksql_query *first = ksql_engine_query_find(engine, "ITEM_EXPLODED_FINISHED");
    run_one(engine, first->id, NULL, value, &exploded);
    assert_int_equal(exploded.count, 2);
    for (int i = 0; i < 2; i++) {
        struct of_buffer in OF_CLEANUP(of_buffer_release);
        struct rows rows = {0};
        struct expected expected;
        of_buffer_init(&in, SCRIPT_MAX);
        of_buffer_append(&in, exploded.items[i].bytes, exploded.items[i].size);
        run_one(engine, "CSAS_ITEM_INFO_21", first->sink_value_schema, &in, &rows);
        assert_int_equal(rows.count, 1);
        char id[] = "42-10";
        id[4] = (char)(id[4] + i);
        begin(&expected);
        add_text(&expected, id);
        add_number(&expected, 42);
        add_number(&expected, 10 + i);
        add_decimal(&expected, 12345 * (1 + i));
        add_number(&expected, 2);
        add_double(&expected, 5.5 * i);
        add_decimal(&expected, -128 + 256 * i);
        assert_row(&rows.items[0], &expected, id, 5);
    }
}

static void test_run(void **state)
{
    (void)state;
    struct world world = {0};
    struct log log OF_CLEANUP(release_log) = {0};
    struct ksql_engine *engine OF_CLEANUP(of_cleanup_ksql_engine) = new_engine(&world);
    apply_scripts(engine, &log);
    struct of_buffer value OF_CLEANUP(of_buffer_release);
    of_buffer_init(&value, SCRIPT_MAX);
    make_order(&value);
    check_customer(engine, &value);
    check_order(engine, &value);
    check_items(engine, &value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan),
        cmocka_unit_test(test_apply_again),
        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
