/* How many requests a client may make: a token bucket an address. Thread-safe. */
#ifndef GATEWAY_BUCKET_H
#define GATEWAY_BUCKET_H

#include <stdint.h>

#define BUCKET_CLIENTS_MAX 1024 /* addresses that are told apart; the longest silent one goes */

struct buckets;
/* `rate` requests a second, twice that at once; 0: no limit. */
struct buckets *buckets_new(double rate);
void buckets_free(struct buckets *buckets);

/* Takes one token of `client` (an IPv4 address) at a time (ns, monotonic). 0, or after how many
 * seconds, at least 1, there will be one again. */
int buckets_take(struct buckets *buckets, uint32_t client, int64_t now_ns);

#endif
