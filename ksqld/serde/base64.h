/* Base64 of RFC 4648, as JSON carries bytes. */
#ifndef KSQLD_SERDE_BASE64_H
#define KSQLD_SERDE_BASE64_H

#include "avro/binary.h"
#include "ksqld/lang/arena.h"

struct of_text ksql_base64_encode(struct ksql_arena *arena, struct of_text bytes);
/* False: a character or a length that base64 doesn't have. */
bool ksql_base64_decode(struct ksql_arena *arena, struct of_text text, struct of_text *bytes);

#endif
