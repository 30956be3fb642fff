/* The generator's state in Kafka: one record, key "generator", of a compacted topic. */
#ifndef OF_PRODUCER_STATE_H
#define OF_PRODUCER_STATE_H

#include "base/config.h"
#include "registry/wire.h"
#include "schemas/generator_state.h"

#define OF_STATE_TOPIC "generator_state"
#define OF_STATE_KEY "generator"

/* The newest committed state in `topic` (full name). `found` is false, and state untouched, when
 * there is none. RETRY: the broker does not answer. INPUT: no such topic, or a record that is no
 * state. The transactions of the generator at hand must have come to an end before. */
int of_state_read(const struct of_config *config, const char *topic, struct of_wire_reader *reader,
    bool *found, struct of_generator_state *state, struct of_error *error) OF_NODISCARD;

#endif
