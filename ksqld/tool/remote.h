/* A ksqlDB server over HTTP, as the configuration's ksql.* properties name it. */
#ifndef KSQLD_TOOL_REMOTE_H
#define KSQLD_TOOL_REMOTE_H

#include "base/config.h"
#include "ksqld/tool/answer.h"
#include "ksqld/tool/session.h"
#include "ksqld/tool/stream.h"
#include "net/http.h"

struct ksql_remote;
/* Waits for the server up to startup.timeout.ms; RETRY after that. */
int ksql_remote_new(const struct of_config *config, struct ksql_remote **remote,
    struct of_error *error) OF_NODISCARD;
void ksql_remote_free(struct ksql_remote *remote);
OF_DEFINE_CLEANUP(of_cleanup_ksql_remote, struct ksql_remote *, ksql_remote_free)

/* Posts one statement with the session's properties and variables, and waits until the server has
 * carried it out, up to KSQL_REMOTE_WAIT_MS. A refusal is no error: see the answer. Never sent
 * twice: RETRY means that nobody knows whether it arrived. */
#define KSQL_REMOTE_WAIT_MS 120000
int ksql_remote_post(struct ksql_remote *remote, const struct ksql_session *session,
    const char *text, size_t length, struct ksql_answer *answer,
    struct of_error *error) OF_NODISCARD;

/* Posts a query (SELECT to /query-stream, or PRINT where the stream takes text to /query) and hands
 * its rows on until the server or `ending` ends it. A refusal is no error: see the stream. */
int ksql_remote_stream(struct ksql_remote *remote, const struct ksql_session *session,
    const char *text, size_t length, struct ksql_stream *stream, of_http_ending *ending,
    void *context, struct of_error *error) OF_NODISCARD;

/* The text of a running query, to be freed; NULL: there is none with this id. */
int ksql_remote_query(
    struct ksql_remote *remote, const char *id, char **text, struct of_error *error) OF_NODISCARD;

#endif
