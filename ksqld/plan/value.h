/* One SQL value. Its type is known from elsewhere; what it points to belongs to an arena or to the
 * record that it was read from. */
#ifndef KSQLD_PLAN_VALUE_H
#define KSQLD_PLAN_VALUE_H

#include "avro/binary.h"

struct ksql_value;

struct ksql_list {
    const struct ksql_value *items;
    size_t count;
};

struct ksql_value {
    union {
        int64_t number;      /* INTEGER, BIGINT, BOOLEAN; TIMESTAMP and TIME in ms, DATE in days */
        double real;         /* DOUBLE */
        __int128 decimal;    /* DECIMAL in units of its scale */
        struct of_text text; /* STRING (UTF-8), BYTES */
        struct ksql_list list;           /* ARRAY: items; MAP: key and value by turns */
        const struct ksql_value *fields; /* STRUCT: one a field of the type */
    };
    bool null;
};

#define KSQL_VALUE_NULL ((struct ksql_value){.null = true})

#endif
