/* What the files of orderflow-status share. */
#ifndef ORDERFLOW_STATUS_STATUS_H
#define ORDERFLOW_STATUS_STATUS_H

#include "base/buffer.h"
#include "base/config.h"
#include "choice.h"
#include "database/database.h"

#define LINE_BYTES_MAX (1u << 20) /* an order with its history */

/* Prints the orders, or with `choice->order` that one with its history; `found` tells how many. */
int status_list(struct of_database *database, const struct choice *choice, bool json,
    int64_t *found, struct of_error *error) OF_NODISCARD;

/* Prints each change from now on (or from `choice->since`), until SIGTERM or SIGINT. INPUT: there
 * is no topic of events. */
int status_follow(const struct of_config *config, const struct choice *choice, bool json,
    struct of_error *error) OF_NODISCARD;

/* Text for a terminal: control characters become dots. At least `width` bytes. */
void status_print_text(const char *text, size_t length, int width);

#endif
