/* Judging JSON by the schemas of the gateway's own OpenAPI document, so that what the document says
 * and what the server takes cannot part.
 *
 * Of JSON Schema it knows what the document uses: type, properties, required,
 * additionalProperties: false, items, minItems, maxItems, minLength, maxLength (code points),
 * pattern (POSIX extended), minimum, maximum, and $ref into the document. A word that would judge
 * and is not known is an error when the check is made. A number without a fraction is an integer,
 * however it is written. Thread-safe once made. */
#ifndef GATEWAY_CHECK_H
#define GATEWAY_CHECK_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define CHECK_DEPTH_MAX 16  /* schemas within schemas */
#define CHECK_FAULTS_MAX 16 /* told at once */
#define CHECK_PATH_MAX 128
#define CHECK_TEXT_MAX 128

struct check;
/* `name` is one of components/schemas. INPUT: the schema uses words that are not known. */
int check_new(const json_t *document, const char *name, struct check **check,
    struct of_error *error) OF_NODISCARD;
void check_free(struct check *check);
OF_DEFINE_CLEANUP(check_cleanup, struct check *, check_free)

struct fault {
    char path[CHECK_PATH_MAX]; /* "$.item_info[0].sku"; longer ones are cut */
    char text[CHECK_TEXT_MAX]; /* "is required" */
};
struct faults {
    struct fault items[CHECK_FAULTS_MAX];
    size_t count; /* more were found than told when it is the maximum */
};
void faults_add(struct faults *faults, const char *path, const char *format, ...) OF_PRINTF(3, 4);

/* True if the value fits; else what is wrong. */
bool check_value(const struct check *check, const json_t *value, struct faults *faults);

/* A checked integer: 3 and 3.0 are the same. */
int64_t check_whole(const json_t *value);

#endif
