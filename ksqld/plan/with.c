/* One table says which property may stand where, of what type, and whether this runner has it. */
#include "ksqld/plan/with.h"

#include "ksqld/serde/window.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#define TOPIC_NAME_MAX 249 /* Kafka's */

enum kind { STRING, NUMBER, BOOLEAN };

static const struct {
    const char *name;
    enum kind kind;
    unsigned uses;
    bool supported;
} properties[] = {
    {"CLEANUP_POLICY", STRING, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, true},
    {"FORMAT", STRING, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, true},
    {"KAFKA_TOPIC", STRING, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, true},
    {"KEY_DELIMITER", STRING, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, true},
    {"KEY_FORMAT", STRING, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, true},
    {"KEY_PROTOBUF_NULLABLE_REPRESENTATION", STRING, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, false},
    {"KEY_SCHEMA_FULL_NAME", STRING, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, true},
    {"KEY_SCHEMA_ID", NUMBER, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, true},
    {"PARTITIONS", NUMBER, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, true},
    {"QUERY_ID", STRING, KSQL_WITH_INSERT, true},
    {"REPLICAS", NUMBER, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, true},
    {"RETENTION_MS", NUMBER, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, true},
    {"SOURCED_BY_CONNECTOR", STRING, KSQL_WITH_CREATE, false},
    {"TIMESTAMP", STRING, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, true},
    {"TIMESTAMP_FORMAT", STRING, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, true},
    {"VALUE_AVRO_SCHEMA_FULL_NAME", STRING, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, true},
    {"VALUE_DELIMITER", STRING, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, true},
    {"VALUE_FORMAT", STRING, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, true},
    {"VALUE_PROTOBUF_NULLABLE_REPRESENTATION", STRING, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS,
        false},
    {"VALUE_SCHEMA_FULL_NAME", STRING, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, true},
    {"VALUE_SCHEMA_ID", NUMBER, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, true},
    {"WINDOW_SIZE", STRING, KSQL_WITH_CREATE, true},
    {"WINDOW_TYPE", STRING, KSQL_WITH_CREATE, true},
    {"WRAP_SINGLE_VALUE", BOOLEAN, KSQL_WITH_CREATE | KSQL_WITH_CREATE_AS, true},
};

static const struct ksql_node *find(const struct ksql_with *with, const char *name)
{
    for (size_t i = 0; i < with->count; i++) {
        if (strcmp(with->items[i].name, name) == 0)
            return with->items[i].value;
    }
    return NULL;
}

static bool fits(const struct ksql_node *value, enum kind kind)
{
    switch (kind) {
    case STRING:
        return value->kind == KSQL_NODE_STRING;
    case NUMBER:
        return value->kind == KSQL_NODE_INTEGER || value->kind == KSQL_NODE_BIGINT;
    default:
        return value->kind == KSQL_NODE_BOOLEAN;
    }
}

static bool is_numeric(const char *text)
{
    text += *text == '-' || *text == '+';
    return *text && text[strspn(text, "0123456789")] == '\0';
}

/* Kafka's own words. It takes numbers and booleans in quotes, too. */
static int fail_type(
    const struct ksql_with_item *item, enum kind kind, struct ksql_problem *problem)
{
    static const char *const classes[] = {[KSQL_NODE_BOOLEAN] = "java.lang.Boolean",
        [KSQL_NODE_INTEGER] = "java.lang.Integer",
        [KSQL_NODE_BIGINT] = "java.lang.Long"};
    const struct ksql_node *value = item->value;
    bool text = value->kind == KSQL_NODE_STRING;
    if (text && kind == NUMBER && !is_numeric(value->text))
        return ksql_problem_set(problem, &item->place,
            "Invalid value %s for property %s: Not a number of type %s", value->text, item->name,
            strcmp(item->name, "REPLICAS") == 0       ? "SHORT"
            : strcmp(item->name, "RETENTION_MS") == 0 ? "LONG"
                                                      : "INT");
    if (text && kind == BOOLEAN && strcasecmp(value->text, "true") != 0 &&
        strcasecmp(value->text, "false") != 0)
        return ksql_problem_set(problem, &item->place,
            "Invalid value %s for property %s: Expected value to be either true or false",
            value->text, item->name);
    if (text || kind != STRING || value->kind > KSQL_NODE_BIGINT || value->kind == KSQL_NODE_NULL)
        return ksql_problem_unsupported(
            problem, &item->place, "The property %s with a value of this kind", item->name);
    const char *shown = value->kind == KSQL_NODE_BOOLEAN ? value->number ? "true" : "false" : NULL;
    char number[32];
    snprintf(number, sizeof(number), "%lld", (long long)value->number);
    return ksql_problem_set(problem, &item->place,
        "Invalid value %s for property %s: Expected value to be a string, but it was a %s",
        shown ? shown : number, item->name, classes[value->kind]);
}

int ksql_check_topic_name(
    const char *name, const struct ksql_place *place, struct ksql_problem *problem)
{
    if (!*name)
        return ksql_problem_set(
            problem, place, "Invalid value  for property KAFKA_TOPIC: String must be non-empty");
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return ksql_problem_set(problem, place,
            "Invalid value %s for property KAFKA_TOPIC: a topic's name cannot be \".\" or \"..\"",
            name);
    if (strlen(name) > TOPIC_NAME_MAX)
        return ksql_problem_set(problem, place,
            "Invalid value for property KAFKA_TOPIC: the length of '%s' is longer than the max "
            "allowed length %d",
            name, TOPIC_NAME_MAX);
    for (const char *c = name; *c; c++) {
        if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
            return ksql_problem_set(problem, place,
                "Invalid value %s for property KAFKA_TOPIC: '%s' contains one or more characters "
                "other than ASCII alphanumerics, '.', '_' and '-'",
                name, name);
    }
    return 0;
}

static int check_item(const struct ksql_with_item *item, enum ksql_with_use use, bool replay,
    struct ksql_problem *problem)
{
    for (size_t i = 0; i < OF_COUNT(properties); i++) {
        if (strcmp(properties[i].name, item->name) != 0 || !(properties[i].uses & use))
            continue;
        if (!properties[i].supported)
            return ksql_problem_unsupported(problem, &item->place, "The property %s", item->name);
        if (!fits(item->value, properties[i].kind))
            return fail_type(item, properties[i].kind, problem);
        if (strcmp(item->name, "KAFKA_TOPIC") == 0 && !replay &&
            ksql_check_topic_name(item->value->text, &item->place, problem))
            return OF_INPUT;
        if (!replay && strcmp(item->name, "CLEANUP_POLICY") == 0)
            return ksql_problem_set(problem, &item->place,
                "Invalid config variable in the WITH clause: CLEANUP_POLICY.\nThe CLEANUP_POLICY "
                "config is automatically inferred based on the type of source (STREAM or "
                "TABLE).\nUsers can't set the CLEANUP_POLICY config manually.");
        return 0;
    }
    return ksql_problem_set(
        problem, &item->place, "Invalid config variable(s) in the WITH clause: %s", item->name);
}

/* Counts that a topic can have; anything else would only fail later and less clearly. */
static int check_range(const struct ksql_with *with, const char *name, int64_t low, int64_t high,
    struct ksql_problem *problem)
{
    int64_t number;
    if (!ksql_with_number(with, name, &number) || (number >= low && number <= high))
        return 0;
    return ksql_problem_set(problem, NULL,
        "Invalid value %lld for property %s: must be %lld to %lld", (long long)number, name,
        (long long)low, (long long)high);
}

/* One character, or the name of one that is white space. */
static int check_delimiter(
    const struct ksql_with *with, const char *name, struct ksql_problem *problem)
{
    const char *value = ksql_with_string(with, name);
    if (!value || strcmp(value, "TAB") == 0 || strcmp(value, "SPACE") == 0)
        return 0;
    if (value[strspn(value, " \t\r\n")] == '\0')
        return ksql_problem_set(problem, NULL,
            "Configuration %s is invalid: Delimiter cannot be empty, if you meant to have a tab or "
            "space for delimiter, please use the special values 'TAB' or 'SPACE'\nExample valid "
            "value: ';'",
            name);
    if ((uint8_t)*value >= 0x80)
        return ksql_problem_unsupported(problem, NULL, "A delimiter that is no ASCII character");
    if (!value[1])
        return 0;
    return ksql_problem_set(problem, NULL,
        "Configuration %s is invalid: Invalid delimiter value: '%s'. Delimiter must be a single "
        "character or TAB,SPACE\nExample valid value: ';'",
        name, value);
}

/* Hopping windows are written as tumbling ones are. */
struct ksql_windows ksql_with_windows(const struct ksql_with *with)
{
    struct ksql_problem problem OF_CLEANUP(ksql_problem_release) = {0};
    const char *type = ksql_with_string(with, "WINDOW_TYPE");
    const char *size = ksql_with_string(with, "WINDOW_SIZE");
    struct ksql_windows windows = {0};
    if (!type)
        return windows;
    windows.kind = strcasecmp(type, "SESSION") == 0 ? KSQL_WINDOW_SESSION : KSQL_WINDOW_TIME;
    windows.hopping = strcasecmp(type, "HOPPING") == 0;
    if (size && ksql_duration_parse(size, &windows.size, &problem))
        windows.size = 0;
    return windows;
}

static int check_windows(const struct ksql_with *with, struct ksql_problem *problem)
{
    const char *type = ksql_with_string(with, "WINDOW_TYPE");
    const char *size = ksql_with_string(with, "WINDOW_SIZE");
    int64_t milliseconds = 1;
    if (size && ksql_duration_parse(size, &milliseconds, problem))
        return ksql_problem_prefix(problem, "Configuration WINDOW_SIZE is invalid: ");
    bool session = !type || strcasecmp(type, "SESSION") == 0;
    if (!session && strcasecmp(type, "TUMBLING") != 0 && strcasecmp(type, "HOPPING") != 0)
        return ksql_problem_set(problem, NULL,
            "Invalid value %s for property WINDOW_TYPE: String must be one of: SESSION, HOPPING, "
            "TUMBLING, null",
            type);
    if (session && size)
        return ksql_problem_set(
            problem, NULL, "'WINDOW_SIZE' should not be set for SESSION windows.");
    if (!session && !size)
        return ksql_problem_set(problem, NULL,
            "%s windows require 'WINDOW_SIZE' to be provided in the WITH clause. For example: "
            "'WINDOW_SIZE'='10 SECONDS'",
            strcasecmp(type, "HOPPING") == 0 ? "HOPPING" : "TUMBLING");
    return milliseconds > 0 ? 0 : ksql_problem_set(problem, NULL, "Size must be positive");
}

int ksql_with_check_formats(const struct ksql_with *with, struct ksql_problem *problem)
{
    static const char *const names[] = {"FORMAT", "KEY_FORMAT", "VALUE_FORMAT"};
    for (size_t i = 1; i < OF_COUNT(names); i++) {
        if (find(with, "FORMAT") && find(with, names[i]))
            return ksql_problem_set(problem, NULL,
                "Cannot supply both '%s' and 'FORMAT' properties, as 'FORMAT' sets both key and "
                "value formats. Either use just 'FORMAT', or use 'KEY_FORMAT' and 'VALUE_FORMAT'.",
                names[i]);
    }
    if (find(with, "VALUE_AVRO_SCHEMA_FULL_NAME") && find(with, "VALUE_SCHEMA_FULL_NAME"))
        return ksql_problem_set(problem, NULL,
            "Cannot supply both 'VALUE_AVRO_SCHEMA_FULL_NAME' and 'VALUE_SCHEMA_FULL_NAME' "
            "properties. Please only set 'VALUE_SCHEMA_FULL_NAME'.");
    for (size_t i = 0; i < OF_COUNT(names); i++) {
        const char *format = ksql_with_string(with, names[i]);
        if (format && !ksql_format_find(format))
            return ksql_problem_set(problem, NULL, "Unknown format: %s", format);
    }
    return 0;
}

int ksql_with_check(
    const struct ksql_with *with, enum ksql_with_use use, bool replay, struct ksql_problem *problem)
{
    for (size_t i = 0; i < with->count; i++) {
        if (check_item(&with->items[i], use, replay, problem))
            return OF_INPUT;
    }
    if (check_range(with, "PARTITIONS", 1, 100000, problem) ||
        check_range(with, "REPLICAS", -1, 1000, problem) ||
        check_range(with, "RETENTION_MS", -1, INT64_MAX, problem) ||
        check_delimiter(with, "KEY_DELIMITER", problem) ||
        check_delimiter(with, "VALUE_DELIMITER", problem) || check_windows(with, problem))
        return OF_INPUT;
    return 0;
}

const char *ksql_with_string(const struct ksql_with *with, const char *name)
{
    const struct ksql_node *value = find(with, name);
    return value && value->kind == KSQL_NODE_STRING ? value->text : NULL;
}

bool ksql_with_number(const struct ksql_with *with, const char *name, int64_t *number)
{
    const struct ksql_node *value = find(with, name);
    if (value)
        *number = value->number;
    return value;
}

static struct ksql_node *set(
    struct ksql_arena *arena, struct ksql_with *with, const char *name, enum ksql_node_kind kind)
{
    struct ksql_node *value = ksql_arena_new(arena, sizeof(*value));
    value->kind = kind;
    value->depth = 1;
    for (size_t i = 0; i < with->count; i++) {
        if (strcmp(with->items[i].name, name) == 0) {
            with->items[i].value = value;
            return value;
        }
    }
    *ksql_arena_append(arena, with->items, with->count) =
        (struct ksql_with_item){.name = name, .value = value};
    return value;
}

void ksql_with_set_string(
    struct ksql_arena *arena, struct ksql_with *with, const char *name, const char *value)
{
    struct ksql_node *node = set(arena, with, name, KSQL_NODE_STRING);
    node->text = ksql_arena_strdup(arena, value);
    node->text_length = strlen(value);
}

void ksql_with_set_number(
    struct ksql_arena *arena, struct ksql_with *with, const char *name, int64_t value)
{
    set(arena, with, name, KSQL_NODE_BIGINT)->number = value;
}

const char *ksql_format_find(const char *name)
{
    static const char *const formats[] = {
        "AVRO", "DELIMITED", "JSON", "JSON_SR", "KAFKA", "NONE", "PROTOBUF", "PROTOBUF_NOSR"};
    for (size_t i = 0; i < OF_COUNT(formats); i++) {
        if (strcasecmp(formats[i], name) == 0)
            return formats[i];
    }
    return NULL;
}
