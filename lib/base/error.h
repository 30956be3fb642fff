/* The one error contract.
 *
 * A fallible function returns 0 or one of the negative classes below, is OF_NODISCARD, takes a
 * struct of_error * as its very last parameter (never NULL) and fills it on failure. On failure
 * its other outputs are untouched. The classes are the three answers of the stage loop:
 *
 *   OF_INPUT  this record (file, statement, request) is bad: dead-letter or refuse it and go on
 *   OF_RETRY  the world is not ready: abort the transaction, rewind, back off, try again
 *   OF_FATAL  this process cannot go on: log once and leave with a non-zero status
 *
 * Lower layers add context with of_error_context and never print. A broken invariant is an assert;
 * out of memory aborts. */
#ifndef OF_BASE_ERROR_H
#define OF_BASE_ERROR_H

#include "base/macros.h"

enum of_error_class {
    OF_OK = 0,
    OF_INPUT = -1,
    OF_RETRY = -2,
    OF_FATAL = -3,
};

#define OF_ERROR_MESSAGE_MAX                                                                       \
    1024 /* bytes with the ending NUL; longer messages are cut with "..." */

struct of_error {
    enum of_error_class class;
    const char *origin; /* "file:line" that raised it, a literal */
    const char
        *kind; /* of an INPUT: "framing", "schema", "decode", "state"..., a literal; or NULL */
    char message[OF_ERROR_MESSAGE_MAX];
};

#define OF_STRINGIFY_(x) #x
#define OF_STRINGIFY(x) OF_STRINGIFY_(x)
#define OF_HERE __FILE__ ":" OF_STRINGIFY(__LINE__)

/* Fills the error and yields the class: return of_fail(error, OF_INPUT, "...", ...); */
#define of_fail(error, class, ...) of_error_set((error), (class), OF_HERE, __VA_ARGS__)

int of_error_set(struct of_error *error, enum of_error_class class, const char *origin,
    const char *format, ...) OF_PRINTF(4, 5);

/* Puts "text: " before the message, class and origin unchanged; yields the class. */
int of_error_context(struct of_error *error, const char *format, ...) OF_PRINTF(2, 3);

/* Says what kind of bad input it is, for the headers and counters of dead letters; yields the
 * class. `kind` must be a literal. */
int of_error_kind(struct of_error *error, const char *kind);

/* "input", "retry", "fatal" (or "ok"). */
const char *of_error_class_name(enum of_error_class class);

#endif
