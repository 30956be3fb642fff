/* Schema Registry client. One lock serves the HTTP client and both caches: requests are rare. */
#include "registry/registry.h"

#include "avro/resolve.h"
#include "base/clock.h"
#include "base/memory.h"
#include "net/http.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWN_ID_MS                                                                              \
    (10 * OF_SECOND)      /* a schema may be registered after its first record came                \
                           */
#define UNKNOWN_ID 40403  /* the error code of it */
#define MISSING "missing" /* the kind of error */
#define CONTENT_TYPE "application/vnd.schemaregistry.v1+json"

struct known_id {
    int32_t id;
    enum of_schema_type type;
    char *text; /* NULL: the registry did not know it at `asked`, or we cannot use it */
    size_t size;
    int64_t asked;
    char *refusal;
    bool missing; /* that is why */
};

struct known_subject {
    char *subject;
    char *text;
    int32_t id;
};

struct of_registry {
    struct of_http *http;
    pthread_mutex_t lock;
    bool auto_register, use_latest;
    struct known_id *ids;
    size_t id_count;
    struct known_subject *subjects;
    size_t subject_count;
};

static void unlock(pthread_mutex_t **lock)
{
    pthread_mutex_unlock(*lock);
}

#define HOLD(registry)                                                                             \
    pthread_mutex_lock(&(registry)->lock);                                                         \
    OF_CLEANUP(unlock) OF_UNUSED pthread_mutex_t *held = &(registry)->lock

static const char *either(const struct of_config *config, const char *first, const char *second)
{
    const char *value = of_config_get(config, first);
    return value ? value : of_config_get(config, second);
}

/* basic.auth.credentials.source: URL, USER_INFO or SASL_INHERIT (the client's own SASL user). */
static char *user_info(const struct of_config *config)
{
    const char *source = either(
        config, "schema.registry.basic.auth.credentials.source", "basic.auth.credentials.source");
    if (source && strcmp(source, "SASL_INHERIT") == 0) {
        const char *user = of_config_get(config, "sasl.username");
        const char *password = of_config_get(config, "sasl.password");
        return user && password ? of_asprintf("%s:%s", user, password) : NULL;
    }
    const char *told =
        either(config, "schema.registry.basic.auth.user.info", "basic.auth.user.info");
    return told ? of_strdup(told) : NULL;
}

int of_registry_new(
    const struct of_config *config, struct of_registry **out, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_registry) struct of_registry *registry = of_alloc(sizeof(*registry));
    pthread_mutex_init(&registry->lock, NULL);
    registry->auto_register = of_config_bool(config, "auto.register.schemas");
    registry->use_latest = of_config_bool(config, "use.latest.version");
    OF_FREE char *user = user_info(config);
    struct of_http_settings settings = {
        .urls = of_config_get(config, "schema.registry.url"),
        .user_info = user,
        .bearer_token = either(config, "schema.registry.bearer.auth.token", "bearer.auth.token"),
        .ca_file = of_config_get(config, "schema.registry.ssl.ca.location"),
        .certificate_file = of_config_get(config, "schema.registry.ssl.certificate.location"),
        .key_file = of_config_get(config, "schema.registry.ssl.key.location"),
        .key_password = of_config_get(config, "schema.registry.ssl.key.password"),
        .verify = of_config_bool(config, "schema.registry.ssl.verify"),
        .connect_ms = of_config_int(config, "schema.registry.connection.timeout.ms"),
        .request_ms = of_config_int(config, "schema.registry.request.timeout.ms"),
        .retries = (int)of_config_int(config, "schema.registry.max.retries"),
        .retry_ms = of_config_int(config, "schema.registry.retries.wait.ms"),
        .retry_max_ms = of_config_int(config, "schema.registry.retries.max.wait.ms"),
        .accept = CONTENT_TYPE ", application/json",
        .content_type = CONTENT_TYPE,
    };
    int result = of_http_new(&settings, &registry->http, error);
    if (result < 0)
        return of_error_context(error, "schema.registry.url");
    *out = OF_TAKE(registry);
    return OF_OK;
}

void of_registry_free(struct of_registry *registry)
{
    if (registry->http)
        of_http_free(registry->http);
    for (size_t i = 0; i < registry->id_count; i++) {
        free(registry->ids[i].text);
        free(registry->ids[i].refusal);
    }
    for (size_t i = 0; i < registry->subject_count; i++) {
        free(registry->subjects[i].subject);
        free(registry->subjects[i].text);
    }
    free(registry->ids);
    free(registry->subjects);
    pthread_mutex_destroy(&registry->lock);
    free(registry);
}

OF_DEFINE_CLEANUP(of_cleanup_json, json_t *, json_decref)

/* The registry's own words, as far as there are any. */
static int refuse(
    long status, const json_t *answer, enum of_error_class class, struct of_error *error)
{
    const char *message = json_string_value(json_object_get(answer, "message"));
    json_int_t code = json_integer_value(json_object_get(answer, "error_code"));
    if (status == 401 || status == 403)
        return of_fail(error, OF_FATAL,
            "the registry refuses our credentials (%ld): see basic.auth.user.info and "
            "bearer.auth.token",
            status);
    return of_fail(error, class, "the registry answered %ld%s%s (error code %lld)", status,
        message ? ": " : "", message ? message : "", (long long)code);
}

/* Sends and parses. 0 with any status below 500 but 429 and authorization's. */
static int ask(struct of_registry *registry, const char *method, const char *path, const char *body,
    long *status, json_t **answer, struct of_error *error)
{
    OF_CLEANUP(of_buffer_release) struct of_buffer text;
    of_buffer_init(&text, OF_HTTP_BODY_MAX);
    int result = of_http_request(
        registry->http, method, path, body, body ? strlen(body) : 0, status, &text, error);
    if (result < 0)
        return of_error_context(error, "schema registry");
    json_error_t cause;
    OF_CLEANUP(of_cleanup_json)
    json_t *json = json_loadb((const char *)(text.data ? text.data : (uint8_t *)""), text.length,
        JSON_DECODE_ANY, &cause);
    if (*status == 401 || *status == 403)
        return refuse(*status, json, OF_FATAL, error);
    if (*status == 429 || *status >= 500)
        return refuse(*status, json, OF_RETRY, error);
    if (!json && *status / 100 == 2)
        return of_fail(
            error, OF_RETRY, "schema registry: the answer to %s %s is no JSON", method, path);
    *answer = OF_TAKE(json);
    return OF_OK;
}

/* NULL when JSON cannot carry the text. No type is named for Avro: registries of before there were
 * others don't know the field. */
static char *schema_request(const struct of_schema *schema)
{
    const char *type = schema->type == OF_SCHEMA_AVRO ? NULL : of_schema_type_name(schema->type);
    OF_CLEANUP(of_cleanup_json)
    json_t *body =
        json_pack("{s:s%,s:s*}", "schema", schema->text, schema->size, "schemaType", type);
    return body ? json_dumps(body, JSON_COMPACT) : NULL;
}

/* The newest of an id: see keep_text. */
static struct known_id *find_id(struct of_registry *registry, int32_t id)
{
    for (size_t i = registry->id_count; i > 0; i--)
        if (registry->ids[i - 1].id == id)
            return &registry->ids[i - 1];
    return NULL;
}

static struct known_id *append_id(struct of_registry *registry, int32_t id)
{
    registry->ids = of_realloc_array(registry->ids, registry->id_count + 1, sizeof(*registry->ids));
    struct known_id *known = &registry->ids[registry->id_count++];
    *known = (struct known_id){.id = id};
    return known;
}

/* Texts are handed out until free: where an id has another one all of a sudden, as when a registry
 * was made anew, the old one stays too. */
static const struct known_id *keep_text(
    struct of_registry *registry, int32_t id, const struct of_schema *schema)
{
    struct known_id *known = find_id(registry, id);
    if (!known ||
        (known->text && (known->type != schema->type || strcmp(known->text, schema->text) != 0)))
        known = append_id(registry, id);
    if (!known->text) {
        known->type = schema->type;
        known->text = of_strndup(schema->text, schema->size);
        known->size = schema->size;
    }
    return known;
}

static struct of_schema schema_of(const struct known_id *known)
{
    return (struct of_schema){.type = known->type, .text = known->text, .size = known->size};
}

#define OF_REGISTRY_IDS_MAX 10000 /* poison with random ids must not fill the memory */

static int refuse_id(const char *why, bool missing, struct of_error *error)
{
    of_fail(error, OF_INPUT, "%s", why);
    return missing ? of_error_kind(error, MISSING) : OF_INPUT;
}

static int remember_unknown(
    struct of_registry *registry, int32_t id, const char *why, bool missing, struct of_error *error)
{
    struct known_id *known = find_id(registry, id);
    if (!known && registry->id_count < OF_REGISTRY_IDS_MAX)
        known = append_id(registry, id);
    if (known) {
        known->asked = of_clock_monotonic();
        free(known->refusal);
        known->refusal = of_strdup(why);
        known->missing = missing;
    }
    return refuse_id(why, missing, error);
}

/* The schema of an answer, its text borrowed from it; or why we cannot use it, to be freed. */
static char *judge_schema(const json_t *answer, int32_t id, struct of_schema *schema)
{
    const char *type = json_string_value(json_object_get(answer, "schemaType"));
    schema->text = json_string_value(json_object_get(answer, "schema"));
    schema->size = schema->text ? strlen(schema->text) : 0;
    if (!of_schema_type_find(type, &schema->type))
        return of_asprintf("schema id %d is %s, which is not supported", id, type);
    if (json_array_size(json_object_get(answer, "references")) > 0)
        return of_asprintf("schema id %d has references, which are not supported", id);
    if (!schema->text || schema->size > OF_SCHEMA_TEXT_MAX)
        return of_asprintf(
            "schema id %d has no text or one longer than %u bytes", id, OF_SCHEMA_TEXT_MAX);
    return NULL;
}

static int check_type(
    int32_t id, enum of_schema_type type, enum of_schema_type wanted, struct of_error *error)
{
    if (type == wanted)
        return OF_OK;
    return of_fail(error, OF_INPUT, "schema id %d is %s, not %s", id, of_schema_type_name(type),
        of_schema_type_name(wanted));
}

static int ask_id(
    struct of_registry *registry, int32_t id, const struct known_id **known, struct of_error *error)
{
    OF_FREE char *path = of_asprintf("/schemas/ids/%d", id);
    OF_CLEANUP(of_cleanup_json) json_t *answer = NULL;
    long status;
    int result = ask(registry, "GET", path, NULL, &status, &answer, error);
    if (result < 0)
        return result;
    OF_FREE char *why = NULL;
    /* A proxy's 404 says nothing about the id: only the registry's own error code does. */
    if (status == 404 && json_integer_value(json_object_get(answer, "error_code")) == UNKNOWN_ID) {
        why = of_asprintf("the registry does not know schema id %d", id);
        return remember_unknown(registry, id, why, true, error);
    }
    if (status != 200) {
        refuse(status, answer, OF_RETRY, error);
        return of_error_context(error, "schema id %d", id);
    }
    struct of_schema schema;
    why = judge_schema(answer, id, &schema);
    if (why)
        return remember_unknown(registry, id, why, false, error);
    *known = keep_text(registry, id, &schema);
    return OF_OK;
}

int of_registry_find(
    struct of_registry *registry, int32_t id, struct of_schema *schema, struct of_error *error)
{
    HOLD(registry);
    if (id < 0) /* as garbage behind a byte 0 gives; no registry hands them out */
        return of_fail(error, OF_INPUT, "schema id %u is out of range", (unsigned)id);
    const struct known_id *known = find_id(registry, id);
    bool fresh = known && of_clock_monotonic() - known->asked < UNKNOWN_ID_MS;
    if (known && !known->text && fresh)
        return refuse_id(known->refusal, known->missing, error);
    int result = known && known->text ? OF_OK : ask_id(registry, id, &known, error);
    if (result == OF_OK)
        *schema = schema_of(known);
    return result;
}

int of_registry_find_typed(struct of_registry *registry, int32_t id, enum of_schema_type type,
    const char **text, size_t *size, struct of_error *error)
{
    struct of_schema found;
    int result = of_registry_find(registry, id, &found, error);
    if (result == OF_OK)
        result = check_type(id, found.type, type, error);
    if (result < 0)
        return result;
    *text = found.text;
    *size = found.size;
    return OF_OK;
}

int of_registry_schema(struct of_registry *registry, int32_t id, const char **text, size_t *size,
    struct of_error *error)
{
    return of_registry_find_typed(registry, id, OF_SCHEMA_AVRO, text, size, error);
}

bool of_registry_is_missing(const struct of_error *error)
{
    return error->class == OF_INPUT && error->kind && strcmp(error->kind, MISSING) == 0;
}

/* POSTs our schema to a path and takes the id of the answer; another answer is `class`. */
static int post_schema(struct of_registry *registry, const char *path, const char *subject,
    const struct of_schema *schema, enum of_error_class class, int32_t *id, struct of_error *error)
{
    OF_FREE char *body = schema_request(schema);
    if (!body)
        return of_fail(error, OF_INPUT, "subject %s: the schema is not UTF-8", subject);
    OF_CLEANUP(of_cleanup_json) json_t *answer = NULL;
    long status;
    int result = ask(registry, "POST", path, body, &status, &answer, error);
    if (result < 0)
        return of_error_context(error, "subject %s", subject);
    const json_t *told = json_object_get(answer, "id");
    if (status != 200 || !json_is_integer(told)) {
        refuse(status, answer, status == 404 ? class : OF_FATAL, error);
        of_error_context(error, "subject %s", subject);
        return status == 404 ? of_error_kind(error, MISSING) : OF_FATAL;
    }
    *id = (int32_t)json_integer_value(told);
    return OF_OK;
}

int of_registry_lookup(struct of_registry *registry, const char *subject,
    const struct of_schema *schema, int32_t *id, struct of_error *error)
{
    HOLD(registry);
    OF_FREE char *name = of_http_escape(subject);
    OF_FREE char *path = of_asprintf("/subjects/%s", name);
    return post_schema(registry, path, subject, schema, OF_INPUT, id, error);
}

int of_registry_register(struct of_registry *registry, const char *subject, const char *text,
    size_t size, int32_t *id, struct of_error *error)
{
    const struct of_schema schema = {.type = OF_SCHEMA_AVRO, .text = text, .size = size};
    return of_registry_add(registry, subject, &schema, id, error);
}

static int newest_of(struct of_registry *registry, const char *subject,
    struct of_registry_version *newest, struct of_error *error)
{
    OF_FREE char *name = of_http_escape(subject);
    OF_FREE char *path = of_asprintf("/subjects/%s/versions/latest", name);
    OF_CLEANUP(of_cleanup_json) json_t *answer = NULL;
    long status;
    int result = ask(registry, "GET", path, NULL, &status, &answer, error);
    if (result < 0)
        return of_error_context(error, "subject %s", subject);
    const json_t *told = json_object_get(answer, "id");
    if (status != 200 || !json_is_integer(told)) {
        refuse(status, answer, OF_INPUT, error);
        of_error_context(error, "subject %s", subject);
        return status == 404 ? of_error_kind(error, MISSING) : OF_INPUT;
    }
    struct of_schema schema;
    int32_t id = (int32_t)json_integer_value(told);
    OF_FREE char *why = judge_schema(answer, id, &schema);
    if (why)
        return of_fail(error, OF_INPUT, "subject %s: %s", subject, why);
    *newest = (struct of_registry_version){.id = id,
        .version = (int32_t)json_integer_value(json_object_get(answer, "version")),
        .schema = schema_of(keep_text(registry, id, &schema))};
    return OF_OK;
}

static int newest_typed(struct of_registry *registry, const char *subject, enum of_schema_type type,
    struct of_registry_version *newest, struct of_error *error)
{
    struct of_registry_version found;
    int result = newest_of(registry, subject, &found, error);
    if (result < 0)
        return result;
    if (check_type(found.id, found.schema.type, type, error) < 0)
        return of_error_context(error, "subject %s", subject);
    *newest = found;
    return OF_OK;
}

/* What a registry says of a schema for a subject of another type may be anything. */
static int explain_type(struct of_registry *registry, const char *subject,
    const struct of_schema *schema, struct of_error *error)
{
    struct of_registry_version newest;
    struct of_error ignored;
    if (newest_of(registry, subject, &newest, &ignored) < 0 || newest.schema.type == schema->type)
        return error->class;
    return of_fail(error, OF_FATAL, "subject %s has schemas of the type %s, not %s", subject,
        of_schema_type_name(newest.schema.type), of_schema_type_name(schema->type));
}

int of_registry_add(struct of_registry *registry, const char *subject,
    const struct of_schema *schema, int32_t *id, struct of_error *error)
{
    HOLD(registry);
    OF_FREE char *name = of_http_escape(subject);
    OF_FREE char *path = of_asprintf("/subjects/%s/versions", name);
    int result = post_schema(registry, path, subject, schema, OF_FATAL, id, error);
    return result == OF_OK || result == OF_INPUT ? result
                                                 : explain_type(registry, subject, schema, error);
}

int of_registry_newest(struct of_registry *registry, const char *subject,
    struct of_registry_version *newest, struct of_error *error)
{
    HOLD(registry);
    return newest_of(registry, subject, newest, error);
}

int of_registry_newest_typed(struct of_registry *registry, const char *subject,
    enum of_schema_type type, struct of_registry_version *newest, struct of_error *error)
{
    HOLD(registry);
    return newest_typed(registry, subject, type, newest, error);
}

/* We write bytes of our own schema under the id of the newest: both must be the same on the wire.
 */
static int latest_for_writing(struct of_registry *registry, const char *subject,
    const struct of_schema *schema, int32_t *id, struct of_error *error)
{
    struct of_registry_version newest;
    int result = newest_typed(registry, subject, schema->type, &newest, error);
    if (result < 0)
        return result;
    OF_CLEANUP(of_cleanup_avro_schema) struct of_avro_schema *ours = NULL, *theirs = NULL;
    if (of_avro_schema_parse(schema->text, schema->size, &ours, error) < 0 ||
        of_avro_schema_parse(newest.schema.text, newest.schema.size, &theirs, error) < 0)
        return of_error_context(error, "subject %s", subject);
    if (!of_avro_schema_equal(ours, theirs))
        return of_fail(error, OF_FATAL,
            "subject %s: version %d differs from the schema of this program, which cannot write "
            "under its id (use.latest.version)",
            subject, newest.version);
    *id = newest.id;
    return OF_OK;
}

int of_registry_id_for_subject(struct of_registry *registry, const char *subject, const char *text,
    size_t size, int32_t *id, struct of_error *error)
{
    HOLD(registry);
    for (size_t i = 0; i < registry->subject_count; i++) {
        const struct known_subject *known = &registry->subjects[i];
        if (strcmp(known->subject, subject) == 0 && strlen(known->text) == size &&
            memcmp(known->text, text, size) == 0) {
            *id = known->id;
            return OF_OK;
        }
    }
    const struct of_schema schema = {.type = OF_SCHEMA_AVRO, .text = text, .size = size};
    OF_FREE char *name = of_http_escape(subject);
    OF_FREE char *path =
        of_asprintf("/subjects/%s%s", name, registry->auto_register ? "/versions" : "");
    int32_t found;
    int result = registry->use_latest
                     ? latest_for_writing(registry, subject, &schema, &found, error)
                     : post_schema(registry, path, subject, &schema, OF_FATAL, &found, error);
    if (result < 0)
        return result;
    registry->subjects = of_realloc_array(
        registry->subjects, registry->subject_count + 1, sizeof(*registry->subjects));
    registry->subjects[registry->subject_count++] =
        (struct known_subject){of_strdup(subject), of_strndup(text, size), found};
    *id = found;
    return OF_OK;
}

int of_registry_delete(struct of_registry *registry, const char *subject, struct of_error *error)
{
    HOLD(registry);
    OF_FREE char *name = of_http_escape(subject);
    OF_FREE char *path = of_asprintf("/subjects/%s", name);
    OF_CLEANUP(of_cleanup_json) json_t *answer = NULL;
    long status;
    int result = ask(registry, "DELETE", path, NULL, &status, &answer, error);
    if (result < 0)
        return of_error_context(error, "subject %s", subject);
    if (status == 200 || status == 404)
        return OF_OK;
    refuse(status, answer, OF_FATAL, error);
    return of_error_context(error, "subject %s", subject);
}

int of_registry_set_compatibility(
    struct of_registry *registry, const char *subject, const char *level, struct of_error *error)
{
    HOLD(registry);
    OF_FREE char *name = of_http_escape(subject);
    OF_FREE char *path = of_asprintf("/config/%s", name);
    OF_CLEANUP(of_cleanup_json) json_t *body = json_pack("{s:s}", "compatibility", level);
    OF_FREE char *text = json_dumps(body, JSON_COMPACT);
    OF_CLEANUP(of_cleanup_json) json_t *answer = NULL;
    long status;
    int result = ask(registry, "PUT", path, text, &status, &answer, error);
    if (result < 0)
        return result;
    if (status == 200)
        return OF_OK;
    refuse(status, answer, OF_FATAL, error);
    return of_error_context(error, "compatibility of subject %s", subject);
}

int of_registry_ping(struct of_registry *registry, struct of_error *error)
{
    HOLD(registry);
    OF_CLEANUP(of_cleanup_json) json_t *answer = NULL;
    long status;
    int result = ask(registry, "GET", "/subjects", NULL, &status, &answer, error);
    if (result < 0)
        return result;
    return status == 200 ? OF_OK : refuse(status, answer, OF_RETRY, error);
}
