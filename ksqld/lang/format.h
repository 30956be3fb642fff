/* Statements as ksqlDB writes them back: the text that is answered, logged and replayed. */
#ifndef KSQLD_LANG_FORMAT_H
#define KSQLD_LANG_FORMAT_H

#include "ksqld/lang/ast.h"

/* CREATE STREAM NAME (COLUMN TYPE, ...) WITH (NAME=value, ...); */
int ksql_format_create(const struct ksql_parsed *parsed, struct of_buffer *out);
/* CREATE STREAM NAME WITH (...) AS SELECT ... EMIT CHANGES; every item has its alias by now. */
int ksql_format_create_as(const struct ksql_parsed *parsed, struct of_buffer *out);

#endif
