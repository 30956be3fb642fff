/* The reference page of functions. */
#ifndef KSQLD_TOOL_REFERENCE_H
#define KSQLD_TOOL_REFERENCE_H

#include "base/buffer.h"

#define KSQL_REFERENCE_MAX (1024u * 1024)

/* Appends it as Markdown. */
void ksql_reference_append(struct of_buffer *out);

#endif
