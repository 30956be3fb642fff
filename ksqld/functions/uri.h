/* URIs as java.net.URI reads them (RFC 2396 with Java's own deviations). */
#ifndef KSQLD_FUNCTIONS_URI_H
#define KSQLD_FUNCTIONS_URI_H

#include "avro/binary.h"

/* Parts as they are written; data NULL: the URI doesn't have it. */
struct ksql_uri {
    struct of_text scheme, host, path, query, fragment;
    int port;    /* -1: none */
    bool scoped; /* the host is an IPv6 address with a scope, which is not read here */
};

/* False: it is no URI, or `scoped`. */
bool ksql_uri_parse(struct of_text text, struct ksql_uri *uri);

#endif
