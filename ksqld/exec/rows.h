/* Values as the bytes that a state keeps: only this runner reads them. The same values of the same
 * types always give the same bytes, so that they can be keys. */
#ifndef KSQLD_EXEC_ROWS_H
#define KSQLD_EXEC_ROWS_H

#include "base/buffer.h"
#include "ksqld/exec/compare.h"
#include "ksqld/lang/arena.h"
#include "ksqld/plan/type.h"
#include "ksqld/plan/value.h"

#define KSQL_ROW_BYTES_MAX (64u * 1024 * 1024)

void ksql_value_write(
    const struct ksql_type *type, const struct ksql_value *value, struct of_buffer *out);
/* From the front of *bytes, which is moved behind it. Texts borrow the bytes, lists and structs are
 * in the arena. INPUT: no such bytes were ever written. */
int ksql_value_read(const struct ksql_type *type, struct of_text *bytes, struct ksql_arena *arena,
    struct ksql_value *value) OF_NODISCARD;

/* A copy of which nothing is elsewhere than in the arena. */
struct ksql_value ksql_value_copy(
    const struct ksql_type *type, const struct ksql_value *value, struct ksql_arena *arena);

#endif
