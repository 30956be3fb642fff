/* The schemas of a topic's keys and values in the registry, as a source of this format has them. */
#ifndef KSQLD_SERVER_SUBJECT_H
#define KSQLD_SERVER_SUBJECT_H

#include "registry/registry.h"

struct ksql_subject {
    const char *topic;
    bool key;
    const char *format; /* of the source: JSON_SR's are JSON schemas, others Avro's */
};

/* INPUT: the newest schema there is of another type. Not every registry refuses a mixture. */
int ksql_subject_check(struct of_registry *registry, const struct ksql_subject *subject,
    struct of_error *error) OF_NODISCARD;

/* Registers the text; its id, or -1 where there is no text. As of_registry_add.
 *
 * Apicurio takes a JSON schema for one only where it has properties or names its draft, which
 * ksqlDB's own schemas of single values don't: where a registry refuses one, it is tried once more
 * with the draft that it is of anyhow. */
int ksql_subject_register(struct of_registry *registry, const struct ksql_subject *subject,
    const char *text, int32_t *id, struct of_error *error) OF_NODISCARD;

/* The id to insert values with: ksqlDB writes with the newest schema, whoever registered it; here
 * that must be `text`, which is registered where there is none. INPUT: it is another one. */
int ksql_subject_newest(struct of_registry *registry, const struct ksql_subject *subject,
    const char *text, int32_t *id, struct of_error *error) OF_NODISCARD;

#endif
