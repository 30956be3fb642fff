/* Queries over HTTP: SELECT (push and pull) and PRINT, from the request to the bytes of the answer.
 * Each is driven by the thread of its connection. */
#ifndef KSQLD_SERVER_QUERY_H
#define KSQLD_SERVER_QUERY_H

#include "ksqld/server/request.h"
#include "ksqld/server/telling.h"

#define KSQL_PUSH_QUERIES_MAX 100        /* at work at once; PRINT counts too */
#define KSQL_PUSH_BYTES_MAX (64u << 20)  /* of what one record makes of an answer */
#define KSQL_PULL_BYTES_MAX (256u << 20) /* of the answer to a pull query */
#define KSQL_PULL_MS 30000               /* that a pull query may take */

struct ksql_server;

/* The push queries of a server, for those who end them. Thread-safe. */
struct ksql_pushes;
struct ksql_pushes *ksql_pushes_new(void);
void ksql_pushes_free(struct ksql_pushes *pushes); /* none is left */
size_t ksql_pushes_count(struct ksql_pushes *pushes);
/* Asks one to end; false: there is none of that id. */
bool ksql_pushes_close(struct ksql_pushes *pushes, const char *id);
/* Asks all to end; new ones end at once. */
void ksql_pushes_stop(struct ksql_pushes *pushes);

struct ksql_querying;
/* The request's one statement, started; a pull query is read already. INPUT, RETRY: *failure. The
 * server is borrowed until free, the request for the call. PRINT has a form of its own. */
int ksql_querying_new(struct ksql_server *server, const struct ksql_request *request,
    enum ksql_telling_form form, struct ksql_querying **querying,
    struct ksql_failure *failure) OF_NODISCARD;
void ksql_querying_free(struct ksql_querying *querying);
OF_DEFINE_CLEANUP(of_cleanup_ksql_querying, struct ksql_querying *, ksql_querying_free)

const char *ksql_querying_id(const struct ksql_querying *querying);
/* Appends what there is of the answer, waiting up to `wait_ms` for some. False: that was the end.
 */
bool ksql_querying_read(struct ksql_querying *querying, int wait_ms, struct of_buffer *out);

#endif
