/* The fraud list: IP addresses whose orders are rejected, out of a file in CSV (order/csv.h) with a
 * column ip_address, IPv4 or IPv6. Once loaded it does not change, so that threads may share it. */
#ifndef OF_ORDER_FRAUDS_H
#define OF_ORDER_FRAUDS_H

#include "avro/binary.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct of_frauds;
/* INPUT with FILE:LINE: a file that is missing or bad, or something that is no address. At most
 * OF_CSV_LINES_MAX lines. */
int of_frauds_load(
    const char *file, struct of_frauds **frauds, struct of_error *error) OF_NODISCARD;
void of_frauds_free(struct of_frauds *frauds);
OF_DEFINE_CLEANUP(of_cleanup_frauds, struct of_frauds *, of_frauds_free)

size_t of_frauds_count(const struct of_frauds *frauds);

/* By value, however the address is written. What is no IP address is on no list. */
bool of_frauds_has(const struct of_frauds *frauds, struct of_text address);

#endif
