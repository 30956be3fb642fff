/* The pipeline's topics and groups. The one place that lists them outside the programs that use
 * them. */
#include "admin.h"

#include "base/clock.h"
#include "schemas/cancel_request.h"
#include "schemas/gateway_state.h"
#include "schemas/generator_state.h"
#include "schemas/order.h"
#include "schemas/order_line.h"
#include "schemas/order_status.h"

#define ORDERS(topic_name)                                                                         \
    {                                                                                              \
        .name = (topic_name), .role = ROLE_ORDERS, .cleanup_policy = "delete",                     \
        .schema = of_order_schema, .schema_size = &of_order_schema_size                            \
    }

#define LINES(topic_name)                                                                          \
    {                                                                                              \
        .name = (topic_name), .role = ROLE_LINES, .cleanup_policy = "delete",                      \
        .schema = of_order_line_schema, .schema_size = &of_order_line_schema_size                  \
    }

const struct admin_topic admin_topics[] = {
    ORDERS("unpaid_orders"),
    ORDERS("valid_orders"),
    ORDERS("paid_orders"),
    ORDERS("shipped_orders"),
    ORDERS("finished_orders"),
    ORDERS("failed_orders"),
    /* Validation's own. It looks back two hours at the most; but orders that it has not decided on
     * are here and nowhere else, and must outlast the longest time that it may stand still. */
    {.name = "orders_by_customer",
        .role = ROLE_EVENTS,
        .cleanup_policy = "delete",
        .retention_ms = 7 * OF_DAY,
        .schema = of_order_schema,
        .schema_size = &of_order_schema_size},
    {.name = "generator_state",
        .role = ROLE_STATE,
        .partitions = 1, /* one writer, and its newest record is the state */
        .cleanup_policy = "compact",
        .schema = of_generator_state_schema,
        .schema_size = &of_generator_state_schema_size},
    {.name = "order_status",
        .role = ROLE_EVENTS,
        .cleanup_policy = "delete",
        .schema = of_order_status_schema,
        .schema_size = &of_order_status_schema_size,
        .setting = "order.status.topic"},
    {.name = "cancel_requests",
        .role = ROLE_EVENTS,
        .cleanup_policy = "delete",
        .schema = of_cancel_request_schema,
        .schema_size = &of_cancel_request_schema_size,
        .setting = "order.cancel.topic"},
    {.name = "gateway_state",
        .role = ROLE_STATE,
        .partitions = 1, /* as generator_state */
        .cleanup_policy = "compact",
        .schema = of_gateway_state_schema,
        .schema_size = &of_gateway_state_schema_size},
    LINES("internal_orders"),
    LINES("external_orders"),
    /* The SQL scripts make these. */
    {.name = "customer_info", .role = ROLE_SQL},
    {.name = "order_info", .role = ROLE_SQL},
    {.name = "order_executed", .role = ROLE_SQL},
    {.name = "item_exploded", .role = ROLE_SQL},
    {.name = "item_info", .role = ROLE_SQL},
    {.name = "order_lines", .role = ROLE_SQL},
    {.name = "order_price", .role = ROLE_SQL},
    {.name = "destination_total", .role = ROLE_SQL},
    {.name = "orders_dlq", .role = ROLE_DEAD_LETTERS, .cleanup_policy = "delete"},
    /* Which of them have been dealt with; see deadletters/handled.h. */
    {.name = "orders_dlq_handled",
        .role = ROLE_STATE,
        .partitions = 1, /* one order of records */
        .cleanup_policy = "compact"},
    {.name = "connect_dlq", .role = ROLE_DEAD_LETTERS, .cleanup_policy = "delete"},
    {.name = NULL},
};

const struct admin_stage admin_stages[] = {
    {"orderflow-validation", "unpaid_orders", NULL},
    {"orderflow-payment", "unpaid_orders", "payment.input.topic"},
    {"orderflow-shipping", "paid_orders", NULL},
    {"orderflow-delivery", "shipped_orders", NULL},
    {"orderflow-routing", "paid_orders", NULL},
    {"orderflow-export", "external_orders", NULL},
    {NULL, NULL, NULL},
};

char *admin_topic_name(const struct of_config *config, const struct admin_topic *topic)
{
    const char *name = topic->setting ? of_config_get(config, topic->setting) : topic->name;
    return name && *name ? of_config_topic(config, name) : NULL;
}
