/* Which formats and types a query can read and write here; ksqlDB's own limits first. */
#include "ksqld/plan/select.h"

static bool is_kafka_type(enum ksql_type_kind kind)
{
    return kind == KSQL_INTEGER || kind == KSQL_BIGINT || kind == KSQL_DOUBLE ||
           kind == KSQL_STRING || kind == KSQL_BYTES;
}

/* The KAFKA format knows one column of a basic type. */
static int check_kafka(const struct ksql_schema *schema, bool key, struct ksql_problem *problem)
{
    const struct ksql_column *only = NULL;
    size_t count = 0;
    for (size_t i = 0; i < schema->count; i++) {
        if (schema->columns[i].key != key)
            continue;
        only = &schema->columns[i];
        count++;
    }
    if (count > 1)
        return ksql_problem_set(problem, NULL,
            "The 'KAFKA' format only supports a single field. Got: %zu %s columns", count,
            key ? "key" : "value");
    if (only && !is_kafka_type(only->type->kind))
        return ksql_problem_set(problem, NULL,
            "The 'KAFKA' format does not support type '%s', column: `%s`",
            ksql_type_kind_name(only->type->kind), only->name);
    return 0;
}

static bool has_map(const struct ksql_type *type)
{
    if (type->kind == KSQL_MAP)
        return true;
    if (type->element && has_map(type->element))
        return true;
    for (size_t i = 0; i < type->field_count; i++) {
        if (has_map(type->fields[i].type))
            return true;
    }
    return false;
}

static int check_avro(const struct ksql_schema *schema, bool reading, struct ksql_problem *problem)
{
    for (size_t i = 0; i < schema->count; i++) {
        if (!schema->columns[i].key && has_map(schema->columns[i].type))
            return ksql_problem_unsupported(problem, NULL, "%s the MAP in column %s as AVRO",
                reading ? "Reading" : "Writing", schema->columns[i].name);
    }
    return 0;
}

int ksql_check_serialization(const struct ksql_schema *schema, const char *key_format,
    const char *value_format, bool reading, struct ksql_problem *problem)
{
    const char *verb = reading ? "Reading" : "Writing";
    size_t keys = ksql_schema_key_count(schema);
    if (strcmp(key_format, "KAFKA") == 0) {
        if (check_kafka(schema, true, problem))
            return OF_INPUT;
    } else if (keys && strcmp(key_format, "NONE") == 0) {
        return ksql_problem_set(problem, NULL,
            "The 'NONE' format can only be used when no columns are defined. Got: %zu key column%s",
            keys, keys == 1 ? "" : "s");
    } else if (keys) {
        return ksql_problem_unsupported(problem, NULL, "%s keys of format %s", verb, key_format);
    }
    if (strcmp(value_format, "AVRO") == 0)
        return check_avro(schema, reading, problem);
    if (strcmp(value_format, "KAFKA") == 0)
        return check_kafka(schema, false, problem);
    return ksql_problem_unsupported(problem, NULL, "%s values of format %s", verb, value_format);
}
