/* The answer of POST /query-stream as it comes: lines of JSON, first what the columns are, then a
 * row a line. No HTTP here. */
#ifndef KSQLD_TOOL_STREAM_H
#define KSQLD_TOOL_STREAM_H

#include "ksqld/tool/show.h"

#define KSQL_STREAM_LINE_MAX (64u * 1024 * 1024) /* bytes of one row */

struct ksql_stream {
    struct ksql_show *show;
    struct of_buffer line; /* the one that has begun */
    bool text;             /* lines are text to print, as PRINT answers */
    char *refusal;         /* the server's message, or NULL */
    char *note;            /* its last words ("Limit Reached"), or NULL */
    size_t rows;
    int result; /* what was found wrong with the answer, with `error` */
    struct of_error error;
};

void ksql_stream_init(struct ksql_stream *stream, struct ksql_show *show, bool text);
void ksql_stream_release(struct ksql_stream *stream); /* also for OF_CLEANUP */

/* The next bytes of the answer. False: it is nothing that could be read on, see `result`. */
bool ksql_stream_take(struct ksql_stream *stream, long status, const void *bytes, size_t size);

/* At the answer's end: shows the last row and what closes a table. `broken`: there is no more to
 * come, although the answer has not ended. */
int ksql_stream_end(
    struct ksql_stream *stream, long status, bool broken, struct of_error *error) OF_NODISCARD;

#endif
