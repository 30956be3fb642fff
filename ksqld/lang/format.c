/* CREATE statements back to text. */
#include "ksqld/lang/format.h"

#include "base/memory.h"
#include "ksqld/lang/keywords.h"
#include "ksqld/lang/node.h"

#include <stdlib.h>

static void format_head(const struct ksql_parsed *parsed, struct of_buffer *out)
{
    of_buffer_appendf(out, "CREATE %s%s%s %s", parsed->or_replace ? "OR REPLACE " : "",
        parsed->source ? "SOURCE " : "", parsed->table ? "TABLE" : "STREAM",
        parsed->if_not_exists ? "IF NOT EXISTS " : "");
    ksql_name_append(out, parsed->name, false);
}

static void format_header(const char *key, struct of_buffer *out)
{
    of_buffer_append_text(out, " HEADER('");
    for (; *key; key++) {
        if (*key == '\'')
            of_buffer_append_byte(out, '\'');
        of_buffer_append_byte(out, (uint8_t)*key);
    }
    of_buffer_append_text(out, "')");
}

static void format_elements(const struct ksql_parsed *parsed, struct of_buffer *out)
{
    for (size_t i = 0; i < parsed->element_count; i++) {
        const struct ksql_element *element = &parsed->elements[i];
        of_buffer_append_text(out, i ? ", " : " (");
        ksql_name_append(out, element->name, false);
        of_buffer_append_byte(out, ' ');
        ksql_type_format(element->type, false, out);
        if (element->constraint == KSQL_COLUMN_KEY)
            of_buffer_append_text(out, " KEY");
        else if (element->constraint == KSQL_COLUMN_PRIMARY_KEY)
            of_buffer_append_text(out, " PRIMARY KEY");
        else if (element->constraint == KSQL_COLUMN_HEADERS && !element->header_key)
            of_buffer_append_text(out, " HEADERS");
        else if (element->constraint == KSQL_COLUMN_HEADERS)
            format_header(element->header_key, out);
    }
    if (parsed->element_count)
        of_buffer_append_byte(out, ')');
}

static int compare_names(const void *a, const void *b)
{
    const struct ksql_with_item *const *left = a, *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

static void format_with(const struct ksql_with *with, struct of_buffer *out)
{
    const struct ksql_with_item **sorted OF_FREE =
        of_realloc_array(NULL, with->count + 1, sizeof(*sorted));
    for (size_t i = 0; i < with->count; i++)
        sorted[i] = &with->items[i];
    qsort(sorted, with->count, sizeof(*sorted), compare_names);
    for (size_t i = 0; i < with->count; i++) {
        of_buffer_append_text(out, i ? ", " : " WITH (");
        of_buffer_appendf(out, "%s=", sorted[i]->name);
        ksql_node_format(sorted[i]->value, true, true, out);
    }
    if (with->count)
        of_buffer_append_byte(out, ')');
}

int ksql_format_create(const struct ksql_parsed *parsed, struct of_buffer *out)
{
    format_head(parsed, out);
    format_elements(parsed, out);
    format_with(&parsed->with, out);
    return of_buffer_append_byte(out, ';');
}

static void format_item(const struct ksql_select_item *item, struct of_buffer *out)
{
    if (item->star) {
        if (item->source) {
            ksql_name_append(out, item->source, false);
            of_buffer_append_byte(out, '.');
        }
        of_buffer_append_byte(out, '*');
        return;
    }
    ksql_node_format(item->node, true, true, out);
    if (item->fields)
        of_buffer_append_text(out, "->*");
    if (item->alias) {
        of_buffer_append_byte(out, ' ');
        ksql_name_append(out, item->alias, false);
    }
}

static void format_joins(const struct ksql_select *select, struct of_buffer *out)
{
    static const char *const kinds[] = {[KSQL_JOIN_INNER] = "INNER",
        [KSQL_JOIN_LEFT] = "LEFT OUTER",
        [KSQL_JOIN_RIGHT] = "RIGHT OUTER",
        [KSQL_JOIN_FULL] = "FULL OUTER"};
    for (size_t i = 0; i < select->join_count; i++) {
        const struct ksql_join *join = &select->joins[i];
        of_buffer_appendf(out, "%s JOIN ", kinds[join->kind]);
        ksql_name_append(out, join->source, false);
        of_buffer_append_byte(out, ' ');
        ksql_name_append(out, join->alias, false);
        of_buffer_append_text(out, " ON (");
        ksql_node_format(join->on, true, true, out);
        of_buffer_append_text(out, ")\n");
    }
}

static void format_by(
    const char *clause, struct ksql_node *const *items, size_t count, struct of_buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        of_buffer_append_text(out, i ? ", " : clause);
        ksql_node_format(items[i], true, true, out);
    }
    if (count)
        of_buffer_append_byte(out, '\n');
}

static void format_select(const struct ksql_select *select, struct of_buffer *out)
{
    of_buffer_append_text(out, "SELECT");
    for (size_t i = 0; i < select->count; i++) {
        of_buffer_append_text(out, i ? "," : "");
        of_buffer_append_text(out, select->count > 1 ? "\n  " : " ");
        format_item(&select->items[i], out);
    }
    of_buffer_append_text(out, "\nFROM ");
    ksql_name_append(out, select->from, false);
    of_buffer_append_byte(out, ' ');
    ksql_name_append(out, select->alias, false);
    of_buffer_append_byte(out, '\n');
    format_joins(select, out);
    if (select->window)
        of_buffer_appendf(out, "WINDOW%s\n", select->window->text);
    if (select->where) {
        of_buffer_append_text(out, "WHERE ");
        ksql_node_format(select->where, true, true, out);
        of_buffer_append_byte(out, '\n');
    }
    format_by("GROUP BY ", select->group_by, select->group_count, out);
    format_by("PARTITION BY ", select->partition_by, select->partition_count, out);
    if (select->having) {
        of_buffer_append_text(out, "HAVING ");
        ksql_node_format(select->having, true, true, out);
        of_buffer_append_byte(out, '\n');
    }
}

int ksql_format_create_as(const struct ksql_parsed *parsed, struct of_buffer *out)
{
    format_head(parsed, out);
    format_with(&parsed->with, out);
    of_buffer_append_text(out, " AS ");
    format_select(parsed->select, out);
    return of_buffer_append_text(out, parsed->select->final ? "EMIT FINAL;" : "EMIT CHANGES;");
}
