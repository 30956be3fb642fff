/* Whether a value that came out is the one that a case expects, as ksqlDB's own tests see it. */
#ifndef KSQLD_CASES_COMPARE_H
#define KSQLD_CASES_COMPARE_H

#include "ksqld/serde/json.h"

/* Numbers of JSON (`exact`) agree when they print alike in Java: 1.0 is not 1; but a whole number
 * is also a decimal with nothing behind its point, 1E+3, and 10077696.0 is 1.0077696E7. Others
 * agree by value: exactly, or as the same double where the actual one has no more digits than a
 * double has. A decimal of Avro (`truth` is set) may be expected as a string, then digit by digit.
 * Names are looked up as they are, then in upper case; what an object lacks is null in it. */
enum ksql_exactness {
    KSQL_BY_VALUE,
    KSQL_EXACT,
    KSQL_NEAR, /* as JSON of a case with use.exact.numeric.comparison=false: doubles by and large */
};
bool ksql_case_same(
    const struct ksql_json *expected, const struct ksql_json *actual, enum ksql_exactness exact);

#endif
