/* One record of the command topic: a statement that changed the metastore, so that replaying the
 * topic brings back every source and query.
 *
 * Key: the command id as a JSON string ("stream/`CLOSED`/create"). Value: {"statement": canonical
 * text, "streamsProperties": {...}, "originalProperties": {}, "plan": null, "version": 1}. */
#ifndef KSQLD_SERVER_COMMAND_H
#define KSQLD_SERVER_COMMAND_H

#include "base/buffer.h"
#include "ksqld/server/properties.h"

#define KSQL_COMMAND_MAX 900000u /* bytes of a record's value */
/* With its key and framing: what the command topic takes, below the message.max.bytes of producers
 * (2,000,000, or librdkafka's own 1,000,000). */
#define KSQL_COMMAND_RECORD_MAX 950000

struct ksql_command {
    char *id;
    char *text;
    struct ksql_properties properties;
};

void ksql_command_release(struct ksql_command *command); /* also for OF_CLEANUP */

/* Appends the record's key and value. INPUT: too long for a record. */
int ksql_command_write(const char *id, const char *text, const struct ksql_property *properties,
    size_t property_count, struct of_buffer *key, struct of_buffer *value,
    struct of_error *error) OF_NODISCARD;

/* Whether a statement fits into a record, before anything is made for it. INPUT: it does not. */
int ksql_command_check(const char *id, const char *text, const struct ksql_property *properties,
    size_t property_count, struct of_error *error) OF_NODISCARD;

/* INPUT: not written by ksql_command_write, or by a later version of it. */
int ksql_command_read(const void *key, size_t key_size, const void *value, size_t value_size,
    struct ksql_command *command, struct of_error *error) OF_NODISCARD;

#endif
