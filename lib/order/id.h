/* Order ids as text: keys of records, parts of a URL. */
#ifndef ORDER_ID_H
#define ORDER_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A positive decimal number without sign or leading zeros, so that each id has one form. `*id` is
 * set if it is one. `text` may be NULL: no id. */
bool of_order_id_parse(const void *text, size_t size, int64_t *id);

#endif
