/* The codec's peer: avro-c's generic values, used as its manual shows, one value reused for all
 * orders. Fields are looked up by name (what its examples do) or, faster, by index. */
#ifndef BENCH_AVRO_PEER_H
#define BENCH_AVRO_PEER_H

#include "schemas/order.h"

struct avro_peer;

/* NULL when avro-c refuses the schema. */
struct avro_peer *avro_peer_new(bool by_name);
void avro_peer_free(struct avro_peer *peer);

/* Reads every field into `order`, whose texts then borrow from the peer until its next call.
 * 0, or -1 and avro_strerror() tells why. */
int avro_peer_decode(
    struct avro_peer *peer, const uint8_t *bytes, size_t size, struct of_order *order);

/* Sets every field and writes the value into `out`. */
int avro_peer_encode(
    struct avro_peer *peer, const struct of_order *order, uint8_t *out, size_t room, size_t *size);

#endif
