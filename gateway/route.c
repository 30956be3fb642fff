/* The table of paths. What a handler does stands in the file of its subject. */
#include "gateway/route.h"

#include "gateway/handlers.h"
#include "order/id.h"

#include <string.h>

const struct route routes[] = {
    {"GET", "/", handle_page, ROUTE_OPEN, NULL},
    {"GET", "/page.css", handle_style, ROUTE_OPEN, NULL},
    {"GET", "/page.js", handle_script, ROUTE_OPEN, NULL},
    {"GET", "/openapi.json", handle_document, ROUTE_OPEN, NULL},
    {"GET", "/healthz", handle_health, ROUTE_OPEN | ROUTE_UNLIMITED, NULL},
    {"GET", "/readyz", handle_readiness, ROUTE_OPEN | ROUTE_UNLIMITED, NULL},
    {"GET", "/metrics", handle_metrics, ROUTE_UNLIMITED, NULL},
    {"GET", "/metrics/summary", handle_summary, 0, ""},
    {"GET", "/orders", handle_list, 0, "status customer since until limit cursor"},
    {"POST", "/orders", handle_place, ROUTE_TAKES_JSON, ""},
    {"GET", "/orders/{id}", handle_get, 0, "wait timeout"},
    {"GET", "/orders/{id}/events", handle_events, 0, ""},
    {"POST", "/orders/{id}/cancel", handle_cancel, 0, ""},
    {"GET", "/order_info/{id}", handle_order_info, 0, ""},
    {"GET", "/generator", handle_generator, 0, ""},
    {"POST", "/generator/start", handle_start, 0, "rate"},
    {"POST", "/generator/stop", handle_stop, 0, ""},
    {"GET", "/flow", handle_flow, 0, ""},
    {"POST", "/truncate", handle_truncate, ROUTE_TAKES_JSON, ""},
};
const size_t route_count = OF_COUNT(routes);

/* 1: fits; 0: another path; -1: it would, were the number one. */
static int fits(const char *pattern, const char *path, int64_t *id)
{
    const char *hole = strstr(pattern, "{id}");
    if (!hole)
        return strcmp(pattern, path) == 0;
    size_t before = (size_t)(hole - pattern);
    const char *behind = hole + strlen("{id}");
    if (strncmp(pattern, path, before) != 0)
        return 0;
    const char *end = strchr(path + before, '/');
    size_t length = end ? (size_t)(end - path) - before : strlen(path + before);
    if (strcmp(path + before + length, behind) != 0)
        return 0;
    return of_order_id_parse(path + before, length, id) ? 1 : -1;
}

enum route_result route_find(const char *method, const char *path, const struct route **route,
    int64_t *id, const char **allow)
{
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
    bool get = false, post = false, bad_id = false;
    for (size_t i = 0; i < route_count; i++) {
        int answer = fits(routes[i].path, path, id);
        if (answer == 0)
            continue;
        bad_id |= answer < 0;
        if (strcmp(routes[i].method, wanted) == 0) {
            *route = &routes[i];
            return bad_id ? ROUTE_BAD_ID : ROUTE_FOUND;
        }
        get |= strcmp(routes[i].method, "GET") == 0;
        post |= strcmp(routes[i].method, "POST") == 0;
    }
    if (!get && !post)
        return ROUTE_NO_PATH;
    *allow = get && post ? "GET, HEAD, POST" : get ? "GET, HEAD" : "POST";
    return ROUTE_NO_METHOD;
}

bool route_takes(const struct route *route, const char *parameter)
{
    size_t length = strlen(parameter);
    if (!route->parameters)
        return true;
    for (const char *at = route->parameters; *at;) {
        size_t word = strcspn(at, " ");
        if (word == length && memcmp(at, parameter, length) == 0)
            return true;
        at += word + strspn(at + word, " ");
    }
    return false;
}
