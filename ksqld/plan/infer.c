/* From a registered Avro schema to columns, as ksqlDB infers them through Connect's types:
 * upper-case names, every float a DOUBLE, enums and UUIDs strings, microseconds plain numbers. What
 * has no column type here is refused with its field. */
#include "ksqld/plan/plan.h"

#include "avro/schema.h"
#include "ksqld/plan/typing.h"
#include "ksqld/serde/avro_reader.h"

#include <ctype.h>
#include <jansson.h>

struct inference {
    struct ksql_arena *arena;
    bool original; /* names stay as they are */
    struct ksql_problem *problem;
    const char *field; /* "item_info.sku" */
    int depth;
};

static int infer(
    struct inference *inference, const struct of_avro_node *node, const struct ksql_type **type);

static int refuse(struct inference *inference, const char *what)
{
    return ksql_problem_unsupported(inference->problem, NULL, "Field %s of the Avro schema: %s",
        inference->field ? inference->field : "(root)", what);
}

static char *upper_name(struct ksql_arena *arena, const char *name)
{
    char *upper = ksql_arena_strdup(arena, name);
    for (char *c = upper; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return upper;
}

static int infer_long(const struct of_avro_node *node, const struct ksql_type **type)
{
    bool timestamp = node->logical == OF_AVRO_TIMESTAMP_MILLIS;
    *type = ksql_basic_type(timestamp ? KSQL_TIMESTAMP : KSQL_BIGINT);
    return 0;
}

static int infer_int(const struct of_avro_node *node, const struct ksql_type **type)
{
    *type = ksql_basic_type(node->logical == OF_AVRO_DATE          ? KSQL_DATE
                            : node->logical == OF_AVRO_TIME_MILLIS ? KSQL_TIME
                                                                   : KSQL_INTEGER);
    return 0;
}

static int infer_bytes(
    struct inference *inference, const struct of_avro_node *node, const struct ksql_type **type)
{
    if (node->logical != OF_AVRO_DECIMAL) {
        *type = ksql_basic_type(KSQL_BYTES);
        return 0;
    }
    if (node->type == OF_AVRO_FIXED)
        return refuse(inference, "a decimal on fixed bytes");
    if (node->precision > KSQL_DECIMAL_PRECISION_MAX)
        return refuse(inference, "a decimal of more than 38 digits");
    *type = ksql_decimal_type(inference->arena, node->precision, node->scale);
    return 0;
}

static int infer_record(
    struct inference *inference, const struct of_avro_node *node, const struct ksql_type **type)
{
    struct ksql_type *structure = ksql_arena_new(inference->arena, sizeof(*structure));
    struct ksql_field *fields =
        ksql_arena_new_array(inference->arena, node->field_count, sizeof(*fields));
    const char *outer = inference->field;
    for (size_t i = 0; i < node->field_count; i++) {
        const char *name = node->fields[i].name;
        inference->field = ksql_arena_printf(
            inference->arena, "%s%s%s", outer ? outer : "", outer ? "." : "", name);
        fields[i].name = inference->original ? ksql_arena_strdup(inference->arena, name)
                                             : upper_name(inference->arena, name);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(fields[j].name, fields[i].name) == 0)
                return refuse(inference, "a name that differs from another only in case");
        }
        if (infer(inference, node->fields[i].type, &fields[i].type))
            return OF_INPUT;
    }
    inference->field = outer;
    *structure =
        (struct ksql_type){.kind = KSQL_STRUCT, .fields = fields, .field_count = node->field_count};
    *type = structure;
    return 0;
}

/* Maps are maps, or what Connect writes for those with nullable keys. */
static int infer_collection(
    struct inference *inference, const struct of_avro_node *node, const struct ksql_type **type)
{
    struct ksql_type *collection = ksql_arena_new(inference->arena, sizeof(*collection));
    const struct of_avro_node *element = node->branches[0];
    bool entries = ksql_avro_is_map(node);
    collection->kind = node->type == OF_AVRO_MAP || entries ? KSQL_MAP : KSQL_ARRAY;
    *type = collection;
    if (entries) {
        if (infer(inference, element->fields[0].type, &collection->key))
            return OF_INPUT;
        if (collection->key->kind != KSQL_STRING)
            return refuse(inference, "a map whose keys are no strings");
        element = element->fields[1].type;
    } else if (node->type == OF_AVRO_MAP) {
        collection->key = ksql_basic_type(KSQL_STRING);
    }
    return infer(inference, element, &collection->element);
}

/* Only a union with null has a type of its own in SQL. */
static int infer_union(
    struct inference *inference, const struct of_avro_node *node, const struct ksql_type **type)
{
    const struct of_avro_node *one = NULL;
    for (size_t i = 0; i < node->branch_count; i++) {
        if (node->branches[i]->type == OF_AVRO_NULL)
            continue;
        if (one)
            return refuse(inference, "a union of several types");
        one = node->branches[i];
    }
    return one ? infer(inference, one, type) : refuse(inference, "nothing but null");
}

static int infer(
    struct inference *inference, const struct of_avro_node *node, const struct ksql_type **type)
{
    if (inference->depth == KSQL_TYPE_DEPTH_MAX)
        return refuse(inference, "a type that is nested too deeply, or in itself");
    inference->depth++;
    int status = 0;
    switch (node->type) {
    case OF_AVRO_NULL:
        status = refuse(inference, "nothing but null");
        break;
    case OF_AVRO_BOOLEAN:
        *type = ksql_basic_type(KSQL_BOOLEAN);
        break;
    case OF_AVRO_INT:
        status = infer_int(node, type);
        break;
    case OF_AVRO_LONG:
        status = infer_long(node, type);
        break;
    case OF_AVRO_FLOAT:
    case OF_AVRO_DOUBLE:
        *type = ksql_basic_type(KSQL_DOUBLE);
        break;
    case OF_AVRO_BYTES:
    case OF_AVRO_FIXED:
        status = infer_bytes(inference, node, type);
        break;
    case OF_AVRO_STRING:
    case OF_AVRO_ENUM:
        *type = ksql_basic_type(KSQL_STRING);
        break;
    case OF_AVRO_RECORD:
        status = infer_record(inference, node, type);
        break;
    case OF_AVRO_ARRAY:
    case OF_AVRO_MAP:
        status = infer_collection(inference, node, type);
        break;
    case OF_AVRO_UNION:
        status = infer_union(inference, node, type);
        break;
    }
    inference->depth--;
    return status;
}

int ksql_infer_columns(struct ksql_arena *arena, const char *text, size_t size,
    const struct ksql_inference *how, struct ksql_schema *schema, struct ksql_problem *problem)
{
    struct of_avro_schema *avro OF_CLEANUP(of_cleanup_avro_schema) = NULL;
    struct of_error error;
    if (of_avro_schema_parse(text, size, &avro, &error))
        return ksql_problem_set(
            problem, NULL, "The registered Avro schema can't be read: %s", error.message);
    const struct of_avro_node *root = of_avro_schema_root(avro);
    if (!how->single && root->type != OF_AVRO_RECORD)
        return ksql_problem_unsupported(
            problem, NULL, "A registered Avro schema that is no record");
    struct inference inference = {.arena = arena, .problem = problem, .original = how->original};
    const struct ksql_type *type;
    if (infer(&inference, root, &type))
        return OF_INPUT;
    if (how->single)
        ksql_schema_add(arena, schema, how->single, type, how->key);
    for (size_t i = 0; !how->single && i < type->field_count; i++)
        ksql_schema_add(arena, schema, type->fields[i].name, type->fields[i].type, how->key);
    return 0;
}
