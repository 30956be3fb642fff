/* Confluent wire format: byte 0, schema id (4 bytes, big-endian), Avro binary; and the reading of
 * it whatever version of the schema the writer used.
 *
 * A reader belongs to one reader schema and one thread. For each schema id it keeps a plan that
 * was compiled once (avro/resolve.h); when writer and reader schema are the same, the body is
 * handed out in place. */
#ifndef OF_REGISTRY_WIRE_H
#define OF_REGISTRY_WIRE_H

#include "base/buffer.h"
#include "registry/registry.h"

#define OF_WIRE_HEADER_SIZE 5

/* Splits the framing. INPUT: empty, too short, magic byte not 0 (a magic byte of 1 or a
 * __value_schema_id header is the GUID framing, which the message says). */
int of_wire_split(const void *value, size_t size, int32_t *id, const uint8_t **body,
    size_t *body_size, struct of_error *error) OF_NODISCARD;
int of_wire_begin(struct of_buffer *out, int32_t id); /* appends the 5 bytes; OF_INPUT: full */

struct of_wire_reader;
/* The registry is borrowed until free; the schema text is copied. Instances of at most
 * `resolved_max` bytes (0: 1 MiB) come out of resolution. */
int of_wire_reader_new(struct of_registry *registry, const char *reader_schema, size_t size,
    size_t resolved_max, struct of_wire_reader **reader, struct of_error *error) OF_NODISCARD;
void of_wire_reader_free(struct of_wire_reader *reader);
OF_DEFINE_CLEANUP(of_cleanup_wire_reader, struct of_wire_reader *, of_wire_reader_free)

/* Body in the reader's schema (an INPUT error's kind is "framing", "schema" or "decode"): borrows
 * `value`, or memory of the reader that is valid until its next call. INPUT: bad framing, unknown
 * id, unresolvable schema (names the field), bad bytes; RETRY: registry out of reach. */
int of_wire_reader_body(struct of_wire_reader *reader, const void *value, size_t size,
    const uint8_t **body, size_t *body_size, struct of_error *error) OF_NODISCARD;

#endif
