/* Schema Registry client (Confluent's REST API; Apicurio's ccompat/v7 speaks it too).
 *
 * Subjects follow TopicNameStrategy: "<topic>-value". Answers are cached: an id's schema never
 * changes, a subject's id is kept for the life of the client. Thread-safe.
 *
 * Schemas are Avro's or JSON Schema's. What is of another type, or refers to other schemas of the
 * registry (`references`), is an INPUT error that says so. */
#ifndef OF_REGISTRY_REGISTRY_H
#define OF_REGISTRY_REGISTRY_H

#include "base/config.h"
#include "registry/schema.h"

#include <stdint.h>

struct of_registry;
/* Reads schema.registry.* and *.auth.* of the configuration; no request is made. */
int of_registry_new(const struct of_config *config, struct of_registry **registry,
    struct of_error *error) OF_NODISCARD;
void of_registry_free(struct of_registry *registry);
OF_DEFINE_CLEANUP(of_cleanup_registry, struct of_registry *, of_registry_free)

/* ---- schemas of any type ---- */

/* The schema of an id, its text borrowed until free. INPUT when the registry does not know the id
 * (remembered for 10 s) or the schema is not one of ours; RETRY when the registry cannot be asked.
 */
int of_registry_find(struct of_registry *registry, int32_t id, struct of_schema *schema,
    struct of_error *error) OF_NODISCARD;

/* POST /subjects/S/versions. 409 (incompatible) and 422 are FATAL errors with the registry's
 * message, and so is a subject whose newest schema is of another type, which the message says.
 * INPUT: a text that is not UTF-8. */
int of_registry_add(struct of_registry *registry, const char *subject,
    const struct of_schema *schema, int32_t *id, struct of_error *error) OF_NODISCARD;

/* POST /subjects/S: the id that this very schema has in the subject. INPUT: it has none. */
int of_registry_lookup(struct of_registry *registry, const char *subject,
    const struct of_schema *schema, int32_t *id, struct of_error *error) OF_NODISCARD;

struct of_registry_version {
    int32_t id, version;
    struct of_schema schema; /* borrowed until free */
};

/* The newest version of a subject. Asked for anew each time; the text is kept once an id. INPUT: no
 * such subject (which of_registry_is_missing tells), or its schema is not one of ours. */
int of_registry_newest(struct of_registry *registry, const char *subject,
    struct of_registry_version *newest, struct of_error *error) OF_NODISCARD;

/* Whether the error is the registry's own word that there is no such subject, version or schema. */
bool of_registry_is_missing(const struct of_error *error);

/* ---- the same for who knows the type; another one is an INPUT error that names both ---- */

int of_registry_find_typed(struct of_registry *registry, int32_t id, enum of_schema_type type,
    const char **text, size_t *size, struct of_error *error) OF_NODISCARD;
int of_registry_newest_typed(struct of_registry *registry, const char *subject,
    enum of_schema_type type, struct of_registry_version *newest,
    struct of_error *error) OF_NODISCARD;

/* ---- Avro ---- */

/* of_registry_find_typed of AVRO. */
int of_registry_schema(struct of_registry *registry, int32_t id, const char **text, size_t *size,
    struct of_error *error) OF_NODISCARD;

/* The id to write with for a subject: auto.register.schemas=true registers the raw text;
 * use.latest.version=true takes the newest registered (which must equal ours); neither: the id
 * under which this very schema is registered already. 409 (incompatible) and 422 are FATAL errors
 * with the registry's message. */
int of_registry_id_for_subject(struct of_registry *registry, const char *subject, const char *text,
    size_t size, int32_t *id, struct of_error *error) OF_NODISCARD;

/* of_registry_add. */
int of_registry_register(struct of_registry *registry, const char *subject, const char *text,
    size_t size, int32_t *id, struct of_error *error) OF_NODISCARD;

/* ---- subjects ---- */

/* DELETE /subjects/S; a subject that is not there is fine. */
int of_registry_delete(
    struct of_registry *registry, const char *subject, struct of_error *error) OF_NODISCARD;

/* PUT /config/S; level "BACKWARD", "FULL", "NONE", ... */
int of_registry_set_compatibility(struct of_registry *registry, const char *subject,
    const char *level, struct of_error *error) OF_NODISCARD;

/* GET /subjects answers 200: the registry can be used. */
int of_registry_ping(struct of_registry *registry, struct of_error *error) OF_NODISCARD;

#endif
