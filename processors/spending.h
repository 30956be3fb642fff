/* What each customer has ordered within the hour, on disk: the state behind the hourly limit.
 *
 * Orders that passed the screening come back through a topic whose key is the customer's number, so
 * that one process decides on all of a customer's. Each of its partitions has a state of its own
 * (state/store.h), which goes on exactly where the partition's committed offset stands: it is
 * written only once Kafka has committed. Where the two do not fit, because the partition was
 * another process's meanwhile or the folder is gone, the state is made anew out of the topic, from
 * its first record up to the committed offset. One thread; the hooks are the stage's. */
#ifndef PROCESSORS_SPENDING_H
#define PROCESSORS_SPENDING_H

#include "kafka/service.h"
#include "order/hourly.h"
#include "schemas/order.h"

#define SPENDING_TOPIC "orders_by_customer" /* without the prefix */
#define SPENDING_PARTITIONS_MAX 256         /* of one process */

struct spending;
struct spending_options {
    int64_t limit;      /* centavos an hour */
    const char *folder; /* made when missing; one process's alone */
};

/* `service` is borrowed until free. INPUT or RETRY: the topic's schema. */
int spending_new(struct of_service *service, const struct spending_options *options,
    struct spending **spending, struct of_error *error) OF_NODISCARD;
void spending_free(struct spending *spending);

/* Where orders are to go that are to be decided on, and the topic's full name. Borrowed. */
const struct of_service_output *spending_output(const struct spending *spending);

/* Decides on an order that came from the topic's partition. FATAL: the disk. */
int spending_decide(struct spending *spending, int32_t partition, const struct of_order *order,
    struct of_hourly_verdict *verdict, struct of_error *error) OF_NODISCARD;

/* Whether the transaction has written so much that it should end. */
bool spending_is_full(const struct spending *spending);

/* The hooks of a stage that reads the topic (kafka/stage.h). */
int spending_assigned(struct spending *spending, const rd_kafka_topic_partition_list_t *partitions,
    struct of_error *error) OF_NODISCARD;
void spending_revoked(struct spending *spending);
int spending_committing(struct spending *spending, rd_kafka_topic_partition_list_t *offsets,
    struct of_error *error) OF_NODISCARD;
int spending_committed(struct spending *spending, struct of_error *error) OF_NODISCARD;
void spending_aborted(struct spending *spending);

#endif
