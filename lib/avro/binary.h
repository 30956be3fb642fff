/* Avro binary encoding, primitives (Avro 1.11 specification, "Binary encoding").
 *
 * The reader is a cursor that remembers its first error: after a failed read every further read
 * yields 0 and changes nothing, so a run of reads is checked once. `failure` is a literal. Strings
 * and bytes are views into the input. No read goes past `end`, whatever the input says. */
#ifndef OF_AVRO_BINARY_H
#define OF_AVRO_BINARY_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

/* (pointer, length) view, not NUL-terminated, borrowed from wherever its maker says. */
struct of_text {
    const char *data;
    size_t length;
};
#define OF_TEXT(literal) ((struct of_text){(literal), sizeof(literal) - 1})

struct of_avro_reader {
    const uint8_t *start, *next, *end;
    const char *failure; /* NULL: none so far; else what was wrong */
    const char *field;   /* where: set by generated code, a literal path such as "item_info.sku" */
};

#endif
