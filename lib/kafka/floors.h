/* The offsets that this process has committed, of every partition that it ever held. A group's
 * offsets do not go back: an answer below them is an old one, which a broker can give after a crash
 * (docs/NOTES.md), and whoever starts there processes records twice. Only if the broker insists is
 * it believed: the topic may have been made anew. No Kafka calls. */
#ifndef OF_KAFKA_FLOORS_H
#define OF_KAFKA_FLOORS_H

#include "kafka/client.h"

#include <stdint.h>

struct of_floors {
    int64_t doubt_ms; /* so long is an answer that is too low doubted: committed.offsets.doubt.ms */
    rd_kafka_topic_partition_list_t *offsets; /* NULL: none yet */
    int64_t since;                            /* monotonic: the doubt began; 0: none */
};

void of_floors_release(struct of_floors *floors);

/* These have been committed. */
void of_floors_raise(struct of_floors *floors, const rd_kafka_topic_partition_list_t *committed);

/* RETRY: one of these, which a broker named as committed, is too low. `now` is monotonic. */
int of_floors_check(struct of_floors *floors, const rd_kafka_topic_partition_list_t *answered,
    int64_t now, struct of_error *error) OF_NODISCARD;

#endif
