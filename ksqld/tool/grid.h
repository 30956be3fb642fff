/* A server's answer to a statement as a heading and a table. No width, no format of output. */
#ifndef KSQLD_TOOL_GRID_H
#define KSQLD_TOOL_GRID_H

#include "base/buffer.h"

#include <jansson.h>

#define KSQL_GRID_CAPTION_MAX (1024u * 1024)
#define KSQL_GRID_TYPE_DEPTH_MAX 64 /* deeper types are cut with "..." */

struct ksql_grid {
    struct of_buffer caption; /* lines before the table, each with its line feed; may be empty */
    json_t *names;            /* headings */
    json_t *rows;             /* arrays of as many cells */
    bool message;             /* one cell that is a sentence: needs no borders */
};

/* One entity of an answer of /ksql ({"@type": ...}); members that are missing are NULL cells, an
 * unknown type becomes a table of its members. */
void ksql_grid_init(struct ksql_grid *grid, const json_t *entity);
void ksql_grid_release(struct ksql_grid *grid); /* also for OF_CLEANUP */

/* Appends a schema as ksqlDB's answers have it ({"type":"ARRAY","memberSchema":...}) in SQL. */
void ksql_grid_type(const json_t *schema, struct of_buffer *out);

#endif
