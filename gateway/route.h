/* Which path and method mean what. */
#ifndef GATEWAY_ROUTE_H
#define GATEWAY_ROUTE_H

#include "gateway/exchange.h"

extern const struct route routes[];
extern const size_t route_count;

enum route_result { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD, ROUTE_BAD_ID };

/* HEAD is taken as GET. `allow` of ROUTE_NO_METHOD is static memory: "GET, HEAD, POST". */
enum route_result route_find(const char *method, const char *path, const struct route **route,
    int64_t *id, const char **allow);

/* Whether its query may have this parameter. */
bool route_takes(const struct route *route, const char *parameter);

#endif
