/* One request and its answer, on their way through the gateway's threads.
 *
 * A handler runs on a thread of libmicrohttpd and must not block: it either fills the answer, or
 * holds the exchange and hands it to another thread, which fills the answer and lets it go. From
 * exchange_hold to exchange_release the exchange belongs to whom it was handed to. */
#ifndef GATEWAY_EXCHANGE_H
#define GATEWAY_EXCHANGE_H

#include "gateway/answer.h"
#include "gateway/view.h"

#include <microhttpd.h>

struct gateway;
struct http;
struct exchange;

/* True: answered. False: it is held, and another thread may have it by now. */
typedef bool exchange_handler(struct exchange *exchange);

enum route_flags {
    ROUTE_OPEN = 1,       /* wants no token */
    ROUTE_TAKES_JSON = 2, /* has a body */
    ROUTE_UNLIMITED = 4,  /* does not count for the rate: what watches the gateway */
};
struct route {
    const char *method, *path; /* "/orders/{id}" */
    exchange_handler *handle;
    unsigned flags;
    const char *parameters; /* of its query: "wait timeout"; NULL: whatever there is, unread */
};

struct exchange {
    struct http *http;
    struct gateway *gateway;
    struct MHD_Connection *connection;
    const struct route *route;
    int64_t id; /* the {id} of the path */
    char address[16];
    uint32_t client;
    struct of_buffer body;
    struct answer answer;
    bool held;
    size_t discarded; /* bytes of a body that is refused */
    /* Of reads and waits. */
    struct order_view order;
    char wait[VIEW_WORD_SIZE];
    int64_t deadline; /* monotonic */
    struct exchange *next, *previous;
};

/* A parameter of the query, one of the route's, or a header; NULL: not given. */
const char *exchange_query(const struct exchange *exchange, const char *name);
const char *exchange_header(const struct exchange *exchange, const char *name);

/* A query parameter as a whole number within bounds. False: answered with 400. */
bool exchange_number(struct exchange *exchange, const char *name, int64_t least, int64_t most,
    int64_t otherwise, int64_t *value);

/* Refuses what is wrong with a parameter: 400. */
void exchange_refuse(struct exchange *exchange, const char *name, const char *text);

/* The body as JSON, a new reference; NULL: answered with 400. */
json_t *exchange_json(struct exchange *exchange);

/* On a thread of libmicrohttpd only. */
void exchange_hold(struct exchange *exchange);
/* On any thread, after which the exchange is not to be touched. */
void exchange_let_go(struct exchange *exchange);

#endif
