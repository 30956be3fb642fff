/* The Avro schema of what a query writes, in the words that Connect's converter gives ksqlDB: byte
 * for byte what a real ksqlDB registers (attribute order included), so that both find the same
 * schema id. */
#include "ksqld/plan/plan.h"

#define NAMESPACE "io.confluent.ksql.avro_schemas"
#define ROOT "KsqlDataSourceSchema"

struct writer {
    struct of_buffer *out;
    struct ksql_problem *problem;
    struct of_text namespace; /* of every record; empty: none */
    unsigned records;         /* around what is written; the outermost names the namespace */
};

static int write_type(struct writer *writer, const char *record, const struct ksql_type *type);

int ksql_check_avro_name(const char *name, struct ksql_problem *problem)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    size_t good = strspn(name, letters);
    bool digit = *name >= '0' && *name <= '9';
    if (name[good] == '\0' && good && !digit)
        return 0;
    return ksql_problem_set(problem, NULL, "Schema is not compatible with Avro: Illegal %s: %s",
        digit || !good ? "initial character" : "character in", name);
}

static int write_field(
    struct writer *writer, const char *record, const char *name, const struct ksql_type *type)
{
    struct of_buffer inner OF_CLEANUP(of_buffer_release);
    of_buffer_init(&inner, KSQL_STATEMENT_MAX);
    if (ksql_check_avro_name(name, writer->problem))
        return OF_INPUT;
    of_buffer_appendf(&inner, "%s_%s", record, name);
    of_buffer_appendf(writer->out, "{\"name\":\"%s\",\"type\":[\"null\",", name);
    if (write_type(writer, of_buffer_text(&inner), type))
        return OF_INPUT;
    of_buffer_append_text(writer->out, "],\"default\":null}");
    return 0;
}

static void begin_record(struct writer *writer, const char *record)
{
    of_buffer_appendf(writer->out, "{\"type\":\"record\",\"name\":\"%s\",", record);
    if (!writer->records++ && writer->namespace.length)
        of_buffer_appendf(writer->out, "\"namespace\":\"%.*s\",", (int)writer->namespace.length,
            writer->namespace.data);
    of_buffer_append_text(writer->out, "\"fields\":[");
}

static void write_connect_name(struct writer *writer, const char *record)
{
    of_buffer_appendf(writer->out, "\"connect.name\":\"%.*s%s%s\"}", (int)writer->namespace.length,
        writer->namespace.data, writer->namespace.length ? "." : "", record);
}

static int write_struct(struct writer *writer, const char *record, const struct ksql_type *type)
{
    begin_record(writer, record);
    for (size_t i = 0; i < type->field_count; i++) {
        if (i)
            of_buffer_append_byte(writer->out, ',');
        if (write_field(writer, record, type->fields[i].name, type->fields[i].type))
            return OF_INPUT;
    }
    of_buffer_append_text(writer->out, "],");
    write_connect_name(writer, record);
    writer->records--;
    return 0;
}

/* Keys of Connect's maps may be null, which those of Avro may not: an array of entries. */
static int write_map(struct writer *writer, const char *record, const struct ksql_type *type)
{
    struct of_buffer value OF_CLEANUP(of_buffer_release);
    of_buffer_init(&value, KSQL_STATEMENT_MAX);
    of_buffer_appendf(&value, "%s_MapValue", record);
    if (type->key->kind != KSQL_STRING)
        return ksql_problem_set(writer->problem, NULL, "Avro only supports MAPs with STRING keys");
    of_buffer_append_text(writer->out, "{\"type\":\"array\",\"items\":");
    begin_record(writer, record);
    of_buffer_append_text(writer->out,
        "{\"name\":\"key\",\"type\":[\"null\",\"string\"],\"default\":null},"
        "{\"name\":\"value\",\"type\":[\"null\",");
    if (write_type(writer, of_buffer_text(&value), type->element))
        return OF_INPUT;
    of_buffer_append_text(
        writer->out, "],\"default\":null}],\"connect.internal.type\":\"MapEntry\"},");
    write_connect_name(writer, record);
    writer->records--;
    return 0;
}

static void write_logical(
    struct writer *writer, const char *type, const char *connect, const char *logical)
{
    of_buffer_appendf(writer->out,
        "{\"type\":\"%s\",\"connect.version\":1,\"connect.name\":\"org.apache.kafka.connect.data."
        "%s\",\"logicalType\":\"%s\"}",
        type, connect, logical);
}

static void write_decimal(struct writer *writer, const struct ksql_type *type)
{
    of_buffer_appendf(writer->out,
        "{\"type\":\"bytes\",\"scale\":%d,\"precision\":%d,\"connect.version\":1,"
        "\"connect.parameters\":{\"scale\":\"%d\",\"connect.decimal.precision\":\"%d\"},"
        "\"connect.name\":\"org.apache.kafka.connect.data.Decimal\",\"logicalType\":\"decimal\"}",
        type->scale, type->precision, type->scale, type->precision);
}

static int write_array(struct writer *writer, const char *record, const struct ksql_type *type)
{
    of_buffer_append_text(writer->out, "{\"type\":\"array\",\"items\":[\"null\",");
    if (write_type(writer, record, type->element))
        return OF_INPUT;
    of_buffer_append_text(writer->out, "]}");
    return 0;
}

static int write_type(struct writer *writer, const char *record, const struct ksql_type *type)
{
    static const char *const plain[] = {[KSQL_BOOLEAN] = "\"boolean\"",
        [KSQL_INTEGER] = "\"int\"",
        [KSQL_BIGINT] = "\"long\"",
        [KSQL_DOUBLE] = "\"double\"",
        [KSQL_STRING] = "\"string\"",
        [KSQL_BYTES] = "\"bytes\""};
    switch (type->kind) {
    case KSQL_TIMESTAMP:
        write_logical(writer, "long", "Timestamp", "timestamp-millis");
        return 0;
    case KSQL_DATE:
        write_logical(writer, "int", "Date", "date");
        return 0;
    case KSQL_TIME:
        write_logical(writer, "int", "Time", "time-millis");
        return 0;
    case KSQL_DECIMAL:
        write_decimal(writer, type);
        return 0;
    case KSQL_STRUCT:
        return write_struct(writer, record, type);
    case KSQL_ARRAY:
        return write_array(writer, record, type);
    case KSQL_MAP:
        return write_map(writer, record, type);
    case KSQL_NULL:
        return ksql_problem_unsupported(
            writer->problem, NULL, "Writing %s as Avro", ksql_type_kind_name(type->kind));
    default:
        of_buffer_append_text(writer->out, plain[type->kind]);
        return 0;
    }
}

static int write_columns(
    struct writer *writer, const char *record, const struct ksql_schema *schema, bool key)
{
    bool first = true;
    begin_record(writer, record);
    for (size_t i = 0; i < schema->count; i++) {
        const struct ksql_column *column = &schema->columns[i];
        if (!ksql_column_is_on(column, key))
            continue;
        if (!first)
            of_buffer_append_byte(writer->out, ',');
        first = false;
        if (write_field(writer, record, column->name, column->type))
            return OF_INPUT;
    }
    of_buffer_append_text(writer->out, "],");
    write_connect_name(writer, record);
    return 0;
}

int ksql_write_avro_schema(const struct ksql_schema *schema, const struct ksql_avro_shape *shape,
    struct of_buffer *out, struct ksql_problem *problem)
{
    const char *name = shape->name ? shape->name : NAMESPACE "." ROOT, *dot = strrchr(name, '.');
    struct writer writer = {.out = out, .problem = problem};
    if (dot)
        writer.namespace = (struct of_text){name, (size_t)(dot - name)};
    const char *record = dot ? dot + 1 : name;
    size_t only = 0;
    while (only + 1 < schema->count && !ksql_column_is_on(&schema->columns[only], shape->key))
        only++;
    if (shape->unwrapped ? write_type(&writer, record, schema->columns[only].type)
                         : write_columns(&writer, record, schema, shape->key))
        return OF_INPUT;
    if (out->full)
        return ksql_problem_set(
            problem, NULL, "The Avro schema is longer than %zu bytes", out->limit);
    return 0;
}
