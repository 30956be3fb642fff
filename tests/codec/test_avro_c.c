/* The generated codec against avro-c, which has nothing in common with it: random orders and every
 * value's boundaries, encoded by both to the same bytes and decoded by each from the other's.
 *
 *   test_avro_c [SEED [COUNT]]
 *
 * The last line is "N passed, N failed, N skipped". Truncated and corrupted bytes are not for
 * avro-c, which loses memory on them: test_damaged.py. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "schemas/order.h"

#include <avro.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_POOL_SIZE (OF_ORDER_STRING_MAX + 8)
#define ORDER_SIZE_MAX (4 * OF_ORDER_BYTES_MAX)

static const int64_t longs[] = {0, 1, -1, 63, -64, 64, -65, 8191, -8192, 8192, 1048575, -1048577,
    134217727, 134217728, 17179869183, 2199023255551, -2199023255553, 281474976710655,
    36028797018963967, 36028797018963968, -36028797018963969, 4611686018427387903,
    -4611686018427387905, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
static const int64_t decimals[] = {0, 1, -1, 127, 128, -128, -129, 32767, 32768, -32768, -32769,
    8388607, 8388608, -8388609, 2147483647, 2147483648, -2147483649, 549755813887, 549755813888,
    -549755813889, 999999999999, -999999999999};
static const uint32_t floats[] = {0, 0x80000000, 0x3f800000, 0x40a00000, 0x7f7fffff, 0x00000001,
    0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001};

struct judge {
    avro_schema_t schema;
    avro_value_iface_t *interface;
    avro_value_t value;
    struct of_order order, back;
    struct of_buffer ours;
    char *theirs;
    char ascii[TEXT_POOL_SIZE], wide[TEXT_POOL_SIZE];
    int passed, failed;
};

/* A position in what is drawn: either random, or the boundaries one after the other. */
struct draw {
    struct of_random random;
    uint64_t step; /* of the boundary run; UINT64_MAX: random */
};

static uint64_t pick(struct draw *draw, uint64_t count)
{
    return draw->step == UINT64_MAX ? of_random_below(&draw->random, count) : draw->step % count;
}

static int64_t any_long(struct draw *draw)
{
    if (draw->step == UINT64_MAX && of_random_chance(&draw->random, 1, 2))
        return (int64_t)of_random_next(&draw->random) >> of_random_below(&draw->random, 64);
    return longs[pick(draw, OF_COUNT(longs))];
}

static int64_t any_decimal(struct draw *draw)
{
    if (draw->step == UINT64_MAX && of_random_chance(&draw->random, 1, 2))
        return of_random_between(&draw->random, -999999999999, 999999999999) /
               (INT64_C(1) << of_random_below(&draw->random, 40));
    return decimals[pick(draw, OF_COUNT(decimals))];
}

static float any_float(struct draw *draw)
{
    uint32_t bits = floats[pick(draw, OF_COUNT(floats))];
    if (draw->step == UINT64_MAX && of_random_chance(&draw->random, 1, 2))
        bits = (uint32_t)of_random_next(&draw->random);
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static int32_t any_int(struct draw *draw)
{
    return (int32_t)any_long(draw);
}

/* Lengths around those that copying treats in its own way, and up to the limit. */
static struct of_text any_text(struct draw *draw, const struct judge *judge)
{
    static const size_t lengths[] = {0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63,
        64, 65, 127, 128, 255, OF_ORDER_STRING_MAX - 1, OF_ORDER_STRING_MAX};
    bool random = draw->step == UINT64_MAX;
    size_t length = random && of_random_chance(&draw->random, 15, 16)
                        ? of_random_below(&draw->random, 80)
                        : lengths[pick(draw, OF_COUNT(lengths))];
    if (random && of_random_chance(&draw->random, 3, 4))
        return (struct of_text){judge->ascii + of_random_below(&draw->random, 8), length};
    return (struct of_text){judge->wide, length & ~(size_t)1};
}

static bool any_bool(struct draw *draw)
{
    return pick(draw, 2) == 1;
}

static void fill(struct draw *draw, struct judge *judge)
{
    struct of_order *order = &judge->order;
    static const size_t counts[] = {0, 1, 2, 63, OF_ORDER_ITEM_INFO_MAX};
    of_order_release(order);
    order->order_id = any_long(draw);
    order->order_date = any_long(draw);
    order->customer_info = (struct of_customer_info){any_long(draw), any_text(draw, judge),
        any_text(draw, judge), any_text(draw, judge), any_text(draw, judge), any_text(draw, judge),
        any_text(draw, judge), any_text(draw, judge), any_text(draw, judge)};
    order->payment_info = (struct of_payment_info){.payment_status = any_bool(draw),
        .has_payment_method = any_bool(draw),
        .payment_method = any_text(draw, judge),
        .has_payment_date = any_bool(draw),
        .payment_date = any_long(draw)};
    order->shipping_info = (struct of_shipping_info){.shipping_id = any_long(draw),
        .express_shipping = any_bool(draw),
        .order_status = any_text(draw, judge),
        .has_shipped_date = any_bool(draw),
        .shipped_date = any_long(draw),
        .has_eta = any_bool(draw),
        .eta = any_long(draw),
        .has_finished_date = any_bool(draw),
        .finished_date = any_long(draw)};
    size_t items = draw->step == UINT64_MAX && of_random_chance(&draw->random, 15, 16)
                       ? of_random_below(&draw->random, 8)
                       : counts[pick(draw, OF_COUNT(counts))];
    for (size_t i = 0; i < items; i++) {
        struct of_item *item = of_order_add_item_info(order);
        *item = (struct of_item){any_int(draw), any_decimal(draw), any_int(draw), any_float(draw),
            any_decimal(draw), any_int(draw), any_int(draw), any_text(draw, judge),
            any_text(draw, judge)};
        if (draw->step != UINT64_MAX)
            draw->step++;
    }
    order->item_variety = any_int(draw);
    order->order_total = any_decimal(draw);
    order->has_execution_price = any_bool(draw);
    order->execution_price = any_decimal(draw);
}

static avro_value_t field(const avro_value_t *record, const char *name)
{
    avro_value_t value;
    if (avro_value_get_by_name(record, name, &value, NULL) != 0)
        abort();
    return value;
}

static void set_long(const avro_value_t *record, const char *name, int64_t value)
{
    avro_value_t target = field(record, name);
    avro_value_set_long(&target, value);
}

static void set_int(const avro_value_t *record, const char *name, int32_t value)
{
    avro_value_t target = field(record, name);
    avro_value_set_int(&target, value);
}

static void set_boolean(const avro_value_t *record, const char *name, bool value)
{
    avro_value_t target = field(record, name);
    avro_value_set_boolean(&target, value);
}

/* avro-c counts the NUL, which is not written. */
static void put_text(avro_value_t *target, struct of_text text)
{
    OF_FREE char *copy = of_strndup(text.data, text.length);
    avro_value_set_string_len(target, copy, text.length + 1);
}

static void set_text(const avro_value_t *record, const char *name, struct of_text text)
{
    avro_value_t target = field(record, name);
    put_text(&target, text);
}

/* The fewest bytes of two's complement that hold the value, found by trying. */
static void put_decimal(avro_value_t *target, int64_t value)
{
    int size = 1;
    while (size < 8 &&
           (value < -(INT64_C(1) << (8 * size - 1)) || value >= INT64_C(1) << (8 * size - 1)))
        size++;
    uint8_t bytes[8];
    for (int i = 0; i < size; i++)
        bytes[i] = (uint8_t)((uint64_t)value >> (8 * (size - 1 - i)));
    avro_value_set_bytes(target, bytes, (size_t)size);
}

static void set_decimal(const avro_value_t *record, const char *name, int64_t value)
{
    avro_value_t target = field(record, name);
    put_decimal(&target, value);
}

static avro_value_t branch(const avro_value_t *record, const char *name, bool present)
{
    avro_value_t target = field(record, name), inner;
    avro_value_set_branch(&target, present, &inner);
    if (!present)
        avro_value_set_null(&inner);
    return inner;
}

static void set_time(const avro_value_t *record, const char *name, bool present, int64_t value)
{
    avro_value_t inner = branch(record, name, present);
    if (present)
        avro_value_set_long(&inner, value);
}

static void to_avro_c(const struct of_order *order, avro_value_t *value)
{
    avro_value_reset(value);
    set_long(value, "order_id", order->order_id);
    set_long(value, "order_date", order->order_date);
    avro_value_t customer = field(value, "customer_info");
    set_long(&customer, "customer_id", order->customer_info.customer_id);
    set_text(&customer, "customer_name", order->customer_info.customer_name);
    set_text(&customer, "company", order->customer_info.company);
    set_text(&customer, "email", order->customer_info.email);
    set_text(&customer, "street_address", order->customer_info.street_address);
    set_text(&customer, "lgu", order->customer_info.lgu);
    set_text(&customer, "provincial_code", order->customer_info.provincial_code);
    set_text(&customer, "contact_number", order->customer_info.contact_number);
    set_text(&customer, "ip_address", order->customer_info.ip_address);
    avro_value_t payment = field(value, "payment_info");
    const struct of_payment_info *paid = &order->payment_info;
    set_boolean(&payment, "payment_status", paid->payment_status);
    avro_value_t method = branch(&payment, "payment_method", paid->has_payment_method);
    if (paid->has_payment_method)
        put_text(&method, paid->payment_method);
    set_time(&payment, "payment_date", paid->has_payment_date, paid->payment_date);
    avro_value_t shipping = field(value, "shipping_info");
    const struct of_shipping_info *shipped = &order->shipping_info;
    set_long(&shipping, "shipping_id", shipped->shipping_id);
    set_boolean(&shipping, "express_shipping", shipped->express_shipping);
    set_text(&shipping, "order_status", shipped->order_status);
    set_time(&shipping, "shipped_date", shipped->has_shipped_date, shipped->shipped_date);
    set_time(&shipping, "eta", shipped->has_eta, shipped->eta);
    set_time(&shipping, "finished_date", shipped->has_finished_date, shipped->finished_date);
    avro_value_t items = field(value, "item_info");
    for (size_t i = 0; i < order->item_info_count; i++) {
        avro_value_t item, target;
        avro_value_append(&items, &item, NULL);
        set_int(&item, "sku", order->item_info[i].sku);
        set_decimal(&item, "unit_price", order->item_info[i].unit_price);
        set_int(&item, "quantity", order->item_info[i].quantity);
        target = field(&item, "discount_percent");
        avro_value_set_float(&target, order->item_info[i].discount_percent);
        set_decimal(&item, "subtotal", order->item_info[i].subtotal);
        set_int(&item, "from_location", order->item_info[i].from_location);
        set_int(&item, "to_location", order->item_info[i].to_location);
        set_text(&item, "unit_of_measures", order->item_info[i].unit_of_measures);
        set_text(&item, "uom_type", order->item_info[i].uom_type);
    }
    set_int(value, "item_variety", order->item_variety);
    set_decimal(value, "order_total", order->order_total);
    avro_value_t price = branch(value, "execution_price", order->has_execution_price);
    if (order->has_execution_price)
        put_decimal(&price, order->execution_price);
}

static size_t encode_with_avro_c(struct judge *judge)
{
    avro_writer_t writer = avro_writer_memory(judge->theirs, ORDER_SIZE_MAX);
    if (avro_value_write(writer, &judge->value) != 0)
        abort();
    size_t size = (size_t)avro_writer_tell(writer);
    avro_writer_free(writer);
    return size;
}

static bool check(struct judge *judge)
{
    struct of_error error = {.message = "other bytes"};
    of_buffer_clear(&judge->ours);
    to_avro_c(&judge->order, &judge->value);
    size_t size = encode_with_avro_c(judge);
    if (of_order_encode(&judge->order, &judge->ours, &error) < 0 || judge->ours.length != size ||
        memcmp(judge->ours.data, judge->theirs, size) != 0) {
        printf("encoding: %s\n", error.message);
        return false;
    }
    /* avro-c reads ours, and writes it again. */
    avro_reader_t reader = avro_reader_memory((const char *)judge->ours.data, judge->ours.length);
    avro_value_reset(&judge->value);
    bool read = avro_value_read(reader, &judge->value) == 0;
    avro_reader_free(reader);
    if (!read || encode_with_avro_c(judge) != size ||
        memcmp(judge->ours.data, judge->theirs, size) != 0) {
        printf("avro-c decoding: %s\n", read ? "other bytes" : avro_strerror());
        return false;
    }
    /* We read avro-c's, and write it again. */
    of_buffer_clear(&judge->ours);
    if (of_order_decode(&judge->back, (const uint8_t *)judge->theirs, size, &error) < 0 ||
        of_order_encode(&judge->back, &judge->ours, &error) < 0 || judge->ours.length != size ||
        memcmp(judge->ours.data, judge->theirs, size) != 0) {
        printf("decoding: %s\n", error.message);
        return false;
    }
    return true;
}

static void judge_one(struct judge *judge, struct draw draw, const char *what, uint64_t number)
{
    fill(&draw, judge);
    if (check(judge)) {
        judge->passed++;
        return;
    }
    judge->failed++;
    printf("FAILED: %s order %" PRIu64 "\n", what, number);
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)of_clock_monotonic_ns();
    uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 20000;
    static struct judge judge;
    if (avro_schema_from_json_length(of_order_schema, of_order_schema_size, &judge.schema) != 0)
        return EXIT_FAILURE;
    judge.interface = avro_generic_class_from_schema(judge.schema);
    avro_generic_value_new(judge.interface, &judge.value);
    of_order_init(&judge.order);
    of_order_init(&judge.back);
    of_buffer_init(&judge.ours, ORDER_SIZE_MAX);
    judge.theirs = of_alloc(ORDER_SIZE_MAX);
    for (size_t i = 0; i < TEXT_POOL_SIZE; i++)
        judge.ascii[i] = (char)(' ' + i * 7 % 95);
    for (size_t i = 0; i + 1 < TEXT_POOL_SIZE; i += 2)
        memcpy(judge.wide + i, i % 6 ? "\xc3\xb1" : "zZ", 2);
    printf("seed %" PRIu64 ", %" PRIu64 " random orders\n", seed, count);
    /* The lists' lengths differ, so that their positions meet in ever new ways. */
    for (uint64_t step = 0; step < 2000; step++)
        judge_one(&judge, (struct draw){.step = step}, "boundary", step);
    for (uint64_t i = 0; i < count; i++)
        judge_one(&judge, (struct draw){of_random_make(seed, 0, i), UINT64_MAX}, "random", i);
    of_order_release(&judge.order);
    of_order_release(&judge.back);
    of_buffer_release(&judge.ours);
    free(judge.theirs);
    avro_value_decref(&judge.value);
    avro_value_iface_decref(judge.interface);
    avro_schema_decref(judge.schema);
    printf("%d passed, %d failed, 0 skipped\n", judge.passed, judge.failed);
    return judge.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
