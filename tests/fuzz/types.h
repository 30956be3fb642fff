/* Types that the targets of record formats share. */
#ifndef TESTS_FUZZ_TYPES_H
#define TESTS_FUZZ_TYPES_H

#include "ksqld/plan/type.h"

#define OUT_MAX (16u * 1024 * 1024)
#define MEMORY_MAX (64u * 1024 * 1024) /* of one record's values */

static const struct ksql_type boolean = {.kind = KSQL_BOOLEAN}, integer = {.kind = KSQL_INTEGER},
                              bigint = {.kind = KSQL_BIGINT}, real = {.kind = KSQL_DOUBLE},
                              string = {.kind = KSQL_STRING}, bytes = {.kind = KSQL_BYTES},
                              timestamp = {.kind = KSQL_TIMESTAMP}, date = {.kind = KSQL_DATE},
                              time_of_day = {.kind = KSQL_TIME},
                              decimal = {.kind = KSQL_DECIMAL, .precision = 20, .scale = 9};

#endif
