/* Types as statements write them. */
#include "ksqld/lang/cursor.h"

#include <strings.h>

static const struct {
    const char *name;
    enum ksql_type_kind kind;
} basic[] = {
    {"BOOLEAN", KSQL_BOOLEAN},
    {"INT", KSQL_INTEGER},
    {"INTEGER", KSQL_INTEGER},
    {"BIGINT", KSQL_BIGINT},
    {"DOUBLE", KSQL_DOUBLE},
    {"STRING", KSQL_STRING},
    {"VARCHAR", KSQL_STRING},
    {"BYTES", KSQL_BYTES},
    {"TIMESTAMP", KSQL_TIMESTAMP},
    {"DATE", KSQL_DATE},
    {"TIME", KSQL_TIME},
};

static struct ksql_type *new_type(struct ksql_cursor *cursor, enum ksql_type_kind kind)
{
    struct ksql_type *type = ksql_arena_new(cursor->arena, sizeof(*type));
    type->kind = kind;
    return type;
}

static int small_number(struct ksql_cursor *cursor, int *number)
{
    const struct ksql_token *token = &cursor->token;
    bool negative = ksql_token_is_symbol(token, "-");
    if (negative)
        ksql_cursor_next(cursor);
    if (token->kind != KSQL_TOKEN_INTEGER)
        return ksql_cursor_fail(cursor);
    int value = 0;
    for (size_t i = 0; i < token->length && value < 100000; i++)
        value = value * 10 + (token->text[i] - '0');
    *number = negative ? -value : value;
    ksql_cursor_next(cursor);
    return 0;
}

static int parse_decimal(struct ksql_cursor *cursor, const struct ksql_type **type)
{
    struct ksql_place place = cursor->token.place;
    ksql_cursor_next(cursor);
    struct ksql_type *decimal = new_type(cursor, KSQL_DECIMAL);
    if (ksql_cursor_expect_symbol(cursor, "(") || small_number(cursor, &decimal->precision) ||
        ksql_cursor_expect_symbol(cursor, ",") || small_number(cursor, &decimal->scale) ||
        ksql_cursor_expect_symbol(cursor, ")"))
        return OF_INPUT;
    if (decimal->precision < 1)
        return ksql_problem_set(cursor->problem, &place,
            "DECIMAL precision must be >= 1: DECIMAL(%d,%d)", decimal->precision, decimal->scale);
    if (decimal->scale < 0)
        return ksql_problem_set(cursor->problem, &place,
            "DECIMAL scale must be >= 0: DECIMAL(%d,%d)", decimal->precision, decimal->scale);
    if (decimal->precision < decimal->scale)
        return ksql_problem_set(cursor->problem, &place,
            "DECIMAL precision must be >= scale: DECIMAL(%d,%d)", decimal->precision,
            decimal->scale);
    if (decimal->precision > KSQL_DECIMAL_PRECISION_MAX)
        return ksql_problem_unsupported(
            cursor->problem, &place, "DECIMAL of more than %d digits", KSQL_DECIMAL_PRECISION_MAX);
    *type = decimal;
    return 0;
}

static int parse_array(struct ksql_cursor *cursor, const struct ksql_type **type)
{
    ksql_cursor_next(cursor);
    struct ksql_type *array = new_type(cursor, KSQL_ARRAY);
    if (ksql_cursor_expect_symbol(cursor, "<") || ksql_parse_type(cursor, &array->element) ||
        ksql_cursor_expect_symbol(cursor, ">"))
        return OF_INPUT;
    *type = array;
    return 0;
}

static int parse_map(struct ksql_cursor *cursor, const struct ksql_type **type)
{
    ksql_cursor_next(cursor);
    struct ksql_type *map = new_type(cursor, KSQL_MAP);
    if (ksql_cursor_expect_symbol(cursor, "<") || ksql_parse_type(cursor, &map->key) ||
        ksql_cursor_expect_symbol(cursor, ",") || ksql_parse_type(cursor, &map->element) ||
        ksql_cursor_expect_symbol(cursor, ">"))
        return OF_INPUT;
    *type = map;
    return 0;
}

static int parse_field(struct ksql_cursor *cursor, struct ksql_type *type, struct ksql_field **all)
{
    struct ksql_place place = cursor->token.place;
    struct ksql_field field = {0};
    if (ksql_cursor_name(cursor, &field.name) || ksql_parse_type(cursor, &field.type))
        return OF_INPUT;
    for (size_t i = 0; i < type->field_count; i++) {
        if (strcmp((*all)[i].name, field.name) == 0)
            return ksql_problem_set(
                cursor->problem, &place, "Duplicate field names found in STRUCT: '%s'", field.name);
    }
    if (type->field_count == KSQL_COLUMNS_MAX)
        return ksql_problem_set(
            cursor->problem, &place, "a STRUCT has more than %d fields", KSQL_COLUMNS_MAX);
    *ksql_arena_append(cursor->arena, *all, type->field_count) = field;
    return 0;
}

static int parse_struct(struct ksql_cursor *cursor, const struct ksql_type **type)
{
    ksql_cursor_next(cursor);
    struct ksql_type *structure = new_type(cursor, KSQL_STRUCT);
    struct ksql_field *fields = NULL;
    if (ksql_cursor_take_symbol(cursor, "<>")) {
        *type = structure;
        return 0;
    }
    if (ksql_cursor_expect_symbol(cursor, "<"))
        return OF_INPUT;
    do {
        if (parse_field(cursor, structure, &fields))
            return OF_INPUT;
    } while (ksql_cursor_take_symbol(cursor, ","));
    structure->fields = fields;
    *type = structure;
    return ksql_cursor_expect_symbol(cursor, ">");
}

/* VARCHAR(STRING), INT(11): parameters that mean nothing. */
static int parse_parameters(struct ksql_cursor *cursor)
{
    if (!ksql_cursor_take_symbol(cursor, "("))
        return 0;
    do {
        const struct ksql_token *token = &cursor->token;
        if (token->kind != KSQL_TOKEN_INTEGER && !ksql_cursor_is_word(cursor, "STRING"))
            return ksql_problem_set(cursor->problem, &token->place,
                "line %d:%d: Syntax Error\nExpecting {'STRING', INTEGER_VALUE}\nStatement: %.*s",
                token->place.line, token->place.column,
                (int)(cursor->lexer.end - cursor->lexer.text), cursor->lexer.text);
        ksql_cursor_next(cursor);
    } while (ksql_cursor_take_symbol(cursor, ","));
    if (ksql_cursor_expect_symbol(cursor, ")"))
        return OF_INPUT;
    return ksql_cursor_is_symbol(cursor, "(")
               ? ksql_cursor_unsupported(cursor, "A type with two lists of parameters")
               : 0;
}

static unsigned depth_of(const struct ksql_type *type)
{
    unsigned most = type->element ? depth_of(type->element) : 0;
    for (size_t i = 0; i < type->field_count; i++) {
        unsigned depth = depth_of(type->fields[i].type);
        most = depth > most ? depth : most;
    }
    return most + 1;
}

static int fail_depth(struct ksql_cursor *cursor, const struct ksql_place *place)
{
    return ksql_problem_set(
        cursor->problem, place, "a type is nested deeper than %d", KSQL_TYPE_DEPTH_MAX);
}

static int parse_basic(struct ksql_cursor *cursor, const struct ksql_type **type)
{
    struct ksql_place place = cursor->token.place;
    bool quoted = cursor->token.kind == KSQL_TOKEN_QUOTED;
    const char *name;
    if (ksql_cursor_name(cursor, &name))
        return OF_INPUT;
    if (parse_parameters(cursor))
        return OF_INPUT;
    for (size_t i = 0; !quoted && i < OF_COUNT(basic); i++) {
        if (strcmp(name, basic[i].name) == 0) {
            *type = new_type(cursor, basic[i].kind);
            return 0;
        }
    }
    const struct ksql_type_names *types = cursor->types;
    *type = types ? types->find(types->context, name, cursor->arena) : NULL;
    if (*type)
        return cursor->type_depth - 1 + depth_of(*type) > KSQL_TYPE_DEPTH_MAX
                   ? fail_depth(cursor, &place)
                   : 0;
    return ksql_problem_set(cursor->problem, &place, "Cannot resolve unknown type: %s", name);
}

static int parse_prefix(struct ksql_cursor *cursor, const struct ksql_type **type)
{
    struct ksql_token ahead = ksql_cursor_peek(cursor);
    if (ksql_cursor_is_word(cursor, "DECIMAL"))
        return parse_decimal(cursor, type);
    if (ksql_cursor_is_word(cursor, "ARRAY") && ksql_token_is_symbol(&ahead, "<"))
        return parse_array(cursor, type);
    if (ksql_cursor_is_word(cursor, "MAP") && ksql_token_is_symbol(&ahead, "<"))
        return parse_map(cursor, type);
    if (ksql_cursor_is_word(cursor, "STRUCT"))
        return parse_struct(cursor, type);
    return parse_basic(cursor, type);
}

int ksql_parse_type(struct ksql_cursor *cursor, const struct ksql_type **type)
{
    if (cursor->type_depth == KSQL_TYPE_DEPTH_MAX)
        return fail_depth(cursor, &cursor->token.place);
    cursor->type_depth++;
    if (parse_prefix(cursor, type))
        return OF_INPUT;
    cursor->type_depth--;
    if (ksql_cursor_is_word(cursor, "ARRAY"))
        return ksql_cursor_unsupported(cursor, "The form TYPE ARRAY (write ARRAY<TYPE>)");
    return 0;
}
