/* Expression nodes: made, compared, and printed as ksqlDB prints them. */
#include "ksqld/lang/node.h"

#include "ksqld/lang/keywords.h"

#include <stdio.h>
#include <stdlib.h>

struct ksql_node *ksql_node_new(
    struct ksql_arena *arena, enum ksql_node_kind kind, const struct ksql_place *place)
{
    struct ksql_node *node = ksql_arena_new(arena, sizeof(*node));
    node->kind = kind;
    node->place = *place;
    node->depth = 1;
    return node;
}

void ksql_node_add(struct ksql_arena *arena, struct ksql_node *node, struct ksql_node *item)
{
    *ksql_arena_append(arena, node->items, node->count) = item;
    if (node->depth <= item->depth)
        node->depth = item->depth + 1;
}

static bool text_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool ksql_node_equal(const struct ksql_node *a, const struct ksql_node *b)
{
    if (a->kind != b->kind || a->op != b->op || a->number != b->number || a->count != b->count)
        return false;
    if (!text_equal(a->name, b->name) || !text_equal(a->source, b->source))
        return false;
    if (a->text_length != b->text_length ||
        (a->text_length && memcmp(a->text, b->text, a->text_length) != 0))
        return false;
    if ((a->type || b->type) && !(a->type && b->type && ksql_type_equal(a->type, b->type)))
        return false;
    if (a->name_count != b->name_count)
        return false;
    for (size_t i = 0; i < a->name_count; i++) {
        if (strcmp(a->names[i], b->names[i]) != 0)
            return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        if (!ksql_node_equal(a->items[i], b->items[i]))
            return false;
    }
    return true;
}

const char *ksql_operator_symbol(enum ksql_operator op)
{
    static const char *const symbols[] = {[KSQL_ADD] = "+",
        [KSQL_SUBTRACT] = "-",
        [KSQL_MULTIPLY] = "*",
        [KSQL_DIVIDE] = "/",
        [KSQL_MODULO] = "%",
        [KSQL_EQUAL] = "=",
        [KSQL_NOT_EQUAL] = "<>",
        [KSQL_LESS] = "<",
        [KSQL_LESS_EQUAL] = "<=",
        [KSQL_GREATER] = ">",
        [KSQL_GREATER_EQUAL] = ">=",
        [KSQL_DISTINCT] = "IS DISTINCT FROM"};
    return symbols[op];
}

struct style {
    bool sources, quote;
};

static int format(const struct ksql_node *node, const struct style *style, struct of_buffer *out);

static void format_name(const char *name, const struct style *style, struct of_buffer *out)
{
    if (style->quote)
        ksql_name_append(out, name, false);
    else
        of_buffer_append_text(out, name);
}

static void format_string(const struct ksql_node *node, struct of_buffer *out)
{
    of_buffer_append_byte(out, '\'');
    for (size_t i = 0; i < node->text_length; i++) {
        if (node->text[i] == '\'')
            of_buffer_append_byte(out, '\'');
        of_buffer_append_byte(out, (uint8_t)node->text[i]);
    }
    of_buffer_append_byte(out, '\'');
}

/* As ICU writes a double in scientific notation: 1.25E1. */
static void format_double(const struct ksql_node *node, struct of_buffer *out)
{
    double value = strtod(node->text, NULL);
    char text[40];
    int digits = 0;
    do
        snprintf(text, sizeof(text), "%.*E", digits, value);
    while (strtod(text, NULL) != value && digits++ < 17);
    char *exponent = strchr(text, 'E');
    of_buffer_appendf(
        out, "%.*sE%ld", (int)(exponent - text), text, strtol(exponent + 1, NULL, 10));
}

static void format_binary(const struct ksql_node *node, const char *symbol,
    const struct style *style, struct of_buffer *out)
{
    of_buffer_append_byte(out, '(');
    format(node->items[0], style, out);
    of_buffer_appendf(out, " %s ", symbol);
    format(node->items[1], style, out);
    of_buffer_append_byte(out, ')');
}

static void format_wrapped(const char *before, const struct ksql_node *item, const char *after,
    const struct style *style, struct of_buffer *out)
{
    of_buffer_append_text(out, before);
    format(item, style, out);
    of_buffer_append_text(out, after);
}

static void format_sign(
    const struct ksql_node *node, const struct style *style, struct of_buffer *out)
{
    of_buffer_append_byte(out, node->op == KSQL_SUBTRACT ? '-' : '+');
    size_t start = out->length;
    format(node->items[0], style, out);
    bool doubled = node->op == KSQL_SUBTRACT && out->length > start && out->data[start] == '-';
    if (doubled && !of_buffer_append_byte(out, ' ')) { /* "--" would start a comment */
        memmove(out->data + start + 1, out->data + start, out->length - start - 1);
        out->data[start] = ' ';
    }
}

static void format_case(
    const struct ksql_node *node, const struct style *style, struct of_buffer *out)
{
    of_buffer_append_text(out, "(CASE");
    for (size_t i = 0; i + 1 < node->count; i += 2) {
        format_wrapped(" WHEN ", node->items[i], "", style, out);
        format_wrapped(" THEN ", node->items[i + 1], "", style, out);
    }
    if (node->count % 2)
        format_wrapped(" ELSE ", node->items[node->count - 1], "", style, out);
    of_buffer_append_text(out, " END)");
}

static void format_cast(
    const struct ksql_node *node, const struct style *style, struct of_buffer *out)
{
    format_wrapped("CAST(", node->items[0], " AS ", style, out);
    ksql_type_format(node->type, false, out);
    of_buffer_append_byte(out, ')');
}

static void format_call(
    const struct ksql_node *node, const struct style *style, struct of_buffer *out)
{
    /* || is a call of the function concat, whose lower-case name ksqlDB then quotes. */
    format_name(node->name, style, out);
    of_buffer_append_byte(out, '(');
    if (node->number)
        of_buffer_append_byte(out, '*');
    for (size_t i = 0; i < node->count; i++)
        format_wrapped(i ? ", " : "", node->items[i], "", style, out);
    of_buffer_append_byte(out, ')');
}

static void format_column(
    const struct ksql_node *node, const struct style *style, struct of_buffer *out)
{
    if (node->source && style->sources) {
        format_name(node->source, style, out);
        of_buffer_append_byte(out, '.');
    }
    format_name(node->name, style, out);
}

/* The items from `first` on, one behind the other. */
static void format_list(const struct ksql_node *node, size_t first, const char *open,
    const char *close, const struct style *style, struct of_buffer *out)
{
    of_buffer_append_text(out, open);
    for (size_t i = first; i < node->count; i++)
        format_wrapped(i > first ? ", " : "", node->items[i], "", style, out);
    of_buffer_append_text(out, close);
}

static void format_assignments(
    const struct ksql_node *node, const struct style *style, struct of_buffer *out)
{
    bool map = node->kind == KSQL_NODE_MAP;
    of_buffer_append_text(out, map ? "MAP(" : "STRUCT(");
    for (size_t i = 0; i < node->count; i++) {
        of_buffer_append_text(out, i ? ", " : "");
        if (map)
            format(node->items[i++], style, out);
        else
            format_name(node->names[i], style, out);
        format_wrapped(":=", node->items[i], "", style, out);
    }
    of_buffer_append_byte(out, ')');
}

static void format_like(
    const struct ksql_node *node, const struct style *style, struct of_buffer *out)
{
    format_wrapped("(", node->items[0], " LIKE ", style, out);
    format(node->items[1], style, out);
    if (node->text)
        of_buffer_appendf(out, " ESCAPE '%s'", node->text);
    of_buffer_append_byte(out, ')');
}

static void format_lambda(
    const struct ksql_node *node, const struct style *style, struct of_buffer *out)
{
    of_buffer_append_byte(out, '(');
    for (size_t i = 0; i < node->name_count; i++)
        of_buffer_appendf(out, "%s%s", i ? ", " : "", node->names[i]);
    format_wrapped(") => ", node->items[0], "", style, out);
}

static int format(const struct ksql_node *node, const struct style *style, struct of_buffer *out)
{
    switch (node->kind) {
    case KSQL_NODE_NULL:
        return of_buffer_append_text(out, "null");
    case KSQL_NODE_BOOLEAN:
        return of_buffer_append_text(out, node->number ? "true" : "false");
    case KSQL_NODE_INTEGER:
    case KSQL_NODE_BIGINT:
        return of_buffer_appendf(out, "%lld", (long long)node->number);
    case KSQL_NODE_DECIMAL:
        return of_buffer_append_text(out, node->text);
    case KSQL_NODE_DOUBLE:
        format_double(node, out);
        break;
    case KSQL_NODE_STRING:
        format_string(node, out);
        break;
    case KSQL_NODE_COLUMN:
        format_column(node, style, out);
        break;
    case KSQL_NODE_FIELD:
        format_wrapped("", node->items[0], "->", style, out);
        format_name(node->name, style, out);
        break;
    case KSQL_NODE_SIGN:
        format_sign(node, style, out);
        break;
    case KSQL_NODE_ARITHMETIC:
    case KSQL_NODE_COMPARISON:
        format_binary(node, ksql_operator_symbol(node->op), style, out);
        break;
    case KSQL_NODE_AND:
        format_binary(node, "AND", style, out);
        break;
    case KSQL_NODE_OR:
        format_binary(node, "OR", style, out);
        break;
    case KSQL_NODE_NOT:
        format_wrapped("(NOT ", node->items[0], ")", style, out);
        break;
    case KSQL_NODE_IS_NULL:
        format_wrapped("(", node->items[0], " IS NULL)", style, out);
        break;
    case KSQL_NODE_IS_NOT_NULL:
        format_wrapped("(", node->items[0], " IS NOT NULL)", style, out);
        break;
    case KSQL_NODE_CASE:
        format_case(node, style, out);
        break;
    case KSQL_NODE_CAST:
        format_cast(node, style, out);
        break;
    case KSQL_NODE_CALL:
        format_call(node, style, out);
        break;
    case KSQL_NODE_BETWEEN:
        format_wrapped("(", node->items[0], " BETWEEN ", style, out);
        format_wrapped("", node->items[1], " AND ", style, out);
        format_wrapped("", node->items[2], ")", style, out);
        break;
    case KSQL_NODE_IN:
        format_wrapped("(", node->items[0], " IN ", style, out);
        format_list(node, 1, "(", "))", style, out);
        break;
    case KSQL_NODE_LIKE:
        format_like(node, style, out);
        break;
    case KSQL_NODE_SUBSCRIPT:
        format(node->items[0], style, out);
        format_list(node, 1, "[", "]", style, out);
        break;
    case KSQL_NODE_ARRAY:
        format_list(node, 0, "ARRAY[", "]", style, out);
        break;
    case KSQL_NODE_MAP:
    case KSQL_NODE_STRUCT:
        format_assignments(node, style, out);
        break;
    case KSQL_NODE_LAMBDA:
        format_lambda(node, style, out);
        break;
    case KSQL_NODE_VARIABLE:
    case KSQL_NODE_UNIT:
        return of_buffer_append_text(out, node->name);
    }
    return 0;
}

int ksql_node_format(const struct ksql_node *node, bool sources, bool quote, struct of_buffer *out)
{
    struct style style = {sources, quote};
    format(node, &style, out);
    return out->full ? OF_INPUT : 0;
}
