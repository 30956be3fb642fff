/* Text as Java has it: indexes count UTF-16 units, of which a four-byte character has two. */
#ifndef KSQLD_FUNCTIONS_TEXT_H
#define KSQLD_FUNCTIONS_TEXT_H

#include "avro/binary.h"
#include "ksqld/lang/arena.h"

#define KSQL_UTF8_MAX 4

/* One character of valid UTF-8; yields its bytes. */
size_t ksql_utf8_read(const char *text, uint32_t *code);
size_t ksql_utf8_write(uint32_t code, char *out);

#define KSQL_REPLACEMENT 0xfffdu
/* Bytes as text: what is no UTF-8 becomes replacement characters, as in Java. */
struct of_text ksql_utf8_repair(struct ksql_arena *arena, struct of_text bytes);

size_t ksql_text_units(struct of_text text);
/* Units from `start` up to `end`, both within the text. Half of a character becomes "?", as Java
 * writes it. */
struct of_text ksql_text_slice(
    struct ksql_arena *arena, struct of_text text, size_t start, size_t end);
/* Where the byte at this offset stands, in units. */
size_t ksql_text_units_before(struct of_text text, size_t offset);

/* The offset of the first `part` from `start` on; SIZE_MAX: none. */
size_t ksql_text_find(struct of_text text, struct of_text part, size_t start);

struct of_text ksql_text_copy(struct ksql_arena *arena, struct of_text text);

enum ksql_letter {
    KSQL_LETTER_OTHER,
    KSQL_LETTER_UPPER,
    KSQL_LETTER_LOWER,
    KSQL_LETTER_DIGIT,
};
enum ksql_letter ksql_letter_kind(uint32_t code);
uint32_t ksql_letter_upper(uint32_t code);
uint32_t ksql_letter_lower(uint32_t code);

struct of_text ksql_text_upper(struct ksql_arena *arena, struct of_text text);
struct of_text ksql_text_lower(struct ksql_arena *arena, struct of_text text);

#endif
