/* JSON by jansson. */
#include "gateway/print.h"

#include "base/clock.h"

#include <string.h>

static json_t *text_or_null(const char *text)
{
    json_t *value = text && *text ? json_string(text) : NULL;
    return value ? value : json_null();
}

json_t *print_time(int64_t millis)
{
    char text[OF_ISO8601_SIZE];
    return millis == INT64_MIN ? json_null() : json_string(of_iso8601_print(millis, text));
}

static void add_event(json_t *object, const struct status_event *event)
{
    json_t *status = json_string(event->status);
    json_object_set_new(object, "status", status ? status : json_string("?"));
    json_object_set_new(object, "stage", text_or_null(event->stage));
    json_object_set_new(object, "at", print_time(event->at));
    json_object_set_new(object, "reason", text_or_null(event->reason));
}

json_t *print_event(const struct status_event *event)
{
    json_t *object = json_object();
    add_event(object, event);
    return object;
}

json_t *print_order(const struct order_view *order, bool history)
{
    json_t *object = json_object();
    json_object_set_new(object, "order_id", json_integer(order->order_id));
    json_object_set_new(object, "customer_id",
        order->has_customer ? json_integer(order->customer_id) : json_null());
    add_event(object, order_view_current(order));
    json_object_set_new(object, "final", json_boolean(order_view_is_final(order)));
    if (!history)
        return object;
    json_t *way = json_array(), *beside = json_array();
    for (size_t i = 0; i < order->count; i++) {
        const struct status_event *event = &order->events[i];
        const struct of_text status = {event->status, strlen(event->status)};
        json_array_append_new(status_rank(status) < 0 ? beside : way, print_event(event));
    }
    json_object_set_new(object, "history", way);
    json_object_set_new(object, "beside", beside);
    return object;
}
