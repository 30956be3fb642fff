/* The tables of functions as one page: all that it says stands in their rows. */
#include "ksqld/tool/reference.h"

#include "ksqld/functions/aggregate.h"

#include <string.h>

static const char head[] =
    "# Functions of orderflow-ksqld\n"
    "\n"
    "Made by `orderflow-ksql functions` from the tables in `ksqld/functions`: do not edit. What "
    "these functions\nrefuse is in [ksqld.md](ksqld.md#functions).\n";

/* A bar would end its cell. */
static void append_escaped(const char *text, struct of_buffer *out)
{
    for (; *text; text++) {
        if (*text == '|')
            of_buffer_append_byte(out, '\\');
        of_buffer_append_byte(out, (uint8_t)*text);
    }
}

static void append_signature(const char *signature, bool first, struct of_buffer *out)
{
    of_buffer_append_text(out, first ? "| `" : "<br>`");
    append_escaped(signature, out);
    of_buffer_append_byte(out, '`');
}

static void append_help(const char *help, struct of_buffer *out)
{
    of_buffer_append_text(out, " | ");
    append_escaped(help, out);
    of_buffer_append_text(out, " |\n");
}

static void append_heading(const char *title, struct of_buffer *out)
{
    of_buffer_appendf(out, "\n## %s\n\n| function | what it yields |\n| --- | --- |\n", title);
}

static bool is_overload(const struct ksql_function *row, const struct ksql_function *before)
{
    char name[KSQL_FUNCTION_NAME_MAX], other[KSQL_FUNCTION_NAME_MAX];
    return strcmp(ksql_function_name(row, name, sizeof(name)),
               ksql_function_name(before, other, sizeof(other))) == 0 &&
           strcmp(row->help, before->help) == 0;
}

static void append_section(const struct ksql_function_section *section, struct of_buffer *out)
{
    append_heading(section->title, out);
    for (size_t i = 0; i < section->count; i++) {
        const struct ksql_function *row = &section->rows[i];
        append_signature(row->signature, i == 0 || !is_overload(row, row - 1), out);
        if (i + 1 == section->count || !is_overload(row + 1, row))
            append_help(row->help, out);
    }
}

void ksql_reference_append(struct of_buffer *out)
{
    of_buffer_append_text(out, head);
    for (size_t i = 0; i < ksql_function_section_count(); i++)
        append_section(ksql_function_section_at(i), out);
    append_heading("Aggregates", out);
    for (size_t i = 0; i < ksql_aggregate_count(); i++) {
        const struct ksql_aggregate *aggregate = ksql_aggregate_at(i);
        for (size_t j = 0; j < KSQL_AGGREGATE_SIGNATURES_MAX && aggregate->signatures[j]; j++)
            append_signature(aggregate->signatures[j], j == 0, out);
        append_help(aggregate->help, out);
    }
}
