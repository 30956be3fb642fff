/* A request of several statements, tried out before the first of them changes anything: ksqlDB
 * refuses the whole request when one of its statements is bad, and so do we.
 *
 * The trial works on a copy of the metastore. Topics and schemas that earlier statements of the
 * request would make or delete are there or gone for the later ones. What only the world can
 * refuse (a schema that is not compatible, a broker that is away) shows when it is carried out. */
#ifndef KSQLD_SERVER_REHEARSAL_H
#define KSQLD_SERVER_REHEARSAL_H

#include "ksqld/server/request.h"

/* `sequence`: of the newest command, -1: none. 0; or the class and the failure of the first bad
 * statement. `engine` is only read, and needs no lock against its other readers. */
int ksql_rehearse(const struct ksql_engine *engine, const struct ksql_callbacks *world,
    int64_t sequence, const struct ksql_request *request, const struct ksql_pieces *pieces,
    struct ksql_failure *failure) OF_NODISCARD;

#endif
