/* Making, comparing and printing expression nodes. */
#ifndef KSQLD_LANG_NODE_H
#define KSQLD_LANG_NODE_H

#include "ksqld/lang/ast.h"

struct ksql_node *ksql_node_new(
    struct ksql_arena *arena, enum ksql_node_kind kind, const struct ksql_place *place);
void ksql_node_add(struct ksql_arena *arena, struct ksql_node *node, struct ksql_node *item);

/* The same expression, wherever it stands. */
bool ksql_node_equal(const struct ksql_node *a, const struct ksql_node *b);

const char *ksql_operator_symbol(enum ksql_operator op);

/* As ksqlDB prints it: ((CAST(ID AS STRING) + '-') + X->`y`). `sources` false leaves the source
 * before a column out; names are quoted where the language needs it, or never. */
int ksql_node_format(const struct ksql_node *node, bool sources, bool quote, struct of_buffer *out);

#endif
