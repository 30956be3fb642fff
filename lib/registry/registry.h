/* Schema Registry client (Confluent's REST API; Apicurio's ccompat/v7 speaks it too).
 *
 * Subjects follow TopicNameStrategy: "<topic>-value". Answers are cached: an id's schema never
 * changes, a subject's id is kept for the life of the client. Thread-safe. */
#ifndef OF_REGISTRY_REGISTRY_H
#define OF_REGISTRY_REGISTRY_H

#include "base/config.h"

#include <stdint.h>

#define OF_SCHEMA_TEXT_MAX (1024u * 1024)

struct of_registry;
/* Reads schema.registry.* and *.auth.* of the configuration; no request is made. */
int of_registry_new(const struct of_config *config, struct of_registry **registry,
    struct of_error *error) OF_NODISCARD;
void of_registry_free(struct of_registry *registry);
OF_DEFINE_CLEANUP(of_cleanup_registry, struct of_registry *, of_registry_free)

/* The text of a schema id, borrowed until free. INPUT when the registry does not know the id
 * (remembered for 10 s) or the schema is not Avro; RETRY when the registry cannot be asked. */
int of_registry_schema(struct of_registry *registry, int32_t id, const char **text, size_t *size,
    struct of_error *error) OF_NODISCARD;

/* The id to write with for a subject: auto.register.schemas=true registers the raw text;
 * use.latest.version=true takes the newest registered (which must equal ours); neither: the id
 * under which this very schema is registered already. 409 (incompatible) and 422 are FATAL errors
 * with the registry's message. */
int of_registry_id_for_subject(struct of_registry *registry, const char *subject, const char *text,
    size_t size, int32_t *id, struct of_error *error) OF_NODISCARD;

/* POST /subjects/S/versions. */
int of_registry_register(struct of_registry *registry, const char *subject, const char *text,
    size_t size, int32_t *id, struct of_error *error) OF_NODISCARD;

/* Newest version of a subject, text borrowed until free. INPUT: no such subject, or not Avro. Asked
 * for anew each time; the text is kept once an id. */
int of_registry_latest(struct of_registry *registry, const char *subject, int32_t *id,
    int32_t *version, const char **text, size_t *size, struct of_error *error) OF_NODISCARD;

/* DELETE /subjects/S; a subject that is not there is fine. */
int of_registry_delete(
    struct of_registry *registry, const char *subject, struct of_error *error) OF_NODISCARD;

/* PUT /config/S; level "BACKWARD", "FULL", "NONE", ... */
int of_registry_set_compatibility(struct of_registry *registry, const char *subject,
    const char *level, struct of_error *error) OF_NODISCARD;

/* GET /subjects answers 200: the registry can be used. */
int of_registry_ping(struct of_registry *registry, struct of_error *error) OF_NODISCARD;

#endif
