/* The records of the gateway's transactions. One thread. */
#ifndef GATEWAY_BATCH_H
#define GATEWAY_BATCH_H

#include "gateway/writer.h"

#define BATCH_STAGE "gateway" /* in the events */

struct batch;
/* `config` is borrowed until free. */
int batch_new(
    const struct of_config *config, struct batch **batch, struct of_error *error) OF_NODISCARD;
void batch_free(struct batch *batch);

/* Reads what is committed; `wish` stays as it is when there was none. */
int batch_load(
    struct batch *batch, struct generator_wish *wish, struct of_error *error) OF_NODISCARD;

/* Writes all of them in one transaction and sets their outcomes. One that can be no record changes
 * nothing for the others. RETRY: not written, or not known: the next call with the same ones reads
 * what is committed first, and finds out. */
int batch_write(struct batch *batch, struct submission *first, struct of_error *error) OF_NODISCARD;

/* Whether Kafka would take orders: a broker answers within WRITER_ANSWER_MS, and each partition of
 * their topic has a leader. */
int batch_probe(struct batch *batch, struct of_error *error) OF_NODISCARD;

/* For tests: fewer keys than KEYS_MAX. Until the next batch_load. */
void batch_limit_keys(struct batch *batch, size_t limit);

bool batch_fenced(const struct batch *batch);

#endif
