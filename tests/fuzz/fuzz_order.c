/* The order decoder: whatever it takes is an order, which encodes to bytes that decode to the same
 * order, and prints as JSON. */
#include "fuzz.h"

#include "schemas/order.h"

#include <jansson.h>

#define ORDER_SIZE_MAX (4 * OF_ORDER_BYTES_MAX)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    OF_CLEANUP(of_order_release) struct of_order order, again;
    OF_CLEANUP(of_buffer_release) struct of_buffer first, second;
    struct of_error error;
    of_order_init(&order);
    of_order_init(&again);
    of_buffer_init(&first, ORDER_SIZE_MAX);
    of_buffer_init(&second, ORDER_SIZE_MAX);
    if (of_order_decode(&order, data, size, &error) < 0) {
        PROMISE(error.class == OF_INPUT);
        PROMISE(strstr(error.message, "Order: ") == error.message);
        return 0;
    }
    PROMISE(of_order_encode(&order, &first, &error) == OF_OK);
    PROMISE(of_order_decode(&again, first.data, first.length, &error) == OF_OK);
    PROMISE(of_order_encode(&again, &second, &error) == OF_OK);
    PROMISE(first.length == second.length);
    PROMISE(memcmp(first.data, second.data, first.length) == 0);
    PROMISE(first.length <= size); /* ours is the shortest form */
    of_buffer_clear(&second);
    PROMISE(of_order_print_json(&order, &second) == OF_OK);
    json_t *json = json_loadb((char *)second.data, second.length, JSON_ALLOW_NUL, NULL);
    PROMISE(json);
    json_decref(json);
    return 0;
}
