/* POST /truncate: the tables emptied, and from where orderflow-reconcile counts anew.
 *
 * Nothing happens on the first request: it hands out a confirmation, good once and for
 * TRUNCATE_CONFIRM_MS, that the second one must bring. */
#ifndef GATEWAY_TRUNCATE_H
#define GATEWAY_TRUNCATE_H

#include "base/config.h"
#include "database/database.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define TRUNCATE_CONFIRM_MS 60000
#define TRUNCATE_TOKEN_SIZE 33 /* 16 random bytes, hexadecimal, NUL */

struct truncation;
struct truncation *truncation_new(const struct of_config *config);
void truncation_free(struct truncation *truncation);

/* Hands out a confirmation that takes the place of an earlier one. FATAL: no random numbers. */
int truncation_ask(struct truncation *truncation, int64_t now, char token[TRUNCATE_TOKEN_SIZE],
    struct of_error *error) OF_NODISCARD;
/* Whether it is the one handed out; it is used up then. `now`: monotonic ms. */
bool truncation_confirm(struct truncation *truncation, int64_t now, const char *token);

/* Empties what the sinks fill, and writes the ends of the order topics into reconcile_start, in one
 * transaction: the tables are locked before the ends are asked for, so that a row that goes was of
 * a record before its end. `tables` becomes a new array of names. */
int truncation_run(struct truncation *truncation, struct of_database *database, json_t **tables,
    struct of_error *error) OF_NODISCARD;

#endif
