/* Schemas are compiled once into a tree. Says nothing about what the values mean. */
#include "gateway/check.h"

#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAFE_WHOLE 9007199254740992.0 /* 2^53: beyond, a double skips whole numbers */

enum { ANY, OBJECT, ARRAY, STRING, INTEGER, NUMBER, BOOLEAN };
static const char *const type_names[] = {
    "any", "object", "array", "string", "integer", "number", "boolean"};

struct member {
    char *name;
    struct check *check;
    bool required;
};

struct check {
    int type;
    struct member *members;
    size_t member_count;
    bool closed; /* no other members */
    struct check *items;
    int64_t least, most; /* length: members of an array, code points of a string */
    double minimum, maximum;
    bool has_pattern;
    regex_t pattern;
    char *pattern_text;
};

/* ---- compiling ---- */

static int compile(const json_t *document, const json_t *schema, int depth, struct check **out,
    struct of_error *error);

void check_free(struct check *check)
{
    for (size_t i = 0; i < check->member_count; i++) {
        free(check->members[i].name);
        if (check->members[i].check)
            check_free(check->members[i].check);
    }
    free(check->members);
    if (check->items)
        check_free(check->items);
    if (check->has_pattern)
        regfree(&check->pattern);
    free(check->pattern_text);
    free(check);
}

static bool is_silent(const char *word)
{
    static const char *const words[] = {
        "description", "title", "default", "example", "format", "nullable"};
    for (size_t i = 0; i < OF_COUNT(words); i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

static int set_type(struct check *check, const json_t *value, struct of_error *error)
{
    for (size_t i = OBJECT; i < OF_COUNT(type_names); i++)
        if (json_is_string(value) && strcmp(json_string_value(value), type_names[i]) == 0) {
            check->type = (int)i;
            return OF_OK;
        }
    return of_fail(error, OF_INPUT, "a type that is not known");
}

static int set_pattern(struct check *check, const json_t *value, struct of_error *error)
{
    const char *text = json_string_value(value);
    if (!text || regcomp(&check->pattern, text, REG_EXTENDED | REG_NOSUB) != 0)
        return of_fail(error, OF_INPUT, "pattern '%s' is no POSIX one", text ? text : "");
    check->has_pattern = true;
    check->pattern_text = of_strdup(text);
    return OF_OK;
}

static int set_members(struct check *check, const json_t *document, const json_t *properties,
    const json_t *required, int depth, struct of_error *error)
{
    const char *name;
    json_t *schema;
    check->members =
        of_realloc_array(NULL, json_object_size(properties) + 1, sizeof(*check->members));
    json_object_foreach((json_t *)properties, name, schema)
    {
        struct member *member = &check->members[check->member_count++];
        *member = (struct member){.name = of_strdup(name)};
        for (size_t i = 0; i < json_array_size(required); i++)
            if (strcmp(json_string_value(json_array_get(required, i)), name) == 0)
                member->required = true;
        int result = compile(document, schema, depth + 1, &member->check, error);
        if (result < 0)
            return of_error_context(error, "%s", name);
    }
    return OF_OK;
}

static int set_word(struct check *check, const json_t *document, const json_t *schema,
    const char *word, const json_t *value, int depth, struct of_error *error)
{
    if (strcmp(word, "type") == 0)
        return set_type(check, value, error);
    if (strcmp(word, "pattern") == 0)
        return set_pattern(check, value, error);
    if (strcmp(word, "properties") == 0)
        return set_members(
            check, document, value, json_object_get(schema, "required"), depth, error);
    if (strcmp(word, "items") == 0)
        return compile(document, value, depth + 1, &check->items, error);
    if (strcmp(word, "minLength") == 0 || strcmp(word, "minItems") == 0)
        check->least = json_integer_value(value);
    else if (strcmp(word, "maxLength") == 0 || strcmp(word, "maxItems") == 0)
        check->most = json_integer_value(value);
    else if (strcmp(word, "minimum") == 0)
        check->minimum = json_number_value(value);
    else if (strcmp(word, "maximum") == 0)
        check->maximum = json_number_value(value);
    else if (strcmp(word, "additionalProperties") == 0 && json_is_false(value))
        check->closed = true;
    else if (strcmp(word, "required") != 0 && !is_silent(word))
        return of_fail(error, OF_INPUT, "the word %s is not known", word);
    return OF_OK;
}

static const json_t *resolve(const json_t *document, const char *name)
{
    return json_object_get(
        json_object_get(json_object_get(document, "components"), "schemas"), name);
}

static int compile(const json_t *document, const json_t *schema, int depth, struct check **out,
    struct of_error *error)
{
    static const char prefix[] = "#/components/schemas/";
    const char *reference = json_string_value(json_object_get(schema, "$ref"));
    if (reference && strncmp(reference, prefix, strlen(prefix)) == 0)
        schema = resolve(document, reference + strlen(prefix));
    if (!json_is_object(schema) || depth > CHECK_DEPTH_MAX)
        return of_fail(
            error, OF_INPUT, "no schema, or more than %d in one another", CHECK_DEPTH_MAX);
    OF_CLEANUP(check_cleanup) struct check *check = of_alloc(sizeof(*check));
    check->most = INT64_MAX;
    check->minimum = -HUGE_VAL;
    check->maximum = HUGE_VAL;
    const char *word;
    json_t *value;
    json_object_foreach((json_t *)schema, word, value)
    {
        int result = set_word(check, document, schema, word, value, depth, error);
        if (result < 0)
            return result;
    }
    *out = OF_TAKE(check);
    return OF_OK;
}

int check_new(
    const json_t *document, const char *name, struct check **check, struct of_error *error)
{
    int result = compile(document, resolve(document, name), 0, check, error);
    return result < 0 ? of_error_context(error, "schema %s", name) : OF_OK;
}

/* ---- judging ---- */

void faults_add(struct faults *faults, const char *path, const char *format, ...)
{
    if (faults->count == CHECK_FAULTS_MAX)
        return;
    struct fault *fault = &faults->items[faults->count++];
    va_list arguments;
    snprintf(fault->path, sizeof(fault->path), "%s", path);
    va_start(arguments, format);
    vsnprintf(fault->text, sizeof(fault->text), format, arguments);
    va_end(arguments);
}

static bool is_whole(const json_t *value)
{
    if (json_is_integer(value))
        return true;
    double real = json_real_value(value);
    return json_is_real(value) && real >= -SAFE_WHOLE && real <= SAFE_WHOLE && real == trunc(real);
}

int64_t check_whole(const json_t *value)
{
    return json_is_integer(value) ? json_integer_value(value) : (int64_t)json_real_value(value);
}

static bool is_type(int type, const json_t *value)
{
    switch (type) {
    case OBJECT:
        return json_is_object(value);
    case ARRAY:
        return json_is_array(value);
    case STRING:
        return json_is_string(value);
    case INTEGER:
        return is_whole(value);
    case NUMBER:
        return json_is_number(value);
    case BOOLEAN:
        return json_is_boolean(value);
    default:
        return true;
    }
}

static int64_t code_points(const json_t *value)
{
    const char *text = json_string_value(value);
    int64_t count = 0;
    for (size_t i = 0; i < json_string_length(value); i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

static void judge(
    const struct check *check, const json_t *value, const char *path, struct faults *faults);

static void judge_object(
    const struct check *check, const json_t *value, const char *path, struct faults *faults)
{
    char inner[CHECK_PATH_MAX];
    size_t known = 0;
    for (size_t i = 0; i < check->member_count; i++) {
        const struct member *member = &check->members[i];
        const json_t *found = json_object_get(value, member->name);
        snprintf(inner, sizeof(inner), "%.*s.%s", CHECK_PATH_MAX - 40, path, member->name);
        known += found != NULL;
        if (found)
            judge(member->check, found, inner, faults);
        else if (member->required)
            faults_add(faults, inner, "is required");
    }
    const char *name;
    json_t *other;
    if (!check->closed || known == json_object_size(value))
        return;
    json_object_foreach((json_t *)value, name, other)
    {
        bool found = false;
        for (size_t i = 0; i < check->member_count && !found; i++)
            found = strcmp(check->members[i].name, name) == 0;
        if (found)
            continue;
        snprintf(inner, sizeof(inner), "%.*s['%.40s']", CHECK_PATH_MAX - 60, path, name);
        faults_add(faults, inner, "is not known");
    }
}

static void judge_length(const struct check *check, int64_t length, const char *unit,
    const char *path, struct faults *faults)
{
    if (length < check->least)
        faults_add(faults, path, "has %" PRId64 " %s, wanted at least %" PRId64, length, unit,
            check->least);
    else if (length > check->most)
        faults_add(
            faults, path, "has %" PRId64 " %s, wanted at most %" PRId64, length, unit, check->most);
}

static void judge_array(
    const struct check *check, const json_t *value, const char *path, struct faults *faults)
{
    char inner[CHECK_PATH_MAX];
    judge_length(check, (int64_t)json_array_size(value), "members", path, faults);
    for (size_t i = 0; i < json_array_size(value) && faults->count < CHECK_FAULTS_MAX; i++) {
        snprintf(inner, sizeof(inner), "%.*s[%zu]", CHECK_PATH_MAX - 24, path, i);
        if (check->items)
            judge(check->items, json_array_get(value, i), inner, faults);
    }
}

static void judge(
    const struct check *check, const json_t *value, const char *path, struct faults *faults)
{
    if (!is_type(check->type, value)) {
        faults_add(faults, path, "is no %s", type_names[check->type]);
    } else if (json_is_object(value)) {
        judge_object(check, value, path, faults);
    } else if (json_is_array(value)) {
        judge_array(check, value, path, faults);
    } else if (json_is_string(value)) {
        judge_length(check, code_points(value), "characters", path, faults);
        if (check->has_pattern &&
            regexec(&check->pattern, json_string_value(value), 0, NULL, 0) != 0)
            faults_add(faults, path, "does not match %.60s", check->pattern_text);
    } else if (json_is_number(value)) {
        double number = json_number_value(value);
        if (!(number >= check->minimum && number <= check->maximum))
            faults_add(
                faults, path, "is not within %.17g and %.17g", check->minimum, check->maximum);
    }
}

bool check_value(const struct check *check, const json_t *value, struct faults *faults)
{
    size_t before = faults->count;
    judge(check, value, "$", faults);
    return faults->count == before;
}
