/* The files that the gateway serves as they are; embed.py makes the arrays at build time. */
#ifndef GATEWAY_EMBEDDED_H
#define GATEWAY_EMBEDDED_H

#include <stddef.h>

extern const char embedded_openapi_json[], embedded_index_html[], embedded_page_css[],
    embedded_page_js[];
extern const size_t embedded_openapi_json_size, embedded_index_html_size, embedded_page_css_size,
    embedded_page_js_size;

#endif
