/* The figures of the page that must be asked for: orders per status (PostgreSQL) and the stages'
 * lag (Kafka). Asked for every FIGURES_MS on a thread of its own, and only while somebody looks. */
#ifndef GATEWAY_FIGURES_H
#define GATEWAY_FIGURES_H

#include "base/config.h"

#include <jansson.h>

#define FIGURES_MS 2000
#define FIGURES_BUSY 5           /* pauses at least as many times as long as asking took */
#define FIGURES_WATCHED_MS 10000 /* nobody looked for that long: nothing is asked */
#define FIGURES_STATES_MAX 32

struct figures;
/* Both are borrowed until free. */
int figures_new(const struct of_config *config, const char *connection, struct figures **figures,
    struct of_error *error) OF_NODISCARD;
void figures_free(struct figures *figures);

/* Adds states, lag and as_of as they were last heard of, and counts as a look. */
void figures_add(struct figures *figures, json_t *object);
/* The figures are out of date. */
void figures_forget(struct figures *figures);

#endif
