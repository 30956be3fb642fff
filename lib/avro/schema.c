/* Parses an Avro schema into a tree that keeps what avro-c drops, and asks avro-c too. */
#include "avro/schema.h"

#include "base/memory.h"

#include <avro.h>
#include <stdlib.h>
#include <string.h>

struct of_avro_schema {
    json_t *json;
    struct of_avro_node **nodes; /* all of them, owned */
    size_t node_count;
    struct of_avro_node *root;
};

static const struct {
    const char *name;
    enum of_avro_type type;
} type_names[] = {
    {"null", OF_AVRO_NULL},
    {"boolean", OF_AVRO_BOOLEAN},
    {"int", OF_AVRO_INT},
    {"long", OF_AVRO_LONG},
    {"float", OF_AVRO_FLOAT},
    {"double", OF_AVRO_DOUBLE},
    {"bytes", OF_AVRO_BYTES},
    {"string", OF_AVRO_STRING},
    {"record", OF_AVRO_RECORD},
    {"enum", OF_AVRO_ENUM},
    {"array", OF_AVRO_ARRAY},
    {"map", OF_AVRO_MAP},
    {"union", OF_AVRO_UNION},
    {"fixed", OF_AVRO_FIXED},
};

const char *of_avro_type_name(enum of_avro_type type)
{
    return type_names[type].name;
}

struct parser {
    struct of_avro_schema *schema;
    struct of_error *error;
    int depth;
};

static struct of_avro_node *parse(struct parser *parser, const json_t *json, const char *namespace);

static struct of_avro_node *new_node(
    struct parser *parser, enum of_avro_type type, const json_t *json)
{
    struct of_avro_schema *schema = parser->schema;
    struct of_avro_node *node = of_alloc(sizeof(*node));
    node->type = type;
    node->json = json;
    schema->nodes = of_realloc_array(schema->nodes, schema->node_count + 1, sizeof(*schema->nodes));
    schema->nodes[schema->node_count++] = node;
    return node;
}

static struct of_avro_node *refuse(struct parser *parser, const char *what, const char *where)
{
    of_fail(parser->error, OF_INPUT, "schema: %s: %s", where, what);
    return NULL;
}

static char *full_name(const char *name, const char *namespace)
{
    if (strchr(name, '.') || !namespace || !*namespace)
        return of_strdup(name);
    return of_asprintf("%s.%s", namespace, name);
}

static char *namespace_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? of_strndup(name, (size_t)(dot - name)) : of_strdup("");
}

static struct of_avro_node *find_named(
    const struct parser *parser, const char *name, const char *namespace)
{
    OF_FREE char *wanted = full_name(name, namespace);
    for (size_t i = 0; i < parser->schema->node_count; i++) {
        struct of_avro_node *node = parser->schema->nodes[i];
        if (node->full_name && strcmp(node->full_name, wanted) == 0)
            return node;
    }
    return NULL;
}

static int find_type(const char *name)
{
    for (size_t i = 0; i < OF_COUNT(type_names); i++)
        if (strcmp(type_names[i].name, name) == 0)
            return (int)type_names[i].type;
    return -1;
}

/* An invalid logical type is to be ignored, by the specification. */
static void parse_logical(struct of_avro_node *node, const json_t *json)
{
    static const struct {
        const char *name;
        enum of_avro_type base;
        enum of_avro_logical logical;
    } known[] = {
        {"date", OF_AVRO_INT, OF_AVRO_DATE},
        {"time-millis", OF_AVRO_INT, OF_AVRO_TIME_MILLIS},
        {"time-micros", OF_AVRO_LONG, OF_AVRO_TIME_MICROS},
        {"timestamp-millis", OF_AVRO_LONG, OF_AVRO_TIMESTAMP_MILLIS},
        {"timestamp-micros", OF_AVRO_LONG, OF_AVRO_TIMESTAMP_MICROS},
        {"uuid", OF_AVRO_STRING, OF_AVRO_UUID},
    };
    const char *name = json_string_value(json_object_get(json, "logicalType"));
    if (!name)
        return;
    for (size_t i = 0; i < OF_COUNT(known); i++)
        if (strcmp(known[i].name, name) == 0 && known[i].base == node->type)
            node->logical = known[i].logical;
    if (strcmp(name, "decimal") == 0 &&
        (node->type == OF_AVRO_BYTES || node->type == OF_AVRO_FIXED)) {
        json_int_t precision = json_integer_value(json_object_get(json, "precision"));
        json_int_t scale = json_integer_value(json_object_get(json, "scale"));
        if (precision > 0 && precision <= 1000 && scale >= 0 && scale <= precision) {
            node->logical = OF_AVRO_DECIMAL;
            node->precision = (int)precision;
            node->scale = (int)scale;
        }
    }
}

static void parse_aliases(const json_t *json, const char *namespace, char ***out, size_t *count)
{
    const json_t *list = json_object_get(json, "aliases");
    *out = of_alloc(json_array_size(list) * sizeof(**out));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *alias = json_string_value(json_array_get(list, i));
        if (alias)
            (*out)[(*count)++] = full_name(alias, namespace);
    }
}

/* [A-Za-z_][A-Za-z0-9_]*, `dotted` several of them with dots between. */
static bool is_name(const char *name, bool dotted)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    for (;; name++) {
        size_t length = strspn(name, letters);
        if (length == 0 || (*name >= '0' && *name <= '9'))
            return false;
        name += length;
        if (*name != '.' || !dotted)
            return *name == '\0';
    }
}

static bool parse_fields(
    struct parser *parser, struct of_avro_node *node, const json_t *json, const char *namespace)
{
    const json_t *fields = json_object_get(json, "fields");
    size_t count = json_array_size(fields);
    if (!json_is_array(fields) || count > OF_AVRO_FIELDS_MAX)
        return refuse(parser, "no list of fields, or more of them than the limit",
                   node->full_name) != NULL;
    node->fields = of_alloc(count * sizeof(*node->fields));
    for (size_t i = 0; i < count; i++) {
        const json_t *told = json_array_get(fields, i);
        const char *name = json_string_value(json_object_get(told, "name"));
        if (!name)
            return refuse(parser, "a field without name", node->full_name) != NULL;
        if (!is_name(name, false))
            return refuse(parser, "no name for a field", name) != NULL;
        for (size_t f = 0; f < node->field_count; f++)
            if (strcmp(node->fields[f].name, name) == 0)
                return refuse(parser, "two fields of one name", name) != NULL;
        struct of_avro_field *field = &node->fields[node->field_count++];
        field->name = of_strdup(name);
        parse_aliases(told, NULL, &field->aliases, &field->alias_count);
        field->default_value = json_object_get(told, "default");
        field->type = parse(parser, json_object_get(told, "type"), namespace);
        if (!field->type)
            return false;
    }
    return true;
}

static bool parse_symbols(struct parser *parser, struct of_avro_node *node, const json_t *json)
{
    const json_t *symbols = json_object_get(json, "symbols");
    size_t count = json_array_size(symbols);
    if (count == 0 || count > OF_AVRO_SYMBOLS_MAX)
        return refuse(parser, "no symbols, or more than the limit", node->full_name) != NULL;
    node->symbols = of_alloc(count * sizeof(*node->symbols));
    for (size_t i = 0; i < count; i++) {
        const char *symbol = json_string_value(json_array_get(symbols, i));
        if (!symbol)
            return refuse(parser, "a symbol that is no text", node->full_name) != NULL;
        for (size_t s = 0; s < node->symbol_count; s++)
            if (strcmp(node->symbols[s], symbol) == 0)
                return refuse(parser, "a symbol that stands twice", symbol) != NULL;
        node->symbols[node->symbol_count++] = of_strdup(symbol);
    }
    node->default_symbol = json_string_value(json_object_get(json, "default"));
    return true;
}

static struct of_avro_node *parse_named(
    struct parser *parser, enum of_avro_type type, const json_t *json, const char *outer)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    const char *told = json_string_value(json_object_get(json, "namespace"));
    if (!name)
        return refuse(parser, "a named type without name", of_avro_type_name(type));
    OF_FREE char *full = full_name(name, told ? told : outer);
    if (!is_name(full, true) || find_type(full) >= 0)
        return refuse(parser, "no name for a type", full);
    if (find_named(parser, full, NULL))
        return refuse(parser, "a type that is defined twice", full);
    struct of_avro_node *node = new_node(parser, type, json);
    node->full_name = OF_TAKE(full);
    OF_FREE char *namespace = namespace_of(node->full_name);
    parse_aliases(json, namespace, &node->aliases, &node->alias_count);
    parse_logical(node, json);
    if (type == OF_AVRO_RECORD)
        return parse_fields(parser, node, json, namespace) ? node : NULL;
    if (type == OF_AVRO_ENUM)
        return parse_symbols(parser, node, json) ? node : NULL;
    json_int_t size = json_integer_value(json_object_get(json, "size"));
    if (size <= 0 || size > INT32_MAX)
        return refuse(parser, "a fixed without a size", node->full_name);
    node->size = (size_t)size;
    return node;
}

static struct of_avro_node *parse_branches(struct parser *parser, struct of_avro_node *node,
    const json_t *const *branches, size_t count, const char *namespace)
{
    node->branches = of_alloc(count * sizeof(*node->branches));
    for (size_t i = 0; i < count; i++) {
        struct of_avro_node *branch = parse(parser, branches[i], namespace);
        if (!branch)
            return NULL;
        node->branches[node->branch_count++] = branch;
    }
    return node;
}

static bool same_branch(const struct of_avro_node *a, const struct of_avro_node *b)
{
    if (a->type != b->type)
        return false;
    return !a->full_name || strcmp(a->full_name, b->full_name) == 0;
}

static struct of_avro_node *parse_union(
    struct parser *parser, const json_t *json, const char *namespace)
{
    const json_t *branches[OF_AVRO_BRANCHES_MAX];
    size_t count = json_array_size(json);
    if (count == 0 || count > OF_AVRO_BRANCHES_MAX)
        return refuse(parser, "no branches, or more than the limit", "union");
    for (size_t i = 0; i < count; i++)
        branches[i] = json_array_get(json, i);
    struct of_avro_node *node =
        parse_branches(parser, new_node(parser, OF_AVRO_UNION, json), branches, count, namespace);
    for (size_t i = 0; node && i < count; i++) {
        if (node->branches[i]->type == OF_AVRO_UNION)
            return refuse(parser, "a union within a union", "union");
        for (size_t k = 0; k < i; k++)
            if (same_branch(node->branches[i], node->branches[k]))
                return refuse(parser, "two branches of one type", "union");
    }
    return node;
}

static struct of_avro_node *parse_object(
    struct parser *parser, const json_t *json, const char *namespace)
{
    const json_t *inner = json_object_get(json, "type");
    if (!json_is_string(inner))
        return parse(parser, inner, namespace);
    int type = find_type(json_string_value(inner));
    if (type < 0 || type == OF_AVRO_UNION)
        return parse(parser, inner, namespace);
    if (type == OF_AVRO_RECORD || type == OF_AVRO_ENUM || type == OF_AVRO_FIXED)
        return parse_named(parser, (enum of_avro_type)type, json, namespace);
    struct of_avro_node *node = new_node(parser, (enum of_avro_type)type, json);
    if (type == OF_AVRO_ARRAY || type == OF_AVRO_MAP) {
        const json_t *element = json_object_get(json, type == OF_AVRO_ARRAY ? "items" : "values");
        return parse_branches(parser, node, &element, 1, namespace);
    }
    parse_logical(node, json);
    return node;
}

static struct of_avro_node *parse_inner(
    struct parser *parser, const json_t *json, const char *namespace)
{
    if (json_is_array(json))
        return parse_union(parser, json, namespace);
    if (json_is_object(json))
        return parse_object(parser, json, namespace);
    const char *name = json_string_value(json);
    if (!name)
        return refuse(parser, "a type is missing", "type");
    int type = find_type(name);
    if (type >= 0 && type <= OF_AVRO_STRING)
        return new_node(parser, (enum of_avro_type)type, json);
    struct of_avro_node *named = find_named(parser, name, namespace);
    return named ? named : refuse(parser, "an unknown type", name);
}

static struct of_avro_node *parse(struct parser *parser, const json_t *json, const char *namespace)
{
    if (parser->depth == OF_AVRO_DEPTH_MAX)
        return refuse(parser, "nested deeper than the limit", "type");
    parser->depth++;
    struct of_avro_node *node = parse_inner(parser, json, namespace);
    parser->depth--;
    return node;
}

/* avro-c's JSON reader refuses the escape of NUL, which the default of a zero decimal holds. Only
 * defaults and docs may hold one, and avro-c reads neither: there it gets U+0001. */
static void hide_nul_escapes(char *text, size_t size)
{
    for (size_t i = 0; i + 1 < size; i++) {
        if (text[i] != '\\')
            continue;
        if (text[i + 1] == 'u' && size - i >= 6 && memcmp(text + i + 2, "0000", 4) == 0)
            text[i + 5] = '1';
        i++; /* what is escaped starts no escape */
    }
}

/* A second opinion. It comes last, because avro-c 1.11 loses memory with some that it refuses. */
static int check_with_avro_c(const char *text, size_t size, struct of_error *error)
{
    OF_FREE char *copy = of_strndup(text, size);
    hide_nul_escapes(copy, size);
    avro_schema_t schema = NULL;
    if (avro_schema_from_json_length(copy, size, &schema) != 0)
        return of_fail(error, OF_INPUT, "schema: %s", avro_strerror());
    avro_schema_decref(schema);
    return OF_OK;
}

int of_avro_schema_parse(
    const char *text, size_t size, struct of_avro_schema **out, struct of_error *error)
{
    OF_CLEANUP(of_cleanup_avro_schema) struct of_avro_schema *schema = of_alloc(sizeof(*schema));
    json_error_t cause;
    schema->json =
        json_loadb(text, size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &cause);
    if (!schema->json)
        return of_fail(error, OF_INPUT, "schema: line %d, column %d: %s", cause.line, cause.column,
            cause.text);
    struct parser parser = {schema, error, 0};
    schema->root = parse(&parser, schema->json, NULL);
    if (!schema->root)
        return OF_INPUT;
    /* A primitive's bare name is a schema to the specification but no JSON text to avro-c. */
    if (!json_is_string(schema->json) && check_with_avro_c(text, size, error) < 0)
        return OF_INPUT;
    *out = OF_TAKE(schema);
    return OF_OK;
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

void of_avro_schema_free(struct of_avro_schema *schema)
{
    for (size_t i = 0; i < schema->node_count; i++) {
        struct of_avro_node *node = schema->nodes[i];
        for (size_t f = 0; f < node->field_count; f++) {
            free(node->fields[f].name);
            free_texts(node->fields[f].aliases, node->fields[f].alias_count);
        }
        free(node->fields);
        free(node->full_name);
        free_texts(node->aliases, node->alias_count);
        free(node->branches);
        free_texts(node->symbols, node->symbol_count);
        free(node);
    }
    free(schema->nodes);
    json_decref(schema->json);
    free(schema);
}

const struct of_avro_node *of_avro_schema_root(const struct of_avro_schema *schema)
{
    return schema->root;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Pairs that are being compared further up, so that recursive types end. */
struct pairs {
    const struct of_avro_node *a[OF_AVRO_DEPTH_MAX], *b[OF_AVRO_DEPTH_MAX];
    size_t count;
};

static bool equal(const struct of_avro_node *a, const struct of_avro_node *b, struct pairs *pairs)
{
    if (a->type != b->type || a->logical != b->logical || a->precision != b->precision ||
        a->scale != b->scale || a->size != b->size || a->field_count != b->field_count ||
        a->branch_count != b->branch_count || a->symbol_count != b->symbol_count ||
        !same_text(a->full_name, b->full_name))
        return false;
    for (size_t i = 0; i < pairs->count; i++)
        if (pairs->a[i] == a && pairs->b[i] == b)
            return true;
    if (pairs->count == OF_AVRO_DEPTH_MAX)
        return false; /* resolution does the same, only slower */
    pairs->a[pairs->count] = a;
    pairs->b[pairs->count++] = b;
    bool same = true;
    for (size_t i = 0; same && i < a->symbol_count; i++)
        same = same_text(a->symbols[i], b->symbols[i]);
    for (size_t i = 0; same && i < a->branch_count; i++)
        same = equal(a->branches[i], b->branches[i], pairs);
    for (size_t i = 0; same && i < a->field_count; i++)
        same = same_text(a->fields[i].name, b->fields[i].name) &&
               equal(a->fields[i].type, b->fields[i].type, pairs);
    pairs->count--;
    return same;
}

bool of_avro_schema_equal(const struct of_avro_schema *a, const struct of_avro_schema *b)
{
    struct pairs pairs = {.count = 0};
    return equal(a->root, b->root, &pairs);
}
