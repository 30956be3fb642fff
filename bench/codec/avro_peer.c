/* One order through avro-c, both ways. Written as a user of avro-c would write it: no check that
 * the library makes is left out, none is added. */
#include "avro_peer.h"

#include "base/memory.h"

#include <avro.h>
#include <stdlib.h>

struct avro_peer {
    bool by_name;
    avro_schema_t schema;
    avro_value_iface_t *class;
    avro_value_t value;
    avro_reader_t reader;
    avro_writer_t writer;
};

/* A failed call leaves the function: the peer's own code stays as short as a user's. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        if ((call) != 0)                                                                           \
            return -1;                                                                             \
    } while (0)

struct avro_peer *avro_peer_new(bool by_name)
{
    struct avro_peer *peer = of_alloc(sizeof(*peer));
    peer->by_name = by_name;
    if (avro_schema_from_json_length(of_order_schema, of_order_schema_size, &peer->schema) != 0) {
        free(peer);
        return NULL;
    }
    peer->class = avro_generic_class_from_schema(peer->schema);
    avro_generic_value_new(peer->class, &peer->value);
    peer->reader = avro_reader_memory(NULL, 0);
    peer->writer = avro_writer_memory(NULL, 0);
    return peer;
}

void avro_peer_free(struct avro_peer *peer)
{
    if (!peer)
        return;
    avro_reader_free(peer->reader);
    avro_writer_free(peer->writer);
    avro_value_decref(&peer->value);
    avro_value_iface_decref(peer->class);
    avro_schema_decref(peer->schema);
    free(peer);
}

static int child(const struct avro_peer *peer, const avro_value_t *record, size_t index,
    const char *name, avro_value_t *field)
{
    if (peer->by_name)
        return avro_value_get_by_name(record, name, field, NULL);
    return avro_value_get_by_index(record, index, field, NULL);
}

#define CHILD(record, index, name, field) TRY(child(peer, (record), (index), (name), (field)))

static int get_text(const avro_value_t *field, struct of_text *text)
{
    const char *data;
    size_t size;
    TRY(avro_value_get_string(field, &data, &size));
    *text = (struct of_text){data, size - 1}; /* the size counts the NUL */
    return 0;
}

static int get_decimal(const avro_value_t *field, int64_t *value)
{
    const void *data;
    size_t size;
    TRY(avro_value_get_bytes(field, &data, &size));
    const uint8_t *bytes = data;
    uint64_t big = size > 0 && bytes[0] >= 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < size; i++)
        big = big << 8 | bytes[i];
    *value = (int64_t)big;
    return 0;
}

static int get_optional_long(const avro_value_t *field, bool *has, int64_t *value)
{
    int branch;
    avro_value_t inner;
    TRY(avro_value_get_discriminant(field, &branch));
    *has = branch == 1;
    *value = 0;
    if (!*has)
        return 0;
    TRY(avro_value_get_current_branch(field, &inner));
    return avro_value_get_long(&inner, value);
}

static int get_optional_decimal(const avro_value_t *field, bool *has, int64_t *value)
{
    int branch;
    avro_value_t inner;
    TRY(avro_value_get_discriminant(field, &branch));
    *has = branch == 1;
    *value = 0;
    if (!*has)
        return 0;
    TRY(avro_value_get_current_branch(field, &inner));
    return get_decimal(&inner, value);
}

static int get_boolean(const avro_value_t *field, bool *value)
{
    int number;
    TRY(avro_value_get_boolean(field, &number));
    *value = number != 0;
    return 0;
}

static int get_customer(
    const struct avro_peer *peer, const avro_value_t *record, struct of_customer_info *customer)
{
    avro_value_t field;
    CHILD(record, 0, "customer_id", &field);
    TRY(avro_value_get_long(&field, &customer->customer_id));
    CHILD(record, 1, "customer_name", &field);
    TRY(get_text(&field, &customer->customer_name));
    CHILD(record, 2, "company", &field);
    TRY(get_text(&field, &customer->company));
    CHILD(record, 3, "email", &field);
    TRY(get_text(&field, &customer->email));
    CHILD(record, 4, "street_address", &field);
    TRY(get_text(&field, &customer->street_address));
    CHILD(record, 5, "lgu", &field);
    TRY(get_text(&field, &customer->lgu));
    CHILD(record, 6, "provincial_code", &field);
    TRY(get_text(&field, &customer->provincial_code));
    CHILD(record, 7, "contact_number", &field);
    TRY(get_text(&field, &customer->contact_number));
    CHILD(record, 8, "ip_address", &field);
    return get_text(&field, &customer->ip_address);
}

static int get_payment(
    const struct avro_peer *peer, const avro_value_t *record, struct of_payment_info *payment)
{
    avro_value_t field, inner;
    int branch;
    CHILD(record, 0, "payment_status", &field);
    TRY(get_boolean(&field, &payment->payment_status));
    CHILD(record, 1, "payment_method", &field);
    TRY(avro_value_get_discriminant(&field, &branch));
    payment->has_payment_method = branch == 1;
    payment->payment_method = OF_TEXT("");
    if (payment->has_payment_method) {
        TRY(avro_value_get_current_branch(&field, &inner));
        TRY(get_text(&inner, &payment->payment_method));
    }
    CHILD(record, 2, "payment_date", &field);
    return get_optional_long(&field, &payment->has_payment_date, &payment->payment_date);
}

static int get_shipping(
    const struct avro_peer *peer, const avro_value_t *record, struct of_shipping_info *shipping)
{
    avro_value_t field;
    CHILD(record, 0, "shipping_id", &field);
    TRY(avro_value_get_long(&field, &shipping->shipping_id));
    CHILD(record, 1, "express_shipping", &field);
    TRY(get_boolean(&field, &shipping->express_shipping));
    CHILD(record, 2, "order_status", &field);
    TRY(get_text(&field, &shipping->order_status));
    CHILD(record, 3, "shipped_date", &field);
    TRY(get_optional_long(&field, &shipping->has_shipped_date, &shipping->shipped_date));
    CHILD(record, 4, "eta", &field);
    TRY(get_optional_long(&field, &shipping->has_eta, &shipping->eta));
    CHILD(record, 5, "finished_date", &field);
    return get_optional_long(&field, &shipping->has_finished_date, &shipping->finished_date);
}

static int get_items(
    const struct avro_peer *peer, const avro_value_t *array, struct of_order *order)
{
    size_t count;
    avro_value_t record, field;
    TRY(avro_value_get_size(array, &count));
    order->item_info_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct of_item *item = of_order_add_item_info(order);
        if (!item)
            return -1;
        TRY(avro_value_get_by_index(array, i, &record, NULL));
        CHILD(&record, 0, "sku", &field);
        TRY(avro_value_get_int(&field, &item->sku));
        CHILD(&record, 1, "unit_price", &field);
        TRY(get_decimal(&field, &item->unit_price));
        CHILD(&record, 2, "quantity", &field);
        TRY(avro_value_get_int(&field, &item->quantity));
        CHILD(&record, 3, "discount_percent", &field);
        TRY(avro_value_get_float(&field, &item->discount_percent));
        CHILD(&record, 4, "subtotal", &field);
        TRY(get_decimal(&field, &item->subtotal));
        CHILD(&record, 5, "from_location", &field);
        TRY(avro_value_get_int(&field, &item->from_location));
        CHILD(&record, 6, "to_location", &field);
        TRY(avro_value_get_int(&field, &item->to_location));
        CHILD(&record, 7, "unit_of_measures", &field);
        TRY(get_text(&field, &item->unit_of_measures));
        CHILD(&record, 8, "uom_type", &field);
        TRY(get_text(&field, &item->uom_type));
    }
    return 0;
}

int avro_peer_decode(
    struct avro_peer *peer, const uint8_t *bytes, size_t size, struct of_order *order)
{
    avro_value_t field;
    avro_reader_memory_set_source(peer->reader, (const char *)bytes, (int64_t)size);
    TRY(avro_value_read(peer->reader, &peer->value));
    CHILD(&peer->value, 0, "order_id", &field);
    TRY(avro_value_get_long(&field, &order->order_id));
    CHILD(&peer->value, 1, "order_date", &field);
    TRY(avro_value_get_long(&field, &order->order_date));
    CHILD(&peer->value, 2, "customer_info", &field);
    TRY(get_customer(peer, &field, &order->customer_info));
    CHILD(&peer->value, 3, "payment_info", &field);
    TRY(get_payment(peer, &field, &order->payment_info));
    CHILD(&peer->value, 4, "shipping_info", &field);
    TRY(get_shipping(peer, &field, &order->shipping_info));
    CHILD(&peer->value, 5, "item_info", &field);
    TRY(get_items(peer, &field, order));
    CHILD(&peer->value, 6, "item_variety", &field);
    TRY(avro_value_get_int(&field, &order->item_variety));
    CHILD(&peer->value, 7, "order_total", &field);
    TRY(get_decimal(&field, &order->order_total));
    CHILD(&peer->value, 8, "execution_price", &field);
    return get_optional_decimal(&field, &order->has_execution_price, &order->execution_price);
}

static int set_text(avro_value_t *field, struct of_text text)
{
    /* avro-c wants the NUL counted; the benchmark's texts all have one. */
    return avro_value_set_string_len(field, text.data, text.length + 1);
}

static int set_decimal(avro_value_t *field, int64_t value)
{
    uint8_t bytes[8];
    size_t start = 7;
    int64_t rest = value;
    bytes[7] = (uint8_t)rest;
    while (rest >> 7 != 0 && rest >> 7 != -1) {
        rest >>= 8;
        bytes[--start] = (uint8_t)rest;
    }
    return avro_value_set_bytes(field, bytes + start, 8 - start);
}

static int set_optional_long(avro_value_t *field, bool has, int64_t value)
{
    avro_value_t inner;
    TRY(avro_value_set_branch(field, has ? 1 : 0, &inner));
    return has ? avro_value_set_long(&inner, value) : avro_value_set_null(&inner);
}

static int set_optional_decimal(avro_value_t *field, bool has, int64_t value)
{
    avro_value_t inner;
    TRY(avro_value_set_branch(field, has ? 1 : 0, &inner));
    return has ? set_decimal(&inner, value) : avro_value_set_null(&inner);
}

static int set_customer(const struct avro_peer *peer, const avro_value_t *record,
    const struct of_customer_info *customer)
{
    avro_value_t field;
    CHILD(record, 0, "customer_id", &field);
    TRY(avro_value_set_long(&field, customer->customer_id));
    CHILD(record, 1, "customer_name", &field);
    TRY(set_text(&field, customer->customer_name));
    CHILD(record, 2, "company", &field);
    TRY(set_text(&field, customer->company));
    CHILD(record, 3, "email", &field);
    TRY(set_text(&field, customer->email));
    CHILD(record, 4, "street_address", &field);
    TRY(set_text(&field, customer->street_address));
    CHILD(record, 5, "lgu", &field);
    TRY(set_text(&field, customer->lgu));
    CHILD(record, 6, "provincial_code", &field);
    TRY(set_text(&field, customer->provincial_code));
    CHILD(record, 7, "contact_number", &field);
    TRY(set_text(&field, customer->contact_number));
    CHILD(record, 8, "ip_address", &field);
    return set_text(&field, customer->ip_address);
}

static int set_payment(
    const struct avro_peer *peer, const avro_value_t *record, const struct of_payment_info *payment)
{
    avro_value_t field, inner;
    CHILD(record, 0, "payment_status", &field);
    TRY(avro_value_set_boolean(&field, payment->payment_status));
    CHILD(record, 1, "payment_method", &field);
    TRY(avro_value_set_branch(&field, payment->has_payment_method ? 1 : 0, &inner));
    TRY(payment->has_payment_method ? set_text(&inner, payment->payment_method)
                                    : avro_value_set_null(&inner));
    CHILD(record, 2, "payment_date", &field);
    return set_optional_long(&field, payment->has_payment_date, payment->payment_date);
}

static int set_shipping(const struct avro_peer *peer, const avro_value_t *record,
    const struct of_shipping_info *shipping)
{
    avro_value_t field;
    CHILD(record, 0, "shipping_id", &field);
    TRY(avro_value_set_long(&field, shipping->shipping_id));
    CHILD(record, 1, "express_shipping", &field);
    TRY(avro_value_set_boolean(&field, shipping->express_shipping));
    CHILD(record, 2, "order_status", &field);
    TRY(set_text(&field, shipping->order_status));
    CHILD(record, 3, "shipped_date", &field);
    TRY(set_optional_long(&field, shipping->has_shipped_date, shipping->shipped_date));
    CHILD(record, 4, "eta", &field);
    TRY(set_optional_long(&field, shipping->has_eta, shipping->eta));
    CHILD(record, 5, "finished_date", &field);
    return set_optional_long(&field, shipping->has_finished_date, shipping->finished_date);
}

static int set_items(
    const struct avro_peer *peer, const avro_value_t *array, const struct of_order *order)
{
    avro_value_t record, field;
    for (size_t i = 0; i < order->item_info_count; i++) {
        const struct of_item *item = &order->item_info[i];
        TRY(avro_value_append(array, &record, NULL));
        CHILD(&record, 0, "sku", &field);
        TRY(avro_value_set_int(&field, item->sku));
        CHILD(&record, 1, "unit_price", &field);
        TRY(set_decimal(&field, item->unit_price));
        CHILD(&record, 2, "quantity", &field);
        TRY(avro_value_set_int(&field, item->quantity));
        CHILD(&record, 3, "discount_percent", &field);
        TRY(avro_value_set_float(&field, item->discount_percent));
        CHILD(&record, 4, "subtotal", &field);
        TRY(set_decimal(&field, item->subtotal));
        CHILD(&record, 5, "from_location", &field);
        TRY(avro_value_set_int(&field, item->from_location));
        CHILD(&record, 6, "to_location", &field);
        TRY(avro_value_set_int(&field, item->to_location));
        CHILD(&record, 7, "unit_of_measures", &field);
        TRY(set_text(&field, item->unit_of_measures));
        CHILD(&record, 8, "uom_type", &field);
        TRY(set_text(&field, item->uom_type));
    }
    return 0;
}

int avro_peer_encode(
    struct avro_peer *peer, const struct of_order *order, uint8_t *out, size_t room, size_t *size)
{
    avro_value_t field;
    TRY(avro_value_reset(&peer->value));
    CHILD(&peer->value, 0, "order_id", &field);
    TRY(avro_value_set_long(&field, order->order_id));
    CHILD(&peer->value, 1, "order_date", &field);
    TRY(avro_value_set_long(&field, order->order_date));
    CHILD(&peer->value, 2, "customer_info", &field);
    TRY(set_customer(peer, &field, &order->customer_info));
    CHILD(&peer->value, 3, "payment_info", &field);
    TRY(set_payment(peer, &field, &order->payment_info));
    CHILD(&peer->value, 4, "shipping_info", &field);
    TRY(set_shipping(peer, &field, &order->shipping_info));
    CHILD(&peer->value, 5, "item_info", &field);
    TRY(set_items(peer, &field, order));
    CHILD(&peer->value, 6, "item_variety", &field);
    TRY(avro_value_set_int(&field, order->item_variety));
    CHILD(&peer->value, 7, "order_total", &field);
    TRY(set_decimal(&field, order->order_total));
    CHILD(&peer->value, 8, "execution_price", &field);
    TRY(set_optional_decimal(&field, order->has_execution_price, order->execution_price));
    avro_writer_memory_set_dest(peer->writer, (const char *)out, (int64_t)room);
    TRY(avro_value_write(peer->writer, &peer->value));
    *size = (size_t)avro_writer_tell(peer->writer);
    return 0;
}
