/* The list's side of a push query. */
#ifndef KSQLD_SERVER_PUSHES_H
#define KSQLD_SERVER_PUSHES_H

#include "ksqld/server/query.h"

#include <stdatomic.h>

struct ksql_push {
    const char *id;
    atomic_bool stop; /* asked to end */
};

/* False: there are KSQL_PUSH_QUERIES_MAX. The push is borrowed until it is removed. */
bool ksql_pushes_add(struct ksql_pushes *pushes, struct ksql_push *push);
void ksql_pushes_remove(struct ksql_pushes *pushes, struct ksql_push *push);

#endif
